/* Statistics against hand values and numpy's, and of parts against the whole. */
#include "core/base/rng.h"
#include "datasets/statistics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void assert_near(double value, double wanted, double tolerance) {
    if (!(fabs(value - wanted) <= tolerance * (1 + fabs(wanted))))
        fail_msg("%.9g where %.9g is wanted", value, wanted);
}

static void see(const float *values, int64_t steps, int64_t elements, ambit_statistics *s) {
    const ambit_element_groups groups = {1, 1, elements};
    ambit_tally *tally;
    assert_int_equal(ambit_tally_create(&groups, AMBIT_STORE_F32, &tally), AMBIT_OK);
    assert_int_equal(ambit_tally_add(tally, values, steps / 3), AMBIT_OK);
    assert_int_equal(ambit_tally_add(tally, values + steps / 3 * elements, steps - steps / 3),
                     AMBIT_OK);
    assert_int_equal(ambit_tally_finish(tally, s), AMBIT_OK);
    ambit_tally_destroy(tally);
}

static void hand_values(void **state) {
    (void)state;
    const float values[] = {4, -1, 2, 5, 0, 5, 10, 5};
    ambit_statistics s;
    see(values, 4, 2, &s);
    assert_int_equal(s.count, 4);
    assert_near(s.mean[0], 4, 1e-15); /* of 4 2 0 10 */
    assert_near(s.std[0], sqrt((0 + 4 + 16 + 36) / 4.), 1e-15);
    assert_true(s.least[0] == 0 && s.greatest[0] == 10);
    /* numpy: quantiles .01 and .99 of 0 2 4 10 lie .03 of the way from the ends. */
    assert_near(s.q01[0], .06, 1e-6);
    assert_near(s.q99[0], 10 - .03 * 6, 1e-6);
    assert_true(s.least[1] == -1 && s.greatest[1] == 5);
    assert_int_equal(s.points, 4);
    assert_true(s.sketch[0] == 0 && s.sketch[1] == 2 && s.sketch[3] == 10 && s.sketch[4] == -1);
    ambit_statistics_destroy(&s);
}

static void integers(void **state) {
    (void)state;
    const int64_t values[] = {INT64_C(1) << 40, 0, -(INT64_C(1) << 40)};
    const ambit_element_groups one = {1, 1, 1};
    ambit_tally *tally;
    ambit_statistics s;
    assert_int_equal(ambit_tally_create(&one, AMBIT_STORE_I64, &tally), AMBIT_OK);
    assert_int_equal(ambit_tally_add(tally, values, 3), AMBIT_OK);
    assert_int_equal(ambit_tally_finish(tally, &s), AMBIT_OK);
    assert_near(s.mean[0], 0, 1e-3);
    assert_true(s.greatest[0] == 0x1p40 && s.least[0] == -0x1p40);
    ambit_statistics_destroy(&s);
    ambit_tally_destroy(tally);
}

static void not_finite(void **state) {
    (void)state;
    const float values[] = {1, 2, 3, INFINITY};
    const ambit_element_groups two = {1, 1, 2};
    ambit_tally *tally;
    assert_int_equal(ambit_tally_create(&two, AMBIT_STORE_F32, &tally), AMBIT_OK);
    assert_int_equal(ambit_tally_add(tally, values, 2), AMBIT_DATA);
    assert_non_null(strstr(ambit_message(), "step 1, element 1"));
    ambit_tally_destroy(tally);
}

enum { STEPS = 30000, ELEMENTS = 3 };

