/* The folder of a run, which describes itself:
 *
 *     config.yaml        the resolved configuration, every key
 *     origins.yaml       the same, with where each value came from
 *     changes.tsv        settings changed since the run began: time, step, key, from, to
 *     metrics.jsonl      see metrics.h; TensorBoard event files beside it
 *     checkpoints/       see checkpoint.h
 *     eval/              see records/evaluation.h and evaluation_folder.h
 *     environments.json  see environment_record.h
 *     lock               held while a job trains here
 *
 * The same command in the same folder goes on where it stopped. So does one with other settings
 * that change no weights, or that make the run longer (config/config_changes.h): config.yaml and
 * origins.yaml then become the new ones, and changes.tsv says what was changed after which step.
 * Another configuration is refused, with the settings that differ. A run has begun when it has
 * metrics or a checkpoint.
 */
#ifndef AMBIT_MPI_RUN_H
#define AMBIT_MPI_RUN_H

#include "ranks.h"

#include <stdint.h>

/* Collective. Creates the folder, or checks that it belongs to this configuration, and takes the
 * lock. `configuration` and `origins` are YAML texts, written down at once where the run has not
 * begun yet. The lock goes when the process ends, however it ends. */
ambit_status ambit_run_claim(const ambit_ranks *ranks, const char *folder,
                             const char *configuration, const char *origins);

/* Rank 0, once the run really goes on after `step`: writes the configuration down where it is
 * another one than that of the folder, and what differs. Not collective. */
ambit_status ambit_run_record(const char *folder, const char *configuration, const char *origins,
                              int64_t step);

#endif
