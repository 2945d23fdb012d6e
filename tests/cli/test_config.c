/* The configuration: what is accepted, what is refused and where, and what is written back. */
#include "mpi/config/config.h"
#include "mpi/config/schema.h"
#include "mpi/config/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The least that is a configuration. */
#define LEAST                                                                                      \
    "data:\n"                                                                                      \
    "  sources:\n"                                                                                 \
    "    - path: data/clean\n"                                                                     \
    "    - {path: data/rrt/, sigma_min: 0.6}\n"                                                    \
    "  observation: [observation]\n"

enum { MOST_ARGUMENTS = 8 };

static ambit_status parse(const char *text, const char *const *arguments, ambit_config **config) {
    int count = 0;
    while (arguments && count < MOST_ARGUMENTS && arguments[count])
        count++;
    return ambit_config_parse("m.yaml", text, arguments, count, config);
}

/* A configuration that must be good. */
static ambit_config *good(const char *text, const char *const *arguments) {
    ambit_config *config;
    if (parse(text, arguments, &config) != AMBIT_OK)
        fail_msg("refused: %s", ambit_message());
    return config;
}

/* One that must be refused with exactly this message. */
static void refuse(const char *text, const char *const *arguments, const char *message) {
    ambit_config *config;
    assert_int_equal(parse(text, arguments, &config), AMBIT_CONFIG);
    assert_null(config);
    assert_string_equal(ambit_message(), message);
}

#define ARGUMENTS(...)                                                                             \
    (const char *const[MOST_ARGUMENTS]) {                                                          \
        __VA_ARGS__                                                                                \
    }

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

static void test_arguments(void **state) {
    (void)state;
    ambit_config *config =
        good(LEAST "train: {lr: 1e-4}\n",
             ARGUMENTS("train.lr=3e-3", "data.sources.0.weight=2", "run.title=a: [b] = c",
                       "data.observation=[state, goal]", "environment.plugin=maze",
                       "environment.options.walls=3", "train.lr=4e-3"));
    const ambit_settings *settings = ambit_config_settings(config);
    assert_true(settings->train.optimizer.learning_rate == 4e-3);
    assert_true(settings->data.sources[0].weight == 2);
    assert_string_equal(settings->run.title, "a: [b] = c");
    assert_int_equal(settings->data.observation.count, 2);
    assert_string_equal(settings->data.observation.names[1], "goal");
    assert_int_equal(settings->environment.option_count, 1);
    assert_string_equal(settings->environment.options[0].value, "3");
    assert_string_equal(settings->environment.options[0].where,
                        "argument \"environment.options.walls=3\"");
    ambit_config_destroy(config);

    config = good(LEAST, ARGUMENTS("data.sources=[{path: x}]"));
    assert_int_equal(ambit_config_settings(config)->data.source_count, 1);
    assert_true(isnan(ambit_config_settings(config)->data.sources[0].sigma_min));
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

static void test_options(void **state) {
    (void)state;
    ambit_config *config = good(LEAST "environment:\n"
                                      "  plugin: maze\n"
                                      "  options:\n"
                                      "    walls: 03\n"
                                      "    cells: \"5\"\n",
                                ARGUMENTS("environment.options.walls=4"));
    const ambit_settings *settings = ambit_config_settings(config);
    assert_int_equal(settings->environment.option_count, 2);
    assert_string_equal(settings->environment.options[0].name, "cells");
    assert_string_equal(settings->environment.options[0].where, "m.yaml:10:12");
    assert_string_equal(settings->environment.options[1].value, "4");
    ambit_config_destroy(config);
}

/* Unquoted null and ~ are as good as nothing: the default, also where a file said otherwise. */
static void test_null(void **state) {
    static const char *const nulls[] = {"null", "~", "Null", "NULL"};
    (void)state;
    ambit_config *plain = good(LEAST, NULL);
    char *expected, *text;
    assert_int_equal(ambit_config_write(plain, 1, &expected), AMBIT_OK);
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++) {
        char yaml[1024];
        snprintf(yaml, sizeof yaml,
                 LEAST "  caption: %1$s\n  camera: %1$s\n  action: %1$s\n  horizon: %1$s\n"
                       "  relative: %1$s\ntrain: %1$s\nnetwork: {kind: %1$s, width: %1$s}\n"
                       "environment: {plugin: %1$s, options: %1$s}\nrun: {title: %1$s}\n",
                 nulls[i]);
        ambit_config *config = good(yaml, NULL);
        assert_int_equal(ambit_config_write(config, 1, &text), AMBIT_OK);
        assert_string_equal(text, expected);
        ambit_config_destroy(config);
        free(text);
    }
    ambit_config *config =
        good(LEAST "  caption: words\n  camera: [a]\n  action: [b, c]\nrun: {title: x}\n"
                   "train: {warmup: 3, lr: 1}\nenvironment: {options: {a: 1}}\n",
             ARGUMENTS("data.caption=null", "data.camera=~", "data.action=null", "run.title=~",
                       "train.warmup=null", "train.lr=null", "environment.options.a=null"));
    free(expected);
    assert_int_equal(ambit_config_write(plain, 0, &expected), AMBIT_OK);
    assert_int_equal(ambit_config_write(config, 0, &text), AMBIT_OK);
    assert_string_equal(text, expected);
    ambit_config_destroy(config);
    free(text);
    free(expected);
    ambit_config_destroy(plain);

    config = good(LEAST "  caption: 'null'\n  camera: [\"~\"]\nrun: {title: \"null\"}\n"
                        "environment: {plugin: p, options: {a: ~, b: '~'}}\n",
                  NULL);
    const ambit_settings *settings = ambit_config_settings(config);
    assert_string_equal(settings->data.caption, "null");
    assert_string_equal(settings->data.camera.names[0], "~");
    assert_string_equal(settings->run.title, "null");
    assert_int_equal(settings->environment.option_count, 1);
    assert_string_equal(settings->environment.options[0].value, "~");
    ambit_config_destroy(config);
}

