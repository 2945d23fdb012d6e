/* Products of panels against the sum written out, for sizes around those of tiles, panels and what
 * is summed at a time; A in both orders, B copied and transposed. */
#include "core/base/rng.h"
#include "core/products/small_product.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PADDING = 3, MOST = 70, LONGEST = 300 };
enum { NUMBERS = (LONGEST + PADDING) * (MOST + PADDING) };

static const float alpha = 0.75f;
static float a[NUMBERS], b[NUMBERS], c[NUMBERS], panels[NUMBERS * AMBIT_PANEL];

static void fill(float *values, uint64_t index) {
    ambit_rng rng = ambit_rng_open(1, AMBIT_STREAM_NOISE, index);
    for (int64_t i = 0; i < NUMBERS; i++)
        values[i] = (float)(2 * ambit_rng_uniform(&rng) - 1);
}

/* Matrices of which each row lies `PADDING` numbers behind the one before. */
static ambit_strided order(const float *x, int64_t rows, int64_t columns, int transposed) {
    return transposed ? (ambit_strided){x, 1, rows + PADDING}
                      : (ambit_strided){x, columns + PADDING, 1};
}

static float at(ambit_strided x, int64_t i, int64_t j) {
    return x.first[i * x.row + j * x.column];
}

static void check(int64_t m, int64_t n, int64_t k, int transpose_a, int transpose_b, int add) {
    const int64_t ldc = n + PADDING;
    const ambit_strided x = order(a, m, k, transpose_a), y = order(b, k, n, transpose_b);
    for (int64_t i = 0; i < k * ambit_panel_columns(n); i++)
        panels[i] = NAN; /* all of them are written */
    for (int64_t i = 0; i < m * ldc; i++)
        c[i] = add ? (float)(i % 7) : NAN; /* not read where add is 0 */
    if (transpose_b)
        ambit_transposed_panels(n, k, b, k + PADDING, panels);
    else
        ambit_panels(k, n, b, n + PADDING, panels);
    for (int64_t j = n; j < ambit_panel_columns(n); j++)
        for (int64_t p = 0; p < k; p++)
            assert_true(
                panels[j / AMBIT_PANEL * AMBIT_PANEL * k + p * AMBIT_PANEL + j % AMBIT_PANEL] == 0);
    ambit_small_product(m, n, k, alpha, x, panels, add, c, ldc);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < ldc; j++) {
            const double before = (double)((i * ldc + j) % 7), found = (double)c[i * ldc + j];
            double sum = 0;
            for (int64_t p = 0; p < k && j < n; p++)
                sum += (double)alpha * (double)at(x, i, p) * (double)at(y, p, j);
            if (j >= n) /* what lies between rows is left alone */
                assert_true(add ? found == before : isnan(found));
            else if (!(fabs(found - sum - (add ? before : 0)) <
                       16 * (double)FLT_EPSILON * sqrt((double)k)))
                fail_msg("%d × %d × %d: %g where %g is expected", (int)m, (int)n, (int)k, found,
                         sum + (add ? before : 0));
        }
}

static void equals_the_sum(void **state) {
    static const int64_t rows[] = {1, 3, 4, 7, 8, 9, 16, 20, 33},
                         columns[] = {1, 3, 7, 15, 16, 17, 32, 33, 48, 64, MOST},
                         lengths[] = {1, 2, 3, 7, 16, 20, 64, 127, 128, 129, LONGEST};
    (void)state;
    fill(a, 1);
    fill(b, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t j = 0; j < sizeof columns / sizeof *columns; j++)
            for (size_t p = 0; p < sizeof lengths / sizeof *lengths; p++)
                for (int kind = 0; kind < 8; kind++)
                    check(rows[i], columns[j], lengths[p], kind & 1, kind >> 1 & 1, kind >> 2);
}

/* A number of C is the same bits in a product of other sizes. */
static void depends_on_its_sum_alone(void **state) {
    enum { ROWS = 20, COLUMNS = 40, LENGTH = 200 };
    static float part[NUMBERS];
    const ambit_strided x = {a, LENGTH, 1};
    (void)state;
    fill(a, 1);
    fill(b, 2);
    ambit_panels(LENGTH, COLUMNS, b, COLUMNS, panels);
    ambit_small_product(ROWS, COLUMNS, LENGTH, alpha, x, panels, 0, c, COLUMNS);
    for (int64_t m = 1; m < ROWS; m++)
        for (int64_t n = 1; n < COLUMNS; n++) {
            ambit_small_product(m, n, LENGTH, alpha, x, panels, 0, part, n);
            for (int64_t i = 0; i < m; i++)
                for (int64_t j = 0; j < n; j++)
                    assert_true(part[i * n + j] == c[i * COLUMNS + j]);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_sum),
        cmocka_unit_test(depends_on_its_sum_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
