/* One fold of an annotation: a classifier of clean samples against those of one bad source, trained
 * without a part of the episodes, which it then scores.
 *
 * A fold is a run like any other (train.task: classify, data.folds), in
 * FOLDER/fold-K-of-FOLDS-STEPS, whose
 * configuration is made from the annotation's: other bad sources get weight 0. So it is trained
 * over the ranks, stops and goes on, and is bitwise the same on any number of them.
 */
#ifndef AMBIT_MPI_ANNOTATION_FOLD_H
#define AMBIT_MPI_ANNOTATION_FOLD_H

#include "../../core/base/team.h"
#include "../checkpoint.h"
#include "../config/experiment.h"
#include "../shared_config.h"

/* What is annotated: source number `source` of a configuration, into `folder`. */
typedef struct {
    const ambit_shared_config *base;
    int source;
    const char *folder;
} ambit_annotation_target;

/* A trained fold. */
typedef struct {
    ambit_shared_config shared;
    const ambit_settings *settings;
    ambit_checkpoint checkpoint;
    ambit_mixture *mixture;
    ambit_schedule *schedule;
    ambit_draw *draw;
    ambit_team *team;
    float *weights; /* averaged ones, of the checkpoint with the least held-out loss */
    int64_t weight_count;
    double loss; /* held out, of these weights */
} ambit_fold;

/* Whether a source of the configuration is clean, or is the one that is annotated. */
int ambit_target_is_clean(const ambit_annotation_target *target, int source);

/* Collective. Trains fold `number`, or goes on where a job stopped, and opens it. AMBIT_REQUEUE
 * when stopped by a signal. Close after success and failure alike. */
ambit_status ambit_fold_open(const ambit_ranks *ranks, const ambit_annotation_target *target,
                             int number, ambit_fold *fold);
void ambit_fold_close(ambit_fold *fold);

#endif
