/* Operators, three things of each: what it computes, against plain loops written from its
 * definition in operators.h; its gradient, against a stencil; and its speed, on request
 * (test_operators --speed).
 *
 * A row of the table is one graph. It is built twice, as test_operators in single precision and as
 * test_operator_gradients in double precision, where gradients are checked. Inputs that have a
 * gradient are parameters here. The loss is the weighted squared error to a random target, so the
 * operators of losses are part of every row.
 */
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/graph/operators.h"
#include "core/method/precondition.h"
#include "core/products/blas.h"
#include "tests/core/stencil.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 3, TOKENS = 4, WIDTH = 6, MOST_ARGUMENTS = 7, MOST_VALUES = 8 };
enum { IN_SINGLE = sizeof(ambit_real) == sizeof(float) };

/* The numbers of a graph, as a definition reads them: of parameters in the order in which they were
 * made, those of operators among them, and of constants. */
typedef struct {
    const double *p[MOST_VALUES], *c[MOST_VALUES];
} given;

typedef struct {
    const char *name;
    ambit_tensor *(*build)(ambit_graph *graph);
    /* Writes what `build` gives. NULL: a way in which operators are joined, whose gradient alone is
     * checked; what they compute, rows of their own check. */
    void (*expect)(const given *g, double *y);
    int a[MOST_ARGUMENTS]; /* arguments, which are the sizes or ways of the one row */
    const double *start;   /* of the first parameter; NULL: random */
    int values_only;       /* the gradient is too small a part of the loss for the stencil */
} operator_row;

static const int *a; /* of the row under way */

/* ---- what graphs are made of ---- */

static ambit_tensor *leaf(ambit_graph *graph, int rank, const int64_t *shape) {
    return ambit_graph_parameter(graph, "leaf", rank, shape, AMBIT_INIT_NORMAL, 1, 0);
}

static ambit_tensor *leaf2(ambit_graph *graph, int64_t columns) {
    return leaf(graph, 2, (int64_t[]){BATCH, columns});
}

static ambit_tensor *leaf3(ambit_graph *graph, int64_t tokens, int64_t columns) {
    return leaf(graph, 3, (int64_t[]){BATCH, tokens, columns});
}

/* A tensor that is computed, so that its gradient lies in the graph's arena. */
static ambit_tensor *inner2(ambit_graph *graph, int64_t columns) {
    return ambit_activate(graph, leaf2(graph, columns), AMBIT_SILU);
}

static ambit_tensor *inner3(ambit_graph *graph) {
    return ambit_activate(graph, leaf3(graph, TOKENS, WIDTH), AMBIT_SILU);
}

/* Inputs without a gradient, which get their values once the graph is finished. */
static struct {
    ambit_tensor *tensor;
    const double *values; /* NULL: random */
} constants[MOST_VALUES];
static int constant_count;

static ambit_tensor *constant(ambit_graph *graph, int rank, const int64_t *shape,
                              const double *values) {
    ambit_tensor *tensor = ambit_graph_input(graph, "constant", rank, shape);
    constants[constant_count].tensor = tensor;
    constants[constant_count++].values = values;
    return tensor;
}

static ambit_tensor *constant2(ambit_graph *graph, int64_t columns, const double *values) {
    return constant(graph, 2, (int64_t[]){BATCH, columns}, values);
}

static ambit_tensor *dense(ambit_graph *graph, ambit_tensor *x, int64_t width,
                           ambit_activation activation, ambit_tensor *residual) {
    return ambit_linear(graph, "layer", x, width, activation, AMBIT_INIT_FAN_IN, residual);
}

/* ---- linear layers and activations ---- */

static double activated(ambit_activation kind, double x) {
    switch (kind) {
    case AMBIT_SILU:
        return x / (1 + exp(-x));
    case AMBIT_GELU:
        return 0.5 * x * (1 + tanh(sqrt(2 / 3.14159265358979324) * (x + 0.044715 * x * x * x)));
    case AMBIT_MISH:
        return x > 40 ? x : x * tanh(log1p(exp(x)));
    case AMBIT_LINEAR:
    default:
        return x;
    }
}

static void layer(int rows, int in, int out, const double *x, const double *weight,
                  const double *bias, double *y) {
    for (int r = 0; r < rows; r++)
        for (int o = 0; o < out; o++) {
            double sum = bias[o];
            for (int i = 0; i < in; i++)
                sum += weight[o * in + i] * x[r * in + i];
            y[r * out + o] = sum;
        }
}

/* a: activation, tokens (0: a matrix), residual. */
enum { LAYER_IN = 5, LAYER_OUT = 19 };

static ambit_tensor *linear(ambit_graph *graph) {
    ambit_tensor *x = a[1] ? leaf3(graph, a[1], LAYER_IN) : leaf2(graph, LAYER_IN);
    ambit_tensor *residual = a[2] ? leaf2(graph, LAYER_OUT) : NULL;
    return dense(graph, x, LAYER_OUT, (ambit_activation)a[0], residual);
}

static void expect_linear(const given *g, double *y) {
    const int rows = BATCH * (a[1] ? a[1] : 1), weight = a[2] ? 2 : 1;
    layer(rows, LAYER_IN, LAYER_OUT, g->p[0], g->p[weight], g->p[weight + 1], y);
    for (int i = 0; i < rows * LAYER_OUT; i++)
        y[i] = activated((ambit_activation)a[0], y[i]) + (a[2] ? g->p[1][i] : 0);
}

static ambit_tensor *linear_own_residual(ambit_graph *graph) {
    ambit_tensor *h = inner2(graph, WIDTH);
    h = dense(graph, h, WIDTH, AMBIT_SILU, h);
    return dense(graph, h, WIDTH, AMBIT_GELU, h);
}

/* x feeds two layers, and is the residual of the first of them: its gradient is a sum of three. */
static ambit_tensor *linear_shared_input(ambit_graph *graph) {
    ambit_tensor *x = inner2(graph, WIDTH);
    ambit_tensor *y = dense(graph, x, WIDTH, AMBIT_SILU, x);
    return dense(graph, x, WIDTH, AMBIT_GELU, y);
}

static ambit_tensor *activation(ambit_graph *graph) {
    return ambit_activate(graph, leaf2(graph, 37), (ambit_activation)a[0]);
}

