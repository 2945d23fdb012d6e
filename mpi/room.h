/* What there is room for on a node: in memory, and where MPI keeps the windows that ranks share.
 *
 * MPI refuses a window that does not fit on one rank of the node alone, and the others wait for it
 * for ever: so ranks compare what they need with what is free, and agree, before they call. What
 * other jobs take in between is not known; then the watch ends the wait (watch.h).
 */
#ifndef AMBIT_MPI_ROOM_H
#define AMBIT_MPI_ROOM_H

#include "ranks.h"

typedef struct {
    char folder[256];  /* where windows are: /dev/shm, unless Open MPI was told otherwise */
    int error;         /* an errno, where that folder cannot be used; else 0 */
    int64_t shared;    /* bytes free there */
    int64_t memory;    /* bytes free in memory (memory.h) */
    int64_t addresses; /* bytes that this process may still map */
} ambit_room;

/* What is free here and now; INT64_MAX where it is not known or not limited. Not collective. */
ambit_room ambit_room_look(void);

/* Collective. Fails on all ranks, with AMBIT_SYSTEM and what would help, when on some node the sums
 * over its ranks do not fit: `window`, this rank's part of a window that ranks of the node share,
 * and `own`, what it will allocate for itself. `what` says what for, in the plural. */
ambit_status ambit_room_check(const ambit_ranks *ranks, int64_t window, int64_t own,
                              const char *what);

#endif