/* A skewed, a normal and a discrete element. */
static float *make_values(void) {
    float *values = calloc(STEPS * ELEMENTS, sizeof *values);
    ambit_rng rng = ambit_rng_open(5, 1, 0);
    for (int s = 0; s < STEPS; s++) {
        values[s * ELEMENTS] = (float)exp(2. * s / STEPS); /* ascending: parts differ much */
        values[s * ELEMENTS + 1] = ambit_rng_normal(&rng);
        values[s * ELEMENTS + 2] = (float)ambit_rng_below(&rng, 3);
    }
    return values;
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The part of an element's values that are below `value`. */
static double rank_of(const float *values, int element, double value) {
    float *sorted = calloc(STEPS, sizeof *sorted);
    int below = 0;
    for (int s = 0; s < STEPS; s++)
        sorted[s] = values[s * ELEMENTS + element];
    qsort(sorted, STEPS, sizeof *sorted, ascending);
    while (below < STEPS && sorted[below] < value)
        below++;
    free(sorted);
    return (double)below / STEPS;
}

static void parts_make_the_whole(void **state) {
    (void)state;
    static const int64_t sizes[] = {100, 9000, 0, 5900, 15000};
    float *values = make_values();
    ambit_statistics parts[5], merged, whole;
    const float *from = values;
    for (int p = 0; p < 5; from += sizes[p++] * ELEMENTS)
        see(from, sizes[p], ELEMENTS, &parts[p]);
    see(values, STEPS, ELEMENTS, &whole);
    assert_int_equal(ambit_statistics_merge(parts, 5, &merged), AMBIT_OK);
    assert_int_equal(merged.count, STEPS);
    assert_int_equal(merged.points, 512);
    for (int e = 0; e < ELEMENTS; e++) {
        assert_near(merged.mean[e], whole.mean[e], 1e-12);
        assert_near(merged.std[e], whole.std[e], 1e-12);
        assert_true(merged.least[e] == whole.least[e]);
        assert_true(merged.greatest[e] == whole.greatest[e]);
    }
    for (int e = 0; e < 2; e++) {
        assert_near(rank_of(values, e, merged.q01[e]), .01, 1. / 512);
        assert_near(rank_of(values, e, merged.q99[e]), .99, 1. / 512);
    }
    assert_true(merged.q01[2] == 0 && merged.q99[2] == 2);
    for (int p = 0; p < 5; p++)
        ambit_statistics_destroy(&parts[p]);
    ambit_statistics_destroy(&merged);
    ambit_statistics_destroy(&whole);
    free(values);
}

/* Parts that keep all their values give the very quantiles of the whole. */
static void small_parts_are_exact(void **state) {
    (void)state;
    float *values = make_values();
    ambit_statistics parts[3], merged, whole;
    for (int p = 0; p < 3; p++)
        see(values + p * 150 * ELEMENTS, 150, ELEMENTS, &parts[p]);
    see(values, 450, ELEMENTS, &whole);
    assert_int_equal(ambit_statistics_merge(parts, 3, &merged), AMBIT_OK);
    assert_memory_equal(merged.q01, whole.q01, ELEMENTS * sizeof(double));
    assert_memory_equal(merged.q99, whole.q99, ELEMENTS * sizeof(double));
    assert_int_equal(merged.points, 450);
    assert_memory_equal(merged.sketch, whole.sketch, ELEMENTS * 450 * sizeof(float));
    for (int p = 0; p < 3; p++)
        ambit_statistics_destroy(&parts[p]);
    ambit_statistics_destroy(&merged);
    ambit_statistics_destroy(&whole);
    free(values);
}

static void wide_fields_keep_less(void **state) {
    (void)state;
    assert_int_equal(ambit_statistics_points(7, 100), 100);
    assert_int_equal(ambit_statistics_points(7, 100000), 512);
    assert_int_equal(ambit_statistics_points(4000, 100000), 262);
    assert_int_equal(ambit_statistics_points(5000, 100000), 0);
    float *values = calloc(5000 * 2, sizeof *values);
    ambit_statistics s;
    values[3] = 8;
    see(values, 2, 5000, &s);
    assert_true(s.q01[3] == 0 && s.q99[3] == 8 && s.mean[3] == 4);
    ambit_statistics_destroy(&s);
    free(values);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hand_values),
        cmocka_unit_test(integers),
        cmocka_unit_test(not_finite),
        cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(small_parts_are_exact),
        cmocka_unit_test(wide_fields_keep_less),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
