/* Training: draw, read, forward, backward, exchange, update; checkpoints, validation and metrics on
 * their turn. Ends at the last step, or at the end of the step in which a rank was asked to stop.
 */
#ifndef AMBIT_MPI_TRAINER_H
#define AMBIT_MPI_TRAINER_H

#include "config/settings.h"
#include "ranks.h"

typedef struct {
    const ambit_settings *settings;
    const char *configuration; /* canonical YAML of the settings */
    const char *origins;       /* the same, with where each value came from; rank 0 only */
    const char *folder;        /* of the run, claimed already (run.h) */
} ambit_training;

/* Collective. Trains, resuming by itself. AMBIT_REQUEUE when stopped early by a signal, after a
 * good checkpoint; AMBIT_DIVERGED when the gradient is no longer finite. */
ambit_status ambit_train(const ambit_ranks *ranks, const ambit_training *training);

/* What a run would take, for --dry-run: bytes a rank, steps an epoch. */
typedef struct {
    int64_t parameters, samples;
    int64_t parameter_bytes, gradient_bytes, optimizer_bytes, activation_bytes; /* this rank's */
    int64_t window_bytes; /* of the window that the ranks of the node share; 0: none */
    double steps_per_epoch, flops_per_step; /* flops over all ranks */
} ambit_training_estimate;
ambit_status ambit_train_estimate(const ambit_ranks *ranks, const ambit_settings *settings,
                                  ambit_training_estimate *estimate);

#endif
