/* The targets have the right conditional expectations, the right excess variance, and stay away
 * from where that diverges. */
#include "core/method/objective.h"
#include "statistics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DRAWS = 100000, FUNCTIONS = 6 };

/* Pairs of noise levels, σ > m, all admitted by a buffer of 20. */
static const struct {
    double sigma, m;
} pairs[] = {{.3, .1}, {.5, .2}, {.6, .5}, {.8, .4}, {.9, .8}, {.95, .6}, {.99, .9}, {.4, .02}};
enum { PAIRS = sizeof pairs / sizeof *pairs };

static const ambit_objective ambient = {AMBIT_PREDICT_X0, AMBIT_LOSS_AMBIENT, 20,
                                        AMBIT_BETWEEN_SKIP, AMBIT_WEIGHT_UNIFORM};

static double test_function(int f, double x) {
    switch (f) {
    case 0:
        return 1;
    case 1:
        return x;
    case 2:
        return x * x;
    case 3:
        return sin(3 * x);
    case 4:
        return exp(-x * x);
    default:
        return x > .5;
    }
}

/* A mixture of three Gaussians. */
static void draw_mixture(float *x0, int count) {
    static const double mean[] = {-1.5, .2, 1.1}, deviation[] = {.3, .1, .5};
    ambit_rng rng = ambit_rng_open(1, AMBIT_STREAM_TESTS, 0);
    for (int i = 0; i < count; i++) {
        const uint64_t u = ambit_rng_below(&rng, 10);
        const int component = u < 5 ? 0 : u < 7 ? 1 : 2;
        x0[i] = (float)(mean[component] + deviation[component] * ambit_rng_normal(&rng));
    }
}

/* What a prediction would be if x₀ were known: ε is what the forward process defines it to be. */
static double truth_of(ambit_prediction prediction, double sigma, double x0, double x_sigma) {
    const double signal = sqrt(1 - sigma * sigma), epsilon = (x_sigma - signal * x0) / sigma;
    const double truths[] = {x0, epsilon, signal * epsilon - sigma * x0};
    return truths[prediction];
}

typedef struct {
    float *x0, *x_sigma, *target, *noised;
} arrays;

static int setup(void **state) {
    arrays *a = calloc(1, sizeof *a);
    float *memory = malloc(4 * DRAWS * sizeof *memory);
    if (!a || !memory)
        return -1;
    *a = (arrays){memory, memory + DRAWS, memory + 2 * DRAWS, memory + 3 * DRAWS};
    draw_mixture(a->x0, DRAWS);
    *state = a;
    return 0;
}

static int teardown(void **state) {
    arrays *a = *state;
    free(a->x0);
    free(a);
    return 0;
}

/* Examples for pair p, and the x_m they were made from. */
static void make(arrays *a, const ambit_objective *objective, int p) {
    const double m = pairs[p].m;
    ambit_rng visit = ambit_rng_open(2, AMBIT_STREAM_NOISE, (uint64_t)p);
    ambit_rng fixed = ambit_rng_open(2, AMBIT_STREAM_FIXED, (uint64_t)p), again = fixed;
    float weight;
    ambit_objective_make(objective, a->x0, DRAWS, pairs[p].sigma, m, 0, &visit, &fixed, a->x_sigma,
                         a->target, &weight);
    ambit_rng_normals(&again, a->noised, DRAWS);
    for (int i = 0; i < DRAWS; i++)
        a->noised[i] = (float)(sqrt(1 - m * m) * a->x0[i] + m * a->noised[i]);
}

/* Largest deviation of E[(target − truth)·f(x_σ)] from 0, in standard deviations. */
static double worst_bias(const arrays *a, ambit_prediction prediction, double sigma,
                         const float *target) {
    double worst = 0;
    for (int f = 0; f < FUNCTIONS; f++) {
        moments m = {0};
        for (int i = 0; i < DRAWS; i++) {
            const double truth = truth_of(prediction, sigma, a->x0[i], a->x_sigma[i]);
            moments_add(&m, (target[i] - truth) * test_function(f, a->x_sigma[i]));
        }
        worst = fmax(worst, fabs(moments_z(&m, 0)));
    }
    return worst;
}

