/* Nobody leaves a meeting before all have come, and everyone then sees what the others wrote, also
 * where ranks are more than cores and where one comes so late that the others sleep. */
#include "mpi/meeting.h"
#include "mpi/ranks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { ROUNDS = 2000, LATE_EVERY = 250, MOST_RANKS = 64 };

static ambit_ranks ranks;

typedef struct {
    ambit_meeting meeting;
    int64_t written[MOST_RANKS]; /* the round each rank is in; plain numbers, on one line */
} table;

static table *open_table(MPI_Win *window) {
    table *shared;
    MPI_Aint size;
    int unit;
    MPI_Win_allocate_shared(ranks.rank == 0 ? (MPI_Aint)sizeof *shared + AMBIT_CACHE_LINE : 0, 1,
                            MPI_INFO_NULL, ranks.world, &shared, window);
    MPI_Win_shared_query(*window, 0, &size, &unit, &shared);
    const uintptr_t past = (uintptr_t)shared % AMBIT_CACHE_LINE;
    shared = (table *)(void *)((char *)shared + (past ? AMBIT_CACHE_LINE - past : 0));
    if (ranks.rank == 0)
        memset(shared, 0, sizeof *shared);
    MPI_Barrier(ranks.world);
    return shared;
}

static void come_late(int round) {
    const struct timespec pause = {.tv_nsec = 20000000};
    if (round % LATE_EVERY == 0 && ranks.rank == round / LATE_EVERY % ranks.size)
        nanosleep(&pause, NULL);
}

static void test_meetings(void **state) {
    (void)state;
    MPI_Win window;
    table *shared = open_table(&window);
    int faults = 0;
    for (int round = 1; round <= ROUNDS; round++) {
        come_late(round);
        shared->written[ranks.rank] = round;
        ambit_meeting_attend(&shared->meeting, ranks.size);
        for (int rank = 0; rank < ranks.size; rank++)
            faults += shared->written[rank] != round;
        ambit_meeting_attend(&shared->meeting, ranks.size);
    }
    assert_int_equal(faults, 0);
    assert_int_equal(shared->meeting.round.sleepers, 0);
    MPI_Win_free(&window);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_meetings)};
    if (ambit_ranks_start(&ranks) != AMBIT_OK)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed)
        ambit_ranks_abort(1); /* the other ranks may wait in a collective call */
    ambit_ranks_stop(&ranks);
    return 0;
}
