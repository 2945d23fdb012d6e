#include "normaliser.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Chunks are measured over so many samples, and so many numbers, at most. */
enum { MEASURED_SAMPLES = 65536, MEASURED_NUMBERS = 1 << 24 };

/* ------------------------------------------------------------------------------- notes */

/* What is worth a word to the user: elements whose statistics are not what they seem. */
typedef enum { PLAIN, ROUNDING, RARE, VERDICTS } verdict;

static const char *const verdict_texts[VERDICTS] = {
    [ROUNDING] = "changes by no more than rounding, and is taken for constant",
    [RARE] = "has one value but for rare steps, so that its quantiles .01 and .99 say nothing; it "
             "is scaled from its least to its greatest value",
};

/* Numbers of one kind, as many as a line holds. */
typedef struct {
    int64_t count;
    char text[128];
} number_list;

static void add_number(number_list *list, int64_t number) {
    const int64_t shown = 8;
    const size_t used = strlen(list->text);
    if (list->count++ < shown)
        snprintf(list->text + used, sizeof list->text - used, "%s%" PRId64, used ? ", " : "",
                 number);
    else if (list->count == shown + 1)
        snprintf(list->text + used, sizeof list->text - used, ", …");
}

/* Says `text` of these elements of field f. */
static void note(const ambit_normaliser_plan *plan, const char *key,
                 const ambit_joined_fields *fields, int f, const number_list *list,
                 const char *text) {
    if (list->count > 0)
        fprintf(plan->notes, "%s: field \"%s\": %s %s %s\n", key,
                ambit_store_field(plan->stores[0], fields->indices[f])->name,
                list->count > 1 ? "each of elements" : "element", list->text, text);
}

/* ------------------------------------------------------------------------------- one element */

static ambit_element_groups groups_of(const ambit_normaliser_plan *plan,
                                      const ambit_joined_fields *fields, int f) {
    return ambit_field_groups(ambit_store_field(plan->stores[0], fields->indices[f]));
}

/* The element of group g that is pixel p. */
static int64_t element_of(const ambit_element_groups *groups, int64_t g, int64_t p) {
    const int64_t block = g / groups->channels, channel = g % groups->channels;
    return (block * groups->pixels + p) * groups->channels + channel;
}

static uint64_t unnormalised_of(const ambit_normaliser_plan *plan,
                                const ambit_joined_fields *fields, int f) {
    return ambit_store_field(plan->stores[0], fields->indices[f])->unnormalised;
}

static int is_left_alone(uint64_t unnormalised, int64_t element) {
    return element < 64 && (unnormalised >> element & 1);
}

/* How far numbers as large as these may lie apart by rounding alone: a few units in the last place
 * of a float, which arithmetic on the way to the store leaves. */
static double rounding(double a, double b) {
    return 8 * FLT_EPSILON * fmax(fabs(a), fabs(b));
}

/* The values at ranks .02 and .98; without sketch the least and the greatest. */
static void find_middle(const ambit_statistics *s, int64_t e, double *low, double *high) {
    const double last = (double)(s->points - 1);
    *low = s->least[e];
    *high = s->greatest[e];
    if (s->points == 0)
        return;
    *low = s->sketch[e * s->points + (int64_t)floor(.02 * last)];
    *high = s->sketch[e * s->points + (int64_t)ceil(.98 * last)];
}

/* The ends of the range that bounds_q99 maps to −1 … 1. A flag that is up in every hundredth step
 * or less has quantiles that lie together, or anywhere between its two values. */
static verdict find_range(const ambit_statistics *s, int64_t e, double noise, double *low,
                          double *high) {
    find_middle(s, e, low, high);
    const int rare = *high - *low <= fmax(noise, rounding(*low, *high));
    *low = rare ? s->least[e] : s->q01[e];
    *high = rare ? s->greatest[e] : s->q99[e];
    return rare ? RARE : PLAIN;
}

/* The maps of `mixture.h`, of one element with statistics s. `noise`: what lies no farther apart
 * than this is one value, even if that is more than rounding of the numbers themselves. */
