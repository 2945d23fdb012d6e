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

#include "../core/base/phase.h"
#include "../core/base/status.h"

#include <assert.h>
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

/* The number that the launcher gave this process, -1 without one. Before MPI has started. */
int ambit_launched_rank(void);

/* Collective. Starts MPI. Refuses, before MPI_Init, a launch by srun without PMIx (which would
 * start N separate jobs over one another or abort with a page of text), and too little address
 * space for MPI; and after it a world whose size is not the size that Slurm says. */
ambit_status ambit_ranks_start(ambit_ranks *ranks);

/* Collective. Ends MPI. After a failure that the other ranks do not know of, use ambit_ranks_abort.
 */
void ambit_ranks_stop(ambit_ranks *ranks);

/* Collective over a communicator. Waits, asleep, until all its ranks are here: 1; or 0 when they
 * were not after `seconds` (HUGE_VAL: whenever they come), and then the communicator is of no use
 * any more. */
int ambit_ranks_meet(MPI_Comm comm, double seconds);

/* Ends all ranks at once, with this exit code. Does not return. May be called on any thread, before
 * MPI has started and after it has ended. */
_Noreturn void ambit_ranks_abort(int exit_code);

/* Around every call in which a rank waits for others, so that the watch limits it (watch.h):
 *
 *     AMBIT_WAIT(MPI_Bcast(…));
 */
#define AMBIT_WAIT(call)                                                                           \
    do {                                                                                           \
        const ambit_phase ambit_wait_ = ambit_phase_enter(AMBIT_PHASE_WAIT);                       \
        call;                                                                                      \
        ambit_phase_leave(ambit_wait_);                                                            \
    } while (0)

/* Collective. Every rank brings its own status; all return the status and have the message of the
 * lowest rank that failed, with "[rank k host] " in front when that is not rank 0, or AMBIT_OK. */
ambit_status ambit_agree(const ambit_ranks *ranks, ambit_status mine);

/* Collective. As ambit_agree(), after work of which other ranks may have had much more. */
ambit_status ambit_agree_on_work(const ambit_ranks *ranks, ambit_status mine);

/* As AMBIT_TRY, for a call that each rank makes alone: all ranks return when one fails. Collective.
 */
#define AMBIT_TRY_ALL(ranks, call) AMBIT_TRY(ambit_agree((ranks), (call)))

/* Collective. Whether `size` bytes at `data` are the same on all ranks. */
int ambit_same(const ambit_ranks *ranks, const void *data, size_t size);

/* In debug builds ends the program where an argument of a collective call is not the same on all
 * ranks, as it must be; does nothing in others. Collective, therefore. */
#define AMBIT_ASSERT_SAME(ranks, data, size) assert(ambit_same((ranks), (data), (size)))

/* Collective. Gives every rank rank 0's `size` bytes. */
void ambit_broadcast(const ambit_ranks *ranks, void *data, int64_t size);

/* Collective. Gives every rank rank 0's bytes: *data is allocated on the others (size + 1 bytes,
 * the last 0, so that text stays text). The caller frees it on every rank with free(). */
ambit_status ambit_broadcast_bytes(const ambit_ranks *ranks, char **data, int64_t *size);

/* Collective. Puts the `count` items of each rank, fewer than 2³¹ of `size` bytes, one rank after
 * the other into rank 0's `all`, which the others may leave NULL. */
void ambit_gather(const ambit_ranks *ranks, const void *mine, int64_t count, int64_t size,
                  void *all);

/* Rank 0 gets `size` bytes of rank `from`: called by these two, or by one where they are the same.
 */
void ambit_hand_over(const ambit_ranks *ranks, int from, const void *mine, void *received,
                     int64_t size);

/* Collective. Adds `count` numbers up over the ranks, into rank 0's `sum`, which the others may
 * leave NULL. In no order that could be relied on: for numbers whose sum is exact, or approximate
 * anyway. */
void ambit_sum(const ambit_ranks *ranks, const double *mine, int64_t count, double *sum);

#endif
