/* Closed-loop evaluation: a policy acts in an environment, trial after trial, over all ranks.
 *
 * Receding horizon: the policy observes, plans a chunk, `eval.execute` steps of it are carried out,
 * and it observes again. Trials run in groups of eval.batch, in lockstep, so that the network sees
 * whole batches; which trials form a group does not depend on the ranks, so neither does any
 * result.
 */
#ifndef AMBIT_MPI_ROLLOUT_H
#define AMBIT_MPI_ROLLOUT_H

#include "../plugins/loader.h"
#include "policy.h"
#include "ranks.h"
#include "records/evaluation.h"

typedef struct {
    const ambit_settings *settings;
    ambit_plugin *environment; /* opened */
    ambit_policy *policy;      /* made for eval.batch rows */
    const char *folder;        /* where trials.tsv and drawings.jsonl go; it is there */
} ambit_rollout;

/* Collective. Runs eval.trials trials and fills in counts, intervals and metrics of *evaluation (on
 * rank 0; names of checkpoint and environment are the caller's). */
ambit_status ambit_rollout_run(const ambit_ranks *ranks, const ambit_rollout *rollout,
                               ambit_evaluation *evaluation);

#endif
