/* The exchange: gradients of all slots summed, the optimiser applied, parameters handed back.
 *
 * A global batch is V slots, V a power of two; each of P ranks (a power of two, P ≤ V) takes V/P
 * neighbouring slots. All sums over slots follow one binary tree whose leaves are the slots in
 * order, so that the result is bitwise the same for P = 1, 2, 4 … V:
 *
 *   slots of a rank       folded as they come, like carries in a binary counter
 *   ranks of a node       each rank sums its slice of all gradient arenas of the node, and on the
 *                         way folds their last slots, which so take no pass of their own
 *   nodes                 recursive halving between the ranks that own the same slice, nearest node
 * first
 *
 * Memory: parameters and their running average exist once a node, in a window that its ranks share;
 * the gradient arena of a rank is in that window too, so that on a node nothing is sent at all: one
 * gradient, and one more for each time its slots can be halved. The optimiser's moments exist once
 * in the job: each rank keeps those of the range it owns.
 *
 *      rank 0 arena ┌────┬────┐      own slice summed,      ┌────┬────┐
 *      rank 1 arena ├────┼────┤  →   halved between nodes → │ p₀ │ p₁ │ parameters of the node
 *                   └─0──┴─1──┘      updated in place       └────┴────┘
 *
 * Ranges are cut at multiples of AMBIT_NORM_BLOCK elements, so that the norm of the gradient is the
 * same sum for any P. Where nodes hold unequal numbers of ranks, or not a power of two, each rank
 * counts as a node of its own.
 */
#ifndef AMBIT_MPI_EXCHANGE_H
#define AMBIT_MPI_EXCHANGE_H

#include "../core/base/team.h"
#include "../core/graph/graph.h"
#include "../core/method/optimizer.h"
#include "ranks.h"

typedef struct ambit_exchange ambit_exchange;

/* Collective. `parameters` is the graph's table (kept by pointer: it outlives the exchange).
 * AMBIT_CONFIG when the number of ranks is no power of two or larger than `slots`, AMBIT_SYSTEM
 * when some node has not the room; then, too, *exchange is to be destroyed. */
ambit_status ambit_exchange_create(const ambit_ranks *ranks, int64_t slots,
                                   const ambit_parameter *parameters, int parameter_count,
                                   ambit_exchange **exchange);

/* Lets a team, which must outlive the exchange, do the sums and the update of this rank; the bits
 * do not depend on it. NULL: the calling thread alone, as at first. */
void ambit_exchange_set_team(ambit_exchange *exchange, ambit_team *team);

/* Collective. NULL is allowed (on all ranks). */
void ambit_exchange_destroy(ambit_exchange *exchange);

/* Bytes of the window that the ranks of the node share; 0 where this rank shares none. */
int64_t ambit_exchange_window_bytes(const ambit_exchange *exchange);

/* This rank's slots: [first, first + count). */
void ambit_exchange_slots(const ambit_exchange *exchange, int64_t *first, int64_t *count);

/* Parameters and their average, shared by the node: `count` floats, read-only between steps except
 * while one rank of the node fills them before ambit_exchange_publish(). */
float *ambit_exchange_parameters(ambit_exchange *exchange);
float *ambit_exchange_average(ambit_exchange *exchange);
int64_t ambit_exchange_count(const ambit_exchange *exchange);

/* Collective. Makes what was written to parameters and averages visible to the ranks of the node.
 */
void ambit_exchange_publish(ambit_exchange *exchange);

/* Where the next slot's gradient is to be written; then ambit_exchange_fold() adds it to the sum.
 */
float *ambit_exchange_gradient(ambit_exchange *exchange);
void ambit_exchange_fold(ambit_exchange *exchange);

/* What ranks tell each other at a step's end: summed over all ranks. */
typedef struct {
    double stop;       /* ranks that were asked to stop */
    double failed;     /* ranks that could not do their slots */
    double unfinished; /* ranks that left out slots because they were asked to stop */
} ambit_vote;

/* Collective. Ends step `t` (from 1): sums, and unless some rank failed or left slots out, or the
 * norm is not finite, updates parameters, moments and average. *vote: this rank's in, the sum out.
 * *norm: global norm of the gradient before clipping. All ranks get the same answers. After a
 * failed vote the exchange can only be destroyed. */
void ambit_exchange_step(ambit_exchange *exchange, const ambit_optimizer_options *options,
                         int64_t t, ambit_vote *vote, double *norm);

/* Collective. Brings the average up to date on all nodes (between steps it is so only for the
 * owners). */
void ambit_exchange_collect_average(ambit_exchange *exchange);

/* The range of elements this rank owns, and the moments of it (owned by the exchange): for
 * checkpoints. */
typedef struct {
    int64_t first, count;
    float *moment_first, *moment_second;
} ambit_owned;
ambit_owned ambit_exchange_owned(ambit_exchange *exchange);

/* The range of the node's parameters and averages that this rank fills when all of a node fill them
 * together; begins at a multiple of AMBIT_NORM_BLOCK. */
void ambit_exchange_share(const ambit_exchange *exchange, int64_t *first, int64_t *count);

#endif