static void expect_activation(const given *g, double *y) {
    for (int i = 0; i < BATCH * 37; i++)
        y[i] = activated((ambit_activation)a[0], g->p[0][i]);
}

static ambit_tensor *activation_twice(ambit_graph *graph) {
    ambit_tensor *x = inner2(graph, 7), *parts[2];
    parts[0] = ambit_activate(graph, x, AMBIT_GELU);
    parts[1] = ambit_activate(graph, x, AMBIT_SILU);
    return ambit_concat(graph, 2, parts);
}

/* ---- norms and gates ---- */

static void norm_of(const double *x, const double *shift, const double *scale, int stride,
                    int y_stride, double *y) {
    for (int row = 0; row < BATCH * TOKENS; row++) {
        const double *from = x + row * WIDTH;
        const int condition = row / TOKENS * stride;
        double mean = 0, variance = 0;
        for (int i = 0; i < WIDTH; i++)
            mean += from[i] / WIDTH;
        for (int i = 0; i < WIDTH; i++)
            variance += pow(from[i] - mean, 2) / WIDTH;
        for (int i = 0; i < WIDTH; i++)
            y[row * y_stride + i] =
                (from[i] - mean) / sqrt(variance + 1e-6) * (1 + scale[condition + i]) +
                shift[condition + i];
    }
}

static ambit_tensor *norm_modulate(ambit_graph *graph) {
    ambit_tensor *x = leaf3(graph, TOKENS, WIDTH), *shift = leaf2(graph, WIDTH);
    return ambit_norm_modulate(graph, x, shift, leaf2(graph, WIDTH));
}

static void expect_norm(const given *g, double *y) {
    norm_of(g->p[0], g->p[1], g->p[2], WIDTH, WIDTH, y);
}

/* Shift and scale are views, used by two norms of one x. */
static ambit_tensor *norm_views(ambit_graph *graph) {
    ambit_tensor *c = leaf2(graph, LAYER_IN), *x = leaf3(graph, TOKENS, WIDTH), *parts[2];
    ambit_tensor *all = dense(graph, c, 2 * WIDTH, AMBIT_LINEAR, NULL);
    ambit_tensor *shift = ambit_columns(graph, all, 0, WIDTH);
    ambit_tensor *scale = ambit_columns(graph, all, WIDTH, WIDTH);
    parts[0] = ambit_norm_modulate(graph, x, shift, scale);
    parts[1] = ambit_norm_modulate(graph, x, shift, scale);
    return ambit_concat(graph, 2, parts);
}

static void expect_norm_views(const given *g, double *y) {
    double all[BATCH * 2 * WIDTH];
    layer(BATCH, LAYER_IN, 2 * WIDTH, g->p[0], g->p[2], g->p[3], all);
    for (int part = 0; part < 2; part++)
        norm_of(g->p[1], all, all + WIDTH, 2 * WIDTH, 2 * WIDTH, y + part * WIDTH);
}

static ambit_tensor *gate(ambit_graph *graph) {
    ambit_tensor *h = leaf3(graph, TOKENS, WIDTH), *factor = leaf2(graph, WIDTH);
    return ambit_gate_residual(graph, h, factor, leaf3(graph, TOKENS, WIDTH));
}

static void expect_gate(const given *g, double *y) {
    for (int i = 0; i < BATCH * TOKENS * WIDTH; i++)
        y[i] = g->p[0][i] + g->p[1][i / TOKENS / WIDTH * WIDTH + i % WIDTH] * g->p[2][i];
}

/* h is used before, in and after the gate: its gradient is passed on and then added to; y and gate
 * are used twice. */
static ambit_tensor *gate_chain(ambit_graph *graph) {
    ambit_tensor *h = inner3(graph), *factor = inner2(graph, WIDTH);
    ambit_tensor *y = dense(graph, h, WIDTH, AMBIT_GELU, NULL);
    ambit_tensor *first = ambit_gate_residual(graph, h, factor, y);
    return ambit_gate_residual(graph, h, factor, dense(graph, first, WIDTH, AMBIT_SILU, y));
}

/* a: tokens, width, groups, film (of views of one layer), residual. */
static ambit_tensor *group_norm(ambit_graph *graph) {
    ambit_tensor *x = leaf3(graph, a[0], a[1]), *shift = NULL, *scale = NULL;
    ambit_tensor *residual = a[4] ? leaf3(graph, a[0], a[1]) : NULL;
    if (a[3]) {
        ambit_tensor *c = leaf2(graph, LAYER_IN);
        ambit_tensor *film = dense(graph, c, 2 * a[1], AMBIT_LINEAR, NULL);
        shift = ambit_columns(graph, film, 0, a[1]);
        scale = ambit_columns(graph, film, a[1], a[1]);
    }
    return ambit_group_norm_mish(graph, "norm", x, a[2], shift, scale, residual);
}

static void expect_group_norm(const given *g, double *y) {
    const int tokens = a[0], width = a[1], each = width / a[2], count = tokens * each;
    const double *const *next = g->p + 1 + a[4]; /* the layer's input, weight and bias; γ, β */
    double film[BATCH * 2 * 16] = {0};
    if (a[3])
        layer(BATCH, LAYER_IN, 2 * width, next[0], next[1], next[2], film);
    next += a[3] ? 3 : 0;
    for (int at = 0; at < BATCH * tokens * width; at++) {
        const int b = at / (tokens * width), i = at % width;
        const double *group = g->p[0] + b * tokens * width + i / each * each;
        double mean = 0, variance = 0;
        for (int k = 0; k < count; k++)
            mean += group[k / each * width + k % each] / count;
        for (int k = 0; k < count; k++)
            variance += pow(group[k / each * width + k % each] - mean, 2) / count;
        const double z = (g->p[0][at] - mean) / sqrt(variance + 1e-5) * next[0][i] + next[1][i];
        const double *of_row = film + b * 2 * width;
        y[at] = activated(AMBIT_MISH, z) * (1 + of_row[width + i]) + of_row[i];
        y[at] += a[4] ? g->p[1][at] : 0;
    }
}

