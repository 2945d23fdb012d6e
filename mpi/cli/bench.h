/* What `ambit bench` measures (bench_network.c, bench_step.c, bench_sample.c) and how it is printed
 * (bench_print.c).
 *
 * A measurement is made of rounds. Each round measures the peak, the speed of a large matrix
 * product, and then the thing itself, so that a machine that slows down slows both; the medians
 * over the rounds are told.
 */
#ifndef AMBIT_MPI_CLI_BENCH_H
#define AMBIT_MPI_CLI_BENCH_H

#include "../../core/graph/graph_profile.h"
#include "../../core/networks/network.h"
#include "../ranks.h"

typedef struct {
    const char *name;
    ambit_network_options options;
    int64_t batch; /* samples of a training step, a rank */

    /* With what a training step is run, and sampling. */
    int threads, recompute;
    ambit_precision precision, sampling_precision;
} ambit_bench_network;

/* The network that `name` stands for: one of the table, or that of a configuration's file with the
 * data it names. Collective. */
ambit_status ambit_bench_find(const ambit_ranks *ranks, const char *name,
                              ambit_bench_network *network);

/* The names of the table, separated by commas. */
const char *ambit_bench_names(void);

typedef struct {
    int rounds;
    double seconds; /* of each round, about */
    int profile;    /* also fill in the profile (rank 0) */
} ambit_bench_effort;

/* A training step: forward, backward, clip, AdamW, EMA, all of it as the trainer does. */
typedef struct {
    double seconds;          /* a step */
    double alone;            /* the same by rank 0 while the others sleep; 0 with one rank */
    double peak, bandwidth;  /* of one core: flops a second, bytes a second */
    double share;            /* of the peak of its threads */
    double flops, bytes;     /* that a step needs at least, a rank */
    double update;           /* seconds of clip, AdamW, EMA and exchange */
    double wait;             /* seconds until the other ranks had come as far */
    int64_t parameters;      /* numbers */
    int64_t parameter_bytes; /* with their average */
    int64_t gradient_bytes, optimizer_bytes, activation_bytes;
    int64_t unshared_bytes;          /* activations, were no memory shared */
    int64_t resident_bytes;          /* most memory the process had, with all of its libraries */
    ambit_operator_profile *profile; /* NULL without; the caller frees it */
    int profile_count;
} ambit_bench_step_result;

/* Collective; the result is rank 0's. */
ambit_status ambit_bench_step(const ambit_ranks *ranks, const ambit_bench_network *network,
                              const ambit_bench_effort *effort, ambit_bench_step_result *result);

/* Sampling `batch` chunks by `steps` DDIM steps. */
typedef struct {
    int64_t batch;
    int steps;
    double seconds, peak, share, flops;
} ambit_bench_sample_result;

ambit_status ambit_bench_sample(const ambit_bench_network *network,
                                const ambit_bench_effort *effort, int64_t batch,
                                ambit_bench_sample_result *result);

/* Median of `count` numbers, which it sorts. */
double ambit_bench_median(int count, double *values);

/* On stdout, as text or as JSON (AMBIT_SYSTEM without memory for it). */
ambit_status ambit_bench_print_step(const ambit_bench_network *network, int ranks,
                                    const ambit_bench_step_result *result, int json);
ambit_status ambit_bench_print_samples(const ambit_bench_network *network, int count,
                                       const ambit_bench_sample_result *results, int json);

#endif
