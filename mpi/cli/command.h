/* The commands of the program: one table (main.c), one file cmd_*.c each.
 *
 * A command parses its own arguments with getopt_long. It is called on every rank with the same
 * arguments; rank 0 speaks: results go to stdout, messages to stderr. It returns a status; the main
 * program prints the message of a failure once and exits with its code. A failure that only some
 * ranks know of ends all of them. `--help` never reaches a command.
 */
#ifndef AMBIT_MPI_CLI_COMMAND_H
#define AMBIT_MPI_CLI_COMMAND_H

#include "../ranks.h"

#include <getopt.h>

typedef struct {
    const char *name;    /* "train" */
    const char *summary; /* one line */
    const char *usage;   /* --help: synopsis, two real examples first, then options */
    /* argv[0] is the command's name. */
    ambit_status (*run)(const ambit_ranks *ranks, int argc, char **argv);
    /* 1: called in one process, without MPI, so that it is quick and works on a login node; `ranks`
     * is then NULL. */
    int alone;
    ambit_phase phase; /* what it does as long as it says nothing finer (0: starting) */
} ambit_command;

extern const ambit_command ambit_command_annotate, ambit_command_ingest, ambit_command_inspect,
    ambit_command_train, ambit_command_eval, ambit_command_report, ambit_command_plugin,
    ambit_command_config, ambit_command_doctor, ambit_command_bench;

/* For commands to return after getopt_long (whose short options start with ":") gave '?' or ':':
 * names the wrong option and the nearest right one. AMBIT_USAGE. */
ambit_status ambit_bad_option(int found, char *const *argv, const struct option *options);

/* A command of commands, `ambit config check FILE`: calls the one that argv[1] names, with
 * argv[0] that name. */
typedef struct {
    const char *name;
    ambit_status (*run)(int argc, char **argv);
} ambit_subcommand;

ambit_status ambit_run_subcommand(const ambit_subcommand *table, int count, int argc, char **argv);

#endif
