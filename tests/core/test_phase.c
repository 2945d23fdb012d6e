/* Time counts for the innermost phase, once; a wait within a wait is part of the outer one; others
 * read the phase where it is kept. */
#include "core/base/phase.h"

#include "core/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

/* Until the clock has gone on. */
static void pass_time(void) {
    const double start = ambit_clock();
    while (ambit_clock() <= start)
        ;
}

static void test_innermost(void **state) {
    (void)state;
    double seconds[AMBIT_PHASE_COUNT], sum = 0;
    ambit_phase_enter(AMBIT_PHASE_COMPUTE);
    const double start = ambit_clock();
    ambit_phase_take_seconds(seconds);
    const ambit_phase before = ambit_phase_enter(AMBIT_PHASE_EXCHANGE);
    const ambit_phase within = ambit_phase_enter(AMBIT_PHASE_WAIT);
    pass_time();
    ambit_phase_leave(within);
    ambit_phase_leave(before);
    pass_time();
    ambit_phase_take_seconds(seconds);
    for (int phase = 0; phase < AMBIT_PHASE_COUNT; phase++)
        sum += seconds[phase];
    assert_int_equal(before, AMBIT_PHASE_COMPUTE);
    assert_int_equal(within, AMBIT_PHASE_EXCHANGE);
    assert_true(seconds[AMBIT_PHASE_WAIT] > 0 && seconds[AMBIT_PHASE_COMPUTE] > 0);
    assert_true(seconds[AMBIT_PHASE_READ] == 0);
    assert_true(sum <= (ambit_clock() - start) * (1 + 1e-9));
    ambit_phase_take_seconds(seconds);
    assert_true(seconds[AMBIT_PHASE_WAIT] == 0);
}

static void test_wait_within_wait(void **state) {
    (void)state;
    const ambit_phase_line *line = ambit_phase_own();
    ambit_phase_enter(AMBIT_PHASE_TRIALS);
    const ambit_phase outer = ambit_phase_enter(AMBIT_PHASE_WAIT_FOR_WORK);
    const ambit_phase inner = ambit_phase_enter(AMBIT_PHASE_WAIT);
    assert_int_equal(line->phase, AMBIT_PHASE_WAIT_FOR_WORK);
    assert_int_equal(line->operation, AMBIT_PHASE_TRIALS);
    ambit_phase_leave(inner);
    assert_int_equal(line->phase, AMBIT_PHASE_WAIT_FOR_WORK);
    ambit_phase_leave(outer);
    assert_int_equal(line->phase, AMBIT_PHASE_TRIALS);
    assert_false(ambit_phase_waits(AMBIT_PHASE_TRIALS));
    assert_true(ambit_phase_waits(AMBIT_PHASE_WAIT_FOR_WORK));
}

static void test_shared_line(void **state) {
    (void)state;
    static ambit_phase_line shared;
    ambit_phase_enter(AMBIT_PHASE_CHECKPOINT);
    ambit_phase_share(&shared);
    assert_ptr_equal(ambit_phase_own(), &shared);
    assert_int_equal(shared.phase, AMBIT_PHASE_CHECKPOINT);
    assert_int_equal(shared.process, getpid());
    ambit_phase_enter(AMBIT_PHASE_READ);
    assert_int_equal(shared.phase, AMBIT_PHASE_READ);
    assert_true(shared.since > 0 && shared.since <= ambit_clock());
    ambit_phase_share(NULL);
    ambit_phase_enter(AMBIT_PHASE_END);
    assert_int_equal(shared.phase, AMBIT_PHASE_READ);
    assert_int_equal(ambit_phase_own()->phase, AMBIT_PHASE_END);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_innermost),
        cmocka_unit_test(test_wait_within_wait),
        cmocka_unit_test(test_shared_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
