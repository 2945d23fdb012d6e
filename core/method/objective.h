/* What the network is asked to predict: the denoising and the ambient loss.
 *
 * Denoising, x₀ known:  x_σ = √(1−σ²)·x₀ + σ·ε, target x₀, ε or v = √(1−σ²)·ε − σ·x₀.
 *
 * Ambient, only x_m known, m = σ_min:  x_σ = √((1−σ²)/(1−m²))·x_m + √((σ²−m²)/(1−m²))·η, and
 *     x₀* = (σ²√(1−m²)·x_m − m²√(1−σ²)·x_σ) / (σ²−m²)
 *     ε*  = (σ(1−m²)·x_σ − σ√(1−σ²)√(1−m²)·x_m) / (σ²−m²)
 *     v*  = √(1−σ²)·ε* − σ·x₀*
 * whose conditional expectations given x_σ are those of x₀, ε and v (Daras et al., "Consistent
 * diffusion meets Tweedie", 2024; the ε form printed on slides with σ²(1−m²)/((σ²−m²)√(1−σ²)) is
 * biased). x_m = √(1−m²)·x₀ + m·ε_m is made once a sample: ε_m comes from a stream named by the
 * sample, not by the visit, which is what keeps the network from memorising bad x₀.
 *
 * The targets' excess variance diverges at σ → m, so the ambient loss is taken only where
 * B = σ²/(σ²−m²) ≤ B_max. Between m and that edge a sample is not used, or takes the
 * denoising loss, as configured. At σ ≤ σ_max every use takes the denoising loss.
 *
 * Loss weights are given for the squared error of x₀ and carried over to the prediction's space
 * (divided by SNR = (1−σ²)/σ² for ε, by 1/σ² for v):
 *     uniform  1 in the prediction's own space
 *     min_snr  min(SNR, 5)                       (Hang et al., "Min-SNR weighting", 2023)
 *     edm      1/σ² = (σ_VE² + 1)/σ_VE²          (Karras et al. 2022; σ_data = 1: normalised data)
 *
 * Nothing here allocates or fails after the options were checked.
 */
#ifndef AMBIT_CORE_METHOD_OBJECTIVE_H
#define AMBIT_CORE_METHOD_OBJECTIVE_H

#include "../base/choices.h"
#include "../base/rng.h"

#include <stdint.h>

#define AMBIT_PREDICTIONS(X)                                                                       \
    X(AMBIT_PREDICT_X0, x0) X(AMBIT_PREDICT_EPSILON, epsilon) X(AMBIT_PREDICT_V, v)
typedef enum { AMBIT_PREDICTIONS(AMBIT_CHOICE_CONSTANT) } ambit_prediction;

#define AMBIT_LOSSES(X) X(AMBIT_LOSS_DENOISING, denoising) X(AMBIT_LOSS_AMBIENT, ambient)
typedef enum { AMBIT_LOSSES(AMBIT_CHOICE_CONSTANT) } ambit_loss;

#define AMBIT_BETWEENS(X) X(AMBIT_BETWEEN_SKIP, skip) X(AMBIT_BETWEEN_DENOISE, denoise)
typedef enum { AMBIT_BETWEENS(AMBIT_CHOICE_CONSTANT) } ambit_between;

#define AMBIT_LOSS_WEIGHTS(X)                                                                      \
    X(AMBIT_WEIGHT_UNIFORM, uniform) X(AMBIT_WEIGHT_MIN_SNR, min_snr) X(AMBIT_WEIGHT_EDM, edm)
typedef enum { AMBIT_LOSS_WEIGHTS(AMBIT_CHOICE_CONSTANT) } ambit_loss_weight;

typedef struct {
    ambit_prediction prediction;
    ambit_loss loss;       /* of bad samples on their high side */
    double buffer;         /* B_max > 1 */
    ambit_between between; /* m < σ < buffer's edge */
    ambit_loss_weight weight;
} ambit_objective;

/* AMBIT_CONFIG when the options make no sense. */
ambit_status ambit_objective_check(const ambit_objective *objective);

/* The lowest σ at which a sample with this σ_min is used on its high side: σ_min itself, or the
 * buffer's edge σ_min·√(B/(B−1)) (at most 1) under the ambient loss with AMBIT_BETWEEN_SKIP. */
double ambit_objective_floor(const ambit_objective *objective, double sigma_min);

/* Whether the use of a sample at σ takes the ambient loss. */
int ambit_objective_is_ambient(const ambit_objective *objective, double sigma, double sigma_min,
                               double sigma_max);

/* Makes one training example out of x0[size]: x_sigma[size], target[size], and the loss weight.
 * `visit` draws ε or η; `fixed` draws ε_m (used by the ambient loss only). */
void ambit_objective_make(const ambit_objective *objective, const float *x0, int64_t size,
                          double sigma, double sigma_min, double sigma_max, ambit_rng *visit,
                          ambit_rng *fixed, float *x_sigma, float *target, float *weight);

/* x_sigma[size] = √(1−σ²)·x0 + σ·ε, ε drawn from `rng`; with −σ in place of σ, the same with −ε. */
void ambit_noise_add(const float *x0, int64_t size, double sigma, ambit_rng *rng, float *x_sigma);

/* The estimate of x₀ that a prediction at (x_σ, σ) stands for; and of ε. x0 or epsilon may be NULL.
 */
void ambit_prediction_resolve(ambit_prediction prediction, double sigma, int64_t size,
                              const float *x_sigma, const float *output, float *x0, float *epsilon);

#endif
