/* Answers of a trained classifier: the logits of samples at noise levels that the caller chooses.
 *
 * A sample is read once and seen `repeats` times at each level, with noise of its own at each:
 * levels must not share noise, or their errors agree and move the crossing. Repeats go in pairs ε
 * and −ε. Noise is named by (seed, sample), so answers depend neither on ranks nor on the order of
 * scoring. Not collective.
 */
#ifndef AMBIT_MPI_ANNOTATION_SCORER_H
#define AMBIT_MPI_ANNOTATION_SCORER_H

#include "../../core/method/isotonic.h"
#include "../batch.h"
#include "../config/experiment.h"

/* How often a sample is looked at. */
typedef struct {
    int levels, repeats; /* repeats even, or 1 */
    double sigmas[AMBIT_MOST_LEVELS];
} ambit_passes;

typedef struct {
    ambit_passes passes;
    int64_t samples; /* of a batch; each takes levels × repeats rows */
    ambit_network *network;
    ambit_batch batch;
    uint64_t seed;
} ambit_scorer;

/* A classifier of these settings (train.task) with these weights (`count` of them, which outlive
 * the scorer); `draw` is over what it was trained on. AMBIT_CONFIG where the weights are of another
 * network. Destroy after success and failure alike. */
ambit_status ambit_scorer_create(const ambit_settings *settings, ambit_mixture *mixture,
                                 const ambit_draw *draw, const float *weights, int64_t count,
                                 ambit_team *team, const ambit_passes *passes,
                                 ambit_scorer *scorer);
void ambit_scorer_destroy(ambit_scorer *scorer);

/* Which samples, and who hears of them. */
typedef struct {
    ambit_part part;
    int class_index;
    int64_t first, count;                          /* of the places below */
    int64_t (*at)(const void *context, int64_t i); /* ordinal of place i; NULL: i itself */
    /* logits[levels × repeats] of the sample at place i. */
    void (*take)(void *context, int64_t i, const ambit_sample *sample, const float *logits);
    void *context;
} ambit_scoring;

ambit_status ambit_scorer_run(ambit_scorer *scorer, const ambit_scoring *scoring);

#endif
