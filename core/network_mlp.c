/* A residual multi-layer perceptron:
 *
 *     h = SiLU(W₀·[observation, other conditions, σ features, chunk] + b₀)
 *     h = h + SiLU(W·h + b)                               depth times
 *     prediction = W₁·h + b₁                              W₁ and b₁ from zero
 */
#include "network_build.h"

#include <stdio.h>

ambit_tensor *ambit_network_features_mlp(ambit_graph *graph, const ambit_network_options *options,
                                         const ambit_network_inputs *inputs) {
    ambit_tensor *parts[AMBIT_CONDITIONS + 2];
    int count = ambit_encode_parts(graph, options, inputs, parts);
    parts[count++] = ambit_sigma_features(graph, inputs->sigma);
    parts[count++] = ambit_flatten(graph, inputs->data);

    ambit_tensor *h = ambit_concat(graph, count, parts);
    h = ambit_linear(graph, "input", h, options->width, AMBIT_SILU, AMBIT_INIT_FAN_IN, NULL);
    for (int64_t block = 0; block < options->depth; block++) {
        char name[32];
        snprintf(name, sizeof name, "block%d", (int)block);
        ambit_graph_begin_block(graph);
        h = ambit_linear(graph, name, h, options->width, AMBIT_SILU, AMBIT_INIT_FAN_IN, h);
        ambit_graph_end_block(graph);
    }
    return h;
}

ambit_tensor *ambit_network_build_mlp(ambit_graph *graph, const ambit_network_options *options,
                                      const ambit_network_inputs *inputs) {
    return ambit_linear(graph, "output", ambit_network_features_mlp(graph, options, inputs),
                        options->chunk_steps * options->chunk_width, AMBIT_LINEAR, AMBIT_INIT_ZERO,
                        NULL);
}
