#include "policy.h"

#include "../core/networks/ngram.h"
#include "config/experiment.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ambit_policy {
    const ambit_normaliser *normaliser;
    ambit_schedule *schedule;
    ambit_sampler *sampler;
    ambit_network *network;
    int64_t batch, horizon, width;
    float guidance;
    int relative;
    int told[AMBIT_CONDITIONS]; /* conditions that it is given */
};

/* Runs the network with the conditions that it is given (present 1) or without any (0). */
static const float *predict(ambit_policy *policy, const float *x, float present) {
    const size_t bytes = (size_t)(policy->batch * policy->horizon * policy->width) * sizeof *x;
    for (int c = 0; c < AMBIT_CONDITIONS; c++) {
        float *presence = ambit_network_present(policy->network, (ambit_condition)c);
        for (int64_t row = 0; presence && row < policy->batch; row++)
            presence[row] = present * (float)policy->told[c];
    }
    memcpy(ambit_network_chunk(policy->network), x, bytes);
    ambit_network_forward(policy->network);
    return ambit_network_output(policy->network);
}

/* One call of the sampler: out = without + guidance·(with − without) (Ho and Salimans 2022), where
 * guidance 1 is just the prediction with conditions. */
static ambit_status denoise(void *context, const float *x, double sigma, float *out) {
    ambit_policy *policy = context;
    const int64_t count = policy->batch * policy->horizon * policy->width;
    float *sigmas = ambit_network_sigma(policy->network);
    for (int64_t row = 0; row < policy->batch; row++)
        sigmas[row] = (float)sigma;
    memcpy(out, predict(policy, x, 1), (size_t)count * sizeof *out);
    if (policy->guidance == 1.0f)
        return AMBIT_OK;
    const float *without = predict(policy, x, 0);
    for (int64_t i = 0; i < count; i++)
        out[i] = without[i] + policy->guidance * (out[i] - without[i]);
    return AMBIT_OK;
}

/* Writes the sentence of the settings for every row; whether there is a word in it. */
static int tell_caption(ambit_policy *policy, const ambit_settings *settings,
                        const ambit_sample_shape *shape) {
    float *numbers = ambit_network_condition(policy->network, AMBIT_CONDITION_CAPTION);
    const char *caption = settings->eval.caption;
    for (int64_t row = 0; numbers && row < policy->batch; row++)
        ambit_ngrams(caption, strlen(caption), shape->caption.slots,
                     settings->network.caption_buckets, numbers + row * shape->caption.slots);
    return numbers && numbers[0] >= 0;
}

/* Environments give a state, and the settings may give a sentence; all else is missing. */
static ambit_status tell_conditions(ambit_policy *policy, const ambit_settings *settings,
                                    const ambit_sample_shape *shape) {
    policy->told[AMBIT_CONDITION_STATE] = 1;
    policy->told[AMBIT_CONDITION_CAPTION] = tell_caption(policy, settings, shape);
    for (int c = 0; c < AMBIT_CONDITIONS; c++) {
        const ambit_condition which = (ambit_condition)c;
        if (policy->told[c] || !ambit_network_condition(policy->network, which) ||
            ambit_network_present(policy->network, which))
            continue;
        return ambit_fail(AMBIT_CONFIG,
                          "data.%s: environments give a state alone, and this policy cannot do "
                          "without its %s; %strain with network.drop above 0, 0.1 for instance",
                          ambit_condition_name(which), ambit_condition_name(which),
                          which == AMBIT_CONDITION_CAPTION ? "set eval.caption, or " : "");
    }
    return AMBIT_OK;
}

/* Whether the weights are this network's, and numbers. */
static ambit_status check_weights(const ambit_graph *graph, const ambit_checkpoint *trained,
                                  const float *weights, int64_t count) {
    int tensors;
    const ambit_parameter *table = ambit_graph_parameters(graph, &tensors);
    AMBIT_TRY(
        ambit_fail_within(ambit_checkpoint_check_tensors(trained, table, tensors), "checkpoint"));
    if (ambit_graph_parameter_count(graph) != count)
        return ambit_fail(AMBIT_CONFIG,
                          "checkpoint: holds %" PRId64 " weights but the configuration's network "
                          "has %" PRId64 "; leave network.* and data.* as they were in training",
                          count, ambit_graph_parameter_count(graph));
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(weights[i]))
            return ambit_fail(AMBIT_DATA,
                              "checkpoint: weight %" PRId64 " is not finite, so training had "
                              "diverged; take an earlier one with --checkpoint",
                              i);
    return AMBIT_OK;
}

