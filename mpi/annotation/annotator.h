/* Finding the bounds of one bad source by cross-fitted classifiers.
 *
 * For each fold a classifier is trained (fold.h); its answers are calibrated, level by level, on
 * the fold that is held out, and given to the fold that is left: no sample is scored by a
 * classifier that saw its episode. Answers of all folds together are the annotation
 * (datasets/annotation.h). Evenly spread samples of each kind, annotation.samples at most, tell
 * the source's bound, at 35 levels of 2 looks; every bad sample gets a curve of its own, at 16
 * levels of 4.
 */
#ifndef AMBIT_MPI_ANNOTATION_ANNOTATOR_H
#define AMBIT_MPI_ANNOTATION_ANNOTATOR_H

#include "../../datasets/annotation.h"
#include "fold.h"

typedef struct {
    ambit_annotation annotation;       /* rank 0 */
    unsigned char *folds[AMBIT_KINDS]; /* fold of each episode with answers; rank 0 */
    double fold_losses[100];           /* held-out cross-entropy of each fold's classifier */
    int fold_count;
} ambit_annotated;

/* Collective. Trains, scores and writes target->folder/annotation.h5; *annotated is what was found,
 * on rank 0. AMBIT_REQUEUE when stopped by a signal: the same call goes on. Destroy after success
 * and failure alike. */
ambit_status ambit_annotate(const ambit_ranks *ranks, const ambit_annotation_target *target,
                            ambit_annotated *annotated);
void ambit_annotated_destroy(ambit_annotated *annotated);

#endif
