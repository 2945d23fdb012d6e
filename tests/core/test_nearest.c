/* Suggestions for misspelt words. */
#include "core/base/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_distance(void **state) {
    static const struct {
        const char *one, *other;
        int distance;
    } rows[] = {{"", "", 0},           {"", "abc", 3},        {"kitten", "sitting", 3},
                {"batch", "Batch", 0}, {"bacth", "batch", 1}, {"sigma", "sgima", 1},
                {"ca", "abc", 3},      {"flaw", "lawn", 2},   {"ab", "ba", 1},
                {"steps", "step", 1},  {"observe", "act", 7}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(ambit_edit_distance(rows[i].one, rows[i].other), rows[i].distance);
        assert_int_equal(ambit_edit_distance(rows[i].other, rows[i].one), rows[i].distance);
    }
}

static void test_nearest(void **state) {
    static const char *const words[] = {"batch", "steps", NULL, "sigma_min", "sigma_max", "lr"};
    (void)state;
    assert_int_equal(ambit_nearest("bacth", words, 6), 0);
    assert_int_equal(ambit_nearest("step", words, 6), 1);
    assert_int_equal(ambit_nearest("sigma_maz", words, 6), 4);
    assert_int_equal(ambit_nearest("sigma_mxx", words, 6), 4);
    assert_int_equal(ambit_nearest("sigma", words, 6), -1);
    assert_int_equal(ambit_nearest("rl", words, 6), 5);
    assert_int_equal(ambit_nearest("xy", words, 6), -1);
    assert_int_equal(ambit_nearest("x", words, 6), -1);
    assert_int_equal(ambit_nearest("", words, 6), -1);
    assert_int_equal(ambit_nearest("batch", words, 0), -1);
}

static void test_long_words(void **state) {
    char longest[AMBIT_NEAREST_LONGEST + 1], longer[AMBIT_NEAREST_LONGEST + 2];
    const char *words[] = {longest, longer};
    (void)state;
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(ambit_edit_distance(longest, ""), AMBIT_NEAREST_LONGEST);
    assert_true(ambit_edit_distance(longest, longer) > AMBIT_NEAREST_LONGEST);
    assert_int_equal(ambit_nearest(longest, words, 2), 0);
    assert_int_equal(ambit_nearest(longer, words, 2), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_distance),
                                       cmocka_unit_test(test_nearest),
                                       cmocka_unit_test(test_long_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
