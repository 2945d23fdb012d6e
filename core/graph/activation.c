#include "activation.h"

#include <stddef.h>

enum { BIAS = 1, RESIDUAL = 2, DERIVATIVE = 4, COMBINATIONS = 8 };

/* One loop, compiled for each activation and each combination of what is given. */
AMBIT_INLINE void row(ambit_activation activation, int given, int64_t count, const ambit_real *x,
                      const ambit_real *bias, const ambit_real *residual, ambit_real *out,
                      ambit_real *derivative) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) {
        ambit_real value, slope;
        ambit_activation_value(activation, given & BIAS ? x[i] + bias[i] : x[i], &value, &slope);
        if (given & DERIVATIVE)
            derivative[i] = slope;
        out[i] = given & RESIDUAL ? residual[i] + value : value;
    }
}

AMBIT_VECTOR void ambit_activation_row(ambit_activation activation, int64_t count,
                                       const ambit_real *x, const ambit_real *bias,
                                       const ambit_real *residual, ambit_real *out,
                                       ambit_real *derivative) {
    const int given = (bias ? BIAS : 0) | (residual ? RESIDUAL : 0) | (derivative ? DERIVATIVE : 0);
#define ROW(kind, n)                                                                               \
    case (kind)*COMBINATIONS + (n):                                                                \
        row(kind, n, count, x, bias, residual, out, derivative);                                   \
        break;
#define ROWS(kind)                                                                                 \
    ROW(kind, 0)                                                                                   \
    ROW(kind, 1) ROW(kind, 2) ROW(kind, 3) ROW(kind, 4) ROW(kind, 5) ROW(kind, 6) ROW(kind, 7)
    switch ((int)activation * COMBINATIONS + given) {
        ROWS(AMBIT_SILU)
        ROWS(AMBIT_GELU)
        ROWS(AMBIT_MISH)
    }
#undef ROWS
#undef ROW
}
