/* Gradients of every operator and of whole networks, in double precision, against the four-point
 * stencil (f(−2h) − 8f(−h) + 8f(h) − f(2h))/12h. One row of the table is one graph; every input
 * that has a gradient is a parameter here. The loss is the weighted squared error to a random
 * target, so the loss operators are part of every row. */
#include "core/graph/operators.h"
#include "core/networks/network.h"
#include "tests/core/network_sizes.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double step = 3e-4, tolerance = 1e-8;

enum { BATCH = 3, TOKENS = 4, WIDTH = 6, SAMPLES = 120 };

/* ---- graphs ---- */

static ambit_tensor *leaf2(ambit_graph *graph, int64_t rows, int64_t columns) {
    const int64_t shape[2] = {rows, columns};
    return ambit_graph_parameter(graph, "leaf", 2, shape, AMBIT_INIT_NORMAL, columns, 0);
}

static ambit_tensor *leaf3(ambit_graph *graph, int64_t tokens, int64_t columns) {
    const int64_t shape[3] = {BATCH, tokens, columns};
    return ambit_graph_parameter(graph, "leaf", 3, shape, AMBIT_INIT_NORMAL, columns, 0);
}

/* A tensor that is computed, so that its gradient lies in the graph's arena. */
static ambit_tensor *inner2(ambit_graph *graph, int64_t rows, int64_t columns) {
    return ambit_activate(graph, leaf2(graph, rows, columns), AMBIT_SILU);
}

static ambit_tensor *inner3(ambit_graph *graph) {
    return ambit_activate(graph, leaf3(graph, TOKENS, WIDTH), AMBIT_SILU);
}

static ambit_tensor *leaf4(ambit_graph *graph, int64_t channels, int64_t height, int64_t width) {
    const int64_t shape[4] = {BATCH, channels, height, width};
    return ambit_graph_parameter(graph, "leaf", 4, shape, AMBIT_INIT_NORMAL, width, 0);
}

/* Inputs of the graph under way, which get their values once it is finished. */
static struct {
    ambit_tensor *tensor;
    const double *values;
} constants[4];
static int constant_count;

static ambit_tensor *constant2(ambit_graph *graph, int64_t columns, const double *values) {
    const int64_t shape[2] = {BATCH, columns};
    ambit_tensor *tensor = ambit_graph_input(graph, "constant", 2, shape);
    constants[constant_count].tensor = tensor;
    constants[constant_count++].values = values;
    return tensor;
}

static void fill_constants(void) {
    for (int i = 0; i < constant_count; i++) {
        const int64_t *shape = ambit_tensor_shape(constants[i].tensor);
        memcpy(ambit_tensor_data(constants[i].tensor), constants[i].values,
               (size_t)(shape[0] * shape[1]) * sizeof(double));
    }
    constant_count = 0;
}

static ambit_tensor *dense(ambit_graph *graph, ambit_tensor *x, int64_t width,
                           ambit_activation activation, ambit_tensor *residual) {
    return ambit_linear(graph, "layer", x, width, activation, AMBIT_INIT_FAN_IN, residual);
}

static ambit_tensor *linear_plain(ambit_graph *graph) {
    return dense(graph, leaf2(graph, BATCH, 5), 7, AMBIT_LINEAR, NULL);
}

static ambit_tensor *linear_silu(ambit_graph *graph) {
    return dense(graph, leaf3(graph, TOKENS, 5), 7, AMBIT_SILU, NULL);
}

static ambit_tensor *linear_gelu(ambit_graph *graph) {
    return dense(graph, leaf3(graph, TOKENS, 5), 7, AMBIT_GELU, NULL);
}

static ambit_tensor *linear_residual(ambit_graph *graph) {
    return dense(graph, leaf2(graph, BATCH, 5), 7, AMBIT_LINEAR, leaf2(graph, BATCH, 7));
}

static ambit_tensor *linear_own_residual(ambit_graph *graph) {
    ambit_tensor *h = inner2(graph, BATCH, WIDTH);
    h = dense(graph, h, WIDTH, AMBIT_SILU, h);
    return dense(graph, h, WIDTH, AMBIT_GELU, h);
}

/* x feeds two layers, and is the residual of the first of them: its gradient is a sum of three. */
static ambit_tensor *linear_shared_input(ambit_graph *graph) {
    ambit_tensor *x = inner2(graph, BATCH, WIDTH);
    ambit_tensor *y = dense(graph, x, WIDTH, AMBIT_SILU, x);
    return dense(graph, x, WIDTH, AMBIT_GELU, y);
}

