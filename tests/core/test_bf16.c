/* Networks whose products are in bfloat16: their losses and gradients, and what is refused. */
#include "core/base/rng.h"
#include "core/networks/network.h"
#include "core/products/product.h"
#include "tests/core/network_sizes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void need_bf16(void) {
    if (!ambit_bf16_available()) {
        print_message("this processor has no products of bfloat16\n");
        skip();
    }
}

static void fill(float *values, int64_t count, uint64_t index, float deviation) {
    ambit_rng rng = ambit_rng_open(7, AMBIT_STREAM_TESTS, index);
    for (int64_t i = 0; i < count; i++)
        values[i] = deviation * (float)ambit_rng_normal(&rng);
}

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
    ambit_blas_start(1);
    const struct CMUnitTest tests[] = {
        {"mlp in bf16", test_network, NULL, NULL, (void *)&networks[0]},
        {"mlp with adaLN in bf16", test_network, NULL, NULL, (void *)&networks[1]},
        {"dit in bf16", test_network, NULL, NULL, (void *)&networks[2]},
        {"unet1d in bf16", test_network, NULL, NULL, (void *)&networks[3]},
        cmocka_unit_test(test_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
