#include "mixture.h"

#include "../core/base/limits.h"
#include "condition_reader.h"
#include "normaliser.h"
#include "population.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One store as the mixture uses it. */
typedef struct {
    ambit_store *store;
    int *observation, *action; /* indices of their fields */
    int64_t first_sample;      /* number of its step 0 over all sources */
} source;

struct ambit_mixture {
    int source_count;
    source *sources;
    ambit_store **stores; /* the same stores */
    ambit_joined_fields observation, action;
    int64_t observation_steps, horizon, action_offset;
    ambit_sample_shape shape;
    ambit_condition_reader conditions;
    bool relative, has_folds;
    ambit_population population;
    ambit_normaliser normaliser;
    float *scratch; /* steps of a field as read, then a step of reference */
    char *notes;
};

/* ------------------------------------------------------------------------------- options */

static ambit_status check_weights(const ambit_mixture_options *options) {
    int with_share = 0, first_without = options->source_count;
    for (int s = options->source_count - 1; s >= 0; s--) {
        const ambit_source_use *use = &options->sources[s];
        if (!(use->weight >= 0) || !(use->share >= 0) || !isfinite(use->weight + use->share))
            return ambit_fail(AMBIT_CONFIG,
                              "data.sources.%d.weight: weight %g and share %g; both must be finite "
                              "and not negative",
                              s, use->weight, use->share);
        with_share += use->share > 0;
        first_without = use->share > 0 ? first_without : s;
    }
    if (with_share == 0 || with_share == options->source_count)
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG,
                      "data.sources.%d.share: no share, but other sources have one; give every "
                      "source a share, or none",
                      first_without);
}

ambit_status ambit_mixture_check(const ambit_mixture_options *options) {
    AMBIT_TRY(AMBIT_CHECK_LIMIT("data.sources: number of sources", options->source_count, SOURCES));
    AMBIT_TRY(ambit_limit_check("data.observation: number of fields", options->observation_count, 0,
                                AMBIT_STORE_MAX_FIELDS, 0));
    AMBIT_TRY(ambit_limit_check("data.action: number of fields", options->action_count, 1,
                                AMBIT_STORE_MAX_FIELDS, 0));
    AMBIT_TRY(
        AMBIT_CHECK_LIMIT("data.observation_steps", options->observation_steps, OBSERVATION_STEPS));
    AMBIT_TRY(AMBIT_CHECK_LIMIT("data.horizon", options->horizon, HORIZON));
    AMBIT_TRY(AMBIT_CHECK_LIMIT("data.action_offset", options->action_offset, ACTION_OFFSET));
    AMBIT_TRY(AMBIT_CHECK_LIMIT("data.holdout", options->holdout, HOLDOUT));
    if (options->folds != 0) {
        AMBIT_TRY(ambit_limit_check("data.folds", options->folds, 3, 1000, 0));
        AMBIT_TRY(ambit_limit_check("data.fold", options->fold, 0, options->folds - 1, 0));
    }
    if (options->normalise_observation == AMBIT_NORMALISE_STEP_RMS)
        return ambit_fail(AMBIT_CONFIG,
                          "data.normalise_observation: step_rms is for chunks of actions only; "
                          "write standard, bounds_q99 or none");
    return check_weights(options);
}

/* ------------------------------------------------------------------------------- fields */

