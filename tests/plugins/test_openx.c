/* The source plugin openx on small data sets written to the byte, whole and spoilt. */
#include "openx_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---------------------------------------------------------------- whole data */

static void fields_follow_the_feature_tree(void **state) {
    openx_bench *b = *state;
    static const struct {
        const char *name;
        enum ambit_element element;
        uint32_t rank;
        const char *media;
    } wanted[] = {{"action", AMBIT_F32, 1, NULL},
                  {"count", AMBIT_I64, 0, NULL},
                  {"depth/z", AMBIT_F32, 1, NULL},
                  {"is_first", AMBIT_U8, 0, NULL},
                  {"is_last", AMBIT_U8, 0, NULL},
                  {"language_instruction", AMBIT_BYTES, 0, "text/plain"},
                  {"observation/image", AMBIT_BYTES, 0, "image/jpeg"}};
    assert_int_equal(openx_host_open(&b->host, b->fixture.folder, NULL), 0);
    assert_int_equal(b->host.description.field_count, 7);
    assert_int_equal(b->host.description.episode_count, 2);
    for (int f = 0; f < 7; ++f) {
        const ambit_field *field = &b->host.description.fields[f];
        assert_string_equal(field->name, wanted[f].name);
        assert_int_equal(field->element, wanted[f].element);
        assert_int_equal(field->rank, wanted[f].rank);
        assert_int_equal(!field->media, !wanted[f].media);
        if (field->media)
            assert_string_equal(field->media, wanted[f].media);
    }
}

static void values_are_those_written(void **state) {
    openx_bench *b = *state;
    ambit_episode episode;
    assert_int_equal(openx_host_open(&b->host, b->fixture.folder, NULL), 0);
    assert_int_equal(b->host.ops->episode(b->host.self, 1, &episode), 0);
    assert_int_equal(episode.steps, 3);
    assert_non_null(strstr(episode.name, "small-train.tfrecord-00000-of-00001#41"));
    assert_memory_equal(openx_column_of(b, &episode, "action")->values,
                        ((const float[]){1, 1, -2, 0.25f, 1e-3f, 7}), 6 * sizeof(float));
    assert_memory_equal(openx_column_of(b, &episode, "count")->values,
                        ((const int64_t[]){-1, 1, INT64_MIN}), 3 * sizeof(int64_t));
    assert_memory_equal(openx_column_of(b, &episode, "depth/z")->values,
                        ((const float[]){1.5f, 0, 0.1f, 1.5f, 1, 0.1f, 1.5f, 2, 0.1f}),
                        9 * sizeof(float));
    assert_memory_equal(openx_column_of(b, &episode, "is_last")->values, "\0\0\1", 3);
    const ambit_column *image = openx_column_of(b, &episode, "observation/image");
    assert_memory_equal(image->offsets, ((const uint64_t[]){0, 0, 8, 17}), 4 * sizeof(uint64_t));
    assert_memory_equal(image->values, "\xff\xd8\xff\xe0 one\xff\xd8\xff\xe0 two!", 17);
}

static void writers_may_differ(void **state) {
    openx_bench *b = *state;
    uint64_t plain = openx_read_all(b, NULL);
    assert_int_not_equal(plain, 0);
    for (int flags = 1; flags < 8; ++flags) {
        openx_write_shard(b, openx_small_records(flags));
        assert_int_equal(openx_read_all(b, NULL), plain);
    }
}

static void choices_leave_fields_out(void **state) {
    openx_bench *b = *state;
    const openx_choice choice = {.no_images = 1, .no_language = 1, .skip = "depth/z, is_last"};
    assert_int_equal(openx_host_open(&b->host, b->fixture.folder, &choice), 0);
    assert_int_equal(b->host.description.field_count, 3);
    assert_int_equal(openx_host_field(&b->host, "observation/image"), -1);
    assert_int_equal(openx_host_field(&b->host, "language_instruction"), -1);
    assert_int_not_equal(openx_host_digest(&b->host), 0);
}

/* Episodes of split "test": one in the first shard, two in the second, another file template. The
 * first elements of their actions are 7, 0 and 1. */