/* What has no default cannot be absent; said once, where it stands. */
static void test_null_of_required(void **state) {
    (void)state;
    refuse("data: {sources: null, observation: ~}\n", NULL,
           "the configuration has 2 errors\n"
           "m.yaml:1:17: data.sources: has no value and no default; write a list of maps, each "
           "with a path\n"
           "m.yaml:1:36: data.observation: has no value and no default; write a field, or a list "
           "such as [state, goal]");
    refuse("data: {sources: [{path: null}, null, ], observation: [a, ~]}\n", NULL,
           "the configuration has 3 errors\n"
           "m.yaml:1:25: data.sources.0.path: has no value and no default; write text\n"
           "m.yaml:1:32: data.sources.1: has no value of its own; set a key below it: path, name, "
           "weight, share, sigma_min, sigma_max\n"
           "m.yaml:1:58: data.observation: an empty name; remove it");
    refuse("data:\n  sources:\n    - path: a\n    -\n  observation: []\n", NULL,
           "m.yaml:4:6: data.sources.1: has no value of its own; set a key below it: path, name, "
           "weight, share, sigma_min, sigma_max");
}

static void test_all_errors_at_once(void **state) {
    (void)state;
    refuse("optim:\n"
           "  lrr: 3\n"
           "data:\n"
           "  sources:\n"
           "    - {path: a, sigma_min: 1.5, sharee: 3}\n"
           "    - 7\n"
           "  observation: {state: goal}\n"
           "  horizon: x\n"
           "  horizon: 5\n"
           "train:\n"
           "  lrr: 1e-3\n"
           "  slots: 3\n"
           "  loss: ambient\n"
           "network: {kind: dti, heads: [1]}\n"
           "sampler: 5\n",
           ARGUMENTS("train.lr=abc", "foo", "data.sources.9.path=x", "run=3", "traim.lr=1"),
           "the configuration has 18 errors\n"
           "m.yaml:1:1: optim: unknown key; there is run, data, schedule, ambient, annotation, "
           "network, "
           "train, sampler, environment, eval\n"
           "m.yaml:5:28: data.sources.0.sigma_min: \"1.5\" cannot be used; write a number from 0 "
           "to 1, or the word \"store\" or \"annotated\"\n"
           "m.yaml:5:33: data.sources.0.sharee: unknown key, did you mean "
           "data.sources.0.share?\n"
           "m.yaml:6:7: data.sources.1: has no value of its own; set a key below it: path, name, "
           "weight, share, sigma_min, sigma_max\n"
           "m.yaml:7:16: data.observation: write a field, or a list such as [state, goal]\n"
           "m.yaml:8:12: data.horizon: \"x\" cannot be used; write a whole number from 1 to 4096 "
           "steps\n"
           "m.yaml:9:3: data.horizon: stands here a second time, after line 8; remove one of "
           "them\n"
           "m.yaml:11:3: train.lrr: unknown key, did you mean train.lr?\n"
           "m.yaml:12:10: train.slots: \"3\" cannot be used; write a power of two, from 1 to "
           "65536\n"
           "m.yaml:13:3: train.loss: unknown key, did you mean ambient.loss?\n"
           "m.yaml:14:17: network.kind: \"dti\" cannot be used; write one of mlp, dit, unet1d; "
           "did you mean dit?\n"
           "m.yaml:14:29: network.heads: a single value is expected, not a list; write the value "
           "behind the colon\n"
           "m.yaml:15:10: sampler: has no value of its own; set a key below it: kind, steps, "
           "clamp, guidance, precision\n"
           "argument \"train.lr=abc\": train.lr: \"abc\" cannot be used; write a number above 0, "
           "up to 10\n"
           "argument \"foo\": is no setting; write KEY=VALUE, as in train.lr=1e-3\n"
           "argument \"data.sources.9.path=x\": data.sources.9.path: there are 2 data sources, "
           "counted from 0; write the whole list to add one: 'data.sources=[{path: STORE}, …]'\n"
           "argument \"run=3\": run: has no value of its own; set a key below it: title, seed\n"
           "argument \"traim.lr=1\": traim.lr: unknown key, did you mean train.lr?");
}

