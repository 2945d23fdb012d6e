/* Philox against the known answers of its authors, and what is built on it. */
#include "core/base/rng.h"
#include "statistics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_philox_known_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t out[4];
        ambit_philox(cases[i].counter, cases[i].key, out);
        assert_memory_equal(out, cases[i].out, sizeof out);
    }
}

static void test_stream_is_named_by_seed_purpose_and_index(void **state) {
    (void)state;
    const struct {
        uint64_t seed;
        uint32_t purpose;
        uint64_t index;
    } names[] = {
        {1, AMBIT_STREAM_DRAW, 2}, {1ull << 32, AMBIT_STREAM_DRAW, 2}, {1, AMBIT_STREAM_NOISE, 2},
        {1, AMBIT_STREAM_DRAW, 3}, {1, AMBIT_STREAM_DRAW, 2ull << 32},
    };
    enum { NAMES = sizeof names / sizeof *names };
    uint64_t words[NAMES];
    for (int i = 0; i < NAMES; i++) {
        ambit_rng rng = ambit_rng_open(names[i].seed, names[i].purpose, names[i].index);
        ambit_rng again = ambit_rng_open(names[i].seed, names[i].purpose, names[i].index);
        words[i] = (uint64_t)ambit_rng_word(&rng) << 32;
        words[i] |= ambit_rng_word(&rng);
        assert_int_equal(words[i] >> 32, ambit_rng_word(&again));
        for (int j = 0; j < i; j++)
            assert_true(words[i] != words[j]);
    }
}

static void test_uniform_fills_its_interval(void **state) {
    (void)state;
    enum { CELLS = 64, DRAWS = 100000 };
    ambit_rng rng = ambit_rng_open(7, AMBIT_STREAM_DRAW, 0);
    int64_t counts[CELLS] = {0};
    double probability[CELLS];
    for (int i = 0; i < DRAWS; i++) {
        double u = ambit_rng_uniform(&rng);
        assert_true(u >= 0 && u < 1);
        counts[(int)(u * CELLS)]++;
    }
    for (int i = 0; i < CELLS; i++)
        probability[i] = 1.0 / CELLS;
    assert_true(chi_square_z(counts, probability, CELLS, DRAWS) < MOST_DEVIATIONS);
}

static void test_below_is_unbiased(void **state) {
    (void)state;
    enum { BOUND = 7, DRAWS = 70000 };
    ambit_rng rng = ambit_rng_open(8, AMBIT_STREAM_DRAW, 0);
    int64_t counts[BOUND] = {0};
    double probability[BOUND];
    for (int i = 0; i < BOUND; i++)
        probability[i] = 1.0 / BOUND;
    for (int i = 0; i < DRAWS; i++)
        counts[ambit_rng_below(&rng, BOUND)]++;
    assert_true(chi_square_z(counts, probability, BOUND, DRAWS) < MOST_DEVIATIONS);
    assert_int_equal(ambit_rng_below(&rng, 1), 0);
}

/* 2⁶⁴ mod (3·2⁶²) = 2⁶²: a plain remainder would give the lowest third twice as often. */
static void test_below_a_large_bound_is_unbiased(void **state) {
    (void)state;
    enum { DRAWS = 30000 };
    const uint64_t third = 1ull << 62;
    const double probability[3] = {1 / 3.0, 1 / 3.0, 1 / 3.0};
    ambit_rng rng = ambit_rng_open(9, AMBIT_STREAM_DRAW, 0);
    int64_t counts[3] = {0};
    for (int i = 0; i < DRAWS; i++)
        counts[ambit_rng_below(&rng, 3 * third) / third]++;
    assert_true(chi_square_z(counts, probability, 3, DRAWS) < MOST_DEVIATIONS);
}

static void test_normals_have_the_moments_of_the_normal(void **state) {
    (void)state;
    enum { DRAWS = 400001 };
    static const double expected[] = {0, 1, 0, 3, 0, 15}; /* E xⁿ, n = 1 … 6 */
    float *values = malloc(DRAWS * sizeof *values);
    assert_non_null(values);
    ambit_rng rng = ambit_rng_open(10, AMBIT_STREAM_NOISE, 0);
    ambit_rng_normals(&rng, values, DRAWS);
    for (int n = 1; n <= 6; n++) {
        moments m = {0};
        for (int i = 0; i < DRAWS; i++)
            moments_add(&m, pow(values[i], n));
        assert_true(fabs(moments_z(&m, expected[n - 1])) < MOST_DEVIATIONS);
    }
    moments neighbours = {0}; /* the two that one block gives must not go together */
    for (int i = 0; i + 1 < DRAWS; i += 2)
        moments_add(&neighbours, (double)values[i] * values[i + 1]);
    assert_true(fabs(moments_z(&neighbours, 0)) < MOST_DEVIATIONS);
    free(values);
}

static void test_normals_in_pieces_are_the_same_normals(void **state) {
    (void)state;
    float whole[9], pieces[9];
    ambit_rng a = ambit_rng_open(11, AMBIT_STREAM_NOISE, 5), b = a;
    ambit_rng_normals(&a, whole, 9);
    ambit_rng_normals(&b, pieces, 3);
    ambit_rng_normals(&b, pieces + 3, 6);
    assert_memory_equal(whole, pieces, sizeof whole);
}

static void test_permutation_is_a_bijection(void **state) {
    (void)state;
    static const uint64_t sizes[] = {1, 2, 3, 4, 5, 16, 17, 1000, 4096, 10007};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        char *seen = calloc(sizes[s], 1);
        assert_non_null(seen);
        for (uint64_t i = 0; i < sizes[s]; i++) {
            uint64_t place = ambit_permute(0x123456789abcdefull, sizes[s], i);
            assert_true(place < sizes[s]);
            assert_int_equal(seen[place]++, 0);
        }
        free(seen);
    }
}

static void test_permutation_depends_on_its_key_and_reaches_far(void **state) {
    (void)state;
    const uint64_t size = 10000000000ull;
    int same = 0, high = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t place = ambit_permute(1, size, i);
        assert_true(place < size);
        same += place == ambit_permute(2, size, i);
        high += place >= size / 2;
    }
    assert_int_equal(same, 0);
    assert_in_range(high, 400, 600);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_stream_is_named_by_seed_purpose_and_index),
        cmocka_unit_test(test_uniform_fills_its_interval),
        cmocka_unit_test(test_below_is_unbiased),
        cmocka_unit_test(test_below_a_large_bound_is_unbiased),
        cmocka_unit_test(test_normals_have_the_moments_of_the_normal),
        cmocka_unit_test(test_normals_in_pieces_are_the_same_normals),
        cmocka_unit_test(test_permutation_is_a_bijection),
        cmocka_unit_test(test_permutation_depends_on_its_key_and_reaches_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