static void test_ambient_targets_are_unbiased(void **state) {
    arrays *a = *state;
    for (int p = 0; p < PAIRS; p++)
        for (int prediction = 0; prediction <= AMBIT_PREDICT_V; prediction++) {
            ambit_objective objective = ambient;
            objective.prediction = (ambit_prediction)prediction;
            make(a, &objective, p);
            assert_true(worst_bias(a, objective.prediction, pairs[p].sigma, a->target) <
                        MOST_DEVIATIONS);
        }
}

/* x_σ's coefficient taken as σ²(1−m²)/((σ²−m²)√(1−σ²)): right only at σ = 1/√2. */
static void test_the_epsilon_form_of_slides_is_biased(void **state) {
    arrays *a = *state;
    for (int p = 0; p < PAIRS; p++) {
        const double s = pairs[p].sigma, m = pairs[p].m, width = s * s - m * m;
        make(a, &ambient, p);
        for (int i = 0; i < DRAWS; i++)
            a->target[i] = (float)(s * s * (1 - m * m) / (width * sqrt(1 - s * s)) * a->x_sigma[i] -
                                   s * sqrt((1 - s * s) * (1 - m * m)) / width * a->noised[i]);
        assert_true(worst_bias(a, AMBIT_PREDICT_EPSILON, s, a->target) > 50);
    }
}

static void test_targets_are_the_written_formulas(void **state) {
    arrays *a = *state;
    for (int p = 0; p < PAIRS; p++)
        for (int prediction = 0; prediction <= AMBIT_PREDICT_V; prediction++) {
            const double s = pairs[p].sigma, m = pairs[p].m, width = s * s - m * m;
            const double signal = sqrt(1 - s * s), kept = sqrt(1 - m * m);
            ambit_objective objective = ambient;
            objective.prediction = (ambit_prediction)prediction;
            make(a, &objective, p);
            for (int i = 0; i < 1000; i++) {
                const double x = a->x_sigma[i], xm = a->noised[i];
                const double x0 = (s * s * kept * xm - m * m * signal * x) / width;
                const double epsilon = (s * kept * kept * x - s * signal * kept * xm) / width;
                const double expected[] = {x0, epsilon, signal * epsilon - s * x0};
                assert_true(fabs(a->target[i] - expected[prediction]) < 5e-5);
            }
        }
}

/* σ²m²/(σ²−m²) for x₀; (1−σ²)m²/(σ²−m²) for ε; m²/(σ²−m²) for v. */
static void test_excess_variance(void **state) {
    arrays *a = *state;
    for (int p = 0; p < PAIRS; p++)
        for (int prediction = 0; prediction <= AMBIT_PREDICT_V; prediction++) {
            const double s2 = pairs[p].sigma * pairs[p].sigma, m2 = pairs[p].m * pairs[p].m;
            const double factor[] = {s2, 1 - s2, 1};
            ambit_objective objective = ambient;
            objective.prediction = (ambit_prediction)prediction;
            make(a, &objective, p);
            moments squares = {0};
            for (int i = 0; i < DRAWS; i++) {
                const double truth =
                    truth_of(objective.prediction, pairs[p].sigma, a->x0[i], a->x_sigma[i]);
                moments_add(&squares, pow(a->target[i] - truth, 2));
            }
            assert_true(fabs(moments_z(&squares, factor[prediction] * m2 / (s2 - m2))) <
                        MOST_DEVIATIONS);
        }
}

/* Does the example equal the denoising loss's, x_σ = √(1−σ²)·x₀ + σ·ε? */
static int is_denoising(const ambit_objective *objective, double sigma, double sigma_min,
                        double sigma_max) {
    enum { SIZE = 9 };
    float x0[SIZE], noise[SIZE], x_sigma[SIZE], target[SIZE], weight;
    ambit_rng visit = ambit_rng_open(3, AMBIT_STREAM_NOISE, 0), again = visit;
    ambit_rng fixed = ambit_rng_open(3, AMBIT_STREAM_FIXED, 0);
    draw_mixture(x0, SIZE);
    ambit_objective_make(objective, x0, SIZE, sigma, sigma_min, sigma_max, &visit, &fixed, x_sigma,
                         target, &weight);
    ambit_rng_normals(&again, noise, SIZE);
    double worst = 0;
    for (int i = 0; i < SIZE; i++) {
        const double x = sqrt(1 - sigma * sigma) * x0[i] + sigma * noise[i];
        const double truth = truth_of(objective->prediction, sigma, x0[i], x);
        worst = fmax(worst, fmax(fabs(x - x_sigma[i]), fabs(truth - target[i])));
    }
    return worst < 1e-5;
}

