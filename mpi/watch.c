#include "watch.h"

#include "../core/base/clock.h"
#include "window.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    USUAL = 600,     /* seconds of patience */
    MOST = 10000000, /* that may be asked for */
    WORD = 20,       /* a word is said after 1/20 of it */
    WORK = 100,      /* times as much for the work of others */
    SPEAKERS = 2,    /* ranks that say it */
    MOST_NAMED = 4   /* ranks that are named */
};

static struct {
    const ambit_watch_acts *acts;
    double patience, tick; /* seconds */
    pid_t parent;          /* the launcher; 0 without one */

    pthread_mutex_t lock; /* of what follows, and of where this process keeps its phase */
    int rank;             /* as the launcher counts, until ambit_watch_share() */
    char host[64];
    int node_rank, node_size;
    const ambit_phase_line *lines; /* of the ranks of the node; NULL: not known */
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

static ambit_window window = {MPI_WIN_NULL};

/* ---------------------------------------------------------------- what is said */

/* What the system says of a process of this machine: 'T' stopped by a signal, 'Z' dead; 0: nothing.
 */
static char state_of(int64_t process) {
    char path[64], state;
    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", process);
    FILE *file = fopen(path, "re");
    const int found = file && fscanf(file, "%*d (%*[^)]) %c", &state) == 1;
    if (file)
        fclose(file);
    return found ? state : 0;
}

/* Why a process does nothing at all; NULL where there is no reason. */
static const char *reason_of(int64_t process) {
    const char state = state_of(process);
    return state == 'T' || state == 't' ? "stopped by a signal, " : state == 'Z' ? "dead, " : NULL;
}

/* The ranks of this node that do not wait themselves, which are the ones waited for. Returns how
 * many there are. */
static int name_others(char *text, size_t size) {
    size_t used = 0;
    int named = 0;
    snprintf(text, size, "%s", watch.lines ? "; all ranks of this node wait" : "");
    for (int i = 0; watch.lines && i < watch.node_size; i++) {
        const ambit_phase_line *line = &watch.lines[i];
        const char *reason = reason_of(line->process);
        if (i == watch.node_rank || (ambit_phase_waits((ambit_phase)line->phase) && !reason) ||
            named++ >= MOST_NAMED || used >= size)
            continue;
        used += (size_t)snprintf(
            text + used, size - used, ", for rank %d (process %" PRId64 ", %s%s, for %.0f s)",
            watch.rank - watch.node_rank + i, line->process, reason ? reason : "",
            ambit_phase_text((ambit_phase)line->operation), ambit_clock() - line->since);
    }
    if (named > MOST_NAMED && used < size)
        snprintf(text + used, size - used, " and %d more", named - MOST_NAMED);
    return named;
}

typedef struct {
    ambit_phase phase, operation;
    double since;
    double seconds; /* that it has lasted, without those in which this process was stopped */
    int told;
} wait;

/* "[rank 0 node07] validating: waiting for other ranks for 30 s, for rank …; END" */
static void describe(const wait *w, const char *others, const char *end, char *line, size_t size) {
    snprintf(line, size, "[rank %d %s] %s: %s for %.0f s%s; %s (AMBIT_PATIENCE)", watch.rank,
             watch.host, ambit_phase_text(w->operation), ambit_phase_text(w->phase), w->seconds,
             others, end);
}

/* ---------------------------------------------------------------- looking */

/* The first rank that ends the job ends the others: lower ones before higher ones, and those who
 * can name whom they wait for before those who cannot. */
static double lateness(int named) {
    return watch.tick * (watch.rank < 64 ? watch.rank : 64) + (named ? 0 : watch.patience / WORD);
}

static void judge(wait *w) {
    const ambit_patience patience = ambit_phase_patience(w->phase);
    const double limit = watch.patience * (patience == AMBIT_PATIENCE_WORK_OF_OTHERS ? WORK : 1);
    char others[768], line[1280], end[64];
    if (!ambit_phase_waits(w->phase) || w->seconds < limit / WORD)
        return;
    const int named = name_others(others, sizeof others);
    if (w->seconds > limit + lateness(named)) {
        describe(w, others, "that is too long, so the job ends", line, sizeof line);
        watch.acts->end(line);
    }
    if (w->told || watch.rank >= SPEAKERS)
        return;
    snprintf(end, sizeof end, "after %.0f s of it the job ends", limit);
    describe(w, others, end, line, sizeof line);
    watch.acts->say(line);
    w->told = 1;
}

static void look(wait *w) {
    const ambit_phase_line *line = ambit_phase_own();
    const double since = line->since;
    if (since != w->since)
        *w = (wait){.since = since};
    else
        w->seconds += watch.tick;
    w->phase = (ambit_phase)line->phase;
    w->operation = (ambit_phase)line->operation;
    judge(w);
}

/* Whoever started this process is there no more, which has another parent now. */
static void look_for_launcher(void) {
    if (!watch.parent || getppid() == watch.parent)
        return;
    watch.parent = 0;
    watch.patience /= WORD;
    watch.acts->orphaned();
}

static void *run(void *unused) {
    const struct timespec pause = {(time_t)watch.tick,
                                   (long)(1e9 * (watch.tick - (double)(time_t)watch.tick))};
    wait w = {0};
    (void)unused;
    for (;;) {
        nanosleep(&pause, NULL);
        look_for_launcher();
        pthread_mutex_lock(&watch.lock);
        look(&w);
        pthread_mutex_unlock(&watch.lock);
    }
    return NULL;
}

/* ---------------------------------------------------------------- beginning and end */

static ambit_status read_patience(double *patience) {
    const char *text = getenv("AMBIT_PATIENCE");
    char *end = NULL;
    *patience = text ? strtod(text, &end) : USUAL;
    if (text && (end == text || *end != '\0' || !(*patience >= 1 && *patience <= MOST)))
        return ambit_fail(AMBIT_USAGE,
                          "AMBIT_PATIENCE: \"%.64s\" is no number of seconds from 1 to %d; set it "
                          "to one, or leave it out",
                          text, (int)MOST);
    return AMBIT_OK;
}

/* Four looks before the word, but no more than one a second. */
static double choose_tick(double patience) {
    const double tick = patience / WORD / 4;
    return tick < 1 ? tick : 1;
}

ambit_status ambit_watch_start(const ambit_watch_acts *acts) {
    sigset_t all, before;
    pthread_t thread;
    AMBIT_TRY(read_patience(&watch.patience));
    watch.acts = acts;
    watch.tick = choose_tick(watch.patience);
    watch.parent = ambit_launched_rank() < 0 ? 0 : getppid();
    watch.rank = ambit_launched_rank() < 0 ? 0 : ambit_launched_rank();
    gethostname(watch.host, sizeof watch.host - 1);
    sigfillset(&all); /* signals are for the thread that works */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&thread, NULL, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return ambit_fail(AMBIT_SYSTEM,
                          "threads: the one that watches over waits could not be started (%s); "
                          "raise the limit of processes (ulimit -u)",
                          strerror(error));
    pthread_detach(thread);
    return AMBIT_OK;
}

void ambit_watch_share(const ambit_ranks *ranks) {
    const int64_t size = ranks->node_size * (int64_t)sizeof(ambit_phase_line);
    const ambit_status status = ambit_window_open(
        ranks, ranks->node, ranks->node_rank == 0 ? size : 0, 0, "phases", &window);
    ambit_phase_line *lines = status == AMBIT_OK ? ambit_window_part(&window, 0) : NULL;
    pthread_mutex_lock(&watch.lock);
    watch.rank = ranks->rank;
    watch.node_rank = ranks->node_rank;
    watch.node_size = ranks->node_size;
    if (lines)
        ambit_phase_share(&lines[ranks->node_rank]);
    pthread_mutex_unlock(&watch.lock);
    if (!lines)
        return;
    ambit_window_publish(&window, ranks->node); /* each has a line now */
    pthread_mutex_lock(&watch.lock);
    watch.lines = lines;
    pthread_mutex_unlock(&watch.lock);
}

void ambit_watch_part(void) {
    pthread_mutex_lock(&watch.lock);
    watch.lines = NULL;
    ambit_phase_share(NULL);
    pthread_mutex_unlock(&watch.lock);
    ambit_window_close(&window);
}
