/* What is written to a store comes back. */
#include "datasets/files.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t lengths[] = {5, 1, 12, 7, 3};
static const int64_t ends[] = {5, 6, 18, 25, 28};
static const double sigma[] = {0, 1, .25, .5, NAN, NAN, .6, NAN, 0, 0};

static int remove_folders(void **state) {
    (void)state;
    fixture_cleanup();
    return 0;
}

static ambit_store *open_store(const char *folder, int64_t cache_bytes) {
    ambit_store *store;
    if (ambit_store_open(folder, cache_bytes, &store) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    return store;
}

static void check_numbers(ambit_store *store) {
    float values[64];
    for (int64_t step = 0; step < 28; step++) {
        assert_int_equal(ambit_store_read(store, FIXTURE_ACTION, step, 1, values), AMBIT_OK);
        for (int e = 0; e < 3; e++)
            assert_true(values[e] == fixture_action(step, e));
        assert_int_equal(ambit_store_read(store, FIXTURE_COUNT, step, 1, values), AMBIT_OK);
        assert_true(values[0] == (float)fixture_count(step));
        assert_int_equal(ambit_store_read(store, FIXTURE_PIXELS, step, 1, values), AMBIT_OK);
        for (int e = 0; e < 4; e++)
            assert_true(values[e] == fixture_pixel(step, e));
    }
    assert_int_equal(ambit_store_read(store, FIXTURE_STATE, 6, 12, values), AMBIT_OK);
    for (int64_t s = 0; s < 12; s++)
        assert_true(values[2 * s] == fixture_state(6 + s, 0));
}

static void check_bytes(ambit_store *store) {
    for (int64_t step = 27; step >= 0; step--) {
        const uint8_t *bytes;
        size_t size, wanted_size;
        uint8_t wanted[64];
        assert_int_equal(ambit_store_read_bytes(store, FIXTURE_IMAGE, step, &bytes, &size),
                         AMBIT_OK);
        wanted_size = fixture_image(step, wanted);
        assert_int_equal(size, wanted_size);
        assert_memory_equal(bytes, wanted, size);
    }
}

/* The same with all in memory, with some, and with nothing kept. */
static void every_element_type_comes_back(void **state) {
    (void)state;
    const int64_t caches[] = {1 << 20, 400, 0};
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, 5, 2, sigma, 0);
    for (int c = 0; c < 3; c++) {
        ambit_store *store = open_store(folder, caches[c]);
        check_numbers(store);
        check_bytes(store);
        ambit_store_close(store);
    }
}

static void episodes_and_bounds_come_back(void **state) {
    (void)state;
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, 5, 2, sigma, 0);
    ambit_store *store = open_store(folder, 0);
    assert_int_equal(ambit_store_episode_count(store), 5);
    assert_int_equal(ambit_store_step_count(store), 28);
    assert_int_equal(ambit_store_shard_count(store), 3);
    for (int e = 0; e < 5; e++) {
        int64_t first, end;
        double low, high;
        char name[64];
        const char *stored;
        ambit_store_episode_range(store, e, &first, &end);
        assert_int_equal(first, ends[e] - lengths[e]);
        assert_int_equal(end, ends[e]);
        assert_int_equal(ambit_store_episode_of(store, first), e);
        assert_int_equal(ambit_store_episode_of(store, end - 1), e);
        ambit_store_episode_ambit(store, e, &low, &high);
        assert_true(low == sigma[2 * e] || (isnan(low) && isnan(sigma[2 * e])));
        assert_true(high == sigma[2 * e + 1] || (isnan(high) && isnan(sigma[2 * e + 1])));
        snprintf(name, sizeof name, "episode from %" PRId64, first);
        assert_int_equal(ambit_store_episode_name(store, e, &stored), AMBIT_OK);
        assert_string_equal(stored, name);
    }
    ambit_store_close(store);
}

