/* The draw follows the laws of both loops exactly, rejects nothing and says what is missing. */
#include "core/method/draw.h"
#include "core/method/objective.h"
#include "statistics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DRAWS = 200000 };

/* One of each kind: clean, corrupt, right locally, both, unusable, of no weight, without samples.
 */
static const ambit_class classes[] = {
    {0, 100, 1, 0, 1},  {1, 5000, .5, .6, 0}, {2, 300, 2, 1, .3}, {3, 40, 1, .8, .2},
    {4, 1000, 1, 1, 0}, {5, 1000, 0, 0, 1},   {6, 0, 1, 0, 1},
};
enum { CLASSES = sizeof classes / sizeof *classes };

static ambit_schedule *make_schedule(ambit_schedule_kind kind, int bins) {
    const ambit_schedule_options options = {.kind = kind, .bins = bins, .mean = -.6, .std = 1.2};
    ambit_schedule *schedule;
    assert_int_equal(ambit_schedule_create(&options, &schedule), AMBIT_OK);
    return schedule;
}

static ambit_draw *make_draw(const ambit_schedule *schedule, ambit_draw_order order) {
    ambit_draw *draw;
    assert_int_equal(ambit_draw_create(schedule, order, classes, CLASSES, NULL, NULL, &draw),
                     AMBIT_OK);
    return draw;
}

static double admitted_weight(const ambit_schedule *schedule, int c, int k) {
    const ambit_class *class = &classes[c];
    return ambit_schedule_admits(schedule, k, class->sigma_min, class->sigma_max)
               ? (double)class->count * class->weight
               : 0;
}

/* joint[c·K + k]: the two loops as the literature writes them, summed up bin by bin. */
static double *joint_law(const ambit_schedule *schedule, ambit_draw_order order) {
    const int bins = schedule->count;
    double *joint = calloc((size_t)(CLASSES * bins), sizeof *joint), usable = 0;
    assert_non_null(joint);
    for (int c = 0; c < CLASSES; c++) {
        double mass = 0;
        for (int k = 0; k < bins; k++)
            mass += admitted_weight(schedule, c, k) > 0 ? schedule->probability[k] : 0;
        for (int k = 0; k < bins && mass > 0; k++) {
            double all = 0;
            for (int other = 0; other < CLASSES; other++)
                all += admitted_weight(schedule, other, k);
            joint[c * bins + k] = schedule->probability[k] * admitted_weight(schedule, c, k) /
                                  (order == AMBIT_DRAW_SIGMA_FIRST ? all : mass);
        }
        usable += mass > 0 ? (double)classes[c].count * classes[c].weight : 0;
    }
    for (int i = 0; i < CLASSES * bins && order == AMBIT_DRAW_SAMPLE_FIRST; i++)
        joint[i] /= usable;
    return joint;
}

static const struct {
    ambit_schedule_kind kind;
    int bins;
} schedules[] = {
    {AMBIT_SCHEDULE_COSINE, 100}, {AMBIT_SCHEDULE_UNIFORM, 64}, {AMBIT_SCHEDULE_LOGNORMAL, 200}};
enum { SCHEDULES = sizeof schedules / sizeof *schedules };

