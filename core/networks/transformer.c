#include "transformer.h"

#include "adaln.h"

#include <stdio.h>

enum { MLP_RATIO = 4, NAME_SIZE = 96 };

/* ---- parts ---- */

/* A linear layer NAME.PART (+ residual). */
static ambit_tensor *layer(ambit_graph *graph, const char *name, const char *part, ambit_tensor *x,
                           int64_t width, ambit_activation activation, ambit_tensor *residual) {
    char full[NAME_SIZE];
    snprintf(full, sizeof full, "%s.%s", name, part);
    return ambit_linear(graph, full, x, width, activation, AMBIT_INIT_FAN_IN, residual);
}

static int64_t width_of(ambit_tensor *h) {
    return h ? ambit_tensor_shape(h)[ambit_tensor_rank(h) - 1] : 1;
}

static ambit_tensor *attention(ambit_graph *graph, const char *name, ambit_tensor *x, int64_t heads,
                               ambit_tensor *residual) {
    const int64_t width = width_of(x);
    x = layer(graph, name, "attention.qkv", x, 3 * width, AMBIT_LINEAR, NULL);
    x = ambit_attention(graph, x, heads);
    return layer(graph, name, "attention.output", x, width, AMBIT_LINEAR, residual);
}

static ambit_tensor *mlp(ambit_graph *graph, const char *name, ambit_tensor *x,
                         ambit_tensor *residual) {
    const int64_t width = width_of(x);
    x = layer(graph, name, "mlp.input", x, MLP_RATIO * width, AMBIT_GELU, NULL);
    return layer(graph, name, "mlp.output", x, width, AMBIT_LINEAR, residual);
}

/* ---- adaLN-zero ---- */

ambit_tensor *ambit_transformer_block(ambit_graph *graph, const char *name, ambit_tensor *h,
                                      ambit_tensor *condition, int64_t heads) {
    enum { SHIFT1, SCALE1, GATE1, SHIFT2, SCALE2, GATE2, VECTORS };
    ambit_tensor *v[VECTORS], *x;
    ambit_graph_begin_block(graph);
    ambit_adaln_vectors(graph, name, condition, width_of(h), VECTORS, v);
    x = ambit_norm_modulate(graph, h, v[SHIFT1], v[SCALE1]);
    h = ambit_gate_residual(graph, h, v[GATE1], attention(graph, name, x, heads, NULL));
    x = ambit_norm_modulate(graph, h, v[SHIFT2], v[SCALE2]);
    h = ambit_gate_residual(graph, h, v[GATE2], mlp(graph, name, x, NULL));
    ambit_graph_end_block(graph);
    return h;
}

ambit_tensor *ambit_transformer_norm(ambit_graph *graph, const char *name, ambit_tensor *h,
                                     ambit_tensor *condition) {
    enum { SHIFT, SCALE, VECTORS };
    ambit_tensor *v[VECTORS];
    ambit_adaln_vectors(graph, name, condition, width_of(h), VECTORS, v);
    return ambit_norm_modulate(graph, h, v[SHIFT], v[SCALE]);
}

/* ---- plain ---- */

ambit_tensor *ambit_transformer_plain_norm(ambit_graph *graph, const char *name, ambit_tensor *h) {
    enum { SHIFT, SCALE, VECTORS };
    static const char *const parts[VECTORS] = {"shift", "scale"};
    ambit_tensor *v[VECTORS];
    for (int i = 0; h && i < VECTORS; i++) {
        char full[NAME_SIZE];
        snprintf(full, sizeof full, "%s.%s", name, parts[i]);
        v[i] = ambit_repeat(graph, full, ambit_tensor_shape(h)[0], width_of(h), AMBIT_INIT_ZERO);
    }
    return h ? ambit_norm_modulate(graph, h, v[SHIFT], v[SCALE]) : NULL;
}

ambit_tensor *ambit_transformer_plain_block(ambit_graph *graph, const char *name, ambit_tensor *h,
                                            int64_t heads) {
    char norm[NAME_SIZE];
    ambit_graph_begin_block(graph);
    snprintf(norm, sizeof norm, "%s.norm1", name);
    h = attention(graph, name, ambit_transformer_plain_norm(graph, norm, h), heads, h);
    snprintf(norm, sizeof norm, "%s.norm2", name);
    h = mlp(graph, name, ambit_transformer_plain_norm(graph, norm, h), h);
    ambit_graph_end_block(graph);
    return h;
}
