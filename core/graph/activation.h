/* Activations and their derivatives, for the operators that apply them. */
#ifndef AMBIT_CORE_GRAPH_ACTIVATION_H
#define AMBIT_CORE_GRAPH_ACTIVATION_H

#include "../base/vector.h"

/* SiLU: x·s(x). GELU: x·s(2√(2/π)(x + 0.044715x³)), which is the tanh form of Hendrycks and Gimpel
 * 2016. Mish: x·tanh(ln(1 + eˣ)), Misra 2019. s is the logistic function. */
typedef enum { AMBIT_LINEAR, AMBIT_SILU, AMBIT_GELU, AMBIT_MISH } ambit_activation;

/* out[i] = act(x[i] + bias[i]) (+ residual[i]) for one row of `count`; bias and residual may be
 * NULL. Where derivative is not NULL it gets act'(x + bias). x, out and derivative may be the same
 * array in any combination; `out` and `residual` differ or are the same. Not for AMBIT_LINEAR. */
void ambit_activation_row(ambit_activation activation, int64_t count, const ambit_real *x,
                          const ambit_real *bias, const ambit_real *residual, ambit_real *out,
                          ambit_real *derivative);

/* One number, for use in vector loops where `activation` is a constant. SiLU and GELU are
 * x·s(k(x)), with derivative s + x·s·(1 − s)·k'(x). Mish: with n = eˣ(eˣ + 2) its tanh is t = n/(n
 * + 2), and the derivative t + x·(1 − t²)·s(x). */
AMBIT_INLINE void ambit_activation_value(ambit_activation activation, ambit_real x,
                                         ambit_real *value, ambit_real *slope) {
    if (activation == AMBIT_MISH) {
        const ambit_real e = ambit_exp(x < 40 ? x : 40), n = e * (e + 2), rest = 2 / (n + 2);
        const ambit_real t = n * (rest / 2);
        *value = x * t;
        *slope = t + x * (1 + t) * rest * (e / (1 + e));
        return;
    }
    const ambit_real c = (ambit_real)1.5957691216057308, a = (ambit_real)0.044715; /* 2√(2/π) */
    const ambit_real k = activation == AMBIT_GELU ? c * (x + a * x * x * x) : x;
    const ambit_real k1 = activation == AMBIT_GELU ? c * (1 + 3 * a * x * x) : 1;
    const ambit_real s = ambit_logistic(k);
    *value = x * s;
    *slope = s + *value * (1 - s) * k1;
}

#endif