static void check_law(const ambit_schedule *schedule, ambit_draw_order order) {
    const int bins = schedule->count;
    ambit_draw *draw = make_draw(schedule, order);
    double *joint = joint_law(schedule, order), of_class[CLASSES] = {0};
    double *of_bin = calloc((size_t)bins, sizeof *of_bin);
    int64_t *cells = calloc((size_t)(CLASSES * bins), sizeof *cells), by_class[CLASSES] = {0};
    int64_t *by_bin = calloc((size_t)bins, sizeof *by_bin);
    assert_true(of_bin && cells && by_bin);
    for (int i = 0; i < CLASSES * bins; i++) {
        of_class[i / bins] += joint[i];
        of_bin[i % bins] += joint[i];
    }
    for (uint64_t number = 0; number < DRAWS; number++) {
        const ambit_drawn drawn = ambit_draw_at(draw, 5, number);
        assert_in_range(drawn.class_index, 0, CLASSES - 1);
        assert_in_range(drawn.bin, 0, bins - 1);
        assert_in_range(drawn.ordinal, 0, classes[drawn.class_index].count - 1);
        assert_true(drawn.sigma >= schedule->low[drawn.bin] &&
                    drawn.sigma <= schedule->high[drawn.bin]);
        cells[drawn.class_index * bins + drawn.bin]++;
        by_class[drawn.class_index]++;
        by_bin[drawn.bin]++;
    }
    assert_true(chi_square_z(cells, joint, CLASSES * bins, DRAWS) < MOST_DEVIATIONS);
    assert_true(chi_square_z(by_class, of_class, CLASSES, DRAWS) < MOST_DEVIATIONS);
    assert_true(chi_square_z(by_bin, of_bin, bins, DRAWS) < MOST_DEVIATIONS);
    for (int c = 0; c < CLASSES; c++)
        assert_true(fabs(ambit_draw_class_probability(draw, c) - of_class[c]) < 1e-12);
    for (int k = 0; k < bins; k++)
        assert_true(fabs(ambit_draw_bin_probability(draw, k) - of_bin[k]) < 1e-12);
    free(joint);
    free(of_bin);
    free(cells);
    free(by_bin);
    ambit_draw_destroy(draw);
}

static void test_joint_law_and_marginals_of_both_orders(void **state) {
    (void)state;
    for (int s = 0; s < SCHEDULES; s++) {
        ambit_schedule *schedule = make_schedule(schedules[s].kind, schedules[s].bins);
        check_law(schedule, AMBIT_DRAW_SIGMA_FIRST);
        check_law(schedule, AMBIT_DRAW_SAMPLE_FIRST);
        ambit_schedule_destroy(schedule);
    }
}

static void test_sigma_first_has_the_schedule_as_its_marginal(void **state) {
    (void)state;
    for (int s = 0; s < SCHEDULES; s++) {
        ambit_schedule *schedule = make_schedule(schedules[s].kind, schedules[s].bins);
        ambit_draw *draw = make_draw(schedule, AMBIT_DRAW_SIGMA_FIRST);
        double sum = 0;
        for (int k = 0; k < schedule->count; k++) {
            assert_true(fabs(ambit_draw_bin_probability(draw, k) - schedule->probability[k]) <=
                        1e-12 * schedule->probability[k]);
            sum += ambit_draw_bin_probability(draw, k);
        }
        assert_true(fabs(sum - 1) < 1e-12);
        ambit_draw_destroy(draw);
        ambit_schedule_destroy(schedule);
    }
}

static void test_samples_of_a_class_and_sigma_in_a_bin_are_uniform(void **state) {
    (void)state;
    enum { SAMPLES = 50, CELLS = 20 };
    const ambit_class clean = {0, SAMPLES, 1, 0, 1};
    ambit_schedule *schedule = make_schedule(AMBIT_SCHEDULE_UNIFORM, 1);
    ambit_draw *draw;
    int64_t samples[SAMPLES] = {0}, cells[CELLS] = {0};
    double of_sample[SAMPLES], of_cell[CELLS];
    for (int i = 0; i < SAMPLES; i++)
        of_sample[i] = 1.0 / SAMPLES;
    for (int i = 0; i < CELLS; i++)
        of_cell[i] = 1.0 / CELLS;
    assert_int_equal(
        ambit_draw_create(schedule, AMBIT_DRAW_SAMPLE_FIRST, &clean, 1, NULL, NULL, &draw),
        AMBIT_OK);
    for (uint64_t number = 0; number < DRAWS; number++) {
        const ambit_drawn drawn = ambit_draw_at(draw, 6, number);
        samples[drawn.ordinal]++;
        cells[(int)(drawn.sigma * CELLS)]++;
    }
    assert_true(chi_square_z(samples, of_sample, SAMPLES, DRAWS) < MOST_DEVIATIONS);
    assert_true(chi_square_z(cells, of_cell, CELLS, DRAWS) < MOST_DEVIATIONS);
    ambit_draw_destroy(draw);
    ambit_schedule_destroy(schedule);
}

