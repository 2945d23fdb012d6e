/* Text from outside, shown on a terminal. */
#include "core/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_decode(void **state) {
    static const struct {
        const char *text;
        int length;
        uint32_t point;
    } rows[] = {
        {"", 1, 0},
        {"a", 1, 'a'},
        {"é!", 2, 0xe9},
        {"…", 3, 0x2026},
        {"\xf0\x9f\xa4\x96", 4, 0x1f916},
        {"\x80", 0, 0},             /* begins in the middle */
        {"\xc3", 0, 0},             /* cut */
        {"\xe2\x80", 0, 0},         /* cut */
        {"\xc0\xaf", 0, 0},         /* overlong */
        {"\xe0\x80\xaf", 0, 0},     /* overlong */
        {"\xed\xa0\x80", 0, 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 0, 0}, /* beyond the last */
        {"\xff", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t point = 0;
        assert_int_equal(ambit_utf8_decode(rows[i].text, &point), rows[i].length);
        if (rows[i].length)
            assert_int_equal(point, rows[i].point);
    }
}

static void test_shown(void **state) {
    static const struct {
        const char *text, *kept, *shown;
    } rows[] = {
        {"", "", ""},
        {"épisode 7, ∑ = 3 \\ 4", "", "épisode 7, ∑ = 3 \\ 4"},
        {"\x1b]0;owned\x07", "", "\\x1b]0;owned\\x07"},
        {"\x1b[2J\x1b[1;1H", "", "\\x1b[2J\\x1b[1;1H"},
        {"a\nb\tc\rd\be\x7f", "", "a\\nb\\tc\\rd\\x08e\\x7f"},
        {"a\nb\rc", "\n", "a\nb\\rc"},
        {"\xc2\x9b"
         "31m",
         "", "\\x9b31m"},                                    /* CSI in one character */
        {"caf\xe9", "", "caf\\xe9"},                         /* Latin-1 */
        {"\x9b", "", "\\x9b"},                               /* CSI in one byte */
        {"user\xe2\x80\xae/nimda", "", "user\\u202e/nimda"}, /* right to left */
        {"a\xe2\x80\xa8z", "", "a\\u2028z"},                 /* a line break */
        {"\xf3\xa0\x81\x81", "", "\\U000e0041"},             /* an invisible letter */
        {"\xed\xa0\x80", "", "\\xed\\xa0\\x80"},             /* a surrogate */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[64];
        assert_true(strlen(rows[i].shown) <= AMBIT_TEXT_GROWTH * strlen(rows[i].text));
        assert_string_equal(ambit_text_shown(rows[i].text, rows[i].kept, out, sizeof out),
                            rows[i].shown);
    }
}

/* No byte, alone or behind another, leaves anything that a terminal acts on. */
static void test_every_pair(void **state) {
    (void)state;
    for (int first = 1; first < 256; first++)
        for (int second = 0; second < 256; second++) {
            const char text[] = {(char)first, (char)second, '\0'};
            char out[16];
            uint32_t point;
            const char *at = ambit_text_shown(text, "", out, sizeof out);
            for (int length; *at; at += length) {
                length = ambit_utf8_decode(at, &point);
                assert_int_not_equal(length, 0);
                assert_true(ambit_point_is_printable(point));
            }
        }
}

/* Cut text ends in an ellipsis, between characters. */
static void test_cut(void **state) {
    static const struct {
        size_t size;
        const char *shown;
    } rows[] = {
        {4, "…"},   {5, "a…"},   {6, "a…"},        {7, "aé…"},        {8, "aé…"},
        {9, "aé…"}, {10, "aé…"}, {11, "aé\\x1b…"}, {12, "aé\\x1bz…"}, {14, "aé\\x1bzyxwvu"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[32];
        memset(out, '#', sizeof out);
        assert_string_equal(ambit_text_shown("aé\x1bzyxwvu", "", out, rows[i].size), rows[i].shown);
        assert_int_equal(out[rows[i].size], '#');
    }
}

static void test_length(void **state) {
    (void)state;
    assert_int_equal(ambit_text_length(""), 0);
    assert_int_equal(ambit_text_length("σ ≥ 0.2"), 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_decode), cmocka_unit_test(test_shown),
                                       cmocka_unit_test(test_every_pair),
                                       cmocka_unit_test(test_cut), cmocka_unit_test(test_length)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