static void write_two_shards(openx_bench *b) {
    openx_bytes two = openx_small_records(0), one = {0}, map = openx_small_map(7, 0);
    openx_put_example(&one, &map);
    openx_fixture_write(&b->fixture, "small-test.tfrecord-00000", one.data, one.size);
    openx_fixture_write(&b->fixture, "small-test.tfrecord-00001", two.data, two.size);
    free(one.data);
    free(two.data);
}

static void shards_are_one_sequence(void **state) {
    openx_bench *b = *state;
    write_two_shards(b);
    assert_int_equal(openx_host_open(&b->host, b->fixture.folder, &(openx_choice){.split = "test"}),
                     0);
    assert_int_equal(b->host.description.episode_count, 3);
    static const float first[] = {0, 7, 1};
    static const int order[] = {2, 0, 1, 0};
    for (int i = 0; i < 4; ++i) {
        ambit_episode episode;
        assert_int_equal(b->host.ops->episode(b->host.self, order[i], &episode), 0);
        float value = *(const float *)openx_column_of(b, &episode, "action")->values;
        assert_float_equal(value,
                           order[i] == 0   ? first[1]
                           : order[i] == 1 ? first[0]
                                           : first[2],
                           0);
    }
    assert_int_not_equal(b->host.ops->episode(b->host.self, 3, &(ambit_episode){0}), 0);
    assert_int_not_equal(b->host.ops->episode(b->host.self, -1, &(ambit_episode){0}), 0);
}

/* The first elements of all actions, "7 0 1 ", of what the choice reads. */
static const char *first_actions(openx_bench *b, const openx_choice *choice) {
    static char text[64];
    size_t used = 0;
    text[0] = 0;
    openx_host_close(&b->host);
    if (openx_host_open(&b->host, b->fixture.folder, choice))
        fail_msg("%s", b->host.message);
    for (int64_t e = 0; e < b->host.description.episode_count; ++e) {
        ambit_episode episode;
        assert_int_equal(b->host.ops->episode(b->host.self, e, &episode), 0);
        const float *action = openx_column_of(b, &episode, "action")->values;
        used += (size_t)snprintf(text + used, sizeof text - used, "%g ", (double)*action);
    }
    openx_host_close(&b->host);
    return text;
}

/* As TFDS 4.9 has them: per cent are rounded to the nearest episode, halves to the even one. */
static void parts_of_a_split_are_those_of_tfds(void **state) {
    openx_bench *b = *state;
    static const struct {
        const char *split, *wanted;
    } cases[] = {{"test", "7 0 1 "},        {"test[:1]", "7 "},
                 {"test[1:]", "0 1 "},      {"test[1:2]", "0 "},
                 {"test[-1:]", "1 "},       {"test[:-1]", "7 0 "},
                 {"test[-3:3]", "7 0 1 "},  {"test[:50%]", "7 0 "},
                 {"test[50%:]", "1 "},      {"test[:100%]", "7 0 1 "},
                 {"test[-34%:]", "1 "},     {"test[10%:80%]", "7 0 "},
                 {"test[:1shard]", "7 "},   {"test[1shard:]", "0 1 "},
                 {"test[0shard]", "7 "},    {"test[1shard]", "0 1 "},
                 {"test[-1shard]", "0 1 "}, {"test[-2shard]", "7 "},
                 {"test[:-1shard]", "7 "},  {"test[0shard:2shard]", "7 0 1 "}},
      refused[] = {{"test[4:]", "goes beyond its end"},
                   {"test[:4]", "goes beyond its end"},
                   {"test[-4:]", "goes beyond its end"},
                   {"test[101%:]", "goes beyond its end"},
                   {"test[:3shard]", "beyond its end"},
                   {"test[2shard]", "beyond its end"},
                   {"test[2:1]", "is empty"},
                   {"test[3:]", "is empty"},
                   {"test[:10%]", "is empty"},
                   {"test[:0shard]", "is empty"},
                   {"test[1]", "neither a split nor"},
                   {"test[50%]", "neither a split nor"},
                   {"test[:]", "neither a split nor"},
                   {"test[]", "neither a split nor"},
                   {"test[1:2", "neither a split nor"},
                   {"test[1:2]]", "neither a split nor"},
                   {"[1:2]", "neither a split nor"},
                   {"test[1:2%]", "neither a split nor"},
                   {"test[1:2:3]", "neither a split nor"},
                   {"test[a:b]", "neither a split nor"},
                   {"test[ 1:]", "neither a split nor"},
                   {"test[--1:]", "neither a split nor"},
                   {"test[99999999999999999999:]", "neither a split nor"}};
    write_two_shards(b);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; ++c)
        assert_string_equal(first_actions(b, &(openx_choice){.split = cases[c].split}),
                            cases[c].wanted);
    for (size_t c = 0; c < sizeof refused / sizeof *refused; ++c)
        OPENX_REFUSED(b, &(openx_choice){.split = refused[c].split}, OPTION, refused[c].split,
                      refused[c].wanted);
}