static verdict set_map(ambit_normalisation kind, const ambit_statistics *s, int64_t e, double noise,
                       float *shift, float *scale) {
    const double least = s->least[e], greatest = s->greatest[e];
    verdict found = PLAIN;
    if (greatest - least <= fmax(noise, rounding(least, greatest))) {
        *shift = (float)(least + (greatest - least) / 2);
        *scale = 0;
        found = least == greatest ? PLAIN : ROUNDING;
    } else if (kind == AMBIT_NORMALISE_STANDARD) {
        *shift = (float)s->mean[e];
        *scale = (float)(1 / (s->std[e] + 1e-8));
    } else {
        /* 2(x − low)/D − 1 = (x − (low + D/2))·2/D */
        double low, high;
        found = find_range(s, e, noise, &low, &high);
        const double width = high - low + 1e-8;
        *shift = (float)(low + width / 2);
        *scale = (float)(2 / width);
    }
    return found;
}

/* Fields side by side, and the maps of their elements, repeated for each step: [steps][width]. */
typedef struct {
    const char *key; /* of the configuration */
    const ambit_joined_fields *fields;
    ambit_normalisation kind;
    const double *noise; /* [width] */
    int64_t steps;
    float *shift, *scale;
} joined_maps;

/* Gives the elements of a group one map, but for those that are left alone. */
static void spread_map(const joined_maps *maps, int64_t first, const ambit_element_groups *groups,
                       int64_t g, uint64_t unnormalised, float shift, float scale) {
    for (int64_t p = 0; p < groups->pixels; p++) {
        const int64_t e = element_of(groups, g, p), width = maps->fields->width;
        if (is_left_alone(unnormalised, e))
            continue;
        for (int64_t t = 0; t < maps->steps; t++) {
            maps->shift[t * width + first + e] = shift;
            maps->scale[t * width + first + e] = scale;
        }
    }
}

