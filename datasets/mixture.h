/* Several stores as one population of action-chunk samples.
 *
 * A sample is a step t of an episode. Its observation is the chosen observation fields at steps
 * t − observation_steps + 1 … t, oldest first (before the episode's start: its first step); its
 * chunk is the action fields, side by side as one vector, at steps t + action_offset …
 * t + action_offset + horizon − 1, past the episode's end padded with the last value or with zero
 * as each field says. With `relative`, the action fields' values at t are subtracted from every
 * step of the chunk (before padding with zero has any meaning: relative dims that pad with zero
 * stay zero). Where an offset reaches back before the episode's start, its first step stands in.
 * Observations and chunks lie as [step][field][element].
 *
 * Other conditions (core/networks/condition.h) are those of step t alone, as a network takes them:
 * - camera: u8 fields, one a view, of height × width × channels or channels × height × width (up to
 *   4 channels); lies as [view][channel][row][column], 0 … 255 as −1 … 1
 * - text: numeric fields, of one vector or of tokens × numbers, one after the other; each vector is
 *   scaled to a root mean square of 1
 * - caption: a bytes field with a sentence, as n-grams (core/networks/ngram.h)
 * A sample misses a condition where its source has not all of the condition's fields, and a caption
 * where that has no word. Some source must have it.
 *
 * Normalisation makes numbers of order one:
 *   none         as stored
 *   standard     (x − mean)/(std + 1e-8)
 *   bounds_q99   clip(2(x − q01)/(q99 − q01 + 1e-8) − 1, −1, 1)
 *   step_rms     chunk only: divided by the root mean square of that future step, one number a
 *                step shared by all elements of all fields, over at most 65,536 samples of the
 *                population
 * Elements that never change become 0 (but step_rms only divides); elements the field marks as
 * unnormalised are left alone. The pixels of a picture's channel share the channel's statistics
 * (field.h). Statistics of several stores are pooled by their counts. Chunks that
 * are relative have statistics of their own: standard and bounds_q99 then measure the relative
 * chunks, all steps together, over the same samples as step_rms.
 *
 * Two kinds of elements are not what their statistics seem to say; ambit_mixture_notes() names
 * them.
 * - What changes by rounding alone never changes: no more than 8 units in the last place of a float
 *   of its magnitude. A relative chunk carries the rounding of what it was subtracted from: of the
 *   field's quantiles .01 and .99, whichever is larger.
 * - What has one value at all ranks from .02 to .98 but others beyond (a flag that is seldom up, a
 *   rotation that is seldom used) has its least and its greatest value in the place of q01 and q99,
 *   so that it comes back as it was.
 *
 * Parts: a fraction of the episodes of each source, chosen by a keyed shuffle, is held out and
 * never trained on: round(fraction × episodes), at least one and never all of them, where the
 * fraction is above 0 and there are two episodes or more.
 * With `folds`, for cross-fitting, each source's episodes are cut into so many folds by the same
 * shuffle instead: fold `fold` is left for scoring, the next one (or the first) is held out, the
 * others are trained on. Statistics are then those of all samples, so that every fold has the same
 * normalisation.
 *
 * Classes: samples of a part with equal source, σ_min and σ_max, these rounded to 1/10,000, in the
 * order of these three; within a class, samples in the order of their steps. With shares, a
 * sample weighs (share/Σ shares)·(all samples)/(samples of its source) of its part.
 *
 * Not collective; every rank builds the same mixture from the same files.
 */
#ifndef AMBIT_DATASETS_MIXTURE_H
#define AMBIT_DATASETS_MIXTURE_H

#include "../core/method/draw.h"
#include "../core/networks/condition.h"
#include "store.h"

#include <stdbool.h>

#define AMBIT_NORMALISATIONS(X)                                                                    \
    X(AMBIT_NORMALISE_NONE, none)                                                                  \
    X(AMBIT_NORMALISE_STANDARD, standard)                                                          \
    X(AMBIT_NORMALISE_BOUNDS_Q99, bounds_q99)                                                      \
    X(AMBIT_NORMALISE_STEP_RMS, step_rms)
typedef enum { AMBIT_NORMALISATIONS(AMBIT_CHOICE_CONSTANT) } ambit_normalisation;

typedef struct {
    const char *path; /* folder of a store */
    double weight;    /* of each sample; ≥ 0 */
    double share;     /* > 0: the source's fraction of w, whatever its size; then all have one */
    double sigma_min, sigma_max; /* NaN: as the store says; where neither says anything, a sample
                                    without bounds is clean (0 and 1), and one bound alone leaves
                                    the other side closed (σ_max 0, or σ_min 1) */
    const float *sample_bounds;  /* σ_min of each step of the store, in place of sigma_min; NULL:
                                    none. Read by ambit_mixture_open() alone */
    int64_t steps, episodes; /* that the store must have, since bounds were found for it; 0: any */
} ambit_source_use;

/* Replaces bounds that are not given (NaN) by what follows from the others: with neither, a sample
 * is clean, usable everywhere (0 and 1); with one alone it is usable on that side only. */
void ambit_bounds_complete(double *sigma_min, double *sigma_max);

/* Fields of the conditions beside the observation; none of a condition: the samples have it not. */
typedef struct {
    const char *const *camera; /* names */
    int camera_count;
    const char *const *text;
    int text_count;
    const char *caption; /* NULL or "": none */
    int64_t caption_slots, caption_buckets;
} ambit_condition_fields;

