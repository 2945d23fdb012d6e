/* Teams: each part is done once, whatever the size of the team; and a step of each network gives
 * the same bits with 1, 2, 3 and 4 threads. */
#include "core/base/rng.h"
#include "core/networks/network.h"
#include "core/products/blas.h"
#include "tests/core/network_sizes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { LARGEST_TEAM = 4, PARTS = 100 };

static ambit_team *open_team(int size) {
    ambit_team *team;
    if (ambit_team_create(size, &team) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    assert_int_equal(ambit_team_size(team), size);
    return team;
}

static void fill(float *values, int64_t count, uint64_t index, float deviation) {
    ambit_rng rng = ambit_rng_open(5, AMBIT_STREAM_TESTS, index);
    for (int64_t i = 0; i < count; i++)
        values[i] = deviation * (float)ambit_rng_normal(&rng);
}

/* ---- the team ---- */

typedef struct {
    int done[PARTS]; /* written by whoever does the part */
    _Atomic int inside[LARGEST_TEAM];
    _Atomic int faults;
} record;

static void do_part(const void *context, int64_t part, int member) {
    record *r = (record *)context;
    if (atomic_fetch_add(&r->inside[member], 1) != 0)
        atomic_fetch_add(&r->faults, 1);
    r->done[part]++;
    atomic_fetch_sub(&r->inside[member], 1);
}

/* Many rounds of few and of many parts, some after a pause in which all went to sleep. What the
 * members wrote is there after the run. */
static void test_parts(void **state) {
    static const int64_t counts[] = {0, 1, 2, 3, 7, PARTS};
    const struct timespec pause = {0, 2000000};
    (void)state;
    for (int size = 1; size <= LARGEST_TEAM; size++) {
        ambit_team *team = open_team(size);
        for (int round = 0; round < 300; round++) {
            const int64_t count = counts[round % 6];
            record r = {0};
            if (round % 50 == 49)
                nanosleep(&pause, NULL);
            ambit_team_run(team, count, do_part, &r);
            assert_int_equal(r.faults, 0);
            for (int64_t part = 0; part < PARTS; part++)
                assert_int_equal(r.done[part], part < count);
        }
        ambit_team_destroy(team);
    }
}

static void test_no_team(void **state) {
    record r = {0};
    (void)state;
    assert_int_equal(ambit_team_size(NULL), 1);
    ambit_team_run(NULL, PARTS, do_part, &r);
    for (int64_t part = 0; part < PARTS; part++)
        assert_int_equal(r.done[part], 1);
    ambit_team_destroy(NULL);
}

static void test_sizes(void **state) {
    (void)state;
    for (int size = -1; size <= 1025; size += size == 0 ? 1025 : 1) {
        ambit_team *team = (ambit_team *)&team;
        assert_int_equal(ambit_team_create(size, &team), AMBIT_CONFIG);
        assert_null(team);
        assert_non_null(strstr(ambit_message(), "from 1 to 1024"));
    }
}

/* ---- networks ---- */

enum { BATCH = 64 };

static const ambit_network_options networks[] = {
    {NETWORK_SIZES(MLP, 16, 7, 20, 1300, 2, 0)},
    {NETWORK_SIZES(MLP, 16, 7, 20, 700, 2, 0), .conditioning = AMBIT_CONDITIONING_ADALN,
     .text = {4, 64}, .droppable = 1},
    {NETWORK_SIZES(DIT, 16, 7, 20, 128, 2, 4)},
    {NETWORK_SIZES(UNET1D, 16, 7, 20, 64, 2, 0)},
    {NETWORK_SIZES(DIT, 0, 0, 20, 128, 2, 4), .image = {4, 8, 8, 2},
     .conditioning = AMBIT_CONDITIONING_CONTEXT, .camera = {{3, 16, 16, 4}, 2, 64, 1, 4},
     .text = {4, 64}, .caption = {8, 1024}, .droppable = 1, .crop = 1,
     .precondition = AMBIT_PRECONDITION_FULL, .prediction = AMBIT_PREDICT_V, .sigma_data = 0.5},
};

static void fill_conditions(ambit_network *network, const ambit_network_options *options) {
    for (int c = 0; c < AMBIT_CONDITIONS; c++) {
        float *values = ambit_network_condition(network, (ambit_condition)c);
        const int64_t count = BATCH * ambit_network_condition_size(options, (ambit_condition)c);
        fill(values, count, 10 + (uint64_t)c, 1);
        for (int64_t i = 0; i < count && c == AMBIT_CONDITION_CAPTION; i++)
            values[i] = (float)(i % options->caption.buckets);
    }
}

/* Two steps; returns gradients, prediction and row losses in one array for the caller to free. */
static float *run_network(const ambit_network_options *options, ambit_team *team, size_t *bytes) {
    const ambit_network_means means = {.team = team};
    const int64_t row = ambit_network_data_size(options);
    ambit_network *network;
    if (ambit_network_create_with(options, &means, BATCH, 1, &network) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    const int64_t count = ambit_graph_parameter_count(ambit_network_graph(network));
    float *parameters = malloc((size_t)count * sizeof(float));
    *bytes = (size_t)(count + BATCH * row + BATCH) * sizeof(float);
    float *result = calloc(1, *bytes);
    assert_true(parameters && result);
    fill(parameters, count, 1, 0.05f);
    ambit_graph_bind(ambit_network_graph(network), parameters, result);
    for (int step = 0; step < 2; step++) {
        fill(ambit_network_chunk(network), BATCH * row, 2, 1);
        fill_conditions(network, options);
        fill(ambit_network_target(network), BATCH * row, 4, 1);
        for (int r = 0; r < BATCH; r++) {
            ambit_network_sigma(network)[r] = (float)(r + 1) / (BATCH + 1);
            ambit_network_weight(network)[r] = 1.0f / BATCH;
        }
        ambit_network_forward(network);
        ambit_network_backward(network);
    }
    memcpy(result + count, ambit_network_output(network), (size_t)(BATCH * row) * sizeof(float));
    memcpy(result + count + BATCH * row, ambit_network_row_loss(network), BATCH * sizeof(float));
    ambit_network_destroy(network);
    free(parameters);
    return result;
}

static void test_same_bits(void **state) {
    size_t bytes;
    float *expected = run_network(*state, NULL, &bytes);
    double square = 0;
    for (size_t i = 0; i < bytes / sizeof *expected; i++)
        square += (double)expected[i] * (double)expected[i];
    assert_true(square > 0 && isfinite(square));
    for (int size = 1; size <= LARGEST_TEAM; size++) {
        ambit_team *team = open_team(size);
        float *got = run_network(*state, team, &bytes);
        if (memcmp(got, expected, bytes) != 0)
            fail_msg("%d threads give other bits than one", size);
        free(got);
        ambit_team_destroy(team);
    }
    free(expected);
}

int main(void) {
    ambit_blas_start(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_no_team),
        cmocka_unit_test(test_sizes),
        {"mlp by teams", test_same_bits, NULL, NULL, (void *)&networks[0]},
        {"mlp with adaLN by teams", test_same_bits, NULL, NULL, (void *)&networks[1]},
        {"dit by teams", test_same_bits, NULL, NULL, (void *)&networks[2]},
        {"unet1d by teams", test_same_bits, NULL, NULL, (void *)&networks[3]},
        {"image dit by teams", test_same_bits, NULL, NULL, (void *)&networks[4]},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
