/* Activations and their derivatives, for the operators that apply them. */
#ifndef AMBIT_CORE_ACTIVATION_H
#define AMBIT_CORE_ACTIVATION_H

#include "real.h"

#include <stdint.h>

/* SiLU: x·s(x). GELU: x·s(2√(2/π)(x + 0.044715x³)), which is the tanh form of Hendrycks and Gimpel
 * 2016; s is the logistic function. */
typedef enum { AMBIT_LINEAR, AMBIT_SILU, AMBIT_GELU } ambit_activation;

/* out[i] = act(x[i] + bias[i]) (+ residual[i]) for one row of `count`; bias and residual may be
 * NULL. Where derivative is not NULL it gets act'(x + bias). x, out and derivative may be the same
 * array in any combination; `out` and `residual` differ or are the same. */
void ambit_activation_row(ambit_activation activation, int64_t count, const ambit_real *x,
                          const ambit_real *bias, const ambit_real *residual, ambit_real *out,
                          ambit_real *derivative);

#endif
