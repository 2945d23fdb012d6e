/* The ranks of a job: starting and stopping MPI, who shares a node with whom, and errors that all
 * ranks learn of.
 *
 * `world` is MPI_COMM_WORLD put in an order where the ranks of a node are adjacent, whatever the
 * launcher did; every collective of Ambit runs on it or on a communicator made from it.
 * AMBIT_NODE_SIZE=n in the environment splits the job into pretended nodes of n ranks, for tests on
 * one machine.
 */
#ifndef AMBIT_MPI_RANKS_H
#define AMBIT_MPI_RANKS_H

#include "../core/base/status.h"

#include <mpi.h>
#include <stdint.h>

typedef struct {
    MPI_Comm world;
    int rank, size;
    MPI_Comm node; /* the ranks of this node, in the order of world */
    int node_rank, node_size;
    int node_index, node_count;
    int even; /* every node has the same number of ranks */
    char host[64];
} ambit_ranks;

/* Collective. Starts MPI. Refuses, before MPI_Init, a launch by srun without PMIx (which would
 * start N separate jobs over one another or abort with a page of text), and after it a world whose
 * size is not the size that Slurm says. */
ambit_status ambit_ranks_start(ambit_ranks *ranks);

/* Collective. Ends MPI. After a failure that the other ranks do not know of, use ambit_ranks_abort.
 */
void ambit_ranks_stop(ambit_ranks *ranks);

/* Ends all ranks at once, with this exit code. Does not return. */
_Noreturn void ambit_ranks_abort(int exit_code);

/* Collective. Every rank brings its own status; all return the status and have the message of the
 * lowest rank that failed, with "[rank k host] " in front when that is not rank 0, or AMBIT_OK. */
ambit_status ambit_agree(const ambit_ranks *ranks, ambit_status mine);

/* As AMBIT_TRY, for a call that each rank makes alone: all ranks return when one fails. Collective.
 */
#define AMBIT_TRY_ALL(ranks, call) AMBIT_TRY(ambit_agree((ranks), (call)))

/* Collective. Gives every rank rank 0's bytes: *data is allocated on the others (size + 1 bytes,
 * the last 0, so that text stays text). The caller frees it on every rank with free(). */
ambit_status ambit_broadcast_bytes(const ambit_ranks *ranks, char **data, int64_t *size);

#endif
