/* What the operators on tokens, images and conditions compute, in single precision, against plain
 * loops written from their definitions in operators.h. (Gradients: test_gradients.c.) */
#include "core/graph/operators.h"
#include "core/method/precondition.h"
#include "core/products/blas.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 3, TOKENS = 6, WIDTH = 5, CHANNELS = 3, HEIGHT = 4, BREADTH = 6, PATCH = 2 };

typedef struct {
    ambit_graph *graph;
    float *parameters;
} fixture;

static fixture open_graph(void) {
    fixture f = {NULL, NULL};
    assert_int_equal(ambit_graph_create(0, &f.graph), AMBIT_OK);
    return f;
}

static ambit_tensor *input(const fixture *f, int rank, int64_t a, int64_t b, int64_t c, int64_t d) {
    const int64_t shape[4] = {a, b, c, d};
    return ambit_graph_input(f->graph, "input", rank, shape);
}

static ambit_tensor *sequence(const fixture *f) {
    return input(f, 3, BATCH, TOKENS, WIDTH, 1);
}

static ambit_tensor *image(const fixture *f) {
    return input(f, 4, BATCH, CHANNELS, HEIGHT, BREADTH);
}

static int64_t count_of(ambit_tensor *x) {
    int64_t count = 1;
    for (int i = 0; i < ambit_tensor_rank(x); i++)
        count *= ambit_tensor_shape(x)[i];
    return count;
}

