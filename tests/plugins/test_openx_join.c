/* The source plugin openx on data sets whose episodes are spread over records, and on those whose
 * first record is damaged: what it sees before anything is asked for. */
#include "openx_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_RECORDS = 8, STEPS = 3 };

/* Writes small records to split "train", with is_first as `begins` says of each: '1' where the
 * record begins an episode, '0' where it goes on, '-' where it has no steps. */
static void write_records(openx_bench *b, const char *begins) {
    static const char *const keys[] = {"steps/is_first",
                                       "steps/action",
                                       "steps/count",
                                       "steps/is_last",
                                       "steps/observation/image",
                                       "steps/language_instruction",
                                       "steps/depth/z"};
    openx_bytes file = {0};
    char count[32];
    for (int r = 0; begins[r]; ++r) {
        openx_bytes map = openx_small_map(r, 0);
        const int64_t first[STEPS] = {begins[r] == '1', 0, 0};
        if (begins[r] != '-')
            openx_put_integers(&map, "steps/is_first", first, STEPS, 1);
        for (int k = 0; begins[r] == '-' && k < 7; ++k)
            openx_put_empty(&map, keys[k]);
        openx_put_example(&file, &map);
    }
    openx_write_shard(b, file);
    snprintf(count, sizeof count, "\"%zu\"", strlen(begins));
    openx_change_info(b, "\"2\"", count);
}

static void open_joined(openx_bench *b, int join) {
    openx_host_close(&b->host);
    if (openx_host_open(&b->host, b->fixture.folder, &(openx_choice){.join = join}))
        fail_msg("%s", b->host.message);
}

/* The episodes of records written so, as "3 6 ": the steps of each. */
static void check_steps(openx_bench *b, const char *begins, const char *wanted) {
    char found[64] = "";
    write_records(b, begins);
    open_joined(b, 1);
    for (int64_t e = 0; e < b->host.description.episode_count; ++e) {
        ambit_episode episode;
        assert_int_equal(b->host.ops->episode(b->host.self, e, &episode), 0);
        snprintf(found + strlen(found), sizeof found - strlen(found), "%d ", (int)episode.steps);
    }
    if (strcmp(found, wanted) != 0)
        fail_msg("records %s make episodes of %sand not %s", begins, found, wanted);
}

static void records_are_joined_up_to_the_next_beginning(void **state) {
    openx_bench *b = *state;
    check_steps(b, "11", "3 3 ");
    check_steps(b, "10", "6 ");
    check_steps(b, "100110", "9 3 6 ");
    check_steps(b, "1001", "9 3 ");
    check_steps(b, "00", "6 "); /* what comes first begins, whatever is_first says */
    check_steps(b, "01", "3 3 ");
    check_steps(b, "1-01", "6 3 ");
    check_steps(b, "-1", "0 3 ");
    check_steps(b, "1--", "3 ");
}

/* Values of each field, one record after the other, into `bytes`. */
static void collect(openx_bench *b, int64_t episodes, openx_bytes bytes[AMBIT_MAX_FIELDS]) {
    for (int64_t e = 0; e < episodes; ++e) {
        ambit_episode episode;
        assert_int_equal(b->host.ops->episode(b->host.self, e, &episode), 0);
        for (uint32_t f = 0; f < b->host.description.field_count; ++f)
            openx_put(&bytes[f], episode.columns[f].values,
                      openx_host_bytes(&b->host, (int)f, &episode));
    }
}

/* Every kind of field: numbers, byte strings, zlib, images. */
static void joined_values_are_those_of_the_records(void **state) {
    openx_bench *b = *state;
    openx_bytes apart[AMBIT_MAX_FIELDS] = {0}, joined[AMBIT_MAX_FIELDS] = {0};
    ambit_episode episode;
    write_records(b, "1000");
    open_joined(b, 0);
    assert_int_equal(b->host.description.episode_count, 4);
    collect(b, 4, apart);
    open_joined(b, 1);
    assert_int_equal(b->host.description.episode_count, 1);
    collect(b, 1, joined);
    collect(b, 1, joined); /* once more: nothing is left over */
    assert_int_equal(b->host.description.field_count, 7);
    for (int f = 0; f < 7; ++f) {
        assert_int_equal(joined[f].size, 2 * apart[f].size);
        assert_memory_equal(joined[f].data, apart[f].data, apart[f].size);
        assert_memory_equal(joined[f].data + apart[f].size, apart[f].data, apart[f].size);
        free(apart[f].data);
        free(joined[f].data);
    }
    assert_int_equal(b->host.ops->episode(b->host.self, 0, &episode), 0);
    assert_int_equal(episode.steps, 12);
    assert_non_null(strstr(episode.name, "#40")); /* the first record's */
    const uint64_t *offsets = openx_column_of(b, &episode, "language_instruction")->offsets;
    for (uint64_t t = 0; t <= 12; ++t)
        assert_int_equal(offsets[t], 4 * t);
}

