/* Bounds from a classifier's answers: known answers, with the true c in the classifier's place.
 * Each case is a pair of distributions whose bound is known in closed form or by quadrature. */
#include "core/method/calibration.h"
#include "core/method/gaussian.h"
#include "core/method/separation.h"

#include "core/base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { LEVELS = 35, EPISODES = 400, SAMPLES = 30, SIZE = 4 };

/* A pair of distributions: a sample of a kind, and the log of p_σ/q_σ. */
typedef struct {
    const char *name;
    int size;
    void (*draw)(int kind, ambit_rng *rng, double *x);
    double (*log_ratio)(double sigma, const double *x);
    double at_mean_45, at_tv_05, at_tv_10; /* σ_min */
} pair;

static double shift; /* of the pair in hand */

static void draw_shifted(int kind, ambit_rng *rng, double *x) {
    x[0] = (double)ambit_rng_normal(rng) + (kind == AMBIT_BAD ? shift : 0);
}
static double ratio_shifted(double sigma, const double *x) {
    const double moved = sqrt(1 - sigma * sigma) * shift;
    return .5 * moved * moved - moved * x[0];
}
static void draw_scaled(int kind, ambit_rng *rng, double *x) {
    for (int i = 0; i < 4; i++)
        x[i] = (double)ambit_rng_normal(rng) * (kind == AMBIT_BAD ? sqrt(2) : 1);
}
static double ratio_scaled(double sigma, const double *x) {
    const double v = 2 - sigma * sigma; /* α²·2 + σ² */
    double square = 0;
    for (int i = 0; i < 4; i++)
        square += x[i] * x[i];
    return .5 * square * (1 / v - 1) + 2 * log(v);
}
static void draw_points(int kind, ambit_rng *rng, double *x) {
    x[0] = (kind == AMBIT_BAD ? -1 : 0) + (double)ambit_rng_below(rng, 2);
}
static double ratio_points(double sigma, const double *x) {
    const double a = sqrt(1 - sigma * sigma), s = 2 * sigma * sigma;
    const double low = -(x[0] + a) * (x[0] + a) / s, zero = -x[0] * x[0] / s,
                 high = -(x[0] - a) * (x[0] - a) / s, top = fmax(zero, fmax(low, high));
    return log(exp(zero - top) + exp(high - top)) - log(exp(low - top) + exp(zero - top));
}

static void answer(const pair *p, int levels, ambit_answers *answers) {
    double sigmas[AMBIT_MOST_LEVELS];
    ambit_levels(levels, sigmas);
    assert_int_equal(ambit_answers_create(levels, sigmas, EPISODES, EPISODES, answers), AMBIT_OK);
    for (int kind = 0; kind < AMBIT_KINDS; kind++)
        for (int64_t e = 0; e < EPISODES; e++) {
            ambit_rng rng = ambit_rng_open(11, AMBIT_STREAM_TESTS, (uint64_t)(2 * e + kind));
            for (int i = 0; i < SAMPLES * levels; i++) {
                const double sigma = sigmas[i % levels];
                double x[SIZE], noisy[SIZE];
                p->draw(kind, &rng, x);
                for (int d = 0; d < p->size; d++)
                    noisy[d] =
                        sqrt(1 - sigma * sigma) * x[d] + sigma * (double)ambit_rng_normal(&rng);
                const double c = 1 / (1 + exp(-p->log_ratio(sigma, noisy)));
                ambit_answers_add(answers, (ambit_kind)kind, e, i % levels, c);
            }
        }
}

/* Where the fitted TV falls below a value. */
static double bound_by_variation(const ambit_answers *answers, const ambit_separation *s,
                                 double value) {
    return ambit_falls_below(answers->level_count, answers->sigmas, s->variation, value);
}

static void check_pair(const pair *p) {
    ambit_answers answers;
    ambit_separation s;
    ambit_range interval, variation[AMBIT_MOST_LEVELS];
    answer(p, LEVELS, &answers);
    ambit_separation_of(&answers, NULL, &s);
    const double bound = ambit_separation_bound(&answers, &s, .45);
    const double by_mean = ambit_separation_bound_by_mean(&answers, &s, .45);
    if (fabs(bound - p->at_mean_45) > .02 || fabs(by_mean - p->at_mean_45) > .02)
        fail_msg("%s: %.4f and %.4f instead of %.4f", p->name, bound, by_mean, p->at_mean_45);
    if (fabs(bound_by_variation(&answers, &s, .1) - p->at_tv_10) > .01)
        fail_msg("%s: TV .1 at %.4f instead of %.4f", p->name, bound_by_variation(&answers, &s, .1),
                 p->at_tv_10);
    assert_int_equal(ambit_separation_intervals(&answers, .45, 100, 1, &interval, variation),
                     AMBIT_OK);
    assert_true(interval.low <= p->at_mean_45 + .01 && interval.high >= p->at_mean_45 - .01);
    assert_true(interval.low < bound && bound < interval.high && interval.high - interval.low < .1);
    for (int level = 0; level < LEVELS; level++) {
        assert_true(s.miscalibration[level] < .03);
        assert_true(variation[level].low <= s.variation[level] + 1e-9 &&
                    s.variation[level] <= variation[level].high + 1e-9);
        assert_true(s.apart[level] <= s.variation[level] + .05); /* ½Δ ≤ TV */
    }
    ambit_answers_destroy(&answers);
}

