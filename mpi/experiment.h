/* What a configuration's settings stand for: the mixture of data, the noise schedule, the draw and
 * the network's shape, as the trainer and the evaluation need them. Not collective.
 */
#ifndef AMBIT_MPI_EXPERIMENT_H
#define AMBIT_MPI_EXPERIMENT_H

#include "settings.h"

/* Opens the sources that the settings name. `seed` is the run's. The caller closes the mixture. */
ambit_status ambit_experiment_mixture(const ambit_settings *settings, ambit_mixture **mixture);

/* The draw over a mixture's classes, with the objective's buffer taken into account. */
ambit_status ambit_experiment_draw(const ambit_settings *settings, const ambit_schedule *schedule,
                                   const ambit_mixture *mixture, ambit_draw **draw);

/* The network for chunks and observations of these sizes. */
ambit_network_options ambit_experiment_network(const ambit_settings *settings,
                                               int64_t observation_size, int64_t chunk_steps,
                                               int64_t chunk_width);

#endif
