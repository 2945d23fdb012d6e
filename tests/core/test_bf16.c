/* Products in bfloat16: exact where the numbers are, rounded to nearest and even where not, within
 * the bound that rounding gives; and the gradients of networks run so. */
#include "core/bf16.h"
#include "core/network.h"
#include "core/rng.h"
#include "tests/core/network_sizes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST = 700, ROOM = LONGEST * LONGEST };

static float a[ROOM], b[ROOM], c[ROOM];

static void need_bf16(void) {
    if (!ambit_bf16_available())
        skip();
}

static void fill(float *values, int64_t count, uint64_t index, float deviation) {
    ambit_rng rng = ambit_rng_open(7, AMBIT_STREAM_VALIDATE, index);
    for (int64_t i = 0; i < count; i++)
        values[i] = deviation * (float)ambit_rng_normal(&rng);
}

/* ---- products ---- */

typedef struct {
    int64_t m, n, k;
} sizes;

/* Every remainder of a tile of 6 × 64 and its vectors, odd sums, and sizes beyond a block. */
static const sizes shapes[] = {{1, 1, 1},     {6, 64, 2},     {5, 63, 3},      {7, 65, 31},
                               {4, 17, 32},   {3, 48, 33},    {2, 100, 64},    {13, 33, 77},
                               {192, 9, 384}, {193, 65, 385}, {199, 513, 129}, {20, 600, 700}};

static void fill_integers(float *values, int64_t count, uint64_t index) {
    ambit_rng rng = ambit_rng_open(8, AMBIT_STREAM_VALIDATE, index);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)((int)(17 * ambit_rng_uniform(&rng)) - 8);
}

static float factor_a(const sizes *s, int transposed, int64_t row, int64_t i) {
    return transposed ? a[i * (s->m + 1) + row] : a[row * (s->k + 1) + i];
}

static float factor_b(const sizes *s, int transposed, int64_t i, int64_t column) {
    return transposed ? b[column * (s->k + 2) + i] : b[i * (s->n + 2) + column];
}

static void multiply(const sizes *s, int ta, int tb, float alpha, float beta) {
    ambit_bf16_gemm(ta ? AMBIT_TRANSPOSED : AMBIT_PLAIN, tb ? AMBIT_TRANSPOSED : AMBIT_PLAIN, s->m,
                    s->n, s->k, alpha, a, (ta ? s->m : s->k) + 1, b, (tb ? s->k : s->n) + 2, beta,
                    c, s->n + 3);
}

/* Small integers are exact in bfloat16 and their sums in single precision, so the product is. What
 * lies between the rows of C stays, and beta = 0 reads nothing of it. */
static void check_exact(const sizes *s, int ta, int tb, float beta) {
    for (int64_t i = 0; i < s->m * (s->n + 3); i++)
        c[i] = beta == 0 ? NAN : 5;
    multiply(s, ta, tb, 2, beta);
    for (int64_t row = 0; row < s->m; row++) {
        for (int64_t column = 0; column < s->n; column++) {
            double sum = 0;
            for (int64_t i = 0; i < s->k; i++)
                sum += (double)factor_a(s, ta, row, i) * (double)factor_b(s, tb, i, column);
            const double expected = 2 * sum + (beta == 0 ? 0 : 5 * (double)beta);
            if ((double)c[row * (s->n + 3) + column] != expected)
                fail_msg("%d × %d × %d, transposed %d %d, at %d, %d: %g instead of %g", (int)s->m,
                         (int)s->n, (int)s->k, ta, tb, (int)row, (int)column,
                         (double)c[row * (s->n + 3) + column], expected);
        }
        for (int64_t gap = s->n; gap < s->n + 3; gap++)
            assert_true(beta == 0 ? isnan(c[row * (s->n + 3) + gap])
                                  : c[row * (s->n + 3) + gap] == 5);
    }
}

static void test_exact(void **state) {
    (void)state;
    need_bf16();
    fill_integers(a, ROOM, 1);
    fill_integers(b, ROOM, 2);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (int kind = 0; kind < 4; kind++) {
            check_exact(&shapes[i], kind & 1, kind >> 1, 0);
            check_exact(&shapes[i], kind & 1, kind >> 1, 3);
        }
}

/* 1 + 2⁻⁸ lies between 1 and 1 + 2⁻⁷, and 1 + 3·2⁻⁸ between that and 1 + 2⁻⁶. */
static void test_rounding(void **state) {
    static const float rows[][2] = {
        {1.00390625f, 1}, {1.01171875f, 1.015625f}, {1.004f, 1.0078125f}, {-1.00390625f, -1}};
    const sizes one = {1, 1, 1};
    (void)state;
    need_bf16();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        a[0] = rows[i][0];
        b[0] = 1;
        multiply(&one, 0, 0, 1, 0);
        assert_true(c[0] == rows[i][1]);
        b[0] = a[0];
        a[0] = 1;
        multiply(&one, 0, 0, 1, 0);
        assert_true(c[0] == rows[i][1]);
    }
}

/* A factor kept to 8 bits is off by at most 2⁻⁸ of itself, so a sum by at most 2⁻⁷ of the sum of
 * sizes; were errors spread evenly up to there, they would make 2⁻⁸·√(2/3) of a sum of many. */