static void test_shift(void **state) {
    (void)state;
    shift = 1;
    check_pair(&(pair){"shift by 1", 1, draw_shifted, ratio_shifted, .7472, .9921, .9679});
    shift = 2;
    check_pair(&(pair){"shift by 2", 1, draw_shifted, ratio_shifted, .9432, .9980, .9921});
}

static void test_scale(void **state) {
    (void)state;
    check_pair(&(pair){"scale", 4, draw_scaled, ratio_scaled, .6163, .9502, .8925});
}

static void test_points(void **state) {
    (void)state;
    check_pair(
        &(pair){"{0, 1} against {-1, 0}", 1, draw_points, ratio_points, .8177, .9924, .9694});
}

/* One source cut in two is usable everywhere, whatever a classifier answers by chance. */
static void test_alike(void **state) {
    (void)state;
    ambit_answers answers;
    ambit_separation s;
    shift = 0;
    answer(&(pair){"alike", 1, draw_shifted, ratio_shifted, 0, 0, 0}, LEVELS, &answers);
    ambit_separation_of(&answers, NULL, &s);
    assert_true(ambit_separation_bound(&answers, &s, .45) == 0);
    assert_true(fabs(s.auc[0] - .5) < 1e-9); /* all answers are ½ */
    ambit_answers_destroy(&answers);
}

/* The interval is that of episodes: where samples of an episode are all alike it does not narrow
 * with their number. */
static void test_interval_by_episode(void **state) {
    (void)state;
    enum { FEW = 20 };
    double widths[2];
    for (int many = 0; many < 2; many++) {
        double sigmas[LEVELS];
        ambit_answers answers;
        ambit_range interval, variation[AMBIT_MOST_LEVELS];
        ambit_levels(LEVELS, sigmas);
        assert_int_equal(ambit_answers_create(LEVELS, sigmas, FEW, FEW, &answers), AMBIT_OK);
        for (int kind = 0; kind < AMBIT_KINDS; kind++)
            for (int64_t e = 0; e < FEW; e++) {
                ambit_rng rng = ambit_rng_open(3, AMBIT_STREAM_TESTS, (uint64_t)(2 * e + kind));
                const double own = (double)ambit_rng_normal(&rng);
                for (int level = 0; level < LEVELS; level++)
                    for (int i = 0; i < (many ? 100 : 1); i++) {
                        const double gap = 2 * (1 - sigmas[level]) * (kind == AMBIT_CLEAN ? 1 : -1);
                        ambit_answers_add(&answers, (ambit_kind)kind, e, level,
                                          1 / (1 + exp(-gap - .5 * own)));
                    }
            }
        assert_int_equal(ambit_separation_intervals(&answers, .45, 200, 5, &interval, variation),
                         AMBIT_OK);
        widths[many] = interval.high - interval.low;
        ambit_answers_destroy(&answers);
    }
    assert_true(widths[0] > .01 && fabs(widths[1] - widths[0]) < 1e-9);
}

static void test_isotonic(void **state) {
    (void)state;
    double falling[] = {5, 3, 4, 2, 2.5, 1}, rising[] = {1, 3, 2, 6};
    const double fitted[] = {5, 3.5, 3.5, 2.25, 2.25, 1}, weights[] = {1, 1, 3, 1};
    ambit_isotonic(6, NULL, 0, falling);
    for (int i = 0; i < 6; i++)
        assert_true(fabs(falling[i] - fitted[i]) < 1e-12);
    ambit_isotonic(4, weights, 1, rising);
    assert_true(fabs(rising[1] - 2.25) < 1e-12 && fabs(rising[2] - 2.25) < 1e-12);
    const double sigmas[] = {.1, .2, .4}, values[] = {.8, .6, .2};
    assert_true(fabs(ambit_falls_below(3, sigmas, values, .5) - .25) < 1e-12);
    assert_true(ambit_falls_below(3, sigmas, values, .9) == 0);
    assert_true(ambit_falls_below(3, sigmas, values, .1) == 1);
}

