/* The product of few rows against the sum written out. */
#include "core/base/rng.h"
#include "core/products/few_rows.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PADDING = 3, MOST_ROWS = 16, MOST_COLUMNS = 61, LONGEST = 1100 };

static float a[MOST_ROWS * (LONGEST + PADDING)], b[MOST_COLUMNS * (LONGEST + PADDING)];
static float c[MOST_ROWS * (MOST_COLUMNS + PADDING)];

static void fill(float *values, int64_t count, uint64_t seed) {
    ambit_rng rng = ambit_rng_open(seed, AMBIT_STREAM_NOISE, 0);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)(2 * ambit_rng_uniform(&rng) - 1);
}

static void check(int64_t m, int64_t n, int64_t k, float beta) {
    const int64_t ldx = k + PADDING, ldc = n + PADDING;
    for (int64_t i = 0; i < m * ldc; i++)
        c[i] = beta != 0 ? (float)(i % 7) : NAN; /* not read where beta is 0 */
    ambit_few_rows(m, n, k, a, ldx, b, ldx, beta, c, ldc);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = beta != 0 ? (double)beta * (double)((i * ldc + j) % 7) : 0;
            for (int64_t p = 0; p < k; p++)
                sum += (double)a[i * ldx + p] * (double)b[j * ldx + p];
            assert_true(fabs(sum - (double)c[i * ldc + j]) <
                        16 * (double)FLT_EPSILON * sqrt((double)k));
        }
    for (int64_t i = 0; i < m - 1; i++) /* what lies between rows is left alone */
        for (int64_t j = n; j < ldc; j++)
            assert_true(beta != 0 ? c[i * ldc + j] == (float)((i * ldc + j) % 7)
                                  : isnan(c[i * ldc + j]));
}

static void equals_the_sum(void **state) {
    (void)state;
    fill(a, sizeof a / sizeof *a, 1);
    fill(b, sizeof b / sizeof *b, 2);
    for (int64_t m = 1; m <= MOST_ROWS; m++) {
        check(m, 48, 32, 0);
        check(m, 61, 100, 1);
        check(m, 50, LONGEST, 0.5f);
    }
}

static void pays_for_few_rows_only(void **state) {
    (void)state;
    assert_true(ambit_few_rows_pays(1, 384, 384));
    assert_true(ambit_few_rows_pays(MOST_ROWS, 768, 256));
    assert_false(ambit_few_rows_pays(MOST_ROWS + 1, 768, 256));
    assert_false(ambit_few_rows_pays(1, 8, 384));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_sum),
        cmocka_unit_test(pays_for_few_rows_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
