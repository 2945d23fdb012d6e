/* What an annotation says, in numbers and words: FOLDER/summary.json, which reports read, and the
 * lines that `ambit annotate` prints. Rank 0 alone; not collective.
 *
 *   {"source":"rrt","clean":["gcs"],"threshold":0.45,
 *    "sigma_min":0.664,"low":0.634,"high":0.693,          the source's bound and its 95 % interval
 *    "by_mean":0.666,"folds":[0.637,…],"fold_losses":[0.585,…],
 *    "episodes":{"bad":4998,"clean":100},"samples":{"bad":24000,"clean":5800},
 *    "levels":[σ…],"apart":[…],"variation":[…],"variation_low":[…],"variation_high":[…],
 *    "auc":[…],"miscalibration":[…],"clean_mean":[…],"bad_mean":[…],
 *    "quick":{"discriminant":0.38,"low":0.36,"high":0.4,      null where there is none
 *             "spectrum":[0.75,0.85,0.92],                    noise 1, 2 and 4 times the difference
 *             "speed_auc":0.85,"padding_auc":0.5,"words":["…"]},
 *    "words":["…"]}
 */
#ifndef AMBIT_MPI_ANNOTATION_SUMMARY_H
#define AMBIT_MPI_ANNOTATION_SUMMARY_H

#include "annotator.h"
#include "quick.h"

enum { AMBIT_MOST_WORDS = 12, AMBIT_WORDS_SIZE = 320 };

typedef struct {
    const char *source, *clean; /* names; of the clean sources, one after the other */
    double threshold, bound, by_mean, folds[100];
    ambit_range interval, variation[AMBIT_MOST_LEVELS];
    ambit_separation separation;
    int64_t samples[AMBIT_KINDS];
    const ambit_quick *quick;
    int word_count; /* sentences that the reader should know of */
    char words[AMBIT_MOST_WORDS][AMBIT_WORDS_SIZE];
} ambit_annotation_summary;

/* Adds a sentence, unless there are too many. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void
ambit_summary_say(ambit_annotation_summary *summary, const char *format, ...);

/* quick: what was seen without training, which stands beside it. It outlives the summary. */
ambit_status ambit_summary_make(const ambit_annotation_target *target,
                                const ambit_annotated *annotated, const ambit_quick *quick,
                                ambit_annotation_summary *summary);
ambit_status ambit_summary_write(const char *folder, const ambit_annotated *annotated,
                                 const ambit_annotation_summary *summary);
void ambit_summary_print(const ambit_annotated *annotated, const ambit_annotation_summary *summary);

#endif
