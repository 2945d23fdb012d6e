/* Matrix products by OpenBLAS, on one thread. */
#ifndef AMBIT_CORE_PRODUCTS_BLAS_H
#define AMBIT_CORE_PRODUCTS_BLAS_H

#include "../base/real.h"
#include "../base/status.h"

#include <stdint.h>

typedef enum { AMBIT_PLAIN, AMBIT_TRANSPOSED } ambit_transposition;

/* Whether OpenBLAS can get the memory it takes when it is loaded, and then once more for each
 * thread that multiplies. Where it cannot, as with little address space (ulimit -v), it asks again
 * for ever: to be called first. AMBIT_SYSTEM. */
ambit_status ambit_blas_check(int threads);

/* Makes OpenBLAS use one thread a rank, so that results depend on nothing but the data. Call once,
 * before any product, and before memory is taken for others: `threads` are the ones that will
 * multiply at the same time, in this process. Fails as ambit_blas_check(). */
ambit_status ambit_blas_start(int threads);

/* C (m × n) = alpha·op(A)·op(B) + beta·C, row-major, with lda, ldb, ldc numbers from one row to the
 * next; op(A) is m × k, op(B) k × n. C is not read where beta is 0. Every size is below 2³¹.
 * Nothing is allocated once each thread that calls it has done so before. */
void ambit_gemm(ambit_transposition transpose_a, ambit_transposition transpose_b, int64_t m,
                int64_t n, int64_t k, ambit_real alpha, const ambit_real *a, int64_t lda,
                const ambit_real *b, int64_t ldb, ambit_real beta, ambit_real *c, int64_t ldc);

/* The kind of processor OpenBLAS chose ("SkylakeX"), how it was built, and how it would run
 * threads: "sequential", "pthreads" or "OpenMP". */
const char *ambit_blas_processor(void);
const char *ambit_blas_build(void);
const char *ambit_blas_threading(void);

#endif
