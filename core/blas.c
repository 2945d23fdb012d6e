#include "blas.h"

#include "clock.h"
#include "few_rows.h"
#include "status.h"

#include <cblas.h>
#include <stdlib.h>

#ifdef AMBIT_REAL_DOUBLE
#define GEMM cblas_dgemm
#else
#define GEMM cblas_sgemm
#endif

void ambit_blas_start(void) {
    openblas_set_num_threads(1);
}

void ambit_gemm(ambit_transposition transpose_a, ambit_transposition transpose_b, int64_t m,
                int64_t n, int64_t k, ambit_real alpha, const ambit_real *a, int64_t lda,
                const ambit_real *b, int64_t ldb, ambit_real beta, ambit_real *c, int64_t ldc) {
    if (transpose_a == AMBIT_PLAIN && transpose_b == AMBIT_TRANSPOSED && alpha == 1 &&
        ambit_few_rows_pays(m, n, k)) {
        ambit_few_rows(m, n, k, a, lda, b, ldb, beta, c, ldc);
        return;
    }
    GEMM(CblasRowMajor, transpose_a == AMBIT_TRANSPOSED ? CblasTrans : CblasNoTrans,
         transpose_b == AMBIT_TRANSPOSED ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n,
         (blasint)k, alpha, a, (blasint)lda, b, (blasint)ldb, beta, c, (blasint)ldc);
}

const char *ambit_blas_processor(void) {
    return openblas_get_corename();
}

const char *ambit_blas_build(void) {
    return openblas_get_config();
}

const char *ambit_blas_threading(void) {
    static const char *const names[] = {"sequential", "pthreads", "OpenMP"};
    int kind = openblas_get_parallel();
    return kind >= 0 && kind < 3 ? names[kind] : "unknown";
}

double ambit_blas_peak(void) {
    enum { SIZE = 1024, REPEATS = 8 };
    ambit_real *matrices;
    if (ambit_allocate(&matrices, 3 * (size_t)SIZE * SIZE, sizeof *matrices, "peak") != AMBIT_OK)
        return 0;
    for (int64_t i = 0; i < 2 * (int64_t)SIZE * SIZE; i++)
        matrices[i] = (ambit_real)(i % 7 - 3);
    double best = 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double start = ambit_clock();
        ambit_gemm(AMBIT_PLAIN, AMBIT_PLAIN, SIZE, SIZE, SIZE, 1, matrices, SIZE,
                   matrices + (int64_t)SIZE * SIZE, SIZE, 0, matrices + 2 * (int64_t)SIZE * SIZE,
                   SIZE);
        double rate = 2.0 * SIZE * SIZE * SIZE / (ambit_clock() - start);
        best = rate > best ? rate : best;
    }
    free(matrices);
    return best;
}
