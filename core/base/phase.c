#include "phase.h"

#include "clock.h"

#include <string.h>
#include <unistd.h>

static const struct {
    const char *text;
    ambit_patience patience;
} about[AMBIT_PHASE_COUNT] = {
#define AMBIT_PHASE_ROW(name, patience, text) {text, AMBIT_PATIENCE_##patience},
    AMBIT_PHASE_LIST(AMBIT_PHASE_ROW)
#undef AMBIT_PHASE_ROW
};

static ambit_phase_line own;
static _Atomic(ambit_phase_line *) current = &own;
static double spent[AMBIT_PHASE_COUNT];

const char *ambit_phase_text(ambit_phase phase) {
    return about[phase].text;
}

ambit_patience ambit_phase_patience(ambit_phase phase) {
    return about[phase].patience;
}

int ambit_phase_waits(ambit_phase phase) {
    return about[phase].patience != AMBIT_PATIENCE_WORK;
}

/* Nothing else is read by way of a line, so no order is asked for. */
#define LOAD(line, member) atomic_load_explicit(&(line)->member, memory_order_relaxed)
#define STORE(line, member, value)                                                                 \
    atomic_store_explicit(&(line)->member, value, memory_order_relaxed)

const ambit_phase_line *ambit_phase_own(void) {
    return atomic_load_explicit(&current, memory_order_relaxed);
}

/* The time since the last change is that of the phase until now. */
static void change(ambit_phase_line *line, ambit_phase phase) {
    const double now = ambit_clock(), since = LOAD(line, since);
    if (since > 0)
        spent[LOAD(line, phase)] += now - since;
    STORE(line, since, now);
    STORE(line, phase, (int)phase);
    if (!ambit_phase_waits(phase))
        STORE(line, operation, (int)phase);
}

ambit_phase ambit_phase_enter(ambit_phase phase) {
    ambit_phase_line *line = atomic_load_explicit(&current, memory_order_relaxed);
    const ambit_phase before = (ambit_phase)LOAD(line, phase);
    change(line, ambit_phase_waits(phase) && ambit_phase_waits(before) ? before : phase);
    return before;
}

void ambit_phase_leave(ambit_phase before) {
    change(atomic_load_explicit(&current, memory_order_relaxed), before);
}

void ambit_phase_take_seconds(double seconds[AMBIT_PHASE_COUNT]) {
    ambit_phase_line *line = atomic_load_explicit(&current, memory_order_relaxed);
    change(line, (ambit_phase)LOAD(line, phase));
    memcpy(seconds, spent, sizeof spent);
    memset(spent, 0, sizeof spent);
}

void ambit_phase_share(ambit_phase_line *shared) {
    const ambit_phase_line *from = ambit_phase_own();
    ambit_phase_line *to = shared ? shared : &own;
    STORE(to, process, (int64_t)getpid());
    STORE(to, operation, LOAD(from, operation));
    STORE(to, since, LOAD(from, since));
    STORE(to, phase, LOAD(from, phase));
    atomic_store(&current, to);
}
