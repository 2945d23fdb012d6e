#include "spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* transform[k × size + i] = √(2/size)·cos(π(i + ½)k/size), the first row √(1/size). */
static ambit_status make_transform(int64_t size, double **transform) {
    AMBIT_TRY(
        ambit_allocate(transform, (size_t)(size * size), sizeof **transform, "a cosine transform"));
    for (int64_t k = 0; k < size; k++)
        for (int64_t i = 0; i < size; i++)
            (*transform)[k * size + i] = sqrt((k ? 2.0 : 1.0) / (double)size) *
                                         cos(pi * ((double)i + .5) * (double)k / (double)size);
    return AMBIT_OK;
}

ambit_status ambit_spectrum_create(const ambit_spectrum_shape *shape, ambit_spectrum *spectrum) {
    const int64_t height = shape->height, width = shape->width;
    const int image = shape->channels > 0;
    *spectrum = (ambit_spectrum){.shape = *shape,
                                 .parts = image ? shape->channels : width,
                                 .frequencies = !image || height > width ? height : width};
    const size_t bins = (size_t)(spectrum->parts * spectrum->frequencies);
    AMBIT_TRY(ambit_allocate(&spectrum->squares, bins, sizeof(double), "a spectrum"));
    AMBIT_TRY(make_transform(height, &spectrum->rows));
    if (!image)
        return AMBIT_OK;
    AMBIT_TRY(make_transform(width, &spectrum->columns));
    return ambit_allocate(&spectrum->work, (size_t)(height * width), sizeof(double), "a spectrum");
}

void ambit_spectrum_destroy(ambit_spectrum *spectrum) {
    free(spectrum->squares);
    free(spectrum->rows);
    free(spectrum->columns);
    free(spectrum->work);
    memset(spectrum, 0, sizeof *spectrum);
}

static void add_chunk(ambit_spectrum *s, const float *x) {
    const int64_t steps = s->shape.height, width = s->shape.width;
    for (int64_t e = 0; e < width; e++)
        for (int64_t k = 0; k < steps; k++) {
            double sum = 0;
            for (int64_t t = 0; t < steps; t++)
                sum += s->rows[k * steps + t] * (double)x[t * width + e];
            s->squares[e * s->frequencies + k] += sum * sum;
        }
}

static int64_t ring_of(const ambit_spectrum *s, int64_t u, int64_t v) {
    const double high = (double)u / (double)s->shape.height;
    const double wide = (double)v / (double)s->shape.width;
    const int64_t ring = (int64_t)((high > wide ? high : wide) * (double)s->frequencies);
    return ring < s->frequencies ? ring : s->frequencies - 1;
}

/* Rows first, to work; then columns, each coefficient into its ring. A ring's power is the mean of
 * its coefficients'. */
static void add_channel(ambit_spectrum *s, int64_t channel, const float *x) {
    const int64_t height = s->shape.height, width = s->shape.width;
    double *squares = s->squares + channel * s->frequencies;
    for (int64_t y = 0; y < height; y++)
        for (int64_t v = 0; v < width; v++) {
            double sum = 0;
            for (int64_t i = 0; i < width; i++)
                sum += s->columns[v * width + i] * (double)x[y * width + i];
            s->work[y * width + v] = sum;
        }
    for (int64_t u = 0; u < height; u++)
        for (int64_t v = 0; v < width; v++) {
            const int64_t ring = ring_of(s, u, v);
            double sum = 0;
            for (int64_t y = 0; y < height; y++)
                sum += s->rows[u * height + y] * s->work[y * width + v];
            squares[ring] += sum * sum;
        }
}

void ambit_spectrum_add(ambit_spectrum *spectrum, const float *x0) {
    const int64_t size = spectrum->shape.height * spectrum->shape.width;
    spectrum->samples += 1;
    if (spectrum->shape.channels == 0)
        add_chunk(spectrum, x0);
    for (int64_t c = 0; c < spectrum->shape.channels; c++)
        add_channel(spectrum, c, x0 + c * size);
}

/* Coefficients of a ring; of a chunk's frequency, one. */
static double ring_size(const ambit_spectrum *s, int64_t frequency) {
    double count = 0;
    if (s->shape.channels == 0)
        return 1;
    for (int64_t u = 0; u < s->shape.height; u++)
        for (int64_t v = 0; v < s->shape.width; v++)
            count += ring_of(s, u, v) == frequency;
    return count > 0 ? count : 1;
}

double ambit_spectrum_power(const ambit_spectrum *spectrum, int64_t part, int64_t frequency) {
    const double count = spectrum->samples * ring_size(spectrum, frequency);
    return count > 0 ? spectrum->squares[part * spectrum->frequencies + frequency] / count : 0;
}

double ambit_spectrum_bound(const ambit_spectrum *one, const ambit_spectrum *other, double share) {
    double most = 0;
    for (int64_t p = 0; p < one->parts; p++)
        for (int64_t k = 0; k < one->frequencies; k++)
            most = fmax(most,
                        fabs(ambit_spectrum_power(one, p, k) - ambit_spectrum_power(other, p, k)));
    const double ratio = most / share; /* σ²/(1−σ²) */
    return sqrt(ratio / (1 + ratio));
}
