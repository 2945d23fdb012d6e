/* Bridge's standardisation of the source plugin openx: on episodes made for each of its rules, and
 * on the real sample, whose numbers were computed by tests/interop/openx_reference.py. */
#include "openx_fixture.h"
#include "openx_host.h"
#include "plugins/loader.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { ACTION = 7, STATE = 7, PROPRIO = 8, MOST = 8 };

static const char sample[] = AMBIT_SAMPLES "/oxe_bridge_rlds";

static const char features_text[] =
    "{\"featuresDict\":{\"features\":{\"steps\":{\"sequence\":{\"feature\":{\"featuresDict\":"
    "{\"features\":{\"action\":{\"tensor\":{\"shape\":{\"dimensions\":[\"7\"]},\"dtype\":"
    "\"float32\"}},\"is_first\":{\"tensor\":{\"shape\":{},\"dtype\":\"bool\"}},\"text\":{\"text\":"
    "{}},\"observation\":{\"featuresDict\":{\"features\":{\"state\":{\"tensor\":{\"shape\":"
    "{\"dimensions\":[\"7\"]},\"dtype\":\"float32\"}}}}}}}}}}}}}";
static const char info_text[] = "{\"name\":\"%s\",\"splits\":[{\"name\":\"train\","
                                "\"shardLengths\":[\"1\"]}]}";

typedef struct {
    openx_host host;
    openx_fixture fixture;
    ambit_episode episode;
} bench;

static int set_up(void **state) {
    bench *b = calloc(1, sizeof *b);
    openx_host_start(&b->host);
    openx_fixture_make(&b->fixture);
    openx_fixture_text(&b->fixture, "features.json", features_text);
    *state = b;
    return 0;
}

static int tear_down(void **state) {
    bench *b = *state;
    openx_host_stop(&b->host);
    openx_fixture_remove(&b->fixture);
    free(b);
    return 0;
}

/* An episode of `steps` with this gripper; state[t][d] is 100·t² + d, the text of step t "0"…"t".
 */
static void write_episode(bench *b, const char *data_set, const float *gripper, int steps) {
    float action[MOST * ACTION] = {0}, state[MOST * STATE];
    int64_t first[MOST] = {1};
    openx_bytes texts[MOST], map = {0}, file = {0};
    char name[256];
    for (int t = 0; t < steps; ++t) {
        action[t * ACTION + 6] = gripper[t];
        for (int d = 0; d < STATE; ++d)
            state[t * STATE + d] = (float)(100 * t * t + d);
        texts[t] = openx_borrow("01234567", (size_t)t + 1);
    }
    openx_put_floats(&map, "steps/action", action, steps * ACTION, 1);
    openx_put_floats(&map, "steps/observation/state", state, steps * STATE, 1);
    openx_put_integers(&map, "steps/is_first", first, steps, 1);
    openx_put_strings(&map, "steps/text", texts, steps);
    openx_put_example(&file, &map);
    snprintf(name, sizeof name, "%s-train.tfrecord-00000-of-00001", data_set);
    openx_fixture_write(&b->fixture, name, file.data, file.size);
    free(file.data);
    snprintf(name, sizeof name, info_text, data_set);
    openx_fixture_text(&b->fixture, "dataset_info.json", name);
}

static void read_episode(bench *b, const char *data_set, const float *gripper, int steps) {
    openx_host_close(&b->host);
    write_episode(b, data_set, gripper, steps);
    assert_int_equal(openx_host_open(&b->host, b->fixture.folder, NULL), 0);
    assert_int_equal(b->host.ops->episode(b->host.self, 0, &b->episode), 0);
}

static void first_and_last_step_go_and_motion_is_relabelled(void **state) {
    bench *b = *state;
    read_episode(b, "bridge_orig", (const float[]){1, 1, 1, 1, 1}, 5);
    assert_int_equal(b->episode.steps, 3);
    const float *action = b->episode.columns[0].values, *proprio = b->episode.columns[1].values;
    for (int t = 0; t < 3; ++t)
        for (int d = 0; d < 6; ++d) {
            const int motion = 100 * (2 * (t + 1) + 1), place = 100 * (t + 1) * (t + 1) + d;
            assert_int_equal(action[t * ACTION + d], motion);
            assert_int_equal(proprio[t * PROPRIO + d], place);
        }
    assert_float_equal(proprio[6], 0, 0);
    assert_float_equal(proprio[7], 106, 0);
    const ambit_column *first = &b->episode.columns[openx_host_field(&b->host, "is_first")];
    assert_memory_equal(first->values, "\0\0\0", 3);
    const ambit_column *text = &b->episode.columns[openx_host_field(&b->host, "text")];
    assert_memory_equal(text->offsets, ((const uint64_t[]){0, 2, 5, 9}), 4 * sizeof(uint64_t));
    assert_memory_equal(text->values, "010120123", 9);
}