static ambit_tensor *activation_silu(ambit_graph *graph) {
    return ambit_activate(graph, leaf2(graph, BATCH, 37), AMBIT_SILU);
}

static ambit_tensor *activation_gelu(ambit_graph *graph) {
    ambit_tensor *x = inner2(graph, BATCH, 7), *parts[2];
    parts[0] = ambit_activate(graph, x, AMBIT_GELU);
    parts[1] = ambit_activate(graph, x, AMBIT_SILU);
    return ambit_concat(graph, 2, parts);
}

static ambit_tensor *norm_modulate(ambit_graph *graph) {
    return ambit_norm_modulate(graph, leaf3(graph, TOKENS, WIDTH), leaf2(graph, BATCH, WIDTH),
                               leaf2(graph, BATCH, WIDTH));
}

/* Shift and scale are views, used by two norms of one x. */
static ambit_tensor *norm_views(ambit_graph *graph) {
    ambit_tensor *all = dense(graph, leaf2(graph, BATCH, 5), 2 * WIDTH, AMBIT_LINEAR, NULL);
    ambit_tensor *shift = ambit_columns(graph, all, 0, WIDTH);
    ambit_tensor *scale = ambit_columns(graph, all, WIDTH, WIDTH);
    ambit_tensor *x = inner3(graph), *parts[2];
    parts[0] = ambit_norm_modulate(graph, x, shift, scale);
    parts[1] = ambit_norm_modulate(graph, x, shift, scale);
    return ambit_concat(graph, 2, parts);
}

static ambit_tensor *gate_residual(ambit_graph *graph) {
    return ambit_gate_residual(graph, leaf3(graph, TOKENS, WIDTH), leaf2(graph, BATCH, WIDTH),
                               leaf3(graph, TOKENS, WIDTH));
}

/* h is used before, in and after the gate: its gradient is passed on and then added to; y and gate
 * are used twice. */
static ambit_tensor *gate_chain(ambit_graph *graph) {
    ambit_tensor *h = inner3(graph), *gate = inner2(graph, BATCH, WIDTH);
    ambit_tensor *y = dense(graph, h, WIDTH, AMBIT_GELU, NULL);
    ambit_tensor *first = ambit_gate_residual(graph, h, gate, y);
    return ambit_gate_residual(graph, h, gate, dense(graph, first, WIDTH, AMBIT_SILU, y));
}

static ambit_tensor *attention_small(ambit_graph *graph) {
    return ambit_attention(graph, leaf3(graph, 5, 3 * WIDTH), 2);
}

/* Three blocks of queries, the last not full. */
static ambit_tensor *attention_blocks(ambit_graph *graph) {
    return ambit_attention(graph, leaf3(graph, 70, 3 * 2), 1);
}

/* Two attentions on one qkv: the second adds to its gradient. */
static ambit_tensor *attention_twice(ambit_graph *graph) {
    ambit_tensor *qkv = leaf3(graph, 35, 3 * 4);
    ambit_tensor *parts[2] = {ambit_attention(graph, qkv, 2), ambit_attention(graph, qkv, 1)};
    return ambit_concat(graph, 2, parts);
}

/* One attention for each size of a head, side by side. */
static ambit_tensor *attentions(ambit_graph *graph, int64_t tokens, int count, const int64_t *d) {
    ambit_tensor *parts[4];
    for (int i = 0; i < count; i++)
        parts[i] = ambit_attention(graph, leaf3(graph, tokens, 3 * 2 * d[i]), 2);
    return ambit_concat(graph, count, parts);
}

static ambit_tensor *attention_narrow(ambit_graph *graph) {
    return attentions(graph, 35, 4, (const int64_t[]){1, 3, 7, 20});
}

static ambit_tensor *attention_wide(ambit_graph *graph) {
    return attentions(graph, 17, 4, (const int64_t[]){32, 64, 80, 128});
}

static ambit_tensor *attention_one_token(ambit_graph *graph) {
    return attentions(graph, 1, 2, (const int64_t[]){3, 16});
}

/* Sums of more keys than are added at a time. */
static ambit_tensor *attention_long(ambit_graph *graph) {
    return ambit_attention(graph, leaf3(graph, 131, 3 * 5), 1);
}

