/* What tasks make of a sample, and which samples they draw. */
#include "core/networks/task.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 6, WIDTH = 2, SIZE = STEPS * WIDTH, ROWS = 3, SIDE = 4 };

static const ambit_objective plain = {.prediction = AMBIT_PREDICT_X0, .buffer = 4};

static ambit_network *make(const ambit_network_options *options) {
    ambit_network *network;
    if (ambit_network_create(options, ROWS, 1, &network) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    return network;
}

static ambit_network *make_chunks(ambit_task task) {
    return make(&(ambit_network_options){.kind = AMBIT_NETWORK_MLP,
                                         .chunk_steps = STEPS,
                                         .chunk_width = WIDTH,
                                         .width = 8,
                                         .depth = 1,
                                         .head = ambit_tasks[task].head,
                                         .crop = ambit_tasks[task].crop});
}

/* Fills row 1 with use number `index` of a sample that is 1, 2, 3 …, at σ = .6, of which steps
 * [first, end) lie in the episode. */
static void fill_part(ambit_network *network, ambit_task task, int is_clean, uint64_t index,
                      int64_t first, int64_t end) {
    float clean[64];
    for (int i = 0; i < 64; i++)
        clean[i] = (float)(i + 1);
    ambit_rng visit = ambit_rng_open(1, AMBIT_STREAM_NOISE, index);
    ambit_rng fixed = ambit_rng_open(1, AMBIT_STREAM_FIXED, 0);
    const ambit_use use = {.clean = clean,
                           .size = ambit_network_data_size(ambit_network_options_of(network)),
                           .sigma = .6,
                           .sigma_min = is_clean ? 0 : .5,
                           .sigma_max = is_clean ? 1 : 0,
                           .first_step = first,
                           .end_step = end,
                           .is_clean = is_clean,
                           .visit = &visit,
                           .fixed = &fixed};
    ambit_tasks[task].fill(&plain, SIDE, &use, network, 1);
}

static void fill(ambit_network *network, ambit_task task, int is_clean, uint64_t index) {
    fill_part(network, task, is_clean, index, 0, STEPS);
}

static void check_noisy(const ambit_network *network, const float *data, uint64_t index) {
    ambit_rng visit = ambit_rng_open(1, AMBIT_STREAM_NOISE, index);
    const int64_t size = ambit_network_data_size(ambit_network_options_of(network));
    for (int64_t i = 0; i < size; i++) /* √(1 − .36) = .8 */
        assert_true(fabs(data[i] - (.8 * (double)(i + 1) + .6 * ambit_rng_normal(&visit))) < 1e-5);
}

static void test_denoise(void **state) {
    (void)state;
    ambit_network *network = make_chunks(AMBIT_TASK_DENOISE);
    fill(network, AMBIT_TASK_DENOISE, 0, 7);
    check_noisy(network, ambit_network_chunk(network) + SIZE, 7);
    for (int i = 0; i < SIZE; i++) {
        assert_true(ambit_network_target(network)[SIZE + i] == (float)(i + 1));
        assert_true(ambit_network_target(network)[i] == 0); /* the other rows are left alone */
    }
    assert_true(ambit_network_weight(network)[1] == 1 && ambit_network_sigma(network)[1] == .6f);
    ambit_network_destroy(network);
}

/* A loss of the steps that lie in the episode alone. */
static void test_masked(void **state) {
    static const struct {
        int64_t first, end;
        float weight;
    } rows[] = {{0, STEPS, 1}, {0, 2, 1}, {4, STEPS, 1}, {0, 0, 0}, {STEPS, STEPS, 0}};
    (void)state;
    ambit_network *network = make(&(ambit_network_options){.kind = AMBIT_NETWORK_MLP,
                                                           .chunk_steps = STEPS,
                                                           .chunk_width = WIDTH,
                                                           .width = 8,
                                                           .depth = 1,
                                                           .masked = 1});
    const int64_t size = ambit_graph_parameter_count(ambit_network_graph(network));
    float *parameters = calloc((size_t)size, 2 * sizeof *parameters), *gradient = parameters + size;
    ambit_graph_initialise(ambit_network_graph(network), 1, parameters);
    ambit_graph_bind(ambit_network_graph(network), parameters, gradient);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fill_part(network, AMBIT_TASK_DENOISE, 1, 7, rows[i].first, rows[i].end);
        assert_true(ambit_network_weight(network)[1] == rows[i].weight);
        ambit_network_weight(network)[0] = ambit_network_weight(network)[2] = 0;
        ambit_network_forward(network);
        double sum = 0;
        for (int64_t n = rows[i].first * WIDTH; n < rows[i].end * WIDTH; n++) {
            const double error = ambit_network_output(network)[SIZE + n] - (double)(n + 1);
            sum += error * error / (double)((rows[i].end - rows[i].first) * WIDTH);
        }
        assert_true(fabs(ambit_network_row_loss(network)[1] - sum) <= 1e-5 * sum);
        ambit_network_backward(network);
        double slopes = 0;
        for (int64_t n = 0; n < size; n++)
            slopes += fabs(gradient[n]);
        assert_true((slopes > 0) == (rows[i].weight > 0));
        /* what does not count may be anything */
        for (int64_t n = 0; n < SIZE; n++)
            if (n / WIDTH < rows[i].first || n / WIDTH >= rows[i].end)
                ambit_network_target(network)[SIZE + n] = 1e9f;
        const float loss = ambit_network_row_loss(network)[1];
        ambit_network_forward(network);
        assert_true(ambit_network_row_loss(network)[1] == loss);
    }
    free(parameters);
    ambit_network_destroy(network);
}

