/* Held-out loss: how well the averaged weights denoise episodes that were never trained on.
 *
 * Held-out samples come from the sources that may be used at every noise level (σ_min 0), since
 * those are what the policy is to imitate; where there is none, from all sources. Which samples,
 * their noise levels and their noise are functions of the seed alone, so that losses of different
 * steps compare.
 */
#ifndef AMBIT_MPI_VALIDATION_H
#define AMBIT_MPI_VALIDATION_H

#include "config/settings.h"
#include "ranks.h"
#include "records/metrics.h"

/* Collective. Scores up to train.validate_samples samples with the weights that are bound to the
 * network, `rows` at a time, and fills in all of *line but the step (on rank 0). Without held-out
 * samples the loss is NaN. */
ambit_status ambit_validate(const ambit_ranks *ranks, const ambit_settings *settings,
                            const ambit_schedule *schedule, ambit_mixture *mixture,
                            ambit_network *network, int64_t rows, ambit_metrics_validate *line);

#endif
