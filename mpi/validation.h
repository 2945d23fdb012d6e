/* Held-out loss: how well the averaged weights do on episodes that were never trained on.
 *
 * Which samples are scored, at which noise levels and with which noise, is a function of the seed
 * alone (ambit_experiment_heldout_draw()), so that losses of different steps compare.
 */
#ifndef AMBIT_MPI_VALIDATION_H
#define AMBIT_MPI_VALIDATION_H

#include "batch.h"
#include "ranks.h"
#include "records/metrics.h"

/* Collective. Scores train.validate_samples draws from `draw` (NULL: nothing is held out, the loss
 * is NaN) with the weights that are bound to the batch's network, and fills in all of *line but the
 * step (on rank 0). */
ambit_status ambit_validate(const ambit_ranks *ranks, ambit_batch *batch, const ambit_draw *draw,
                            ambit_metrics_validate *line);

#endif
