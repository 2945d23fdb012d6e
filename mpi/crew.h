/* Ranks that each work at their own pace on their part of a job.
 *
 * Nobody waits for another before all is done, and yet rank 0 knows how far the job is, and a
 * failure of one rank is soon known to all: nobody works on for a lost cause. Ranks tell rank 0 at
 * most a few times a second how far they are, and rank 0 tells the others once when to stop; both
 * happen between two pieces of work, so a piece should take no longer than a failure may stay
 * unknown. Waiting for the others costs no processor time.
 */
#ifndef AMBIT_MPI_CREW_H
#define AMBIT_MPI_CREW_H

#include "ranks.h"

#include <stdbool.h>

typedef struct {
    const ambit_ranks *ranks;
    MPI_Comm world; /* of the crew's own messages */
    void (*show)(void *context, int64_t done);
    void *context;
    int64_t done, told; /* pieces: by this rank (on rank 0: by all), and those rank 0 knows of */
    double last;        /* when rank 0 was told */
    int working;        /* rank 0: how many others are still at work */
    bool stopped;       /* nothing more is to be done */
} ambit_crew;

/* Collective. Begins. `show` (or NULL) hears on rank 0, between pieces and while it waits, how many
 * pieces all ranks together have done. Every ambit_crew_begin() needs its ambit_crew_end(). */
void ambit_crew_begin(ambit_crew *crew, const ambit_ranks *ranks,
                      void (*show)(void *context, int64_t done), void *context);

/* Called after each `count` pieces that this rank has done: whether to go on. Not collective. */
bool ambit_crew_goes_on(ambit_crew *crew, int64_t count);

/* Collective. Each rank comes here with the status of its own part, when that is done, has failed,
 * or is not to go on. Waits for all and returns as ambit_agree() does. */
ambit_status ambit_crew_end(ambit_crew *crew, ambit_status mine);

#endif