/* Logits that are twice too large and shifted are set right; kinds of unequal numbers weigh alike.
 */
static void test_calibration(void **state) {
    (void)state;
    enum { COUNT = 20000 };
    static float logits[COUNT];
    static unsigned char labels[COUNT];
    ambit_rng rng = ambit_rng_open(1, AMBIT_STREAM_TESTS, 0);
    for (int i = 0; i < COUNT; i++) {
        labels[i] = i % 10 == 0; /* of N(1, 1); the others of N(−1, 1): the true logit is 2x */
        const double x = (double)ambit_rng_normal(&rng) + (labels[i] ? 1 : -1);
        logits[i] = (float)(4 * x + 1);
    }
    const ambit_calibration c = ambit_calibrate(logits, labels, COUNT);
    assert_true(fabs(c.slope - .5) < .03 && fabs(c.offset + .5) < .08);
    assert_true(fabs(ambit_calibrated(&c, 1) - .5) < .03);
    for (int i = 0; i < COUNT; i++) /* perfectly apart: still finite */
        logits[i] = labels[i] ? 5 : -5;
    const ambit_calibration apart = ambit_calibrate(logits, labels, COUNT);
    assert_true(isfinite(apart.slope) && apart.slope > .9 && apart.slope < 20);
    const ambit_calibration one = ambit_calibrate(logits, labels, 1); /* one kind alone */
    assert_true(one.slope == 1 && one.offset == 0);
}

/* A correlated Gaussian: whitened noisy samples have unit covariance, and densities are right. */
static void test_gaussian(void **state) {
    (void)state;
    enum { COUNT = 20000 };
    ambit_moments moments;
    ambit_gaussian gaussian;
    double covariance[2][2] = {{0}};
    assert_int_equal(ambit_moments_create(2, &moments), AMBIT_OK);
    ambit_rng rng = ambit_rng_open(2, AMBIT_STREAM_TESTS, 0);
    static float x[COUNT][2];
    for (int i = 0; i < COUNT; i++) {
        const float a = ambit_rng_normal(&rng), b = ambit_rng_normal(&rng);
        x[i][0] = 3 + 2 * a;
        x[i][1] = a - .5f * b;
        ambit_moments_add(&moments, .25, x[i]);
    }
    assert_int_equal(ambit_gaussian_fit(&moments, &gaussian), AMBIT_OK);
    assert_true(fabs(gaussian.mean[0] - 3) < .05 && fabs(gaussian.mean[1]) < .05);
    assert_true(fabs(gaussian.variances[0] * gaussian.variances[1] - 1) < .05); /* determinant */
    for (int i = 0; i < COUNT; i++) {
        float noisy[2], w[2];
        for (int d = 0; d < 2; d++)
            noisy[d] = .8f * x[i][d] + .6f * ambit_rng_normal(&rng);
        ambit_gaussian_whiten(&gaussian, .6, noisy, w);
        for (int r = 0; r < 2; r++)
            for (int c = 0; c < 2; c++)
                covariance[r][c] += (double)w[r] * (double)w[c] / COUNT;
    }
    assert_true(fabs(covariance[0][0] - 1) < .05 && fabs(covariance[1][1] - 1) < .05);
    assert_true(fabs(covariance[0][1]) < .03);
    /* at σ = .6: covariance .64·[[4, 2], [2, 1.25]] + .36 = [[2.92, 1.28], [1.28, 1.16]] */
    float w[2];
    const float origin[2] = {0, 0}, centre[2] = {2.4f, 0};
    const double determinant = 2.92 * 1.16 - 1.28 * 1.28;
    assert_true(fabs(ambit_gaussian_log_density(&gaussian, .6, centre, w) + .5 * log(determinant)) <
                .05);
    const double distance = 2.4 * 2.4 * 1.16 / determinant;
    assert_true(fabs(ambit_gaussian_log_density(&gaussian, .6, centre, w) -
                     ambit_gaussian_log_density(&gaussian, .6, origin, w) - .5 * distance) < .1);
    ambit_gaussian_destroy(&gaussian);
    ambit_moments_destroy(&moments);
    assert_int_equal(ambit_moments_create(AMBIT_GAUSSIAN_MOST + 1, &moments), AMBIT_CONFIG);
    ambit_moments_destroy(&moments);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shift),    cmocka_unit_test(test_scale),
        cmocka_unit_test(test_points),   cmocka_unit_test(test_alike),
        cmocka_unit_test(test_isotonic), cmocka_unit_test(test_interval_by_episode),
        cmocka_unit_test(test_gaussian), cmocka_unit_test(test_calibration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