/* Finds a numeric field and holds it against the first source's. */
static ambit_status find_field(const ambit_mixture *m, int source_index, const char *name,
                               int first_index, int *field) {
    const ambit_store *store = m->stores[source_index], *first = m->stores[0];
    AMBIT_TRY(ambit_store_find(store, name, field));
    const ambit_field_info *here = ambit_store_field(store, *field);
    if (here->element == AMBIT_STORE_BYTES)
        return ambit_fail(AMBIT_CONFIG,
                          "%s: field \"%s\" holds bytes, which a network cannot take; choose a "
                          "numeric field, or give a sentence as data.caption",
                          ambit_store_folder(store), name);
    if (source_index == 0)
        return AMBIT_OK;
    const ambit_field_info *there = ambit_store_field(first, first_index);
    if (ambit_field_same_type(here, there) && here->zero_padded == there->zero_padded &&
        here->unnormalised == there->unnormalised)
        return AMBIT_OK;
    char type[AMBIT_FIELD_TYPE], first_type[AMBIT_FIELD_TYPE];
    ambit_field_type(here, type);
    ambit_field_type(there, first_type);
    return ambit_fail(AMBIT_CONFIG,
                      "%s: field \"%s\" is %s (padding %#" PRIx64 ", unnormalised %#" PRIx64
                      "), but %s (%#" PRIx64 ", %#" PRIx64 ") in %s; mix only sources whose fields "
                      "agree",
                      ambit_store_folder(store), name, type, here->zero_padded, here->unnormalised,
                      first_type, there->zero_padded, there->unnormalised,
                      ambit_store_folder(first));
}

/* Finds the fields in a source; *indices: where theirs begin. */
static ambit_status find_fields(ambit_mixture *m, const char *const *names,
                                ambit_joined_fields *fields, int source_index, int **indices) {
    *indices = fields->indices + (int64_t)source_index * fields->count;
    for (int f = 0; f < fields->count; f++)
        AMBIT_TRY(find_field(m, source_index, names[f], fields->indices[f], &(*indices)[f]));
    return AMBIT_OK;
}

/* Elements of the fields, as the first source has them. Returns those of the widest. */
static int64_t measure_fields(const ambit_store *store, ambit_joined_fields *fields) {
    int64_t widest = 0;
    for (int f = 0; f < fields->count; f++) {
        const int64_t width = ambit_field_elements(ambit_store_field(store, fields->indices[f]));
        fields->width += fields->widths[f] = width;
        widest = width > widest ? width : widest;
    }
    return widest;
}

static ambit_status measure_sample(ambit_mixture *m) {
    const ambit_store *store = m->stores[0];
    int64_t observation = m->observation_steps * measure_fields(store, &m->observation);
    int64_t chunk = (m->horizon + 1) * measure_fields(store, &m->action);
    const ambit_field_info *action = ambit_store_field(store, m->action.indices[0]);
    m->shape.observation_size = m->observation_steps * m->observation.width;
    m->shape.chunk_steps = m->horizon;
    m->shape.chunk_width = m->action.width;
    if (m->action.count == 1 && action->rank == 3) {
        m->shape.image.channels = action->shape[0];
        m->shape.image.height = action->shape[1];
        m->shape.image.width = action->shape[2];
    }
    return ambit_allocate(&m->scratch, (size_t)(observation > chunk ? observation : chunk),
                          sizeof(float), "a sample");
}

/* ------------------------------------------------------------------------------- opening */

/* Lets the store take what it can of the fields into memory. */
static ambit_status load_fields(ambit_mixture *m, ambit_store *store,
                                const ambit_joined_fields *fields, const int *indices) {
    for (int f = 0; f < fields->count; f++)
        AMBIT_TRY(ambit_store_read(store, indices[f], 0, 1, m->scratch));
    return AMBIT_OK;
}

/* Stores take what they need of the cache in turn; what is read stays the same without it. */
static ambit_status open_source(ambit_mixture *m, const ambit_mixture_options *options, int s,
                                int64_t *cache_left) {
    source *here = &m->sources[s];
    AMBIT_TRY(ambit_store_open(options->sources[s].path, *cache_left, &m->stores[s]));
    here->store = m->stores[s];
    if (s > 0)
        here->first_sample =
            m->sources[s - 1].first_sample + ambit_store_step_count(m->stores[s - 1]);
    AMBIT_TRY(find_fields(m, options->observation, &m->observation, s, &here->observation));
    AMBIT_TRY(find_fields(m, options->action, &m->action, s, &here->action));
    if (s == 0)
        AMBIT_TRY(measure_sample(m));
    AMBIT_TRY(load_fields(m, here->store, &m->action, here->action));
    AMBIT_TRY(load_fields(m, here->store, &m->observation, here->observation));
    AMBIT_TRY(ambit_condition_reader_add(&m->conditions, s, here->store));
    *cache_left = ambit_store_cache_left(here->store);
    return AMBIT_OK;
}