static void test_classify(void **state) {
    (void)state;
    ambit_network *network = make_chunks(AMBIT_TASK_CLASSIFY);
    for (int is_clean = 0; is_clean < 2; is_clean++) {
        fill(network, AMBIT_TASK_CLASSIFY, is_clean, 3);
        check_noisy(network, ambit_network_chunk(network) + SIZE, 3);
        assert_true(ambit_network_target(network)[1] == (float)is_clean);
        assert_true(ambit_network_weight(network)[1] == 1);
        assert_true(ambit_network_sigma(network)[1] == .6f);
    }
    ambit_network_destroy(network);
}

/* A window of SIDE steps, each place of it sooner or later, and no other. */
static void test_crop_of_steps(void **state) {
    int seen[STEPS] = {0};
    (void)state;
    ambit_network *network = make_chunks(AMBIT_TASK_CLASSIFY_CROP);
    const float *crop = ambit_network_crop(network) + STEPS;
    for (uint64_t index = 0; index < 60; index++) {
        int first = 0;
        fill(network, AMBIT_TASK_CLASSIFY_CROP, 1, index);
        while (first < STEPS - SIDE && crop[first] == 0)
            first++;
        for (int i = 0; i < STEPS; i++)
            assert_true(crop[i] == (i >= first && i < first + SIDE));
        seen[first]++;
    }
    for (int first = 0; first <= STEPS - SIDE; first++)
        assert_true(seen[first] > 5);
    assert_true(ambit_network_crop(network)[0] == 1); /* row 0 as it was */
    ambit_network_destroy(network);
}

static void test_crop_of_pixels(void **state) {
    enum { EDGE = 6 };
    int rows_seen = 0;
    (void)state;
    ambit_network *network = make(&(ambit_network_options){.kind = AMBIT_NETWORK_DIT,
                                                           .image = {1, EDGE, EDGE, 2},
                                                           .width = 8,
                                                           .depth = 1,
                                                           .heads = 2,
                                                           .head = AMBIT_HEAD_LOGIT,
                                                           .crop = 1});
    const float *crop = ambit_network_crop(network) + EDGE * EDGE;
    for (uint64_t index = 0; index < 40; index++) {
        int inside = 0, top = EDGE, left = EDGE;
        fill(network, AMBIT_TASK_CLASSIFY_CROP, 1, index);
        for (int i = 0; i < EDGE * EDGE; i++)
            if (crop[i] == 1) {
                inside++;
                top = i / EDGE < top ? i / EDGE : top;
                left = i % EDGE < left ? i % EDGE : left;
            }
        assert_int_equal(inside, SIDE * SIDE);
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                assert_true(crop[(top + y) * EDGE + left + x] == 1);
        rows_seen |= 1 << top;
    }
    assert_int_equal(rows_seen, 7); /* 0, 1 and 2 */
    ambit_network_destroy(network);
}

/* Clean and bad come equally often and at every noise level; to denoise nothing changes. */
static void test_classes(void **state) {
    const ambit_class classes[] = {{0, 10, 1, 0, 1}, {1, 500, 2, .6, 0}, {2, 100, 1, 1, .3}};
    ambit_class drawn[3];
    (void)state;
    assert_int_equal(ambit_task_classes(AMBIT_TASK_DENOISE, classes, 3, drawn), AMBIT_OK);
    assert_memory_equal(drawn, classes, sizeof classes);
    assert_int_equal(ambit_task_classes(AMBIT_TASK_CLASSIFY, classes, 3, drawn), AMBIT_OK);
    double share[3];
    for (int c = 0; c < 3; c++) {
        share[c] = (double)drawn[c].count * drawn[c].weight;
        assert_true(drawn[c].sigma_min == 0 && drawn[c].sigma_max == 1);
    }
    assert_true(fabs(share[0] - 1) < 1e-12 && fabs(share[1] + share[2] - 1) < 1e-12);
    assert_true(fabs(share[1] / share[2] - 10) < 1e-12); /* among the bad, as their weights say */
}

static void test_one_kind_missing(void **state) {
    const ambit_class classes[] = {{0, 10, 1, 0, 1}, {1, 500, 2, .6, 0}, {2, 10, 0, 0, 1}};
    ambit_class drawn[3];
    (void)state;
    assert_int_equal(ambit_task_classes(AMBIT_TASK_CLASSIFY, classes, 1, drawn), AMBIT_CONFIG);
    assert_non_null(strstr(ambit_message(), "no bad samples"));
    assert_int_equal(ambit_task_classes(AMBIT_TASK_CLASSIFY, classes + 1, 2, drawn), AMBIT_CONFIG);
    assert_non_null(strstr(ambit_message(), "no clean samples")); /* weight 0 is none */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_denoise),          cmocka_unit_test(test_masked),
        cmocka_unit_test(test_classify),         cmocka_unit_test(test_crop_of_steps),
        cmocka_unit_test(test_crop_of_pixels),   cmocka_unit_test(test_classes),
        cmocka_unit_test(test_one_kind_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