static int same(ambit_drawn a, ambit_drawn b) {
    return a.class_index == b.class_index && a.ordinal == b.ordinal && a.bin == b.bin &&
           a.sigma == b.sigma;
}

static void test_a_draw_depends_on_seed_and_number_only(void **state) {
    (void)state;
    enum { COUNT = 500 };
    ambit_schedule *schedule = make_schedule(AMBIT_SCHEDULE_LOGNORMAL, 100);
    ambit_draw *one = make_draw(schedule, AMBIT_DRAW_SIGMA_FIRST);
    ambit_draw *other = make_draw(schedule, AMBIT_DRAW_SIGMA_FIRST);
    ambit_drawn forward[COUNT];
    int repeated = 0, other_seed = 0;
    for (uint64_t i = 0; i < COUNT; i++)
        forward[i] = ambit_draw_at(one, 9, i);
    for (uint64_t i = COUNT; i-- > 0;) { /* another order, as another rank would have */
        assert_true(same(ambit_draw_at(other, 9, i), forward[i]));
        other_seed += same(ambit_draw_at(one, 10, i), forward[i]);
        repeated += i > 0 && same(forward[i - 1], forward[i]);
    }
    assert_int_equal(other_seed, 0);
    assert_int_equal(repeated, 0);
    ambit_draw_destroy(one);
    ambit_draw_destroy(other);
    ambit_schedule_destroy(schedule);
}

/* A loop that draws samples until one is admissible would go on for 10¹² turns here. */
static void test_a_needle_in_a_haystack_is_drawn_at_once(void **state) {
    (void)state;
    const ambit_class needle[] = {{0, 1, 1, 0, 1}, {1, 1000000000000, 1, .9, 0}};
    ambit_schedule *schedule = make_schedule(AMBIT_SCHEDULE_UNIFORM, 10);
    ambit_draw *draw;
    assert_int_equal(
        ambit_draw_create(schedule, AMBIT_DRAW_SIGMA_FIRST, needle, 2, NULL, NULL, &draw),
        AMBIT_OK);
    int64_t by_class[2] = {0};
    const double expected[] = {.9, .1};
    for (uint64_t number = 0; number < 20000; number++)
        by_class[ambit_draw_at(draw, 1, number).class_index]++;
    assert_true(chi_square_z(by_class, expected, 2, 20000) < MOST_DEVIATIONS);
    ambit_draw_destroy(draw);
    ambit_schedule_destroy(schedule);
}

/* A rejection loop never ends where nothing is admissible; here it is an error before the start. */
static void test_sigma_that_nothing_covers_is_an_error(void **state) {
    (void)state;
    static const struct {
        ambit_class classes[2];
        const char *range, *lowest, *highest;
    } cases[] = {
        {{{0, 10, 1, .598, 0}, {1, 10, 1, .7, 0}}, "[0.000, 0.598)", "is 0.598", "sigma_max is 0."},
        {{{0, 10, 1, 1, .3}, {1, 10, 1, 1, .46}},
         "[0.460, 1.000]",
         "is 1.000",
         "sigma_max is 0.46"},
        {{{0, 10, 1, .6, 0}, {1, 10, 1, .7, .2}}, "[0.200, 0.600)", "is 0.600", "sigma_max is 0.2"},
        {{{0, 10, 1, .6, 0}, {1, 10, 0, 0, 1}}, "[0.000, 0.600)", "is 0.600", "sigma_max is 0."},
        {{{0, 10, 1, .6, 0}, {1, 0, 1, 0, 1}}, "[0.000, 0.600)", "is 0.600", "sigma_max is 0."},
        {{{0, 10, 1, 1, 0}, {1, 10, 1, 1, 0}}, "[0.000, 1.000]", "is 1.000", "sigma_max is 0."},
    };
    ambit_schedule *schedule = make_schedule(AMBIT_SCHEDULE_UNIFORM, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int order = AMBIT_DRAW_SIGMA_FIRST; order <= AMBIT_DRAW_SAMPLE_FIRST; order++) {
            ambit_draw *draw;
            assert_int_equal(ambit_draw_create(schedule, (ambit_draw_order)order, cases[i].classes,
                                               2, NULL, NULL, &draw),
                             AMBIT_CONFIG);
            assert_null(draw);
            assert_non_null(strstr(ambit_message(), "no sample may be used at σ in "));
            assert_non_null(strstr(ambit_message(), cases[i].range));
            assert_non_null(strstr(ambit_message(), cases[i].lowest));
            assert_non_null(strstr(ambit_message(), cases[i].highest));
        }
    ambit_schedule_destroy(schedule);
}

