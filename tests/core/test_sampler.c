/* With a denoiser known in closed form, both samplers give the distribution it belongs to. */
#include "core/method/sampler.h"
#include "statistics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* STEPS are enough for the error of discretisation, which falls as their inverse, to be small. */
enum { ROWS = 10000, SIZE = 2, STEPS = 400 };

/* Column j of the data: Σ weight·N(mean, deviation²). */
typedef struct {
    double weight, mean, deviation;
} component;
static const component gaussian[SIZE][2] = {{{1, .8, .5}, {0, 0, 1}}, {{1, -.3, 1.2}, {0, 0, 1}}};
static const component mixture[SIZE][2] = {{{.3, -1, .1}, {.7, 1, .2}},
                                           {{.5, -.5, .3}, {.5, 2, .2}}};

typedef struct {
    const component (*columns)[2];
    ambit_prediction prediction;
    int64_t count; /* batch × SIZE */
    double seen[STEPS];
    int calls;
} oracle;

/* E[x₀ | x_σ]: the components' posterior means, weighed by their likelihoods. */
static double posterior_mean(const component *parts, double sigma, double x) {
    const double signal = sqrt(1 - sigma * sigma);
    double sum = 0, all = 0;
    for (int i = 0; i < 2; i++) {
        const double s2 = parts[i].deviation * parts[i].deviation;
        const double spread = signal * signal * s2 + sigma * sigma;
        const double away = x - signal * parts[i].mean;
        const double likelihood =
            parts[i].weight * exp(-.5 * away * away / spread) / sqrt(spread) + 1e-300;
        sum += likelihood * (parts[i].mean + s2 * signal / spread * away);
        all += likelihood;
    }
    return sum / all;
}

static ambit_status denoise(void *context, const float *x, double sigma, float *out) {
    oracle *o = context;
    const double signal = sqrt(1 - sigma * sigma);
    for (int64_t i = 0; i < o->count; i++) {
        const double x0 = posterior_mean(o->columns[i % SIZE], sigma, x[i]);
        const double epsilon = (x[i] - signal * x0) / sigma;
        const double predictions[] = {x0, epsilon, signal * epsilon - sigma * x0};
        out[i] = (float)predictions[o->prediction];
    }
    o->seen[o->calls++] = sigma;
    return AMBIT_OK;
}

static ambit_schedule *cosine(int bins) {
    const ambit_schedule_options options = {.kind = AMBIT_SCHEDULE_COSINE, .bins = bins};
    ambit_schedule *schedule;
    assert_int_equal(ambit_schedule_create(&options, &schedule), AMBIT_OK);
    return schedule;
}

/* Rows first … first + rows − 1 of a run that gives row r the stream of index r. */
static void sample(oracle *o, const ambit_sampler_options *options, const ambit_schedule *schedule,
                   int first, int rows, float *out) {
    ambit_sampler *sampler;
    ambit_rng *streams = malloc((size_t)rows * sizeof *streams);
    assert_non_null(streams);
    for (int r = 0; r < rows; r++)
        streams[r] = ambit_rng_open(1, AMBIT_STREAM_SAMPLER, (uint64_t)(first + r));
    o->count = (int64_t)rows * SIZE;
    o->calls = 0;
    o->prediction = options->prediction;
    assert_int_equal(ambit_sampler_create(options, schedule, rows, SIZE, &sampler), AMBIT_OK);
    assert_int_equal(ambit_sampler_run(sampler, streams, denoise, o, out), AMBIT_OK);
    ambit_sampler_destroy(sampler);
    free(streams);
}

static void test_both_samplers_give_a_gaussian(void **state) {
    (void)state;
    float *out = malloc(ROWS * SIZE * sizeof *out);
    assert_non_null(out);
    ambit_schedule *schedule = cosine(STEPS);
    for (int kind = AMBIT_SAMPLER_DDIM; kind <= AMBIT_SAMPLER_ANCESTRAL; kind++) {
        const ambit_sampler_options options = {(ambit_sampler_kind)kind, STEPS, 0,
                                               AMBIT_PREDICT_X0};
        oracle o = {.columns = gaussian};
        sample(&o, &options, schedule, 0, ROWS, out);
        assert_int_equal(o.calls, STEPS);
        for (int j = 0; j < SIZE; j++) {
            moments m = {0};
            for (int r = 0; r < ROWS; r++)
                moments_add(&m, out[r * SIZE + j]);
            const double deviation = gaussian[j][0].deviation;
            assert_true(fabs(moments_mean(&m) - gaussian[j][0].mean) < .04);
            assert_true(fabs(sqrt(moments_variance(&m)) / deviation - 1) < .03);
        }
    }
    ambit_schedule_destroy(schedule);
    free(out);
}

/* The probability flow of a Gaussian keeps (x_σ − √(1−σ²)·mean)/√((1−σ²)·s² + σ²), so DDIM must
 * take each starting noise z to mean + s·z. */
