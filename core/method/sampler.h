/* Sampling: from noise to data, by DDIM or ancestral (DDPM) steps.
 *
 * With x̂₀ and ε̂ from the network at (x, σ), a step to σ' < σ is
 *     DDIM:      x' = √(1−σ'²)·x̂₀ + σ'·ε̂                       (Song et al. 2021, eq. 12, η = 0)
 *     ancestral: the same with η = 1: x' = √(1−σ'²)·x̂₀ + √(σ'²−s²)·ε̂ + s·z,
 *                s² = (σ'²/σ²)·(1 − (1−σ²)/(1−σ'²))
 * and after the last level the answer is x̂₀. x̂₀ may be clamped to ±clamp, with ε̂ recomputed.
 */
#ifndef AMBIT_CORE_METHOD_SAMPLER_H
#define AMBIT_CORE_METHOD_SAMPLER_H

#include "objective.h"
#include "schedule.h"

#define AMBIT_SAMPLER_KINDS(X) X(AMBIT_SAMPLER_DDIM, ddim) X(AMBIT_SAMPLER_ANCESTRAL, ancestral)
typedef enum { AMBIT_SAMPLER_KINDS(AMBIT_CHOICE_CONSTANT) } ambit_sampler_kind;

typedef struct {
    ambit_sampler_kind kind;
    int steps;
    double clamp; /* 0: none */
    ambit_prediction prediction;
} ambit_sampler_options;

typedef struct ambit_sampler ambit_sampler;

/* The network: reads x[batch × size] at noise level `sigma`, writes its prediction to out. */
typedef ambit_status (*ambit_denoiser)(void *context, const float *x, double sigma, float *out);

/* AMBIT_CONFIG when the options make no sense, for a schedule of so many bins. */
ambit_status ambit_sampler_check(const ambit_sampler_options *options, int bins);

/* Checks the options and chooses `steps` noise levels: round(linspace(K−1, 0, steps)) of the
 * schedule's bins (their midpoints where continuous). Batch rows are samples of `size` numbers.
 * Allocates all it needs. */
ambit_status ambit_sampler_create(const ambit_sampler_options *options,
                                  const ambit_schedule *schedule, int64_t batch, int64_t size,
                                  ambit_sampler **sampler);
void ambit_sampler_destroy(ambit_sampler *sampler);

/* Writes batch × size numbers to `out`. Row r takes its starting noise (and ancestral noise) from
 * streams[r], so that a row's result does not depend on its neighbours. */
ambit_status ambit_sampler_run(ambit_sampler *sampler, ambit_rng *streams, ambit_denoiser denoiser,
                               void *context, float *out);

#endif
