/* The configuration: defaults and types, and what each setting comes to. */
#include "config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_defaults(void **state) {
    (void)state;
    ambit_config *config = good(LEAST, NULL);
    const ambit_settings *settings = ambit_config_settings(config);
    assert_int_equal(settings->data.source_count, 2);
    assert_string_equal(settings->data.sources[0].name, "clean");
    assert_string_equal(settings->data.sources[1].path, "data/rrt/");
    assert_string_equal(settings->data.sources[1].name, "rrt");
    assert_string_equal(settings->data.observation.names[0], "observation");
    assert_int_equal(settings->data.action.count, 1);
    assert_string_equal(settings->data.action.names[0], "action");
    assert_int_equal(settings->data.horizon, 16);
    assert_int_equal(settings->objective.prediction, AMBIT_PREDICT_X0);
    assert_int_equal(settings->schedule.bins, 100);
    assert_int_equal(settings->train.optimizer.steps, settings->train.steps);
    assert_true(settings->train.optimizer.learning_rate == 1e-3);
    assert_int_equal(settings->eval.execute, 8);
    assert_string_equal(settings->environment.plugin, "");
    ambit_config_destroy(config);
}

/* A bound that only one side was given for does not leave the other side open. */
static void test_bounds_of_sources(void **state) {
    (void)state;
    ambit_config *config = good(LEAST, NULL);
    const ambit_source_settings *sources = ambit_config_settings(config)->data.sources;
    assert_true(isnan(sources[0].sigma_min) && isnan(sources[0].sigma_max));
    assert_true(sources[1].sigma_min == 0.6);
    assert_true(sources[1].sigma_max == 0);
    ambit_config_destroy(config);

    config = good(LEAST, ARGUMENTS("data.sources.0.sigma_max=0.3", "data.sources.1.sigma_min=0.3"));
    sources = ambit_config_settings(config)->data.sources;
    assert_true(sources[0].sigma_min == 1);
    assert_true(sources[0].sigma_max == 0.3);
    ambit_config_destroy(config);

    /* unless the store is asked */
    config = good(LEAST, ARGUMENTS("data.sources.1.sigma_max=store"));
    sources = ambit_config_settings(config)->data.sources;
    assert_true(sources[1].sigma_min == 0.6 && isnan(sources[1].sigma_max));
    ambit_config_destroy(config);
}

