/* The watch: no wait is without a limit.
 *
 * A thread looks at the phase that this rank is in (phase.h). Where it has waited for other ranks
 * for a twentieth of the patience, ranks 0 and 1 say so, once; where the patience is over, the job
 * ends. Both name the rank, its host, what it was doing, for how long, and those ranks of its node
 * that do not wait, which so are the ones waited for: each rank keeps its phase in memory that the
 * node shares. Time in which the whole process was stopped does not count, so that a job can be
 * suspended.
 *
 * Patience is 600 s, or AMBIT_PATIENCE in the environment. Where others may have hours of work left
 * that this rank had not (trials, shards), it is a hundred times as long. Once the launcher is gone
 * it is a twentieth.
 */
#ifndef AMBIT_MPI_WATCH_H
#define AMBIT_MPI_WATCH_H

#include "ranks.h"

/* What the watch does not do itself; called on its thread. */
typedef struct {
    void (*say)(const char *line);   /* a wait has become long */
    void (*end)(const char *reason); /* it has become too long; does not return */
    void (*orphaned)(void);          /* the launcher is gone: ranks should leave by themselves */
} ambit_watch_acts;

/* Starts the thread, before MPI is started, so that waits in MPI_Init are watched too. AMBIT_USAGE
 * where AMBIT_PATIENCE is no number of seconds. `acts` is kept: static. Not collective. */
ambit_status ambit_watch_start(const ambit_watch_acts *acts);

/* Collective. From now on the ranks of a node see each other's phases; where there is no memory for
 * that, they do without. */
void ambit_watch_share(const ambit_ranks *ranks);

/* Collective. The end of what ambit_watch_share() began; to be called before MPI ends. */
void ambit_watch_part(void);

#endif
