#include "population.h"

#include "../core/base/rng.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* σ bounds are told apart to this many parts of one. */
static const double bound_parts = 10000;

/* An episode, or a sample with bounds of its own, and the class it belongs to. */
typedef struct {
    int source;
    ambit_part part;
    int32_t sigma_min, sigma_max; /* in 1/bound_parts */
    int64_t first, count;
} member;

/* ------------------------------------------------------------------------------- sets */

int64_t ambit_step_set_at(const ambit_step_set *set, int64_t ordinal) {
    int64_t low = 0, high = set->run_count - 1;
    while (low < high) { /* the last run with before ≤ ordinal */
        int64_t middle = low + (high - low + 1) / 2;
        if (set->runs[middle].before <= ordinal)
            low = middle;
        else
            high = middle - 1;
    }
    return set->runs[low].first + (ordinal - set->runs[low].before);
}

/* Adds steps after those there are; the runs of a set follow each other in memory. */
static void add_run(ambit_step_set *set, int64_t first, int64_t count) {
    ambit_run *last = set->run_count > 0 ? &set->runs[set->run_count - 1] : NULL;
    if (!last || last->first + (set->count - last->before) != first)
        set->runs[set->run_count++] = (ambit_run){first, set->count};
    set->count += count;
}

/* ------------------------------------------------------------------------------- members */

static ambit_status check_bound(const ambit_source_use *use, double bound) {
    if (isnan(bound) || (bound >= 0 && bound <= 1))
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG, "%s: sigma bound %g; give a number from 0 to 1", use->path,
                      bound);
}

void ambit_bounds_complete(double *sigma_min, double *sigma_max) {
    const int no_min = isnan(*sigma_min), no_max = isnan(*sigma_max);
    if (no_min)
        *sigma_min = no_max ? 0 : 1;
    if (no_max)
        *sigma_max = no_min ? 1 : 0;
}

/* sample_min: the step's own σ_min, or NaN. */
static void set_bounds(const ambit_source_use *use, const ambit_store *store, int64_t episode,
                       double sample_min, member *m) {
    double sigma_min, sigma_max;
    ambit_store_episode_ambit(store, episode, &sigma_min, &sigma_max);
    if (!isnan(use->sigma_min))
        sigma_min = use->sigma_min;
    if (!isnan(sample_min))
        sigma_min = sample_min;
    if (!isnan(use->sigma_max))
        sigma_max = use->sigma_max;
    ambit_bounds_complete(&sigma_min, &sigma_max);
    m->sigma_min = (int32_t)lround(sigma_min * bound_parts);
    m->sigma_max = (int32_t)lround(sigma_max * bound_parts);
}

static int64_t heldout_episodes(double fraction, int64_t episodes) {
    if (fraction <= 0 || episodes < 2)
        return 0;
    int64_t count = llround(fraction * (double)episodes);
    return count < 1 ? 1 : count > episodes - 1 ? episodes - 1 : count;
}

/* The part of the episode with this place in the shuffle. */
static ambit_part part_at(const ambit_mixture_options *options, int64_t place, int64_t episodes) {
    if (options->folds == 0)
        return place < heldout_episodes(options->holdout, episodes) ? AMBIT_PART_HELDOUT
                                                                    : AMBIT_PART_TRAINED;
    const int64_t fold = place * options->folds / episodes;
    if (fold == options->fold)
        return AMBIT_PART_SCORED;
    return fold == (options->fold + 1) % options->folds ? AMBIT_PART_HELDOUT : AMBIT_PART_TRAINED;
}

static ambit_status list_source(const ambit_mixture_options *options, int source,
                                ambit_store *store, member *members) {
    const ambit_source_use *use = &options->sources[source];
    int64_t episodes = ambit_store_episode_count(store);
    ambit_rng rng = ambit_rng_open(options->seed, AMBIT_STREAM_HOLDOUT, (uint64_t)source);
    uint64_t key = (uint64_t)ambit_rng_word(&rng) << 32;
    key |= ambit_rng_word(&rng);
    AMBIT_TRY(check_bound(use, use->sigma_min));
    AMBIT_TRY(check_bound(use, use->sigma_max));
    if (episodes < options->folds)
        return ambit_fail(AMBIT_CONFIG,
                          "%s: %" PRId64 " episodes cannot be cut into %d folds, of which each "
                          "needs one; use fewer folds, or more episodes",
                          use->path, episodes, options->folds);
    for (int64_t e = 0; e < episodes; e++) {
        int64_t first, end;
        member of_episode = {.source = source};
        of_episode.part = part_at(
            options, (int64_t)ambit_permute(key, (uint64_t)episodes, (uint64_t)e), episodes);
        ambit_store_episode_range(store, e, &first, &end);
        const int64_t stride = use->sample_bounds ? 1 : end - first;
        for (int64_t step = first; step < end; step += stride) {
            member *m = members++;
            *m = of_episode;
            m->first = step;
            m->count = stride;
            set_bounds(use, store, e, use->sample_bounds ? (double)use->sample_bounds[step] : NAN,
                       m);
        }
    }
    return AMBIT_OK;
}

/* Episodes, or where samples have bounds of their own, samples. */
static int64_t member_count(const ambit_source_use *use, const ambit_store *store) {
    return use->sample_bounds ? ambit_store_step_count(store) : ambit_store_episode_count(store);
}

