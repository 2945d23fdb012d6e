/* What overrides a configuration's values: arguments, options of plugins, and null, which is as
 * good as nothing. */
#include "config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_null_of_required),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
