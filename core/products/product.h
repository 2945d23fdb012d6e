/* Matrix products: what the operators spend nearly all of their time in.
 *
 * On processors with AVX-512 or AVX2 products are ours (block_product.h), since a library's are
 * slower here and cannot take rows in groups nor finish a row while it is in cache; on others
 * OpenBLAS multiplies (blas.h), and so it does in the double build. Few rows have a product of
 * their own (few_rows.h).
 *
 * A product may be cut into tiles of its result, never along the sum, for a team to share. Each
 * number of the result is one chain of additions in the order of the sum, cut at places that depend
 * on its length alone: its bits depend neither on the tile nor on the other rows and columns.
 * OpenBLAS gives less: the same bits for the same cut, and the cut depends on the sizes alone.
 */
#ifndef AMBIT_CORE_PRODUCTS_PRODUCT_H
#define AMBIT_CORE_PRODUCTS_PRODUCT_H

#include "../base/team.h"
#include "blas.h"
#include "precision.h"

/* Row i of a matrix begins at data + i·stride; or, where `group` is not 0 and rows lie in groups of
 * so many, at data + (i / group)·jump + (i % group)·stride: the same tokens of all sequences, say.
 */
typedef struct {
    ambit_real *data;
    int64_t stride, group, jump;
} ambit_matrix;

static inline ambit_real *ambit_matrix_row(const ambit_matrix *matrix, int64_t i) {
    return matrix->group ? matrix->data + i / matrix->group * matrix->jump +
                               i % matrix->group * matrix->stride
                         : matrix->data + i * matrix->stride;
}

/* Rows first_row … first_row + rows of C, and columns likewise. */
typedef struct {
    int64_t first_row, rows, first_column, columns;
} ambit_tile;

/* C (m × n) = op(A)·op(B) + beta·C. C is not read where beta is 0. op(A) is m × k, op(B) k × n.
 *
 * Rows lie in groups in two matrices alike, in whole groups, and only in products that are not cut:
 * in A and C where A is plain, in A and B where A is transposed and B plain.
 *
 * `finish`, unless NULL, is told of each part of C when that is complete and still in cache: it may
 * change it. */
typedef struct {
    ambit_precision precision; /* AMBIT_PRECISION_BF16 only where ambit_bf16_available() */
    ambit_transposition transpose_a, transpose_b;
    int64_t m, n, k;
    ambit_matrix a, b;
    ambit_real beta;
    ambit_matrix c;
    void (*finish)(const void *context, const ambit_tile *part);
    const void *context;
} ambit_product;

/* Whether this processor, and this build, multiplies numbers of bfloat16: 1 or 0. */
int ambit_bf16_available(void);

/* What multiplies in single precision: "AVX-512", "AVX2" or "OpenBLAS". */
const char *ambit_product_kernel(void);

/* Floating-point operations a second of a large product in single precision, here and now, on this
 * one core: the best of several, of ours and of OpenBLAS's. Takes less than a second, and 12 MiB; 0
 * where there is no memory. */
double ambit_product_peak(void);

/* Computes a product, or one tile of it, on the calling thread. Nothing is allocated once each
 * thread that calls it has done so before. */
void ambit_multiply(const ambit_product *product);
void ambit_multiply_tile(const ambit_product *product, const ambit_tile *tile);

/* Number of tiles that a team shares a product m × n × k in, and tile `part` of `count`. */
int64_t ambit_tile_count(const ambit_team *team, int64_t m, int64_t n, int64_t k);
ambit_tile ambit_tile_at(int64_t m, int64_t n, int64_t count, int64_t part);

/* Computes products that do not depend on each other. */
void ambit_products_run(ambit_team *team, int count, const ambit_product *products);

#endif
