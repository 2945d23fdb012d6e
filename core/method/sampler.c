#include "sampler.h"

#include "../base/limits.h"

#include <math.h>
#include <stdlib.h>

struct ambit_sampler {
    ambit_sampler_options options;
    int64_t batch, size;
    double *levels;                       /* σ of every step, descending */
    float *x, *prediction, *x0, *epsilon; /* batch × size each */
};

ambit_status ambit_sampler_check(const ambit_sampler_options *options, int bins) {
    AMBIT_TRY(
        ambit_choice_check("sampler.kind", (int)options->kind, AMBIT_CHOICES(AMBIT_SAMPLER_KINDS)));
    AMBIT_TRY(AMBIT_CHECK_LIMIT("sampler.steps", options->steps, BINS));
    if (options->steps > bins)
        return ambit_fail(AMBIT_CONFIG,
                          "sampler.steps: %d steps, but schedule.bins gives %d noise levels; write "
                          "at most that",
                          options->steps, bins);
    return AMBIT_CHECK_LIMIT("sampler.clamp", options->clamp, CLAMP);
}

/* round(linspace(K−1, 0, steps)), halves to even as NumPy rounds them. */
static void fill_levels(const ambit_schedule *schedule, int steps, double *levels) {
    const double top = schedule->count - 1, stride = steps > 1 ? top / (steps - 1) : 0;
    for (int i = 0; i < steps; i++) {
        const int bin = i == steps - 1 && steps > 1 ? 0 : (int)nearbyint(top - i * stride);
        levels[i] = ambit_schedule_sigma(schedule, bin, 0.5);
    }
}

static ambit_status allocate_buffers(ambit_sampler *sampler) {
    const size_t count = (size_t)sampler->batch * (size_t)sampler->size;
    float **const buffers[] = {&sampler->x, &sampler->prediction, &sampler->x0, &sampler->epsilon};
    AMBIT_TRY(ambit_allocate(&sampler->levels, (size_t)sampler->options.steps,
                             sizeof *sampler->levels, "sampler"));
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        AMBIT_TRY(ambit_allocate(buffers[i], count, sizeof(float), "sampler"));
    return AMBIT_OK;
}

ambit_status ambit_sampler_create(const ambit_sampler_options *options,
                                  const ambit_schedule *schedule, int64_t batch, int64_t size,
                                  ambit_sampler **sampler) {
    *sampler = NULL;
    AMBIT_TRY(ambit_sampler_check(options, schedule->count));
    if (batch < 1 || size < 1 || batch > INT64_MAX / size)
        return ambit_fail(AMBIT_INTERNAL,
                          "sampler: a batch of %lld rows of %lld numbers; report this",
                          (long long)batch, (long long)size);
    ambit_sampler *made;
    AMBIT_TRY(ambit_allocate(&made, 1, sizeof *made, "sampler"));
    made->options = *options;
    made->batch = batch;
    made->size = size;
    ambit_status status = allocate_buffers(made);
    if (status != AMBIT_OK) {
        ambit_sampler_destroy(made);
        return status;
    }
    fill_levels(schedule, options->steps, made->levels);
    *sampler = made;
    return AMBIT_OK;
}

void ambit_sampler_destroy(ambit_sampler *sampler) {
    if (!sampler)
        return;
    free(sampler->levels);
    free(sampler->x);
    free(sampler->prediction);
    free(sampler->x0);
    free(sampler->epsilon);
    free(sampler);
}

static void draw_rows(const ambit_sampler *sampler, ambit_rng *streams, float *out) {
    for (int64_t r = 0; r < sampler->batch; r++)
        ambit_rng_normals(&streams[r], out + r * sampler->size, sampler->size);
}

/* x̂₀ and ε̂ of a prediction at σ; a clamped x̂₀ takes its ε̂ along. */
static void resolve(ambit_sampler *sampler, double sigma) {
    const int64_t count = sampler->batch * sampler->size;
    const float most = (float)sampler->options.clamp;
    ambit_prediction_resolve(sampler->options.prediction, sigma, count, sampler->x,
                             sampler->prediction, sampler->x0, sampler->epsilon);
    if (most <= 0)
        return;
    for (int64_t i = 0; i < count; i++) {
        const float low = sampler->x0[i] < -most ? -most : sampler->x0[i];
        sampler->x0[i] = low > most ? most : low;
    }
    ambit_prediction_resolve(AMBIT_PREDICT_X0, sigma, count, sampler->x, sampler->x0, NULL,
                             sampler->epsilon);
}

/* From σ to σ' = next, which is lower; z, for the ancestral step, is drawn where the prediction
 * was.
 */
static void move_down(ambit_sampler *sampler, double sigma, double next, ambit_rng *streams) {
    const int64_t count = sampler->batch * sampler->size;
    const double signal_ratio = (1 - sigma) * (1 + sigma) / ((1 - next) * (1 + next));
    double variance = 0; /* s² */
    if (sampler->options.kind == AMBIT_SAMPLER_ANCESTRAL) {
        variance = next * next / (sigma * sigma) * (1 - signal_ratio);
        draw_rows(sampler, streams, sampler->prediction);
    }
    const float of_x0 = (float)sqrt((1 - next) * (1 + next));
    const float of_epsilon = (float)sqrt(fmax(next * next - variance, 0));
    const float of_noise = (float)sqrt(variance);
    for (int64_t i = 0; i < count; i++)
        sampler->x[i] = of_x0 * sampler->x0[i] + of_epsilon * sampler->epsilon[i] +
                        of_noise * sampler->prediction[i];
}

ambit_status ambit_sampler_run(ambit_sampler *sampler, ambit_rng *streams, ambit_denoiser denoiser,
                               void *context, float *out) {
    const int steps = sampler->options.steps;
    draw_rows(sampler, streams, sampler->x);
    for (int i = 0; i < steps; i++) {
        const double sigma = sampler->levels[i];
        AMBIT_TRY(denoiser(context, sampler->x, sigma, sampler->prediction));
        resolve(sampler, sigma);
        if (i + 1 < steps)
            move_down(sampler, sigma, sampler->levels[i + 1], streams);
    }
    const int64_t count = sampler->batch * sampler->size;
    for (int64_t i = 0; i < count; i++)
        out[i] = sampler->x0[i];
    return AMBIT_OK;
}
