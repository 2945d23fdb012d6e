/* A residual multi-layer perceptron, told its conditions in one of two ways.
 *
 * Conditioning concat: side by side with the chunk.
 *
 *     h = SiLU(W₀·[observation, other conditions, σ features, chunk] + b₀)
 *     h = h + SiLU(W·h + b)                               depth times
 *     prediction = W₁·h + b₁                              W₁ and b₁ from zero
 *
 * Conditioning adaln: by scales, shifts and gates, as adaLN-zero does in transformers (adaln.h).
 *
 *     h = W₀·chunk + b₀
 *     c = of σ and the conditions
 *     shift, scale, gate = W·c + b                        of each block, from zero
 *     h = h + gate·(B·SiLU(A·(norm(h)·(1 + scale) + shift) + a) + b)        depth times
 *     prediction = W₁·h + b₁                              W₁ and b₁ from zero
 *
 * No norm stands before the last layer, so that how large the chunk is gets there.
 */
#include "adaln.h"

#include <stdio.h>

enum { NAME_SIZE = 48 };

static ambit_tensor *concat_features(ambit_graph *graph, const ambit_network_options *options,
                                     const ambit_network_inputs *inputs) {
    ambit_tensor *parts[AMBIT_CONDITIONS + 2];
    int count = ambit_encode_parts(graph, options, inputs, parts);
    parts[count++] = ambit_sigma_features(graph, inputs->sigma);
    parts[count++] = ambit_flatten(graph, inputs->data);

    ambit_tensor *h = ambit_concat(graph, count, parts);
    h = ambit_linear(graph, "input", h, options->width, AMBIT_SILU, AMBIT_INIT_FAN_IN, NULL);
    for (int64_t block = 0; block < options->depth; block++) {
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "block%d", (int)block);
        ambit_graph_begin_block(graph);
        h = ambit_linear(graph, name, h, options->width, AMBIT_SILU, AMBIT_INIT_FAN_IN, h);
        ambit_graph_end_block(graph);
    }
    return h;
}

static ambit_tensor *adaln_block(ambit_graph *graph, int64_t block, ambit_tensor *h,
                                 ambit_tensor *condition, int64_t width) {
    enum { SHIFT, SCALE, GATE, VECTORS };
    ambit_tensor *v[VECTORS], *x;
    char name[NAME_SIZE];
    ambit_graph_begin_block(graph);
    snprintf(name, sizeof name, "block%d", (int)block);
    ambit_adaln_vectors(graph, name, condition, width, VECTORS, v);
    x = ambit_norm_modulate(graph, h, v[SHIFT], v[SCALE]);
    snprintf(name, sizeof name, "block%d.input", (int)block);
    x = ambit_linear(graph, name, x, width, AMBIT_SILU, AMBIT_INIT_FAN_IN, NULL);
    snprintf(name, sizeof name, "block%d.output", (int)block);
    x = ambit_linear(graph, name, x, width, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, NULL);
    h = ambit_gate_residual(graph, h, v[GATE], x);
    ambit_graph_end_block(graph);
    return h;
}

static ambit_tensor *adaln_features(ambit_graph *graph, const ambit_network_options *options,
                                    const ambit_network_inputs *inputs) {
    const int64_t width = options->width;
    ambit_tensor *condition = ambit_adaln_condition(graph, options, inputs);
    ambit_tensor *h = ambit_flatten(graph, inputs->data);
    h = ambit_linear(graph, "input", h, width, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, NULL);
    for (int64_t block = 0; block < options->depth; block++)
        h = adaln_block(graph, block, h, condition, width);
    return h;
}

static ambit_tensor *features(ambit_graph *graph, const ambit_network_options *options,
                              const ambit_network_inputs *inputs) {
    return options->conditioning == AMBIT_CONDITIONING_ADALN
               ? adaln_features(graph, options, inputs)
               : concat_features(graph, options, inputs);
}

static ambit_tensor *build(ambit_graph *graph, const ambit_network_options *options,
                           const ambit_network_inputs *inputs) {
    return ambit_linear(graph, "output", features(graph, options, inputs),
                        options->chunk_steps * options->chunk_width, AMBIT_LINEAR, AMBIT_INIT_ZERO,
                        NULL);
}

const ambit_network_row ambit_network_mlp = {.build = build, .features = features};