/* Maps of field f, whose first element has number `first` of all. */
static void set_maps(const ambit_normaliser_plan *plan, const joined_maps *maps, int f,
                     int64_t first, const ambit_statistics *s) {
    const uint64_t unnormalised = unnormalised_of(plan, maps->fields, f);
    const ambit_element_groups groups = groups_of(plan, maps->fields, f);
    number_list lists[VERDICTS] = {0};
    for (int64_t g = 0; g < s->elements; g++) {
        const int64_t e = element_of(&groups, g, 0);
        float shift, scale;
        const verdict found = set_map(maps->kind, s, g, maps->noise[first + e], &shift, &scale);
        spread_map(maps, first, &groups, g, unnormalised, shift, scale);
        if (!is_left_alone(unnormalised, e))
            add_number(&lists[found], g);
    }
    for (int v = PLAIN + 1; v < VERDICTS; v++)
        note(plan, maps->key, maps->fields, f, &lists[v], verdict_texts[v]);
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

/* The relative chunks as they come, a tally a field. */
typedef struct {
    const ambit_joined_fields *fields;
    ambit_tally **tallies; /* [count] */
    float *part;           /* [steps][width] of the widest field */
} relative_view;

static ambit_status see_relative(void *context, const float *chunk, int64_t steps) {
    const relative_view *view = context;
    for (int f = 0; f < view->fields->count; chunk += view->fields->widths[f++]) {
        const int64_t width = view->fields->widths[f];
        for (int64_t t = 0; t < steps; t++)
            memcpy(view->part + t * width, chunk + t * view->fields->width,
                   (size_t)width * sizeof *chunk);
        AMBIT_TRY(ambit_tally_add(view->tallies[f], view->part, steps));
    }
    return AMBIT_OK;
}

static ambit_status view_relative(const ambit_normaliser_plan *plan, relative_view *view,
                                  ambit_statistics *statistics) {
    const ambit_joined_fields *fields = plan->action_fields;
    AMBIT_TRY(ambit_allocate(&view->part, (size_t)(plan->horizon * fields->width),
                             sizeof *view->part, "a chunk"));
    for (int f = 0; f < fields->count; f++) {
        const ambit_element_groups groups = groups_of(plan, fields, f);
        AMBIT_TRY(ambit_tally_create(&groups, AMBIT_STORE_F32, &view->tallies[f]));
    }
    AMBIT_TRY(measure(plan, see_relative, view));
    for (int f = 0; f < fields->count; f++)
        AMBIT_TRY(ambit_tally_finish(view->tallies[f], &statistics[f]));
    return AMBIT_OK;
}

/* Statistics of relative chunks, all steps together, of each action field. */
static ambit_status measure_relative(const ambit_normaliser_plan *plan,
                                     ambit_statistics *statistics) {
    relative_view view = {.fields = plan->action_fields};
    AMBIT_TRY(ambit_allocate(&view.tallies, (size_t)view.fields->count, sizeof *view.tallies,
                             "statistics"));
    const ambit_status status = view_relative(plan, &view, statistics);
    for (int f = 0; f < view.fields->count; f++)
        ambit_tally_destroy(view.tallies[f]);
    free(view.tallies);
    free(view.part);
    return status;
}

/* Differences of numbers carry the rounding of the numbers: of most of them, since one wild value
 * must not hide the others' movements. noise: [width of the action], 0 where nothing is relative.
 */
static ambit_status measure_noise(const ambit_normaliser_plan *plan, double *noise) {
    for (int f = 0; f < plan->action_fields->count && plan->relative; f++) {
        ambit_statistics stored;
        AMBIT_TRY(pool(plan, plan->action_fields, f, &stored));
        const ambit_element_groups groups = groups_of(plan, plan->action_fields, f);
        for (int64_t g = 0; g < stored.elements; g++)
            for (int64_t p = 0; p < groups.pixels; p++)
                noise[element_of(&groups, g, p)] = rounding(stored.q01[g], stored.q99[g]);
        noise += plan->action_fields->widths[f];
        ambit_statistics_destroy(&stored);
    }
    return AMBIT_OK;
}

/* ------------------------------------------------------------------------------- step_rms */

/* Of each future step the sum of squares, and of each of its elements the largest magnitude; what
 * is no more than rounding has no part in the sum. */
typedef struct {
    int64_t width, samples, elements; /* elements: that are normalised */
    bool *alone;                      /* [width] those that are not */
    const double *noise;              /* [width] */
    double *squares;                  /* [steps] */
    double *largest;                  /* [steps][width] */
} step_sums;

static ambit_status see_squares(void *context, const float *chunk, int64_t steps) {
    step_sums *sums = context;
    sums->samples++;
    for (int64_t t = 0; t < steps; t++)
        for (int64_t e = 0; e < sums->width; e++) {
            const double x = chunk[t * sums->width + e];
            double *largest = &sums->largest[t * sums->width + e];
            if (sums->alone[e])
                continue;
            sums->squares[t] += fabs(x) > sums->noise[e] ? x * x : 0;
            *largest = fmax(*largest, fabs(x));
        }
    return AMBIT_OK;
}

static float step_scale(const step_sums *sums, int64_t t, int64_t e) {
    const double rms = sqrt(sums->squares[t] / (double)(sums->samples * sums->elements));
    const double largest = sums->largest[t * sums->width + e];
    const int rounded = largest > 0 && largest <= sums->noise[e];
    return rms > 0 && !rounded ? (float)(1 / rms) : 0;
}

/* The scales of field f, whose first element has number `first` of all. */
static void set_step_rms(const ambit_normaliser_plan *plan, const step_sums *sums, int f,
                         int64_t first, float *scale) {
    number_list list = {0};
    for (int64_t e = first; e < first + plan->action_fields->widths[f]; e++) {
        int rounded = 0;
        for (int64_t t = 0; t < plan->horizon && !sums->alone[e]; t++) {
            const int64_t at = t * sums->width + e;
            scale[at] = step_scale(sums, t, e);
            rounded |= scale[at] == 0 && sums->largest[at] > 0;
        }
        if (rounded)
            add_number(&list, e - first);
    }
    note(plan, "data.action", plan->action_fields, f, &list, verdict_texts[ROUNDING]);
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

static ambit_status sum_steps(const ambit_normaliser_plan *plan, step_sums *sums,
                              ambit_normaliser *normaliser) {
    const ambit_joined_fields *fields = plan->action_fields;
    int64_t first = 0;
    if (sums->elements == 0)
        return AMBIT_OK;
    AMBIT_TRY(measure(plan, see_squares, sums));
    for (int f = 0; f < fields->count; first += fields->widths[f++])
        set_step_rms(plan, sums, f, first, normaliser->chunk_scale);
    return AMBIT_OK;
}

static ambit_status make_step_rms(const ambit_normaliser_plan *plan, const double *noise,
                                  ambit_normaliser *normaliser) {
    step_sums sums = {.width = plan->action_fields->width, .noise = noise};
    AMBIT_TRY(ambit_allocate(&sums.alone, (size_t)sums.width, sizeof(bool), "step_rms"));
    mark_alone(plan, &sums);
    ambit_status status = ambit_allocate(&sums.squares, (size_t)(plan->horizon * (1 + sums.width)),
                                         sizeof(double), "step_rms");
    if (status == AMBIT_OK) {
        sums.largest = sums.squares + plan->horizon;
        status = sum_steps(plan, &sums, normaliser);
    }
    free(sums.squares);
    free(sums.alone);
    return status;
}

/* ------------------------------------------------------------------------------- the maps */

/* Maps of all fields, from these statistics (NULL: those of the stored values). */
static ambit_status make_maps(const ambit_normaliser_plan *plan, const joined_maps *maps,
                              const ambit_statistics *statistics) {
    int64_t first = 0;
    for (int f = 0; f < maps->fields->count; first += maps->fields->widths[f++]) {
        ambit_statistics stored = {0};
        if (!statistics)
            AMBIT_TRY(pool(plan, maps->fields, f, &stored));
        set_maps(plan, maps, f, first, statistics ? &statistics[f] : &stored);
        ambit_statistics_destroy(&stored);
    }
    return AMBIT_OK;
}

static ambit_status make_observation(const ambit_normaliser_plan *plan, ambit_normaliser *n) {
    double *noise;
    if (plan->observation == AMBIT_NORMALISE_NONE)
        return AMBIT_OK;
    n->observation_limit = plan->observation == AMBIT_NORMALISE_BOUNDS_Q99 ? 1 : 0;
    AMBIT_TRY(ambit_allocate(&noise, (size_t)plan->observation_fields->width, sizeof *noise,
                             "normaliser"));
    const joined_maps maps = {.key = "data.observation",
                              .fields = plan->observation_fields,
                              .kind = plan->observation,
                              .noise = noise,
                              .steps = plan->observation_steps,
                              .shift = n->observation_shift,
                              .scale = n->observation_scale};
    const ambit_status status = make_maps(plan, &maps, NULL);
    free(noise);
    return status;
}

static ambit_status map_relative(const ambit_normaliser_plan *plan, const joined_maps *maps) {
    ambit_statistics *statistics;
    const size_t count = (size_t)maps->fields->count;
    AMBIT_TRY(ambit_allocate(&statistics, count, sizeof *statistics, "statistics"));
    ambit_status status = measure_relative(plan, statistics);
    if (status == AMBIT_OK)
        status = make_maps(plan, maps, statistics);
    for (size_t f = 0; f < count; f++)
        ambit_statistics_destroy(&statistics[f]);
    free(statistics);
    return status;
}

static ambit_status make_chunk_with(const ambit_normaliser_plan *plan, double *noise,
                                    ambit_normaliser *n) {
    AMBIT_TRY(measure_noise(plan, noise));
    if (plan->chunk == AMBIT_NORMALISE_STEP_RMS)
        return make_step_rms(plan, noise, n);
    n->chunk_limit = plan->chunk == AMBIT_NORMALISE_BOUNDS_Q99 ? 1 : 0;
    const joined_maps maps = {.key = "data.action",
                              .fields = plan->action_fields,
                              .kind = plan->chunk,
                              .noise = noise,
                              .steps = plan->horizon,
                              .shift = n->chunk_shift,
                              .scale = n->chunk_scale};
    return plan->relative ? map_relative(plan, &maps) : make_maps(plan, &maps, NULL);
}

static ambit_status make_chunk(const ambit_normaliser_plan *plan, ambit_normaliser *n) {
    double *noise;
    if (plan->chunk == AMBIT_NORMALISE_NONE)
        return AMBIT_OK;
    AMBIT_TRY(
        ambit_allocate(&noise, (size_t)plan->action_fields->width, sizeof *noise, "normaliser"));
    const ambit_status status = make_chunk_with(plan, noise, n);
    free(noise);
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