static void test_classes_that_make_no_sense_are_refused(void **state) {
    (void)state;
    static const ambit_class cases[] = {
        {7, -1, 1, 0, 1}, {7, 1, -1, 0, 1}, {7, 1, NAN, 0, 1}, {7, 1, 1, NAN, 1}, {7, 1, 1, 0, NAN},
    };
    ambit_schedule *schedule = make_schedule(AMBIT_SCHEDULE_COSINE, 10);
    ambit_draw *draw;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            ambit_draw_create(schedule, AMBIT_DRAW_SIGMA_FIRST, &cases[i], 1, NULL, NULL, &draw),
            AMBIT_CONFIG);
        assert_non_null(strstr(ambit_message(), "data.sources.7: has"));
    }
    assert_int_equal(
        ambit_draw_create(schedule, AMBIT_DRAW_SIGMA_FIRST, NULL, 0, NULL, NULL, &draw),
        AMBIT_CONFIG);
    assert_non_null(strstr(ambit_message(), "no source has a sample"));
    ambit_schedule_destroy(schedule);
}

static double objective_floor(const void *context, double sigma_min) {
    return ambit_objective_floor(context, sigma_min);
}

/* With a buffer, a corrupt sample comes out only where B = σ²/(σ²−σ_min²) ≤ B_max. */
static void test_the_buffer_moves_the_edge(void **state) {
    (void)state;
    const ambit_objective objective = {AMBIT_PREDICT_X0, AMBIT_LOSS_AMBIENT, 4, AMBIT_BETWEEN_SKIP,
                                       AMBIT_WEIGHT_UNIFORM};
    ambit_schedule *schedule = make_schedule(AMBIT_SCHEDULE_UNIFORM, 1000);
    ambit_draw *draw;
    assert_int_equal(ambit_draw_create(schedule, AMBIT_DRAW_SAMPLE_FIRST, classes, CLASSES,
                                       objective_floor, &objective, &draw),
                     AMBIT_OK);
    double lowest = 1;
    for (uint64_t number = 0; number < 20000; number++) {
        const ambit_drawn drawn = ambit_draw_at(draw, 3, number);
        const ambit_class *class = &classes[drawn.class_index];
        const double s2 = drawn.sigma * drawn.sigma, m2 = class->sigma_min * class->sigma_min;
        if (drawn.sigma <= class->sigma_max || m2 == 0)
            continue;
        assert_true(s2 <= 4 * (s2 - m2));
        assert_true(ambit_objective_is_ambient(&objective, drawn.sigma, class->sigma_min,
                                               class->sigma_max));
        if (drawn.class_index == 1)
            lowest = fmin(lowest, drawn.sigma);
    }
    assert_true(lowest >= .6928203 && lowest < .695);
    ambit_draw_destroy(draw);
    ambit_schedule_destroy(schedule);
}

/* In the far tail of a lognormal the mass is some 10⁻⁹ of the whole: a difference of two sums near
 * 1 would leave few digits, and a draw might land on a bin of no probability. */