static void test_ddim_follows_the_flow(void **state) {
    (void)state;
    enum { FEW = 50 };
    float out[FEW * SIZE], z[SIZE];
    ambit_schedule *schedule = cosine(1000);
    const ambit_sampler_options options = {AMBIT_SAMPLER_DDIM, 100, 0, AMBIT_PREDICT_X0};
    oracle o = {.columns = gaussian};
    sample(&o, &options, schedule, 0, FEW, out);
    for (int r = 0; r < FEW; r++) {
        ambit_rng stream = ambit_rng_open(1, AMBIT_STREAM_SAMPLER, (uint64_t)r);
        ambit_rng_normals(&stream, z, SIZE);
        for (int j = 0; j < SIZE; j++)
            assert_true(fabs(out[r * SIZE + j] - gaussian[j][0].mean -
                             gaussian[j][0].deviation * z[j]) < .05);
    }
    ambit_schedule_destroy(schedule);
}

static void test_both_samplers_give_a_mixture(void **state) {
    (void)state;
    float *out = malloc(ROWS * SIZE * sizeof *out);
    assert_non_null(out);
    ambit_schedule *schedule = cosine(STEPS);
    for (int kind = AMBIT_SAMPLER_DDIM; kind <= AMBIT_SAMPLER_ANCESTRAL; kind++) {
        const ambit_sampler_options options = {(ambit_sampler_kind)kind, STEPS, 0,
                                               AMBIT_PREDICT_X0};
        oracle o = {.columns = mixture};
        sample(&o, &options, schedule, 0, ROWS, out);
        for (int j = 0; j < SIZE; j++) {
            const component *parts = mixture[j];
            const double middle = .5 * (parts[0].mean + parts[1].mean);
            moments of_part[2] = {{0}};
            for (int r = 0; r < ROWS; r++)
                moments_add(&of_part[out[r * SIZE + j] > middle], out[r * SIZE + j]);
            for (int i = 0; i < 2; i++) {
                const double share = (double)of_part[i].count / ROWS;
                assert_true(fabs(share - parts[i].weight) < .03);
                assert_true(fabs(moments_mean(&of_part[i]) - parts[i].mean) < .03);
                assert_true(fabs(sqrt(moments_variance(&of_part[i])) / parts[i].deviation - 1) <
                            .06);
            }
        }
    }
    ambit_schedule_destroy(schedule);
    free(out);
}

static void test_predictions_of_all_spaces_give_the_same_samples(void **state) {
    (void)state;
    enum { FEW = 20 };
    float out[3][FEW * SIZE];
    ambit_schedule *schedule = cosine(100);
    for (int prediction = 0; prediction <= AMBIT_PREDICT_V; prediction++) {
        const ambit_sampler_options options = {AMBIT_SAMPLER_DDIM, 10, 0,
                                               (ambit_prediction)prediction};
        oracle o = {.columns = mixture};
        sample(&o, &options, schedule, 0, FEW, out[prediction]);
    }
    for (int i = 0; i < FEW * SIZE; i++) {
        assert_true(fabs(out[AMBIT_PREDICT_V][i] - out[AMBIT_PREDICT_X0][i]) < 1e-3);
        /* x̂₀ of ε̂ divides float's rounding by √(1−σ²) = 5·10⁻⁴ at the first step */
        assert_true(fabs(out[AMBIT_PREDICT_EPSILON][i] - out[AMBIT_PREDICT_X0][i]) < 2e-2);
    }
    ambit_schedule_destroy(schedule);
}

static void test_a_row_does_not_depend_on_its_neighbours(void **state) {
    (void)state;
    enum { FEW = 7 };
    float together[FEW * SIZE], alone[SIZE];
    ambit_schedule *schedule = cosine(100);
    for (int kind = AMBIT_SAMPLER_DDIM; kind <= AMBIT_SAMPLER_ANCESTRAL; kind++) {
        const ambit_sampler_options options = {(ambit_sampler_kind)kind, 10, 3, AMBIT_PREDICT_V};
        oracle o = {.columns = mixture};
        sample(&o, &options, schedule, 0, FEW, together);
        for (int r = 0; r < FEW; r++) {
            sample(&o, &options, schedule, r, 1, alone);
            assert_memory_equal(alone, together + r * SIZE, sizeof alone);
        }
    }
    ambit_schedule_destroy(schedule);
}

