/* What operators compute, in single precision, against plain loops written from their definitions
 * in operators.h. (Gradients: test_gradients.c.) */
#include "core/graph/operators.h"
#include "core/products/blas.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 2, TOKENS = 37, WIDTH = 12, HEADS = 3 };

static float *data[8]; /* of the inputs of the test under way, in the order they were made */
static int inputs;

static ambit_tensor *input(ambit_graph *graph, int rank, int64_t a, int64_t b, int64_t c) {
    const int64_t shape[3] = {a, b, c};
    return ambit_graph_input(graph, "input", rank, shape);
}

/* Fills inputs and parameters with random numbers, runs, and returns what y holds. */
static const float *run(ambit_graph *graph, int count, ambit_tensor **tensors, ambit_tensor *y,
                        float **parameters) {
    ambit_graph_keep(graph, y);
    if (ambit_graph_finish(graph, NULL) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    for (inputs = 0; inputs < count; inputs++) {
        const int64_t *shape = ambit_tensor_shape(tensors[inputs]);
        int64_t size = 1;
        for (int i = 0; i < ambit_tensor_rank(tensors[inputs]); i++)
            size *= shape[i];
        ambit_rng rng = ambit_rng_open(1, AMBIT_STREAM_TESTS, (uint64_t)inputs);
        data[inputs] = ambit_tensor_data(tensors[inputs]);
        ambit_rng_normals(&rng, data[inputs], size);
    }
    int64_t size = ambit_graph_parameter_count(graph);
    *parameters = malloc((size_t)(size + 1) * sizeof(float));
    assert_non_null(*parameters);
    ambit_rng rng = ambit_rng_open(1, AMBIT_STREAM_TESTS, 99);
    ambit_rng_normals(&rng, *parameters, size);
    ambit_graph_bind(graph, *parameters, NULL);
    ambit_graph_forward(graph);
    return ambit_tensor_data(y);
}

static void near(double found, double expected) {
    if (!(fabs(found - expected) <= 2e-6 * (1 + fabs(expected))))
        fail_msg("%.9g where %.9g is expected", found, expected);
}

static double activation(ambit_activation kind, double x) {
    switch (kind) {
    case AMBIT_SILU:
        return x / (1 + exp(-x));
    case AMBIT_GELU:
        return 0.5 * x * (1 + tanh(sqrt(2 / 3.14159265358979) * (x + 0.044715 * x * x * x)));
    case AMBIT_MISH:
        return x > 40 ? x : x * tanh(log1p(exp(x)));
    case AMBIT_LINEAR:
    default:
        return x;
    }
}

/* act(x·Wᵀ + b), and with a residual; parameters lie as weight, bias. */
static void test_linear(void **state) {
    const ambit_activation kind = *(ambit_activation *)*state;
    enum { IN = 5, OUT = 19 };
    for (int with_residual = 0; with_residual < 2; with_residual++) {
        ambit_graph *graph;
        float *p;
        assert_int_equal(ambit_graph_create(0, &graph), AMBIT_OK);
        ambit_tensor *x[2] = {input(graph, 2, BATCH, IN, 0), input(graph, 2, BATCH, OUT, 0)};
        const float *y = run(graph, 2, x,
                             ambit_linear(graph, "layer", x[0], OUT, kind, AMBIT_INIT_FAN_IN,
                                          with_residual ? x[1] : NULL),
                             &p);
        for (int r = 0; r < BATCH; r++)
            for (int o = 0; o < OUT; o++) {
                double sum = (double)p[OUT * IN + o];
                for (int i = 0; i < IN; i++)
                    sum += (double)p[o * IN + i] * (double)data[0][r * IN + i];
                near((double)y[r * OUT + o],
                     activation(kind, sum) + (with_residual ? (double)data[1][r * OUT + o] : 0.0));
            }
        free(p);
        ambit_graph_destroy(graph);
    }
}

/* Far from zero too, where the exponential is clipped. */
static void test_activation(void **state) {
    const ambit_activation kind = *(ambit_activation *)*state;
    for (float x = -200; x < 200; x += 0.37f) {
        float y, slope;
        const double h = 1e-5;
        ambit_activation_row(kind, 1, &x, NULL, NULL, &y, &slope);
        near((double)y, activation(kind, (double)x));
        near((double)slope,
             (activation(kind, (double)x + h) - activation(kind, (double)x - h)) / (2 * h));
    }
}

static void test_norm(void **state) {
    (void)state;
    ambit_graph *graph;
    float *p;
    assert_int_equal(ambit_graph_create(0, &graph), AMBIT_OK);
    ambit_tensor *x = input(graph, 3, BATCH, TOKENS, WIDTH), *c = input(graph, 2, BATCH, 1, 0);
    ambit_tensor *both =
        ambit_linear(graph, "both", c, 2 * WIDTH, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, NULL);
    ambit_tensor *shift = ambit_columns(graph, both, 0, WIDTH);
    ambit_tensor *scale = ambit_columns(graph, both, WIDTH, WIDTH), *tensors[2] = {x, c};
    const float *y = run(graph, 2, tensors, ambit_norm_modulate(graph, x, shift, scale), &p);
    for (int row = 0; row < BATCH * TOKENS; row++) {
        const float *from = data[0] + row * WIDTH, *bias = p + 2 * WIDTH;
        const double condition = (double)data[1][row / TOKENS];
        double mean = 0, variance = 0;
        for (int i = 0; i < WIDTH; i++)
            mean += (double)from[i] / WIDTH;
        for (int i = 0; i < WIDTH; i++)
            variance += pow((double)from[i] - mean, 2) / WIDTH;
        for (int i = 0; i < WIDTH; i++) {
            double a = condition * (double)p[WIDTH + i] + (double)bias[WIDTH + i];
            double b = condition * (double)p[i] + (double)bias[i];
            near((double)y[row * WIDTH + i],
                 ((double)from[i] - mean) / sqrt(variance + 1e-6) * (1 + a) + b);
        }
    }
    free(p);
    ambit_graph_destroy(graph);
}

/* Token t of one head, whose q, k and v are d numbers in rows of 3·width. */
static void attend(const float *qkv, int tokens, int d, int width, int t, double *out) {
    double weights[300], sum = 0;
    for (int s = 0; s < tokens; s++) {
        double product = 0;
        for (int i = 0; i < d; i++)
            product += (double)qkv[t * 3 * width + i] * (double)qkv[s * 3 * width + width + i];
        weights[s] = exp(product / sqrt(d));
        sum += weights[s];
    }
    for (int i = 0; i < d; i++) {
        out[i] = 0;
        for (int s = 0; s < tokens; s++)
            out[i] += weights[s] / sum * (double)qkv[s * 3 * width + 2 * width + i];
    }
}

static void check_attention(int tokens, int heads, int d) {
    const int width = heads * d;
    ambit_graph *graph;
    float *p;
    double expected[128];
    assert_int_equal(ambit_graph_create(0, &graph), AMBIT_OK);
    ambit_tensor *qkv = input(graph, 3, BATCH, tokens, 3 * width);
    const float *y = run(graph, 1, &qkv, ambit_attention(graph, qkv, heads), &p);
    for (int b = 0; b < BATCH; b++)
        for (int head = 0; head < heads; head++)
            for (int t = 0; t < tokens; t++) {
                attend(data[0] + b * tokens * 3 * width + head * d, tokens, d, width, t, expected);
                for (int i = 0; i < d; i++)
                    near((double)y[(b * tokens + t) * width + head * d + i], expected[i]);
            }
    free(p);
    ambit_graph_destroy(graph);
}

static void test_attention(void **state) {
    static const int sizes[][3] = {
        /* tokens, heads, numbers of a head */
        {TOKENS, HEADS, WIDTH / HEADS},
        {1, 2, 3},
        {5, 1, 1},
        {16, 4, 64},
        {17, 3, 7},
        {31, 2, 20},
        {32, 1, 32},
        {33, 2, 80},
        {64, 1, 128},
        {257, 2, 64},
    };
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_attention(sizes[i][0], sizes[i][1], sizes[i][2]);
}

/* positions added to x, then h + gate·y with h = x and y that sum; the gate is a linear layer's. */
static void test_gate_and_positions(void **state) {
    (void)state;
    ambit_graph *graph;
    float *p;
    assert_int_equal(ambit_graph_create(0, &graph), AMBIT_OK);
    ambit_tensor *x = input(graph, 3, BATCH, TOKENS, WIDTH), *c = input(graph, 2, BATCH, 1, 0);
    ambit_tensor *gate =
        ambit_linear(graph, "gate", c, WIDTH, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, NULL);
    ambit_tensor *y = ambit_add_positions(graph, "positions", x), *tensors[2] = {x, c};
    const float *out = run(graph, 2, tensors, ambit_gate_residual(graph, x, gate, y), &p);
    for (int row = 0; row < BATCH * TOKENS; row++)
        for (int i = 0; i < WIDTH; i++) {
            const double h = (double)data[0][row * WIDTH + i];
            const double g = (double)data[1][row / TOKENS] * (double)p[i] + (double)p[WIDTH + i];
            const double position = (double)p[2 * WIDTH + row % TOKENS * WIDTH + i];
            near((double)out[row * WIDTH + i], h + g * (h + position));
        }
    free(p);
    ambit_graph_destroy(graph);
}

static void test_concat_and_loss(void **state) {
    (void)state;
    ambit_graph *graph;
    float *p;
    assert_int_equal(ambit_graph_create(0, &graph), AMBIT_OK);
    ambit_tensor *parts[4] = {input(graph, 2, BATCH, 3, 0), input(graph, 2, BATCH, 2, 0),
                              input(graph, 2, BATCH, 5, 0), input(graph, 2, BATCH, 1, 0)};
    ambit_tensor *both = ambit_concat(graph, 2, parts);
    ambit_tensor *rows = ambit_row_error(graph, both, parts[2], NULL);
    ambit_graph_keep(graph, rows);
    const float *loss = run(graph, 4, parts, ambit_weighted_sum(graph, rows, parts[3]), &p);
    double sum = 0;
    for (int r = 0; r < BATCH; r++) {
        double error = 0;
        for (int i = 0; i < 5; i++) {
            const float left = i < 3 ? data[0][r * 3 + i] : data[1][r * 2 + i - 3];
            error += pow((double)left - (double)data[2][r * 5 + i], 2) / 5;
        }
        near((double)ambit_tensor_data(rows)[r], error);
        sum += error * (double)data[3][r];
    }
    near((double)*loss, sum);
    free(p);
    ambit_graph_destroy(graph);
}

/* y[t] = b + Σ_k W[k]·x[t·stride + k − padding], and the transpose, in PyTorch's definitions:
 * Conv1d(kernel 3, stride 2, padding 1) and ConvTranspose1d(kernel 4, stride 2, padding 1). */
static void test_convolutions(void **state) {
    enum { T = 6, C = 3, O = 5 };
    (void)state;
    for (int transposed = 0; transposed < 2; transposed++) {
        const int kernel = transposed ? 4 : 3, out = transposed ? 2 * T : T / 2;
        ambit_graph *graph;
        float *p;
        assert_int_equal(ambit_graph_create(0, &graph), AMBIT_OK);
        ambit_tensor *x = input(graph, 3, BATCH, T, C);
        const float *y = run(graph, 1, &x,
                             transposed ? ambit_transposed_convolution(graph, "c", x, O, kernel, 2)
                                        : ambit_convolution(graph, "c", x, O, kernel, 2),
                             &p);
        for (int at = 0; at < BATCH * out * O; at++) {
            const int b = at / (out * O), t = at / O % out, o = at % O;
            double sum = (double)p[O * kernel * C + o];
            for (int s = 0; s < T; s++)
                for (int c = 0; c < C; c++) {
                    const int k = transposed ? t - 2 * s + 1 : s - 2 * t + 1;
                    const int w = transposed ? (c * kernel + k) * O + o : (o * kernel + k) * C + c;
                    if (k >= 0 && k < kernel)
                        sum += (double)p[w] * (double)data[0][(b * T + s) * C + c];
                }
            near((double)y[at], sum);
        }
        free(p);
        ambit_graph_destroy(graph);
    }
}

/* With FiLM and residual; parameters lie as film weight, film bias, γ, β. */
static void test_group_norm(void **state) {
    enum { GROUPS = 3, EACH = WIDTH / GROUPS };
    (void)state;
    ambit_graph *graph;
    float *p;
    assert_int_equal(ambit_graph_create(0, &graph), AMBIT_OK);
    ambit_tensor *x = input(graph, 3, BATCH, TOKENS, WIDTH), *c = input(graph, 2, BATCH, 1, 0);
    ambit_tensor *added = input(graph, 3, BATCH, TOKENS, WIDTH), *tensors[3] = {x, c, added};
    ambit_tensor *film =
        ambit_linear(graph, "film", c, 2 * WIDTH, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, NULL);
    ambit_tensor *shift = ambit_columns(graph, film, 0, WIDTH);
    ambit_tensor *scale = ambit_columns(graph, film, WIDTH, WIDTH);
    const float *y = run(graph, 3, tensors,
                         ambit_group_norm_mish(graph, "n", x, GROUPS, shift, scale, added), &p);
    const float *bias = p + 2 * WIDTH, *gamma = p + 4 * WIDTH, *beta = p + 5 * WIDTH;
    for (int at = 0; at < BATCH * TOKENS * WIDTH; at++) {
        const int b = at / (TOKENS * WIDTH), i = at % WIDTH, first = i / EACH * EACH;
        const double condition = (double)data[1][b];
        const float *group = data[0] + b * TOKENS * WIDTH + first;
        double mean = 0, variance = 0;
        for (int k = 0; k < TOKENS * EACH; k++)
            mean += (double)group[k / EACH * WIDTH + k % EACH] / (TOKENS * EACH);
        for (int k = 0; k < TOKENS * EACH; k++)
            variance += pow((double)group[k / EACH * WIDTH + k % EACH] - mean, 2) / (TOKENS * EACH);
        double z = ((double)data[0][at] - mean) / sqrt(variance + 1e-5) * (double)gamma[i] +
                   (double)beta[i];
        double moved = condition * (double)p[i] + (double)bias[i];
        double scaled = 1 + condition * (double)p[WIDTH + i] + (double)bias[WIDTH + i];
        near((double)y[at], activation(AMBIT_MISH, z) * scaled + moved + (double)data[2][at]);
    }
    free(p);
    ambit_graph_destroy(graph);
}

int main(void) {
    static ambit_activation linear = AMBIT_LINEAR, silu = AMBIT_SILU, gelu = AMBIT_GELU,
                            mish = AMBIT_MISH;
    ambit_blas_start(1);
    const struct CMUnitTest tests[] = {
        {"linear", test_linear, NULL, NULL, &linear},
        {"linear silu", test_linear, NULL, NULL, &silu},
        {"linear gelu", test_linear, NULL, NULL, &gelu},
        {"silu", test_activation, NULL, NULL, &silu},
        {"gelu", test_activation, NULL, NULL, &gelu},
        {"linear mish", test_linear, NULL, NULL, &mish},
        {"mish", test_activation, NULL, NULL, &mish},
        cmocka_unit_test(test_convolutions),
        cmocka_unit_test(test_group_norm),
        cmocka_unit_test(test_norm),
        cmocka_unit_test(test_attention),
        cmocka_unit_test(test_gate_and_positions),
        cmocka_unit_test(test_concat_and_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
