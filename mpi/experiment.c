#include "experiment.h"

ambit_status ambit_experiment_mixture(const ambit_settings *settings, ambit_mixture **mixture) {
    ambit_source_use uses[AMBIT_MAX_SOURCES];
    for (int i = 0; i < settings->data.source_count; i++) {
        const ambit_source_settings *source = &settings->data.sources[i];
        uses[i] = (ambit_source_use){.path = source->path,
                                     .weight = source->weight,
                                     .share = source->share,
                                     .sigma_min = source->sigma_min,
                                     .sigma_max = source->sigma_max};
    }
    ambit_mixture_options options = {
        .sources = uses,
        .source_count = settings->data.source_count,
        .observation = settings->data.observation,
        .observation_count = settings->data.observation_count,
        .action = settings->data.action,
        .observation_steps = (int)settings->data.observation_steps,
        .horizon = (int)settings->data.horizon,
        .action_offset = (int)settings->data.action_offset,
        .relative = settings->data.relative,
        .normalise_observation = settings->data.normalise_observation,
        .normalise_action = settings->data.normalise_action,
        .holdout = settings->data.holdout,
        .seed = (uint64_t)settings->run.seed,
        .cache_bytes = settings->data.cache_mib << 20,
    };
    return ambit_mixture_open(&options, mixture);
}

static double floor_of(const void *objective, double sigma_min) {
    return ambit_objective_floor(objective, sigma_min);
}

ambit_status ambit_experiment_draw(const ambit_settings *settings, const ambit_schedule *schedule,
                                   const ambit_mixture *mixture, ambit_draw **draw) {
    int count;
    const ambit_class *classes = ambit_mixture_classes(mixture, &count);
    return ambit_draw_create(schedule, settings->draw, classes, count, floor_of,
                             &settings->objective, draw);
}

ambit_network_options ambit_experiment_network(const ambit_settings *settings,
                                               int64_t observation_size, int64_t chunk_steps,
                                               int64_t chunk_width) {
    return (ambit_network_options){.kind = settings->network.kind,
                                   .chunk_steps = chunk_steps,
                                   .chunk_width = chunk_width,
                                   .observation_size = observation_size,
                                   .width = settings->network.width,
                                   .depth = settings->network.depth,
                                   .heads = settings->network.heads,
                                   .conditioning = settings->network.conditioning,
                                   .droppable = settings->network.drop > 0,
                                   .precondition = settings->network.precondition,
                                   .prediction = settings->objective.prediction,
                                   .sigma_data = settings->network.sigma_data};
}
