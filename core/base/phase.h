/* Phases: what this process is doing, and how its time was spent.
 *
 * The thread that runs the program enters a phase and leaves it again. Phases nest, and time counts
 * for the innermost:
 *
 *     const ambit_phase before = ambit_phase_enter(AMBIT_PHASE_READ);
 *     ...
 *     ambit_phase_leave(before);
 *
 * That costs a look at the clock. Shares of time in metrics, progress and benchmarks come from
 * here; the watch (mpi/watch.h) reads from another thread or process where this one is, and knows
 * by the phase's patience how long that may last. One thread alone enters phases: members of a team
 * do not.
 */
#ifndef AMBIT_CORE_BASE_PHASE_H
#define AMBIT_CORE_BASE_PHASE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

/* How long a phase may last. */
typedef enum {
    AMBIT_PATIENCE_WORK, /* as long as it takes: nobody is waited for */
    AMBIT_PATIENCE_STEP, /* others are at the same point of the same work, or soon will be */
    AMBIT_PATIENCE_WORK_OF_OTHERS /* others may have much work left that this process had not */
} ambit_patience;

/* X(name, patience, what a sentence says of it) */
#define AMBIT_PHASE_LIST(X)                                                                        \
    X(START, WORK, "starting")                                                                     \
    X(COMPUTE, WORK, "computing")                                                                  \
    X(READ, WORK, "reading samples")                                                               \
    X(EXCHANGE, WORK, "summing gradients")                                                         \
    X(METRICS, WORK, "writing metrics")                                                            \
    X(VALIDATE, WORK, "validating")                                                                \
    X(CHECKPOINT, WORK, "writing a checkpoint")                                                    \
    X(RESUME, WORK, "reading a checkpoint")                                                        \
    X(INGEST, WORK, "ingesting")                                                                   \
    X(ANNOTATE, WORK, "annotating")                                                                \
    X(TRIALS, WORK, "running trials")                                                              \
    X(MEASURE, WORK, "measuring")                                                                  \
    X(END, WORK, "ending")                                                                         \
    X(WAIT, STEP, "waiting for other ranks")                                                       \
    X(MESSAGE, STEP, "exchanging messages with another node")                                      \
    X(WAIT_FOR_WORK, WORK_OF_OTHERS, "waiting for the work of other ranks")

typedef enum {
#define AMBIT_PHASE_ENUM(name, patience, text) AMBIT_PHASE_##name,
    AMBIT_PHASE_LIST(AMBIT_PHASE_ENUM)
#undef AMBIT_PHASE_ENUM
        AMBIT_PHASE_COUNT
} ambit_phase;

const char *ambit_phase_text(ambit_phase phase);
ambit_patience ambit_phase_patience(ambit_phase phase);
int ambit_phase_waits(ambit_phase phase); /* for others */

/* Enters a phase; returns the one that leaving goes back to. At first the phase is START. A wait
 * within a wait is part of the outer one. */
ambit_phase ambit_phase_enter(ambit_phase phase);
void ambit_phase_leave(ambit_phase before);

/* Seconds that each phase took since this was last asked, time in phases within it left out. */
void ambit_phase_take_seconds(double seconds[AMBIT_PHASE_COUNT]);

/* What others read of a process, a cache line of its own. */
typedef struct {
    alignas(64) _Atomic int phase;
    _Atomic int operation; /* the innermost phase that is no waiting */
    _Atomic double since;  /* ambit_clock() when `phase` was entered or come back to */
    _Atomic int64_t process;
} ambit_phase_line;

/* This process's line. */
const ambit_phase_line *ambit_phase_own(void);

/* Keeps the line at `shared` from now on, which other processes may read and which must last until
 * this is called with NULL. */
void ambit_phase_share(ambit_phase_line *shared);

#endif
