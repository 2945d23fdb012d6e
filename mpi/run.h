/* The folder of a run, which describes itself:
 *
 *     config.yaml        the resolved configuration, every key
 *     origins.yaml       the same, with where each value came from
 *     metrics.jsonl      see metrics.h; TensorBoard event files beside it
 *     checkpoints/       see checkpoint.h
 *     eval/              see evaluation.h
 *     environments.json  see environment_record.h
 *     lock               held while a job trains here
 *
 * The same command in the same folder goes on where it stopped; another configuration is refused,
 * with the lines that differ. Keys that cost time or memory but change no result (train.threads,
 * network.recompute, data.cache_mib, train.keep) may differ.
 */
#ifndef AMBIT_MPI_RUN_H
#define AMBIT_MPI_RUN_H

#include "ranks.h"

/* Collective. Creates the folder or checks that it belongs to this configuration, and takes the
 * lock. `configuration` and `origins` are YAML texts. The lock goes when the process ends, however
 * it ends. */
ambit_status ambit_run_claim(const ambit_ranks *ranks, const char *folder,
                             const char *configuration, const char *origins);

#endif