static void remove_file(const openx_bench *b, const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", b->fixture.folder, name);
    assert_int_equal(remove(path), 0);
}

/* What is not there is refused, and the message says how to read the rest. */
static void shards_may_be_missing_on_request(void **state) {
    openx_bench *b = *state;
    const openx_choice skip = {.split = "test", .missing = "skip"};
    write_two_shards(b);
    assert_string_equal(first_actions(b, &skip), "7 0 1 ");
    assert_null(strstr(b->host.log, "left out"));
    remove_file(b, "small-test.tfrecord-00000");
    OPENX_REFUSED(b, &(openx_choice){.split = "test"}, NO_INPUT, "small-test.tfrecord-00000",
                  "1 of the 2 shards", "missing=skip", "split='test[1shard:2shard]'");
    assert_string_equal(first_actions(b, &(openx_choice){.split = "test[1shard:2shard]"}), "0 1 ");
    assert_string_equal(first_actions(b, &(openx_choice){.split = "test[1:2]"}), "0 ");
    assert_string_equal(first_actions(b, &skip), "0 1 ");
    assert_non_null(strstr(b->host.log, "1 of 2 shards are not there and are left out"));
    assert_string_equal(first_actions(b, &(openx_choice){.split = "test[:-1]", .missing = "skip"}),
                        "0 ");
    openx_fixture_text(&b->fixture, "small-test.tfrecord-00000",
                       "version https://git-lfs.github.com/spec/v1\n");
    assert_string_equal(first_actions(b, &skip), "0 1 ");
    remove_file(b, "small-test.tfrecord-00001");
    OPENX_REFUSED(b, &skip, NO_INPUT, "small-test.tfrecord-00000");
}

/* A name is a line of at most 255 bytes, whatever path the data holds. */
static void long_and_strange_paths_make_names(void **state) {
    openx_bench *b = *state;
    ambit_episode episode;
    char path[1000];
    memset(path, 'x', sizeof path);
    memcpy(path + 990, "a\nb", 3);
    openx_bytes file = {0}, value = openx_borrow(path, 993);
    for (int e = 0; e < 2; ++e) {
        openx_bytes map = openx_small_map(e, 0);
        openx_put_strings(&map, "episode_metadata/file_path", &value, 1);
        openx_put_example(&file, &map);
    }
    openx_write_shard(b, file);
    assert_int_equal(openx_host_open(&b->host, b->fixture.folder, NULL), 0);
    assert_int_equal(b->host.ops->episode(b->host.self, 0, &episode), 0);
    assert_in_range(strlen(episode.name), 200, 255);
    assert_memory_equal(episode.name, "…x", 4);
    assert_non_null(strstr(episode.name, "xa?b#40"));
}

