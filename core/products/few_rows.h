/* The product of a few rows with a matrix of weights, C = A·Bᵀ, as sampling for one robot needs it.
 *
 * A general product copies B into the order it wants before it multiplies, which for few rows takes
 * longer than the multiplication. Here B is read once, in its own order, with the next rows asked
 * of memory ahead of time. One row is multiplied with each row of B; several are turned first, so
 * that a vector holds one column of A. Sums of a row do not depend on how many rows there are, from
 * two rows on.
 */
#ifndef AMBIT_CORE_PRODUCTS_FEW_ROWS_H
#define AMBIT_CORE_PRODUCTS_FEW_ROWS_H

#include "../base/real.h"

#include <stdint.h>

/* Whether it pays: for 1 to 16 rows. */
int ambit_few_rows_pays(int64_t m, int64_t n, int64_t k);

/* C (m × n) = A·Bᵀ + beta·C; A is m × k, B n × k, row-major, lda, ldb, ldc apart. C is not read
 * where beta is 0. */
void ambit_few_rows(int64_t m, int64_t n, int64_t k, const ambit_real *a, int64_t lda,
                    const ambit_real *b, int64_t ldb, ambit_real beta, ambit_real *c, int64_t ldc);

#endif