static ambit_tensor *concat(ambit_graph *graph) {
    ambit_tensor *x = leaf2(graph, BATCH, 3);
    ambit_tensor *parts[3] = {x, leaf2(graph, BATCH, 4), x};
    return ambit_concat(graph, 3, parts);
}

static ambit_tensor *positions(ambit_graph *graph) {
    return ambit_add_positions(graph, "positions", leaf3(graph, TOKENS, WIDTH));
}

static ambit_tensor *activation_mish(ambit_graph *graph) {
    return ambit_activate(graph, leaf2(graph, BATCH, 37), AMBIT_MISH);
}

static ambit_tensor *convolution(ambit_graph *graph) {
    return ambit_convolution(graph, "conv", leaf3(graph, 7, 3), 4, 5, 1);
}

static ambit_tensor *convolution_stride(ambit_graph *graph) {
    return ambit_convolution(graph, "conv", leaf3(graph, 6, 3), 4, 3, 2);
}

/* More windows than are copied at a time; the kernel is longer than what is left at the ends; x is
 * used twice. */
static ambit_tensor *convolution_blocks(ambit_graph *graph) {
    ambit_tensor *x = leaf3(graph, 130, 1);
    ambit_tensor *parts[2] = {ambit_convolution(graph, "a", x, 2, 5, 1),
                              ambit_convolution(graph, "b", x, 1, 3, 1)};
    return ambit_concat(graph, 2, parts);
}

static ambit_tensor *convolution_transposed(ambit_graph *graph) {
    ambit_tensor *x = leaf3(graph, 5, 3);
    ambit_tensor *parts[2] = {ambit_transposed_convolution(graph, "a", x, 2, 4, 2),
                              ambit_transposed_convolution(graph, "b", x, 1, 4, 2)};
    return ambit_concat(graph, 2, parts);
}

static ambit_tensor *group_norm(ambit_graph *graph) {
    return ambit_group_norm_mish(graph, "norm", leaf3(graph, TOKENS, WIDTH), 2, NULL, NULL, NULL);
}

static ambit_tensor *group_norm_film(ambit_graph *graph) {
    return ambit_group_norm_mish(graph, "norm", leaf3(graph, TOKENS, WIDTH), 3,
                                 leaf2(graph, BATCH, WIDTH), leaf2(graph, BATCH, WIDTH), NULL);
}

static ambit_tensor *group_norm_residual(ambit_graph *graph) {
    ambit_tensor *h = inner3(graph), *y = dense(graph, h, WIDTH, AMBIT_MISH, NULL);
    y = ambit_group_norm_mish(graph, "a", y, 2, NULL, NULL, h);
    return ambit_group_norm_mish(graph, "b", y, 1, inner2(graph, BATCH, WIDTH),
                                 inner2(graph, BATCH, WIDTH), h);
}

/* Each moves numbers for itself and adds in another's place. */
static ambit_tensor *patches(ambit_graph *graph) {
    ambit_tensor *x = leaf4(graph, 2, 4, 6);
    ambit_tensor *parts[2] = {ambit_patches(graph, x, 2), ambit_patches(graph, x, 2)};
    return ambit_concat(graph, 2, parts);
}

static ambit_tensor *image_of_patches(ambit_graph *graph) {
    return ambit_image_of_patches(graph, leaf3(graph, TOKENS, 3 * 2 * 2), 2, 8, 2);
}

/* x is joined twice, and once more as part of a part. */
static ambit_tensor *tokens(ambit_graph *graph) {
    ambit_tensor *x = inner3(graph), *vector = inner2(graph, BATCH, WIDTH);
    ambit_tensor *parts[4] = {x, vector, x, vector};
    ambit_tensor *all = ambit_join_tokens(graph, 4, parts);
    ambit_tensor *some[2] = {ambit_take_tokens(graph, all, 2, 4),
                             ambit_take_tokens(graph, all, 1, 4)};
    return ambit_concat(graph, 2, some);
}

static ambit_tensor *mean_of_tokens(ambit_graph *graph) {
    ambit_tensor *x = leaf3(graph, TOKENS, WIDTH);
    ambit_tensor *parts[2] = {ambit_mean_of_tokens(graph, x), ambit_mean_of_tokens(graph, x)};
    return ambit_concat(graph, 2, parts);
}

static const double present[BATCH] = {1, 0, 0.25};