typedef struct {
    const ambit_source_use *sources;
    int source_count;
    const char *const *observation; /* names of fields, in order */
    int observation_count;
    ambit_condition_fields conditions;
    const char *const *action; /* likewise */
    int action_count;
    int observation_steps, horizon, action_offset;
    bool relative;
    ambit_normalisation normalise_observation, normalise_action;
    double holdout;  /* fraction of episodes */
    int folds, fold; /* folds 0: none; else 3 or more, and no more than any source's episodes */
    uint64_t seed;
    int64_t cache_bytes; /* for all sources of this rank together */
} ambit_mixture_options;

typedef struct ambit_mixture ambit_mixture;

/* AMBIT_CONFIG for what no stores could make right; the message begins with the key of the
 * configuration that is to blame. */
ambit_status ambit_mixture_check(const ambit_mixture_options *options);

/* Checks the options, opens the stores and builds classes. AMBIT_CONFIG for fields that do not
 * exist or do not fit, AMBIT_DATA for damaged stores or nothing to train on. Options are copied. */
ambit_status ambit_mixture_open(const ambit_mixture_options *options, ambit_mixture **mixture);
void ambit_mixture_close(ambit_mixture *mixture);

/* Sizes of a sample; those of conditions it has not are 0. */
typedef struct {
    int64_t observation_size; /* numbers of all steps and fields */
    int64_t chunk_steps, chunk_width;
    struct {
        int64_t channels, height, width;
    } image; /* a step of the chunk, where one action field of three dimensions is all; else 0 */
    struct {
        int64_t views, channels, height, width;
    } camera;
    struct {
        int64_t tokens, size;
    } text;
    struct {
        int64_t slots;
    } caption;
} ambit_sample_shape;

int64_t ambit_sample_chunk_size(const ambit_sample_shape *shape);
int64_t ambit_sample_condition_size(const ambit_sample_shape *shape, ambit_condition which);

const ambit_sample_shape *ambit_mixture_shape(const ambit_mixture *mixture);

/* What a sample is for. */
typedef enum {
    AMBIT_PART_TRAINED,
    AMBIT_PART_HELDOUT,
    AMBIT_PART_SCORED, /* with folds alone */
    AMBIT_PARTS        /* how many there are */
} ambit_part;

/* Samples of a part, all sources together. */
int64_t ambit_mixture_sample_count(const ambit_mixture *mixture, ambit_part part);

/* Whether samples may miss a condition: a source lacks a field of it, or a caption is empty.
 * Captions of signs alone show when they are read. */
bool ambit_mixture_may_miss(const ambit_mixture *mixture, ambit_condition which);

/* The classes of a part, owned by the mixture; those that are trained on are the draw's. */
const ambit_class *ambit_mixture_classes(const ambit_mixture *mixture, ambit_part part, int *count);

/* A sample, and where it goes. */
typedef struct {
    float *condition[AMBIT_CONDITIONS]; /* the state is the observation; of the shape's sizes, NULL
                                           where that is 0 */
    float *chunk;
    int present[AMBIT_CONDITIONS]; /* filled in: 0 where it is missing; its numbers are then 0 */
    uint64_t number;               /* filled in: names the sample for fixed noise, the same in every
                                      run over these sources */
    int64_t first_step, end_step; /* filled in: the steps of the chunk that lie in the episode, from
                                     first_step to before end_step; the others are padding */
    int64_t step, episode;        /* filled in: which of its source's it is */
} ambit_sample;

/* Which step of its source sample `ordinal` of a class is, and of which episode. */
void ambit_mixture_locate(const ambit_mixture *mixture, ambit_part part, int class_index,
                          int64_t ordinal, int64_t *step, int64_t *episode);

/* The store of a source; it belongs to the mixture. */
ambit_store *ambit_mixture_store(const ambit_mixture *mixture, int source);

/* Reads sample `ordinal` of a class, normalised, to where *sample says. */
ambit_status ambit_mixture_read(ambit_mixture *mixture, ambit_part part, int class_index,
                                int64_t ordinal, ambit_sample *sample);

/* The affine maps in use: normalised = clamp((raw − shift)·scale) with clamp to ±limit (0: none;
 * elements left alone, with shift 0 and scale 1, are never clamped). Scale 0 marks an element that
 * never changes: it becomes 0, and back again its shift.
 * They travel with the weights: a policy applies them without the data. */
typedef struct {
    int64_t observation_size, chunk_size;
    float *observation_shift, *observation_scale; /* [observation_size] */
    float *chunk_shift, *chunk_scale;             /* [chunk_size] */
    float observation_limit, chunk_limit;
} ambit_normaliser;

const ambit_normaliser *ambit_mixture_normaliser(const ambit_mixture *mixture);

/* What the user should know of the data, a sentence a line, each ended by a newline; "" if nothing.
 * Owned by the mixture. */
const char *ambit_mixture_notes(const ambit_mixture *mixture);

/* raw → normalised observation, and normalised → raw chunk, in place. */
void ambit_normalise_observation(const ambit_normaliser *normaliser, float *observation);
void ambit_denormalise_chunk(const ambit_normaliser *normaliser, float *chunk);

#endif