/* Finishes the graph, fills the input with random numbers and binds random parameters. */
static void ready(fixture *f, ambit_tensor *x, ambit_tensor *y) {
    ambit_graph_keep(f->graph, y);
    if (ambit_graph_finish(f->graph, NULL) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    ambit_rng rng = ambit_rng_open(1, AMBIT_STREAM_TESTS, 1);
    ambit_rng_normals(&rng, ambit_tensor_data(x), count_of(x));
    const int64_t count = ambit_graph_parameter_count(f->graph);
    f->parameters = malloc((size_t)(count + 1) * sizeof(float));
    assert_non_null(f->parameters);
    ambit_rng_normals(&rng, f->parameters, count);
    ambit_graph_bind(f->graph, f->parameters, NULL);
}

static const float *run(const fixture *f, ambit_tensor *y) {
    ambit_graph_forward(f->graph);
    return ambit_tensor_data(y);
}

static void close_graph(fixture *f) {
    ambit_graph_destroy(f->graph);
    free(f->parameters);
}

static void near(double found, double expected) {
    if (!(fabs(found - expected) <= 2e-6 * (1 + fabs(expected))))
        fail_msg("%.9g where %.9g is expected", found, expected);
}

static void test_patches(void **state) {
    enum { DOWN = HEIGHT / PATCH, ACROSS = BREADTH / PATCH, SIZE = CHANNELS * PATCH * PATCH };
    (void)state;
    fixture f = open_graph();
    ambit_tensor *x = image(&f), *tokens = ambit_patches(f.graph, x, PATCH);
    ambit_tensor *back = ambit_image_of_patches(f.graph, tokens, HEIGHT, BREADTH, PATCH);
    ambit_graph_keep(f.graph, tokens);
    ready(&f, x, back);
    assert_memory_equal(run(&f, back), ambit_tensor_data(x), (size_t)count_of(x) * sizeof(float));
    assert_int_equal(ambit_tensor_shape(tokens)[1], DOWN * ACROSS);
    assert_int_equal(ambit_tensor_shape(tokens)[2], SIZE);
    for (int at = 0; at < BATCH * DOWN * ACROSS * SIZE; at++) {
        const int i = at % PATCH, j = at / PATCH % PATCH, channel = at / PATCH / PATCH % CHANNELS;
        const int across = at / SIZE % ACROSS, down = at / SIZE / ACROSS % DOWN;
        const int batch = at / SIZE / ACROSS / DOWN;
        const int row = (batch * CHANNELS + channel) * HEIGHT + down * PATCH + j;
        assert_true(ambit_tensor_data(tokens)[at] ==
                    ambit_tensor_data(x)[row * BREADTH + across * PATCH + i]);
    }
    close_graph(&f);
}

/* [x, v, x] and of that tokens 4 to 8: the last two of x, v, and the first two of x. */
static void test_tokens(void **state) {
    (void)state;
    fixture f = open_graph();
    ambit_tensor *x = sequence(&f), *v = input(&f, 2, BATCH, WIDTH, 1, 1);
    ambit_tensor *all = ambit_join_tokens(f.graph, 3, (ambit_tensor *[]){x, v, x});
    ambit_tensor *some = ambit_take_tokens(f.graph, all, 4, 5);
    ambit_tensor *mean = ambit_mean_of_tokens(f.graph, some);
    ambit_graph_keep(f.graph, some);
    ready(&f, x, mean);
    for (int i = 0; i < BATCH * WIDTH; i++)
        ambit_tensor_data(v)[i] = (float)(100 + i);
    const float *means = run(&f, mean), *from = ambit_tensor_data(x), *to = ambit_tensor_data(some);
    static const int tokens[5] = {4, 5, -1, 0, 1}; /* of x; −1: v */
    for (int batch = 0; batch < BATCH; batch++)
        for (int i = 0; i < WIDTH; i++) {
            double sum = 0;
            for (int t = 0; t < 5; t++) {
                const float expected = tokens[t] < 0
                                           ? (float)(100 + batch * WIDTH + i)
                                           : from[(batch * TOKENS + tokens[t]) * WIDTH + i];
                assert_true(to[(batch * 5 + t) * WIDTH + i] == expected);
                sum += (double)expected / 5;
            }
            near((double)means[batch * WIDTH + i], sum);
        }
    close_graph(&f);
}

/* Row 0 is there, row 1 is missing and holds no numbers, row 2 is a quarter there. */
static void test_blend(void **state) {
    static const float present[BATCH] = {1, 0, 0.25f};
    (void)state;
    for (int with_residual = 0; with_residual < 2; with_residual++) {
        fixture f = open_graph();
        ambit_tensor *x = sequence(&f), *given = input(&f, 2, BATCH, 1, 1, 1), *r = sequence(&f);
        ambit_tensor *y = ambit_blend(f.graph, "absent", x, given, with_residual ? r : NULL);
        ready(&f, x, y);
        memcpy(ambit_tensor_data(given), present, sizeof present);
        float *values = ambit_tensor_data(x), *added = ambit_tensor_data(r);
        for (int i = 0; i < BATCH * TOKENS * WIDTH; i++)
            added[i] = (float)i;
        for (int i = 0; i < TOKENS * WIDTH; i++)
            values[TOKENS * WIDTH + i] = NAN;
        const float *out = run(&f, y);
        for (int i = 0; i < BATCH * TOKENS * WIDTH; i++) {
            const double p = (double)present[i / TOKENS / WIDTH];
            const double own = p > 0 ? p * (double)values[i] : 0;
            near((double)out[i], own + (1 - p) * (double)f.parameters[i % WIDTH] +
                                     (with_residual ? (double)i : 0.0));
        }
        close_graph(&f);
    }
}

static void test_bag(void **state) {
    static const float numbers[BATCH][4] = {{2, 0, 2, -1}, {-1, -1, 4, 1e9f}, {1, 3, NAN, 0}};
    enum { ROWS = 4 }; /* so 4 is outside */
    (void)state;
    fixture f = open_graph();
    ambit_tensor *x = input(&f, 2, BATCH, 4, 1, 1), *y = ambit_bag(f.graph, "t", x, ROWS, WIDTH);
    ready(&f, x, y);
    memcpy(ambit_tensor_data(x), numbers, sizeof numbers);
    const float *out = run(&f, y), *table = f.parameters;
    for (int i = 0; i < WIDTH; i++) {
        const double rows[ROWS] = {(double)table[i], (double)table[WIDTH + i],
                                   (double)table[2 * WIDTH + i], (double)table[3 * WIDTH + i]};
        near((double)out[i], (rows[2] + rows[0] + rows[2]) / sqrt(3));
        assert_true(out[WIDTH + i] == 0);
        near((double)out[2 * WIDTH + i], (rows[1] + rows[3] + rows[0]) / sqrt(3));
    }
    close_graph(&f);
}

static void test_mask(void **state) {
    (void)state;
    for (int is_image = 0; is_image < 2; is_image++) {
        fixture f = open_graph();
        const int places = is_image ? HEIGHT * BREADTH : TOKENS;
        ambit_tensor *x = is_image ? image(&f) : sequence(&f);
        ambit_tensor *mask = input(&f, 2, BATCH, places, 1, 1), *y = ambit_mask(f.graph, x, mask);
        ready(&f, x, y);
        for (int i = 0; i < BATCH * places; i++)
            ambit_tensor_data(mask)[i] = (float)(i % 7 < 4);
        const float *out = run(&f, y);
        for (int i = 0; i < count_of(x); i++) {
            const int batch = i / (int)(count_of(x) / BATCH);
            const int place = is_image ? i % places : i / WIDTH % TOKENS;
            const int inside = (batch * places + place) % 7 < 4;
            assert_true(out[i] == (inside ? ambit_tensor_data(x)[i] : 0));
        }
        close_graph(&f);
    }
}

static void test_precondition(void **state) {
    static const float levels[BATCH] = {0, 0.6f, 1};
    (void)state;
    for (int prediction = 0; prediction < 3; prediction++) {
        const ambit_prediction type = (ambit_prediction)prediction;
        fixture f = open_graph();
        ambit_tensor *x = image(&f), *sigma = input(&f, 2, BATCH, 1, 1, 1);
        ambit_tensor *flat = ambit_flatten(f.graph, x);
        ambit_tensor *in = ambit_precondition_input(f.graph, x, sigma, 0.7);
        ambit_tensor *out = ambit_precondition_output(f.graph, x, sigma, flat, type, 0.7);
        ambit_graph_keep(f.graph, in);
        ready(&f, x, out);
        memcpy(ambit_tensor_data(sigma), levels, sizeof levels);
        const float *result = run(&f, out);
        for (int i = 0; i < count_of(x); i++) {
            const double value = (double)ambit_tensor_data(x)[i];
            const ambit_precondition_factors at =
                ambit_precondition_at(type, (double)levels[i / (CHANNELS * HEIGHT * BREADTH)], 0.7);
            near((double)ambit_tensor_data(in)[i], at.in * value);
            near((double)result[i], (at.skip + at.out) * value);
        }
        close_graph(&f);
    }
}

static void test_cross_entropy(void **state) {
    static const float logits[6] = {0, 1.5f, -2, 1000, -200, 3}, labels[6] = {1, 0, 0.3f, 0, 1, 1};
    (void)state;
    fixture f = open_graph();
    ambit_tensor *z = input(&f, 2, 6, 1, 1, 1), *label = input(&f, 2, 6, 1, 1, 1);
    ambit_tensor *y = ambit_row_cross_entropy(f.graph, z, label);
    ready(&f, z, y);
    memcpy(ambit_tensor_data(z), logits, sizeof logits);
    memcpy(ambit_tensor_data(label), labels, sizeof labels);
    const float *out = run(&f, y);
    for (int r = 0; r < 6; r++) {
        const double p = 1 / (1 + exp(-(double)logits[r])), t = (double)labels[r];
        const double plain = -(t > 0 ? t * log(p) : 0) - (t < 1 ? (1 - t) * log(1 - p) : 0);
        near((double)out[r], r == 3 ? 1000 : plain); /* ln(1 − p) is lost there */
    }
    close_graph(&f);
}

/* Half of the numbers for the row, half for the column; sines, then cosines; two are left over. */
static void test_grid_positions(void **state) {
    enum { COLUMNS = 3, NUMBERS = 14, Q = NUMBERS / 4 };
    (void)state;
    fixture f = open_graph();
    ambit_tensor *x = input(&f, 3, 1, 2 * COLUMNS, NUMBERS, 1);
    ambit_tensor *y = ambit_add_grid_positions(f.graph, "positions", x, COLUMNS);
    ready(&f, x, y);
    ambit_graph_initialise(f.graph, 1, f.parameters);
    memset(ambit_tensor_data(x), 0, (size_t)count_of(x) * sizeof(float));
    const float *out = run(&f, y);
    for (int t = 0; t < 2 * COLUMNS; t++) {
        const float *row = out + t * NUMBERS;
        const int down = t / COLUMNS, across = t % COLUMNS;
        for (int k = 0; k < Q; k++) {
            const double frequency = pow(10000, -k / (double)Q);
            near((double)row[k], sin(down * frequency));
            near((double)row[Q + k], cos(down * frequency));
            near((double)row[2 * Q + k], sin(across * frequency));
            near((double)row[3 * Q + k], cos(across * frequency));
        }
        assert_true(row[4 * Q] == 0 && row[4 * Q + 1] == 0);
    }
    close_graph(&f);
}

static void test_repeat(void **state) {
    (void)state;
    fixture f = open_graph();
    ambit_tensor *x = sequence(&f);
    ambit_tensor *y = ambit_repeat(f.graph, "v", BATCH, WIDTH, AMBIT_INIT_NORMAL);
    ready(&f, x, y);
    const float *out = run(&f, y);
    for (int i = 0; i < BATCH * WIDTH; i++)
        assert_true(out[i] == f.parameters[i % WIDTH]);
    close_graph(&f);
}

/* Shapes that do not fit are refused, each with its own words. */
static void test_refusals(void **state) {
    static const char *const texts[] = {"both sides divided by 4",   "not the patches of 4 × 6",
                                        "no tokens 3 to 8",          "as wide as part 0",
                                        "present is not a constant", "batch × 24 numbers",
                                        "not 1 to 16777216",         "has 90 numbers, not 80"};
    (void)state;
    for (int fault = 0; fault < 8; fault++) {
        fixture f = open_graph();
        ambit_graph *graph = f.graph;
        ambit_tensor *x = sequence(&f), *pixels = image(&f), *wide = input(&f, 2, BATCH, 7, 1, 1);
        ambit_tensor *pair[2] = {x, wide}, *made;
        switch (fault) {
        case 0:
            made = ambit_patches(graph, pixels, 4);
            break;
        case 1:
            made = ambit_image_of_patches(graph, x, HEIGHT, BREADTH, 2);
            break;
        case 2:
            made = ambit_take_tokens(graph, x, 3, 5);
            break;
        case 3:
            made = ambit_join_tokens(graph, 2, pair);
            break;
        case 4:
            made = ambit_blend(graph, "b", x, wide, NULL);
            break;
        case 5:
            made = ambit_mask(graph, pixels, wide);
            break;
        case 6:
            made = ambit_bag(graph, "b", wide, (1 << 24) + 1, 4);
            break;
        default:
            made = ambit_reshape(graph, x, 2, (int64_t[2]){8, 10});
            break;
        }
        assert_null(made);
        assert_int_equal(ambit_graph_finish(graph, NULL), AMBIT_INTERNAL);
        assert_non_null(strstr(ambit_message(), texts[fault]));
        close_graph(&f);
    }
}

int main(void) {
    ambit_blas_start(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patches),       cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_blend),         cmocka_unit_test(test_bag),
        cmocka_unit_test(test_mask),          cmocka_unit_test(test_precondition),
        cmocka_unit_test(test_cross_entropy), cmocka_unit_test(test_grid_positions),
        cmocka_unit_test(test_repeat),        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
