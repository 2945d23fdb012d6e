/* A Gaussian fitted to data, seen through noise.
 *
 * With mean μ and covariance U·diag(λ)·Uᵀ of x₀, x_σ = √(1−σ²)·x₀ + σ·ε has mean √(1−σ²)·μ and
 * covariance U·diag(v)·Uᵀ, v = (1−σ²)·λ + σ²: one eigendecomposition serves all noise levels. So
 *
 *     w = Uᵀ(x_σ − √(1−σ²)·μ)/√v          has unit variance along every principal axis
 *     ln p(x_σ) = −½·Σ w² − ½·Σ ln v + constant
 *
 * Not collective.
 */
#ifndef AMBIT_CORE_METHOD_GAUSSIAN_H
#define AMBIT_CORE_METHOD_GAUSSIAN_H

#include "../base/status.h"

#include <stdint.h>

/* More numbers than this are not decomposed. */
enum { AMBIT_GAUSSIAN_MOST = 1024 };

/* Sums of weighted samples. */
typedef struct {
    int64_t size;
    double weight;
    double *sums;     /* [size] */
    double *products; /* [size × size], the lower half */
} ambit_moments;

/* AMBIT_CONFIG where size is above AMBIT_GAUSSIAN_MOST. Destroy after success and failure alike. */
ambit_status ambit_moments_create(int64_t size, ambit_moments *moments);
void ambit_moments_destroy(ambit_moments *moments);
void ambit_moments_add(ambit_moments *moments, double weight, const float *x0);

typedef struct {
    int64_t size;
    double *mean, *variances; /* μ, λ ascending; [size] */
    double *places;           /* [size] where μ is along each axis, Uᵀμ */
    float *axes;              /* [size × size]: row k is the axis of λ_k */
} ambit_gaussian;

/* Of the moments, whose weight is above 0. Destroy after success and failure alike. */
ambit_status ambit_gaussian_fit(const ambit_moments *moments, ambit_gaussian *gaussian);
void ambit_gaussian_destroy(ambit_gaussian *gaussian);

/* w of x_σ, both [size]; they may not be the same. */
void ambit_gaussian_whiten(const ambit_gaussian *gaussian, double sigma, const float *x_sigma,
                           float *w);

/* ln p(x_σ) without its constant −½·size·ln 2π; `w` has room for size numbers. */
double ambit_gaussian_log_density(const ambit_gaussian *gaussian, double sigma,
                                  const float *x_sigma, float *w);

#endif