static ambit_tensor *group_norm_chain(ambit_graph *graph) {
    ambit_tensor *h = inner3(graph), *y = dense(graph, h, WIDTH, AMBIT_MISH, NULL);
    ambit_tensor *shift = inner2(graph, WIDTH), *scale = inner2(graph, WIDTH);
    y = ambit_group_norm_mish(graph, "a", y, 2, NULL, NULL, h);
    return ambit_group_norm_mish(graph, "b", y, 1, shift, scale, h);
}

/* ---- attention ---- */

/* a: tokens, heads, numbers of a head. */
static ambit_tensor *attention(ambit_graph *graph) {
    return ambit_attention(graph, leaf3(graph, a[0], 3 * a[1] * a[2]), a[1]);
}

/* Token t of one head, whose q, k and v are d numbers in rows of 3·width. */
static void attend(const double *qkv, int tokens, int d, int width, int t, double *out) {
    double weights[300], sum = 0;
    for (int s = 0; s < tokens; s++) {
        double product = 0;
        for (int i = 0; i < d; i++)
            product += qkv[t * 3 * width + i] * qkv[s * 3 * width + width + i];
        weights[s] = exp(product / sqrt(d));
        sum += weights[s];
    }
    for (int i = 0; i < d; i++) {
        out[i] = 0;
        for (int s = 0; s < tokens; s++)
            out[i] += weights[s] / sum * qkv[s * 3 * width + 2 * width + i];
    }
}

static void expect_attention(const given *g, double *y) {
    const int tokens = a[0], heads = a[1], d = a[2], width = heads * d;
    for (int row = 0; row < BATCH * tokens; row++)
        for (int head = 0; head < heads; head++)
            attend(g->p[0] + row / tokens * tokens * 3 * width + head * d, tokens, d, width,
                   row % tokens, y + row * width + head * d);
}

/* Two attentions on one qkv: the second adds to its gradient. */
static ambit_tensor *attention_twice(ambit_graph *graph) {
    ambit_tensor *qkv = leaf3(graph, 35, 3 * 4);
    ambit_tensor *parts[2] = {ambit_attention(graph, qkv, 2), ambit_attention(graph, qkv, 1)};
    return ambit_concat(graph, 2, parts);
}

/* ---- side by side, one after the other, positions ---- */

static ambit_tensor *concat(ambit_graph *graph) {
    ambit_tensor *x = leaf2(graph, 3), *parts[3] = {x, leaf2(graph, 4), x};
    return ambit_concat(graph, 3, parts);
}

static void expect_concat(const given *g, double *y) {
    for (int r = 0; r < BATCH; r++)
        for (int i = 0; i < 10; i++)
            y[r * 10 + i] = i >= 3 && i < 7 ? g->p[1][r * 4 + i - 3] : g->p[0][r * 3 + i % 7];
}

/* a: tokens, columns, columns of the grid (0: none). */
static ambit_tensor *positions(ambit_graph *graph) {
    ambit_tensor *x = leaf3(graph, a[0], a[1]);
    return a[2] ? ambit_add_grid_positions(graph, "positions", x, a[2])
                : ambit_add_positions(graph, "positions", x);
}

static void expect_positions(const given *g, double *y) {
    for (int i = 0; i < BATCH * a[0] * a[1]; i++)
        y[i] = g->p[0][i] + g->p[1][i % (a[0] * a[1])];
}

/* x and v are joined twice, and taken twice from what was joined. */
static ambit_tensor *tokens(ambit_graph *graph) {
    ambit_tensor *x = inner3(graph), *v = inner2(graph, WIDTH), *parts[4] = {x, v, x, v};
    ambit_tensor *all = ambit_join_tokens(graph, 4, parts);
    ambit_tensor *some[2] = {ambit_take_tokens(graph, all, 2, 4),
                             ambit_take_tokens(graph, all, 1, 4)};
    return ambit_concat(graph, 2, some);
}

static void expect_tokens(const given *g, double *y) {
    for (int at = 0; at < BATCH * 4 * 2 * WIDTH; at++) {
        const int b = at / (4 * 2 * WIDTH), i = at % WIDTH;
        const int token =
            at / (2 * WIDTH) % 4 + (at / WIDTH % 2 == 0 ? 2 : 1); /* of those joined */
        const int own = token % (TOKENS + 1);                     /* TOKENS: v */
        const double x =
            own < TOKENS ? g->p[0][(b * TOKENS + own) * WIDTH + i] : g->p[1][b * WIDTH + i];
        y[at] = activated(AMBIT_SILU, x);
    }
}

static ambit_tensor *mean_of_tokens(ambit_graph *graph) {
    ambit_tensor *x = leaf3(graph, TOKENS, WIDTH);
    ambit_tensor *parts[2] = {ambit_mean_of_tokens(graph, x), ambit_mean_of_tokens(graph, x)};
    return ambit_concat(graph, 2, parts);
}

static void expect_mean(const given *g, double *y) {
    for (int at = 0; at < BATCH * 2 * WIDTH; at++) {
        y[at] = 0;
        for (int t = 0; t < TOKENS; t++)
            y[at] += g->p[0][(at / (2 * WIDTH) * TOKENS + t) * WIDTH + at % WIDTH] / TOKENS;
    }
}

/* One shift and scale for all rows, used twice. */
static ambit_tensor *repeat_twice(ambit_graph *graph) {
    ambit_tensor *shift = ambit_repeat(graph, "shift", BATCH, WIDTH, AMBIT_INIT_ZERO);
    ambit_tensor *scale = ambit_repeat(graph, "scale", BATCH, WIDTH, AMBIT_INIT_ZERO);
    ambit_tensor *x = ambit_norm_modulate(graph, leaf3(graph, TOKENS, WIDTH), shift, scale);
    return ambit_norm_modulate(graph, x, shift, scale);
}

static ambit_tensor *repeat(ambit_graph *graph) {
    return ambit_repeat(graph, "v", BATCH, WIDTH, AMBIT_INIT_NORMAL);
}

static void expect_repeat(const given *g, double *y) {
    for (int i = 0; i < BATCH * WIDTH; i++)
        y[i] = g->p[0][i % WIDTH];
}

/* ---- convolutions and images ---- */

