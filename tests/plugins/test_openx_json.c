/* The source plugin openx on features.json and dataset_info.json that are spoilt or lie. */
#include "openx_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void wrong_info_is_named(void **state) {
    openx_bench *b = *state;
    openx_change_info(b, "\"tfrecord\"", "\"array_record\"");
    OPENX_REFUSED(b, NULL, UNSUPPORTED, "fileFormat is 'array_record'");
    openx_change_info(b, "\"name\":\"small\"", "\"title\":\"small\"");
    OPENX_REFUSED(b, NULL, DATA, "has no name");
    openx_change_info(b, "\"name\":\"test\"", "\"name\":\"val\"");
    OPENX_REFUSED(b, &(openx_choice){.split = "test"}, OPTION, "no split 'test'", "train, val");
    openx_change_info(b, "{SHARD_INDEX}", "{SHARD}");
    OPENX_REFUSED(b, &(openx_choice){.split = "test"}, UNSUPPORTED, "filepathTemplate", "{SHARD}");
    openx_change_info(b, "{DATASET}", "../{DATASET}");
    OPENX_REFUSED(b, &(openx_choice){.split = "test"}, UNSUPPORTED, "filepathTemplate", "../");
    openx_fixture_text(&b->fixture, "dataset_info.json", openx_small_info);
    OPENX_REFUSED(b, &(openx_choice){.split = "test"}, NO_INPUT, "small-test.tfrecord-00000",
                  "cannot be opened");
    openx_change_info(b, "\"version\"", "\"name\"");
    OPENX_REFUSED(b, NULL, DATA, "dataset_info.json:1:", "duplicate");
    openx_change_info(b, "[\"1\",\"2\"]", "[\"1\",\"9223372036854775807\"]");
    OPENX_REFUSED(b, &(openx_choice){.split = "test"}, DATA, "shardLengths[1]");
    openx_fixture_text(&b->fixture, "dataset_info.json", "[1, 2]");
    OPENX_REFUSED(b, NULL, DATA, "not an object");
    openx_fixture_text(&b->fixture, "dataset_info.json", "");
    OPENX_REFUSED(b, NULL, DATA, "dataset_info.json:1:0");
}

/* Every record is checked when it is read, so a wrong total is only worth a warning. */
static void wrong_number_of_bytes_is_reported(void **state) {
    openx_bench *b = *state;
    openx_change_info(b, "\"shardLengths\":[\"2\"]", "\"numBytes\":\"7\",\"shardLengths\":[\"2\"]");
    assert_int_not_equal(openx_read_all(b, NULL), 0);
    assert_non_null(strstr(b->host.log, "'train' should have 7 bytes of data"));
}

static void malformed_features_are_named(void **state) {
    openx_bench *b = *state;
    openx_fixture_text(&b->fixture, "features.json", "{\"featuresDict\": {\n  \"features\" {}}}");
    OPENX_REFUSED(b, NULL, DATA, "features.json:2:", "is not JSON");
    openx_fixture_text(&b->fixture, "features.json", "{}");
    OPENX_REFUSED(b, NULL, DATA, "no sequence 'steps'");
    char deep[20001];
    memset(deep, '[', 20000);
    deep[20000] = 0;
    openx_fixture_text(&b->fixture, "features.json", deep);
    OPENX_REFUSED(b, NULL, DATA, "features.json:1:", "depth");
    char path[1024];
    snprintf(path, sizeof path, "%s/features.json", b->fixture.folder);
    remove(path);
    OPENX_REFUSED(b, NULL, NO_INPUT, "features.json", "cannot be opened");
    assert_int_not_equal(openx_host_open(&b->host, "", NULL), 0);
    assert_int_equal(b->host.fault, AMBIT_FAULT_NO_INPUT);
}

/* Whichever file was cloned without Git LFS. */
static void pointers_of_git_lfs_are_named(void **state) {
    openx_bench *b = *state;
    static const char pointer[] =
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadb"
        "b8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
    static const char *const names[] = {"features.json", "dataset_info.json", openx_small_shard};
    for (int n = 0; n < 3; ++n) {
        openx_fixture_small(&b->fixture);
        openx_fixture_text(&b->fixture, names[n], pointer);
        OPENX_REFUSED(b, NULL, NO_INPUT, names[n], "a pointer", "Git LFS", "`git lfs pull`");
    }
}

