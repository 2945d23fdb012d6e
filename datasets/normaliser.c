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

/* Statistics of field f of `fields` over all sources. */
static ambit_status pool(const ambit_normaliser_plan *plan, const ambit_joined_fields *fields,
                         int f, ambit_statistics *whole) {
    int count = 0;
    ambit_statistics *parts;
    AMBIT_TRY(ambit_allocate(&parts, (size_t)plan->source_count, sizeof *parts, "statistics"));
    ambit_status status = AMBIT_OK;
    for (; count < plan->source_count; count++) {
        status = ambit_store_read_statistics(
            plan->stores[count], fields->indices[count * fields->count + f], &parts[count]);
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
    int64_t size = plan->horizon * plan->action_fields->width, samples = plan->sample_count;
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
    AMBIT_TRY(ambit_tally_create(plan->action_fields->width, &tally));
    ambit_status status = measure(plan, see_tally, tally);
    if (status == AMBIT_OK)
        status = ambit_tally_finish(tally, whole);
    ambit_tally_destroy(tally);
    return status;
}

/* ------------------------------------------------------------------------------- step_rms */

static uint64_t unnormalised_of(const ambit_normaliser_plan *plan,
                                const ambit_joined_fields *fields, int f) {
    return ambit_store_field(plan->stores[0], fields->indices[f])->unnormalised;
}

/* Sums of squares of each future step. */
typedef struct {
    int64_t width, samples, elements; /* elements: that are normalised */
    bool *alone;                      /* [width] those that are not */
    double *squares;
} step_sums;

static ambit_status see_squares(void *context, const float *chunk, int64_t steps) {
    step_sums *sums = context;
    sums->samples++;
    for (int64_t t = 0; t < steps; t++)
        for (int64_t e = 0; e < sums->width; e++)
            if (!sums->alone[e])
                sums->squares[t] +=
                    (double)chunk[t * sums->width + e] * (double)chunk[t * sums->width + e];
    return AMBIT_OK;
}

static void set_step_rms(const ambit_normaliser_plan *plan, const step_sums *sums,
                         ambit_normaliser *normaliser) {
    for (int64_t t = 0; t < plan->horizon; t++) {
        double rms = sqrt(sums->squares[t] / (double)(sums->samples * sums->elements));
        for (int64_t e = 0; e < sums->width; e++)
            if (!sums->alone[e])
                normaliser->chunk_scale[t * sums->width + e] = rms > 0 ? (float)(1 / rms) : 0;
    }
}

/* Which elements of the action are left alone, and how many are not. */
static void mark_alone(const ambit_normaliser_plan *plan, step_sums *sums) {
    const ambit_joined_fields *fields = plan->action_fields;
    bool *alone = sums->alone;
    for (int f = 0; f < fields->count; f++)
        for (int64_t e = 0; e < fields->widths[f]; e++) {
            *alone = is_left_alone(unnormalised_of(plan, fields, f), e);
            sums->elements += !*alone++;
        }
}

static ambit_status make_step_rms(const ambit_normaliser_plan *plan, ambit_normaliser *normaliser) {
    step_sums sums = {.width = plan->action_fields->width};
    AMBIT_TRY(ambit_allocate(&sums.alone, (size_t)sums.width, sizeof(bool), "step_rms"));
    mark_alone(plan, &sums);
    ambit_status status =
        ambit_allocate(&sums.squares, (size_t)plan->horizon, sizeof(double), "step_rms");
    if (status == AMBIT_OK && sums.elements > 0)
        status = measure(plan, see_squares, &sums);
    if (status == AMBIT_OK && sums.elements > 0)
        set_step_rms(plan, &sums, normaliser);
    free(sums.squares);
    free(sums.alone);
    return status;
}

/* ------------------------------------------------------------------------------- the maps */

/* The part of statistics that is of elements [first, first + count); it owns nothing. */
static ambit_statistics part_of(const ambit_statistics *whole, int64_t first, int64_t count) {
    return (ambit_statistics){.elements = count,
                              .count = whole->count,
                              .mean = whole->mean + first,
                              .std = whole->std + first,
                              .least = whole->least + first,
                              .greatest = whole->greatest + first,
                              .q01 = whole->q01 + first,
                              .q99 = whole->q99 + first};
}

/* Maps of all fields, from statistics of their own or, where that is not NULL, from `whole`. */
static ambit_status make_maps(const ambit_normaliser_plan *plan, const ambit_joined_fields *fields,
                              ambit_normalisation kind, const ambit_statistics *whole,
                              int64_t steps, float *shift, float *scale) {
    int64_t place = 0;
    for (int f = 0; f < fields->count; f++) {
        ambit_statistics own = {0}, part;
        if (!whole)
            AMBIT_TRY(pool(plan, fields, f, &own));
        part = whole ? part_of(whole, place, fields->widths[f]) : own;
        set_maps(kind, &part, unnormalised_of(plan, fields, f), steps, fields->width, shift + place,
                 scale + place);
        ambit_statistics_destroy(&own);
        place += fields->widths[f];
    }
    return AMBIT_OK;
}

static ambit_status make_observation(const ambit_normaliser_plan *plan, ambit_normaliser *n) {
    if (plan->observation == AMBIT_NORMALISE_NONE)
        return AMBIT_OK;
    n->observation_limit = plan->observation == AMBIT_NORMALISE_BOUNDS_Q99 ? 1 : 0;
    return make_maps(plan, plan->observation_fields, plan->observation, NULL,
                     plan->observation_steps, n->observation_shift, n->observation_scale);
}

static ambit_status make_chunk(const ambit_normaliser_plan *plan, ambit_normaliser *n) {
    ambit_statistics relative = {0};
    if (plan->chunk == AMBIT_NORMALISE_NONE)
        return AMBIT_OK;
    if (plan->chunk == AMBIT_NORMALISE_STEP_RMS)
        return make_step_rms(plan, n);
    n->chunk_limit = plan->chunk == AMBIT_NORMALISE_BOUNDS_Q99 ? 1 : 0;
    if (plan->relative)
        AMBIT_TRY(measure_relative(plan, &relative));
    ambit_status status =
        make_maps(plan, plan->action_fields, plan->chunk, plan->relative ? &relative : NULL,
                  plan->horizon, n->chunk_shift, n->chunk_scale);
    ambit_statistics_destroy(&relative);
    return status;
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
    n->observation_size = plan->observation_steps * plan->observation_fields->width;
    n->chunk_size = plan->horizon * plan->action_fields->width;
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
