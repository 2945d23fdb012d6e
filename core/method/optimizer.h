/* AdamW with warm-up, cosine decay, clipping by the global norm, and an average of the weights.
 *
 * Loshchilov and Hutter 2019, as PyTorch's AdamW: with g the clipped gradient and t from 1,
 *     m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²
 *     p ← p − η(m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + ε)) − ηλp
 * EMA: e ← e + (1−d)(p − e) with d = min(decay, (1+t)/(10+t)).
 * All is elementwise, so any rank may update any range and the result is the same.
 */
#ifndef AMBIT_CORE_METHOD_OPTIMIZER_H
#define AMBIT_CORE_METHOD_OPTIMIZER_H

#include <stdint.h>

typedef struct {
    double learning_rate, final_fraction; /* peak; last step's fraction of it */
    int64_t warmup, steps;                /* linear warm-up steps; all steps */
    double beta1, beta2, epsilon, decay;
    double clip; /* largest global norm of the gradient; 0: none */
    double ema_decay;
} ambit_optimizer_options;

/* Learning rate of step t (from 1): linear to the peak over `warmup`, then half a cosine. */
double ambit_learning_rate(const ambit_optimizer_options *options, int64_t t);

/* What one step applies to every element. */
typedef struct {
    float rate, beta1, beta2, correction1, correction2, epsilon, decay, clip_scale, ema_decay;
} ambit_optimizer_step;

/* Coefficients of step t for a gradient of this global norm (not yet clipped). */
ambit_optimizer_step ambit_optimizer_at(const ambit_optimizer_options *options, int64_t t,
                                        double gradient_norm);

/* Updates `count` elements in place; without decay where `decays` is 0. */
void ambit_optimizer_apply(const ambit_optimizer_step *step, int decays, int64_t count,
                           float *restrict parameters, const float *restrict gradient,
                           float *restrict first, float *restrict second, float *restrict average);

/* Sums of squares are taken in blocks of this many elements, each in a fixed order and in double
 * precision; the norm adds the blocks in order. So the norm does not depend on who summed which
 * block. `values` begins at a block's start. */
enum { AMBIT_NORM_BLOCK = 4096 };
double ambit_sum_of_squares(const float *values, int64_t count);

/* sum = a + b for at most one block, which is squared on the way; `sum` may be a or b. */
double ambit_add_squared(const float *a, const float *b, int64_t count, float *sum);

#endif
