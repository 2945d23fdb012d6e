#include "normaliser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Chunks are measured over so many samples, and so many numbers, at most. */
enum { MEASURED_SAMPLES = 65536, MEASURED_NUMBERS = 1 << 24 };

/* ------------------------------------------------------------------------------- one element */

static int is_left_alone(uint64_t unnormalised, int64_t element) {
    return element < 64 && (unnormalised >> element & 1);
}

/* The maps of `mixture.h`, of one element with statistics s. */
static void set_map(ambit_normalisation kind, const ambit_statistics *s, int64_t e, float *shift,
                    float *scale) {
    if (s->least[e] == s->greatest[e]) {
        *shift = (float)s->least[e];
        *scale = 0;
    } else if (kind == AMBIT_NORMALISE_STANDARD) {
        *shift = (float)s->mean[e];
        *scale = (float)(1 / (s->std[e] + 1e-8));
    } else {
        /* 2(x − q01)/D − 1 = (x − (q01 + D/2))·2/D */
        double width = s->q99[e] - s->q01[e] + 1e-8;
        *shift = (float)(s->q01[e] + width / 2);
        *scale = (float)(2 / width);
    }
}

/* Maps of a field's elements, repeated for each step: [steps][stride], from `shift`, `scale` on. */
static void set_maps(ambit_normalisation kind, const ambit_statistics *s, uint64_t unnormalised,
                     int64_t steps, int64_t stride, float *shift, float *scale) {
    for (int64_t e = 0; e < s->elements; e++) {
        if (is_left_alone(unnormalised, e))
            continue;
        set_map(kind, s, e, &shift[e], &scale[e]);
        for (int64_t t = 1; t < steps; t++) {
            shift[t * stride + e] = shift[e];
            scale[t * stride + e] = scale[e];
        }
    }
}

/* ------------------------------------------------------------------------------- statistics */

/* Statistics of one field over all sources. indices: [source_count], `stride` apart. */
static ambit_status pool(const ambit_normaliser_plan *plan, const int *indices, int stride,
                         ambit_statistics *whole) {
    int count = 0;
    ambit_statistics *parts;
    AMBIT_TRY(ambit_allocate(&parts, (size_t)plan->source_count, sizeof *parts, "statistics"));
    ambit_status status = AMBIT_OK;
    for (; count < plan->source_count; count++) {
        status = ambit_store_read_statistics(plan->stores[count], indices[count * stride],
                                             &parts[count]);
        if (status != AMBIT_OK)
            break;
    }
    if (status == AMBIT_OK)
        status = ambit_statistics_merge(parts, count, whole);
    for (int i = 0; i < count; i++)
        ambit_statistics_destroy(&parts[i]);
    free(parts);
    return status;
}

/* Calls `see` with the chunks of samples spread evenly over the population. */
static ambit_status measure(const ambit_normaliser_plan *plan,
                            ambit_status (*see)(void *context, const float *chunk, int64_t steps),
                            void *context) {
    int64_t size = plan->horizon * plan->chunk_width, samples = plan->sample_count;
    int64_t most = MEASURED_NUMBERS / size > 1024 ? MEASURED_NUMBERS / size : 1024;
    most = most < MEASURED_SAMPLES ? most : MEASURED_SAMPLES;
    most = most < samples ? most : samples;
    float *chunk;
    ambit_status status = AMBIT_OK;
    AMBIT_TRY(ambit_allocate(&chunk, (size_t)size, sizeof *chunk, "a chunk"));
    for (int64_t i = 0; i < most && status == AMBIT_OK; i++) {
        /* i·samples/most without overflow of the product */
        int64_t number = samples / most * i + samples % most * i / most;
        status = plan->read_raw_chunk(plan->context, number, chunk);
        if (status == AMBIT_OK)
            status = see(context, chunk, plan->horizon);
    }
    free(chunk);
    return status;
}

static ambit_status see_tally(void *tally, const float *chunk, int64_t steps) {
    return ambit_tally_add_f32(tally, chunk, steps);
}

static ambit_status measure_relative(const ambit_normaliser_plan *plan, ambit_statistics *whole) {
    ambit_tally *tally;
    AMBIT_TRY(ambit_tally_create(plan->chunk_width, &tally));
    ambit_status status = measure(plan, see_tally, tally);
    if (status == AMBIT_OK)
        status = ambit_tally_finish(tally, whole);
    ambit_tally_destroy(tally);
    return status;
}

/* ------------------------------------------------------------------------------- step_rms */

/* Sums of squares of each future step. */
typedef struct {
    int64_t width, samples, elements; /* elements: that are normalised */
    uint64_t unnormalised;
    double *squares;
} step_sums;

static ambit_status see_squares(void *context, const float *chunk, int64_t steps) {
    step_sums *sums = context;
    sums->samples++;
    for (int64_t t = 0; t < steps; t++)
        for (int64_t e = 0; e < sums->width; e++)
            if (!is_left_alone(sums->unnormalised, e))
                sums->squares[t] +=
                    (double)chunk[t * sums->width + e] * (double)chunk[t * sums->width + e];
    return AMBIT_OK;
}

static void set_step_rms(const ambit_normaliser_plan *plan, const step_sums *sums,
                         ambit_normaliser *normaliser) {
    for (int64_t t = 0; t < plan->horizon; t++) {
        double rms = sqrt(sums->squares[t] / (double)(sums->samples * sums->elements));
        for (int64_t e = 0; e < sums->width; e++)
            if (!is_left_alone(sums->unnormalised, e))
                normaliser->chunk_scale[t * sums->width + e] = rms > 0 ? (float)(1 / rms) : 0;
    }
}

