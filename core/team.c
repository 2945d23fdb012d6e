#include "team.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LARGEST = 1024, CACHE_LINE = 64 };
enum { SPINS = 2000 }; /* looks at a word before sleeping: some tens of microseconds */

/* A number that threads wait on. */
typedef struct {
    alignas(CACHE_LINE) _Atomic uint32_t value;
    _Atomic uint32_t sleepers;
} signal_word;

typedef struct {
    ambit_team *team;
    int number;
    pthread_t thread;
} team_member;

struct ambit_team {
    signal_word round; /* counts the runs */
    signal_word busy;  /* threads that have not finished this round */

    /* a round of work: written by the caller before `round` counts up */
    alignas(CACHE_LINE) _Atomic int64_t taken; /* parts that somebody has begun */
    int64_t parts;
    ambit_team_work work; /* NULL: go home */
    const void *context;

    team_member *members; /* [0] is the caller: no thread */
    int size, started;    /* members; threads that run */
};

/* ---- waiting ---- */

static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Returns once the word is not `value`. */
static void wait_for_change(signal_word *word, uint32_t value) {
    for (int spin = 0; spin < SPINS; spin++) {
        if (atomic_load_explicit(&word->value, memory_order_acquire) != value)
            return;
        pause_briefly();
    }
    /* The sleeper says so before it looks a last time (in the kernel), the waker changes the word
     * before it looks for sleepers: one of them sees the other. */
    atomic_fetch_add(&word->sleepers, 1);
    while (atomic_load(&word->value) == value)
        syscall(SYS_futex, &word->value, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
    atomic_fetch_sub(&word->sleepers, 1);
}

static void wake_sleepers(signal_word *word) {
    if (atomic_load(&word->sleepers))
        syscall(SYS_futex, &word->value, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* ---- working ---- */

static void do_parts(ambit_team *team, int member) {
    int64_t part;
    while ((part = atomic_fetch_add_explicit(&team->taken, 1, memory_order_relaxed)) < team->parts)
        team->work(team->context, part, member);
}

static void *serve(void *argument) {
    team_member *self = argument;
    ambit_team *team = self->team;
    for (uint32_t round = 0;; round++) {
        wait_for_change(&team->round, round);
        if (!team->work)
            return NULL;
        do_parts(team, self->number);
        if (atomic_fetch_sub(&team->busy.value, 1) == 1)
            wake_sleepers(&team->busy);
    }
}

static void begin_round(ambit_team *team, int64_t parts, ambit_team_work work,
                        const void *context) {
    team->work = work;
    team->context = context;
    team->parts = parts;
    atomic_store_explicit(&team->taken, 0, memory_order_relaxed);
    atomic_store_explicit(&team->busy.value, (uint32_t)team->started, memory_order_relaxed);
    atomic_fetch_add(&team->round.value, 1);
    wake_sleepers(&team->round);
}

void ambit_team_run(ambit_team *team, int64_t parts, ambit_team_work work, const void *context) {
    if (!team || team->size == 1 || parts == 1) {
        for (int64_t part = 0; part < parts; part++)
            work(context, part, 0);
        return;
    }
    begin_round(team, parts, work, context);
    do_parts(team, 0);
    uint32_t busy;
    while ((busy = atomic_load_explicit(&team->busy.value, memory_order_acquire)) != 0)
        wait_for_change(&team->busy, busy);
}

/* ---- beginning and end ---- */

static ambit_status start_members(ambit_team *team) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = 0;
    for (int i = 1; i < team->size && !error; i++) {
        team->members[i] = (team_member){.team = team, .number = i};
        error = pthread_create(&team->members[i].thread, NULL, serve, &team->members[i]);
        team->started += !error;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return ambit_fail(AMBIT_SYSTEM,
                          "threads: only %d of %d could be started (%s); use fewer threads, or "
                          "raise the limit of processes (ulimit -u)",
                          team->started + 1, team->size, strerror(error));
    return AMBIT_OK;
}

ambit_status ambit_team_create(int size, ambit_team **team) {
    *team = NULL;
    if (size < 1 || size > LARGEST)
        return ambit_fail(AMBIT_CONFIG, "threads: %d; give a number from 1 to %d", size,
                          (int)LARGEST);
    ambit_team *made = aligned_alloc(CACHE_LINE, sizeof *made);
    if (!made)
        return ambit_fail(AMBIT_SYSTEM, "threads: no memory for a team; use fewer ranks a node");
    memset(made, 0, sizeof *made);
    made->size = size;
    ambit_status status =
        ambit_allocate(&made->members, (size_t)size, sizeof *made->members, "threads");
    if (status == AMBIT_OK)
        status = start_members(made);
    if (status != AMBIT_OK) {
        ambit_team_destroy(made);
        return status;
    }
    *team = made;
    return AMBIT_OK;
}

void ambit_team_destroy(ambit_team *team) {
    if (!team)
        return;
    begin_round(team, 0, NULL, NULL);
    for (int i = 1; i <= team->started; i++)
        pthread_join(team->members[i].thread, NULL);
    free(team->members);
    free(team);
}

int ambit_team_size(const ambit_team *team) {
    return team ? team->size : 1;
}