static ambit_status allocate_fields(int source_count, int count, ambit_joined_fields *fields) {
    fields->count = count;
    AMBIT_TRY(ambit_allocate(&fields->indices, (size_t)source_count * (size_t)count, sizeof(int),
                             "sources"));
    return ambit_allocate(&fields->widths, (size_t)count, sizeof *fields->widths, "sources");
}

static ambit_status allocate(ambit_mixture *m, const ambit_mixture_options *options) {
    const size_t sources = (size_t)options->source_count;
    m->source_count = options->source_count;
    m->observation_steps = options->observation_steps;
    m->horizon = options->horizon;
    m->action_offset = options->action_offset;
    m->relative = options->relative;
    m->has_folds = options->folds > 0;
    AMBIT_TRY(ambit_allocate(&m->sources, sources, sizeof *m->sources, "sources"));
    AMBIT_TRY(ambit_allocate(&m->stores, sources, sizeof(ambit_store *), "sources"));
    AMBIT_TRY(allocate_fields(m->source_count, options->observation_count, &m->observation));
    AMBIT_TRY(allocate_fields(m->source_count, options->action_count, &m->action));
    return ambit_condition_reader_create(&options->conditions, m->source_count, &m->conditions);
}

static ambit_status read_raw_chunk(void *mixture, int64_t number, float *chunk);

/* Of all sources. */
static int64_t step_count(const ambit_mixture *m) {
    const source *last = &m->sources[m->source_count - 1];
    return last->first_sample + ambit_store_step_count(last->store);
}

static ambit_status make_normaliser(ambit_mixture *m, const ambit_mixture_options *options) {
    size_t size;
    ambit_normaliser_plan plan = {
        .stores = m->stores,
        .source_count = m->source_count,
        .observation_fields = &m->observation,
        .action_fields = &m->action,
        .observation_steps = m->observation_steps,
        .horizon = m->horizon,
        .observation = options->normalise_observation,
        .chunk = options->normalise_action,
        .relative = m->relative,
        .sample_count =
            m->has_folds ? step_count(m) : m->population.parts[AMBIT_PART_TRAINED].count,
        .read_raw_chunk = read_raw_chunk,
        .context = m,
        .notes = open_memstream(&m->notes, &size),
    };
    if (!plan.notes)
        return ambit_fail_errno(AMBIT_SYSTEM, errno, "notes: no memory for them");
    const ambit_status status = ambit_normaliser_create(&plan, &m->normaliser);
    if (fclose(plan.notes) != 0 && status == AMBIT_OK)
        return ambit_fail_errno(AMBIT_SYSTEM, errno, "notes: no memory for them");
    return status;
}

static ambit_status build(ambit_mixture *m, const ambit_mixture_options *options) {
    int64_t cache_left = options->cache_bytes;
    AMBIT_TRY(allocate(m, options));
    for (int s = 0; s < m->source_count; s++)
        AMBIT_TRY(open_source(m, options, s, &cache_left));
    AMBIT_TRY(ambit_condition_reader_finish(&m->conditions, m->stores, &m->shape));
    AMBIT_TRY(ambit_population_create(options, m->stores, &m->population));
    return make_normaliser(m, options);
}

ambit_status ambit_mixture_open(const ambit_mixture_options *options, ambit_mixture **mixture) {
    ambit_mixture *m;
    *mixture = NULL;
    AMBIT_TRY(ambit_mixture_check(options));
    AMBIT_TRY(ambit_allocate(&m, 1, sizeof *m, "mixture"));
    ambit_status status = build(m, options);
    if (status == AMBIT_OK)
        *mixture = m;
    else
        ambit_mixture_close(m);
    return status;
}

static void free_fields(ambit_joined_fields *fields) {
    free(fields->indices);
    free(fields->widths);
}

