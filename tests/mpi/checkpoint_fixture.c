#include "checkpoint_fixture.h"

#include "datasets/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

ambit_ranks ranks;
char run[PATH_MAX];

static float shift[3] = {1, 2, 3}, scale[3] = {4, 5, 6}, chunk_shift[2] = {7, 8},
             chunk_scale[2] = {9, 10};
static const uint64_t digests[1] = {UINT64_C(0xfedcba9876543210)};
static char configuration[] = "data:\n  sources: [{path: store}]\n  observation: [state]\n";

int make_run(void **state) {
    (void)state;
    snprintf(run, sizeof run, "/tmp/ambit-test-checkpoint-XXXXXX");
    if (ranks.rank == 0 && !mkdtemp(run))
        return -1;
    MPI_Bcast(run, sizeof run, MPI_CHAR, 0, ranks.world);
    return 0;
}

int remove_run(void **state) {
    (void)state;
    MPI_Barrier(ranks.world);
    return ranks.rank == 0 && ambit_remove_tree(run) != AMBIT_OK;
}

/* Kept for as long as an exchange may want it. */
static const ambit_parameter *table_of(int64_t count) {
    static ambit_parameter tables[2][2];
    ambit_parameter *table = tables[count == MANY];
    table[0] = (ambit_parameter){
        .name = "blocks.0.weight", .rank = 2, .shape = {8, 11}, .count = 88, .decays = 1};
    table[1] = (ambit_parameter){.name = "blocks.0.bias",
                                 .rank = 1,
                                 .shape = {count - 88},
                                 .offset = 88,
                                 .count = count - 88};
    return table;
}

ambit_exchange *make_exchange(int64_t count) {
    enum { SLOTS = 4 };
    ambit_exchange *exchange;
    assert_int_equal(ambit_exchange_create(&ranks, SLOTS, table_of(count), 2, &exchange), AMBIT_OK);
    return exchange;
}

ambit_checkpoint describe(int64_t step, int64_t count) {
    return (ambit_checkpoint){.step = step,
                              .seconds = 1.5,
                              .configuration = configuration,
                              .shape = {.observation_size = 3,
                                        .chunk_steps = 1,
                                        .chunk_width = 2,
                                        .camera = {2, 3, 64, 48},
                                        .text = {4, 512},
                                        .caption = {32}},
                              .normaliser = {.observation_size = 3,
                                             .chunk_size = 2,
                                             .observation_shift = shift,
                                             .observation_scale = scale,
                                             .chunk_shift = chunk_shift,
                                             .chunk_scale = chunk_scale,
                                             .chunk_limit = 1},
                              .tensors = table_of(count),
                              .tensor_count = 2,
                              .data_digests = digests,
                              .source_count = 1};
}

float value_of(int array, int64_t i, int64_t step) {
    return (float)(array * 1000000 + i % 1000) + 0.25f * (float)step;
}

static void fill(ambit_exchange *exchange, int64_t step) {
    ambit_owned owned = ambit_exchange_owned(exchange);
    for (int64_t i = 0; i < owned.count; i++) {
        ambit_exchange_parameters(exchange)[owned.first + i] = value_of(0, owned.first + i, step);
        ambit_exchange_average(exchange)[owned.first + i] = value_of(1, owned.first + i, step);
        owned.moment_first[i] = value_of(2, owned.first + i, step);
        owned.moment_second[i] = value_of(3, owned.first + i, step);
    }
    ambit_exchange_publish(exchange);
}

void assert_filled(ambit_exchange *exchange, int64_t step) {
    ambit_owned owned = ambit_exchange_owned(exchange);
    for (int64_t i = 0; i < ambit_exchange_count(exchange); i++) {
        assert_true(ambit_exchange_parameters(exchange)[i] == value_of(0, i, step));
        assert_true(ambit_exchange_average(exchange)[i] == value_of(1, i, step));
    }
    for (int64_t i = 0; i < owned.count; i++) {
        assert_true(owned.moment_first[i] == value_of(2, owned.first + i, step));
        assert_true(owned.moment_second[i] == value_of(3, owned.first + i, step));
    }
}

void write_step(int64_t step, int64_t count, int64_t keep) {
    ambit_exchange *exchange = make_exchange(count);
    const ambit_checkpoint checkpoint = describe(step, count);
    fill(exchange, step);
    ambit_status status = ambit_checkpoint_write(&ranks, run, &checkpoint, exchange, keep);
    if (status != AMBIT_OK)
        fail_msg("%s", ambit_message());
    ambit_exchange_destroy(exchange);
}

ambit_status resume(const ambit_checkpoint *now, ambit_exchange *exchange, ambit_checkpoint *read,
                    int *found, char **warning) {
    const ambit_checkpoint same = describe(0, ambit_exchange_count(exchange));
    return ambit_checkpoint_resume(&ranks, run, now ? now : &same, exchange, read, found, warning);
}

void assert_resumes(int64_t step, int64_t count, const char *warned) {
    ambit_exchange *exchange = make_exchange(count);
    ambit_checkpoint read;
    char *warning;
    int found;
    if (resume(NULL, exchange, &read, &found, &warning) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    assert_true(found);
    assert_int_equal(read.step, step);
    assert_filled(exchange, step);
    if (ranks.rank == 0 && warned)
        assert_non_null(strstr(warning ? warning : "", warned));
    else
        assert_null(warning);
    free(warning);
    ambit_checkpoint_clear(&read);
    ambit_exchange_destroy(exchange);
}

void path_of(int64_t step, char path[PATH_MAX]) {
    snprintf(path, PATH_MAX, "%.3000s/checkpoints/step-%08lld.h5", run, (long long)step);
}