/* a: transposed, tokens, channels in, channels out, kernel, stride. */
static ambit_tensor *convolution(ambit_graph *graph) {
    ambit_tensor *x = leaf3(graph, a[1], a[2]);
    return a[0] ? ambit_transposed_convolution(graph, "conv", x, a[3], a[4], a[5])
                : ambit_convolution(graph, "conv", x, a[3], a[4], a[5]);
}

/* y[t] = b + Σ_k W[k]·x[t·stride + k − padding], and the transpose, in PyTorch's definitions:
 * Conv1d with (kernel − 1)/2 of padding, ConvTranspose1d(kernel 4, stride 2, padding 1). */
static void expect_convolution(const given *g, double *y) {
    const int in = a[2], out = a[3], kernel = a[4], stride = a[5], padding = (kernel - 1) / 2;
    const int t_in = a[1], t_out = a[0] ? t_in * stride : t_in / stride;
    for (int at = 0; at < BATCH * t_out * out; at++) {
        const int b = at / (t_out * out), t = at / out % t_out, o = at % out;
        y[at] = g->p[2][o];
        for (int s = 0; s < t_in; s++) {
            const int k = (a[0] ? t - stride * s : s - stride * t) + padding;
            for (int c = 0; c < in && k >= 0 && k < kernel; c++)
                y[at] += g->p[1][a[0] ? (c * kernel + k) * out + o : (o * kernel + k) * in + c] *
                         g->p[0][(b * t_in + s) * in + c];
        }
    }
}

/* More windows than are copied at a time; x is used twice. */
static ambit_tensor *convolution_twice(ambit_graph *graph) {
    ambit_tensor *x = leaf3(graph, 130, 1);
    ambit_tensor *parts[2] = {ambit_convolution(graph, "a", x, 2, 5, 1),
                              ambit_convolution(graph, "b", x, 1, 3, 1)};
    return ambit_concat(graph, 2, parts);
}

static ambit_tensor *transposed_twice(ambit_graph *graph) {
    ambit_tensor *x = leaf3(graph, 5, 3);
    ambit_tensor *parts[2] = {ambit_transposed_convolution(graph, "a", x, 2, 4, 2),
                              ambit_transposed_convolution(graph, "b", x, 1, 4, 2)};
    return ambit_concat(graph, 2, parts);
}

enum { CHANNELS = 2, HEIGHT = 4, BREADTH = 6, PATCH = 2 };
enum { DOWN = HEIGHT / PATCH, ACROSS = BREADTH / PATCH, PATCH_SIZE = CHANNELS * PATCH * PATCH };

/* Where number `at` of the patches of all images lies in the images. */
static int place_in_image(int at) {
    const int i = at % PATCH, j = at / PATCH % PATCH, channel = at / PATCH / PATCH % CHANNELS;
    const int across = at / PATCH_SIZE % ACROSS, down = at / PATCH_SIZE / ACROSS % DOWN;
    const int batch = at / PATCH_SIZE / ACROSS / DOWN;
    const int row = (batch * CHANNELS + channel) * HEIGHT + down * PATCH + j;
    return row * BREADTH + across * PATCH + i;
}

/* Each moves numbers for itself and adds in another's place. */
static ambit_tensor *patches(ambit_graph *graph) {
    ambit_tensor *x = leaf(graph, 4, (int64_t[]){BATCH, CHANNELS, HEIGHT, BREADTH});
    ambit_tensor *parts[2] = {ambit_patches(graph, x, PATCH), ambit_patches(graph, x, PATCH)};
    return ambit_concat(graph, 2, parts);
}

static void expect_patches(const given *g, double *y) {
    for (int at = 0; at < BATCH * DOWN * ACROSS * PATCH_SIZE; at++)
        for (int part = 0; part < 2; part++)
            y[(at / PATCH_SIZE * 2 + part) * PATCH_SIZE + at % PATCH_SIZE] =
                g->p[0][place_in_image(at)];
}

static ambit_tensor *image_of_patches(ambit_graph *graph) {
    return ambit_image_of_patches(graph, leaf3(graph, DOWN * ACROSS, PATCH_SIZE), HEIGHT, BREADTH,
                                  PATCH);
}

static void expect_image(const given *g, double *y) {
    for (int at = 0; at < BATCH * DOWN * ACROSS * PATCH_SIZE; at++)
        y[place_in_image(at)] = g->p[0][at];
}

/* ---- what is there, and what is not ---- */

static const double present[BATCH] = {1, 0, 0.25};

/* a: residual. */
static ambit_tensor *blend(ambit_graph *graph) {
    ambit_tensor *there = constant2(graph, 1, present), *x = leaf3(graph, TOKENS, WIDTH);
    ambit_tensor *residual = a[0] ? leaf3(graph, TOKENS, WIDTH) : NULL;
    return ambit_blend(graph, "absent", x, there, residual);
}

static void expect_blend(const given *g, double *y) {
    for (int i = 0; i < BATCH * TOKENS * WIDTH; i++) {
        const double p = present[i / TOKENS / WIDTH];
        y[i] = p * g->p[0][i] + (1 - p) * g->p[1 + a[0]][i % WIDTH] + (a[0] ? g->p[1][i] : 0);
    }
}

static ambit_tensor *blend_chain(ambit_graph *graph) {
    ambit_tensor *there = constant2(graph, 1, present), *x = inner3(graph);
    x = ambit_blend(graph, "a", x, there, x);
    return ambit_blend(graph, "b", x, there, NULL);
}

/* What is missing holds no numbers. */
static const double partly_missing[2 * BATCH] = {1, 2, NAN, NAN, 5, 6};

static ambit_tensor *blend_input(ambit_graph *graph) {
    ambit_tensor *x = constant2(graph, 2, partly_missing);
    return ambit_blend(graph, "absent", x, constant2(graph, 1, present), NULL);
}

static void expect_blend_input(const given *g, double *y) {
    for (int i = 0; i < 2 * BATCH; i++) {
        const double p = present[i / 2];
        y[i] = (p > 0 ? p * partly_missing[i] : 0) + (1 - p) * g->p[0][i % 2];
    }
}

/* A row named twice, empty slots, a row of nothing, and numbers beyond the table or none at all. */
enum { SLOTS = 4, TABLE = 5 };
static const double numbers[BATCH * SLOTS] = {1, 3, 1, -1, -1, 1e9, NAN, 5, 4, 0, 3, -1};

