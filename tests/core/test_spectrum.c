/* Spectra: power of known signals, and the noise that covers a difference. */
#include "core/method/spectrum.h"

#include "core/base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { STEPS = 8, WIDTH = 2, SIDE = 6, SAMPLES = 4000 };

/* White noise of variance 4 has power 4 everywhere, in chunks and in images. */
static void test_white(void **state) {
    const ambit_spectrum_shape shapes[] = {{0, STEPS, WIDTH}, {WIDTH, SIDE, SIDE + 2}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        ambit_spectrum s;
        float x[WIDTH * SIDE * (SIDE + 2)];
        ambit_rng rng = ambit_rng_open(1, AMBIT_STREAM_TESTS, (uint64_t)i);
        assert_int_equal(ambit_spectrum_create(&shapes[i], &s), AMBIT_OK);
        for (int n = 0; n < SAMPLES; n++) {
            ambit_rng_normals(&rng, x, WIDTH * SIDE * (SIDE + 2));
            for (int j = 0; j < WIDTH * SIDE * (SIDE + 2); j++)
                x[j] *= 2;
            ambit_spectrum_add(&s, x);
        }
        assert_int_equal(s.parts, WIDTH);
        for (int64_t part = 0; part < s.parts; part++)
            for (int64_t k = 0; k < s.frequencies; k++)
                assert_true(fabs(ambit_spectrum_power(&s, part, k) - 4) < .5);
        ambit_spectrum_destroy(&s);
    }
}

/* One cosine lies at its own frequency and nowhere else; its power is what noise must cover. */
static void test_one_frequency(void **state) {
    ambit_spectrum with, without;
    const ambit_spectrum_shape shape = {0, STEPS, WIDTH};
    float x[STEPS * WIDTH] = {0};
    (void)state;
    assert_int_equal(ambit_spectrum_create(&shape, &with), AMBIT_OK);
    assert_int_equal(ambit_spectrum_create(&shape, &without), AMBIT_OK);
    ambit_spectrum_add(&without, x);
    for (int t = 0; t < STEPS; t++) /* amplitude 1 at frequency 3: power STEPS/2 = 4 */
        x[t * WIDTH + 1] = (float)cos(acos(-1.0) * (t + .5) * 3 / STEPS);
    ambit_spectrum_add(&with, x);
    for (int64_t k = 0; k < STEPS; k++)
        assert_true(fabs(ambit_spectrum_power(&with, 1, k) - (k == 3 ? 4 : 0)) < 1e-5);
    /* (1−σ²)·4 = σ² at σ² = 4/5; with a quarter of σ² at 16/17 */
    assert_true(fabs(ambit_spectrum_bound(&with, &without, 1) - sqrt(.8)) < 1e-5);
    assert_true(fabs(ambit_spectrum_bound(&with, &without, .25) - sqrt(16. / 17)) < 1e-5);
    assert_true(ambit_spectrum_bound(&with, &with, 1) == 0);
    ambit_spectrum_destroy(&with);
    ambit_spectrum_destroy(&without);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_white),
                                       cmocka_unit_test(test_one_frequency)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