/* Names that are too long together, and trees that are too deep: neither overflows anything. */
static void deep_trees_are_refused(void **state) {
    openx_bench *b = *state;
    openx_bytes text = {0};
    static const char head[] = "{\"featuresDict\":{\"features\":{\"steps\":{\"sequence\":"
                               "{\"feature\":",
                      open[] = "{\"featuresDict\":{\"features\":{\"a\":",
                      loop[] = "{\"sequence\":{\"length\":\"2\",\"feature\":";
    openx_put(&text, head, strlen(head));
    for (int i = 0; i < 300; ++i)
        openx_put(&text, open, strlen(open));
    openx_put(&text, "{}", 2);
    for (int i = 0; i < 300; ++i)
        openx_put(&text, "}}}", 3);
    openx_put(&text, "}}}}}", 5);
    openx_fixture_write(&b->fixture, "features.json", text.data, text.size);
    OPENX_REFUSED(b, NULL, UNSUPPORTED, "is nested more than 64 deep");
    text.size = strlen(head);
    for (int i = 0; i < 5; ++i) {
        openx_put(&text, open, strlen(open) - 2);
        for (int letter = 0; letter < 60; ++letter)
            openx_put(&text, "b", 1);
        openx_put(&text, "\":", 2);
    }
    openx_put(&text, "{}", 2);
    for (int i = 0; i < 5; ++i)
        openx_put(&text, "}}}", 3);
    openx_put(&text, "}}}}}", 5);
    openx_fixture_write(&b->fixture, "features.json", text.data, text.size);
    OPENX_REFUSED(b, NULL, UNSUPPORTED, "longer than 255 bytes");
    text.size = strlen(head);
    openx_put(&text, open, strlen(open));
    for (int i = 0; i < 900; ++i)
        openx_put(&text, loop, strlen(loop));
    openx_put(&text, "{\"text\":{}}", 11);
    for (int i = 0; i < 900; ++i)
        openx_put(&text, "}}", 2);
    openx_put(&text, "}}}}}}}}", 8);
    openx_fixture_write(&b->fixture, "features.json", text.data, text.size);
    OPENX_REFUSED(b, NULL, UNSUPPORTED, "'steps/a' is ragged");
    free(text.data);
}

static void features_that_lie_are_named(void **state) {
    openx_bench *b = *state;
    openx_change_features(b, "[\"2\"]", "[\"3\"]");
    OPENX_REFUSED(b, NULL, DATA, "record 0 at byte 0", "'steps/action' has 6 values",
                  "3 steps of 3");
    openx_change_features(b, "[\"2\"]", "[\"4611686018427387904\"]");
    OPENX_REFUSED(b, NULL, UNSUPPORTED, "'steps/action' has 2³¹ elements");
    openx_change_features(b, "[\"2\"]", "[\"2147483647\"]");
    OPENX_REFUSED(b, NULL, DATA, "'steps/action' has 6 values", "3 steps of 2147483647");
    openx_change_features(b, "float32", "int32");
    OPENX_REFUSED(b, NULL, DATA, "'steps/action'", "promises a list of integers",
                  "a list of floats");
    openx_change_features(b, "int64", "uint8");
    OPENX_REFUSED(b, NULL, DATA, "'steps/count'", "step 0 holds -1, which is no uint8");
    openx_change_features(b, "[\"3\"]", "[\"2\"]");
    OPENX_REFUSED(b, NULL, DATA, "'steps/depth/z'", "step 0", "where features.json wants 16");
    openx_change_features(b, "[\"3\"]", "[\"4\"]");
    OPENX_REFUSED(b, NULL, DATA, "'steps/depth/z'", "24 bytes where features.json wants 32");
    openx_change_features(b, "[\"3\"]", "[\"2000000000\"]");
    OPENX_REFUSED(b, NULL, DATA, "'steps/depth/z'", "step 0 is too small");
    openx_change_features(b, "zlib", "bytes");
    OPENX_REFUSED(b, NULL, DATA, "'steps/depth/z'", "wants 24");
    openx_change_features(b, "\"count\"", "\"counts\"");
    OPENX_REFUSED(b, NULL, DATA, "no feature 'steps/counts'", "record 0");
}

