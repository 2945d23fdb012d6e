/* The source plugin openx on Examples: what writers may do, and what they must not. */
#include "openx_bench.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Two records: the small episode with this list added under `key` (a later key wins), and a whole
 * one. */
static void write_with(openx_bench *b, const char *key, uint32_t kind, const void *list,
                       size_t size) {
    openx_bytes file = {0}, map = openx_small_map(0, 0), copy = {0};
    openx_put(&copy, list, size);
    openx_put_list(&map, key, kind, &copy);
    openx_put_example(&file, &map);
    map = openx_small_map(1, 0);
    openx_put_example(&file, &map);
    openx_write_shard(b, file);
}

static void malformed_lists_are_named(void **state) {
    openx_bench *b = *state;
    static const struct {
        const char *key;
        uint32_t kind;
        const char *list;
        size_t size;
    } cases[] = {
        {"steps/count", 3, "\x0a\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 12}, /* 65 bits */
        {"steps/count", 3, "\x0a\x0b\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 13},
        {"steps/count", 3, "\x0a\x01\x80", 3},          /* a varint without an end */
        {"steps/count", 3, "\x0d\x01\x02\x03\x04", 5},  /* a fixed32 among integers */
        {"steps/count", 3, "\x0a\x04\x01", 3},          /* longer than the message */
        {"steps/count", 3, "\x0b\x0c", 2},              /* a group */
        {"steps/count", 3, "\x02\x00", 2},              /* field number 0 */
        {"steps/action", 2, "\x0a\x03\x01\x02\x03", 5}, /* three quarters of a float */
        {"steps/action", 2, "\x08\x01", 2},             /* a varint among floats */
        {"steps/observation/image", 1, "\x08\x01", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        write_with(b, cases[i].key, cases[i].kind, cases[i].list, cases[i].size);
        OPENX_REFUSED(b, NULL, DATA, "record 0 at byte 0", cases[i].key, "its list is malformed");
    }
}

static void the_last_of_equal_keys_counts(void **state) {
    openx_bench *b = *state;
    ambit_episode episode;
    write_with(b, "steps/count", 3, "\x0a\x03\x07\x08\x09", 5);
    assert_int_equal(openx_host_open(&b->host, b->fixture.folder, NULL), 0);
    assert_int_equal(b->host.ops->episode(b->host.self, 0, &episode), 0);
    assert_memory_equal(openx_column_of(b, &episode, "count")->values, ((const int64_t[]){7, 8, 9}),
                        3 * sizeof(int64_t));
}

/* Packed and single values in one list; fields that are not known in between. */
static void lists_may_be_packed_in_part(void **state) {
    openx_bench *b = *state;
    ambit_episode episode;
    write_with(b, "steps/count", 3, "\x08\x05\x12\x02zz\x0a\x02\x06\x7f", 10);
    assert_int_equal(openx_host_open(&b->host, b->fixture.folder, NULL), 0);
    assert_int_equal(b->host.ops->episode(b->host.self, 0, &episode), 0);
    assert_memory_equal(openx_column_of(b, &episode, "count")->values,
                        ((const int64_t[]){5, 6, 127}), 3 * sizeof(int64_t));
}

static void a_feature_with_two_lists_is_refused(void **state) {
    openx_bench *b = *state;
    openx_bytes feature = {0}, entry = {0}, map = openx_small_map(0, 0), file = {0};
    openx_put_field(&feature, 3, "\x0a\x01\x01", 3);
    openx_put_field(&feature, 2, "", 0);
    openx_put_field(&entry, 1, "extra", 5);
    openx_put_field(&entry, 2, feature.data, feature.size);
    openx_put_field(&map, 1, entry.data, entry.size);
    openx_put_example(&file, &map);
    openx_put_record(&file, "", 0);
    openx_write_shard(b, file);
    OPENX_REFUSED(b, NULL, DATA, "record 0", "are not a tf.train.Example");
    free(feature.data);
    free(entry.data);
}

/* Protocol buffers may cut a message in two; the parts are merged. */
static void features_may_come_in_parts(void **state) {
    openx_bench *b = *state;
    uint64_t plain = openx_read_all(b, NULL);
    openx_bytes file = {0};
    for (int episode = 0; episode < 2; ++episode) {
        openx_bytes map = openx_small_map(episode, 0), example = {0};
        size_t first = 2 + (size_t)map.data[1];
        assert_true(map.data[1] < 0x80);
        openx_put_field(&example, 1, map.data, first);
        openx_put_field(&example, 1, map.data + first, map.size - first);
        openx_put_record(&file, example.data, example.size);
        free(example.data);
        free(map.data);
    }
    openx_write_shard(b, file);
    assert_int_equal(openx_read_all(b, NULL), plain);
}

/* ---------------------------------------------------------------- byte strings */

/* Makes `count` a tensor of this type in byte strings, and reads its three steps. */
static int read_raw(openx_bench *b, const char *dtype, const openx_bytes values[3],
                    ambit_episode *episode) {
    char to[128];
    openx_bytes file = {0};
    openx_host_close(&b->host);
    snprintf(to, sizeof to, "\"%s\",\"encoding\":\"bytes\"", dtype);
    openx_change_features(b, "\"int64\",\"encoding\":\"none\"", to);
    for (int e = 0; e < 2; ++e) {
        openx_bytes map = openx_small_map(e, 0);
        openx_put_strings(&map, "steps/count", values, 3);
        openx_put_example(&file, &map);
    }
    openx_write_shard(b, file);
    int code = openx_host_open(&b->host, b->fixture.folder, NULL);
    return code ? code : b->host.ops->episode(b->host.self, 0, episode);
}

static void byte_strings_hold_numbers_of_their_own_size(void **state) {
    openx_bench *b = *state;
    static const struct {
        const char *dtype;
        size_t size;
        const char *bytes[3];
        double wanted[3];
    } cases[] = {
        {"int8", 1, {"\x80", "\xff", "\x7f"}, {-128, -1, 127}},
        {"int16", 2, {"\x00\x80", "\xfe\xff", "\x02\x01"}, {-32768, -2, 258}},
        {"uint16", 2, {"\x00\x80", "\xfe\xff", "\x02\x01"}, {32768, 65534, 258}},
        {"int32",
         4,
         {"\xff\xff\xff\xff", "\x01\x00\x00\x80", "\x01\x00\x01\x00"},
         {-1, -2147483647.0, 65537}},
        {"uint32", 4, {"\xff\xff\xff\xff", "\0\0\0\0", "\1\0\0\0"}, {4294967295.0, 0, 1}},
        {"int64",
         8,
         {"\xff\xff\xff\xff\xff\xff\xff\xff", "\0\0\0\0\1\0\0\0", "\0\0\0\0\0\0\0\x80"},
         {-1, 4294967296.0, -9223372036854775808.0}},
        {"uint8", 1, {"\x80", "\xff", "\x7f"}, {128, 255, 127}},
        {"bool", 1, {"\0", "\1", "\0"}, {0, 1, 0}},
        {"float32", 4, {"\0\0\x80\x3f", "\0\0\0\xc0", "\0\0\0\0"}, {1, -2, 0}},
        {"float64",
         8,
         {"\0\0\0\0\0\0\xf0\x3f", "\0\0\0\0\0\0\0\xc0", "\0\0\0\0\0\0\0\0"},
         {1, -2, 0}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; ++c) {
        ambit_episode episode;
        openx_bytes values[3];
        for (int t = 0; t < 3; ++t)
            values[t] = openx_borrow(cases[c].bytes[t], cases[c].size);
        assert_int_equal(read_raw(b, cases[c].dtype, values, &episode), 0);
        const void *got = openx_column_of(b, &episode, "count")->values;
        enum ambit_element element =
            b->host.description.fields[openx_host_field(&b->host, "count")].element;
        for (int t = 0; t < 3; ++t) {
            double value = element == AMBIT_F32  ? (double)((const float *)got)[t]
                           : element == AMBIT_U8 ? ((const uint8_t *)got)[t]
                                                 : (double)((const int64_t *)got)[t];
            assert_true(value == cases[c].wanted[t]);
        }
        values[2].size -= 1;
        assert_int_not_equal(read_raw(b, cases[c].dtype, values, &episode), 0);
        assert_non_null(strstr(b->host.message, "'steps/count': step 2"));
        values[2] = openx_borrow("more than eight", 15);
        assert_int_not_equal(read_raw(b, cases[c].dtype, values, &episode), 0);
        assert_non_null(strstr(b->host.message, "15 bytes where features.json wants"));
    }
}

static void integers_out_of_range_are_named(void **state) {
    openx_bench *b = *state;
    write_with(b, "steps/is_last", 3, "\x0a\x03\x00\x02\x01", 5);
    OPENX_REFUSED(b, NULL, DATA, "'steps/is_last'", "step 1 holds 2, which is no bool");
}

/* ---------------------------------------------------------------- texts of integers */

/* Three steps of six int32, named `name`. */
static int open_rows(openx_bench *b, const char *name, const int64_t rows[18], const char *text) {
    char to[128];
    openx_bytes file = {0};
    openx_host_close(&b->host);
    snprintf(to, sizeof to,
             "\"%s\":{\"tensor\":{\"shape\":{\"dimensions\":[\"6\"]},\"dtype\":\"int32\"", name);
    openx_change_features(b, "\"count\":{\"tensor\":{\"shape\":{},\"dtype\":\"int64\"", to);
    snprintf(to, sizeof to, "steps/%s", name);
    for (int e = 0; e < 2; ++e) {
        openx_bytes map = openx_small_map(e, 0);
        openx_put_integers(&map, to, rows, 18, 1);
        openx_put_example(&file, &map);
    }
    openx_write_shard(b, file);
    return openx_host_open(&b->host, b->fixture.folder, &(openx_choice){.text = text});
}

/* Code points, and bytes of UTF-8; padded by zeros. */
static void integers_become_characters(void **state) {
    openx_bench *b = *state;
    static const int64_t rows[] = {'c',    'a', 'f',     0xe9, 0,    0, /* é as a code point */
                                   'c',    'a', 'f',     0xc3, 0xa9, 0, /* and as two bytes */
                                   0x628a, 0,   0x1f600, 0,    0,    0};
    static const char wanted[] = "caf\xc3\xa9"
                                 "caf\xc3\xa9"
                                 "\xe6\x8a\x8a\xf0\x9f\x98\x80";
    ambit_episode episode;
    static const struct {
        const char *name, *text;
    } cases[] = {{"sub/instruction", "auto"}, {"count", "count"}, {"a/b", " is_last, a/b"}};
    for (int c = 0; c < 3; ++c) {
        assert_int_equal(open_rows(b, cases[c].name, rows, cases[c].text), 0);
        assert_int_equal(b->host.ops->episode(b->host.self, 1, &episode), 0);
        const ambit_column *column = openx_column_of(b, &episode, cases[c].name);
        assert_memory_equal(column->offsets, ((const uint64_t[]){0, 5, 10, 17}), 32);
        assert_memory_equal(column->values, wanted, 17);
    }
    assert_int_equal(open_rows(b, "instruction", rows, "none"), 0);
    assert_int_equal(b->host.description.fields[openx_host_field(&b->host, "instruction")].element,
                     AMBIT_I64);
}

static void what_is_no_character_is_named(void **state) {
    openx_bench *b = *state;
    static const int64_t wrong[] = {0xd800, 0xdfff, 0x110000, -1, INT32_MAX};
    ambit_episode episode;
    int64_t rows[18] = {'a', 'b'};
    for (int w = 0; w < 5; ++w) {
        char number[64];
        rows[14] = wrong[w];
        assert_int_equal(open_rows(b, "instruction", rows, "auto"), 0);
        assert_int_not_equal(b->host.ops->episode(b->host.self, 0, &episode), 0);
        snprintf(number, sizeof number, "step 2 holds %d, which is no character", (int)wrong[w]);
        assert_non_null(strstr(b->host.message, number));
        assert_non_null(strstr(b->host.message, "text=none"));
    }
    openx_host_close(&b->host);
    openx_fixture_text(&b->fixture, "features.json", openx_small_features);
    OPENX_REFUSED(b, &(openx_choice){.text = "action"}, OPTION, "option text: 'action' is no row");
    OPENX_REFUSED(b, &(openx_choice){.text = "count,x"}, OPTION, "option text: 'x' is no feature");
}

/* ---------------------------------------------------------------- images */

/* The images of both episodes; the first's are empty but for `first`, the second's for `second`. */
static void write_images(openx_bench *b, const char *first, const char *second) {
    const char *const images[2] = {first, second};
    openx_bytes file = {0};
    for (int e = 0; e < 2; ++e) {
        openx_bytes map = openx_small_map(e, 0), image = openx_borrow(images[e], strlen(images[e]));
        openx_put_strings(&map, "steps/observation/image",
                          (openx_bytes[]){{NULL, 0}, {NULL, 0}, image}, 3);
        openx_put_example(&file, &map);
    }
    openx_write_shard(b, file);
}

static void images_must_stay_of_one_kind(void **state) {
    openx_bench *b = *state;
    static const struct {
        const char *first, *second, *found, *wanted; /* found NULL: both are fine */
    } cases[] = {
        {"\xff\xd8\xff\xe0", "\xff\xd8\xff\xe1", NULL, NULL},
        {"\xff\xd8\xff\xe0", "", NULL, NULL},
        {"", "\x89PNG", NULL, NULL},
        {"\xff\xd8\xff\xe0", "\x89PNG", "image/png", "image/jpeg"},
        {"GIF89a", "BM and so on", "image/bmp", "image/gif"},
        {"\xff\xd8\xff\xe0", "\xff\xd8", "no image that is known", "image/jpeg"},
        {"", "no image", "no image that is known", "images"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; ++c) {
        write_images(b, cases[c].first, cases[c].second);
        if (!cases[c].found)
            assert_int_not_equal(openx_read_all(b, NULL), 0);
        else
            OPENX_REFUSED(b, NULL, DATA, "record 1", "'steps/observation/image'", "step 2",
                          cases[c].found, cases[c].wanted);
        assert_int_not_equal(openx_read_all(b, &(openx_choice){.no_images = 1}), 0);
    }
}

/* Where the first episode mixes kinds, the field says nothing and takes them all. */
static void images_may_be_mixed_from_the_start(void **state) {
    openx_bench *b = *state;
    openx_bytes file = {0}, png = openx_borrow("\x89PNG", 4), gif = openx_borrow("GIF89a", 6);
    for (int e = 0; e < 2; ++e) {
        openx_bytes map = openx_small_map(e, 0);
        openx_put_strings(&map, "steps/observation/image",
                          e ? (openx_bytes[]){gif, gif, png} : (openx_bytes[]){png, png, gif}, 3);
        openx_put_example(&file, &map);
    }
    openx_write_shard(b, file);
    assert_int_equal(openx_host_open(&b->host, b->fixture.folder, NULL), 0);
    assert_null(b->host.description.fields[openx_host_field(&b->host, "observation/image")].media);
    assert_int_not_equal(openx_host_digest(&b->host), 0);
}

/* To be decoded, images must be JPEG or PNG, and whole. */
static void images_that_cannot_be_decoded_are_named(void **state) {
    openx_bench *b = *state;
    const openx_choice decoded = {.decode = 8};
    write_images(b, "GIF89a", "GIF89a");
    OPENX_REFUSED(b, &decoded, UNSUPPORTED, "'steps/observation/image' holds image/gif",
                  "reads JPEG and PNG");
    write_images(b, "", "GIF89a");
    OPENX_REFUSED(b, &decoded, DATA, "record 1", "'steps/observation/image'", "cannot be decoded",
                  "it is image/gif");
    write_images(b, "", "\x89PNG");
    OPENX_REFUSED(b, &decoded, DATA, "record 1", "step 2", "cannot be decoded", "cut short");
    write_images(b, "\xff\xd8\xff\xe0", "");
    OPENX_REFUSED(b, &decoded, DATA, "'steps/observation/image'", "step 2", "cannot be decoded");
    write_images(b, "", "");
    assert_int_not_equal(openx_read_all(b, &decoded), 0);
    assert_int_not_equal(openx_read_all(b, &(openx_choice){.decode = 8, .no_images = 1}), 0);
}

/* Depth is a field of floats: of 16 bits, or float32 in the bytes of a pixel. */
static void depth_is_measured_in_floats(void **state) {
    openx_bench *b = *state;
    static const uint8_t levels[] = {0x00, 0x07, 0x01, 0x00, 0xff, 0xff, 0x04, 0xd2};
    const float floats[] = {1.5f, NAN, -0.25f, INFINITY};
    static const struct {
        const char *dtype;
        uint8_t depth, colours, bits;
        float wanted[4];
    } cases[] = {{"uint16", 16, 0, 16, {7, 256, 65535, 1234}},
                 {"float32", 8, 6, 32, {1.5f, 0, -0.25f, 0}}};
    for (int c = 0; c < 2; ++c) {
        char to[128];
        ambit_episode episode;
        openx_bytes image = openx_png(2, 2, cases[c].depth, cases[c].colours,
                                      c ? (const void *)floats : levels, cases[c].bits);
        openx_bytes file = {0};
        for (int e = 0; e < 2; ++e) {
            openx_bytes map = openx_small_map(e, 0);
            openx_put_strings(&map, "steps/observation/image",
                              (openx_bytes[]){{NULL, 0}, image, image}, 3);
            openx_put_example(&file, &map);
        }
        openx_write_shard(b, file);
        snprintf(to, sizeof to, "\"shape\":{\"dimensions\":[\"-1\",\"-1\",\"1\"]},\"dtype\":\"%s\"",
                 cases[c].dtype);
        openx_change_features(b, "\"dtype\":\"uint8\"", to);
        assert_int_equal(openx_host_open(&b->host, b->fixture.folder, &(openx_choice){.decode = 2}),
                         0);
        const ambit_field *field =
            &b->host.description.fields[openx_host_field(&b->host, "observation/image")];
        assert_int_equal(field->element, AMBIT_F32);
        assert_int_equal(field->rank, 3);
        assert_int_equal(field->shape[2], 1);
        assert_int_equal(b->host.ops->episode(b->host.self, 1, &episode), 0);
        const float *pixels = openx_column_of(b, &episode, "observation/image")->values;
        for (int p = 0; p < 4; ++p) {
            assert_true(pixels[p] == 0);
            assert_true(pixels[4 + p] == cases[c].wanted[p]);
        }
        openx_host_close(&b->host);
        free(image.data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        OPENX_TEST(malformed_lists_are_named),
        OPENX_TEST(the_last_of_equal_keys_counts),
        OPENX_TEST(lists_may_be_packed_in_part),
        OPENX_TEST(a_feature_with_two_lists_is_refused),
        OPENX_TEST(features_may_come_in_parts),
        OPENX_TEST(byte_strings_hold_numbers_of_their_own_size),
        OPENX_TEST(integers_out_of_range_are_named),
        OPENX_TEST(integers_become_characters),
        OPENX_TEST(what_is_no_character_is_named),
        OPENX_TEST(images_must_stay_of_one_kind),
        OPENX_TEST(images_may_be_mixed_from_the_start),
        OPENX_TEST(images_that_cannot_be_decoded_are_named),
        OPENX_TEST(depth_is_measured_in_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