static ambit_tensor *blend(ambit_graph *graph) {
    ambit_tensor *given = constant2(graph, 1, present), *x = inner3(graph);
    x = ambit_blend(graph, "a", x, given, x);
    return ambit_blend(graph, "b", x, given, NULL);
}

static ambit_tensor *blend_input(ambit_graph *graph) {
    static const double state[2 * BATCH] = {1, 2, 3, 4, 5, 6};
    return ambit_blend(graph, "a", constant2(graph, 2, state), constant2(graph, 1, present), NULL);
}

/* A row named twice, empty slots, a row of nothing, and a number beyond the table. */
static ambit_tensor *bag(ambit_graph *graph) {
    static const double numbers[4 * BATCH] = {1, 3, 1, -1, -1, -1, -1, 5, 4, 0, 3, -1};
    return ambit_bag(graph, "table", constant2(graph, 4, numbers), 5, WIDTH);
}

static ambit_tensor *cross_entropy(ambit_graph *graph) {
    static const double labels[BATCH] = {0, 1, 0.3};
    ambit_tensor *label = constant2(graph, 1, labels), *x = leaf2(graph, BATCH, 1);
    ambit_tensor *parts[2] = {ambit_row_cross_entropy(graph, x, label),
                              ambit_row_cross_entropy(graph, x, label)};
    return ambit_concat(graph, 2, parts);
}

static ambit_tensor *precondition(ambit_graph *graph) {
    static const double levels[BATCH] = {0.1, 0.6, 1}, noisy[2 * BATCH] = {1, 2, 3, 4, 5, 6};
    ambit_tensor *sigma = constant2(graph, 1, levels), *x = constant2(graph, 2, noisy);
    ambit_tensor *f = leaf2(graph, BATCH, 2), *parts[3];
    for (int k = 0; k < 3; k++)
        parts[k] = ambit_precondition_output(graph, x, sigma, f, (ambit_prediction)k, 0.7);
    return ambit_concat(graph, 3, parts);
}

/* One shift and scale for all rows, used twice. */
static ambit_tensor *repeat(ambit_graph *graph) {
    ambit_tensor *shift = ambit_repeat(graph, "shift", BATCH, WIDTH, AMBIT_INIT_ZERO);
    ambit_tensor *scale = ambit_repeat(graph, "scale", BATCH, WIDTH, AMBIT_INIT_ZERO);
    ambit_tensor *x = ambit_norm_modulate(graph, leaf3(graph, TOKENS, WIDTH), shift, scale);
    return ambit_norm_modulate(graph, x, shift, scale);
}

/* ---- the check ---- */

typedef struct {
    ambit_graph *graph;
    double (*loss)(void *context);
    void *context;
    double *parameters, *gradients;
} problem;

static void randomise(double *values, int64_t count, uint64_t index, double deviation) {
    ambit_rng rng = ambit_rng_open(7, AMBIT_STREAM_TESTS, index);
    for (int64_t i = 0; i < count; i++)
        values[i] = deviation * (double)ambit_rng_normal(&rng);
}

static double stencil(const problem *p, double *at) {
    static const double offsets[4] = {-2, -1, 1, 2}, factors[4] = {1, -8, 8, -1};
    const double start = *at;
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        *at = start + offsets[i] * step;
        sum += factors[i] * p->loss(p->context);
    }
    *at = start;
    return sum / (12 * step);
}

/* Elements of every parameter, at most SAMPLES and evenly spread. The error is relative to the
 * parameter's largest gradient, plus what the stencil loses to rounding, about 16·ε·f/h: where
 * gradients cancel, as those of a bias before a norm almost do, that is all there is. */
static double worst_error(const problem *p) {
    int parameter_count;
    const ambit_parameter *table = ambit_graph_parameters(p->graph, &parameter_count);
    const double rounding = 16 * DBL_EPSILON * fabs(p->loss(p->context)) / step / tolerance;
    double worst = 0;
    for (int k = 0; k < parameter_count; k++) {
        const int64_t end = table[k].offset + table[k].count, apart = 1 + table[k].count / SAMPLES;
        double largest = 0, error = 0;
        for (int64_t i = table[k].offset; i < end; i++) {
            assert_true(isfinite(p->gradients[i])); /* fmax() would pass over NaN */
            largest = fmax(largest, fabs(p->gradients[i]));
        }
        for (int64_t i = table[k].offset; i < end; i += apart)
            error = fmax(error, fabs(stencil(p, &p->parameters[i]) - p->gradients[i]));
        assert_true(largest > 0);
        if (!(error <= tolerance * (largest + rounding)))
            print_error("%s: gradient is off by %g where the largest is %g\n", table[k].name, error,
                        largest);
        worst = fmax(worst, error / (largest + rounding));
    }
    return worst;
}