static void an_episode_may_have_no_steps(void **state) {
    openx_bench *b = *state;
    static const char *const keys[] = {"steps/is_first",
                                       "steps/action",
                                       "steps/count",
                                       "steps/is_last",
                                       "steps/observation/image",
                                       "steps/language_instruction",
                                       "steps/depth/z"};
    ambit_episode episode;
    openx_bytes map = {0}, file = {0};
    for (int k = 0; k < 7; ++k)
        openx_put_empty(&map, keys[k]);
    openx_put_example(&file, &map);
    map = openx_small_map(0, 0);
    openx_put_example(&file, &map);
    openx_write_shard(b, file);
    assert_int_equal(openx_host_open(&b->host, b->fixture.folder, NULL), 0);
    assert_int_equal(b->host.ops->episode(b->host.self, 0, &episode), 0);
    assert_int_equal(episode.steps, 0);
    assert_int_not_equal(openx_host_digest(&b->host), 0);
}

/* ---------------------------------------------------------------- spoilt files */

static void truncated_files_are_refused_at_any_length(void **state) {
    openx_bench *b = *state;
    openx_bytes file = openx_small_records(0);
    for (size_t size = 0; size < file.size; ++size) {
        openx_fixture_write(&b->fixture, openx_small_shard, file.data, size);
        OPENX_REFUSED(b, NULL, DATA, openx_small_shard, " again");
    }
    free(file.data);
}

/* Whatever byte of the shard is wrong, a checksum or the framing shows it. */
static void every_flipped_byte_is_noticed(void **state) {
    openx_bench *b = *state;
    openx_bytes file = openx_small_records(0);
    for (size_t at = 0; at < file.size; ++at) {
        file.data[at] ^= (uint8_t)(1 << at % 8);
        openx_fixture_write(&b->fixture, openx_small_shard, file.data, file.size);
        file.data[at] ^= (uint8_t)(1 << at % 8);
        assert_int_equal(openx_read_all(b, NULL), 0);
        assert_non_null(strstr(b->host.message, "record "));
        assert_non_null(strstr(b->host.message, "at byte "));
    }
    free(file.data);
}

static void spoilt_frames_are_named(void **state) {
    openx_bench *b = *state;
    openx_bytes file = openx_small_records(0);
    file.data[file.size - 8] ^= 1;
    openx_write_shard(b, file);
    OPENX_REFUSED(b, NULL, DATA, "record 1 at byte", "the checksum of its", "bytes is wrong",
                  "copy");
    file = openx_small_records(0);
    file.data[8] ^= 1;
    openx_write_shard(b, file);
    OPENX_REFUSED(b, NULL, DATA, "record 0 at byte 0", "the checksum of its length is wrong");
    openx_write_shard(b, (openx_bytes){calloc(1, 1), 0});
    OPENX_REFUSED(b, NULL, DATA, "promises 2 records", "0 bytes");
    file = (openx_bytes){0};
    openx_put(&file, "\x1f\x8b\x08 and more of what gzip writes", 32);
    openx_write_shard(b, file);
    OPENX_REFUSED(b, NULL, UNSUPPORTED, "gzip", "gunzip");
}

/* A length of 2⁶³ and more whose own CRC is right. */
static void huge_lengths_are_refused(void **state) {
    openx_bench *b = *state;
    static const uint64_t lengths[] = {UINT64_MAX, UINT64_MAX - 15, UINT64_C(1) << 63,
                                       (UINT64_C(1) << 63) - 1, 20000};
    for (int i = 0; i < 5; ++i) {
        openx_bytes file = {0};
        uint32_t crc = openx_crc32c(0, &lengths[i], 8);
        crc = ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
        openx_put(&file, &lengths[i], 8);
        openx_put(&file, &crc, 4);
        openx_put(&file, "twenty bytes of data", 20);
        openx_write_shard(b, file);
        OPENX_REFUSED(b, NULL, DATA, "record 0 at byte 0", "cut short",
                      "32 bytes of the file are left");
    }
}

static void records_without_content_are_named(void **state) {
    openx_bench *b = *state;
    openx_bytes file = {0};
    openx_put_record(&file, "", 0);
    openx_put_record(&file, "", 0);
    openx_write_shard(b, file);
    OPENX_REFUSED(b, NULL, DATA, "record 0", "no feature 'steps/is_first'");
    file = (openx_bytes){0};
    openx_put_record(&file, "these are not the bytes", 23);
    openx_put_record(&file, "", 0);
    openx_write_shard(b, file);
    OPENX_REFUSED(b, NULL, DATA, "record 0", "23 bytes are not a tf.train.Example");
}

