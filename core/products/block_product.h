/* Products of blocks that fit in cache, after Goto and van de Geijn, "Anatomy of high-performance
 * matrix multiplication", 2008: a block of B is copied into the order in which the innermost loop
 * reads it, and stays in the second-level cache while rows of A pass by, six at a time; a tile of C
 * stays in registers for the length of the sum.
 */
#ifndef AMBIT_CORE_PRODUCTS_BLOCK_PRODUCT_H
#define AMBIT_CORE_PRODUCTS_BLOCK_PRODUCT_H

#include "block_kernel.h"
#include "product.h"

/* Computes one tile of a product, and tells product->finish of it. Allocates nothing. */
void ambit_block_multiply(const ambit_block_kernel *kernel, const ambit_product *product,
                          const ambit_tile *tile);

#endif
