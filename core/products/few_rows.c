#include "few_rows.h"

#include "../base/vector.h"

enum {
    LANES = 16,
    COLUMNS = 12,
    ROWS = 4,
    LENGTH = 1024 /* of sums at a time: 64 KiB of the stack */
};

int ambit_few_rows_pays(int64_t m, int64_t n, int64_t k) {
    return m <= LANES && n >= 4 * COLUMNS && k >= 2 * LANES;
}

/* turned[p][i] = a[i][p], zero where there is no row. */
static void turn(int64_t m, int64_t k, const ambit_real *a, int64_t lda, ambit_real *turned) {
    memset(turned, 0, (size_t)(k * LANES) * sizeof *turned);
    for (int64_t i = 0; i < m; i++)
        for (int64_t p = 0; p < k; p++)
            turned[p * LANES + i] = a[i * lda + p];
}

/* out[j][i] = Σ_p b[j][p]·turned[p][i]. The next COLUMNS rows of b follow these. */
AMBIT_VECTOR static void multiply(int64_t k, const ambit_real *restrict turned,
                                  const ambit_real *restrict b, int64_t ldb, int64_t next,
                                  ambit_real *restrict out) {
    ambit_real sums[COLUMNS][LANES] = {{0}};
    for (int64_t p = 0; p < k; p++) {
        AMBIT_PREFETCH(b + next + p * COLUMNS);
#pragma GCC unroll 12
        for (int j = 0; j < COLUMNS; j++)
#pragma omp simd
            for (int i = 0; i < LANES; i++)
                sums[j][i] += b[j * ldb + p] * turned[p * LANES + i];
    }
    memcpy(out, sums, sizeof sums);
}

/* Columns from…to of c out of the sums of the COLUMNS columns from `first` on. */
static void store(int64_t m, int64_t first, int64_t from, int64_t to, const ambit_real *sums,
                  ambit_real beta, ambit_real *c, int64_t ldc) {
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = from; j < to; j++) {
            const ambit_real sum = sums[(j - first) * LANES + i];
            c[i * ldc + j] = beta != 0 ? beta * c[i * ldc + j] + sum : sum;
        }
}

/* The last columns are computed with those before them, so that there are always COLUMNS. */
static void multiply_length(int64_t m, int64_t n, int64_t k, const ambit_real *a, int64_t lda,
                            const ambit_real *b, int64_t ldb, ambit_real beta, ambit_real *c,
                            int64_t ldc) {
    ambit_real turned[LENGTH * LANES], sums[COLUMNS * LANES];
    turn(m, k, a, lda, turned);
    for (int64_t from = 0; from < n; from += COLUMNS) {
        const int64_t first = from + COLUMNS <= n ? from : n - COLUMNS;
        const int64_t next = first + 2 * COLUMNS <= n ? COLUMNS * ldb : 0;
        multiply(k, turned, b + first * ldb, ldb, next, sums);
        store(m, first, from, first + COLUMNS, sums, beta, c, ldc);
    }
}

/* out[r] = Σ_p a[p]·b[r][p] of four rows of b, each its own chain of additions. Memory is asked for
 * the rows that come `next` numbers later. */
AMBIT_INLINE void multiply_four(int64_t k, const ambit_real *restrict a,
                                const ambit_real *restrict b, int64_t ldb, int64_t next,
                                ambit_real *out) {
    enum { LINE = 64 / (int)sizeof(ambit_real) };
    const ambit_real *restrict b1 = b + ldb, *restrict b2 = b + 2 * ldb, *restrict b3 = b + 3 * ldb;
    ambit_real sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    for (int64_t p = 0; p < ROWS * k && next; p += LINE)
        AMBIT_PREFETCH(b + next + p);
#pragma omp simd reduction(+ : sum0, sum1, sum2, sum3)
    for (int64_t p = 0; p < k; p++) {
        sum0 += a[p] * b[p];
        sum1 += a[p] * b1[p];
        sum2 += a[p] * b2[p];
        sum3 += a[p] * b3[p];
    }
    out[0] = sum0;
    out[1] = sum1;
    out[2] = sum2;
    out[3] = sum3;
}

/* c = b·a + beta·c; the last rows of b as in multiply_length(). */
AMBIT_VECTOR static void multiply_vector(int64_t n, int64_t k, const ambit_real *a,
                                         const ambit_real *b, int64_t ldb, ambit_real beta,
                                         ambit_real *c) {
    for (int64_t from = 0; from < n; from += ROWS) {
        const int64_t first = from + ROWS <= n ? from : n - ROWS;
        ambit_real sums[ROWS];
        multiply_four(k, a, b + first * ldb, ldb, first + ROWS < n ? ROWS * ldb : 0, sums);
        for (int64_t j = from; j < first + ROWS; j++)
            c[j] = beta != 0 ? beta * c[j] + sums[j - first] : sums[j - first];
    }
}

void ambit_few_rows(int64_t m, int64_t n, int64_t k, const ambit_real *a, int64_t lda,
                    const ambit_real *b, int64_t ldb, ambit_real beta, ambit_real *c, int64_t ldc) {
    if (m == 1) {
        multiply_vector(n, k, a, b, ldb, beta, c);
        return;
    }
    for (int64_t p = 0; p < k; p += LENGTH)
        multiply_length(m, n, k - p < LENGTH ? k - p : LENGTH, a + p, lda, b + p, ldb, p ? 1 : beta,
                        c, ldc);
}
