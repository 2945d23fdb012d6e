/* The limits of what can be configured, in one table: the schema of the configuration states them
 * (mpi/config/schema.c), and what uses a value checks it against the same ones.
 */
#ifndef AMBIT_CORE_BASE_LIMITS_H
#define AMBIT_CORE_BASE_LIMITS_H

#include "status.h"

/* X(name, least, most, of what) makes AMBIT_LEAST_name and AMBIT_MOST_name. */
#define AMBIT_LIMITS(X)                                                                            \
    X(BINS, 1, 65536, "noise levels of a schedule, steps of a sampler")                            \
    X(SOURCES, 1, 64, "data sources")                                                              \
    X(OBSERVATION_STEPS, 1, 1024, "steps of observation")                                          \
    X(HORIZON, 1, 4096, "steps of a chunk")                                                        \
    X(ACTION_OFFSET, -1024, 1024, "steps from the present to the chunk's first")                   \
    X(ROWS, 1, 1 << 20, "samples that a network takes at a time")                                  \
    X(WIDTH, 1, 65536, "width of hidden layers")                                                   \
    X(DEPTH, 1, 1000, "blocks")                                                                    \
    X(HEADS, 1, 1024, "heads of attention")                                                        \
    X(SIDE, 1, 16384, "pixels of a side of an image or a patch")                                   \
    X(CHANNELS, 1, 16384, "channels of an image")                                                  \
    X(VIEWS, 1, 64, "cameras")                                                                     \
    X(CAMERA_WIDTH, 1, 16384, "width of the cameras' transformer")                                 \
    X(CAMERA_DEPTH, 0, 100, "its blocks")                                                          \
    X(TOKENS, 1, 4096, "tokens of text, n-grams of a caption")                                     \
    X(BUCKETS, 1, 1 << 24, "rows of a table of n-grams: whole numbers up to here are exact")       \
    X(STATE, 1, 1 << 24, "numbers of the state, all steps together")                               \
    X(VECTOR, 1, 65536, "numbers of a step of a chunk, or of a token of text")                     \
    X(THREADS, 1, 1024, "threads of a rank")

#define AMBIT_LIMIT_CONSTANTS(name, least, most, text)                                             \
    AMBIT_LEAST_##name = (least), AMBIT_MOST_##name = (most),
enum { AMBIT_LIMITS(AMBIT_LIMIT_CONSTANTS) };
#undef AMBIT_LIMIT_CONSTANTS

/* Those that are no whole numbers. */
#define AMBIT_LEAST_HOLDOUT 0 /* fraction of the episodes */
#define AMBIT_MOST_HOLDOUT 0.99
#define AMBIT_LEAST_LOG_MEAN -20 /* of ln σ */
#define AMBIT_MOST_LOG_MEAN 20
#define AMBIT_LEAST_LOG_STD 0 /* not 0 itself */
#define AMBIT_MOST_LOG_STD 20
#define AMBIT_LEAST_BUFFER 1 /* not 1 itself */
#define AMBIT_MOST_BUFFER 1e6
#define AMBIT_LEAST_CLAMP 0
#define AMBIT_MOST_CLAMP 1e6
#define AMBIT_LEAST_SIGMA_DATA 0 /* not 0 itself */
#define AMBIT_MOST_SIGMA_DATA 1e6

/* AMBIT_CONFIG, "KEY: VALUE; give a number from LEAST to MOST", where the value lies outside, is
 * `least` where that is not allowed (above), or is no number. `key` is that of the configuration,
 * which finds the place of the fault by it. */
ambit_status ambit_limit_check(const char *key, double value, double least, double most, int above);

#define AMBIT_CHECK_LIMIT(key, value, name)                                                        \
    ambit_limit_check(key, (double)(value), AMBIT_LEAST_##name, AMBIT_MOST_##name, 0)
#define AMBIT_CHECK_ABOVE(key, value, name)                                                        \
    ambit_limit_check(key, (double)(value), AMBIT_LEAST_##name, AMBIT_MOST_##name, 1)

#endif