void ambit_mixture_close(ambit_mixture *mixture) {
    if (!mixture)
        return;
    for (int s = 0; s < mixture->source_count && mixture->stores; s++)
        ambit_store_close(mixture->stores[s]);
    ambit_population_destroy(&mixture->population);
    ambit_normaliser_destroy(&mixture->normaliser);
    ambit_condition_reader_destroy(&mixture->conditions);
    free(mixture->sources);
    free(mixture->stores);
    free_fields(&mixture->observation);
    free_fields(&mixture->action);
    free(mixture->scratch);
    free(mixture->notes);
    free(mixture);
}

/* ------------------------------------------------------------------------------- sizes */

int64_t ambit_sample_chunk_size(const ambit_sample_shape *shape) {
    return shape->chunk_steps * shape->chunk_width;
}

int64_t ambit_sample_condition_size(const ambit_sample_shape *shape, ambit_condition which) {
    switch (which) {
    case AMBIT_CONDITION_STATE:
        return shape->observation_size;
    case AMBIT_CONDITION_CAMERA:
        return shape->camera.views * shape->camera.channels * shape->camera.height *
               shape->camera.width;
    case AMBIT_CONDITION_TEXT:
        return shape->text.tokens * shape->text.size;
    case AMBIT_CONDITION_CAPTION:
        return shape->caption.slots;
    default:
        return 0;
    }
}

const ambit_sample_shape *ambit_mixture_shape(const ambit_mixture *mixture) {
    return &mixture->shape;
}

bool ambit_mixture_may_miss(const ambit_mixture *mixture, ambit_condition which) {
    return mixture->conditions.may_miss[which];
}

int64_t ambit_mixture_sample_count(const ambit_mixture *mixture, ambit_part part) {
    return mixture->population.parts[part].count;
}

const ambit_class *ambit_mixture_classes(const ambit_mixture *mixture, ambit_part part,
                                         int *count) {
    *count = mixture->population.parts[part].class_count;
    return mixture->population.parts[part].classes;
}

const char *ambit_mixture_notes(const ambit_mixture *mixture) {
    return mixture->notes;
}

const ambit_normaliser *ambit_mixture_normaliser(const ambit_mixture *mixture) {
    return &mixture->normaliser;
}

/* ------------------------------------------------------------------------------- reading */

