/* A window: memory that the ranks of a node share, a part a rank.
 */
#ifndef AMBIT_MPI_WINDOW_H
#define AMBIT_MPI_WINDOW_H

#include "ranks.h"

typedef struct {
    MPI_Win window; /* MPI_WIN_NULL: not open */
} ambit_window;

/* Collective over `ranks`. Opens a window for the ranks of `node`, a communicator that is part of
 * the node; `mine` bytes are this rank's part, zeroed by nobody. Fails on all ranks with
 * AMBIT_SYSTEM where it does not fit, on whichever node, or would leave no room for the `besides`
 * bytes that this rank is going to allocate by itself; `what` names all that in the plural. After a
 * failure the window can be closed all the same. */
ambit_status ambit_window_open(const ambit_ranks *ranks, MPI_Comm node, int64_t mine,
                               int64_t besides, const char *what, ambit_window *window);

/* The part of a rank of the node; begins with a cache line. */
void *ambit_window_part(const ambit_window *window, int node_rank);

/* Collective over the node. Makes what each wrote before visible to the others. */
void ambit_window_publish(const ambit_window *window, MPI_Comm node);

/* Collective over the node. */
void ambit_window_close(ambit_window *window);

#endif
