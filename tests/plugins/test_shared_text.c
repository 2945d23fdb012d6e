/* Characters and lists of names, as plugins share them. */
#include "plugins/shared/names.h"
#include "plugins/shared/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    int64_t code;
    const char *bytes;
} characters[] = {{'a', "a"},
                  {0x7f, "\x7f"},
                  {0x80, "\xc2\x80"},
                  {0xe9, "\xc3\xa9"},
                  {0x7ff, "\xdf\xbf"},
                  {0x800, "\xe0\xa0\x80"},
                  {0xd7ff, "\xed\x9f\xbf"},
                  {0xe000, "\xee\x80\x80"},
                  {0xffff, "\xef\xbf\xbf"},
                  {0x10000, "\xf0\x90\x80\x80"},
                  {0x10ffff, "\xf4\x8f\xbf\xbf"}};
enum { CHARACTERS = sizeof characters / sizeof *characters };

static void characters_are_written(void **state) {
    static const int64_t none[] = {-1, 0xd800, 0xdfff, 0x110000, INT64_MAX, INT64_MIN};
    uint8_t out[SHARED_UTF8_MOST];
    (void)state;
    for (int c = 0; c < CHARACTERS; c++) {
        assert_int_equal(shared_utf8_put(characters[c].code, out), strlen(characters[c].bytes));
        assert_memory_equal(out, characters[c].bytes, strlen(characters[c].bytes));
    }
    assert_int_equal(shared_utf8_put(0, out), 1);
    for (int n = 0; n < 6; n++)
        assert_int_equal(shared_utf8_put(none[n], out), 0);
}

static void what_is_utf8_is_told(void **state) {
    static const char *const none[] = {"\x80",
                                       "\xbf",
                                       "a\xc3",
                                       "\xc3 ",
                                       "\xc0\xaf",
                                       "\xc1\xbf", /* too long */
                                       "\xe0\x80\xaf",
                                       "\xe0\x9f\xbf",
                                       "\xf0\x80\x80\xaf",
                                       "\xed\xa0\x80",
                                       "\xed\xbf\xbf", /* surrogates */
                                       "\xf4\x90\x80\x80",
                                       "\xf8\x88\x80\x80\x80",
                                       "\xff",
                                       "\xe6\x8a",
                                       "caf\xe9",
                                       "\xf0\x90\x80"};
    char all[64] = "";
    (void)state;
    for (int c = 0; c < CHARACTERS; c++) {
        strcat(all, characters[c].bytes);
        assert_true(shared_utf8_is_valid((const uint8_t *)all, strlen(all)));
    }
    assert_true(shared_utf8_is_valid((const uint8_t *)"", 0));
    assert_true(shared_utf8_is_valid((const uint8_t *)"a\0b", 3));
    for (size_t n = 0; n < sizeof none / sizeof *none; n++)
        assert_false(shared_utf8_is_valid((const uint8_t *)none[n], strlen(none[n])));
}

static void names_are_separated_by_commas(void **state) {
    static const struct {
        const char *list, *names[4];
    } cases[] = {{"", {0}},
                 {" , ,", {0}},
                 {"a", {"a"}},
                 {"a,b/c", {"a", "b/c"}},
                 {"  a b , c,,d ", {"a b", "c", "d"}}};
    (void)state;
    for (int c = 0; c < 5; c++) {
        const char *rest = cases[c].list;
        shared_span name;
        for (int n = 0; cases[c].names[n]; n++) {
            assert_true(shared_names_next(&rest, &name));
            assert_int_equal(name.size, strlen(cases[c].names[n]));
            assert_memory_equal(name.data, cases[c].names[n], name.size);
            assert_true(shared_names_have(cases[c].list, cases[c].names[n]));
        }
        assert_false(shared_names_next(&rest, &name));
        assert_false(shared_names_have(cases[c].list, ""));
        assert_false(shared_names_have(cases[c].list, "b"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_written),
        cmocka_unit_test(what_is_utf8_is_told),
        cmocka_unit_test(names_are_separated_by_commas),
    };
    return cmocka_run_group_tests_name("shared_text", tests, NULL, NULL);
}