static void test_which_uses_take_the_denoising_loss(void **state) {
    (void)state;
    static const struct {
        ambit_loss loss;
        double sigma, sigma_min, sigma_max;
        int denoising;
    } cases[] = {
        {AMBIT_LOSS_AMBIENT, .5, 0, 1, 1},    /* clean */
        {AMBIT_LOSS_AMBIENT, .5, 0, 0, 1},    /* m = 0: nothing was added to x₀ */
        {AMBIT_LOSS_AMBIENT, .8, .4, 0, 0},   /* high side */
        {AMBIT_LOSS_AMBIENT, .1, .4, .2, 1},  /* low side */
        {AMBIT_LOSS_AMBIENT, .8, .4, .2, 0},  /* high side of a sample that has both */
        {AMBIT_LOSS_AMBIENT, .8, .4, .9, 1},  /* both sides: x₀ is right there */
        {AMBIT_LOSS_AMBIENT, .3, 1, .46, 1},  /* right locally only */
        {AMBIT_LOSS_AMBIENT, .405, .4, 0, 1}, /* inside the buffer */
        {AMBIT_LOSS_DENOISING, .8, .4, 0, 1}, /* by configuration */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int prediction = 0; prediction <= AMBIT_PREDICT_V; prediction++) {
            ambit_objective objective = ambient;
            objective.prediction = (ambit_prediction)prediction;
            objective.loss = cases[i].loss;
            assert_int_equal(
                is_denoising(&objective, cases[i].sigma, cases[i].sigma_min, cases[i].sigma_max),
                cases[i].denoising);
            assert_int_equal(ambit_objective_is_ambient(&objective, cases[i].sigma,
                                                        cases[i].sigma_min, cases[i].sigma_max),
                             !cases[i].denoising);
        }
}

/* min(σ_min, σ_max) taken for the noise level of x_m is 0 for corrupt and for clean samples alike,
 * and the run silently trains the plain denoising loss. */
static void test_the_smaller_bound_is_not_the_noise_level(void **state) {
    arrays *a = *state;
    make(a, &ambient, 3);
    const double s2 = pairs[3].sigma * pairs[3].sigma, m2 = pairs[3].m * pairs[3].m;
    moments difference = {0};
    for (int i = 0; i < DRAWS; i++)
        moments_add(&difference, a->target[i] - a->x0[i]);
    assert_true(fabs(moments_variance(&difference) - s2 * m2 / (s2 - m2)) < .01);
}

/* Without a buffer the targets' variance grows without bound as σ comes down to σ_min. */
static void test_the_buffer_bounds_the_variance(void **state) {
    (void)state;
    static const double buffers[] = {1.5, 4, 20};
    for (size_t b = 0; b < sizeof buffers / sizeof *buffers; b++)
        for (double m = .05; m < 1; m += .05) {
            ambit_objective objective = ambient;
            objective.buffer = buffers[b];
            const double floor = ambit_objective_floor(&objective, m);
            assert_true(floor > m && floor <= 1);
            if (floor == 1)
                continue;
            const double amplification = floor * floor / (floor * floor - m * m);
            assert_true(fabs(amplification - buffers[b]) < 1e-9 * buffers[b]);
            assert_true(ambit_objective_is_ambient(&objective, floor, m, 0));
            assert_false(ambit_objective_is_ambient(&objective, floor * (1 - 1e-12), m, 0));
        }
    ambit_objective four = ambient;
    four.buffer = 4;
    assert_true(fabs(ambit_objective_floor(&four, .6) - .6928203) < 1e-7);
    assert_true(ambit_objective_floor(&four, 0) == 0);
    assert_true(ambit_objective_floor(&four, .95) == 1);
    assert_false(ambit_objective_is_ambient(&four, .99999, .95, 0));
    four.between = AMBIT_BETWEEN_DENOISE;
    assert_true(ambit_objective_floor(&four, .6) == .6);
    four.between = AMBIT_BETWEEN_SKIP;
    four.loss = AMBIT_LOSS_DENOISING;
    assert_true(ambit_objective_floor(&four, .6) == .6);
}