static ambit_status make_step_rms(const ambit_normaliser_plan *plan, uint64_t unnormalised,
                                  ambit_normaliser *normaliser) {
    step_sums sums = {.width = plan->chunk_width, .unnormalised = unnormalised};
    for (int64_t e = 0; e < sums.width; e++)
        sums.elements += !is_left_alone(unnormalised, e);
    if (sums.elements == 0)
        return AMBIT_OK;
    AMBIT_TRY(ambit_allocate(&sums.squares, (size_t)plan->horizon, sizeof(double), "step_rms"));
    ambit_status status = measure(plan, see_squares, &sums);
    if (status == AMBIT_OK)
        set_step_rms(plan, &sums, normaliser);
    free(sums.squares);
    return status;
}

/* ------------------------------------------------------------------------------- the maps */

static ambit_status make_observation(const ambit_normaliser_plan *plan, ambit_normaliser *n) {
    int64_t place = 0;
    if (plan->observation == AMBIT_NORMALISE_NONE)
        return AMBIT_OK;
    n->observation_limit = plan->observation == AMBIT_NORMALISE_BOUNDS_Q99 ? 1 : 0;
    for (int f = 0; f < plan->observation_count; f++) {
        const int *indices = plan->field_indices + f;
        ambit_statistics whole;
        AMBIT_TRY(pool(plan, indices, plan->observation_count, &whole));
        set_maps(plan->observation, &whole,
                 ambit_store_field(plan->stores[0], *indices)->unnormalised,
                 plan->observation_steps, plan->observation_width, n->observation_shift + place,
                 n->observation_scale + place);
        ambit_statistics_destroy(&whole);
        place += plan->widths[f];
    }
    return AMBIT_OK;
}

static ambit_status make_chunk(const ambit_normaliser_plan *plan, ambit_normaliser *n) {
    ambit_statistics whole;
    uint64_t unnormalised = ambit_store_field(plan->stores[0], plan->actions[0])->unnormalised;
    if (plan->chunk == AMBIT_NORMALISE_NONE)
        return AMBIT_OK;
    if (plan->chunk == AMBIT_NORMALISE_STEP_RMS)
        return make_step_rms(plan, unnormalised, n);
    n->chunk_limit = plan->chunk == AMBIT_NORMALISE_BOUNDS_Q99 ? 1 : 0;
    AMBIT_TRY(plan->relative ? measure_relative(plan, &whole)
                             : pool(plan, plan->actions, 1, &whole));
    set_maps(plan->chunk, &whole, unnormalised, plan->horizon, plan->chunk_width, n->chunk_shift,
             n->chunk_scale);
    ambit_statistics_destroy(&whole);
    return AMBIT_OK;
}

static ambit_status make_identity(int64_t size, float **shift, float **scale) {
    AMBIT_TRY(ambit_allocate(shift, (size_t)size, sizeof **shift, "normaliser"));
    AMBIT_TRY(ambit_allocate(scale, (size_t)size, sizeof **scale, "normaliser"));
    for (int64_t i = 0; i < size; i++)
        (*scale)[i] = 1;
    return AMBIT_OK;
}

ambit_status ambit_normaliser_create(const ambit_normaliser_plan *plan,
                                     ambit_normaliser *normaliser) {
    ambit_normaliser *n = normaliser;
    n->observation_size = plan->observation_steps * plan->observation_width;
    n->chunk_size = plan->horizon * plan->chunk_width;
    AMBIT_TRY(make_identity(n->observation_size, &n->observation_shift, &n->observation_scale));
    AMBIT_TRY(make_identity(n->chunk_size, &n->chunk_shift, &n->chunk_scale));
    AMBIT_TRY(make_observation(plan, n));
    return make_chunk(plan, n);
}

void ambit_normaliser_destroy(ambit_normaliser *normaliser) {
    free(normaliser->observation_shift);
    free(normaliser->observation_scale);
    free(normaliser->chunk_shift);
    free(normaliser->chunk_scale);
    memset(normaliser, 0, sizeof *normaliser);
}

/* ------------------------------------------------------------------------------- in use */

static void normalise(float *values, int64_t size, const float *shift, const float *scale,
                      float limit) {
    for (int64_t i = 0; i < size; i++) {
        if (shift[i] == 0 && scale[i] == 1)
            continue;
        float x = (values[i] - shift[i]) * scale[i];
        values[i] = limit == 0 ? x : x > limit ? limit : x < -limit ? -limit : x;
    }
}

void ambit_normalise_observation(const ambit_normaliser *normaliser, float *observation) {
    normalise(observation, normaliser->observation_size, normaliser->observation_shift,
              normaliser->observation_scale, normaliser->observation_limit);
}

void ambit_normalise_chunk(const ambit_normaliser *normaliser, float *chunk) {
    normalise(chunk, normaliser->chunk_size, normaliser->chunk_shift, normaliser->chunk_scale,
              normaliser->chunk_limit);
}

void ambit_denormalise_chunk(const ambit_normaliser *normaliser, float *chunk) {
    for (int64_t i = 0; i < normaliser->chunk_size; i++) {
        float scale = normaliser->chunk_scale[i];
        chunk[i] = (scale == 0 ? 0 : chunk[i] / scale) + normaliser->chunk_shift[i];
    }
}