static void what_cannot_be_read_is_refused_unless_skipped(void **state) {
    openx_bench *b = *state;
    static const struct {
        const char *from, *to, *feature, *why;
    } cases[] = {
        {"[\"2\"]", "[\"-1\"]", "action", "is ragged"},
        {"[\"2\"]", "[\"0\"]", "action", "not a positive number"},
        {"[\"2\"]", "[\"1\",\"1\",\"1\",\"1\",\"2\"]", "action", "more than 4 dimensions"},
        {"\"float32\"", "\"complex64\"", "action", "dtype that is not known"},
        {"\"zlib\"", "\"lzma\"", "depth/z", "has an encoding other"},
        {"\"float64\"", "\"bfloat16\"", "depth/z", "cannot be read from byte strings"},
        {"{\"text\":{}}", "{\"odour\":{}}", "language_instruction", "a kind that is not known"},
        {"{\"text\":{}}", "{\"video\":{}}", "language_instruction", "holds a video"},
        {"{\"text\":{}}", "{\"audio\":{\"shape\":{}}}", "language_instruction", "holds sound"},
        {"{\"text\":{}}", "{\"type\":\"x.Text\",\"content\":\"{\"}", "language_instruction",
         "a kind that is not known"},
        {"{\"text\":{}}", "{\"sequence\":{\"length\":\"-1\",\"feature\":{\"text\":{}}}}",
         "language_instruction", "is ragged"},
        {"{\"text\":{}}", "{\"sequence\":{\"length\":\"2\",\"feature\":{\"text\":{}}}}",
         "language_instruction", "several byte strings a step"},
        {"{\"tensor\":{\"shape\":{},\"dtype\":\"int64\",\"encoding\":\"none\"}",
         "{\"sequence\":{\"length\":\"-1\",\"feature\":{\"text\":{}}}", "count", "is ragged"},
        {"{\"tensor\":{\"shape\":{},\"dtype\":\"int64\",\"encoding\":\"none\"}",
         "{\"featuresDict\":{\"features\":{\"a\":{\"video\":{}}}}", "count/a", "holds a video"},
        {"\"count\"", "\"co unt\"", "co unt", "characters"},
        {"\"count\"",
         "\"a123456789b123456789c123456789d123456789e123456789f123456789g123"
         "a123456789b123456789c123456789d123456789e123456789f123456789g123\"",
         "a123456789b123456789c123456789d123456789e123456789f123456789g123"
         "a123456789b123456789c123456789d123456789e123456789f123456789g123",
         "127 characters"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        openx_change_features(b, cases[i].from, cases[i].to);
        OPENX_REFUSED(b, NULL, UNSUPPORTED, cases[i].feature, cases[i].why, "with skip=");
        const openx_choice choice = {.skip = strstr(b->host.message, "skip=") + 5};
        assert_string_equal(choice.skip, cases[i].feature);
        assert_int_not_equal(openx_read_all(b, &choice), 0);
    }
    openx_change_features(b,
                          "\"count\":{\"tensor\":{\"shape\":{},\"dtype\":\"int64\",\"encoding\":"
                          "\"none\"}",
                          "\"depth\":{\"featuresDict\":{\"features\":{\"z\":{\"text\":{}}}}");
    OPENX_REFUSED(b, NULL, UNSUPPORTED, "'steps/depth/z' stands in the tree twice");
    openx_fixture_text(&b->fixture, "features.json", openx_small_features);
    OPENX_REFUSED(b, &(openx_choice){.skip = "is_last,colour"}, OPTION, "option skip: 'colour'");
    const openx_choice nothing = {
        .skip = "action,count,depth/z,is_first,is_last", .no_images = 1, .no_language = 1};
    OPENX_REFUSED(b, &nothing, UNSUPPORTED, "0 features of a step are chosen");
}

/* All that cannot be read is named at once, behind what is skipped already. */
static void the_option_that_helps_is_spelt_out(void **state) {
    openx_bench *b = *state;
    openx_change_features(b, "\"int64\"", "\"complex64\"");
    OPENX_REFUSED(b, &(openx_choice){.skip = " is_last , depth/z"}, UNSUPPORTED,
                  "1 feature cannot be read", "'steps/count' has a dtype",
                  "skip= is_last , depth/z,count");
    openx_bytes text = {0};
    openx_put(&text, openx_small_features,
              strstr(openx_small_features, "\"count\"") - openx_small_features);
    for (int i = 0; i < 200; ++i) {
        char feature[64];
        snprintf(feature, sizeof feature, "\"video_number_%03d\":{\"video\":{}},", i);
        openx_put(&text, feature, strlen(feature));
    }
    openx_put(&text, strstr(openx_small_features, "\"count\""),
              strlen(strstr(openx_small_features, "\"count\"")));
    openx_fixture_write(&b->fixture, "features.json", text.data, text.size);
    free(text.data);
    OPENX_REFUSED(b, NULL, UNSUPPORTED, "200 features cannot be read", "'steps/video_number_000'",
                  " more; leave", "skip=video_number_000,video_number_001,");
}

/* One byte string is a scalar, in whatever it is wrapped; two are not. */
static void wrapped_strings_are_scalars(void **state) {
    openx_bench *b = *state;
    static const char *const wraps[] = {
        "{\"tensor\":{\"shape\":{\"dimensions\":[\"1\"]},\"dtype\":\"string\"}}",
        "{\"tensor\":{\"shape\":{\"dimensions\":[\"1\",\"1\"]},\"dtype\":\"string\"}}",
        "{\"sequence\":{\"length\":\"1\",\"feature\":{\"text\":{}}}}",
        "{\"sequence\":{\"length\":\"1\",\"feature\":{\"image\":{\"dtype\":\"uint8\"}}}}"};
    const uint64_t plain = openx_read_all(b, NULL);
    for (int w = 0; w < 4; ++w) {
        openx_change_features(b, w < 3 ? "{\"text\":{}}" : "{\"image\":{\"dtype\":\"uint8\"}}",
                              wraps[w]);
        assert_int_equal(openx_read_all(b, NULL), plain);
    }
    openx_change_features(b, "{\"text\":{}}",
                          "{\"tensor\":{\"shape\":{\"dimensions\":[\"2\"]},\"dtype\":\"string\"}}");
    OPENX_REFUSED(b, NULL, UNSUPPORTED, "several byte strings a step");
}

/* The small data set's features.json in the older spellings, all of them at once. */
static void older_spellings_mean_the_same(void **state) {
    openx_bench *b = *state;
    static const char old[] =
        "{\"type\":\"x.y.FeaturesDict\",\"proto_cls\":\"\",\"content\":{\"steps\":{\"type\":\"x.y."
        "Dataset\","
        "\"content\":"
        "{\"length\":null,\"feature\":{\"type\":\"FeaturesDict\",\"content\":{"
        "\"action\":{\"type\":\"x.Sequence\",\"content\":{\"length\":2,\"feature\":{\"type\":\"x."
        "Tensor\","
        "\"content\":{\"shape\":[],\"dtype\":\"float32\"}}}},"
        "\"count\":{\"type\":\"x.Tensor\",\"proto_cls\":\"x.TensorFeature\",\"content\":{\"shape\":"
        "{},"
        "\"dtype\":\"int64\"}},"
        "\"depth/"
        "z\":{\"type\":\"x.Tensor\",\"proto_cls\":\"x.TensorFeature\",\"content\":\"{\\\"shape\\\":"
        "{\\\"dimensions\\\":[\\\"3\\\"]},\\\"dtype\\\":\\\"float64\\\",\\\"encoding\\\":"
        "\\\"zlib\\\"}\"},"
        "\"is_first\":{\"type\":\"x.Scalar\",\"proto_cls\":\"\",\"content\":{\"dtype\":\"bool\"}},"
        "\"is_last\":{\"pythonClassName\":\"x.Tensor\",\"jsonFeature\":{\"json\":\"{\\\"shape\\\": "
        "[], "
        "\\\"dtype\\\": \\\"bool\\\"}\"}},"
        "\"language_instruction\":{\"type\":\"x.Text\",\"content\":{\"use_encoder\":false}},"
        "\"observation\":{\"type\":\"x.FeaturesDict\",\"proto_cls\":\"x.FeaturesDict\",\"content\":"
        "{\"features\":{\"image\":{\"type\":\"x.Image\",\"content\":{\"shape\":[null,null,3],"
        "\"encoding_format\":\"jpeg\"}}}}}"
        "}}}}}}";
    const uint64_t plain = openx_read_all(b, NULL);
    openx_fixture_text(&b->fixture, "features.json", old);
    const uint64_t found = openx_read_all(b, NULL);
    if (found != plain)
        fail_msg("%s", b->host.message);
    char changed[sizeof old];
    memcpy(changed, old, sizeof old);
    memcpy(strstr(changed, ":2,"), ":0,", 3);
    openx_fixture_text(&b->fixture, "features.json", changed);
    OPENX_REFUSED(b, NULL, UNSUPPORTED, "'steps/action' is ragged");
}

/* The number of a class and the sides of a box are numbers as any others. */
static void labels_and_boxes_are_read(void **state) {
    openx_bench *b = *state;
    static const char
        *const labels[] = {"{\"classLabel\":{\"numClasses\":\"5\"}",
                           "{\"type\":\"x.ClassLabel\",\"content\":{\"num_classes\":5}"},
               *const boxes[] = {"{\"boundingBox\":{\"shape\":{\"dimensions\":[\"2\"]},"
                                 "\"dtype\":\"float32\"}",
                                 "{\"boundingBox\":{}"};
    const uint64_t plain = openx_read_all(b, NULL);
    for (int i = 0; i < 2; ++i) {
        openx_change_features(
            b, "{\"tensor\":{\"shape\":{},\"dtype\":\"int64\",\"encoding\":\"none\"}", labels[i]);
        assert_int_equal(openx_read_all(b, NULL), plain);
    }
    for (int i = 0; i < 2; ++i) {
        openx_change_features(
            b,
            "{\"tensor\":{\"shape\":{\"dimensions\":[\"2\"]},\"dtype\":\"float32\","
            "\"encoding\":\"none\"}",
            boxes[i]);
        if (i == 0)
            assert_int_equal(openx_read_all(b, NULL), plain);
        else
            OPENX_REFUSED(b, NULL, DATA, "'steps/action' has 6 values", "3 steps of 4");
    }
}

/* The dimension of a sequence comes before those of what it repeats. */
static void sequences_of_fixed_length_add_a_dimension(void **state) {
    openx_bench *b = *state;
    openx_change_features(
        b,
        "\"action\":{\"tensor\":{\"shape\":{\"dimensions\":[\"2\"]},\"dtype\":"
        "\"float32\",\"encoding\":\"none\"}",
        "\"action\":{\"sequence\":{\"length\":\"2\",\"feature\":{\"tensor\":{\"shape\":"
        "{\"dimensions\":[\"1\"]},\"dtype\":\"float32\"}}}");
    assert_int_equal(openx_host_open(&b->host, b->fixture.folder, NULL), 0);
    const ambit_field *action = &b->host.description.fields[0];
    assert_int_equal(action->rank, 2);
    assert_int_equal(action->shape[0], 2);
    assert_int_equal(action->shape[1], 1);
    assert_int_not_equal(openx_host_digest(&b->host), 0);
}

static void any_json_is_read_or_refused(void **state) {
    openx_bench *b = *state;
    static const struct {
        const char *name, *text;
    } files[] = {{"features.json", openx_small_features}, {"dataset_info.json", openx_small_info}};
    int refused = 0;
    for (int i = 0; i < 2; ++i) {
        char text[4096];
        snprintf(text, sizeof text, "%s", files[i].text);
        for (size_t at = 0; text[at]; ++at) {
            char was = text[at];
            text[at] = (char)(was ^ (1 << at % 7));
            openx_fixture_write(&b->fixture, files[i].name, text, strlen(files[i].text));
            refused += openx_read_all(b, NULL) == 0;
            text[at] = was;
        }
        openx_fixture_text(&b->fixture, files[i].name, text);
    }
    assert_true(refused > 500);
    assert_int_not_equal(openx_read_all(b, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        OPENX_TEST(wrong_info_is_named),
        OPENX_TEST(wrong_number_of_bytes_is_reported),
        OPENX_TEST(malformed_features_are_named),
        OPENX_TEST(pointers_of_git_lfs_are_named),
        OPENX_TEST(deep_trees_are_refused),
        OPENX_TEST(features_that_lie_are_named),
        OPENX_TEST(what_cannot_be_read_is_refused_unless_skipped),
        OPENX_TEST(the_option_that_helps_is_spelt_out),
        OPENX_TEST(wrapped_strings_are_scalars),
        OPENX_TEST(older_spellings_mean_the_same),
        OPENX_TEST(labels_and_boxes_are_read),
        OPENX_TEST(sequences_of_fixed_length_add_a_dimension),
        OPENX_TEST(any_json_is_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