static ambit_tensor *bag(ambit_graph *graph) {
    return ambit_bag(graph, "table", constant2(graph, SLOTS, numbers), TABLE, WIDTH);
}

static void expect_bag(const given *g, double *y) {
    for (int at = 0; at < BATCH * WIDTH; at++) {
        double sum = 0, count = 0;
        for (int s = 0; s < SLOTS; s++) {
            const double number = numbers[at / WIDTH * SLOTS + s];
            if (number >= 0 && number < TABLE) {
                sum += g->p[0][(int)number * WIDTH + at % WIDTH];
                count++;
            }
        }
        y[at] = count > 0 ? sum / sqrt(count) : 0;
    }
}

/* a: of an image, or of tokens. A layer behind it, since no gradient flows through a mask. */
static double mask_of(int i) {
    return i % 7 < 4 ? 1 : 0;
}

static ambit_tensor *mask(ambit_graph *graph) {
    enum { MOST_PLACES = HEIGHT * BREADTH };
    static double mask_values[BATCH * MOST_PLACES];
    const int64_t image[4] = {BATCH, CHANNELS, HEIGHT, BREADTH}, chunk[3] = {BATCH, TOKENS, WIDTH};
    ambit_tensor *x = a[0] ? constant(graph, 4, image, NULL) : constant(graph, 3, chunk, NULL);
    ambit_tensor *inside = constant2(graph, a[0] ? MOST_PLACES : TOKENS, mask_values);
    for (int i = 0; i < BATCH * MOST_PLACES; i++)
        mask_values[i] = mask_of(i);
    return dense(graph, ambit_flatten(graph, ambit_mask(graph, x, inside)), 3, AMBIT_LINEAR, NULL);
}

static void expect_mask(const given *g, double *y) {
    double x[BATCH * CHANNELS * HEIGHT * BREADTH];
    const int size = a[0] ? CHANNELS * HEIGHT * BREADTH : TOKENS * WIDTH;
    for (int i = 0; i < BATCH * size; i++) {
        const int place = a[0] ? i % (HEIGHT * BREADTH) : i % size / WIDTH;
        const int places = a[0] ? HEIGHT * BREADTH : TOKENS;
        x[i] = g->c[0][i] * mask_of(i / size * places + place);
    }
    layer(BATCH, size, 3, x, g->p[0], g->p[1], y);
}

/* ---- noise and losses ---- */

static const double levels[BATCH] = {0, 0.6, 1};

static ambit_tensor *precondition_input(ambit_graph *graph) {
    ambit_tensor *x = constant(graph, 4, (int64_t[]){BATCH, 2, 1, 2}, NULL);
    x = ambit_precondition_input(graph, x, constant2(graph, 1, levels), 0.7);
    return dense(graph, ambit_flatten(graph, x), 3, AMBIT_LINEAR, NULL);
}

static void expect_precondition_input(const given *g, double *y) {
    double x[BATCH * 4];
    for (int i = 0; i < BATCH * 4; i++)
        x[i] = g->c[0][i] * ambit_precondition_at(AMBIT_PREDICT_X0, levels[i / 4], 0.7).in;
    layer(BATCH, 4, 3, x, g->p[0], g->p[1], y);
}

static ambit_tensor *precondition_output(ambit_graph *graph) {
    ambit_tensor *sigma = constant2(graph, 1, levels), *x = constant2(graph, 2, NULL);
    ambit_tensor *f = leaf2(graph, 2), *parts[3];
    for (int k = 0; k < 3; k++)
        parts[k] = ambit_precondition_output(graph, x, sigma, f, (ambit_prediction)k, 0.7);
    return ambit_concat(graph, 3, parts);
}

static void expect_precondition_output(const given *g, double *y) {
    for (int at = 0; at < BATCH * 6; at++) {
        const int r = at / 6, i = r * 2 + at % 2;
        const ambit_precondition_factors factors =
            ambit_precondition_at((ambit_prediction)(at % 6 / 2), levels[r], 0.7);
        y[at] = factors.skip * g->c[1][i] + factors.out * g->p[0][i];
    }
}

/* The mean over what counts: of the first row nothing does. */
static const double counted[BATCH * TOKENS] = {0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1};

/* a: whether some places do not count. */
static ambit_tensor *row_error(ambit_graph *graph) {
    const int64_t shape[3] = {BATCH, TOKENS, WIDTH};
    ambit_tensor *x = leaf3(graph, TOKENS, WIDTH), *target = constant(graph, 3, shape, NULL);
    return ambit_row_error(graph, x, target, a[0] ? constant2(graph, TOKENS, counted) : NULL);
}

static void expect_row_error(const given *g, double *y) {
    for (int r = 0; r < BATCH; r++) {
        double sum = 0, count = 0;
        for (int i = 0; i < TOKENS * WIDTH; i++) {
            const double counts = a[0] ? counted[r * TOKENS + i / WIDTH] : 1;
            sum +=
                counts * pow(g->p[0][r * TOKENS * WIDTH + i] - g->c[0][r * TOKENS * WIDTH + i], 2);
            count += counts;
        }
        y[r] = count > 0 ? sum / count : 0;
    }
}

static const double labels[6] = {1, 0, 0.3, 0, 1, 1};
static const double logits[6] = {0, 1.5, -2, 1000, -200, 3};

static ambit_tensor *cross_entropy(ambit_graph *graph) {
    const int64_t shape[2] = {6, 1};
    ambit_tensor *z = leaf(graph, 2, shape), *label = constant(graph, 2, shape, labels);
    ambit_tensor *parts[2] = {ambit_row_cross_entropy(graph, z, label),
                              ambit_row_cross_entropy(graph, z, label)};
    return ambit_concat(graph, 2, parts);
}

static void expect_cross_entropy(const given *g, double *y) {
    for (int i = 0; i < 12; i++) {
        const double z = g->p[0][i / 2], t = labels[i / 2], p = 1 / (1 + exp(-z));
        const double plain = -(t > 0 ? t * log(p) : 0) - (t < 1 ? (1 - t) * log(1 - p) : 0);
        y[i] = z > 100 ? (1 - t) * z : plain; /* ln(1 − p) is lost there */
    }
}

