/* AdamW against a plain loop in double precision, and the schedules of its coefficients. */
#include "core/base/rng.h"
#include "core/method/optimizer.h"
#include "statistics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const ambit_optimizer_options usual = {.learning_rate = 2e-3,
                                              .final_fraction = .01,
                                              .warmup = 200,
                                              .steps = 8000,
                                              .beta1 = .9,
                                              .beta2 = .999,
                                              .epsilon = 1e-8,
                                              .decay = 1e-4,
                                              .clip = 1,
                                              .ema_decay = .999};

static void test_learning_rate_warms_up_and_decays(void **state) {
    (void)state;
    static const struct {
        int64_t t;
        double fraction;
    } cases[] = {{1, 1 / 200.},
                 {100, .5},
                 {200, 1},
                 {200 + 3900, .505},                  /* half-way down: (1 + .01)/2 */
                 {200 + 1950, .01 + .99 * .85355339}, /* a quarter: (1 + √½)/2 */
                 {8000, .01},
                 {9000, .01}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(fabs(ambit_learning_rate(&usual, cases[i].t) - 2e-3 * cases[i].fraction) <
                    1e-11);
    ambit_optimizer_options constant = usual;
    constant.warmup = 0;
    constant.final_fraction = 1;
    for (int64_t t = 1; t <= 8000; t += 97)
        assert_true(ambit_learning_rate(&constant, t) == 2e-3);
    ambit_optimizer_options only_warmup = usual;
    only_warmup.warmup = only_warmup.steps;
    assert_true(ambit_learning_rate(&only_warmup, 4000) == 1e-3);
    assert_true(ambit_learning_rate(&only_warmup, 8000) == usual.learning_rate * .01);
}

static void test_average_follows_faster_at_first(void **state) {
    (void)state;
    static const struct {
        int64_t t;
        double decay;
    } cases[] = {{1, 2 / 11.}, {10, 11 / 20.}, {8980, 8981 / 8990.}, {8990, .999}, {100000, .999}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(fabs(ambit_optimizer_at(&usual, cases[i].t, 0).ema_decay - cases[i].decay) <
                    1e-7);
}

static void test_clipping_scales_to_the_norm(void **state) {
    (void)state;
    ambit_optimizer_options options = usual;
    assert_true(ambit_optimizer_at(&options, 1, .5).clip_scale == 1);
    assert_true(ambit_optimizer_at(&options, 1, 1).clip_scale == 1);
    assert_true(ambit_optimizer_at(&options, 1, 4).clip_scale == .25f);
    options.clip = 0;
    assert_true(ambit_optimizer_at(&options, 1, 4).clip_scale == 1);
}

/* By hand. Step 1 has m/(1−β₁) = g and √(v/(1−β₂)) = |g|, so p moves by η·sign(g) whatever g is,
 * and by ηλp. Step 2 with g = 0: m = .09, v = .000999, m̂ = .09/.19, v̂ = .000999/.001999. */
static void test_two_steps_by_hand(void **state) {
    (void)state;
    ambit_optimizer_options options = usual;
    options.warmup = 0;
    options.final_fraction = 1;
    options.learning_rate = .1;
    options.decay = .01;
    float p[2] = {1, 1}, g[2] = {1, -1}, m[2] = {0}, v[2] = {0}, e[2] = {0};
    ambit_optimizer_step step = ambit_optimizer_at(&options, 1, 0);
    ambit_optimizer_apply(&step, 1, 2, p, g, m, v, e);
    assert_true(fabs(p[0] - .899) < 1e-6 && fabs(p[1] - 1.099) < 1e-6);
    assert_true(fabs(m[0] - .1) < 1e-7 && fabs(v[0] - .001) < 1e-7);
    assert_true(fabs(e[0] - .899 * 9 / 11) < 1e-6);
    g[0] = g[1] = 0;
    step = ambit_optimizer_at(&options, 2, 0);
    ambit_optimizer_apply(&step, 1, 2, p, g, m, v, e);
    const double move = .09 / .19 / sqrt(.000999 / .001999);
    assert_true(fabs(p[0] - (.899 * .999 - .1 * move)) < 1e-6);
    assert_true(fabs(p[1] - (1.099 * .999 + .1 * move)) < 1e-6);
}

enum { COUNT = 1003, STEPS = 300 };

typedef struct {
    float p[COUNT], g[COUNT], m[COUNT], v[COUNT], e[COUNT];
} tensors;

static void start(tensors *x) {
    memset(x, 0, sizeof *x);
    ambit_rng rng = ambit_rng_open(1, AMBIT_STREAM_WEIGHTS, 0);
    ambit_rng_normals(&rng, x->p, COUNT);
    memcpy(x->e, x->p, sizeof x->e);
}

static void draw_gradient(tensors *x, int64_t t) {
    ambit_rng rng = ambit_rng_open(1, AMBIT_STREAM_NOISE, (uint64_t)t);
    ambit_rng_normals(&rng, x->g, COUNT);
    for (int i = 0; i < COUNT; i++)
        x->g[i] = x->g[i] * .01f + .02f * x->p[i];
}

/* torch.optim.AdamW and clip_grad_norm_, in double: p is shrunk by 1 − ηλ, then moved. */
static void test_against_a_plain_loop(void **state) {
    (void)state;
    tensors *x = malloc(sizeof *x);
    double(*r)[4] = calloc(COUNT, sizeof *r); /* p, m, v, e */
    assert_true(x && r);
    for (int decays = 0; decays <= 1; decays++) {
        ambit_optimizer_options options = usual;
        options.decay = .1;
        options.clip = .5;
        options.warmup = 50;
        options.steps = STEPS;
        start(x);
        for (int i = 0; i < COUNT; i++)
            r[i][0] = r[i][3] = x->p[i], r[i][1] = r[i][2] = 0;
        for (int t = 1; t <= STEPS; t++) {
            draw_gradient(x, t);
            const double norm = sqrt(ambit_sum_of_squares(x->g, COUNT));
            const double scale = norm > .5 ? .5 / norm : 1;
            const double rate = ambit_learning_rate(&options, t);
            const double d = fmin(.999, (1. + t) / (10. + t));
            for (int i = 0; i < COUNT; i++) {
                const double g = x->g[i] * scale;
                r[i][1] = .9 * r[i][1] + .1 * g;
                r[i][2] = .999 * r[i][2] + .001 * g * g;
                r[i][0] *= 1 - rate * (decays ? .1 : 0);
                r[i][0] -= rate * (r[i][1] / (1 - pow(.9, t))) /
                           (sqrt(r[i][2]) / sqrt(1 - pow(.999, t)) + 1e-8);
                r[i][3] = d * r[i][3] + (1 - d) * r[i][0];
            }
            const ambit_optimizer_step step = ambit_optimizer_at(&options, t, norm);
            ambit_optimizer_apply(&step, decays, COUNT, x->p, x->g, x->m, x->v, x->e);
        }
        for (int i = 0; i < COUNT; i++) {
            assert_true(fabs(x->p[i] - r[i][0]) < 2e-5);
            assert_true(fabs(x->e[i] - r[i][3]) < 2e-5);
        }
    }
    free(r);
    free(x);
}

static void test_ranges_may_be_updated_apart(void **state) {
    (void)state;
    static const int cuts[] = {0, 1, 8, 331, 1000, COUNT};
    tensors *whole = malloc(sizeof *whole), *parts = malloc(sizeof *parts);
    assert_true(whole && parts);
    start(whole);
    start(parts);
    for (int t = 1; t <= 10; t++) {
        const ambit_optimizer_step step = ambit_optimizer_at(&usual, t, 3);
        draw_gradient(whole, t);
        draw_gradient(parts, t);
        ambit_optimizer_apply(&step, 1, COUNT, whole->p, whole->g, whole->m, whole->v, whole->e);
        for (int c = 0; c + 1 < (int)(sizeof cuts / sizeof *cuts); c++) {
            const int i = cuts[c];
            ambit_optimizer_apply(&step, 1, cuts[c + 1] - i, parts->p + i, parts->g + i,
                                  parts->m + i, parts->v + i, parts->e + i);
        }
    }
    assert_memory_equal(whole, parts, sizeof *whole);
    free(whole);
    free(parts);
}

static void test_sum_of_squares_is_that_of_its_blocks(void **state) {
    (void)state;
    enum { BLOCKS = 5, VALUES = BLOCKS * AMBIT_NORM_BLOCK - 13 };
    float *values = malloc(VALUES * sizeof *values);
    assert_non_null(values);
    ambit_rng rng = ambit_rng_open(2, AMBIT_STREAM_NOISE, 0);
    ambit_rng_normals(&rng, values, VALUES);
    long double exact = 0;
    for (int i = 0; i < VALUES; i++)
        exact += (long double)values[i] * values[i];
    double of_blocks[BLOCKS], sum = 0;
    for (int b = BLOCKS - 1; b >= 0; b--) {
        const int at = b * AMBIT_NORM_BLOCK, left = VALUES - at;
        of_blocks[b] = ambit_sum_of_squares(values + at,
                                            left < AMBIT_NORM_BLOCK ? left : (int)AMBIT_NORM_BLOCK);
    }
    for (int b = 0; b < BLOCKS; b++)
        sum += of_blocks[b];
    assert_true(sum == ambit_sum_of_squares(values, VALUES));
    assert_true(fabs(sum / (double)exact - 1) < 1e-14);
    assert_true(ambit_sum_of_squares(values, 0) == 0);
    const float few[11] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    assert_true(ambit_sum_of_squares(few, 11) == 506);
    free(values);
}

static void test_add_squared_is_addition_and_sum_of_squares(void **state) {
    (void)state;
    static const int counts[] = {0, 1, 8, 13, AMBIT_NORM_BLOCK - 3, AMBIT_NORM_BLOCK};
    float a[AMBIT_NORM_BLOCK], b[AMBIT_NORM_BLOCK], sum[AMBIT_NORM_BLOCK];
    ambit_rng rng = ambit_rng_open(3, AMBIT_STREAM_NOISE, 0);
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        const int64_t count = counts[c];
        ambit_rng_normals(&rng, a, count);
        ambit_rng_normals(&rng, b, count);
        for (int64_t i = 0; i < count; i++)
            sum[i] = a[i] + b[i];
        const double squares = ambit_sum_of_squares(sum, count);
        float *const places[] = {a, b};
        for (int p = 0; p < 2; p++) { /* in place of either term, and apart */
            float apart[AMBIT_NORM_BLOCK], term[AMBIT_NORM_BLOCK];
            memcpy(term, places[p], (size_t)count * sizeof *term);
            assert_true(ambit_add_squared(a, b, count, apart) == squares);
            assert_memory_equal(apart, sum, (size_t)count * sizeof *sum);
            assert_true(ambit_add_squared(a, b, count, places[p]) == squares);
            assert_memory_equal(places[p], sum, (size_t)count * sizeof *sum);
            memcpy(places[p], term, (size_t)count * sizeof *term);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learning_rate_warms_up_and_decays),
        cmocka_unit_test(test_average_follows_faster_at_first),
        cmocka_unit_test(test_clipping_scales_to_the_norm),
        cmocka_unit_test(test_two_steps_by_hand),
        cmocka_unit_test(test_against_a_plain_loop),
        cmocka_unit_test(test_ranges_may_be_updated_apart),
        cmocka_unit_test(test_sum_of_squares_is_that_of_its_blocks),
        cmocka_unit_test(test_add_squared_is_addition_and_sum_of_squares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