/* x_m and η out of an example of x₀ prediction: target = x_m/√(1−m²) − c·η, x_σ = a·x_m + b·η. */
static void recover(double s, double m, double x_sigma, double target, double *x_m, double *eta) {
    const double kept = sqrt(1 - m * m), width = s * s - m * m;
    *x_m = (target * width + m * m * sqrt(1 - s * s) * x_sigma) / (s * s * kept);
    *eta = (x_sigma - sqrt(1 - s * s) / kept * *x_m) * kept / sqrt(width);
}

/* Noise of x_m drawn anew at every visit makes the mean target of a sample its own bad x₀, which
 * the network then learns by heart; noise that stays makes it x_m/√(1−m²). */
static void test_noise_of_x_m_stays_over_visits(void **state) {
    (void)state;
    enum { SIZE = 16, VISITS = 4000 };
    const double s = .8, m = .5, kept = sqrt(1 - m * m);
    float x0[SIZE], noise[SIZE], x_sigma[SIZE], target[SIZE], weight;
    double first_x_m[SIZE], last_eta[SIZE] = {0};
    moments mean_target[SIZE] = {{0}};
    draw_mixture(x0, SIZE);
    for (int visit_number = 0; visit_number < VISITS; visit_number++) {
        ambit_rng visit = ambit_rng_open(4, AMBIT_STREAM_NOISE, (uint64_t)visit_number);
        ambit_rng fixed = ambit_rng_open(4, AMBIT_STREAM_FIXED, 77);
        ambit_objective_make(&ambient, x0, SIZE, s, m, 0, &visit, &fixed, x_sigma, target, &weight);
        for (int i = 0; i < SIZE; i++) {
            double x_m, eta;
            recover(s, m, x_sigma[i], target[i], &x_m, &eta);
            if (visit_number == 0)
                first_x_m[i] = x_m;
            assert_true(fabs(x_m - first_x_m[i]) < 1e-5);
            assert_true(fabs(eta - last_eta[i]) > 1e-7);
            last_eta[i] = eta;
            moments_add(&mean_target[i], target[i]);
        }
    }
    ambit_rng fixed = ambit_rng_open(4, AMBIT_STREAM_FIXED, 77);
    ambit_rng_normals(&fixed, noise, SIZE);
    for (int i = 0; i < SIZE; i++) {
        const double x_m = kept * x0[i] + m * noise[i];
        assert_true(fabs(first_x_m[i] - x_m) < 1e-5);
        assert_true(fabs(moments_z(&mean_target[i], x_m / kept)) < MOST_DEVIATIONS);
        if (fabs(noise[i]) > .5)
            assert_true(fabs(moments_z(&mean_target[i], x0[i])) > MOST_DEVIATIONS);
    }
}

/* Weights of one kind must weigh an error alike in all three spaces: an error e of x̂₀ is −√SNR·e in
 * ε and −e/σ in v. */
static void test_weights_agree_between_spaces(void **state) {
    (void)state;
    for (int kind = AMBIT_WEIGHT_MIN_SNR; kind <= AMBIT_WEIGHT_EDM; kind++)
        for (double s = .05; s < 1; s += .05) {
            const double snr = (1 - s * s) / (s * s);
            const double weight = kind == AMBIT_WEIGHT_EDM ? 1 / (s * s) : fmin(snr, 5);
            const double ratio[] = {1, snr, 1 / (s * s)};
            for (int prediction = 0; prediction <= AMBIT_PREDICT_V; prediction++) {
                ambit_objective objective = ambient;
                objective.prediction = (ambit_prediction)prediction;
                objective.weight = (ambit_loss_weight)kind;
                ambit_rng visit = ambit_rng_open(5, AMBIT_STREAM_NOISE, 0), fixed = visit;
                float x0 = 1, x, target, found;
                ambit_objective_make(&objective, &x0, 1, s, 0, 1, &visit, &fixed, &x, &target,
                                     &found);
                assert_true(fabs(found * ratio[prediction] / weight - 1) < 1e-5);
                objective.weight = AMBIT_WEIGHT_UNIFORM;
                ambit_objective_make(&objective, &x0, 1, s, 0, 1, &visit, &fixed, &x, &target,
                                     &found);
                assert_true(found == 1);
            }
        }
}