static ambit_status build(ambit_policy *policy, const ambit_settings *settings,
                          const ambit_checkpoint *trained, const ambit_sample_shape *shape,
                          const float *weights, int64_t count) {
    const ambit_sampler_options sampling = ambit_experiment_sampler(settings);
    const ambit_network_options options = ambit_experiment_network(settings, shape);
    const ambit_network_means means = {.precision = settings->sampler.precision};
    AMBIT_TRY(ambit_schedule_create(&settings->schedule, &policy->schedule));
    AMBIT_TRY(ambit_sampler_create(&sampling, policy->schedule, policy->batch,
                                   policy->horizon * policy->width, &policy->sampler));
    AMBIT_TRY(ambit_network_create_with(&options, &means, policy->batch, 0, &policy->network));
    ambit_graph *graph = ambit_network_graph(policy->network);
    AMBIT_TRY(check_weights(graph, trained, weights, count));
    ambit_graph_bind(graph, weights, NULL);
    return tell_conditions(policy, settings, shape);
}

ambit_status ambit_policy_create(const ambit_settings *settings, const ambit_checkpoint *trained,
                                 const float *weights, int64_t count, int64_t batch,
                                 ambit_policy **policy) {
    const ambit_normaliser *normaliser = &trained->normaliser;
    ambit_sample_shape shape = trained->shape;
    *policy = NULL;
    if (settings->train.task != AMBIT_TASK_DENOISE)
        return ambit_fail(AMBIT_CONFIG,
                          "train.task: this run trained a classifier (%s), which cannot act; take "
                          "a run of task denoise",
                          ambit_tasks[settings->train.task].name);
    if (settings->data.horizon < 1 || normaliser->chunk_size % settings->data.horizon != 0)
        return ambit_fail(AMBIT_CONFIG,
                          "data.horizon: chunks of %" PRId64 " numbers cannot be %" PRId64
                          " steps; "
                          "leave data.* as it was in training",
                          normaliser->chunk_size, settings->data.horizon);
    AMBIT_TRY(ambit_allocate(policy, 1, sizeof **policy, "policy"));
    **policy = (ambit_policy){.normaliser = normaliser,
                              .batch = batch,
                              .horizon = settings->data.horizon,
                              .width = normaliser->chunk_size / settings->data.horizon,
                              .guidance = (float)settings->sampler.guidance,
                              .relative = settings->data.relative};
    shape.chunk_steps = (*policy)->horizon;
    shape.chunk_width = (*policy)->width;
    ambit_status status = build(*policy, settings, trained, &shape, weights, count);
    if (status != AMBIT_OK) {
        ambit_policy_destroy(*policy);
        *policy = NULL;
    }
    return status;
}

void ambit_policy_destroy(ambit_policy *policy) {
    if (!policy)
        return;
    ambit_network_destroy(policy->network);
    ambit_sampler_destroy(policy->sampler);
    ambit_schedule_destroy(policy->schedule);
    free(policy);
}

int64_t ambit_policy_observation_size(const ambit_policy *policy) {
    return policy->normaliser->observation_size;
}

int64_t ambit_policy_action_size(const ambit_policy *policy) {
    return policy->width;
}

ambit_status ambit_policy_act(ambit_policy *policy, float *observations, const float *references,
                              ambit_rng *streams, float *chunks) {
    const int64_t size = policy->normaliser->observation_size;
    const int64_t chunk = policy->horizon * policy->width;
    for (int64_t row = 0; row < policy->batch; row++)
        ambit_normalise_observation(policy->normaliser, observations + row * size);
    memcpy(ambit_network_observation(policy->network), observations,
           (size_t)(policy->batch * size) * sizeof *observations);
    AMBIT_TRY(ambit_sampler_run(policy->sampler, streams, denoise, policy, chunks));
    for (int64_t row = 0; row < policy->batch; row++) {
        float *actions = chunks + row * chunk;
        const float *reference = references + row * policy->width;
        ambit_denormalise_chunk(policy->normaliser, actions);
        for (int64_t i = 0; policy->relative && i < chunk; i++)
            actions[i] += reference[i % policy->width];
    }
    return AMBIT_OK;
}
