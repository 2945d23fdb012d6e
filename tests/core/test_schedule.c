/* Noise levels, their probabilities, and which of them an ambit admits. */
#include "core/method/schedule.h"
#include "statistics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static ambit_schedule *make(ambit_schedule_kind kind, int bins) {
    const ambit_schedule_options options = {.kind = kind, .bins = bins, .mean = -1.2, .std = 1.2};
    ambit_schedule *schedule;
    assert_int_equal(ambit_schedule_create(&options, &schedule), AMBIT_OK);
    return schedule;
}

static void test_cosine_has_the_published_levels(void **state) {
    (void)state;
    static const struct {
        int step;
        double sigma;
    } published[] = {{0, .0251}, {3, .0737}, {25, .4054}, {29, .4616}};
    ambit_schedule *schedule = make(AMBIT_SCHEDULE_COSINE, 100);
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        assert_true(fabs(schedule->low[published[i].step] - published[i].sigma) < 5e-5);
        assert_true(ambit_schedule_sigma(schedule, published[i].step, 0.7) ==
                    schedule->low[published[i].step]);
    }
    /* β of the last step is capped at .999, which keeps σ below 1 */
    const double kept = (1 - pow(schedule->low[99], 2)) / (1 - pow(schedule->low[98], 2));
    assert_true(fabs(kept - .001) < 1e-8);
    ambit_schedule_destroy(schedule);
}

static void test_every_schedule_ascends_and_sums_to_one(void **state) {
    (void)state;
    static const int bins[] = {1, 2, 100, 1000, 65536};
    for (int kind = AMBIT_SCHEDULE_COSINE; kind <= AMBIT_SCHEDULE_LOGNORMAL; kind++)
        for (size_t b = 0; b < sizeof bins / sizeof *bins; b++) {
            ambit_schedule *schedule = make((ambit_schedule_kind)kind, bins[b]);
            double sum = 0;
            for (int k = 0; k < schedule->count; k++) {
                assert_true(schedule->low[k] >= 0 && schedule->high[k] <= 1);
                assert_true(schedule->low[k] < 1 && schedule->high[k] > 0);
                assert_true(schedule->probability[k] >= 0);
                if (kind == AMBIT_SCHEDULE_COSINE)
                    assert_true(schedule->low[k] == schedule->high[k]);
                else
                    assert_true(schedule->low[k] < schedule->high[k]);
                if (k > 0 && kind == AMBIT_SCHEDULE_COSINE)
                    assert_true(schedule->low[k] > schedule->high[k - 1]);
                else if (k > 0)
                    assert_true(schedule->low[k] == schedule->high[k - 1]);
                sum += schedule->probability[k];
            }
            assert_true(fabs(sum - 1) < 1e-12);
            ambit_schedule_destroy(schedule);
        }
}

/* P(ln σ_VE < mean) = ½ and P(within one std) = .6826895 by the normal distribution's table; the
 * edges of bins are not at these σ, so the nearest edge gives a bound. */
static void test_lognormal_has_its_median_and_width(void **state) {
    (void)state;
    static const struct {
        double score, below;
    } table[] = {{-2, .0227501319}, {-1, .1586552539}, {0, .5}, {1, .8413447461}, {2, .9772498681}};
    ambit_schedule *schedule = make(AMBIT_SCHEDULE_LOGNORMAL, 60000);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const double sigma = ambit_sigma_from_ve(exp(-1.2 + 1.2 * table[i].score));
        const int bin = ambit_schedule_bin(schedule, sigma);
        double below = 0;
        for (int k = 0; k < bin; k++)
            below += schedule->probability[k];
        assert_true(below <= table[i].below + 1e-9);
        assert_true(below + schedule->probability[bin] >= table[i].below - 1e-9);
    }
    ambit_schedule_destroy(schedule);
}

