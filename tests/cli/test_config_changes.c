/* What a run may be gone on with: every key of the schema that may change, and some that may not.
 */
#include "mpi/config/config.h"
#include "mpi/config/config_changes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char base[] =
    "data: {sources: [{path: a}, {path: b}], observation: [o], holdout: 0.1}\n"
    "train: {steps: 1000}\n"
    "environment: {plugin: maze}\n";

/* The canonical text of the base with overrides; the caller frees it. */
static char *text_with(const char *const *overrides, int count) {
    ambit_config *config;
    char *text;
    if (ambit_config_parse("base", base, overrides, count, &config) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    assert_int_equal(ambit_config_write(config, 0, &text), AMBIT_OK);
    ambit_config_destroy(config);
    return text;
}

/* Compares the base with one that has these overrides; the number of changes, or −1 where they are
 * refused. */
static int changes_of(const char *const *overrides, int count) {
    char *now = text_with(overrides, count);
    ambit_config_changes changes;
    const ambit_status status = ambit_config_compare("base", base, now, &changes);
    const int result = status == AMBIT_OK ? changes.count : -1;
    assert_true(status == AMBIT_OK || status == AMBIT_CONFIG);
    ambit_config_changes_free(&changes);
    free(now);
    return result;
}

static const char *const allowed[] = {"run.title=x",
                                      "data.sources.1.path=c/b",
                                      "data.cache_mib=9",
                                      "network.recompute=true",
                                      "train.steps=1001",
                                      "train.threads=3",
                                      "train.log_every=7",
                                      "train.checkpoint_every=7",
                                      "train.validate_every=7",
                                      "train.validate_samples=7",
                                      "train.keep=7",
                                      "sampler.kind=ancestral",
                                      "sampler.steps=3",
                                      "sampler.clamp=1",
                                      "sampler.precision=bf16",
                                      "environment.plugin=other",
                                      "environment.location=x",
                                      "environment.options.key=3",
                                      "annotation.threshold=0.4",
                                      "annotation.path=x",
                                      "eval.trials=3",
                                      "eval.seed=3",
                                      "eval.drawn=3"};

static void test_allowed(void **state) {
    (void)state;
    assert_int_equal(changes_of(NULL, 0), 0);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (changes_of(&allowed[i], 1) != 1)
            fail_msg("%s: %s", allowed[i], ambit_message());
}

static const char *const refused[] = {"run.seed=1",
                                      "data.sources.0.weight=2",
                                      "data.sources.1.sigma_min=0.5",
                                      "data.observation=[p]",
                                      "data.action=[p]",
                                      "data.horizon=8",
                                      "data.holdout=0.2",
                                      "data.normalise_action=none",
                                      "schedule.bins=99",
                                      "ambient.loss=ambient",
                                      "network.width=9",
                                      "network.drop=0.1",
                                      "train.steps=999",
                                      "train.batch=256",
                                      "train.slots=2",
                                      "train.lr=0.5",
                                      "train.ema=0.5",
                                      "train.warmup=1",
                                      "train.precision=bf16",
                                      "data.sources=[{path: a}]",
                                      "data.sources=[{path: a}, {path: b}, {path: c}]"};

static void test_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (changes_of(&refused[i], 1) != -1)
            fail_msg("%s may change", refused[i]);
}

/* The default of the warm-up follows the steps; so it may, where these grow. */
static void test_longer(void **state) {
    (void)state;
    static const char *const longer[] = {"train.steps=2000"};
    static const char *const warmer[] = {"train.steps=2000", "train.warmup=5"};
    static const char *const other[] = {"train.steps=2000", "train.decay=0.5"};
    assert_int_equal(changes_of(longer, 1), 2);
    assert_int_equal(changes_of(warmer, 2), 2);
    assert_int_equal(changes_of(other, 2), -1);
    assert_non_null(strstr(ambit_message(), "there: train.decay: 0.0001"));
    assert_non_null(strstr(ambit_message(), "here:  train.decay: 0.5"));
    assert_null(strstr(ambit_message(), "train.steps"));
}

/* What is listed says from what to what. */
static void test_list(void **state) {
    (void)state;
    static const char *const overrides[] = {"environment.options.b=2", "environment.options.a=x y",
                                            "data.sources.0.path=z/a", "eval.trials=5"};
    char *now = text_with(overrides, 4);
    ambit_config_changes changes;
    assert_int_equal(ambit_config_compare("base", base, now, &changes), AMBIT_OK);
    assert_int_equal(changes.count, 3);
    assert_string_equal(changes.list[0].path, "data.sources.0.path");
    assert_string_equal(changes.list[0].before, "a");
    assert_string_equal(changes.list[0].now, "z/a");
    assert_string_equal(changes.list[1].path, "environment.options");
    assert_string_equal(changes.list[1].before, "{}");
    assert_string_equal(changes.list[1].now, "{a: \"x y\", b: 2}");
    assert_string_equal(changes.list[2].before, "1000");
    assert_string_equal(changes.list[2].now, "5");
    ambit_config_changes_free(&changes);
    free(now);
}

/* What cannot be read is said to be of the file that it came from. */
static void test_unreadable(void **state) {
    (void)state;
    ambit_config_changes changes;
    char *now = text_with(NULL, 0);
    assert_int_equal(ambit_config_compare("run/config.yaml", "trian: {}\n", now, &changes),
                     AMBIT_CONFIG);
    assert_non_null(strstr(ambit_message(), "run/config.yaml:1:1: trian: unknown key"));
    free(now);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allowed),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_longer),     cmocka_unit_test(test_list),
        cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
