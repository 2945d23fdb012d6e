#include "gaussian.h"

#include "../base/vector.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* LAPACK's, which OpenBLAS brings: eigenvalues, ascending, and eigenvectors, in the columns of a.
 */
extern void dsyevd_(const char *job, const char *half, const int *n, double *a, const int *lda,
                    double *w, double *work, const int *lwork, int *iwork, const int *liwork,
                    int *info);

/* Variances below this share of the largest are rounding errors. */
static const double least_share = 1e-12;

ambit_status ambit_moments_create(int64_t size, ambit_moments *moments) {
    *moments = (ambit_moments){.size = size};
    if (size < 1 || size > AMBIT_GAUSSIAN_MOST)
        return ambit_fail(AMBIT_CONFIG,
                          "moments: samples of %" PRId64 " numbers; up to %d can be decomposed",
                          size, AMBIT_GAUSSIAN_MOST);
    AMBIT_TRY(ambit_allocate(&moments->sums, (size_t)size, sizeof(double), "moments"));
    return ambit_allocate(&moments->products, (size_t)(size * size), sizeof(double), "moments");
}

void ambit_moments_destroy(ambit_moments *moments) {
    free(moments->sums);
    free(moments->products);
    memset(moments, 0, sizeof *moments);
}

void ambit_moments_add(ambit_moments *moments, double weight, const float *x0) {
    const int64_t size = moments->size;
    moments->weight += weight;
    for (int64_t i = 0; i < size; i++) {
        const double x = weight * (double)x0[i];
        double *row = moments->products + i * size;
        moments->sums[i] += x;
        for (int64_t j = 0; j <= i; j++)
            row[j] += x * (double)x0[j];
    }
}

/* a (its lower half by rows is the upper one by columns, as LAPACK sees it) becomes eigenvectors.
 */
static ambit_status decompose(int size, double *a, double *values) {
    const int room = 1 + 6 * size + 2 * size * size, integer_room = 3 + 5 * size;
    double *work = NULL;
    int *integers = NULL, info = 0;
    ambit_status status = ambit_allocate(&work, (size_t)room, sizeof *work, "eigenvectors");
    if (status == AMBIT_OK)
        status = ambit_allocate(&integers, (size_t)integer_room, sizeof *integers, "eigenvectors");
    if (status == AMBIT_OK)
        dsyevd_("V", "U", &size, a, &size, values, work, &room, integers, &integer_room, &info);
    free(work);
    free(integers);
    if (status == AMBIT_OK && info != 0)
        return ambit_fail(AMBIT_DATA,
                          "moments: the covariance of %d numbers has no eigenvectors (LAPACK says "
                          "%d); are there NaNs in the data?",
                          size, info);
    return status;
}

ambit_status ambit_gaussian_fit(const ambit_moments *moments, ambit_gaussian *gaussian) {
    const int64_t size = moments->size;
    double *covariance;
    *gaussian = (ambit_gaussian){.size = size};
    AMBIT_TRY(ambit_allocate(&gaussian->mean, (size_t)size, sizeof(double), "a Gaussian"));
    AMBIT_TRY(ambit_allocate(&gaussian->variances, (size_t)size, sizeof(double), "a Gaussian"));
    AMBIT_TRY(ambit_allocate(&gaussian->places, (size_t)size, sizeof(double), "a Gaussian"));
    AMBIT_TRY(ambit_allocate(&gaussian->axes, (size_t)(size * size), sizeof(float), "a Gaussian"));
    AMBIT_TRY(ambit_allocate(&covariance, (size_t)(size * size), sizeof(double), "a Gaussian"));
    for (int64_t i = 0; i < size; i++) {
        gaussian->mean[i] = moments->sums[i] / moments->weight;
        for (int64_t j = 0; j <= i; j++)
            covariance[i * size + j] = moments->products[i * size + j] / moments->weight -
                                       gaussian->mean[i] * gaussian->mean[j];
    }
    const ambit_status status = decompose((int)size, covariance, gaussian->variances);
    for (int64_t i = 0; status == AMBIT_OK && i < size * size; i++) {
        gaussian->axes[i] = (float)covariance[i];
        gaussian->places[i / size] += covariance[i] * gaussian->mean[i % size];
    }
    free(covariance);
    const double least = least_share * fmax(gaussian->variances[size - 1], 0);
    for (int64_t i = 0; i < size; i++)
        gaussian->variances[i] = fmax(gaussian->variances[i], least);
    return status;
}

void ambit_gaussian_destroy(ambit_gaussian *gaussian) {
    free(gaussian->mean);
    free(gaussian->variances);
    free(gaussian->places);
    free(gaussian->axes);
    memset(gaussian, 0, sizeof *gaussian);
}

/* v_k at σ; above 0 also where neither data nor noise varies. */
static double variance_at(const ambit_gaussian *gaussian, double sigma, int64_t k) {
    return fmax((1 - sigma * sigma) * gaussian->variances[k] + sigma * sigma, 1e-12);
}

/* w_k = (axis_k·x_σ − √(1−σ²)·axis_k·μ)/√v_k */
AMBIT_VECTOR void ambit_gaussian_whiten(const ambit_gaussian *gaussian, double sigma,
                                        const float *x_sigma, float *w) {
    const int64_t size = gaussian->size;
    const double signal = sqrt((1 - sigma) * (1 + sigma));
    for (int64_t k = 0; k < size; k++) {
        const float *axis = gaussian->axes + k * size;
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < size; i++)
            sum += axis[i] * x_sigma[i];
        w[k] = (float)(((double)sum - signal * gaussian->places[k]) /
                       sqrt(variance_at(gaussian, sigma, k)));
    }
}

double ambit_gaussian_log_density(const ambit_gaussian *gaussian, double sigma,
                                  const float *x_sigma, float *w) {
    double sum = 0;
    ambit_gaussian_whiten(gaussian, sigma, x_sigma, w);
    for (int64_t k = 0; k < gaussian->size; k++)
        sum += (double)w[k] * (double)w[k] + log(variance_at(gaussian, sigma, k));
    return -.5 * sum;
}