static void fields_and_provenance_come_back(void **state) {
    (void)state;
    const char *folder = fixture_folder(), *value;
    int field;
    fixture_write(folder, lengths, 5, 5, NULL, 0);
    ambit_store *store = open_store(folder, 0);
    assert_int_equal(ambit_store_field_count(store), FIXTURE_FIELDS);
    for (int f = 0; f < FIXTURE_FIELDS; f++)
        assert_memory_equal(ambit_store_field(store, f), &fixture_fields()[f],
                            sizeof(ambit_field_info));
    assert_int_equal(ambit_store_find(store, "pixels", &field), AMBIT_OK);
    assert_int_equal(field, FIXTURE_PIXELS);
    assert_int_equal(ambit_store_find(store, "pixel", &field), AMBIT_CONFIG);
    assert_non_null(strstr(ambit_message(), "pixels, "));
    assert_string_equal(ambit_store_provenance(store, 0, &value), "plugin");
    assert_string_equal(value, "fixture");
    assert_string_equal(ambit_store_provenance(store, 1, &value), "location");
    assert_string_equal(value, "");
    assert_null(ambit_store_provenance(store, 2, &value));
    assert_true(ambit_store_step_seconds(store) == .1);
    ambit_store_close(store);
}

/* More rows than a chunk holds, and more shards than are kept open. */
static void many_chunks_and_shards(void **state) {
    (void)state;
    enum { EPISODES = 80, STEPS = 750 };
    int64_t many[EPISODES];
    float value[3];
    for (int e = 0; e < EPISODES; e++)
        many[e] = STEPS;
    const char *folder = fixture_folder();
    fixture_write(folder, many, EPISODES, 1, NULL, 0);
    ambit_store *store = open_store(folder, 0);
    for (int64_t step = 0; step < EPISODES * STEPS; step += 997) {
        assert_int_equal(ambit_store_read(store, FIXTURE_ACTION, step, 1, value), AMBIT_OK);
        assert_true(value[0] == fixture_action(step, 0));
    }
    ambit_store_close(store);
    const char *one_shard = fixture_folder();
    fixture_write(one_shard, many, EPISODES, EPISODES, NULL, 0);
    store = open_store(one_shard, 0);
    for (int64_t step = 59999; step >= 0; step -= 991) {
        assert_int_equal(ambit_store_read(store, FIXTURE_ACTION, step, 1, value), AMBIT_OK);
        assert_true(value[2] == fixture_action(step, 2));
    }
    ambit_store_close(store);
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The sketch of one element is all its values, sorted. */
static void check_sketch(const ambit_store *store, int field, int64_t element, float *values) {
    ambit_statistics s;
    assert_int_equal(ambit_store_read_statistics(store, field, &s), AMBIT_OK);
    assert_int_equal(s.points, 28);
    qsort(values, 28, sizeof *values, ascending);
    assert_memory_equal(s.sketch + element * 28, values, 28 * sizeof *values);
    ambit_statistics_destroy(&s);
}

/* A small shard's values are its sketch: it does not hold them twice. */
static void small_shards_hold_no_sketch(void **state) {
    (void)state;
    float values[28];
    uint8_t bytes[64];
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, 5, 2, NULL, 0);
    for (int k = -1; k < 3; k++) {
        char path[512], *file;
        size_t size, found = 0;
        if (k < 0)
            snprintf(path, sizeof path, "%s/index.h5", folder);
        else
            ambit_shard_path(folder, k, path, sizeof path);
        assert_int_equal(ambit_read_file(path, 1 << 24, &file, &size), AMBIT_OK);
        for (size_t i = 0; i + 6 <= size; i++)
            found += memcmp(file + i, "sketch", 6) == 0;
        assert_int_equal(found, k < 0 ? FIXTURE_FIELDS : 0);
        free(file);
    }
    ambit_store *store = open_store(folder, 0);
    for (int64_t step = 0; step < 28; step++)
        values[step] = fixture_action(step, 1);
    check_sketch(store, FIXTURE_ACTION, 1, values);
    for (int64_t step = 0; step < 28; step++)
        values[step] = (float)fixture_count(step);
    check_sketch(store, FIXTURE_COUNT, 0, values);
    for (int64_t step = 0; step < 28; step++)
        values[step] = fixture_pixel(step, 3);
    check_sketch(store, FIXTURE_PIXELS, 3, values);
    for (int64_t step = 0; step < 28; step++)
        values[step] = (float)fixture_image(step, bytes);
    check_sketch(store, FIXTURE_IMAGE, 0, values);
    ambit_store_close(store);
}

