#include "meeting.h"

#include "../core/base/phase.h"

enum { YIELDS = 1000 }; /* ranks are seldom apart for longer: some hundred microseconds */

void ambit_meeting_attend(ambit_meeting *meeting, int size) {
    /* It does not change before this rank has arrived. */
    const uint32_t round = atomic_load(&meeting->round.value);
    if (atomic_fetch_add(&meeting->arrived, 1) + 1 < (uint32_t)size) {
        const ambit_phase before = ambit_phase_enter(AMBIT_PHASE_WAIT);
        ambit_latch_wait(&meeting->round, round, YIELDS);
        ambit_phase_leave(before);
        return;
    }
    atomic_store(&meeting->arrived, 0);
    atomic_fetch_add(&meeting->round.value, 1);
    ambit_latch_wake(&meeting->round);
}