/* Bounds that were found for a store are no others'. */
static ambit_status check_store(const ambit_source_use *use, const ambit_store *store) {
    const int64_t steps = ambit_store_step_count(store);
    const int64_t episodes = ambit_store_episode_count(store);
    if ((use->steps == 0 || use->steps == steps) &&
        (use->episodes == 0 || use->episodes == episodes))
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG,
                      "%s: holds %" PRId64 " steps of %" PRId64 " episodes, but its annotation is "
                      "of a store of %" PRId64 " and %" PRId64 "; annotate it again",
                      use->path, steps, episodes, use->steps, use->episodes);
}

static int same_class_first(const void *a, const void *b) {
    const member *x = a, *y = b;
    const int64_t left[] = {x->part, x->source, x->sigma_min, x->sigma_max, x->first};
    const int64_t right[] = {y->part, y->source, y->sigma_min, y->sigma_max, y->first};
    for (int i = 0; i < 5; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

/* ------------------------------------------------------------------------------- building */

static int starts_class(const member *members, int64_t i) {
    if (i == 0)
        return 1;
    const member *a = &members[i - 1], *b = &members[i];
    return a->part != b->part || a->source != b->source || a->sigma_min != b->sigma_min ||
           a->sigma_max != b->sigma_max;
}

static ambit_status allocate_classes(const member *members, int64_t count, ambit_population *p) {
    size_t classes = 0;
    for (int64_t i = 0; i < count; i++)
        classes += starts_class(members, i) ? 1 : 0;
    AMBIT_TRY(ambit_allocate(&p->classes, classes, sizeof *p->classes, "classes"));
    AMBIT_TRY(ambit_allocate(&p->members, classes, sizeof *p->members, "classes"));
    return ambit_allocate(&p->runs, (size_t)count, sizeof *p->runs, "runs of samples");
}

/* The classes one after another, as the members are sorted. */
static void fill_classes(const member *members, int64_t count, ambit_population *p) {
    int classes = 0;
    for (int64_t i = 0; i < count; i++) {
        const member *m = &members[i];
        ambit_population_part *part = &p->parts[m->part];
        if (starts_class(members, i)) {
            if (part->class_count++ == 0) {
                part->classes = p->classes + classes;
                part->members = p->members + classes;
            }
            p->members[classes].runs = p->runs + i; /* no class has more runs than members */
            p->classes[classes++] = (ambit_class){.source = m->source,
                                                  .sigma_min = m->sigma_min / bound_parts,
                                                  .sigma_max = m->sigma_max / bound_parts};
        }
        add_run(&p->members[classes - 1], m->first, m->count);
        p->classes[classes - 1].count += m->count;
        part->count += m->count;
    }
}

static ambit_status gather(const ambit_mixture_options *options, ambit_store *const *stores,
                           member *members, int64_t count, ambit_population *p) {
    int64_t done = 0;
    for (int s = 0; s < options->source_count; s++) {
        AMBIT_TRY(list_source(options, s, stores[s], members + done));
        done += member_count(&options->sources[s], stores[s]);
    }
    qsort(members, (size_t)count, sizeof *members, same_class_first);
    AMBIT_TRY(allocate_classes(members, count, p));
    fill_classes(members, count, p);
    return AMBIT_OK;
}

/* ------------------------------------------------------------------------------- weights */

/* Returns the sum of all weights of the part. */
static double set_part_weights(const ambit_mixture_options *options, double shares,
                               ambit_population_part *p) {
    double total = 0;
    for (int s = 0; s < options->source_count; s++) {
        const ambit_source_use *use = &options->sources[s];
        double samples = 0, weight = use->weight;
        for (int c = 0; c < p->class_count; c++)
            samples += p->classes[c].source == s ? (double)p->classes[c].count : 0;
        if (shares > 0 && samples > 0)
            weight = use->share / shares * (double)p->count / samples;
        for (int c = 0; c < p->class_count; c++)
            if (p->classes[c].source == s)
                p->classes[c].weight = weight;
        total += weight * samples;
    }
    return total;
}

static ambit_status set_weights(const ambit_mixture_options *options, ambit_population *p) {
    double shares = 0;
    for (int s = 0; s < options->source_count; s++)
        shares += options->sources[s].share;
    set_part_weights(options, shares, &p->parts[AMBIT_PART_HELDOUT]);
    set_part_weights(options, shares, &p->parts[AMBIT_PART_SCORED]);
    if (set_part_weights(options, shares, &p->parts[AMBIT_PART_TRAINED]) > 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA, "data.sources: nothing to train on: every source has weight 0; "
                                  "give one of them a weight above 0");
}

ambit_status ambit_population_create(const ambit_mixture_options *options,
                                     ambit_store *const *stores, ambit_population *population) {
    member *members;
    int64_t count = 0;
    memset(population, 0, sizeof *population);
    for (int s = 0; s < options->source_count; s++) {
        AMBIT_TRY(check_store(&options->sources[s], stores[s]));
        count += member_count(&options->sources[s], stores[s]);
    }
    AMBIT_TRY(ambit_allocate(&members, (size_t)count, sizeof *members, "episodes"));
    ambit_status status = gather(options, stores, members, count, population);
    free(members);
    AMBIT_TRY(status);
    return set_weights(options, population);
}

void ambit_population_destroy(ambit_population *population) {
    free(population->classes);
    free(population->members);
    free(population->runs);
    memset(population, 0, sizeof *population);
}
