#include "network.h"

#include "network_build.h"

#include <stdlib.h>

struct ambit_network {
    ambit_network_options options;
    int64_t batch;
    ambit_graph *graph;
    ambit_network_inputs inputs; /* `data` as the caller writes it */
    ambit_tensor *crop;
    ambit_tensor *target, *weight;   /* training only */
    ambit_tensor *counted;           /* likewise, NULL: all counts */
    ambit_tensor *output, *row_loss; /* row_loss: training only */
};

/* ---- inputs ---- */

static ambit_tensor *column_input(const ambit_network *network, const char *name) {
    return ambit_graph_input(network->graph, name, 2, (int64_t[2]){network->batch, 1});
}

static ambit_tensor *data_input(const ambit_network *network, const char *name) {
    const ambit_network_options *options = &network->options;
    const ambit_image_shape *image = &options->image;
    const int64_t pixels[4] = {network->batch, image->channels, image->height, image->width};
    const int64_t chunk[3] = {network->batch, options->chunk_steps, options->chunk_width};
    return image->channels > 0 ? ambit_graph_input(network->graph, name, 4, pixels)
                               : ambit_graph_input(network->graph, name, 3, chunk);
}

static ambit_tensor *condition_input(const ambit_network *network, ambit_condition which) {
    const ambit_network_options *options = &network->options;
    const int64_t size = ambit_network_condition_size(options, which);
    const int64_t vector[2] = {network->batch, size};
    const int64_t tokens[3] = {network->batch, options->text.tokens, options->text.size};
    if (size == 0)
        return NULL;
    return which == AMBIT_CONDITION_TEXT
               ? ambit_graph_input(network->graph, ambit_condition_name(which), 3, tokens)
               : ambit_graph_input(network->graph, ambit_condition_name(which), 2, vector);
}

static void make_inputs(ambit_network *network) {
    const ambit_network_options *options = &network->options;
    ambit_network_inputs *inputs = &network->inputs;
    const int64_t crop[2] = {network->batch, ambit_network_crop_size(options)};
    inputs->data = data_input(network, "data");
    inputs->sigma = column_input(network, "sigma");
    if (options->crop)
        network->crop = ambit_graph_input(network->graph, "crop", 2, crop);
    for (int c = 0; c < AMBIT_CONDITIONS; c++) {
        inputs->condition[c] = condition_input(network, (ambit_condition)c);
        if (options->droppable && inputs->condition[c])
            inputs->present[c] = column_input(network, "present");
    }
}

static void fill_with_ones(ambit_tensor *tensor) {
    if (!tensor)
        return;
    const int64_t *shape = ambit_tensor_shape(tensor);
    for (int64_t i = 0; i < shape[0] * shape[1]; i++)
        ambit_tensor_data(tensor)[i] = 1;
}

/* ---- building ---- */

/* The network between what the caller writes and what it reads. */
static ambit_tensor *build_output(const ambit_network *network) {
    const ambit_network_options *options = &network->options;
    const ambit_network_row *kind = ambit_network_row_of(options->kind);
    const int full = options->precondition == AMBIT_PRECONDITION_FULL;
    ambit_graph *graph = network->graph;
    ambit_network_inputs seen = network->inputs;
    if (network->crop)
        seen.data = ambit_mask(graph, seen.data, network->crop);
    ambit_tensor *data = seen.data;
    if (full)
        seen.data = ambit_precondition_input(graph, data, seen.sigma, options->sigma_data);
    if (options->head == AMBIT_HEAD_LOGIT)
        return ambit_network_build_classifier(graph, kind->features(graph, options, &seen));
    ambit_tensor *output = kind->build(graph, options, &seen);
    return full ? ambit_precondition_output(graph, data, seen.sigma, output, options->prediction,
                                            options->sigma_data)
                : output;
}

/* An image is one step. */
static int64_t counted_steps(const ambit_network_options *options) {
    return options->image.channels > 0 ? 1 : options->chunk_steps;
}

static ambit_tensor *build_loss(ambit_network *network) {
    ambit_graph *graph = network->graph;
    if (network->options.head == AMBIT_HEAD_LOGIT) {
        network->target = column_input(network, "target");
        network->row_loss = ambit_row_cross_entropy(graph, network->output, network->target);
    } else {
        const int64_t steps[2] = {network->batch, counted_steps(&network->options)};
        network->target = data_input(network, "target");
        if (network->options.masked)
            network->counted = ambit_graph_input(graph, "counted", 2, steps);
        network->row_loss =
            ambit_row_error(graph, network->output, network->target, network->counted);
    }
    network->weight = column_input(network, "weight");
    ambit_graph_keep(graph, network->row_loss);
    return ambit_weighted_sum(graph, network->row_loss, network->weight);
}

static ambit_status build(const ambit_network_means *means, int training, ambit_network *network) {
    AMBIT_TRY(ambit_graph_create(training, &network->graph));
    ambit_graph_set_team(network->graph, means->team);
    ambit_graph_set_recompute(network->graph, means->recompute);
    ambit_graph_set_precision(network->graph, means->precision);
    make_inputs(network);
    network->output = build_output(network);
    ambit_graph_keep(network->graph, network->output);
    AMBIT_TRY(ambit_graph_finish(network->graph, training ? build_loss(network) : NULL));
    fill_with_ones(network->crop);
    fill_with_ones(network->counted);
    for (int c = 0; c < AMBIT_CONDITIONS; c++)
        fill_with_ones(network->inputs.present[c]);
    return AMBIT_OK;
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
    AMBIT_TRY(ambit_network_check(options, batch));
    ambit_network *made;
    AMBIT_TRY(ambit_allocate(&made, 1, sizeof *made, "network"));
    made->options = *options;
    made->options.conditioning =
        ambit_network_find_way(options->kind, options->conditioning)->conditioning;
    made->batch = batch;
    ambit_status status = build(means, training, made);
    if (status != AMBIT_OK) {
        ambit_network_destroy(made);
        return ambit_fail_within(status, "network %s", ambit_network_name(options->kind));
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

/* ---- access ---- */

const ambit_network_options *ambit_network_options_of(const ambit_network *network) {
    return &network->options;
}

ambit_graph *ambit_network_graph(ambit_network *network) {
    return network->graph;
}

static ambit_real *data_or_null(ambit_tensor *tensor) {
    return tensor ? ambit_tensor_data(tensor) : NULL;
}

ambit_real *ambit_network_chunk(ambit_network *network) {
    return ambit_tensor_data(network->inputs.data);
}

ambit_real *ambit_network_condition(ambit_network *network, ambit_condition which) {
    return data_or_null(network->inputs.condition[which]);
}

ambit_real *ambit_network_observation(ambit_network *network) {
    return ambit_network_condition(network, AMBIT_CONDITION_STATE);
}

ambit_real *ambit_network_present(ambit_network *network, ambit_condition which) {
    return data_or_null(network->inputs.present[which]);
}

ambit_real *ambit_network_crop(ambit_network *network) {
    return data_or_null(network->crop);
}

ambit_real *ambit_network_sigma(ambit_network *network) {
    return ambit_tensor_data(network->inputs.sigma);
}

ambit_real *ambit_network_target(ambit_network *network) {
    return data_or_null(network->target);
}

ambit_real *ambit_network_counted(ambit_network *network) {
    return data_or_null(network->counted);
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
