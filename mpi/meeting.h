/* A meeting: ranks of a node wait in shared memory until all of them are there.
 *
 * As MPI_Barrier, which costs ten times as much when a step has emptied the caches of its code and
 * data. But it makes no progress with messages, so it is for where none are under way. How long it
 * may last is for the watch to say (watch.h).
 */
#ifndef AMBIT_MPI_MEETING_H
#define AMBIT_MPI_MEETING_H

#include "../core/base/latch.h"

/* In memory that all of them share; all zero before the first comes. */
typedef struct {
    alignas(AMBIT_CACHE_LINE) _Atomic uint32_t arrived;
    ambit_latch round; /* counts the meetings */
} ambit_meeting;

/* Collective over the `size` ranks that share the meeting. Returns when all are there; what each
 * wrote before is then seen by all. */
void ambit_meeting_attend(ambit_meeting *meeting, int size);

#endif
