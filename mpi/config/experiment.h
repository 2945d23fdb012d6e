/* What a configuration's settings stand for: the mixture of data, the noise schedule, the draw and
 * the network's shape, as the trainer and the evaluation need them. Not collective.
 */
#ifndef AMBIT_MPI_CONFIG_EXPERIMENT_H
#define AMBIT_MPI_CONFIG_EXPERIMENT_H

#include "settings.h"

#include <limits.h>

/* Opens the sources that the settings name. AMBIT_CONFIG where the network that the settings name
 * cannot take what they hold: a condition that samples may miss while it is not droppable, or an
 * image that does not fit. The caller closes the mixture. */
ambit_status ambit_experiment_mixture(const ambit_settings *settings, ambit_mixture **mixture);

/* Digests of what each source of a mixture gives to training, for telling whether it is still the
 * same, wherever it lies: the fields that the settings name with their types, shapes and
 * statistics, the episodes, and which of the samples are used at which noise levels. digests has
 * room for AMBIT_MOST_SOURCES. */
void ambit_experiment_digests(const ambit_settings *settings, const ambit_mixture *mixture,
                              uint64_t *digests);

/* What a sample's chunk is, in words: bounds that were found for other chunks do not hold. */
void ambit_experiment_chunks(const ambit_settings *settings, char *text, size_t size);

/* Where the annotation of a source lies, annotation.path/NAME. AMBIT_CONFIG where the source's name
 * is none for a folder. */
ambit_status ambit_experiment_annotation(const ambit_settings *settings, int source,
                                         char folder[PATH_MAX]);

/* The draw over what a mixture trains on, as the task wants it (task.h); to denoise, with the
 * objective's buffer taken into account. */
ambit_status ambit_experiment_draw(const ambit_settings *settings, const ambit_schedule *schedule,
                                   const ambit_mixture *mixture, ambit_draw **draw);

/* The draw over what it holds out: which samples a validation scores, at which noise levels. To
 * denoise, samples that are clean, each as often as any other, since those are what the policy is
 * to imitate; where none is clean, all of them, each within its ambit. To classify, as in training.
 * *draw is NULL where nothing is held out. */
ambit_status ambit_experiment_heldout_draw(const ambit_settings *settings,
                                           const ambit_schedule *schedule,
                                           const ambit_mixture *mixture, ambit_draw **draw);

/* The sampler of a policy. */
ambit_sampler_options ambit_experiment_sampler(const ambit_settings *settings);

/* The network for samples of this shape. */
ambit_network_options ambit_experiment_network(const ambit_settings *settings,
                                               const ambit_sample_shape *shape);

/* The checks that core and datasets make of what they are given, with no data at hand, so that what
 * passes them trains on any data that has the fields. Runs them from number *next on, 0 to start
 * with, and returns at the first that fails with *next behind it: its message begins with the key
 * that is to blame. AMBIT_OK: there are no more. */
ambit_status ambit_experiment_check(const ambit_settings *settings, int *next);

#endif
