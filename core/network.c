#include "network.h"

#include "network_build.h"

#include <inttypes.h>
#include <stdlib.h>

typedef ambit_tensor *(*network_builder)(ambit_graph *graph, const ambit_network_options *options,
                                         const ambit_network_inputs *inputs);

static ambit_status check_dit(const ambit_network_options *options);
static ambit_status check_unet1d(const ambit_network_options *options);

static const struct {
    const char *name;
    network_builder build;
    ambit_status (*check)(const ambit_network_options *options); /* what only this kind needs */
} kinds[] = {
    [AMBIT_NETWORK_MLP] = {"mlp", ambit_network_build_mlp, NULL},
    [AMBIT_NETWORK_DIT] = {"dit", ambit_network_build_dit, check_dit},
    [AMBIT_NETWORK_UNET1D] = {"unet1d", ambit_network_build_unet1d, check_unet1d},
};

struct ambit_network {
    ambit_graph *graph;
    ambit_network_inputs inputs;
    ambit_tensor *target, *weight;   /* training only */
    ambit_tensor *output, *row_loss; /* row_loss: training only */
};

static ambit_status check_range(const char *name, int64_t value, int64_t least, int64_t most) {
    if (value >= least && value <= most)
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG,
                      "network: %s is %" PRId64 "; give a number from %" PRId64 " to %" PRId64,
                      name, value, least, most);
}

static ambit_status check_dit(const ambit_network_options *options) {
    if (options->heads >= 1 && options->width % options->heads == 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG,
                      "network: %" PRId64 " heads do not divide width %" PRId64
                      "; give a number that does",
                      options->heads, options->width);
}

static ambit_status check_unet1d(const ambit_network_options *options) {
    AMBIT_TRY(check_range("depth (levels)", options->depth, 1, 8));
    if (options->width % AMBIT_UNET1D_GROUPS != 0)
        return ambit_fail(AMBIT_CONFIG,
                          "network: width %" PRId64 " is not a multiple of %d; give one that is",
                          options->width, (int)AMBIT_UNET1D_GROUPS);
    if (options->chunk_steps % ((int64_t)1 << (options->depth - 1)) != 0)
        return ambit_fail(AMBIT_CONFIG,
                          "network: %" PRId64 " chunk steps cannot be halved %" PRId64
                          " times; use fewer levels (depth) or another number of steps",
                          options->chunk_steps, options->depth - 1);
    return AMBIT_OK;
}

static ambit_status check_options(const ambit_network_options *options, int64_t batch) {
    if ((unsigned)options->kind >= sizeof kinds / sizeof kinds[0])
        return ambit_fail(AMBIT_CONFIG, "network: kind %d is unknown; give mlp, dit or unet1d",
                          (int)options->kind);
    AMBIT_TRY(check_range("batch", batch, 1, 1 << 20));
    AMBIT_TRY(check_range("chunk steps", options->chunk_steps, 1, 1 << 16));
    AMBIT_TRY(check_range("chunk width", options->chunk_width, 1, 1 << 16));
    AMBIT_TRY(check_range("observation size", options->observation_size, 0, 1 << 24));
    AMBIT_TRY(check_range("width", options->width, 1, 1 << 16));
    AMBIT_TRY(check_range("depth", options->depth, 0, 1000));
    if (kinds[options->kind].check)
        return kinds[options->kind].check(options);
    return AMBIT_OK;
}

static ambit_status build(const ambit_network_options *options, const ambit_network_means *means,
                          int64_t batch, int training, ambit_network *network) {
    AMBIT_TRY(ambit_graph_create(training, &network->graph));
    ambit_graph *graph = network->graph;
    ambit_graph_set_team(graph, means->team);
    ambit_graph_set_recompute(graph, means->recompute);
    ambit_graph_set_precision(graph, means->precision);
    const int64_t chunk[3] = {batch, options->chunk_steps, options->chunk_width};
    const int64_t observation[2] = {batch, options->observation_size}, column[2] = {batch, 1};
    network->inputs.chunk = ambit_graph_input(graph, "chunk", 3, chunk);
    network->inputs.sigma = ambit_graph_input(graph, "sigma", 2, column);
    if (options->observation_size > 0)
        network->inputs.observation = ambit_graph_input(graph, "observation", 2, observation);
    network->output = kinds[options->kind].build(graph, options, &network->inputs);
    ambit_graph_keep(graph, network->output);
    if (!training)
        return ambit_graph_finish(graph, NULL);
    network->target = ambit_graph_input(graph, "target", 3, chunk);
    network->weight = ambit_graph_input(graph, "weight", 2, column);
    network->row_loss = ambit_row_error(graph, network->output, network->target);
    ambit_graph_keep(graph, network->row_loss);
    return ambit_graph_finish(graph, ambit_weighted_sum(graph, network->row_loss, network->weight));
}

ambit_status ambit_network_create(const ambit_network_options *options, int64_t batch, int training,
                                  ambit_network **network) {
    const ambit_network_means means = {0};
    return ambit_network_create_with(options, &means, batch, training, network);
}

ambit_status ambit_network_create_with(const ambit_network_options *options,
                                       const ambit_network_means *means, int64_t batch,
                                       int training, ambit_network **network) {
    *network = NULL;
    AMBIT_TRY(check_options(options, batch));
    ambit_network *made;
    AMBIT_TRY(ambit_allocate(&made, 1, sizeof *made, "network"));
    ambit_status status = build(options, means, batch, training, made);
    if (status != AMBIT_OK) {
        ambit_network_destroy(made);
        return ambit_fail_within(status, "network %s", kinds[options->kind].name);
    }
    *network = made;
    return AMBIT_OK;
}

void ambit_network_destroy(ambit_network *network) {
    if (!network)
        return;
    ambit_graph_destroy(network->graph);
    free(network);
}

ambit_graph *ambit_network_graph(ambit_network *network) {
    return network->graph;
}

static ambit_real *data_or_null(ambit_tensor *tensor) {
    return tensor ? ambit_tensor_data(tensor) : NULL;
}

ambit_real *ambit_network_chunk(ambit_network *network) {
    return ambit_tensor_data(network->inputs.chunk);
}

ambit_real *ambit_network_observation(ambit_network *network) {
    return data_or_null(network->inputs.observation);
}

ambit_real *ambit_network_sigma(ambit_network *network) {
    return ambit_tensor_data(network->inputs.sigma);
}

ambit_real *ambit_network_target(ambit_network *network) {
    return data_or_null(network->target);
}

ambit_real *ambit_network_weight(ambit_network *network) {
    return data_or_null(network->weight);
}

void ambit_network_forward(ambit_network *network) {
    ambit_graph_forward(network->graph);
}

ambit_real *ambit_network_output(ambit_network *network) {
    return ambit_tensor_data(network->output);
}

const ambit_real *ambit_network_row_loss(const ambit_network *network) {
    return data_or_null(network->row_loss);
}

void ambit_network_backward(ambit_network *network) {
    ambit_graph_backward(network->graph);
}