static void another_number_of_records_is_refused(void **state) {
    openx_bench *b = *state;
    openx_change_info(b, "\"2\"", "\"3\"");
    OPENX_REFUSED(b, NULL, DATA, "holds 2 records", "promises 3");
    openx_change_info(b, "\"2\"", "1");
    OPENX_REFUSED(b, NULL, DATA, "holds 2 records", "promises 1");
    openx_change_info(b, "\"2\"", "\"9223372036854775807\"");
    OPENX_REFUSED(b, NULL, DATA, "promises 9223372036854775807");
    openx_change_info(b, "\"2\"", "\"-2\"");
    OPENX_REFUSED(b, NULL, DATA, "shardLengths[0]");
    openx_change_info(b, "\"2\"", "\"two\"");
    OPENX_REFUSED(b, NULL, DATA, "shardLengths[0]");
    openx_change_info(b, "[\"2\"]", "[]");
    OPENX_REFUSED(b, NULL, DATA, "'train' has no shardLengths");
}

/* Reads a shard of a spoilt Example, its checksum right, and a whole one; 1 when it is refused. */
static int is_refused(openx_bench *b, const uint8_t *spoilt, size_t spoilt_size,
                      const uint8_t *whole, size_t size) {
    openx_bytes file = {0};
    openx_put_record(&file, spoilt, spoilt_size);
    openx_put_record(&file, whole, size);
    openx_write_shard(b, file);
    return openx_read_all(b, NULL) == 0;
}

/* The Example itself cut or flipped anywhere: read or refused, never a crash. */
static void any_example_is_read_or_refused(void **state) {
    openx_bench *b = *state;
    openx_bytes file = openx_small_records(0), spoilt = {0};
    const uint8_t *whole = file.data + 12;
    uint64_t size;
    memcpy(&size, file.data, sizeof size);
    openx_put(&spoilt, whole, size);
    int cut = 0, flipped = 0;
    for (size_t at = 0; at < size; ++at)
        cut += is_refused(b, whole, at, whole, size);
    for (size_t bit = 0; bit < 8 * size; ++bit) {
        spoilt.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        flipped += is_refused(b, spoilt.data, size, whole, size);
        spoilt.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(cut, size);
    assert_true(flipped > (int)size);
    free(spoilt.data);
    free(file.data);
}

/* The n-th allocation fails, for every n. */
static void no_memory_is_an_error(void **state) {
    openx_bench *b = *state;
    uint64_t whole = openx_read_all(b, NULL), digest = 0;
    long n = 0;
    for (; digest == 0 && n < 1000; ++n) {
        b->host.refuse_in = n;
        digest = openx_read_all(b, NULL);
        assert_true(digest != 0 || b->host.fault == AMBIT_FAULT_MEMORY);
    }
    assert_true(n > 10);
    assert_int_equal(digest, whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        OPENX_TEST(fields_follow_the_feature_tree),
        OPENX_TEST(values_are_those_written),
        OPENX_TEST(writers_may_differ),
        OPENX_TEST(choices_leave_fields_out),
        OPENX_TEST(shards_are_one_sequence),
        OPENX_TEST(parts_of_a_split_are_those_of_tfds),
        OPENX_TEST(shards_may_be_missing_on_request),
        OPENX_TEST(long_and_strange_paths_make_names),
        OPENX_TEST(an_episode_may_have_no_steps),
        OPENX_TEST(truncated_files_are_refused_at_any_length),
        OPENX_TEST(every_flipped_byte_is_noticed),
        OPENX_TEST(spoilt_frames_are_named),
        OPENX_TEST(huge_lengths_are_refused),
        OPENX_TEST(records_without_content_are_named),
        OPENX_TEST(another_number_of_records_is_refused),
        OPENX_TEST(any_example_is_read_or_refused),
        OPENX_TEST(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
