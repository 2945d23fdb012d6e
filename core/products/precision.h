/* How numbers are multiplied. */
#ifndef AMBIT_CORE_PRODUCTS_PRECISION_H
#define AMBIT_CORE_PRODUCTS_PRECISION_H

/* Of products in linear layers and convolutions, attention and those of up to 16 rows (few_rows.h)
 * not among them. What is kept, and every sum, is single precision all the same. (block_bf16.c) */
typedef enum { AMBIT_PRECISION_SINGLE, AMBIT_PRECISION_BF16 } ambit_precision;

#endif