static void test_thin_tails_keep_their_law(void **state) {
    (void)state;
    const ambit_schedule_options options = {AMBIT_SCHEDULE_LOGNORMAL, 1000, -1.2, .6};
    const ambit_class tail[] = {{0, 1, 1e-12, 0, 1}, {1, 1, 1, .995, 0}};
    ambit_schedule *schedule;
    ambit_draw *draw;
    assert_int_equal(ambit_schedule_create(&options, &schedule), AMBIT_OK);
    assert_int_equal(
        ambit_draw_create(schedule, AMBIT_DRAW_SAMPLE_FIRST, tail, 2, NULL, NULL, &draw), AMBIT_OK);
    int64_t counts[5] = {0};
    double probability[5], mass = 0;
    for (int k = 995; k < 1000; k++)
        mass += schedule->probability[k];
    for (int k = 995; k < 1000; k++)
        probability[k - 995] = schedule->probability[k] / mass;
    assert_true(mass < 1e-7);
    for (uint64_t number = 0; number < 20000; number++) {
        const int bin = ambit_draw_at(draw, 2, number).bin;
        assert_in_range(bin, 995, 999);
        counts[bin - 995]++;
    }
    assert_true(chi_square_z(counts, probability, 5, 20000) < MOST_DEVIATIONS);
    ambit_draw_destroy(draw);
    ambit_schedule_destroy(schedule);
}

static void test_effective_samples(void **state) {
    (void)state;
    ambit_schedule *schedule = make_schedule(AMBIT_SCHEDULE_UNIFORM, 100);
    ambit_draw *draw = make_draw(schedule, AMBIT_DRAW_SIGMA_FIRST);
    /* .5: clean only. .1: clean, right locally, both. .9: clean, corrupt, both. */
    const double low = (100 + 600 + 40) * (100 + 600 + 40.) / (100 + 1200 + 40);
    const double high = (100 + 2500 + 40) * (100 + 2500 + 40.) / (100 + 1250 + 40);
    assert_true(fabs(ambit_draw_effective_samples(draw, 50) - 100) < 1e-9);
    assert_true(fabs(ambit_draw_effective_samples(draw, 10) - low) < 1e-9);
    assert_true(fabs(ambit_draw_effective_samples(draw, 90) - high) < 1e-9);
    ambit_draw_destroy(draw);
    ambit_schedule_destroy(schedule);
}

/* An annotation a sample: as many classes as there are pairs of 8-bit ambits. */
static void test_many_classes(void **state) {
    (void)state;
    enum { MANY = 65536 };
    ambit_class *many = calloc(MANY, sizeof *many);
    assert_non_null(many);
    for (int c = 0; c < MANY; c++)
        many[c] = (ambit_class){c, 1 + c % 5, 1, (c / 256) / 255.0, (c % 256) / 255.0};
    ambit_schedule *schedule = make_schedule(AMBIT_SCHEDULE_UNIFORM, 1000);
    ambit_draw *draw;
    assert_int_equal(
        ambit_draw_create(schedule, AMBIT_DRAW_SIGMA_FIRST, many, MANY, NULL, NULL, &draw),
        AMBIT_OK);
    double sum = 0;
    for (int c = 0; c < MANY; c++)
        sum += ambit_draw_class_probability(draw, c);
    assert_true(fabs(sum - 1) < 1e-9);
    for (int k = 0; k < 1000; k++)
        assert_true(fabs(ambit_draw_bin_probability(draw, k) * 1000 - 1) < 1e-9);
    for (uint64_t number = 0; number < 20000; number++) {
        const ambit_drawn drawn = ambit_draw_at(draw, 4, number);
        assert_true(ambit_schedule_admits(schedule, drawn.bin, many[drawn.class_index].sigma_min,
                                          many[drawn.class_index].sigma_max));
    }
    ambit_draw_destroy(draw);
    ambit_schedule_destroy(schedule);
    free(many);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_joint_law_and_marginals_of_both_orders),
        cmocka_unit_test(test_sigma_first_has_the_schedule_as_its_marginal),
        cmocka_unit_test(test_samples_of_a_class_and_sigma_in_a_bin_are_uniform),
        cmocka_unit_test(test_a_draw_depends_on_seed_and_number_only),
        cmocka_unit_test(test_a_needle_in_a_haystack_is_drawn_at_once),
        cmocka_unit_test(test_sigma_that_nothing_covers_is_an_error),
        cmocka_unit_test(test_classes_that_make_no_sense_are_refused),
        cmocka_unit_test(test_the_buffer_moves_the_edge),
        cmocka_unit_test(test_thin_tails_keep_their_law),
        cmocka_unit_test(test_effective_samples),
        cmocka_unit_test(test_many_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