/* A shard whose episodes were all of no steps lies between others. */
static void empty_shards(void **state) {
    (void)state;
    const char *folder = fixture_folder();
    for (int k = 0; k < 4; k++) {
        char path[512];
        ambit_shard_writer *writer;
        ambit_shard_path(folder, k, path, sizeof path);
        assert_int_equal(ambit_shard_create(path, fixture_fields(), FIXTURE_FIELDS, &writer),
                         AMBIT_OK);
        if (k == 1)
            assert_int_equal(fixture_append(writer, 0, 3, NAN, NAN), AMBIT_OK);
        if (k == 3)
            assert_int_equal(fixture_append(writer, 3, 4, NAN, NAN), AMBIT_OK);
        assert_int_equal(ambit_shard_finish(writer), AMBIT_OK);
    }
    assert_int_equal(ambit_index_write(folder, 1, 0, NULL, NULL, 0), AMBIT_DATA);
    assert_int_equal(ambit_index_write(folder, 4, 0, NULL, NULL, 0), AMBIT_OK);
    ambit_store *store = open_store(folder, 0);
    for (int64_t step = 0; step < 7; step++) {
        float value;
        assert_int_equal(ambit_store_read(store, FIXTURE_COUNT, step, 1, &value), AMBIT_OK);
        assert_true(value == (float)fixture_count(step));
    }
    const char *name;
    assert_int_equal(ambit_store_episode_name(store, 1, &name), AMBIT_OK);
    assert_string_equal(name, "episode from 3");
    assert_true(ambit_store_statistics(store, FIXTURE_COUNT)->mean[0] == 2997);
    ambit_store_close(store);
}

static void reads_across_episodes_are_refused(void **state) {
    (void)state;
    float values[64];
    const char *folder = fixture_folder();
    fixture_write(folder, lengths, 5, 2, NULL, 0);
    ambit_store *store = open_store(folder, 1 << 20);
    assert_int_equal(ambit_store_read(store, FIXTURE_STATE, 4, 2, values), AMBIT_INTERNAL);
    assert_int_equal(ambit_store_read(store, FIXTURE_STATE, 27, 2, values), AMBIT_INTERNAL);
    assert_int_equal(ambit_store_read(store, FIXTURE_STATE, -1, 1, values), AMBIT_INTERNAL);
    assert_int_equal(ambit_store_read(store, FIXTURE_STATE, 28, 1, values), AMBIT_INTERNAL);
    assert_int_equal(ambit_store_read(store, FIXTURE_IMAGE, 0, 1, values), AMBIT_CONFIG);
    ambit_store_close(store);
}

static void bad_episodes_are_refused(void **state) {
    (void)state;
    char path[512];
    ambit_shard_writer *writer;
    ambit_shard_path(fixture_folder(), 0, path, sizeof path);
    assert_int_equal(ambit_shard_create(path, fixture_fields(), FIXTURE_FIELDS, &writer), AMBIT_OK);
    assert_int_equal(fixture_append(writer, 0, 4, .5, 1.5), AMBIT_DATA);
    assert_int_equal(fixture_append(writer, 0, 4, -.25, 1), AMBIT_DATA);
    assert_int_equal(fixture_append(writer, 0, 0, 0, 1), AMBIT_DATA);
    ambit_shard_abandon(writer);
    assert_null(fopen(path, "rb"));
}

static void nan_is_refused(void **state) {
    (void)state;
    char path[512];
    ambit_shard_writer *writer;
    const float values[] = {0, 1, 2, NAN};
    const ambit_field_info field = {
        .name = "x", .element = AMBIT_STORE_F32, .rank = 1, .shape = {2}};
    const ambit_store_column column = {values, NULL};
    ambit_shard_path(fixture_folder(), 0, path, sizeof path);
    assert_int_equal(ambit_shard_create(path, &field, 1, &writer), AMBIT_OK);
    assert_int_equal(ambit_shard_append(writer, "bad", 2, &column, 0, 1), AMBIT_DATA);
    assert_non_null(strstr(ambit_message(), "step 1, element 1"));
    ambit_shard_abandon(writer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_element_type_comes_back, remove_folders),
        cmocka_unit_test_teardown(episodes_and_bounds_come_back, remove_folders),
        cmocka_unit_test_teardown(fields_and_provenance_come_back, remove_folders),
        cmocka_unit_test_teardown(many_chunks_and_shards, remove_folders),
        cmocka_unit_test_teardown(small_shards_hold_no_sketch, remove_folders),
        cmocka_unit_test_teardown(empty_shards, remove_folders),
        cmocka_unit_test_teardown(reads_across_episodes_are_refused, remove_folders),
        cmocka_unit_test_teardown(bad_episodes_are_refused, remove_folders),
        cmocka_unit_test_teardown(nan_is_refused, remove_folders),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
