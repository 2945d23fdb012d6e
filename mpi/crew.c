#include "crew.h"

#include "../core/base/clock.h"

#include <time.h>

/* Messages to rank 0 are a report; those from it are empty: stop. */
enum { TAG = 1 };

enum { WORKING, FINISHED, FAILED };

typedef struct {
    int64_t done; /* pieces since the report before */
    int64_t state;
} report;

/* Reports are small, and rank 0 looks for them often, so sending one does not wait. */
static void send_report(ambit_crew *crew, int64_t state) {
    const report mine = {crew->done - crew->told, state};
    AMBIT_WAIT(MPI_Send(&mine, 2, MPI_INT64_T, 0, TAG, crew->world));
    crew->told = crew->done;
    crew->last = ambit_clock();
}

/* Rank 0. Tells the others, once. */
static void tell_all(ambit_crew *crew) {
    for (int rank = 1; rank < crew->ranks->size && !crew->stopped; rank++)
        AMBIT_WAIT(MPI_Send(NULL, 0, MPI_INT64_T, rank, TAG, crew->world));
    crew->stopped = true;
}

/* Rank 0. The next report that has come, if any. */
static bool receive_report(const ambit_crew *crew, report *theirs) {
    MPI_Status from;
    int there;
    MPI_Iprobe(MPI_ANY_SOURCE, TAG, crew->world, &there, &from);
    if (there)
        AMBIT_WAIT(
            MPI_Recv(theirs, 2, MPI_INT64_T, from.MPI_SOURCE, TAG, crew->world, MPI_STATUS_IGNORE));
    return there;
}

static void take_reports(ambit_crew *crew) {
    report theirs;
    while (crew->working > 0 && receive_report(crew, &theirs)) {
        crew->done += theirs.done;
        crew->working -= theirs.state != WORKING;
        if (theirs.state == FAILED)
            tell_all(crew);
    }
    if (crew->show)
        crew->show(crew->context, crew->done);
}

/* The others. Whether rank 0 has said stop. */
static void take_word(ambit_crew *crew) {
    int there;
    MPI_Iprobe(0, TAG, crew->world, &there, MPI_STATUS_IGNORE);
    if (!there || crew->stopped)
        return;
    AMBIT_WAIT(MPI_Recv(NULL, 0, MPI_INT64_T, 0, TAG, crew->world, MPI_STATUS_IGNORE));
    crew->stopped = true;
}

static void pause_shortly(void) {
    const struct timespec pause = {.tv_nsec = 1000000};
    nanosleep(&pause, NULL);
}

void ambit_crew_begin(ambit_crew *crew, const ambit_ranks *ranks,
                      void (*show)(void *context, int64_t done), void *context) {
    *crew = (ambit_crew){.ranks = ranks,
                         .show = show,
                         .context = context,
                         .working = ranks->size - 1,
                         .last = ambit_clock()};
    AMBIT_WAIT(MPI_Comm_dup(ranks->world, &crew->world));
}

bool ambit_crew_goes_on(ambit_crew *crew, int64_t count) {
    const double interval = 0.2 + 2e-3 * crew->ranks->size; /* seconds between reports */
    crew->done += count;
    if (crew->ranks->rank == 0) {
        take_reports(crew);
        return !crew->stopped;
    }
    if (ambit_clock() - crew->last > interval)
        send_report(crew, WORKING);
    take_word(crew);
    return !crew->stopped;
}

/* Rank 0 hears the last of all others before it says that this was it. */
static void wait_as_first(ambit_crew *crew, int failed) {
    if (failed)
        tell_all(crew);
    while (take_reports(crew), crew->working > 0)
        pause_shortly();
    tell_all(crew);
}

static void wait_as_other(ambit_crew *crew, int failed) {
    send_report(crew, failed ? FAILED : FINISHED);
    while (take_word(crew), !crew->stopped)
        pause_shortly();
}

ambit_status ambit_crew_end(ambit_crew *crew, ambit_status mine) {
    const ambit_phase before = ambit_phase_enter(AMBIT_PHASE_WAIT_FOR_WORK);
    if (crew->ranks->rank == 0)
        wait_as_first(crew, mine != AMBIT_OK);
    else
        wait_as_other(crew, mine != AMBIT_OK);
    MPI_Comm_free(&crew->world);
    ambit_phase_leave(before);
    return ambit_agree(crew->ranks, mine);
}