/* ---- the table ---- */

static const operator_row operators[] = {
    {"linear", linear, expect_linear, .a = {AMBIT_LINEAR}},
    {"linear silu", linear, expect_linear, .a = {AMBIT_SILU, TOKENS}},
    {"linear gelu", linear, expect_linear, .a = {AMBIT_GELU, TOKENS}},
    {"linear mish", linear, expect_linear, .a = {AMBIT_MISH, TOKENS}},
    {"linear residual", linear, expect_linear, .a = {AMBIT_LINEAR, 0, 1}},
    {"linear silu residual", linear, expect_linear, .a = {AMBIT_SILU, 0, 1}},
    {"linear gelu residual", linear, expect_linear, .a = {AMBIT_GELU, 0, 1}},
    {"linear mish residual", linear, expect_linear, .a = {AMBIT_MISH, 0, 1}},
    {"linear own residual", .build = linear_own_residual},
    {"linear shared input", .build = linear_shared_input},
    {"silu", activation, expect_activation, .a = {AMBIT_SILU}},
    {"gelu", activation, expect_activation, .a = {AMBIT_GELU}},
    {"mish", activation, expect_activation, .a = {AMBIT_MISH}},
    {"activations of one x", .build = activation_twice},
    {"norm modulate", norm_modulate, .expect = expect_norm},
    {"norm modulate views", norm_views, .expect = expect_norm_views},
    {"gate residual", gate, .expect = expect_gate},
    {"gate residual chain", .build = gate_chain},
    {"attention", attention, expect_attention, .a = {5, 2, 3}},
    {"attention, a number a head", attention, expect_attention, .a = {5, 1, 1}},
    {"attention, blocks of queries", attention, expect_attention, .a = {70, 1, 2}},
    {"attention, three heads", attention, expect_attention, .a = {37, 3, 4}},
    {"attention, one token", attention, expect_attention, .a = {1, 2, 3}},
    {"attention, one wide token", attention, expect_attention, .a = {1, 2, 16}},
    {"attention, heads of 1", attention, expect_attention, .a = {35, 2, 1}},
    {"attention, heads of 3", attention, expect_attention, .a = {35, 2, 3}},
    {"attention, heads of 7", attention, expect_attention, .a = {35, 2, 7}},
    {"attention, heads of 20", attention, expect_attention, .a = {35, 2, 20}},
    {"attention, heads of 32", attention, expect_attention, .a = {17, 2, 32}},
    {"attention, heads of 64", attention, expect_attention, .a = {17, 2, 64}},
    {"attention, heads of 80", attention, expect_attention, .a = {17, 2, 80}},
    {"attention, heads of 128", attention, expect_attention, .a = {17, 2, 128}},
    {"attention, 131 keys", attention, expect_attention, .a = {131, 1, 5}},
    {"attention, 16 tokens", attention, expect_attention, .a = {16, 4, 64}},
    {"attention, 17 tokens", attention, expect_attention, .a = {17, 3, 7}},
    {"attention, 31 tokens", attention, expect_attention, .a = {31, 2, 20}},
    {"attention, 32 tokens", attention, expect_attention, .a = {32, 1, 32}},
    {"attention, 33 tokens", attention, expect_attention, .a = {33, 2, 80}},
    {"attention, 64 tokens", attention, expect_attention, .a = {64, 1, 128}},
    {"attention, 257 tokens", attention, expect_attention, .a = {257, 2, 64}, .values_only = 1},
    {"attention twice", .build = attention_twice},
    {"concat", concat, .expect = expect_concat},
    {"positions", positions, expect_positions, .a = {TOKENS, WIDTH, 0}},
    {"positions in a grid", positions, expect_positions, .a = {6, 14, 3}},
    {"convolution", convolution, expect_convolution, .a = {0, 7, 3, 4, 5, 1}},
    {"convolution stride", convolution, expect_convolution, .a = {0, 6, 3, 5, 3, 2}},
    {"convolution, long", convolution, expect_convolution, .a = {0, 130, 1, 2, 5, 1}},
    {"convolution twice", .build = convolution_twice},
    {"convolution transposed", convolution, expect_convolution, .a = {1, 6, 3, 5, 4, 2}},
    {"convolution transposed twice", .build = transposed_twice},
    {"group norm", group_norm, expect_group_norm, .a = {TOKENS, WIDTH, 2, 0, 0}},
    {"group norm film", group_norm, expect_group_norm, .a = {TOKENS, WIDTH, 3, 1, 0}},
    {"group norm residual", group_norm, expect_group_norm, .a = {TOKENS, WIDTH, 2, 0, 1}},
    {"group norm film and residual", group_norm, expect_group_norm, .a = {37, 12, 3, 1, 1}},
    {"group norm chain", .build = group_norm_chain},
    {"patches", patches, .expect = expect_patches},
    {"image of patches", image_of_patches, .expect = expect_image},
    {"tokens", tokens, .expect = expect_tokens},
    {"mean of tokens", mean_of_tokens, .expect = expect_mean},
    {"blend", blend, expect_blend, .a = {0}},
    {"blend residual", blend, expect_blend, .a = {1}},
    {"blend chain", .build = blend_chain},
    {"blend of an input", blend_input, .expect = expect_blend_input},
    {"bag", bag, .expect = expect_bag},
    {"mask of tokens", mask, expect_mask, .a = {0}},
    {"mask of images", mask, expect_mask, .a = {1}},
    {"row error", row_error, expect_row_error, .a = {0}},
    {"row error of what counts", row_error, expect_row_error, .a = {1}},
    {"cross-entropy", cross_entropy, .expect = expect_cross_entropy},
    {"cross-entropy far out", cross_entropy, .expect = expect_cross_entropy, .start = logits},
    {"precondition input", precondition_input, .expect = expect_precondition_input},
    {"precondition output", precondition_output, .expect = expect_precondition_output},
    {"repeat", repeat, .expect = expect_repeat},
    {"repeat twice", .build = repeat_twice},
};

/* ---- a row's graph ---- */

typedef struct {
    ambit_graph *graph;
    ambit_tensor *y, *loss, *target, *weight; /* all but y in training only */
    ambit_real *parameters, *gradients;
} built;

