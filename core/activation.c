#include "activation.h"

#include "vector.h"

#include <stddef.h>

/* x·s(k(x)) and its derivative s + x·s·(1 − s)·k'(x). */
AMBIT_INLINE void activate(int gelu, ambit_real z, ambit_real *value, ambit_real *slope) {
    const ambit_real c = (ambit_real)1.5957691216057308, a = (ambit_real)0.044715; /* 2√(2/π) */
    const ambit_real k = gelu ? c * (z + a * z * z * z) : z;
    const ambit_real k1 = gelu ? c * (1 + 3 * a * z * z) : 1;
    const ambit_real s = ambit_logistic(k);
    *value = z * s;
    *slope = s + *value * (1 - s) * k1;
}

enum { GELU = 1, BIAS = 2, RESIDUAL = 4, DERIVATIVE = 8 };

/* One loop, compiled for each combination of what is given. */
AMBIT_INLINE void row(int given, int64_t count, const ambit_real *x, const ambit_real *bias,
                      const ambit_real *residual, ambit_real *out, ambit_real *derivative) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) {
        ambit_real value, slope;
        activate(given & GELU, given & BIAS ? x[i] + bias[i] : x[i], &value, &slope);
        if (given & DERIVATIVE)
            derivative[i] = slope;
        out[i] = given & RESIDUAL ? residual[i] + value : value;
    }
}

AMBIT_VECTOR void ambit_activation_row(ambit_activation activation, int64_t count,
                                       const ambit_real *x, const ambit_real *bias,
                                       const ambit_real *residual, ambit_real *out,
                                       ambit_real *derivative) {
    const int given = (activation == AMBIT_GELU ? GELU : 0) | (bias ? BIAS : 0) |
                      (residual ? RESIDUAL : 0) | (derivative ? DERIVATIVE : 0);
#define ROW(n)                                                                                     \
    case n:                                                                                        \
        row(n, count, x, bias, residual, out, derivative);                                         \
        break;
    switch (given) {
        ROW(0)
        ROW(1) ROW(2) ROW(3) ROW(4) ROW(5) ROW(6) ROW(7) ROW(8) ROW(9) ROW(10) ROW(11) ROW(12)
            ROW(13) ROW(14) ROW(15)
    }
#undef ROW
}
