/* What is written back: the same configuration, in one order, with where each value came from. */
#include "config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