static void test_a_right_prediction_resolves_to_x0_and_epsilon(void **state) {
    (void)state;
    for (double s = .05; s < 1; s += .05)
        for (int prediction = 0; prediction <= AMBIT_PREDICT_V; prediction++) {
            const double x0 = .7, epsilon = -1.3, x = sqrt(1 - s * s) * x0 + s * epsilon;
            const float x_sigma = (float)x;
            const float output = (float)truth_of((ambit_prediction)prediction, s, x0, x);
            float found_x0, found_epsilon;
            ambit_prediction_resolve((ambit_prediction)prediction, s, 1, &x_sigma, &output,
                                     &found_x0, &found_epsilon);
            assert_true(fabs(found_x0 - x0) < 1e-5);
            assert_true(fabs(found_epsilon - epsilon) < 2e-5);
            ambit_prediction_resolve((ambit_prediction)prediction, s, 1, &x_sigma, &output, NULL,
                                     NULL);
        }
}

static void test_the_ends_of_sigma_are_finite(void **state) {
    (void)state;
    static const double ends[] = {0, 1};
    for (int end = 0; end < 2; end++)
        for (int prediction = 0; prediction <= AMBIT_PREDICT_V; prediction++)
            for (int kind = AMBIT_WEIGHT_UNIFORM; kind <= AMBIT_WEIGHT_EDM; kind++) {
                ambit_objective objective = ambient;
                objective.prediction = (ambit_prediction)prediction;
                objective.weight = (ambit_loss_weight)kind;
                ambit_rng visit = ambit_rng_open(6, AMBIT_STREAM_NOISE, 0), fixed = visit;
                float x0 = 1, x, target, weight, resolved, epsilon;
                ambit_objective_make(&objective, &x0, 1, ends[end], 0, 1, &visit, &fixed, &x,
                                     &target, &weight);
                ambit_prediction_resolve(objective.prediction, ends[end], 1, &x, &target, &resolved,
                                         &epsilon);
                assert_true(isfinite(x) && isfinite(target) && isfinite(weight));
                assert_true(isfinite(resolved) && isfinite(epsilon));
            }
}

static void test_senseless_options_are_refused(void **state) {
    (void)state;
    static const double buffers[] = {1, 0, -4, NAN, INFINITY};
    ambit_objective objective = ambient;
    assert_int_equal(ambit_objective_check(&objective), AMBIT_OK);
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        objective.buffer = buffers[i];
        assert_int_equal(ambit_objective_check(&objective), AMBIT_CONFIG);
        assert_non_null(strstr(ambit_message(), "ambient.buffer: "));
    }
    objective = ambient;
    objective.prediction = (ambit_prediction)3;
    assert_int_equal(ambit_objective_check(&objective), AMBIT_CONFIG);
    assert_string_equal(ambit_message(),
                        "ambient.prediction: there is no choice 3; give one of x0|epsilon|v");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ambient_targets_are_unbiased),
        cmocka_unit_test(test_the_epsilon_form_of_slides_is_biased),
        cmocka_unit_test(test_targets_are_the_written_formulas),
        cmocka_unit_test(test_excess_variance),
        cmocka_unit_test(test_which_uses_take_the_denoising_loss),
        cmocka_unit_test(test_the_smaller_bound_is_not_the_noise_level),
        cmocka_unit_test(test_the_buffer_bounds_the_variance),
        cmocka_unit_test(test_noise_of_x_m_stays_over_visits),
        cmocka_unit_test(test_weights_agree_between_spaces),
        cmocka_unit_test(test_a_right_prediction_resolves_to_x0_and_epsilon),
        cmocka_unit_test(test_the_ends_of_sigma_are_finite),
        cmocka_unit_test(test_senseless_options_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
