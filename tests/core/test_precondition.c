/* The factors of preconditioning have the properties that define them. A random variable is written
 * here by its coefficients of x₀ (of variance d²) and of ε (of variance 1), which are independent,
 * so that variances and covariances are exact. */
#include "core/method/precondition.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct {
    double x0, epsilon;
} variable;

static double covariance(variable a, variable b, double d) {
    return a.x0 * b.x0 * d * d + a.epsilon * b.epsilon;
}

static variable target_of(ambit_prediction prediction, double sigma) {
    const variable rows[] = {{1, 0}, {0, 1}, {-sigma, sqrt(1 - sigma * sigma)}};
    return rows[prediction];
}

/* Unit variance in and out; and F's target has nothing in common with x_σ, which is where the
 * factor `out` is least. */
static void test_definition(void **state) {
    static const double deviations[] = {0.3, 1, 2.5};
    (void)state;
    for (int p = 0; p < 3; p++)
        for (int k = 0; k < 3; k++)
            for (int percent = 1; percent < 100; percent += 7) {
                const double sigma = percent / 100.0;
                const double d = deviations[k];
                const ambit_prediction prediction = (ambit_prediction)p;
                const ambit_precondition_factors f = ambit_precondition_at(prediction, sigma, d);
                const variable x = {sqrt(1 - sigma * sigma), sigma};
                const variable y = target_of(prediction, sigma);
                const variable own = {(y.x0 - f.skip * x.x0) / f.out,
                                      (y.epsilon - f.skip * x.epsilon) / f.out};
                assert_true(fabs(f.in * f.in * covariance(x, x, d) - 1) < 1e-12);
                assert_true(fabs(covariance(own, own, d) - 1) < 1e-9);
                assert_true(fabs(covariance(own, x, d)) < 1e-9);
                assert_true(f.out > 0);
            }
}

/* For normalised data: skip √(1−σ²), σ and 0, out σ, √(1−σ²) and 1. */
static void test_normalised(void **state) {
    static const double skip[] = {0.8, 0.6, 0}, out[] = {0.6, 0.8, 1};
    (void)state;
    for (int p = 0; p < 3; p++) {
        const ambit_precondition_factors f = ambit_precondition_at((ambit_prediction)p, 0.6, 1);
        assert_true(fabs(f.in - 1) < 1e-15);
        assert_true(fabs(f.skip - skip[p]) < 1e-15);
        assert_true(fabs(f.out - out[p]) < 1e-15);
    }
}

/* At the ends, and where rounding puts σ beyond them, all is finite and exact. */
static void test_ends(void **state) {
    (void)state;
    const ambit_precondition_factors clean = ambit_precondition_at(AMBIT_PREDICT_X0, -1e-9, 0.5);
    assert_true(clean.in == 2 && clean.skip == 1 && clean.out == 0);
    const ambit_precondition_factors noise =
        ambit_precondition_at(AMBIT_PREDICT_EPSILON, 1 + 1e-7, 0.5);
    assert_true(noise.in == 1 && noise.skip == 1 && noise.out == 0);
}

/* Where F is 0, all three types stand for the same x₀: its best linear estimate. */
static void test_types_agree(void **state) {
    (void)state;
    const float x = 1.5f;
    for (int p = 0; p < 3; p++) {
        const ambit_prediction prediction = (ambit_prediction)p;
        const float output = (float)(ambit_precondition_at(prediction, 0.6, 0.5).skip * 1.5);
        float x0;
        ambit_prediction_resolve(prediction, 0.6, 1, &x, &output, &x0, NULL);
        assert_true(fabs((double)x0 - 1.5 * 0.8 * 0.25 / (0.64 * 0.25 + 0.36)) < 1e-6);
    }
}

/* The loss weight `edm` weights F's error alike at each σ, for normalised data. */
static void test_edm_weight(void **state) {
    (void)state;
    for (int p = 0; p < 3; p += 2) {
        const ambit_objective objective = {
            .prediction = (ambit_prediction)p, .buffer = 4, .weight = AMBIT_WEIGHT_EDM};
        for (int tenths = 1; tenths < 10; tenths += 2) {
            const double sigma = tenths / 10.0;
            const float x0 = 1;
            float x_sigma, target, weight;
            ambit_rng visit = ambit_rng_open(1, AMBIT_STREAM_NOISE, 0), fixed = visit;
            ambit_objective_make(&objective, &x0, 1, sigma, 0, 1, &visit, &fixed, &x_sigma, &target,
                                 &weight);
            const double out = ambit_precondition_at(objective.prediction, sigma, 1).out;
            assert_true(fabs((double)weight * out * out - 1) < 1e-6);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_definition), cmocka_unit_test(test_normalised),
        cmocka_unit_test(test_ends),       cmocka_unit_test(test_types_agree),
        cmocka_unit_test(test_edm_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
