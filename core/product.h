/* Matrix products shared by a team.
 *
 * A product is cut into tiles of its result, never along the sum; the cut depends on the sizes of
 * the product alone. A tile is large, since OpenBLAS copies one of the factors once a tile: on one
 * thread the cut costs 1 to 3 % of the product (measured; tiles of 128 rows would cost 10 %).
 */
#ifndef AMBIT_CORE_PRODUCT_H
#define AMBIT_CORE_PRODUCT_H

#include "blas.h"
#include "graph.h"

/* ambit_gemm() in the precision asked for. */
void ambit_multiply(ambit_precision precision, ambit_transposition transpose_a,
                    ambit_transposition transpose_b, int64_t m, int64_t n, int64_t k,
                    ambit_real alpha, const ambit_real *a, int64_t lda, const ambit_real *b,
                    int64_t ldb, ambit_real beta, ambit_real *c, int64_t ldc);

/* C (m × n) = alpha·op(A)·op(B) + beta·C, as ambit_multiply() takes it. */
typedef struct {
    ambit_precision precision;
    ambit_transposition transpose_a, transpose_b;
    int64_t m, n, k;
    ambit_real alpha;
    const ambit_real *a;
    int64_t lda;
    const ambit_real *b;
    int64_t ldb;
    ambit_real beta;
    ambit_real *c;
    int64_t ldc;
} ambit_product;

/* Rows first_row … first_row + rows of C, and columns likewise. */
typedef struct {
    int64_t first_row, rows, first_column, columns;
} ambit_tile;

/* Number of tiles of a product m × n × k, and tile `part` of them. */
int64_t ambit_tile_count(int64_t m, int64_t n, int64_t k);
ambit_tile ambit_tile_at(int64_t m, int64_t n, int64_t k, int64_t part);

/* Computes one tile. */
void ambit_product_tile(const ambit_product *product, const ambit_tile *tile);

/* Computes products that do not depend on each other. */
void ambit_products_run(ambit_team *team, int count, const ambit_product *products);

#endif
