/* The source plugin openx on data sets from practice that once went wrong. The values expected are
 * those that tests/interop/openx_cases.py prints, which decodes the files without the plugin. */
#include "openx_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define CASES AMBIT_SAMPLES "/../cases"

static int set_up(void **state) {
    static openx_host host;
    openx_host_start(&host);
    *state = &host;
    return 0;
}

static int tear_down(void **state) {
    openx_host_stop(*state);
    return 0;
}

static int open_case(openx_host *host, const char *name, const openx_choice *choice) {
    char folder[1024];
    openx_host_close(host);
    snprintf(folder, sizeof folder, CASES "/%s", name);
    return openx_host_open(host, folder, choice);
}

static void must_open(openx_host *host, const char *name, const openx_choice *choice) {
    if (open_case(host, name, choice))
        fail_msg("%s", host->message);
}

static void read_episode(openx_host *host, int64_t index, ambit_episode *episode) {
    if (host->ops->episode(host->self, index, episode))
        fail_msg("%s", host->message);
}

/* FNV-1a over the values of a field in all episodes; of texts and images without their lengths. */
static uint64_t digest_of(openx_host *host, const char *name) {
    const int f = openx_host_field(host, name);
    uint64_t digest = openx_fnv(0, "", 0);
    assert_true(f >= 0);
    for (int64_t e = 0; e < host->description.episode_count; ++e) {
        ambit_episode episode;
        read_episode(host, e, &episode);
        digest = openx_fnv(digest, episode.columns[f].values, openx_host_bytes(host, f, &episode));
    }
    return digest;
}

static void check_digest(openx_host *host, const char *name, uint64_t wanted) {
    if (digest_of(host, name) != wanted)
        fail_msg("field '%s' is not what was recorded", name);
}

static void must_say(const char *text, const char *words) {
    if (!strstr(text, words))
        fail_msg("'%s' does not mention '%s'", text, words);
}

/* ---------------------------------------------------------------- files */

static void a_pointer_of_git_lfs_is_named(void **state) {
    openx_host *host = *state;
    assert_int_not_equal(open_case(host, "lfs_pointer", NULL), 0);
    assert_int_equal(host->fault, AMBIT_FAULT_NO_INPUT);
    must_say(host->message, "demo_set-train.tfrecord-00000-of-00001: is only a pointer");
    must_say(host->message, "Git LFS");
    must_say(host->message, "`git lfs pull`");
}

/* Shards 2 and 3 of 4 were not downloaded. */
static void a_partial_copy_is_read_on_request(void **state) {
    openx_host *host = *state;
    const openx_choice choices[] = {
        {.missing = "skip"}, {.split = "train[:50%]"}, {.split = "train[:2shard]"}};
    assert_int_not_equal(open_case(host, "partial_copy", NULL), 0);
    must_say(host->message, "00002-of-00004");
    must_say(host->message, "2 of the 4 shards");
    must_say(host->message, "missing=skip or split='train[:2shard]'");
    for (int c = 0; c < 3; ++c) {
        must_open(host, "partial_copy", &choices[c]);
        assert_int_equal(host->description.episode_count, 4);
        check_digest(host, "action", UINT64_C(0xb32d62a2fda69f50));
        check_digest(host, "observation/state", UINT64_C(0xbffadba0421d45ce));
    }
    must_open(host, "partial_copy", &(openx_choice){.split = "train[3:4]"});
    assert_int_equal(host->description.episode_count, 1);
}

/* ---------------------------------------------------------------- features.json */

static void older_spellings_are_read(void **state) {
    openx_host *host = *state;
    static const char *const cases[] = {"legacy_features", "legacy_json_feature"};
    for (int c = 0; c < 2; ++c) {
        must_open(host, cases[c], NULL);
        assert_int_equal(host->description.field_count, 4);
        assert_int_equal(host->description.episode_count, 2);
        check_digest(host, "action", UINT64_C(0xd2f099b191256241));
        check_digest(host, "observation/state", UINT64_C(0xe0cb5bc9e8a8b43c));
        check_digest(host, "is_first", UINT64_C(0x581cd0fa58d99645));
        check_digest(host, "is_last", UINT64_C(0xf4b5cb5bcc647005));
    }
}

