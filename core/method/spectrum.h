/* The power of samples by frequency: cosine transforms along the steps of a chunk, or along both
 * sides of an image (DCT-II, orthonormal, so that white noise of variance σ² has power σ² at each
 * frequency).
 *
 * A chunk of T steps × W elements has T frequencies for each element; an image of C × H × W has
 * C channels, each with max(H, W) rings of frequencies: ring k holds the coefficients (u, v) with
 * max(u/H, v/W) in [k, k + 1)/max(H, W). Not collective.
 */
#ifndef AMBIT_CORE_METHOD_SPECTRUM_H
#define AMBIT_CORE_METHOD_SPECTRUM_H

#include "../base/status.h"

#include <stdint.h>

/* A chunk where channels is 0: height steps of width elements. */
typedef struct {
    int64_t channels, height, width;
} ambit_spectrum_shape;

typedef struct {
    ambit_spectrum_shape shape;
    int64_t parts, frequencies; /* elements or channels; frequencies of each */
    double samples;
    double *squares;               /* [parts × frequencies] Σ of squared coefficients */
    double *rows, *columns, *work; /* transforms, and room for one */
} ambit_spectrum;

/* Destroy after success and failure alike. */
ambit_status ambit_spectrum_create(const ambit_spectrum_shape *shape, ambit_spectrum *spectrum);
void ambit_spectrum_destroy(ambit_spectrum *spectrum);

void ambit_spectrum_add(ambit_spectrum *spectrum, const float *x0);

/* Mean power of a part at a frequency. */
double ambit_spectrum_power(const ambit_spectrum *spectrum, int64_t part, int64_t frequency);

/* The least σ at which noise covers the difference of two spectra: √(1−σ²)²·|P − Q| ≤ share·σ² at
 * every frequency of every part. */
double ambit_spectrum_bound(const ambit_spectrum *one, const ambit_spectrum *other, double share);

#endif