static void fields_say_what_they_are(void **state) {
    bench *b = *state;
    read_episode(b, "bridge_dataset", (const float[]){1, 1, 1}, 3);
    const ambit_field *fields = b->host.description.fields;
    assert_int_equal(b->host.description.field_count, 4);
    assert_string_equal(fields[0].name, "action");
    assert_int_equal(fields[0].shape[0], ACTION);
    assert_int_equal(fields[0].zero_padded, 0x3f);
    assert_int_equal(fields[0].unnormalised, 0x40);
    assert_string_equal(fields[1].name, "proprio");
    assert_int_equal(fields[1].shape[0], PROPRIO);
    assert_string_equal(fields[2].name, "is_first");
    assert_float_equal(b->host.description.step_seconds, 0.2, 1e-12);
}

/* Values in between take what was decided after them, the step that relabelling drops included; at
 * an undecided end they keep the last value. */
static void gripper_is_made_binary_from_the_end(void **state) {
    bench *b = *state;
    static const struct {
        float gripper[7], wanted[5];
    } cases[] = {
        {{1, 1, 0.5f, 0.2f, 0.01f, 0.6f, 1}, {1, 0, 0, 0, 1}},
        {{0, 0.96f, 0.94f, 0.04f, 0.06f, 0.5f, 0}, {1, 0, 0, 0, 0}},
        {{1, 0.5f, 1, 0, 0.7f, 0.8f, 0.25f}, {1, 1, 0, 0.25f, 0.25f}},
        {{1, 0, 1, 0, 0.5f, 0.5f, 0.97f}, {0, 1, 0, 1, 1}},
        {{1, 1, 1, 1, 0.06f, 0.5f, 1}, {1, 1, 1, 1, 1}},
        {{0.5f, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f}, {0.6f, 0.6f, 0.6f, 0.6f, 0.6f}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; ++c) {
        read_episode(b, "bridge_dataset", cases[c].gripper, 7);
        const float *action = b->episode.columns[0].values;
        assert_int_equal(b->episode.steps, 5);
        for (int t = 0; t < 5; ++t)
            assert_float_equal(action[t * ACTION + 6], cases[c].wanted[t], 0);
    }
}

static void short_episodes_have_no_steps(void **state) {
    bench *b = *state;
    for (int steps = 1; steps <= 3; ++steps) {
        read_episode(b, "bridge_dataset", (const float[]){1, 1, 1}, steps);
        assert_int_equal(b->episode.steps, steps == 3);
    }
}

static void automatic_goes_by_the_name_of_the_data_set(void **state) {
    bench *b = *state;
    read_episode(b, "something_else", (const float[]){1, 1, 1, 1}, 4);
    assert_int_equal(b->episode.steps, 4);
    assert_int_equal(openx_host_field(&b->host, "proprio"), -1);
    assert_int_not_equal(openx_host_field(&b->host, "observation/state"), -1);
    assert_non_null(strstr(b->host.log, "'something_else'"));
    openx_host_close(&b->host);
    const openx_choice bridge = {.standardise = "bridge"}, none = {.standardise = "none"},
                       stateless = {.standardise = "bridge", .skip = "observation/state"};
    assert_int_equal(openx_host_open(&b->host, b->fixture.folder, &bridge), 0);
    assert_int_equal(openx_host_field(&b->host, "proprio"), 1);
    openx_host_close(&b->host);
    assert_int_not_equal(openx_host_open(&b->host, b->fixture.folder, &stateless), 0);
    assert_non_null(strstr(b->host.message, "needs feature 'steps/observation/state'"));
    write_episode(b, "bridge_dataset", (const float[]){1, 1, 1, 1}, 4);
    assert_int_equal(openx_host_open(&b->host, b->fixture.folder, &none), 0);
    assert_int_equal(openx_host_field(&b->host, "proprio"), -1);
}

/* Actions of six elements: another robot's. */
static void other_shapes_are_refused(void **state) {
    bench *b = *state;
    char text[sizeof features_text];
    memcpy(text, features_text, sizeof text);
    *strstr(text, "7") = '6';
    write_episode(b, "bridge_dataset", (const float[]){1, 1, 1, 1}, 4);
    openx_fixture_text(&b->fixture, "features.json", text);
    assert_int_not_equal(openx_host_open(&b->host, b->fixture.folder, NULL), 0);
    assert_int_equal(b->host.fault, AMBIT_FAULT_OPTION);
    assert_non_null(strstr(b->host.message, "needs 7 floats in feature 'steps/action'"));
    assert_non_null(strstr(b->host.message, "features.json has 6"));
}

/* ---------------------------------------------------------------- the real sample */

static int open_sample(bench *b, const openx_choice *choice) {
    struct stat facts;
    if (stat(sample, &facts)) {
        print_message("%s is not there\n", sample);
        skip();
    }
    return openx_host_open(&b->host, sample, choice);
}

/* What openx_reference.py prints for episode 0. */
static void real_episode_has_the_reference_values(void **state) {
    static const float action_first[] = {0.000283181667f,
                                         -0.0031920597f,
                                         -0.00561110675f,
                                         0.000870756805f,
                                         0.0122045577f,
                                         -0.113927223f,
                                         1},
                       action_last[] = {-0.000776216388f,
                                        0.00241163373f,
                                        -0.0131355748f,
                                        -0.012531437f,
                                        -0.00493599474f,
                                        -0.0155727863f,
                                        1},
                       proprio_first[] = {0.233501375f,
                                          0.111877285f,
                                          0.174559489f,
                                          0.0991042107f,
                                          -0.21096462f,
                                          0.213584751f,
                                          0,
                                          1.00081611f};
    static const uint64_t sizes[] = {3791, 3813, 3794, 3789, 3794, 3798, 3803, 3789};
    bench *b = *state;
    assert_int_equal(open_sample(b, NULL), 0);
    assert_int_equal(b->host.description.episode_count, 25);
    assert_int_equal(b->host.ops->episode(b->host.self, 0, &b->episode), 0);
    assert_int_equal(b->episode.steps, 8);
    assert_non_null(strstr(b->episode.name, "put_cup_from_counter_or_drying_rack_into_sink"));
    assert_non_null(strstr(b->episode.name, "/val/out.npy#5"));
    const float *action = b->episode.columns[0].values;
    assert_memory_equal(action, action_first, sizeof action_first);
    assert_memory_equal(action + 7 * ACTION, action_last, sizeof action_last);
    assert_memory_equal(b->episode.columns[1].values, proprio_first, sizeof proprio_first);
    const ambit_column *image =
        &b->episode.columns[openx_host_field(&b->host, "observation/image_0")];
    for (int t = 0; t < 8; ++t)
        assert_int_equal(image->offsets[t + 1] - image->offsets[t], sizes[t]);
}

/* FNV-1a of one field over all episodes. */
static uint64_t field_digest(bench *b, const char *name, size_t step_size) {
    int f = openx_host_field(&b->host, name);
    uint64_t digest = 0;
    for (int64_t e = 0; e < b->host.description.episode_count; ++e) {
        assert_int_equal(b->host.ops->episode(b->host.self, e, &b->episode), 0);
        const ambit_column *column = &b->episode.columns[f];
        size_t steps = (size_t)b->episode.steps;
        digest = openx_fnv(digest, column->values,
                           column->offsets ? column->offsets[steps] : steps * step_size);
    }
    return digest;
}

static void all_real_episodes_have_the_reference_digests(void **state) {
    bench *b = *state;
    assert_int_equal(open_sample(b, NULL), 0);
    assert_int_equal(field_digest(b, "action", ACTION * 4), UINT64_C(0x7a13979546f8f1bd));
    assert_int_equal(field_digest(b, "proprio", PROPRIO * 4), UINT64_C(0xcdf21a509ff0da9a));
    assert_int_equal(field_digest(b, "observation/image_0", 0), UINT64_C(0x372218c13960743d));
    assert_int_equal(field_digest(b, "language_embedding", 2048), UINT64_C(0x3e8d584e04e64165));
}

static void real_traps_are_reported_and_not_fallen_for(void **state) {
    bench *b = *state;
    assert_int_equal(open_sample(b, NULL), 0);
    assert_non_null(strstr(b->host.log, "image_0: the episode's metadata says that there are no"));
    assert_non_null(strstr(b->host.log, "image_3: the first episode has the same image of 691"));
    assert_non_null(strstr(b->host.log, "is_last is not set"));
    assert_null(strstr(b->host.log, "bytes of data"));
    for (int camera = 0; camera < 4; ++camera) {
        char name[32];
        snprintf(name, sizeof name, "observation/image_%d", camera);
        const ambit_field *field = &b->host.description.fields[openx_host_field(&b->host, name)];
        assert_string_equal(field->media, "image/jpeg");
    }
    for (int64_t e = 0; e < 25; ++e) {
        assert_int_equal(b->host.ops->episode(b->host.self, e, &b->episode), 0);
        const uint64_t *black =
            b->episode.columns[openx_host_field(&b->host, "observation/image_3")].offsets;
        for (int t = 0; t < 8; ++t)
            assert_int_equal(black[t + 1] - black[t], 691);
    }
}

/* Decoded at two sizes, the images are one picture: the means of 4 × 4 pixels of the larger one. */
static void real_images_can_be_had_as_pixels(void **state) {
    enum { LARGE = 64, SMALL = 16, STEPS = 8, COLOURS = 3, RATIO = LARGE / SMALL };
    static uint8_t large[STEPS][LARGE][LARGE][COLOURS];
    bench *b = *state;
    assert_int_equal(open_sample(b, &(openx_choice){.decode = LARGE}), 0);
    const int f = openx_host_field(&b->host, "observation/image_0");
    const ambit_field *field = &b->host.description.fields[f];
    assert_int_equal(field->element, AMBIT_U8);
    assert_int_equal(field->rank, 3);
    assert_int_equal(field->shape[0], LARGE);
    assert_int_equal(field->shape[2], COLOURS);
    assert_null(field->media);
    assert_int_equal(b->host.ops->episode(b->host.self, 3, &b->episode), 0);
    assert_int_equal(b->episode.steps, STEPS);
    memcpy(large, b->episode.columns[f].values, sizeof large);
    openx_host_close(&b->host);
    assert_int_equal(open_sample(b, &(openx_choice){.decode = SMALL}), 0);
    assert_int_equal(b->host.ops->episode(b->host.self, 3, &b->episode), 0);
    const uint8_t *small = b->episode.columns[f].values;
    double difference = 0, spread = 0;
    for (int64_t i = 0; i < STEPS * SMALL * SMALL * COLOURS; ++i) {
        const int64_t c = i % COLOURS, x = i / COLOURS % SMALL, y = i / COLOURS / SMALL % SMALL,
                      t = i / COLOURS / SMALL / SMALL;
        double mean = 0;
        for (int64_t k = 0; k < RATIO * RATIO; ++k)
            mean += large[t][y * RATIO + k / RATIO][x * RATIO + k % RATIO][c];
        mean /= RATIO * RATIO;
        difference += fabs(mean - small[i]) / (STEPS * SMALL * SMALL * COLOURS);
        spread += fabs(mean - 100) / (STEPS * SMALL * SMALL * COLOURS);
    }
    assert_true(difference < 3);
    assert_true(spread > 20);
}

static void real_data_can_be_had_as_stored(void **state) {
    bench *b = *state;
    assert_int_equal(open_sample(b, &(openx_choice){.standardise = "none", .no_images = 1}), 0);
    assert_int_equal(b->host.ops->episode(b->host.self, 0, &b->episode), 0);
    assert_int_equal(b->episode.steps, 10);
    const float *action = b->episode.columns[openx_host_field(&b->host, "action")].values;
    for (int d = 0; d < 6; ++d)
        assert_float_equal(action[d], 0, 1e-5);
    assert_int_equal(openx_host_field(&b->host, "observation/image_0"), -1);
}

/* dataset_info.json promises a split whose shard is not there. */
static void missing_real_split_is_named(void **state) {
    bench *b = *state;
    assert_int_not_equal(open_sample(b, &(openx_choice){.split = "val"}), 0);
    assert_int_equal(b->host.fault, AMBIT_FAULT_NO_INPUT);
    assert_non_null(strstr(b->host.message, "bridge_dataset-val.tfrecord-00000-of-00001"));
}

/* The same through Ambit's own loader, whose checks all episodes pass. */
static void loader_takes_the_plugin(void **state) {
    bench *b = *state;
    ambit_plugin *plugin;
    const ambit_plugin_setting settings[] = {{"images", "false", "test.yaml:1:1"},
                                             {"skip", "reward, discount", "test.yaml:2:1"}};
    if (open_sample(b, NULL))
        fail_msg("%s", b->host.message);
    if (ambit_plugin_load_file(OPENX_PLUGIN, &plugin))
        fail_msg("%s", ambit_message());
    if (ambit_plugin_open(plugin, sample, settings, 2))
        fail_msg("%s", ambit_message());
    const ambit_source_description *about = ambit_source_describe(plugin);
    assert_int_equal(about->episode_count, 25);
    assert_int_equal(about->field_count, 7);
    for (int64_t e = 0; e < about->episode_count; ++e) {
        if (ambit_source_episode(plugin, e, &b->episode))
            fail_msg("%s", ambit_message());
        assert_int_equal(b->episode.steps, 8);
    }
    ambit_plugin_unload(plugin);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(first_and_last_step_go_and_motion_is_relabelled),
        TEST(fields_say_what_they_are),
        TEST(gripper_is_made_binary_from_the_end),
        TEST(short_episodes_have_no_steps),
        TEST(automatic_goes_by_the_name_of_the_data_set),
        TEST(other_shapes_are_refused),
        TEST(real_episode_has_the_reference_values),
        TEST(all_real_episodes_have_the_reference_digests),
        TEST(real_traps_are_reported_and_not_fallen_for),
        TEST(real_images_can_be_had_as_pixels),
        TEST(real_data_can_be_had_as_stored),
        TEST(missing_real_split_is_named),
        TEST(loader_takes_the_plugin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
