/* What the tests of the configuration share. */
#ifndef AMBIT_TESTS_CONFIG_FIXTURE_H
#define AMBIT_TESTS_CONFIG_FIXTURE_H

#include "mpi/config/config.h"

/* The least that is a configuration. */
#define LEAST                                                                                      \
    "data:\n"                                                                                      \
    "  sources:\n"                                                                                 \
    "    - path: data/clean\n"                                                                     \
    "    - {path: data/rrt/, sigma_min: 0.6}\n"                                                    \
    "  observation: [observation]\n"

/* What stands behind the file on a command line: KEY=VALUE each, at most so many. */
enum { MOST_ARGUMENTS = 8 };

#define ARGUMENTS(...)                                                                             \
    (const char *const[MOST_ARGUMENTS]) {                                                          \
        __VA_ARGS__                                                                                \
    }

/* Parses the text as a file m.yaml with these arguments, NULL: none. */
ambit_status parse(const char *text, const char *const *arguments, ambit_config **config);

/* A configuration that must be good; the caller destroys it. */
ambit_config *good(const char *text, const char *const *arguments);

/* One that must be refused with exactly this message. */
void refuse(const char *text, const char *const *arguments, const char *message);

/* One that must be good, and the same again when it is written and read. */
void round_trip(const char *text, const char *const *arguments);

#endif
