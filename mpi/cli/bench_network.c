#include "bench.h"

#include "../config/experiment.h"
#include "../shared_config.h"

#include <stdlib.h>
#include <string.h>

/* The networks of docs/performance.md. */
static const ambit_bench_network table[] = {
    {.name = "mlp",
     .options = {.kind = AMBIT_NETWORK_MLP,
                 .chunk_steps = 16,
                 .chunk_width = 2,
                 .observation_size = 42,
                 .width = 384,
                 .depth = 3},
     .batch = 128,
     .threads = 1},
    {.name = "unet1d",
     .options = {.kind = AMBIT_NETWORK_UNET1D,
                 .chunk_steps = 16,
                 .chunk_width = 7,
                 .observation_size = 42,
                 .width = 64,
                 .depth = 3},
     .batch = 128,
     .threads = 1},
    {.name = "dit",
     .options = {.kind = AMBIT_NETWORK_DIT,
                 .chunk_steps = 16,
                 .chunk_width = 7,
                 .observation_size = 42,
                 .width = 256,
                 .depth = 8,
                 .heads = 4},
     .batch = 128,
     .threads = 1},
    {.name = "dit2d",
     .options = {.kind = AMBIT_NETWORK_DIT,
                 .image = {.channels = 4, .height = 32, .width = 32, .patch = 2},
                 .observation_size = 42,
                 .width = 384,
                 .depth = 12,
                 .heads = 6},
     .batch = 16,
     .threads = 1},
};

enum { TABLE_COUNT = sizeof table / sizeof table[0] };

const char *ambit_bench_names(void) {
    static char names[128];
    names[0] = 0;
    for (int i = 0; i < TABLE_COUNT; i++) {
        strcat(names, i ? ", " : "");
        strcat(names, table[i].name);
    }
    return names;
}

static ambit_status measure_data(const ambit_settings *settings, ambit_bench_network *network) {
    ambit_mixture *mixture;
    AMBIT_TRY(ambit_experiment_mixture(settings, &mixture));
    network->options = ambit_experiment_network(settings, ambit_mixture_shape(mixture));
    network->batch = settings->train.batch / settings->train.slots;
    network->threads = (int)settings->train.threads;
    network->recompute = settings->network.recompute;
    network->precision = settings->train.precision;
    network->sampling_precision = settings->sampler.precision;
    ambit_mixture_close(mixture);
    return AMBIT_OK;
}

static ambit_status find_in_file(const ambit_ranks *ranks, ambit_bench_network *network) {
    ambit_shared_config shared;
    ambit_status status = ambit_shared_config_load(ranks, network->name, NULL, NULL, 0, &shared);
    if (status == AMBIT_OK)
        status = ambit_agree(ranks, measure_data(ambit_config_settings(shared.config), network));
    ambit_shared_config_destroy(&shared);
    return status;
}

ambit_status ambit_bench_find(const ambit_ranks *ranks, const char *name,
                              ambit_bench_network *network) {
    for (int i = 0; i < TABLE_COUNT; i++)
        if (strcmp(name, table[i].name) == 0) {
            *network = table[i];
            return AMBIT_OK;
        }
    if (!strchr(name, '.') && !strchr(name, '/'))
        return ambit_fail(AMBIT_USAGE,
                          "%s: no such network; give one of %s, or a configuration's file", name,
                          ambit_bench_names());
    *network = (ambit_bench_network){.name = name};
    return find_in_file(ranks, network);
}