static int64_t count_of(const ambit_tensor *x) {
    int64_t count = 1;
    for (int i = 0; i < ambit_tensor_rank(x); i++)
        count *= ambit_tensor_shape(x)[i];
    return count;
}

static void add_loss(built *b) {
    const int64_t column[2] = {ambit_tensor_shape(b->y)[0], 1};
    b->target =
        ambit_graph_input(b->graph, "target", ambit_tensor_rank(b->y), ambit_tensor_shape(b->y));
    b->weight = ambit_graph_input(b->graph, "weight", 2, column);
    b->loss =
        ambit_weighted_sum(b->graph, ambit_row_error(b->graph, b->y, b->target, NULL), b->weight);
    ambit_graph_keep(b->graph, b->loss);
}

static void fill_constants(void) {
    for (int i = 0; i < constant_count; i++) {
        const int64_t count = count_of(constants[i].tensor);
        ambit_real *to = ambit_tensor_data(constants[i].tensor);
        stencil_randomise(to, count, 10 + (uint64_t)i, 1);
        for (int64_t k = 0; k < count && constants[i].values; k++)
            to[k] = (ambit_real)constants[i].values[k];
    }
}

static void fill_parameters(const operator_row *row, built *b) {
    const int64_t count = ambit_graph_parameter_count(b->graph);
    int parameters;
    const ambit_parameter *table = ambit_graph_parameters(b->graph, &parameters);
    b->parameters = calloc((size_t)(2 * count), sizeof *b->parameters);
    assert_non_null(b->parameters);
    b->gradients = b->parameters + count;
    stencil_randomise(b->parameters, count, 1, IN_SINGLE ? 1 : 0.5);
    for (int64_t i = 0; i < table[0].count && row->start; i++)
        b->parameters[i] = (ambit_real)row->start[i];
    ambit_graph_bind(b->graph, b->parameters, b->gradients);
}