static void test_names_of_sources(void **state) {
    static const struct {
        const char *argument, *name;
    } rows[] = {
        {"data.sources.0.path=x", "x"},        {"data.sources.0.path=/", "/"},
        {"data.sources.0.path=a/b//", "b"},    {"data.sources.0.path=//", "/"},
        {"data.sources.0.path=/a/ü b", "ü b"}, {"data.sources.0.name=given", "given"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ambit_config *config = good(LEAST, ARGUMENTS(rows[i].argument));
        assert_string_equal(ambit_config_settings(config)->data.sources[0].name, rows[i].name);
        ambit_config_destroy(config);
    }
}

static void test_types(void **state) {
    (void)state;
    ambit_config *config = good(LEAST "  relative: true\n"
                                      "  normalise_action: step_rms\n"
                                      "train: {lr: 1e-4, steps: 2e4, decay: .5}\n"
                                      "run: {title: 12, seed: '7'}\n",
                                NULL);
    const ambit_settings *settings = ambit_config_settings(config);
    assert_true(settings->data.relative);
    assert_int_equal(settings->data.normalise_action, AMBIT_NORMALISE_STEP_RMS);
    assert_true(settings->train.optimizer.learning_rate == 1e-4);
    assert_int_equal(settings->train.steps, 20000);
    assert_int_equal(settings->train.optimizer.steps, 20000);
    assert_true(settings->train.optimizer.decay == 0.5);
    assert_string_equal(settings->run.title, "12");
    assert_int_equal(settings->run.seed, 7);
    ambit_config_destroy(config);
}

/* Fields of conditions are lists of their own; rules of conditions that are not there are silent.
 */
static void test_conditions(void **state) {
    (void)state;
    ambit_config *config = good(LEAST, ARGUMENTS("network.camera_heads=3"));
    const ambit_settings *settings = ambit_config_settings(config);
    assert_int_equal(settings->data.camera.count, 0);
    assert_int_equal(settings->data.text.count, 0);
    assert_string_equal(settings->data.caption, "");
    assert_int_equal(settings->network.patch, 0);
    ambit_config_destroy(config);
    config = good(LEAST "  camera: [left, right]\n"
                        "  text: [embedding]\n"
                        "  caption: sentence\n",
                  ARGUMENTS("data.camera=[wrist]", "network.caption_buckets=99", "network.patch=4",
                            "network.kind=dit", "data.horizon=1"));
    settings = ambit_config_settings(config);
    assert_int_equal(settings->data.camera.count, 1);
    assert_string_equal(settings->data.camera.names[0], "wrist");
    assert_int_equal(settings->data.text.count, 1);
    assert_string_equal(settings->data.text.names[0], "embedding");
    assert_string_equal(settings->data.caption, "sentence");
    assert_int_equal(settings->data.observation.count, 1);
    assert_int_equal(settings->network.caption_buckets, 99);
    assert_int_equal(settings->network.patch, 4);
    ambit_config_destroy(config);
}

/* Several fields make one action; a plain name is a list of one. */
static void test_action_in_parts(void **state) {
    static const struct {
        const char *text, *names[2];
        int count;
        const char *written;
    } rows[] = {
        {LEAST, {"action"}, 1, "  action: [action]\n"},
        {LEAST "  action: position\n", {"position"}, 1, "  action: [position]\n"},
        {LEAST "  action: [a/x, a/r]\n", {"a/x", "a/r"}, 2, "  action: [a/x, a/r]\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text;
        ambit_config *config = good(rows[i].text, NULL);
        const ambit_field_list *action = &ambit_config_settings(config)->data.action;
        assert_int_equal(action->count, rows[i].count);
        for (int k = 0; k < action->count; k++)
            assert_string_equal(action->names[k], rows[i].names[k]);
        assert_int_equal(ambit_config_write(config, 0, &text), AMBIT_OK);
        assert_non_null(strstr(text, rows[i].written));
        free(text);
        ambit_config_destroy(config);
    }
    refuse(LEAST "  action: []\n", NULL,
           "m.yaml:6:11: data.action: number of fields: 0; give a number from 1 to 64");
    refuse(LEAST,
           ARGUMENTS("data.action=[a, b]", "network.patch=2", "network.kind=dit", "data.horizon=1"),
           "argument \"network.patch=2\": network.patch: an image is one field, but data.action "
           "names 2; name one");
    refuse(
        LEAST, ARGUMENTS("data.action="),
        "argument \"data.action=\": data.action: has no value; write one behind the equals sign");
}

static void test_annotated(void **state) {
    (void)state;
    ambit_config *config =
        good(LEAST, ARGUMENTS("data.sources.1.sigma_min=annotated", "annotation.path=bounds"));
    assert_true(ambit_config_settings(config)->data.sources[1].sigma_min == AMBIT_ANNOTATED);
    assert_true(ambit_config_settings(config)->data.sources[1].sigma_max == 0);
    ambit_config_destroy(config);
    refuse(LEAST, ARGUMENTS("data.sources.1.sigma_min=annotated"),
           "argument \"data.sources.1.sigma_min=annotated\": data.sources.1.sigma_min: annotated, "
           "but annotation.path is empty; give the folder of bounds that `ambit annotate` writes");
    refuse(
        LEAST,
        ARGUMENTS("data.sources.1.sigma_min=annotated", "annotation.path=bounds",
                  "annotation.batch=510"),
        "argument \"annotation.batch=510\": annotation.batch: 510 samples cannot be divided into 4 "
        "slots; write a multiple, such as 512");
    ambit_config_destroy(good(LEAST, ARGUMENTS("annotation.batch=510")));
}

/* Defaults give way to what was set; what was set does not. */
static void test_short_runs(void **state) {
    (void)state;
    ambit_config *config =
        good(LEAST, ARGUMENTS("train.steps=100", "data.horizon=4", "schedule.bins=5"));
    const ambit_settings *settings = ambit_config_settings(config);
    assert_int_equal(settings->train.optimizer.warmup, 10);
    assert_int_equal(settings->eval.execute, 4);
    assert_int_equal(settings->sampler.steps, 5);
    ambit_config_destroy(config);
    refuse(
        LEAST, ARGUMENTS("train.steps=100", "train.warmup=100"),
        "argument \"train.warmup=100\": train.warmup: 100 steps do not fit into train.steps 100; "
        "shorten the warm-up or train longer");
}

/* How conditions are taken, and sizes: what suits the network, unless it is told. */
static void test_conditioning(void **state) {
    static const struct {
        const char *kind, *given;
        ambit_conditioning conditioning;
        int64_t width, depth;
        const char *written;
    } rows[] = {
        {"network.kind=mlp", NULL, AMBIT_CONDITIONING_CONCAT, 384, 3,
         "  conditioning: concat  # default"},
        {"network.kind=dit", NULL, AMBIT_CONDITIONING_ADALN, 256, 4,
         "  conditioning: adaln  # default"},
        {"network.kind=unet1d", NULL, AMBIT_CONDITIONING_FILM, 64, 3,
         "  conditioning: film  # default"},
        {"network.kind=mlp", "network.conditioning=adaln", AMBIT_CONDITIONING_ADALN, 160, 3,
         "  conditioning: adaln  # argument"},
        {"network.kind=dit", "network.conditioning=context", AMBIT_CONDITIONING_CONTEXT, 256, 4,
         "  conditioning: context  # argument"},
        {"network.kind=dit", "network.conditioning=auto", AMBIT_CONDITIONING_ADALN, 256, 4,
         "  conditioning: adaln  # argument"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text;
        ambit_config *config = good(LEAST, ARGUMENTS(rows[i].kind, rows[i].given));
        const ambit_settings *settings = ambit_config_settings(config);
        assert_int_equal(settings->network.conditioning, rows[i].conditioning);
        assert_int_equal(settings->network.width, rows[i].width);
        assert_int_equal(settings->network.depth, rows[i].depth);
        assert_int_equal(ambit_config_write(config, 1, &text), AMBIT_OK);
        assert_non_null(strstr(text, rows[i].written));
        ambit_config_destroy(config);
        free(text);
        round_trip(LEAST, ARGUMENTS(rows[i].kind, rows[i].given));
    }
}

/* What a network does not know is refused where it was written. */
static void test_unknown_conditioning(void **state) {
    (void)state;
    refuse(LEAST, ARGUMENTS("network.conditioning=context"),
           "argument \"network.conditioning=context\": network.conditioning: with "
           "network.kind mlp it is concat or adaln; write one of them, or leave it out");
    refuse(LEAST "network: {kind: unet1d, conditioning: adaln}\n", NULL,
           "m.yaml:6:39: network.conditioning: with network.kind unet1d it is film; write one "
           "of them, or leave it out");
    refuse(LEAST "network: {conditioning: concat}\n", ARGUMENTS("network.kind=dit"),
           "m.yaml:6:25: network.conditioning: with network.kind dit it is adaln or context; "
           "write one of them, or leave it out");
    refuse(LEAST, ARGUMENTS("network.conditioning=adanl"),
           "argument \"network.conditioning=adanl\": network.conditioning: \"adanl\" cannot be "
           "used; write one of auto, concat, adaln, context, film; did you mean adaln?");
}

/* What core and the mixture would refuse once training starts is refused here, where it stands. */
static void test_core_checks(void **state) {
    (void)state;
    refuse(LEAST, ARGUMENTS("train.batch=4194304", "train.slots=2"),
           "argument \"train.batch=4194304\": train.batch: samples at a time: 2097152; give a "
           "number from 1 to 1048576");
    refuse(
        LEAST, ARGUMENTS("network.kind=unet1d", "network.width=60"),
        "argument \"network.width=60\": network.width: 60 is not a multiple of 8, as unet1d needs "
        "it; write one that is");
    refuse(LEAST, ARGUMENTS("network.kind=unet1d", "network.depth=9", "data.horizon=256"),
           "argument \"network.depth=9\": network.depth: 9; give a number from 1 to 8");
    refuse(
        LEAST "network: {kind: dit, width: 62}\n", NULL,
        "m.yaml:6:29: network.heads: 4 heads do not divide network.width 62; change one of them, "
        "such as the width to 64");
    refuse(LEAST,
           ARGUMENTS("network.kind=dit", "network.heads=3", "data.camera=[a]",
                     "network.camera_heads=7", "sampler.steps=200"),
           "the configuration has 3 errors\n"
           "argument \"network.heads=3\": network.heads: 3 heads do not divide network.width 256; "
           "change one of them, such as the width to 258\n"
           "argument \"network.camera_heads=7\": network.camera_heads: 7 heads do not divide "
           "network.camera_width 128; change one of them, such as the width to 133\n"
           "argument \"sampler.steps=200\": sampler.steps: 200 steps, but schedule.bins gives 100 "
           "noise levels; write at most that");
    refuse(
        LEAST, ARGUMENTS("data.sources.0.sigma_min=0.5"),
        "m.yaml:3:5: data.sources: no sample may be used at σ in [0.000, 0.503): the lowest σ from "
        "which a source may be used is 0.500 (its sigma_min and any buffer of the ambient loss), "
        "the highest sigma_max is 0.000; add a source with sigma_min 0, lower a sigma_min to "
        "0.000, or raise a sigma_max to 0.503");
    refuse(
        LEAST,
        ARGUMENTS("data.sources.0.sigma_min=0", "data.sources.1.sigma_min=0",
                  "train.task=classify"),
        "argument \"train.task=classify\": train.task: there are no bad samples of weight above 0, "
        "and it learns to tell clean from bad; give a source a sigma_min above 0");
}

static void test_explain(void **state) {
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    (void)state;
    assert_int_equal(ambit_config_explain("train.lr", out), AMBIT_OK);
    fclose(out);
    assert_string_equal(text, "train.lr\n    a number above 0, up to 10; default: 1e-3\n"
                              "    Learning rate of AdamW at its peak.\n");
    free(text);
    assert_int_equal(ambit_config_explain("train.lrr", stdout), AMBIT_USAGE);
    assert_string_equal(ambit_message(), "train.lrr: unknown key, did you mean train.lr?");
}

static void test_files(void **state) {
    ambit_config *config;
    char name[] = "/tmp/ambit-config-XXXXXX";
    (void)state;
    assert_int_equal(ambit_config_load("no/such.yaml", NULL, 0, &config), AMBIT_NO_INPUT);
    assert_string_equal(ambit_message(), "no/such.yaml: cannot be opened: No such file or "
                                         "directory");
    assert_int_equal(ambit_config_load("/", NULL, 0, &config), AMBIT_NO_INPUT);
    int file = mkstemp(name);
    FILE *out = fdopen(file, "wb");
    assert_non_null(out);
    fputs(LEAST, out);
    fflush(out);
    assert_int_equal(ambit_config_load(name, NULL, 0, &config), AMBIT_OK);
    ambit_config_destroy(config);
    fputc('\0', out);
    fflush(out);
    assert_int_equal(ambit_config_load(name, NULL, 0, &config), AMBIT_CONFIG);
    assert_non_null(strstr(ambit_message(),
                           "is NUL, as in UTF-16 or where this is no text; write it in UTF-8"));
    for (int i = 0; i < 300 * 1024; i++)
        fputc('#', out);
    fclose(out);
    assert_int_equal(ambit_config_load(name, NULL, 0, &config), AMBIT_DATA);
    assert_non_null(strstr(ambit_message(), "more than the 262144 bytes"));
    remove(name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_bounds_of_sources),
        cmocka_unit_test(test_names_of_sources),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_action_in_parts),
        cmocka_unit_test(test_annotated),
        cmocka_unit_test(test_short_runs),
        cmocka_unit_test(test_conditioning),
        cmocka_unit_test(test_unknown_conditioning),
        cmocka_unit_test(test_core_checks),
        cmocka_unit_test(test_explain),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
