/* Which conditions are dropped, and captions as n-grams. */
#include "core/networks/condition.h"
#include "core/networks/ngram.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { DRAWS = 40000, SLOTS = 8 };

/* Each as often as asked, never and always exactly, and independently of each other. */
static void test_drop(void **state) {
    static const double drop[AMBIT_CONDITIONS] = {0, 1, 0.1, 0.5};
    int dropped[AMBIT_CONDITIONS] = {0}, both = 0, keeps[AMBIT_CONDITIONS];
    (void)state;
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        ambit_condition_drop(5, draw, drop, keeps);
        for (int c = 0; c < AMBIT_CONDITIONS; c++)
            dropped[c] += !keeps[c];
        both += !keeps[2] && !keeps[3];
    }
    assert_int_equal(dropped[0], 0);
    assert_int_equal(dropped[1], DRAWS);
    const double expected[3] = {0.1, 0.5, 0.05};
    const int found[3] = {dropped[2], dropped[3], both};
    for (int i = 0; i < 3; i++) { /* five standard deviations */
        const double spread = sqrt(DRAWS * expected[i] * (1 - expected[i]));
        assert_true(fabs(found[i] - DRAWS * expected[i]) < 5 * spread);
    }
}

/* A draw's outcome depends on nothing but seed, draw and the condition's own probability. */
static void test_drop_repeats(void **state) {
    static const double one[AMBIT_CONDITIONS] = {0.5, 0.5, 0.5, 0.5};
    static const double other[AMBIT_CONDITIONS] = {0, 1, 0.5, 0.9};
    int a[AMBIT_CONDITIONS], b[AMBIT_CONDITIONS], changed = 0;
    (void)state;
    for (uint64_t draw = 0; draw < 200; draw++) {
        ambit_condition_drop(5, draw, one, a);
        ambit_condition_drop(5, draw, one, b);
        assert_memory_equal(a, b, sizeof a);
        ambit_condition_drop(5, draw, other, b);
        assert_int_equal(a[2], b[2]);
        ambit_condition_drop(6, draw, one, b);
        changed += memcmp(a, b, sizeof a) != 0;
    }
    assert_true(changed > 150);
}

static void assert_ngrams(const char *caption, int64_t buckets, const float expected[SLOTS]) {
    float numbers[SLOTS];
    ambit_ngrams(caption, strlen(caption), SLOTS, buckets, numbers);
    assert_memory_equal(numbers, expected, sizeof numbers);
}

/* The 64-bit FNV-1a hashes of "a" and "b", as published with the function. */
static void test_ngrams(void **state) {
    const uint64_t a = 0xaf63dc4c8601ec8cu, b = 0xaf63df4c8601f1a5u, prime = 0x100000001b3u;
    const uint64_t a_b = (((a ^ ' ') * prime) ^ 'b') * prime,
                   b_a = (((b ^ ' ') * prime) ^ 'a') * prime;
    (void)state;
    const float pair[SLOTS] = {
        (float)(a % 1000), (float)(b % 1000), (float)(a_b % 1000), -1, -1, -1, -1, -1};
    assert_ngrams("a b", 1000, pair);
    assert_ngrams("  A, b!", 1000, pair);
    const float turned[SLOTS] = {
        (float)(b % 7), (float)(a % 7), (float)(b_a % 7), -1, -1, -1, -1, -1};
    assert_ngrams("b-a", 7, turned);
    const float none[SLOTS] = {-1, -1, -1, -1, -1, -1, -1, -1};
    assert_ngrams("", 7, none);
    assert_ngrams(" .,!", 7, none);
}

/* Words come first, pairs fill what is left, and nothing is written past the slots. */
static void test_many_ngrams(void **state) {
    const char *const caption = "one two three four five six seven";
    float few[SLOTS + 1], all[13];
    (void)state;
    few[SLOTS] = 99;
    ambit_ngrams(caption, strlen(caption), 13, 1 << 20, all);
    ambit_ngrams(caption, strlen(caption), SLOTS, 1 << 20, few);
    assert_memory_equal(few, all, SLOTS * sizeof(float));
    assert_true(few[SLOTS] == 99);
    for (int i = 0; i < 13; i++) {
        assert_true(all[i] >= 0 && all[i] < 1 << 20 && all[i] == floorf(all[i]));
        for (int j = 0; j < i; j++)
            assert_true(all[i] != all[j]);
    }
    /* UTF-8 is part of a word */
    float greek[2];
    ambit_ngrams("σ", 2, 2, 1 << 20, greek);
    assert_true(greek[0] >= 0 && greek[1] == -1);
    /* a caption ends where its size says, and a NUL parts words as a blank does */
    float cut[2], whole[2];
    ambit_ngrams("onetwo", 3, 2, 1 << 20, cut);
    ambit_ngrams("one\0", 4, 2, 1 << 20, whole);
    assert_memory_equal(cut, whole, sizeof cut);
    assert_true(cut[0] == all[0] && cut[1] == -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_drop_repeats),
        cmocka_unit_test(test_ngrams),
        cmocka_unit_test(test_many_ngrams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
