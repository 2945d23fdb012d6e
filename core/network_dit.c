/* Diffusion transformer with adaLN-zero (Peebles and Xie, "Scalable diffusion models with
 * transformers", ICCV 2023), on the steps of a chunk as tokens:
 *
 *     h = W·chunk + positions
 *     c = SiLU(MLP(σ features) + MLP(observation))
 *     depth times, with six vectors a row made from c by a linear layer that starts at zero:
 *         h = h + gate₁·attention(norm(h)·(1 + scale₁) + shift₁)
 *         h = h + gate₂·MLP(norm(h)·(1 + scale₂) + shift₂)       GELU, ratio 4
 *     prediction = W·(norm(h)·(1 + scale) + shift) + b           from zero
 */
#include "network_build.h"

#include <stdio.h>

enum { MLP_RATIO = 4 };

/* The vectors of adaLN: `count` views of one linear layer of the condition. */
static void modulation(ambit_graph *graph, const char *name, ambit_tensor *condition, int64_t width,
                       int count, ambit_tensor **vectors) {
    ambit_tensor *all =
        ambit_linear(graph, name, condition, count * width, AMBIT_LINEAR, AMBIT_INIT_ZERO, NULL);
    for (int i = 0; i < count; i++)
        vectors[i] = ambit_columns(graph, all, i * width, width);
}

/* A linear layer of block `block`. */
static ambit_tensor *layer(ambit_graph *graph, int64_t block, const char *part, ambit_tensor *x,
                           int64_t width, ambit_activation activation) {
    char name[64];
    snprintf(name, sizeof name, "block%d.%s", (int)block, part);
    return ambit_linear(graph, name, x, width, activation, AMBIT_INIT_FAN_IN, NULL);
}

static ambit_tensor *build_block(ambit_graph *graph, const ambit_network_options *options,
                                 int64_t block, ambit_tensor *condition, ambit_tensor *h) {
    enum { SHIFT1, SCALE1, GATE1, SHIFT2, SCALE2, GATE2, VECTORS };
    const int64_t width = options->width;
    ambit_tensor *v[VECTORS], *x;
    char name[64];
    snprintf(name, sizeof name, "block%d.modulation", (int)block);
    modulation(graph, name, condition, width, VECTORS, v);

    x = ambit_norm_modulate(graph, h, v[SHIFT1], v[SCALE1]);
    x = layer(graph, block, "attention.qkv", x, 3 * width, AMBIT_LINEAR);
    x = ambit_attention(graph, x, options->heads);
    x = layer(graph, block, "attention.output", x, width, AMBIT_LINEAR);
    h = ambit_gate_residual(graph, h, v[GATE1], x);

    x = ambit_norm_modulate(graph, h, v[SHIFT2], v[SCALE2]);
    x = layer(graph, block, "mlp.input", x, MLP_RATIO * width, AMBIT_GELU);
    x = layer(graph, block, "mlp.output", x, width, AMBIT_LINEAR);
    return ambit_gate_residual(graph, h, v[GATE2], x);
}

static ambit_tensor *build_condition(ambit_graph *graph, int64_t width,
                                     const ambit_network_inputs *inputs) {
    ambit_tensor *sigma = ambit_sigma_features(graph, inputs->sigma), *c;
    c = ambit_linear(graph, "sigma.input", sigma, width, AMBIT_SILU, AMBIT_INIT_FAN_IN, NULL);
    c = ambit_linear(graph, "sigma.output", c, width, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, NULL);
    if (inputs->observation) {
        ambit_tensor *o = ambit_linear(graph, "observation.input", inputs->observation, width,
                                       AMBIT_SILU, AMBIT_INIT_FAN_IN, NULL);
        c = ambit_linear(graph, "observation.output", o, width, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, c);
    }
    return ambit_activate(graph, c, AMBIT_SILU);
}

ambit_tensor *ambit_network_build_dit(ambit_graph *graph, const ambit_network_options *options,
                                      const ambit_network_inputs *inputs) {
    enum { SHIFT, SCALE, VECTORS };
    ambit_tensor *v[VECTORS];
    ambit_tensor *condition = build_condition(graph, options->width, inputs);
    ambit_tensor *h = ambit_linear(graph, "embed", inputs->chunk, options->width, AMBIT_LINEAR,
                                   AMBIT_INIT_FAN_IN, NULL);
    h = ambit_add_positions(graph, "positions", h);
    for (int64_t block = 0; block < options->depth; block++) {
        ambit_graph_begin_block(graph);
        h = build_block(graph, options, block, condition, h);
        ambit_graph_end_block(graph);
    }
    modulation(graph, "final.modulation", condition, options->width, VECTORS, v);
    h = ambit_norm_modulate(graph, h, v[SHIFT], v[SCALE]);
    return ambit_linear(graph, "final.output", h, options->chunk_width, AMBIT_LINEAR,
                        AMBIT_INIT_ZERO, NULL);
}
