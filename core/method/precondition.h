/* Preconditioning: what a network reads and predicts has unit variance at each noise level.
 *
 * After Karras et al., "Elucidating the design space of diffusion-based generative models", 2022,
 * derived for the variance-preserving process. With s = √(1−σ²), data of standard deviation d, and
 * x_σ = s·x₀ + σ·ε, the prediction is put together from the network's output F:
 *
 *     prediction = skip·x_σ + out·F(in·x_σ)
 *
 * Var(x_σ) = r² with r = √(s²d² + σ²), so in = 1/r. What F is to learn for a target y is
 * (y − skip·x_σ)/out; its variance is 1 and `out` the least, so that F's errors are amplified
 * least, for skip = Cov(y, x_σ)/r² and out² = Var(y) − Cov(y, x_σ)²/r²:
 *
 *     y     Cov(y, x_σ)    skip             out
 *     x₀    s·d²           s·d²/r²          σ·d/r
 *     ε     σ              σ/r²             s·d/r
 *     v     sσ·(1 − d²)    sσ·(1 − d²)/r²   d/r         (v = s·ε − σ·x₀; Var(v) = s² + σ²d²)
 *
 * For all three, F's target is ± (s·d²·ε − σ·x₀)/(r·d), which for d = 1 is v: the prediction's type
 * then matters only to the weight of the loss. The squared error of the prediction is out² times
 * that of F; for d = 1 the loss weight `edm` of objective.h is 1/out² for x₀ and v, so that F's own
 * error is weighted alike at each σ.
 */
#ifndef AMBIT_CORE_METHOD_PRECONDITION_H
#define AMBIT_CORE_METHOD_PRECONDITION_H

#include "objective.h"

#define AMBIT_PRECONDITIONS(X) X(AMBIT_PRECONDITION_NONE, none) X(AMBIT_PRECONDITION_FULL, full)
typedef enum { AMBIT_PRECONDITIONS(AMBIT_CHOICE_CONSTANT) } ambit_precondition;

typedef struct {
    double in, skip, out;
} ambit_precondition_factors;

/* The factors at σ, clipped to [0, 1], for data of standard deviation `sigma_data` > 0. */
ambit_precondition_factors ambit_precondition_at(ambit_prediction prediction, double sigma,
                                                 double sigma_data);

#endif
