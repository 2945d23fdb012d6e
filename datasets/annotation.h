/* What `ambit annotate` found out about one bad source: FOLDER/annotation.h5, which lies apart from
 * the store, so that data that is only read can be annotated.
 *
 *     attributes of /   format "ambit-annotation", version (i64: 1), store (folder, for people),
 *                       steps and episodes of the store (i64), chunks (what a sample was, for which
 *                       the bounds hold)
 *     /sigmas           f64 [L]        levels of the sums below, ascending
 *     /bad, /clean      i64 [E][4 L]   for each episode with answers and each level: count, Σ c,
 *                                      Σ c², how many above ½ (separation.h)
 *     /histogram        i64 [2 L][100] answers by size, of bad samples at each level, then of clean
 *     /curve_sigmas     f64 [K]        levels of the curves, ascending
 *     /curves           u16 [steps][K] of each bad sample, in the order of the store: the mean
 *                                      answer, 65,535 for 1; none where annotation.curves is false
 *
 * Bounds are made when the annotation is read, so that the threshold and the granularity can change
 * without asking the classifier again. Not collective.
 */
#ifndef AMBIT_DATASETS_ANNOTATION_H
#define AMBIT_DATASETS_ANNOTATION_H

#include "../core/base/choices.h"
#include "../core/method/separation.h"

/* In place of a σ_min: the one that the annotation gives. */
#define AMBIT_ANNOTATED (-1.0)

#define AMBIT_GRANULARITIES(X)                                                                     \
    X(AMBIT_GRANULARITY_DATASET, dataset) X(AMBIT_GRANULARITY_SAMPLE, sample)
typedef enum { AMBIT_GRANULARITIES(AMBIT_CHOICE_CONSTANT) } ambit_granularity;

enum { AMBIT_CURVE_LEVELS = 16 };

typedef struct {
    char store[1024], chunks[1024];
    int64_t steps, episodes; /* of the store */
    ambit_answers answers;
    double curve_sigmas[AMBIT_CURVE_LEVELS];
    uint16_t *curves; /* [steps × AMBIT_CURVE_LEVELS], or NULL */
} ambit_annotation;

void ambit_annotation_destroy(ambit_annotation *annotation);

/* Writes FOLDER/annotation.h5, whole or not at all. */
ambit_status ambit_annotation_write(const char *folder, const ambit_annotation *annotation);

/* Reads it; the curves only where asked for. AMBIT_NO_INPUT where there is none. Destroy after
 * success and failure alike. */
ambit_status ambit_annotation_read(const char *folder, int with_curves,
                                   ambit_annotation *annotation);

/* σ_min of the source for a threshold in (0, ½). */
double ambit_annotation_bound(const ambit_annotation *annotation, double threshold);

/* σ_min of each sample, bounds[steps]: where its rising fitted curve reaches the threshold, and
 * never below the source's. AMBIT_CONFIG where the curves were not kept. */
ambit_status ambit_annotation_sample_bounds(const ambit_annotation *annotation, double threshold,
                                            float *bounds);

/* The same of one curve. */
double ambit_curve_bound(const double sigmas[AMBIT_CURVE_LEVELS],
                         const uint16_t curve[AMBIT_CURVE_LEVELS], double threshold);

#endif
