/* Samples as rows of a network: where conditions go, and which are told to be there. */
#include "mpi/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 3, SEEN = 2, SLOTS = 4 };

static const ambit_sample_shape shape = {
    .observation_size = SEEN, .chunk_steps = 1, .chunk_width = 1, .caption = {SLOTS}};

static ambit_network *make(int droppable) {
    const ambit_network_options options = {.kind = AMBIT_NETWORK_MLP,
                                           .chunk_steps = 1,
                                           .chunk_width = 1,
                                           .observation_size = SEEN,
                                           .width = 8,
                                           .depth = 1,
                                           .caption = {SLOTS, 16},
                                           .droppable = droppable};
    ambit_network *network;
    if (ambit_network_create(&options, BATCH, 0, &network) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    return network;
}

static void test_places(void **state) {
    float chunk[1];
    (void)state;
    ambit_network *network = make(1);
    const ambit_sample sample = ambit_row_place(network, &shape, 2, chunk);
    assert_ptr_equal(sample.chunk, chunk);
    assert_ptr_equal(sample.condition[AMBIT_CONDITION_STATE],
                     ambit_network_condition(network, AMBIT_CONDITION_STATE) + 2 * SEEN);
    assert_ptr_equal(sample.condition[AMBIT_CONDITION_CAPTION],
                     ambit_network_condition(network, AMBIT_CONDITION_CAPTION) + 2 * SLOTS);
    assert_null(sample.condition[AMBIT_CONDITION_TEXT]);
    assert_null(sample.condition[AMBIT_CONDITION_CAMERA]);
    ambit_network_destroy(network);
}

/* A condition is there where the sample has it and it is kept. */
static void test_presence(void **state) {
    float chunk[1];
    (void)state;
    ambit_network *network = make(1);
    const float *there = ambit_network_present(network, AMBIT_CONDITION_CAPTION);
    for (int has = 0; has < 2; has++)
        for (int keep = 0; keep < 2; keep++) {
            const int keeps[AMBIT_CONDITIONS] = {1, 1, 1, keep};
            ambit_sample sample = ambit_row_place(network, &shape, 1, chunk);
            sample.present[AMBIT_CONDITION_STATE] = 1;
            sample.present[AMBIT_CONDITION_CAPTION] = has;
            assert_int_equal(ambit_row_mark(network, 1, &sample, keeps), AMBIT_OK);
            assert_true(there[1] == (float)(has && keep));
            assert_true(ambit_network_present(network, AMBIT_CONDITION_STATE)[1] == 1);
            assert_int_equal(ambit_row_mark(network, 1, &sample, NULL), AMBIT_OK);
            assert_true(there[1] == (float)has);
        }
    assert_true(there[0] == 1 && there[2] == 1);
    ambit_network_destroy(network);
}

/* A network that cannot do without takes no sample that misses something, whatever is kept. */
static void test_cannot_do_without(void **state) {
    const int keeps[AMBIT_CONDITIONS] = {0};
    float chunk[1];
    (void)state;
    ambit_network *network = make(0);
    ambit_sample sample = ambit_row_place(network, &shape, 0, chunk);
    sample.number = 77;
    sample.present[AMBIT_CONDITION_STATE] = sample.present[AMBIT_CONDITION_CAPTION] = 1;
    assert_int_equal(ambit_row_mark(network, 0, &sample, keeps), AMBIT_OK);
    sample.present[AMBIT_CONDITION_CAPTION] = 0;
    assert_int_equal(ambit_row_mark(network, 0, &sample, NULL), AMBIT_CONFIG);
    assert_non_null(strstr(ambit_message(), "data.caption: sample 77 has none"));
    assert_non_null(strstr(ambit_message(), "set network.drop above 0"));
    ambit_network_destroy(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_presence),
        cmocka_unit_test(test_cannot_do_without),
    };
    return cmocka_run_group_tests_name("row", tests, NULL, NULL);
}
