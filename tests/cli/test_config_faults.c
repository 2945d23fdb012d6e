/* What a configuration is refused for, all of it at once, and where; and text that is none. */
#include "config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_errors_at_once),
        cmocka_unit_test(test_single_faults),
        cmocka_unit_test(test_no_follow_on_errors),
        cmocka_unit_test(test_nasty_yaml),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_damaged_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
