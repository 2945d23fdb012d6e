#include "bench.h"
#include "command.h"
#include "cores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: ambit bench step NETWORK [--profile] [--bf16] [--threads N] [--recompute]\n"
    "                                [--rounds N] [--seconds S] [--json]\n"
    "       ambit bench sample NETWORK [--batch N] [--bf16] [--threads N] [--rounds N]\n"
    "                                [--seconds S] [--json]\n"
    "\n"
    "Examples:\n"
    "  ambit bench step dit --profile\n"
    "  mpirun -n 2 ambit bench step configs/maze.yaml\n"
    "\n"
    "  step    a training step: forward, backward, clip, AdamW, EMA and, of several ranks, the\n"
    "          exchange; its distance from what the machine could do; memory\n"
    "  sample  10 DDIM steps for 1 and for 256 chunks, on one rank\n"
    "\n"
    "NETWORK is mlp, unet1d, dit or dit2d (docs/performance.md describes them), or a\n"
    "configuration's file, whose data must exist. The peak is the speed of a large matrix product\n"
    "on one core, measured in the same run; all times are medians over the rounds.\n"
    "\n"
    "  --profile    time, GF/s and GB/s by operator\n"
    "  --bf16       factors of products rounded to bfloat16, as train.precision; peak and floor\n"
    "               stay those of single precision\n"
    "  --threads N  threads a rank, as train.threads\n"
    "  --recompute  as network.recompute\n"
    "  --batch N    sample so many chunks at a time (default: 1, then 256)\n"
    "  --rounds N   how often to measure (default: 7)\n"
    "  --seconds S  length of a round, about (default: 0.3)\n"
    "  --json       as JSON\n";

typedef struct {
    ambit_bench_effort effort;
    int json;
    int64_t batch; /* 0: the usual ones */
    int bf16, threads, recompute;
    const char *network;
} request;

static ambit_status parse(int argc, char **argv, request *asked) {
    static const struct option options[] = {{"profile", no_argument, NULL, 'p'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"bf16", no_argument, NULL, 'h'},
                                            {"threads", required_argument, NULL, 't'},
                                            {"recompute", no_argument, NULL, 'c'},
                                            {"batch", required_argument, NULL, 'b'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"seconds", required_argument, NULL, 's'},
                                            {0}};
    int found;
    *asked = (request){.effort = {.rounds = 7, .seconds = 0.3}};
    while ((found = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (found == 'p')
            asked->effort.profile = 1;
        else if (found == 'j')
            asked->json = 1;
        else if (found == 'h')
            asked->bf16 = 1;
        else if (found == 't')
            asked->threads = atoi(optarg);
        else if (found == 'c')
            asked->recompute = 1;
        else if (found == 'b')
            asked->batch = atoll(optarg);
        else if (found == 'r')
            asked->effort.rounds = atoi(optarg);
        else if (found == 's')
            asked->effort.seconds = atof(optarg);
        else
            return ambit_bad_option(found, argv, options);
    }
    if (optind + 2 != argc)
        return ambit_fail(AMBIT_USAGE,
                          "bench wants `step` or `sample` and one network (%s, or a "
                          "configuration's file); see `ambit bench --help`",
                          ambit_bench_names());
    asked->network = argv[optind + 1];
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- the two of them */

static ambit_status bench_step(const ambit_ranks *ranks, const request *asked,
                               const ambit_bench_network *network) {
    ambit_bench_step_result result;
    ambit_cores_warn(ranks, network->threads);
    AMBIT_TRY(ambit_bench_step(ranks, network, &asked->effort, &result));
    ambit_status status = AMBIT_OK;
    if (ranks->rank == 0)
        status = ambit_bench_print_step(network, ranks->size, &result, asked->json);
    free(result.profile);
    return status;
}

static ambit_status bench_sample(const ambit_ranks *ranks, const request *asked,
                                 const ambit_bench_network *network) {
    enum { MOST = 2 };
    const int64_t batches[MOST] = {asked->batch ? asked->batch : 1, 256};
    const int count = asked->batch ? 1 : MOST;
    ambit_bench_sample_result results[MOST];
    if (ranks->rank != 0)
        return AMBIT_OK;
    for (int i = 0; i < count; i++)
        AMBIT_TRY(ambit_bench_sample(network, &asked->effort, batches[i], &results[i]));
    return ambit_bench_print_samples(network, count, results, asked->json);
}

static const struct {
    const char *name;
    ambit_status (*run)(const ambit_ranks *ranks, const request *asked,
                        const ambit_bench_network *network);
} benches[] = {{"step", bench_step}, {"sample", bench_sample}};

static void apply(const request *asked, ambit_bench_network *network) {
    if (asked->bf16)
        network->precision = network->sampling_precision = AMBIT_PRECISION_BF16;
    if (asked->threads)
        network->threads = asked->threads;
    network->recompute |= asked->recompute;
}

static ambit_status run(const ambit_ranks *ranks, int argc, char **argv) {
    request asked;
    ambit_bench_network network;
    AMBIT_TRY(parse(argc, argv, &asked));
    for (size_t i = 0; i < sizeof benches / sizeof benches[0]; i++)
        if (strcmp(argv[optind], benches[i].name) == 0) {
            AMBIT_TRY(ambit_bench_find(ranks, asked.network, &network));
            apply(&asked, &network);
            return benches[i].run(ranks, &asked, &network);
        }
    return ambit_fail(AMBIT_USAGE, "%s: bench knows `step` and `sample`", argv[optind]);
}

const ambit_command ambit_command_bench = {
    .name = "bench",
    .summary = "measure the speed of training and sampling on this machine",
    .usage = usage,
    .run = run,
    .phase = AMBIT_PHASE_MEASURE,
};
