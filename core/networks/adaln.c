#include "adaln.h"

#include <stdio.h>

ambit_tensor *ambit_adaln_condition(ambit_graph *graph, const ambit_network_options *options,
                                    const ambit_network_inputs *inputs) {
    const int64_t width = options->width;
    ambit_tensor *sigma = ambit_sigma_features(graph, inputs->sigma), *c;
    c = ambit_linear(graph, "sigma.input", sigma, width, AMBIT_SILU, AMBIT_INIT_FAN_IN, NULL);
    c = ambit_linear(graph, "sigma.output", c, width, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, NULL);
    for (int k = 0; k < AMBIT_CONDITIONS && options->conditioning == AMBIT_CONDITIONING_ADALN; k++)
        if (inputs->condition[k])
            c = ambit_encode_vector(graph, options, inputs, (ambit_condition)k, width, c);
    return ambit_activate(graph, c, AMBIT_SILU);
}

void ambit_adaln_vectors(ambit_graph *graph, const char *name, ambit_tensor *condition,
                         int64_t width, int count, ambit_tensor **vectors) {
    char full[96];
    snprintf(full, sizeof full, "%s.modulation", name);
    ambit_tensor *all =
        ambit_linear(graph, full, condition, count * width, AMBIT_LINEAR, AMBIT_INIT_ZERO, NULL);
    for (int i = 0; i < count; i++)
        vectors[i] = ambit_columns(graph, all, i * width, width);
}
