/* Nobody leaves a meeting before all have come, and everyone then sees what the others wrote, also
 * where ranks are more than cores and where one comes so late that the others sleep. */
#include "mpi/meeting.h"
#include "mpi/window.h"

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

static table *open_table(ambit_window *window) {
    assert_int_equal(ambit_window_open(&ranks, ranks.world,
                                       ranks.rank == 0 ? (int64_t)sizeof(table) : 0, 0, "rounds",
                                       window),
                     AMBIT_OK);
    table *shared = ambit_window_part(window, 0);
    assert_int_equal((uintptr_t)shared % AMBIT_CACHE_LINE, 0);
    if (ranks.rank == 0)
        memset(shared, 0, sizeof *shared);
    ambit_window_publish(window, ranks.world);
    return shared;
}

static void come_late(int round) {
    const struct timespec pause = {.tv_nsec = 20000000};
    if (round % LATE_EVERY == 0 && ranks.rank == round / LATE_EVERY % ranks.size)
        nanosleep(&pause, NULL);
}

static void test_meetings(void **state) {
    (void)state;
    ambit_window window;
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
    ambit_window_publish(&window, ranks.world); /* who was woken last is up, too */
    assert_int_equal(shared->meeting.round.sleepers, 0);
    ambit_window_close(&window);
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