static void test_ambits_admit_whole_bins_only(void **state) {
    (void)state;
    static const struct {
        double sigma_min, sigma_max;
        int first_out, first_in; /* bins [first_out, first_in) of 10 are refused */
    } cases[] = {
        {0, 1, 0, 0},     /* clean */
        {.6, 0, 0, 6},    /* usable at high noise only */
        {.61, 0, 0, 7},   /* the bin that holds σ_min is not wholly inside */
        {1, .3, 3, 10},   /* right locally */
        {1, .39, 3, 10},  /* nor that which holds σ_max */
        {.7, .2, 2, 7},   /* both */
        {1, 0, 0, 10},    /* unusable */
        {1.5, -1, 0, 10}, /* beyond the ends: closed too */
        {0, 0, 0, 0},     /* the high side alone covers all */
        {1, 1, 0, 0},     /* the low side alone covers all */
    };
    ambit_schedule *schedule = make(AMBIT_SCHEDULE_UNIFORM, 10);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int k = 0; k < 10; k++)
            assert_int_equal(
                ambit_schedule_admits(schedule, k, cases[i].sigma_min, cases[i].sigma_max),
                k < cases[i].first_out || k >= cases[i].first_in);
    ambit_schedule_destroy(schedule);
}

static void test_bin_of_sigma(void **state) {
    (void)state;
    ambit_schedule *uniform = make(AMBIT_SCHEDULE_UNIFORM, 1000);
    assert_int_equal(ambit_schedule_bin(uniform, 0), 0);
    assert_int_equal(ambit_schedule_bin(uniform, 1), 999);
    for (int k = 0; k < 1000; k++) {
        assert_int_equal(ambit_schedule_bin(uniform, uniform->low[k]), k);
        assert_int_equal(ambit_schedule_bin(uniform, ambit_schedule_sigma(uniform, k, .99)), k);
    }
    ambit_schedule_destroy(uniform);
    ambit_schedule *cosine = make(AMBIT_SCHEDULE_COSINE, 100);
    assert_int_equal(ambit_schedule_bin(cosine, 0), 0);
    assert_int_equal(ambit_schedule_bin(cosine, 1), 99);
    for (int k = 0; k < 100; k++)
        assert_int_equal(ambit_schedule_bin(cosine, cosine->low[k]), k);
    const double gap = cosine->low[41] - cosine->low[40];
    assert_int_equal(ambit_schedule_bin(cosine, cosine->low[40] + .49 * gap), 40);
    assert_int_equal(ambit_schedule_bin(cosine, cosine->low[40] + .51 * gap), 41);
    ambit_schedule_destroy(cosine);
}

static void test_variance_exploding_units(void **state) {
    (void)state;
    assert_true(fabs(ambit_sigma_to_ve(.6) - .75) < 1e-15);
    assert_true(fabs(ambit_sigma_from_ve(.75) - .6) < 1e-15);
    assert_true(isinf(ambit_sigma_to_ve(1)));
    assert_true(ambit_sigma_from_ve(INFINITY) == 1);
    assert_true(ambit_sigma_from_ve(0) == 0);
}

static void test_senseless_options_are_refused(void **state) {
    (void)state;
    static const struct {
        ambit_schedule_options options;
        const char *says;
    } cases[] = {
        {{AMBIT_SCHEDULE_COSINE, 0, 0, 0}, "schedule.bins: 0; give a number from 1 to 65536"},
        {{AMBIT_SCHEDULE_UNIFORM, -5, 0, 0}, "schedule.bins: -5; give"},
        {{AMBIT_SCHEDULE_UNIFORM, 1 << 30, 0, 0}, "schedule.bins: 1073741824; give"},
        {{AMBIT_SCHEDULE_LOGNORMAL, 10, 0, 0},
         "schedule.std: 0; give a number above 0 and up to 20"},
        {{AMBIT_SCHEDULE_LOGNORMAL, 10, NAN, 1}, "schedule.mean: nan; give"},
        {{(ambit_schedule_kind)9, 10, 0, 1},
         "schedule.kind: there is no choice 9; give one of cosine|uniform|lognormal"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ambit_schedule *schedule;
        assert_int_equal(ambit_schedule_create(&cases[i].options, &schedule), AMBIT_CONFIG);
        assert_null(schedule);
        assert_non_null(strstr(ambit_message(), cases[i].says));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cosine_has_the_published_levels),
        cmocka_unit_test(test_every_schedule_ascends_and_sums_to_one),
        cmocka_unit_test(test_lognormal_has_its_median_and_width),
        cmocka_unit_test(test_ambits_admit_whole_bins_only),
        cmocka_unit_test(test_bin_of_sigma),
        cmocka_unit_test(test_variance_exploding_units),
        cmocka_unit_test(test_senseless_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
