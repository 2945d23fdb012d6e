#include "team.h"

#include "latch.h"
#include "limits.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    ambit_team *team;
    int number;
    pthread_t thread;
} team_member;

struct ambit_team {
    ambit_latch round; /* counts the runs */
    ambit_latch busy;  /* threads that have not finished this round */

    /* a round of work: written by the caller before `round` counts up */
    alignas(AMBIT_CACHE_LINE) _Atomic int64_t taken; /* parts that somebody has begun */
    int64_t parts;
    ambit_team_work work; /* NULL: go home */
    const void *context;

    team_member *members; /* [0] is the caller: no thread */
    int size, started;    /* members; threads that run */
};

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
        ambit_latch_wait(&team->round, round, 0);
        if (!team->work)
            return NULL;
        do_parts(team, self->number);
        if (atomic_fetch_sub(&team->busy.value, 1) == 1)
            ambit_latch_wake(&team->busy);
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
    ambit_latch_wake(&team->round);
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
        ambit_latch_wait(&team->busy, busy, 0);
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
    AMBIT_TRY(AMBIT_CHECK_LIMIT("train.threads", size, THREADS));
    ambit_team *made = aligned_alloc(AMBIT_CACHE_LINE, sizeof *made);
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