/* Gradients start as NaN: backward has to write each of them. */
static void check(const char *name, problem *p, void (*backward)(void *context)) {
    const int64_t count = ambit_graph_parameter_count(p->graph);
    p->parameters = calloc((size_t)count, sizeof(double));
    p->gradients = malloc((size_t)count * sizeof(double));
    assert_true(p->parameters && p->gradients);
    randomise(p->parameters, count, 1, 0.5);
    for (int64_t i = 0; i < count; i++)
        p->gradients[i] = NAN;
    ambit_graph_bind(p->graph, p->parameters, p->gradients);
    p->loss(p->context);
    backward(p->context);
    const double error = worst_error(p);
    print_message("%-28s %6d numbers, relative error %.1e\n", name, (int)count, error);
    free(p->parameters);
    free(p->gradients);
    assert_true(error <= tolerance);
}

/* ---- operators ---- */

typedef struct {
    ambit_graph *graph;
    ambit_tensor *loss;
} graph_case;

static double graph_loss(void *context) {
    graph_case *c = context;
    ambit_graph_forward(c->graph);
    return *ambit_tensor_data(c->loss);
}

static void graph_backward(void *context) {
    ambit_graph_backward(((graph_case *)context)->graph);
}

typedef struct {
    const char *name;
    ambit_tensor *(*build)(ambit_graph *graph);
} operator_row;

static operator_row operators[] = {
    {"linear", linear_plain},
    {"linear silu", linear_silu},
    {"linear gelu", linear_gelu},
    {"linear residual", linear_residual},
    {"linear own residual", linear_own_residual},
    {"linear shared input", linear_shared_input},
    {"activation silu", activation_silu},
    {"activation gelu", activation_gelu},
    {"norm modulate", norm_modulate},
    {"norm modulate views", norm_views},
    {"gate residual", gate_residual},
    {"gate residual chain", gate_chain},
    {"attention", attention_small},
    {"attention blocks", attention_blocks},
    {"attention twice", attention_twice},
    {"attention, narrow heads", attention_narrow},
    {"attention, wide heads", attention_wide},
    {"attention, one token", attention_one_token},
    {"attention, many tokens", attention_long},
    {"concat", concat},
    {"positions", positions},
    {"activation mish", activation_mish},
    {"convolution", convolution},
    {"convolution stride", convolution_stride},
    {"convolution blocks", convolution_blocks},
    {"convolution transposed", convolution_transposed},
    {"group norm", group_norm},
    {"group norm film", group_norm_film},
    {"group norm residual", group_norm_residual},
    {"patches", patches},
    {"image of patches", image_of_patches},
    {"tokens", tokens},
    {"mean of tokens", mean_of_tokens},
    {"blend", blend},
    {"blend of an input", blend_input},
    {"bag", bag},
    {"cross-entropy", cross_entropy},
    {"precondition", precondition},
    {"repeat", repeat},
};