static void a_string_of_one_is_a_string(void **state) {
    openx_host *host = *state;
    ambit_episode episode;
    must_open(host, "string_of_one", NULL);
    const int f = openx_host_field(host, "language_instruction");
    assert_int_equal(host->description.fields[f].element, AMBIT_BYTES);
    assert_int_equal(host->description.fields[f].rank, 0);
    check_digest(host, "language_instruction", UINT64_C(0x3fbbf79679f5f14d));
    check_digest(host, "observation/state", UINT64_C(0xb3ed1be772c4f7de));
    read_episode(host, 1, &episode);
    assert_int_equal(episode.steps, 4);
    assert_memory_equal(episode.columns[f].offsets, ((const uint64_t[]){0, 15, 30, 45, 60}), 40);
    assert_memory_equal(episode.columns[f].values, "pick up the cuppick", 19);
}

/* The message ends with the option, ready to be pasted; with it the rest is read. */
static void what_cannot_be_read_is_named_at_once(void **state) {
    openx_host *host = *state;
    assert_int_not_equal(open_case(host, "other_kinds", NULL), 0);
    assert_int_equal(host->fault, AMBIT_FAULT_UNSUPPORTED);
    must_say(host->message, "2 features cannot be read");
    must_say(host->message, "'steps/sound' holds sound");
    must_say(host->message, "'steps/words' is ragged");
    const char *skip = strstr(host->message, "skip=") + strlen("skip=");
    assert_string_equal(skip, "sound,words");
    must_open(host, "other_kinds", &(openx_choice){.skip = skip});
    assert_int_equal(host->description.field_count, 6);
    check_digest(host, "label", UINT64_C(0x6cb734757696c6c2));
    check_digest(host, "box", UINT64_C(0x9ec82cb237a48125));
    check_digest(host, "action", UINT64_C(0xa483dd04e83b0090));
    assert_int_not_equal(open_case(host, "image_stack", NULL), 0);
    must_say(host->message, "'steps/observation/frames' holds several byte strings a step");
    must_say(host->message, "skip=observation/frames");
    must_open(host, "image_stack", &(openx_choice){.skip = "observation/frames"});
    assert_int_equal(host->description.episode_count, 2);
}

/* ---------------------------------------------------------------- episodes */

/* 16 records of a step each are two episodes. */
static void records_of_a_step_are_joined_on_request(void **state) {
    openx_host *host = *state;
    must_open(host, "record_a_step", NULL);
    assert_int_equal(host->description.episode_count, 16);
    must_say(host->log, "record 1 has 1 step, and is_first says that it goes on");
    must_say(host->log, "join=true");
    must_open(host, "record_a_step", &(openx_choice){.join = 1});
    assert_int_equal(host->description.episode_count, 2);
    for (int e = 0; e < 2; ++e) {
        ambit_episode episode;
        read_episode(host, e, &episode);
        assert_int_equal(episode.steps, 8);
        assert_string_equal(episode.name, e ? "ep1#8" : "ep0#0");
    }
    check_digest(host, "action", UINT64_C(0xcc0370db5caf7221));
    check_digest(host, "observation/state", UINT64_C(0xd73faede2e04b4f5));
    check_digest(host, "is_first", UINT64_C(0x581cd0fa58d99645));
    check_digest(host, "is_last", UINT64_C(0xf4b5cb5bcc647005));
}

/* Episodes of 0, 1, 2, 3 and 5 steps; standardised, two steps less. */
static void short_episodes_are_episodes(void **state) {
    openx_host *host = *state;
    static const int64_t steps[2][5] = {{0, 1, 2, 3, 5}, {0, 0, 0, 1, 3}};
    for (int standardised = 0; standardised < 2; ++standardised) {
        must_open(host, "short_episodes",
                  &(openx_choice){.standardise = standardised ? "auto" : "none"});
        assert_int_equal(host->description.episode_count, 5);
        for (int e = 0; e < 5; ++e) {
            ambit_episode episode;
            read_episode(host, e, &episode);
            assert_int_equal(episode.steps, steps[standardised][e]);
        }
    }
    must_open(host, "short_episodes", &(openx_choice){.standardise = "none"});
    assert_null(strstr(host->log, "join"));
    check_digest(host, "action", UINT64_C(0x5c0e23a5d6cac1ba));
    check_digest(host, "observation/state", UINT64_C(0x3f99b3d29901b6e8));
}

