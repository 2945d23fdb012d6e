/* From the encoders' features to what a network takes in: pooled or not, a last linear layer, and
 * the learned vector for a condition that is missing. */
#include "network_build.h"

#include <stdio.h>

static ambit_encoder *const encoders[AMBIT_CONDITIONS] = {
    [AMBIT_CONDITION_STATE] = ambit_encode_state,
    [AMBIT_CONDITION_CAMERA] = ambit_encode_camera,
    [AMBIT_CONDITION_TEXT] = ambit_encode_state,
    [AMBIT_CONDITION_CAPTION] = ambit_encode_caption,
};

static ambit_tensor *blend(ambit_graph *graph, const ambit_network_inputs *inputs,
                           ambit_condition which, ambit_tensor *x, ambit_tensor *residual) {
    char name[32];
    snprintf(name, sizeof name, "%s.absent", ambit_condition_name(which));
    return ambit_blend(graph, name, x, inputs->present[which], residual);
}

/* The residual is added by the last operator there is. */
static ambit_tensor *finish(ambit_graph *graph, const ambit_network_inputs *inputs,
                            ambit_condition which, ambit_tensor *x, int64_t width,
                            ambit_tensor *residual) {
    char name[32];
    const int droppable = inputs->present[which] != NULL;
    snprintf(name, sizeof name, "%s.output", ambit_condition_name(which));
    x = ambit_linear(graph, name, x, width, AMBIT_LINEAR, AMBIT_INIT_FAN_IN,
                     droppable ? NULL : residual);
    return droppable ? blend(graph, inputs, which, x, residual) : x;
}

static ambit_tensor *encode(ambit_graph *graph, const ambit_network_options *options,
                            const ambit_network_inputs *inputs, ambit_condition which,
                            int64_t width) {
    return encoders[which](graph, ambit_condition_name(which), options, inputs->condition[which],
                           width);
}

ambit_tensor *ambit_encode_vector(ambit_graph *graph, const ambit_network_options *options,
                                  const ambit_network_inputs *inputs, ambit_condition which,
                                  int64_t width, ambit_tensor *residual) {
    ambit_tensor *x = encode(graph, options, inputs, which, width);
    return finish(graph, inputs, which, ambit_mean_of_tokens(graph, x), width, residual);
}

ambit_tensor *ambit_encode_tokens(ambit_graph *graph, const ambit_network_options *options,
                                  const ambit_network_inputs *inputs, ambit_condition which,
                                  int64_t width) {
    ambit_tensor *x = encode(graph, options, inputs, which, width);
    return finish(graph, inputs, which, x, width, NULL);
}

int ambit_encode_parts(ambit_graph *graph, const ambit_network_options *options,
                       const ambit_network_inputs *inputs, ambit_tensor **parts) {
    int count = 0;
    for (int c = 0; c < AMBIT_CONDITIONS; c++) {
        const ambit_condition which = (ambit_condition)c;
        ambit_tensor *input = inputs->condition[c];
        if (!input)
            continue;
        if (which != AMBIT_CONDITION_STATE)
            parts[count++] =
                ambit_encode_vector(graph, options, inputs, which, options->width, NULL);
        else
            parts[count++] = inputs->present[c] ? blend(graph, inputs, which, input, NULL) : input;
    }
    return count;
}