static void test_bound(void **state) {
    const sizes s = {50, 130, 600};
    double square = 0, reference = 0;
    (void)state;
    need_bf16();
    fill(a, ROOM, 3, 1);
    fill(b, ROOM, 4, 1);
    multiply(&s, 0, 1, 1, 0);
    for (int64_t row = 0; row < s.m; row++)
        for (int64_t column = 0; column < s.n; column++) {
            double sum = 0, size = 0;
            for (int64_t i = 0; i < s.k; i++) {
                const double x =
                    (double)factor_a(&s, 0, row, i) * (double)factor_b(&s, 1, i, column);
                sum += x;
                size += fabs(x);
            }
            const double error = (double)c[row * (s.n + 3) + column] - sum;
            assert_true(fabs(error) <= 0x1p-7 * size);
            square += error * error;
            reference += sum * sum;
        }
    print_message("bf16: relative error of a product %.2e\n", sqrt(square / reference));
    assert_true(sqrt(square / reference) < 0x1p-8 * sqrt(2.0 / 3));
}

/* ---- networks ---- */

enum { BATCH = 64 };

static const ambit_network_options networks[] = {
    {NETWORK_SIZES(MLP, 16, 7, 20, 200, 2, 0)},
    {NETWORK_SIZES(MLP, 16, 7, 20, 200, 2, 0), .conditioning = AMBIT_CONDITIONING_ADALN},
    {NETWORK_SIZES(DIT, 16, 7, 20, 128, 2, 4)},
    {NETWORK_SIZES(UNET1D, 16, 7, 20, 64, 2, 0)},
};

typedef struct {
    float *gradients; /* the caller's to free */
    int64_t count;
    double loss;
} outcome;

static outcome run_network(const ambit_network_options *options, ambit_precision precision,
                           int threads) {
    ambit_network_means means = {.precision = precision};
    const int64_t row = options->chunk_steps * options->chunk_width;
    ambit_network *network;
    assert_int_equal(ambit_team_create(threads, &means.team), AMBIT_OK);
    if (ambit_network_create_with(options, &means, BATCH, 1, &network) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    outcome result = {.count = ambit_graph_parameter_count(ambit_network_graph(network))};
    float *parameters = malloc((size_t)result.count * sizeof(float));
    result.gradients = calloc((size_t)result.count, sizeof(float));
    assert_true(parameters && result.gradients);
    ambit_graph_initialise(ambit_network_graph(network), 9, parameters);
    for (int64_t i = 0; i < result.count; i++)
        parameters[i] += 0.02f * (float)(i % 7 - 3); /* no layer at zero */
    ambit_graph_bind(ambit_network_graph(network), parameters, result.gradients);
    fill(ambit_network_chunk(network), BATCH * row, 2, 1);
    fill(ambit_network_observation(network), BATCH * options->observation_size, 3, 1);
    fill(ambit_network_target(network), BATCH * row, 4, 1);
    for (int r = 0; r < BATCH; r++) {
        ambit_network_sigma(network)[r] = (float)(r + 1) / (BATCH + 1);
        ambit_network_weight(network)[r] = 1.0f / BATCH;
    }
    ambit_network_forward(network);
    for (int r = 0; r < BATCH; r++)
        result.loss += (double)ambit_network_row_loss(network)[r] / BATCH;
    ambit_network_backward(network);
    ambit_network_destroy(network);
    ambit_team_destroy(means.team);
    free(parameters);
    return result;
}

/* Loss and gradient agree with single precision to a few roundings, but are not the same: bf16 is
 * in use. Threads change no bit. */
static void test_network(void **state) {
    need_bf16();
    outcome exact = run_network(*state, AMBIT_PRECISION_SINGLE, 1);
    outcome rounded = run_network(*state, AMBIT_PRECISION_BF16, 1);
    double square = 0, reference = 0;
    for (int64_t i = 0; i < exact.count; i++) {
        square += pow((double)rounded.gradients[i] - (double)exact.gradients[i], 2);
        reference += pow((double)exact.gradients[i], 2);
    }
    print_message("bf16: relative error of the gradient %.2e, of the loss %.2e\n",
                  sqrt(square / reference), fabs(rounded.loss / exact.loss - 1));
    assert_true(sqrt(square / reference) < 2e-2);
    assert_true(sqrt(square / reference) > 1e-4);
    assert_true(fabs(rounded.loss / exact.loss - 1) < 5e-3);
    for (int threads = 2; threads <= 4; threads++) {
        outcome shared = run_network(*state, AMBIT_PRECISION_BF16, threads);
        assert_memory_equal(shared.gradients, rounded.gradients,
                            (size_t)rounded.count * sizeof(float));
        free(shared.gradients);
    }
    free(exact.gradients);
    free(rounded.gradients);
}

/* Where the processor cannot, building says so. */
static void test_refusal(void **state) {
    const ambit_network_means means = {.precision = AMBIT_PRECISION_BF16};
    ambit_network *network = NULL;
    (void)state;
    const ambit_status status = ambit_network_create_with(&networks[0], &means, BATCH, 1, &network);
    if (ambit_bf16_available()) {
        assert_int_equal(status, AMBIT_OK);
    } else {
        assert_int_equal(status, AMBIT_UNAVAILABLE);
        assert_non_null(strstr(ambit_message(), "AVX512-BF16"));
    }
    ambit_network_destroy(network);
}

int main(void) {
    ambit_blas_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_bound),
        {"mlp in bf16", test_network, NULL, NULL, (void *)&networks[0]},
        {"mlp with adaLN in bf16", test_network, NULL, NULL, (void *)&networks[1]},
        {"dit in bf16", test_network, NULL, NULL, (void *)&networks[2]},
        {"unet1d in bf16", test_network, NULL, NULL, (void *)&networks[3]},
        cmocka_unit_test(test_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
