/* How numbers are multiplied. */
#ifndef AMBIT_CORE_PRODUCTS_PRECISION_H
#define AMBIT_CORE_PRODUCTS_PRECISION_H

#include "../base/choices.h"

/* Of products in linear layers and convolutions, attention and those of up to 16 rows (few_rows.h)
 * not among them. What is kept, and every sum, is single precision all the same. (block_bf16.c) */
#define AMBIT_PRECISIONS(X) X(AMBIT_PRECISION_SINGLE, single) X(AMBIT_PRECISION_BF16, bf16)
typedef enum { AMBIT_PRECISIONS(AMBIT_CHOICE_CONSTANT) } ambit_precision;

#endif