/* The number of a damaged record is that in its file. */
static void damage_in_a_joined_episode_is_named(void **state) {
    openx_bench *b = *state;
    write_records(b, "1010");
    openx_bytes file = {0}, map;
    for (int r = 0; r < 4; ++r) {
        const int64_t first[STEPS] = {r % 2 == 0};
        map = openx_small_map(r, 0);
        openx_put_integers(&map, "steps/is_first", first, STEPS, 1);
        if (r == 3)
            openx_put_integers(&map, "steps/count", first, 1, 1);
        openx_put_example(&file, &map);
    }
    openx_write_shard(b, file);
    ambit_episode episode;
    open_joined(b, 1);
    assert_int_equal(b->host.ops->episode(b->host.self, 0, &episode), 0);
    assert_int_not_equal(b->host.ops->episode(b->host.self, 1, &episode), 0);
    assert_non_null(strstr(b->host.message, "record 3 at byte"));
    assert_non_null(strstr(b->host.message, "'steps/count' has 1 values, but 3 steps"));
    assert_int_equal(b->host.ops->episode(b->host.self, 0, &episode), 0);
    assert_int_equal(episode.steps, 6);
}

static void parts_of_episodes_are_warned_of(void **state) {
    openx_bench *b = *state;
    static const struct {
        const char *begins;
        int warned;
    } cases[] = {{"10", 1}, {"1-0", 1}, {"11", 0}, {"1", 0}, {"00", 0}, {"110", 0}, {"1-1", 0}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; ++c) {
        write_records(b, cases[c].begins);
        open_joined(b, 0);
        const char *warning = strstr(b->host.log, "goes on with the episode before it");
        assert_int_equal(!!warning, cases[c].warned);
        assert_true(!warning || strstr(warning, "join=true"));
        open_joined(b, 1);
        assert_null(strstr(b->host.log, "join=true"));
    }
}

/* ---------------------------------------------------------------- the first record */

/* Flips a bit in the data of record 0 of the small data set. */
static void spoil_first(openx_bench *b) {
    openx_bytes file = openx_small_records(0);
    file.data[40] ^= 1;
    openx_write_shard(b, file);
}

/* Other episodes can still be had, and what their images are is known from them. */
static void a_damaged_first_record_is_refused_alone(void **state) {
    openx_bench *b = *state;
    ambit_episode episode;
    spoil_first(b);
    open_joined(b, 0);
    const int f = openx_host_field(&b->host, "observation/image");
    assert_string_equal(b->host.description.fields[f].media, "image/jpeg");
    assert_int_not_equal(b->host.ops->episode(b->host.self, 0, &episode), 0);
    assert_int_equal(b->host.fault, AMBIT_FAULT_DATA);
    assert_non_null(strstr(b->host.message, "record 0 at byte 0: the checksum"));
    assert_int_equal(b->host.ops->episode(b->host.self, 1, &episode), 0);
    assert_int_equal(episode.steps, STEPS);
}

/* Memory that is refused while looking is an error, not damage. */
static void no_memory_for_a_look_is_an_error(void **state) {
    openx_bench *b = *state;
    long refused = 0;
    spoil_first(b);
    for (long n = 0; n < 1000; ++n) {
        b->host.refuse_in = n;
        const int code = openx_host_open(&b->host, b->fixture.folder, NULL);
        openx_host_close(&b->host);
        if (!code)
            break;
        assert_int_equal(b->host.fault, AMBIT_FAULT_MEMORY);
        ++refused;
    }
    assert_in_range(refused, 20, 999);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        OPENX_TEST(records_are_joined_up_to_the_next_beginning),
        OPENX_TEST(joined_values_are_those_of_the_records),
        OPENX_TEST(damage_in_a_joined_episode_is_named),
        OPENX_TEST(parts_of_episodes_are_warned_of),
        OPENX_TEST(a_damaged_first_record_is_refused_alone),
        OPENX_TEST(no_memory_for_a_look_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
