/* Products of matrices that stay in cache, as one head of attention needs them.
 *
 * A general product copies its factors each time, which for small ones takes as long as the
 * multiplication. Here A is read where it lies, in either order, and B is in panels, which are
 * written once and used several times. A panel is AMBIT_PANEL columns of B, row after row, so that
 * a row of it is what a vector holds; columns that B does not have are 0.
 *
 * A number of C is a sum in the order of k, of 128 terms at a time, whatever the other sizes and
 * the thread are.
 */
#ifndef AMBIT_CORE_PRODUCTS_SMALL_PRODUCT_H
#define AMBIT_CORE_PRODUCTS_SMALL_PRODUCT_H

#include "../base/real.h"

#include <stdint.h>

enum { AMBIT_PANEL = 16 };

/* Columns that panels of so many columns have: the next multiple of AMBIT_PANEL. */
static inline int64_t ambit_panel_columns(int64_t columns) {
    return (columns + AMBIT_PANEL - 1) / AMBIT_PANEL * AMBIT_PANEL;
}

/* Panels of X and of Xᵀ. X is rows × columns, `stride` from one row to the next; its panels are
 * rows × ambit_panel_columns(columns) numbers, those of Xᵀ columns × ambit_panel_columns(rows). */
void ambit_panels(int64_t rows, int64_t columns, const ambit_real *x, int64_t stride,
                  ambit_real *panels);
void ambit_transposed_panels(int64_t rows, int64_t columns, const ambit_real *x, int64_t stride,
                             ambit_real *panels);

/* A matrix whose number (i, p) is first[i·row + p·column]. */
typedef struct {
    const ambit_real *first;
    int64_t row, column;
} ambit_strided;

/* C (m × n) = alpha·A·B, or C + alpha·A·B where add is 1: A is m × k, `panels` those of B, k × n;
 * rows of C lie ldc apart. C is not read where add is 0. No size is 0. */
void ambit_small_product(int64_t m, int64_t n, int64_t k, ambit_real alpha, ambit_strided a,
                         const ambit_real *panels, int add, ambit_real *c, int64_t ldc);

#endif