static built build(const operator_row *row, int training) {
    built b = {.graph = NULL};
    a = row->a;
    constant_count = 0;
    assert_int_equal(ambit_graph_create(training, &b.graph), AMBIT_OK);
    b.y = row->build(b.graph);
    assert_non_null(b.y);
    ambit_graph_keep(b.graph, b.y);
    if (training)
        add_loss(&b);
    if (ambit_graph_finish(b.graph, b.loss) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    if (training) {
        stencil_randomise(ambit_tensor_data(b.target), count_of(b.target), 2, 1);
        stencil_randomise(ambit_tensor_data(b.weight), count_of(b.weight), 3, 1);
    }
    fill_constants();
    fill_parameters(row, &b);
    return b;
}

static void destroy(built *b) {
    ambit_graph_destroy(b->graph);
    free(b->parameters);
}

/* ---- what it computes ---- */

static void near(double found, double expected) {
    const double most = IN_SINGLE ? 4e-6 : 1e-11;
    if (!(fabs(found - expected) <= most * (1 + fabs(expected))))
        fail_msg("%.9g where %.9g is expected", found, expected);
}

/* Copies numbers as doubles to *room and moves that on. */
static const double *as_doubles(const ambit_real *values, int64_t count, double **room) {
    const double *first = *room;
    for (int64_t i = 0; i < count; i++)
        *(*room)++ = (double)values[i];
    return first;
}

static void check_values(const operator_row *row, const built *b) {
    const int64_t count = count_of(b->y), rows = ambit_tensor_shape(b->y)[0];
    int64_t size = ambit_graph_parameter_count(b->graph) + count;
    int parameters;
    const ambit_parameter *table = ambit_graph_parameters(b->graph, &parameters);
    for (int i = 0; i < constant_count; i++)
        size += count_of(constants[i].tensor);
    double *memory = calloc((size_t)size, sizeof *memory), *room = memory, loss = 0;
    assert_non_null(memory);
    given g = {{NULL}, {NULL}};
    for (int k = 0; k < parameters; k++)
        g.p[k] = as_doubles(b->parameters + table[k].offset, table[k].count, &room);
    for (int k = 0; k < constant_count; k++)
        g.c[k] = as_doubles(ambit_tensor_data(constants[k].tensor), count_of(constants[k].tensor),
                            &room);
    row->expect(&g, room);
    for (int64_t i = 0; i < count; i++) {
        near((double)ambit_tensor_data(b->y)[i], room[i]);
        if (b->loss)
            loss += (double)ambit_tensor_data(b->weight)[i / (count / rows)] /
                    (double)(count / rows) *
                    pow(room[i] - (double)ambit_tensor_data(b->target)[i], 2);
    }
    if (b->loss)
        near((double)*ambit_tensor_data(b->loss), loss);
    free(memory);
}

/* In training and in inference, which lay out memory in other ways. */
static void test_values(void **state) {
    const operator_row *row = *state;
    for (int training = 0; training <= 1 && row->expect; training++) {
        built b = build(row, training);
        ambit_graph_forward(b.graph);
        check_values(row, &b);
        destroy(&b);
    }
}

/* ---- its gradient ---- */

static ambit_real loss_of(void *context) {
    built *b = context;
    ambit_graph_forward(b->graph);
    return *ambit_tensor_data(b->loss);
}

static void backward_of(void *context) {
    ambit_graph_backward(((built *)context)->graph);
}

static void test_gradient(void **state) {
    const operator_row *row = *state;
    built b = build(row, 1);
    const stencil_problem problem = {b.graph, loss_of, backward_of, &b, b.parameters, b.gradients};
    stencil_check(row->name, &problem);
    destroy(&b);
}

static void test_row(void **state) {
    test_values(state);
    if (!IN_SINGLE && !((const operator_row *)*state)->values_only)
        test_gradient(state);
}

/* ---- its speed ---- */

static double seconds_a_run(const built *b, void (*run)(ambit_graph *graph)) {
    const double start = ambit_clock();
    int64_t runs = 0;
    do {
        ambit_graph_forward(b->graph);
        if (run)
            run(b->graph);
        runs++;
    } while (ambit_clock() - start < 0.1);
    return (ambit_clock() - start) / (double)runs;
}

static void print_speed(const operator_row *row) {
    built b = build(row, 1);
    const double forward = seconds_a_run(&b, NULL);
    const double backward = seconds_a_run(&b, ambit_graph_backward) - forward;
    print_message("%-30s forward %9.2f µs %7.2f GF/s   backward %9.2f µs %7.2f GF/s\n", row->name,
                  forward * 1e6, ambit_graph_flops_forward(b.graph) / forward * 1e-9,
                  backward * 1e6, ambit_graph_flops_backward(b.graph) / backward * 1e-9);
    destroy(&b);
}

/* ---- beside the table ---- */

/* Far from zero too, where the exponential is clipped. */
static void test_far_activations(void **state) {
    static const ambit_activation kinds[] = {AMBIT_SILU, AMBIT_GELU, AMBIT_MISH};
    (void)state;
    for (int k = 0; k < 3; k++)
        for (double at = -200; at < 200; at += 0.37) {
            const ambit_real x = (ambit_real)at;
            ambit_real y, slope;
            const double h = 1e-5, middle = (double)x;
            ambit_activation_row(kinds[k], 1, &x, NULL, NULL, &y, &slope);
            near((double)y, activated(kinds[k], middle));
            const double rise = activated(kinds[k], middle + h) - activated(kinds[k], middle - h);
            assert_true(fabs((double)slope - rise / (2 * h)) <= 2e-6 * (1 + fabs((double)slope)));
        }
}

/* Half of the numbers for the row, half for the column; sines, then cosines; two are left over. */
static void test_start_of_grid_positions(void **state) {
    enum { COLUMNS = 3, NUMBERS = 14, Q = NUMBERS / 4 };
    const operator_row row = {"grid", positions, NULL, .a = {2 * COLUMNS, NUMBERS, COLUMNS}};
    (void)state;
    built b = build(&row, 0);
    ambit_graph_initialise(b.graph, 1, b.parameters);
    const ambit_real *table = b.parameters + BATCH * 2 * COLUMNS * NUMBERS;
    for (int t = 0; t < 2 * COLUMNS; t++) {
        const ambit_real *at = table + t * NUMBERS;
        const int down = t / COLUMNS, across = t % COLUMNS;
        for (int k = 0; k < Q; k++) {
            const double frequency = pow(10000, -k / (double)Q);
            assert_true(fabs((double)at[k] - sin(down * frequency)) < 2e-6);
            assert_true(fabs((double)at[Q + k] - cos(down * frequency)) < 2e-6);
            assert_true(fabs((double)at[2 * Q + k] - sin(across * frequency)) < 2e-6);
            assert_true(fabs((double)at[3 * Q + k] - cos(across * frequency)) < 2e-6);
        }
        assert_true(at[4 * Q] == 0 && at[4 * Q + 1] == 0);
    }
    destroy(&b);
}

/* ---- shapes that do not fit, each refused with its own words ---- */

typedef struct {
    ambit_tensor *(*build)(ambit_graph *graph, ambit_tensor *chunk, ambit_tensor *image,
                           ambit_tensor *vector); /* 6 tokens of 5; 3 × 4 × 6; 7 */
    const char *text;
} refusal;

#define REFUSED(name, expression)                                                                  \
    static ambit_tensor *name(ambit_graph *graph, ambit_tensor *chunk, ambit_tensor *image,        \
                              ambit_tensor *vector) {                                              \
        (void)chunk, (void)image, (void)vector;                                                    \
        return expression;                                                                         \
    }
REFUSED(wrong_patches, ambit_patches(graph, image, 4))
REFUSED(wrong_image, ambit_image_of_patches(graph, chunk, 4, 6, 2))
REFUSED(wrong_take, ambit_take_tokens(graph, chunk, 3, 5))
REFUSED(wrong_join, ambit_join_tokens(graph, 2, ((ambit_tensor *[]){chunk, vector})))
REFUSED(wrong_blend, ambit_blend(graph, "b", chunk, vector, NULL))
REFUSED(wrong_mask, ambit_mask(graph, image, vector))
REFUSED(wrong_bag, ambit_bag(graph, "b", vector, AMBIT_MOST_BUCKETS + 1, 4))
REFUSED(wrong_reshape, ambit_reshape(graph, chunk, 2, (int64_t[2]){8, 10}))

static void test_refusals(void **state) {
    static const refusal rows[] = {
        {wrong_patches, "both sides divided by 4"}, {wrong_image, "not the patches of 4 × 6"},
        {wrong_take, "no tokens 3 to 8"},           {wrong_join, "as wide as part 0"},
        {wrong_blend, "present is not a constant"}, {wrong_mask, "batch × 24 numbers"},
        {wrong_bag, "not 1 to 16777216"},           {wrong_reshape, "has 90 numbers, not 80"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ambit_graph *graph;
        assert_int_equal(ambit_graph_create(0, &graph), AMBIT_OK);
        constant_count = 0;
        ambit_tensor *chunk = constant(graph, 3, (int64_t[]){BATCH, 6, 5}, NULL);
        ambit_tensor *image = constant(graph, 4, (int64_t[]){BATCH, 3, 4, 6}, NULL);
        assert_null(rows[i].build(graph, chunk, image, constant2(graph, 7, NULL)));
        assert_int_equal(ambit_graph_finish(graph, NULL), AMBIT_INTERNAL);
        assert_non_null(strstr(ambit_message(), rows[i].text));
        ambit_graph_destroy(graph);
    }
}

int main(int argc, char **argv) {
    enum { ROWS = sizeof operators / sizeof operators[0] };
    struct CMUnitTest tests[ROWS + 3] = {
        [ROWS] = cmocka_unit_test(test_far_activations),
        [ROWS + 1] = cmocka_unit_test(test_start_of_grid_positions),
        [ROWS + 2] = cmocka_unit_test(test_refusals),
    };
    ambit_blas_start(1);
    for (int i = 0; i < ROWS; i++) {
        if (argc > 1 && strcmp(argv[1], "--speed") == 0)
            print_speed(&operators[i]);
        tests[i] =
            (struct CMUnitTest){operators[i].name, test_row, NULL, NULL, (void *)&operators[i]};
    }
    return cmocka_run_group_tests_name("operators", tests, NULL, NULL);
}