static void test_levels_are_evenly_spaced_bins(void **state) {
    (void)state;
    static const struct {
        int bins, steps, expected[10];
    } cases[] = {
        {100, 10, {99, 88, 77, 66, 55, 44, 33, 22, 11, 0}},
        {100, 3, {99, 50, 0}}, /* 49.5 and 2.5 round to even */
        {6, 3, {5, 2, 0}},
        {100, 8, {99, 85, 71, 57, 42, 28, 14, 0}},
        {5, 5, {4, 3, 2, 1, 0}},
        {100, 1, {99}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ambit_sampler_options options = {AMBIT_SAMPLER_DDIM, cases[i].steps, 0,
                                               AMBIT_PREDICT_X0};
        ambit_schedule *schedule = cosine(cases[i].bins);
        oracle o = {.columns = gaussian};
        float out[SIZE];
        sample(&o, &options, schedule, 0, 1, out);
        assert_int_equal(o.calls, cases[i].steps);
        for (int s = 0; s < cases[i].steps; s++)
            assert_true(o.seen[s] == schedule->low[cases[i].expected[s]]);
        ambit_schedule_destroy(schedule);
    }
}

typedef struct {
    float x[2];
    double sigma[2];
    int calls;
} recorder;

/* Predicts x̂₀ = 10 always, and keeps what it was given. */
static ambit_status predict_ten(void *context, const float *x, double sigma, float *out) {
    recorder *seen = context;
    seen->x[seen->calls] = x[0];
    seen->sigma[seen->calls++] = sigma;
    out[0] = 10;
    return AMBIT_OK;
}

static void test_a_clamped_estimate_takes_its_noise_along(void **state) {
    (void)state;
    const ambit_sampler_options options = {AMBIT_SAMPLER_DDIM, 2, 3, AMBIT_PREDICT_X0};
    ambit_schedule *schedule = cosine(3); /* so that σ and σ' are both moderate */
    ambit_sampler *sampler;
    ambit_rng stream = ambit_rng_open(1, AMBIT_STREAM_SAMPLER, 0);
    recorder seen = {.calls = 0};
    float out;
    assert_int_equal(ambit_sampler_create(&options, schedule, 1, 1, &sampler), AMBIT_OK);
    assert_int_equal(ambit_sampler_run(sampler, &stream, predict_ten, &seen, &out), AMBIT_OK);
    const double s = seen.sigma[0], next = seen.sigma[1];
    const double epsilon = (seen.x[0] - sqrt(1 - s * s) * 3) / s;
    assert_true(fabs(seen.x[1] - (sqrt(1 - next * next) * 3 + next * epsilon)) < 1e-5);
    assert_true(out == 3);
    ambit_sampler_destroy(sampler);
    ambit_schedule_destroy(schedule);
}

static ambit_status refuse(void *context, const float *x, double sigma, float *out) {
    (void)context, (void)x, (void)out;
    return ambit_fail(AMBIT_UNAVAILABLE, "no network at %g", sigma);
}

static void test_failures_are_passed_on(void **state) {
    (void)state;
    static const struct {
        ambit_sampler_options options;
        const char *says;
    } cases[] = {
        {{AMBIT_SAMPLER_DDIM, 0, 0, AMBIT_PREDICT_X0}, "sampler.steps: 0; give"},
        {{AMBIT_SAMPLER_DDIM, 101, 0, AMBIT_PREDICT_X0},
         "sampler.steps: 101 steps, but schedule.bins gives 100 noise levels"},
        {{AMBIT_SAMPLER_DDIM, 10, -1, AMBIT_PREDICT_X0}, "sampler.clamp: -1; give"},
        {{AMBIT_SAMPLER_DDIM, 10, NAN, AMBIT_PREDICT_X0}, "sampler.clamp: nan; give"},
        {{(ambit_sampler_kind)2, 10, 0, AMBIT_PREDICT_X0},
         "sampler.kind: there is no choice 2; give one of ddim|ancestral"},
    };
    ambit_schedule *schedule = cosine(100);
    ambit_sampler *sampler;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(ambit_sampler_create(&cases[i].options, schedule, 1, 1, &sampler),
                         AMBIT_CONFIG);
        assert_null(sampler);
        assert_non_null(strstr(ambit_message(), cases[i].says));
    }
    const ambit_sampler_options options = {AMBIT_SAMPLER_DDIM, 10, 0, AMBIT_PREDICT_X0};
    ambit_rng stream = ambit_rng_open(1, AMBIT_STREAM_SAMPLER, 0);
    float out;
    assert_int_equal(ambit_sampler_create(&options, schedule, 1, 1, &sampler), AMBIT_OK);
    assert_int_equal(ambit_sampler_run(sampler, &stream, refuse, NULL, &out), AMBIT_UNAVAILABLE);
    ambit_sampler_destroy(sampler);
    ambit_schedule_destroy(schedule);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_samplers_give_a_gaussian),
        cmocka_unit_test(test_ddim_follows_the_flow),
        cmocka_unit_test(test_both_samplers_give_a_mixture),
        cmocka_unit_test(test_predictions_of_all_spaces_give_the_same_samples),
        cmocka_unit_test(test_a_row_does_not_depend_on_its_neighbours),
        cmocka_unit_test(test_levels_are_evenly_spaced_bins),
        cmocka_unit_test(test_a_clamped_estimate_takes_its_noise_along),
        cmocka_unit_test(test_failures_are_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