/* Bytes that are not UTF-8, and a NUL, stay as they are. */
static void texts_are_bytes(void **state) {
    openx_host *host = *state;
    ambit_episode episode;
    must_open(host, "latin1_path", NULL);
    check_digest(host, "language_instruction", UINT64_C(0x032817b03732e98d));
    check_digest(host, "action", UINT64_C(0xae883af4d31717eb));
    read_episode(host, 2, &episode);
    assert_string_equal(episode.name, "/data/d\xe9mo/\xff\xfe"
                                      "2#2");
    const int f = openx_host_field(host, "language_instruction");
    assert_memory_equal(episode.columns[f].offsets, ((const uint64_t[]){0, 13, 26, 39, 52}), 40);
    assert_memory_equal(episode.columns[f].values,
                        "caf\xe9 \xff\0 tasse"
                        "caf\xe9",
                        16);
}

/* 512 integers a step that are characters, and the SHARD_INDEX of its file names. */
static void code_points_become_text(void **state) {
    openx_host *host = *state;
    static const char sentence[] = "push the red star to the left";
    ambit_episode episode;
    must_open(host, "language_table", NULL);
    assert_int_equal(host->description.episode_count, 4);
    const int f = openx_host_field(host, "observation/instruction");
    assert_int_equal(host->description.fields[f].element, AMBIT_BYTES);
    assert_int_equal(host->description.fields[f].rank, 0);
    assert_string_equal(host->description.fields[f].media, "text/plain");
    must_say(host->log, "steps/observation/instruction: its 512 integers a step are read as the");
    for (int e = 0; e < 4; ++e) {
        read_episode(host, e, &episode);
        assert_int_equal(episode.steps, 6);
        for (uint64_t t = 0; t < 6; ++t) {
            const uint64_t *offsets = episode.columns[f].offsets;
            assert_int_equal(offsets[t + 1] - offsets[t], sizeof sentence - 1);
            assert_memory_equal((const char *)episode.columns[f].values + offsets[t], sentence,
                                sizeof sentence - 1);
        }
    }
    check_digest(host, "action", UINT64_C(0x96fd46c48b472a3a));
    must_open(host, "language_table", &(openx_choice){.text = "none"});
    assert_int_equal(host->description.fields[f].element, AMBIT_I64);
    check_digest(host, "observation/instruction", UINT64_C(0xae277c5bf494db25));
}

/* ---------------------------------------------------------------- images */

static void png_is_decoded(void **state) {
    openx_host *host = *state;
    ambit_episode episode;
    must_open(host, "png_camera", NULL);
    const int f = openx_host_field(host, "observation/image");
    assert_string_equal(host->description.fields[f].media, "image/png");
    must_open(host, "png_camera", &(openx_choice){.decode = 16});
    assert_int_equal(host->description.fields[f].element, AMBIT_U8);
    assert_int_equal(digest_of(host, "observation/image"), UINT64_C(0xb1d29a00bb4f9b25));
    read_episode(host, 0, &episode);
    assert_int_equal(episode.steps, 6);
    const uint8_t *last = (const uint8_t *)episode.columns[f].values + 5 * 16 * 16 * 3;
    assert_memory_equal(last, "\x32\x64\x96\x32\x64\x96", 6);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_pointer_of_git_lfs_is_named),
        TEST(a_partial_copy_is_read_on_request),
        TEST(older_spellings_are_read),
        TEST(a_string_of_one_is_a_string),
        TEST(what_cannot_be_read_is_named_at_once),
        TEST(records_of_a_step_are_joined_on_request),
        TEST(short_episodes_are_episodes),
        TEST(texts_are_bytes),
        TEST(code_points_become_text),
        TEST(png_is_decoded),
    };
    struct stat facts;
    if (stat(CASES, &facts)) {
        fprintf(stderr, "%s is not there: skipped\n", CASES);
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