/* Each alone is enough to refuse an otherwise good configuration. */
static void test_single_faults(void **state) {
    static const struct {
        const char *argument, *message;
    } rows[] = {
        {"train.batch=130",
         "train.batch: 130 samples cannot be divided into 4 slots; write a multiple, such as 132"},
        {"train.slots=0", "train.slots: \"0\" cannot be used; write a power of two, from 1 to "
                          "65536"},
        {"train.warmup=8000", "train.warmup: 8000 steps do not fit into train.steps 8000; shorten "
                              "the warm-up or train longer"},
        {"ambient.buffer=1", "ambient.buffer: \"1\" cannot be used; write a number above 1, up to "
                             "1000000"},
        {"data.normalise_observation=step_rms",
         "data.normalise_observation: step_rms is for chunks of actions only; write standard, "
         "bounds_q99 or none"},
        {"data.sources.1.share=0.5", "data.sources.0.share: no share, but other sources have one; "
                                     "give every source a share, or none"},
        {"data.sources.1.sigma_min=1",
         "data.sources.1.sigma_min: 1 with sigma_max 0: no noise level is left at which the source "
         "may be used; widen one of them, or remove the source"},
        {"data.sources.1.name=clean", "data.sources.1.name: \"clean\" is the name of source 0 too; "
                                      "give them different names"},
        {"train.validate_every=5", "train.validate_every: validation needs held-out episodes; set "
                                   "data.holdout, for instance to 0.05, or this to 0"},
        {"sampler.steps=101", "sampler.steps: 101 steps, but schedule.bins gives 100 noise levels; "
                              "write at most that"},
        {"eval.execute=17",
         "eval.execute: 17 steps, but a chunk has data.horizon 16; write at most that"},
        {"environment.options.a=1",
         "environment.options: options, but no environment; set environment.plugin"},
        {"data.sources=[]", "data.sources: number of sources: 0; give a number from 1 to 64"},
        {"data.relative=yes", "data.relative: \"yes\" cannot be used; write true or false"},
        {"train.lr=inf", "train.lr: \"inf\" cannot be used; write a number above 0, up to 10"},
        {"train.lr=0x1p-3",
         "train.lr: \"0x1p-3\" cannot be used; write a number above 0, up to 10"},
        {"train.lr=", "train.lr: has no value; write a number above 0, up to 10"},
        {"schedule.bins=1e10",
         "schedule.bins: \"1e10\" cannot be used; write a whole number from 1 to 65536"},
        {"train.steps=1.5", "train.steps: \"1.5\" cannot be used; write a whole number of at least "
                            "1 steps"},
        {"data.sources.0.path=", "data.sources.0.path: has no value; write text"},
        {"run.title=\xff", "run.title: is not UTF-8; write it in UTF-8"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ambit_config *config;
        assert_int_equal(parse(LEAST, ARGUMENTS(rows[i].argument), &config), AMBIT_CONFIG);
        if (!strstr(ambit_message(), rows[i].message))
            fail_msg("%s gave: %s", rows[i].argument, ambit_message());
    }
    refuse(LEAST, ARGUMENTS("network.kind=dit", "network.heads=7"),
           "argument \"network.heads=7\": network.heads: 7 heads do not divide network.width 256; "
           "change one of them, such as the width to 259");
    refuse(
        LEAST, ARGUMENTS("network.kind=unet1d", "network.depth=6"),
        "argument \"network.depth=6\": network.depth: 6 levels of unet1d halve the chunk 5 times, "
        "which 16 steps do not allow; lower network.depth or make data.horizon a multiple of 32");
    refuse(LEAST, ARGUMENTS("data.camera=[view]", "network.camera_heads=3"),
           "argument \"network.camera_heads=3\": network.camera_heads: 3 heads do not divide "
           "network.camera_width 128; change one of them, such as the width to 129");
    refuse(LEAST, ARGUMENTS("network.patch=2", "data.horizon=1"),
           "argument \"network.patch=2\": network.patch: mlp does not take images as data; set "
           "network.kind to dit, or this to 0");
    refuse(LEAST, ARGUMENTS("network.patch=2", "network.kind=dit", "data.horizon=2"),
           "argument \"network.patch=2\": network.patch: an image is data of one step, but "
           "data.horizon is 2; set that to 1");
    refuse(LEAST, ARGUMENTS("eval.caption=go"),
           "argument \"eval.caption=go\": eval.caption: a policy without data.caption reads no "
           "sentence; remove this, or set data.caption");
    refuse(LEAST, ARGUMENTS("sampler.guidance=2"),
           "argument \"sampler.guidance=2\": sampler.guidance: guidance needs a policy that was "
           "trained with network.drop above 0; set it to 1, or train with network.drop=0.1");
    refuse(
        LEAST,
        ARGUMENTS("data.sources.0.share=.5", "data.sources.1.share=.5", "data.sources.1.weight=2"),
        "argument \"data.sources.1.weight=2\": data.sources.1.weight: has no effect beside share "
        "0.5; remove one of them");
}

/* A rule that looks at a faulty setting would only repeat what is known. */
static void test_no_follow_on_errors(void **state) {
    (void)state;
    refuse(LEAST, ARGUMENTS("train.batch=x", "train.slots=256"),
           "argument \"train.batch=x\": train.batch: \"x\" cannot be used; write a whole number "
           "from 1 to 10000000 samples");
    refuse(LEAST, ARGUMENTS("train.batch=130", "train.slots=x"),
           "argument \"train.slots=x\": train.slots: \"x\" cannot be used; write a power of two, "
           "from 1 to 65536");
    refuse("", NULL,
           "the configuration has 2 errors\n"
           "m.yaml: data.observation: is missing; add it: a field, or a list such as [state, "
           "goal]\n"
           "m.yaml: data.sources: is missing; add it: a list of maps, each with a path");
    refuse("data: {sources: [{share: 1}, {share: 1}], observation: []}", NULL,
           "the configuration has 2 errors\n"
           "m.yaml:1:18: data.sources: source 0 has no path; add the folder of its store\n"
           "m.yaml:1:30: data.sources: source 1 has no path; add the folder of its store");
    refuse("data: {sources: [{name: a}], observation: []}", NULL,
           "m.yaml:1:18: data.sources: source 0 has no path; add the folder of its store");
}

/* What is no configuration at all: one message, no crash, no hang. */
static void test_nasty_yaml(void **state) {
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"run:\n\ttitle: x\n", "m.yaml:2:1: is not YAML (found character that cannot start any "
                               "token)"},
        {"run: {title: \xff}", "m.yaml:1:1: is not YAML (invalid leading UTF-8 octet)"},
        {"run: {}\n---\nrun: {}\n", "m.yaml:2:1: a second document begins"},
        {"run: *nothing\n", "m.yaml:1:6: is not YAML (found undefined alias)"},
        {"run: 'a", "m.yaml:1:8: is not YAML"},
        {"- 1\n- 2\n", "m.yaml:1:1: has no value of its own; set a key below it: run, data"},
        {"just words", "m.yaml:1:1: has no value of its own"},
        {"[a]: b\n", "m.yaml:1:1: a single value is expected, not a list"},
        {"run: {title: \"a\\0b\"}\n", "m.yaml:1:14: run.title: holds a NUL character"},
        {"data: {sources: &x [*x]}\n", "m.yaml:1:17: data.sources.0: has no value of its own"},
        {"<<: {run: {seed: 1}}\n", "m.yaml:1:1: merge keys (<<) are not read; write the keys out"},
        {"train.lr: 3\n", "m.yaml:1:1: train.lr: keys of a file are nested, not joined by dots"},
        {"\"\": 3\n", "m.yaml:1:1: a key of 0 letters; remove it"},
        {"data: {sources: {0: {path: x}}}\n", "m.yaml:1:17: data.sources: a list is expected"},
        {"data: {observation: [[a]]}\n", "m.yaml:1:22: data.observation: a single value is "
                                         "expected, not a list"},
        {"data: {observation: ['']}\n", "m.yaml:1:22: data.observation: an empty name"},
        {"environment: {options: [1]}\n", "m.yaml:1:24: environment.options: keys and values are "
                                          "expected"},
        {"environment: {options: {a: {b: c}}}\n",
         "m.yaml:1:28: environment.options.a: a single value is expected, not a map of keys"},
        {"%YAML 3.0\n---\nrun: {}\n", "is not YAML (found incompatible YAML document)"},
        {"? |\n  long\n: x\n", "unknown key"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ambit_config *config;
        assert_int_equal(parse(rows[i].text, NULL, &config), AMBIT_CONFIG);
        if (!strstr(ambit_message(), rows[i].message))
            fail_msg("%s gave: %s", rows[i].text, ambit_message());
    }
}