static void test_operator(void **state) {
    const operator_row *row = *state;
    graph_case c;
    assert_int_equal(ambit_graph_create(1, &c.graph), AMBIT_OK);
    ambit_tensor *y = row->build(c.graph);
    assert_non_null(y);
    ambit_tensor *target =
        ambit_graph_input(c.graph, "target", ambit_tensor_rank(y), ambit_tensor_shape(y));
    const int64_t rows = ambit_tensor_shape(y)[0], column[2] = {rows, 1};
    ambit_tensor *weight = ambit_graph_input(c.graph, "weight", 2, column);
    c.loss = ambit_weighted_sum(c.graph, ambit_row_error(c.graph, y, target, NULL), weight);
    ambit_graph_keep(c.graph, c.loss);
    if (ambit_graph_finish(c.graph, c.loss) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    int64_t count = 1;
    for (int i = 0; i < ambit_tensor_rank(y); i++)
        count *= ambit_tensor_shape(y)[i];
    randomise(ambit_tensor_data(target), count, 2, 1);
    randomise(ambit_tensor_data(weight), rows, 3, 1);
    fill_constants();
    problem p = {c.graph, graph_loss, &c, NULL, NULL};
    check(row->name, &p, graph_backward);
    ambit_graph_destroy(c.graph);
}

/* ---- networks ---- */

typedef struct {
    const char *name;
    ambit_network_options options;
} network_row;

#define EVERY_CONDITION .camera = {{2, 2, 4, 2}, 2, 8, 1, 2}, .text = {2, 3}, .caption = {4, 7}
#define PRECONDITIONED(type)                                                                       \
    .precondition = AMBIT_PRECONDITION_FULL, .prediction = AMBIT_PREDICT_##type, .sigma_data = 0.8
#define CLASSIFIER .head = AMBIT_HEAD_LOGIT, .crop = 1
#define ADALN .conditioning = AMBIT_CONDITIONING_ADALN

/* A unet1d of width 8 would have one channel a group: its biases would have no gradient. */
static network_row networks[] = {
    {"mlp", {NETWORK_SIZES(MLP, 4, 2, 5, 6, 2, 0)}},
    {"mlp without observation", {NETWORK_SIZES(MLP, 4, 2, 0, 6, 1, 0)}},
    {"mlp adaln", {NETWORK_SIZES(MLP, 4, 2, 5, 6, 2, 0), ADALN}},
    {"mlp adaln without observation", {NETWORK_SIZES(MLP, 4, 2, 0, 6, 1, 0), ADALN}},
    {"dit", {NETWORK_SIZES(DIT, 4, 2, 5, 6, 2, 2)}},
    {"dit without observation", {NETWORK_SIZES(DIT, 5, 3, 0, 4, 1, 1)}},
    {"unet1d", {NETWORK_SIZES(UNET1D, 4, 3, 5, 16, 2, 0)}},
    {"unet1d without observation", {NETWORK_SIZES(UNET1D, 4, 2, 0, 16, 1, 0)}},
    {"dit 2-D", {NETWORK_SIZES(DIT, 0, 0, 5, 8, 2, 2), .image = {3, 4, 6, 2}}},
    {"dit 2-D context",
     {NETWORK_SIZES(DIT, 0, 0, 5, 8, 2, 2), .image = {1, 4, 4, 2},
      .conditioning = AMBIT_CONDITIONING_CONTEXT, EVERY_CONDITION, .droppable = 1}},
    {"dit vectors", {NETWORK_SIZES(DIT, 3, 2, 5, 8, 1, 2), EVERY_CONDITION, .droppable = 1}},
    {"dit context",
     {NETWORK_SIZES(DIT, 3, 2, 5, 8, 1, 2), EVERY_CONDITION,
      .conditioning = AMBIT_CONDITIONING_CONTEXT}},
    {"mlp conditions", {NETWORK_SIZES(MLP, 3, 2, 5, 8, 1, 0), EVERY_CONDITION, .droppable = 1}},
    {"mlp adaln conditions",
     {NETWORK_SIZES(MLP, 3, 2, 5, 8, 1, 0), EVERY_CONDITION, ADALN, .droppable = 1}},
    {"unet1d conditions", {NETWORK_SIZES(UNET1D, 4, 2, 5, 16, 1, 0), EVERY_CONDITION}},
    {"mlp preconditioned", {NETWORK_SIZES(MLP, 3, 2, 5, 8, 1, 0), PRECONDITIONED(X0)}},
    {"mlp adaln preconditioned",
     {NETWORK_SIZES(MLP, 3, 2, 5, 8, 1, 0), ADALN, PRECONDITIONED(V), .crop = 1}},
    {"dit preconditioned",
     {NETWORK_SIZES(DIT, 0, 0, 0, 8, 1, 2), .image = {2, 2, 4, 2}, PRECONDITIONED(EPSILON),
      .crop = 1}},
    {"unet1d preconditioned",
     {NETWORK_SIZES(UNET1D, 4, 2, 0, 16, 2, 0), PRECONDITIONED(V), .crop = 1}},
    {"mlp masked", {NETWORK_SIZES(MLP, 3, 2, 5, 8, 1, 0), .masked = 1}},
    {"dit masked", {NETWORK_SIZES(DIT, 4, 2, 5, 8, 1, 2), .masked = 1, PRECONDITIONED(V)}},
    {"dit 2-D masked", {NETWORK_SIZES(DIT, 0, 0, 5, 8, 1, 2), .image = {2, 4, 4, 2}, .masked = 1}},
    {"unet1d masked", {NETWORK_SIZES(UNET1D, 4, 2, 0, 16, 2, 0), .masked = 1}},
    {"mlp classifier", {NETWORK_SIZES(MLP, 4, 2, 0, 6, 2, 0), CLASSIFIER}},
    {"mlp adaln classifier", {NETWORK_SIZES(MLP, 4, 2, 5, 6, 2, 0), ADALN, CLASSIFIER}},
    {"dit classifier", {NETWORK_SIZES(DIT, 4, 2, 5, 8, 1, 2), CLASSIFIER}},
    {"dit 2-D classifier",
     {NETWORK_SIZES(DIT, 0, 0, 5, 8, 1, 2), .image = {2, 4, 4, 2}, CLASSIFIER, PRECONDITIONED(V)}},
    {"unet1d classifier", {NETWORK_SIZES(UNET1D, 4, 2, 0, 16, 2, 0), CLASSIFIER}},
};

static double network_loss(void *context) {
    ambit_network *network = context;
    ambit_network_forward(network);
    double sum = 0;
    for (int r = 0; r < BATCH; r++)
        sum += ambit_network_weight(network)[r] * ambit_network_row_loss(network)[r];
    return sum;
}

static void network_backward(void *context) {
    ambit_network_backward(context);
}

/* Conditions are random, n-grams whole numbers; some are missing, and something is cut off. */
static void fill_network(ambit_network *network, const ambit_network_options *options) {
    const int64_t size = ambit_network_data_size(options);
    const int classifies = options->head == AMBIT_HEAD_LOGIT;
    randomise(ambit_network_chunk(network), BATCH * size, 2, 1);
    randomise(ambit_network_target(network), classifies ? BATCH : BATCH * size, 3, 1);
    randomise(ambit_network_weight(network), BATCH, 4, 1);
    for (int c = 0; c < AMBIT_CONDITIONS; c++) {
        const ambit_condition which = (ambit_condition)c;
        double *values = ambit_network_condition(network, which);
        double *given = ambit_network_present(network, which);
        const int64_t count = BATCH * ambit_network_condition_size(options, which);
        randomise(values, count, 5 + (uint64_t)c, 1);
        for (int64_t i = 0; i < count && which == AMBIT_CONDITION_CAPTION; i++)
            values[i] = (double)(i % options->caption.buckets);
        for (int r = 0; r < BATCH && given; r++)
            given[r] = (r + c) % BATCH != 0;
    }
    for (int r = 0; r < BATCH; r++)
        ambit_network_sigma(network)[r] = 0.5 * r; /* 0, ½ and 1: both ends are clipped */
    for (int64_t i = 0; i < BATCH && options->crop; i++)
        ambit_network_crop(network)[i * ambit_network_crop_size(options)] = 0;
    /* of the first row nothing counts, of the others all but a step or two */
    const int64_t steps = options->image.channels > 0 ? 1 : options->chunk_steps;
    for (int64_t i = 0; i < BATCH * steps && options->masked; i++)
        ambit_network_counted(network)[i] = i >= steps && (steps == 1 || i % steps >= i / steps);
}

static void check_network(const network_row *row, int recompute) {
    const ambit_network_means means = {.recompute = recompute};
    ambit_network *network;
    if (ambit_network_create_with(&row->options, &means, BATCH, 1, &network) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    fill_network(network, &row->options);
    problem p = {ambit_network_graph(network), network_loss, network, NULL, NULL};
    check(row->name, &p, network_backward);
    ambit_network_destroy(network);
}

static void test_network(void **state) {
    for (int recompute = 0; recompute <= 1; recompute++)
        check_network(*state, recompute);
}

int main(void) {
    enum { OPERATORS = sizeof operators / sizeof operators[0] };
    enum { NETWORKS = sizeof networks / sizeof networks[0] };
    struct CMUnitTest tests[OPERATORS + NETWORKS];
    memset(tests, 0, sizeof tests);
    for (int i = 0; i < OPERATORS; i++)
        tests[i] = (struct CMUnitTest){operators[i].name, test_operator, NULL, NULL, &operators[i]};
    for (int i = 0; i < NETWORKS; i++)
        tests[OPERATORS + i] =
            (struct CMUnitTest){networks[i].name, test_network, NULL, NULL, &networks[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
