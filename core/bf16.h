/* Matrix products of factors rounded to bfloat16 (8 bits of precision), summed in single precision.
 *
 * Processors with AVX512-BF16 (AMD since Zen 4, Intel since Cooper Lake) multiply pairs of such
 * numbers twice as fast as single ones. Factors are rounded, to nearest and even, while they are
 * copied into cache-sized blocks, so that nothing is kept in bfloat16: parameters, activations and
 * gradients stay single. Results are the same on each run and for each thread.
 */
#ifndef AMBIT_CORE_BF16_H
#define AMBIT_CORE_BF16_H

#include "blas.h"

/* Whether this processor, and this build, can: 1 or 0. */
int ambit_bf16_available(void);

/* As ambit_gemm(). Only where ambit_bf16_available(). Allocates nothing. */
void ambit_bf16_gemm(ambit_transposition transpose_a, ambit_transposition transpose_b, int64_t m,
                     int64_t n, int64_t k, ambit_real alpha, const ambit_real *a, int64_t lda,
                     const ambit_real *b, int64_t ldb, ambit_real beta, ambit_real *c, int64_t ldc);

#endif