static char *repeated(const char *piece, size_t times) {
    char *text = calloc(strlen(piece) * times + 1, 1);
    assert_non_null(text);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * strlen(piece), piece, strlen(piece));
    return text;
}

static void test_too_much(void **state) {
    static const struct {
        const char *piece;
        size_t times;
        const char *message;
    } rows[] = {
        {"[", 100000, "m.yaml:1:33: nested too deep"},
        {"{a: ", 20000, "nested too deep"},
        {"abc", 60000, "has no value of its own"},
        {"? \n", 2000, "more than 1000 keys; remove some"},
        {"a: b\n", 900, "… and"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ambit_config *config;
        char *text = repeated(rows[i].piece, rows[i].times);
        assert_int_equal(parse(text, NULL, &config), AMBIT_CONFIG);
        if (!strstr(ambit_message(), rows[i].message))
            fail_msg("%s… gave: %s", rows[i].piece, ambit_message());
        assert_true(strlen(ambit_message()) < AMBIT_MESSAGE_SIZE);
        free(text);
    }
}

/* Every prefix, and every text with one byte changed, is accepted or refused, never worse. */
static void test_damaged_text(void **state) {
    static const char whole[] = LEAST "environment: {plugin: a, options: {b: \"c\", d: e}}\n"
                                      "run: {title: &t 'x', seed: 3} # end\n";
    static const char letters[] = "\"'{}[]:,&*#|>-?%@!\n\t \x01\x80";
    char text[sizeof whole];
    ambit_config *config;
    (void)state;
    for (size_t i = 0; i < sizeof whole; i++) {
        memcpy(text, whole, sizeof whole);
        text[i] = '\0';
        ambit_status status = parse(text, NULL, &config);
        assert_true(status == AMBIT_OK || status == AMBIT_CONFIG);
        ambit_config_destroy(config);
        for (size_t k = 0; k < sizeof letters - 1 && i < sizeof whole - 1; k++) {
            memcpy(text, whole, sizeof whole);
            text[i] = letters[k];
            status = parse(text, NULL, &config);
            assert_true(status == AMBIT_OK || status == AMBIT_CONFIG);
            ambit_config_destroy(config);
        }
    }
}

static void round_trip(const char *text, const char *const *arguments) {
    ambit_config *config = good(text, arguments), *again;
    char *first, *second, *commented;
    assert_int_equal(ambit_config_write(config, 0, &first), AMBIT_OK);
    assert_int_equal(ambit_config_write(config, 1, &commented), AMBIT_OK);
    ambit_config_destroy(config);
    const char *const both[] = {first, commented};
    for (int i = 0; i < 2; i++) {
        again = good(both[i], NULL);
        assert_int_equal(ambit_config_write(again, 0, &second), AMBIT_OK);
        assert_string_equal(first, second);
        ambit_config_destroy(again);
        free(second);
    }
    free(first);
    free(commented);
}

static void test_round_trip(void **state) {
    (void)state;
    round_trip(LEAST, NULL);
    round_trip(LEAST,
               ARGUMENTS("train.lr=0.1", "data.observation=[]", "train.beta1=0.123456789012"));
    round_trip(LEAST, ARGUMENTS("train.lr=0.30000000000000004", "run.seed=9007199254740992"));
    round_trip(LEAST, ARGUMENTS("run.title=\"q\" \\ 'x' # a: [b] {c}, - ? \t\n\x01\x7f ü € 😀",
                                "environment.plugin=p", "environment.options.- a: b= c: d #",
                                "data.sources.0.name=null"));
    round_trip(LEAST,
               ARGUMENTS("run.title=\xc2\x85\xe2\x80\xa8\u2029\xef\xbb\xbf", "data.action='~'"));
    round_trip(LEAST, ARGUMENTS("data.camera=[a, 'b: c']", "data.text=[\"~\", 'null']",
                                "data.caption=null", "network.camera_depth=0"));
    round_trip(LEAST "  caption: 'null'\nrun: {title: \"~\"}\n", NULL);
    round_trip(LEAST, ARGUMENTS("run.title= blanks ", "data.action='-'", "data.sources.0.path=."));
    round_trip(LEAST, ARGUMENTS("data.action=[a, b/c]", "data.observation=a"));
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

/* The order of keys in the file does not show. */
static void test_canonical(void **state) {
    static const char *const texts[] = {
        LEAST "environment: {plugin: m, options: {a: 1, b: 2}}\ntrain: {lr: 1e-3, batch: 64}\n",
        "train: {batch: 6.4e1, lr: 0.001}\nenvironment: {options: {b: '2', a: 1}, plugin: "
        "m}\n" LEAST,
    };
    char *written[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        ambit_config *config = good(texts[i], NULL);
        assert_int_equal(ambit_config_write(config, 0, &written[i]), AMBIT_OK);
        ambit_config_destroy(config);
    }
    assert_string_equal(written[0], written[1]);
    free(written[0]);
    free(written[1]);
}

static void test_origins(void **state) {
    char *text;
    (void)state;
    ambit_config *config = good(
        LEAST "environment: {plugin: m, options: {a: 1}}\n",
        ARGUMENTS("train.lr=0.002", "train.decay=0.30000000000000004", "environment.options.b=2"));
    assert_int_equal(ambit_config_write(config, 1, &text), AMBIT_OK);
    assert_non_null(strstr(text, "  lr: 0.002  # argument\n"));
    assert_non_null(strstr(text, "  decay: 0.30000000000000004  # argument\n"));
    assert_non_null(strstr(text, "    - path: data/clean  # m.yaml:3\n"));
    assert_non_null(strstr(text, "      sigma_min: 0.6  # m.yaml:4\n"));
    assert_non_null(strstr(text, "  observation: [observation]  # m.yaml:5\n"));
    assert_non_null(strstr(text, "  batch: 128  # default\n"));
    assert_non_null(strstr(text, "    a: 1  # m.yaml:6:39\n"));
    assert_non_null(strstr(text, "    b: 2  # argument\n"));
    free(text);
    ambit_config_destroy(config);
}

/* Every row has a default that its own bounds admit, help, and a place of its own. */
static void test_schema(void **state) {
    int count, index;
    const ambit_schema_row *rows = ambit_schema_rows(&count);
    (void)state;
    for (int i = 0; i < count; i++) {
        char problem[AMBIT_PROBLEM_SIZE];
        int64_t member[2];
        assert_ptr_equal(ambit_schema_find(rows[i].path, &index), &rows[i]);
        assert_true(strlen(rows[i].help) > 10);
        if (rows[i].initial && rows[i].type < AMBIT_TYPE_LIST &&
            !ambit_value_read(&rows[i], rows[i].initial, member, problem))
            fail_msg("%s: %s", rows[i].path, problem);
        for (int k = 0; k < i; k++)
            assert_true(rows[k].offset != rows[i].offset || rows[k].type == AMBIT_TYPE_SOURCES);
    }
    assert_ptr_equal(ambit_schema_find("data.sources.12.path", &index),
                     ambit_schema_find("data.sources.N.path", &count));
    assert_int_equal(ambit_schema_find("data.sources.12.path", &index) ? index : -1, 12);
    assert_null(ambit_schema_find("data.sources.-1.path", &index));
    assert_null(ambit_schema_find("data.sources.99999999999.path", &index));
}

/* What the schema admits, core admits: a value at a bound may be refused for what another setting
 * is, but not for being out of core's own bounds. */
static void test_bounds_agree(void **state) {
    int count, tried = 0;
    const ambit_schema_row *rows = ambit_schema_rows(&count);
    (void)state;
    for (int i = 0; i < count; i++) {
        const double bounds[2] = {rows[i].least, rows[i].most};
        if ((rows[i].type != AMBIT_TYPE_INTEGER && rows[i].type != AMBIT_TYPE_NUMBER) ||
            (rows[i].least == 0 && rows[i].most == 0))
            continue;
        for (int end = rows[i].above ? 1 : 0; end < 2; end++, tried++) {
            char path[AMBIT_PATH_SIZE], argument[256];
            ambit_config *config;
            ambit_schema_path(&rows[i], strstr(rows[i].path, ".N.") ? 0 : -1, path);
            snprintf(argument, sizeof argument, "%s=%.17g", path, bounds[end]);
            const ambit_status status =
                parse(LEAST "  camera: [a]\n  text: [b]\n  caption: c\n",
                      ARGUMENTS("network.precondition=full", "schedule.kind=lognormal",
                                "train.slots=16", argument),
                      &config);
            if (status != AMBIT_OK && strstr(ambit_message(), "; give a number"))
                fail_msg("%s: %s", argument, ambit_message());
            ambit_config_destroy(config);
        }
    }
    assert_true(tried > 80);
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
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_action_in_parts),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_null_of_required),
        cmocka_unit_test(test_all_errors_at_once),
        cmocka_unit_test(test_single_faults),
        cmocka_unit_test(test_no_follow_on_errors),
        cmocka_unit_test(test_nasty_yaml),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_damaged_text),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_short_runs),
        cmocka_unit_test(test_conditioning),
        cmocka_unit_test(test_unknown_conditioning),
        cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_schema),
        cmocka_unit_test(test_bounds_agree),
        cmocka_unit_test(test_core_checks),
        cmocka_unit_test(test_annotated),
        cmocka_unit_test(test_explain),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