static int64_t clamp(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

static ambit_status read_observation(ambit_mixture *m, const source *from, int64_t step,
                                     int64_t episode_first, float *observation) {
    int64_t steps = m->observation_steps, there = clamp(step - episode_first + 1, 1, steps);
    int64_t place = 0;
    for (int f = 0; f < m->observation.count; f++) {
        int64_t width = m->observation.widths[f];
        AMBIT_TRY(ambit_store_read(from->store, from->observation[f], step - there + 1, there,
                                   m->scratch));
        for (int64_t s = 0; s < steps; s++)
            memcpy(observation + s * m->observation.width + place,
                   m->scratch + clamp(s - (steps - there), 0, there - 1) * width,
                   (size_t)width * sizeof *observation);
        place += width;
    }
    return AMBIT_OK;
}

static void zero_elements(float *values, int64_t width, uint64_t elements) {
    for (int64_t d = 0; d < width && d < 64; d++)
        if (elements >> d & 1)
            values[d] = 0;
}

/* The part of a chunk that is field f's, from `chunk` on. */
static ambit_status read_part(ambit_mixture *m, const source *from, int f, int64_t step,
                              int64_t episode_first, int64_t episode_end, float *chunk) {
    int64_t width = m->action.widths[f], start = step + m->action_offset, last = episode_end - 1;
    int64_t low = clamp(start, episode_first, last);
    int64_t count = clamp(start + m->horizon - 1, episode_first, last) - low + 1;
    uint64_t zero_padded = ambit_store_field(from->store, from->action[f])->zero_padded;
    float *reference = m->scratch + m->horizon * width;
    AMBIT_TRY(ambit_store_read(from->store, from->action[f], low, count, m->scratch));
    if (m->relative)
        AMBIT_TRY(ambit_store_read(from->store, from->action[f], step, 1, reference));
    for (int64_t s = 0; s < m->horizon; s++) {
        float *out = chunk + s * m->action.width;
        int64_t at = clamp(start + s, episode_first, last) - low;
        memcpy(out, m->scratch + at * width, (size_t)width * sizeof *out);
        for (int64_t d = 0; d < width && m->relative; d++)
            out[d] -= reference[d];
        if (start + s > last)
            zero_elements(out, width, zero_padded);
    }
    return AMBIT_OK;
}

static ambit_status read_chunk(ambit_mixture *m, const source *from, int64_t step,
                               int64_t episode_first, int64_t episode_end, float *chunk) {
    for (int f = 0; f < m->action.count; f++) {
        AMBIT_TRY(read_part(m, from, f, step, episode_first, episode_end, chunk));
        chunk += m->action.widths[f];
    }
    return AMBIT_OK;
}

static ambit_status read_sample(ambit_mixture *m, int source_index, int64_t step,
                                ambit_sample *sample) {
    const source *from = &m->sources[source_index];
    float *observation = sample->condition[AMBIT_CONDITION_STATE];
    int64_t first, end;
    sample->step = step;
    sample->episode = ambit_store_episode_of(from->store, step);
    ambit_store_episode_range(from->store, sample->episode, &first, &end);
    AMBIT_TRY(read_observation(m, from, step, first, observation));
    AMBIT_TRY(read_chunk(m, from, step, first, end, sample->chunk));
    ambit_normalise_observation(&m->normaliser, observation);
    ambit_normalise_chunk(&m->normaliser, sample->chunk);
    sample->present[AMBIT_CONDITION_STATE] = 1;
    sample->number = (uint64_t)(from->first_sample + step);
    sample->first_step = clamp(first - step - m->action_offset, 0, m->horizon);
    sample->end_step = clamp(end - step - m->action_offset, 0, m->horizon);
    return ambit_condition_reader_read(&m->conditions, source_index, from->store, step, sample);
}

/* Sample `number` of those that statistics are made of: with folds, of all steps of all sources,
 * otherwise of those that are trained on, class by class. */
static const source *find_measured(const ambit_mixture *m, int64_t number, int64_t *step) {
    const ambit_population_part *p = &m->population.parts[AMBIT_PART_TRAINED];
    int c = 0, s = m->source_count - 1;
    if (m->has_folds) {
        while (m->sources[s].first_sample > number)
            s--;
        *step = number - m->sources[s].first_sample;
        return &m->sources[s];
    }
    while (number >= p->classes[c].count)
        number -= p->classes[c++].count;
    *step = ambit_step_set_at(&p->members[c], number);
    return &m->sources[p->classes[c].source];
}

/* Its chunk before normalisation. */
static ambit_status read_raw_chunk(void *mixture, int64_t number, float *chunk) {
    ambit_mixture *m = mixture;
    int64_t step, first, end;
    const source *from = find_measured(m, number, &step);
    ambit_store_episode_range(from->store, ambit_store_episode_of(from->store, step), &first, &end);
    return read_chunk(m, from, step, first, end, chunk);
}

ambit_status ambit_mixture_read(ambit_mixture *mixture, ambit_part part, int class_index,
                                int64_t ordinal, ambit_sample *sample) {
    const ambit_population_part *p = &mixture->population.parts[part];
    if (class_index < 0 || class_index >= p->class_count || ordinal < 0 ||
        ordinal >= p->classes[class_index].count)
        return ambit_fail(AMBIT_INTERNAL,
                          "mixture: sample %" PRId64 " of class %d of part %d was asked for, which "
                          "there is not",
                          ordinal, class_index, (int)part);
    return read_sample(mixture, p->classes[class_index].source,
                       ambit_step_set_at(&p->members[class_index], ordinal), sample);
}

void ambit_mixture_locate(const ambit_mixture *mixture, ambit_part part, int class_index,
                          int64_t ordinal, int64_t *step, int64_t *episode) {
    const ambit_population_part *p = &mixture->population.parts[part];
    *step = ambit_step_set_at(&p->members[class_index], ordinal);
    *episode = ambit_store_episode_of(mixture->stores[p->classes[class_index].source], *step);
}

ambit_store *ambit_mixture_store(const ambit_mixture *mixture, int source_index) {
    return mixture->stores[source_index];
}
