#include "guard.h"

#include "../core/base/memory.h"
#include "internal.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TICKS_A_SECOND 10

/* What runs at this moment, for signal handlers and the thread that looks on. */
static struct {
    const ambit_plugin *_Atomic plugin; /* whose function runs; NULL: none */
    const char *_Atomic call;
    atomic_uint_fast64_t signs; /* of life, so far */
} now;

static struct {
    char place[96]; /* "[rank 1 node07] " */
    int sharers;    /* ranks that share the memory of this node */
    int plugins;    /* loaded */
    pid_t process;
    double seconds, bytes; /* limits; 0: none */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int stopping;
} guard = {.sharers = 1, .mutex = PTHREAD_MUTEX_INITIALIZER};

/* ---------------------------------------------------------------- the last words */

/* Put together without the C library's formatting, which is not for signal handlers. */
typedef struct {
    char text[1024];
    size_t used;
} sentence;

static void add(sentence *s, const char *text) {
    while (*text && s->used < sizeof s->text)
        s->text[s->used++] = *text++;
}

static void add_number(sentence *s, uint64_t number) {
    char digits[24], *digit = digits + sizeof digits;
    *--digit = '\0';
    do {
        *--digit = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    add(s, digit);
}

static sentence speak_of(const ambit_plugin *plugin) {
    sentence s = {.used = 0};
    const char *call = atomic_load(&now.call);
    add(&s, "ambit: error: ");
    add(&s, guard.place);
    add(&s, plugin->label[0] ? plugin->label : plugin->path);
    if (plugin->subject) {
        add(&s, ": ");
        add(&s, plugin->subject);
        add(&s, " ");
        add_number(&s, plugin->number);
    }
    add(&s, ": ");
    add(&s, call ? call : "");
    add(&s, " ");
    return s;
}

static void say(sentence *s) {
    add(s, "\n");
    ssize_t written = write(STDERR_FILENO, s->text, s->used);
    (void)written; /* there is no other place to say it */
}

/* Ends the process as it is: what would run at a proper exit may hang or crash now. */
_Noreturn static void leave(int code) {
    for (;;)
        syscall(SYS_exit_group, code);
}

_Noreturn static void end_after(sentence *s) {
    say(s);
    leave(ambit_exit_code(AMBIT_INTERNAL));
}

/* ---------------------------------------------------------------- exits */

/* The plugin whose function runs, in this process and not in one that it forked. */
static const ambit_plugin *running(void) {
    const ambit_plugin *plugin = atomic_load(&now.plugin);
    return plugin && getpid() == guard.process ? plugin : NULL;
}

static void refuse_exit(void) {
    const ambit_plugin *plugin = running();
    if (!plugin)
        return;
    sentence s = speak_of(plugin);
    add(&s, "ended the program; a plugin has to return, and to say by host->fail() what is wrong: "
            "ask its author");
    end_after(&s);
}

/* These stand before the C library's, which run no handler that could tell. Only what a plugin
 * calls by name comes here: exit() of the C library has a way of its own. */
AMBIT_PLUGIN_EXPORT _Noreturn void _exit(int code) {
    refuse_exit();
    leave(code);
}

AMBIT_PLUGIN_EXPORT _Noreturn void _Exit(int code) {
    _exit(code);
}

/* ---------------------------------------------------------------- crashes */

static struct {
    const int number;
    const char *const name;
    struct sigaction before;
} deadly[] = {
    {.number = SIGSEGV, .name = "SIGSEGV"}, {.number = SIGBUS, .name = "SIGBUS"},
    {.number = SIGILL, .name = "SIGILL"},   {.number = SIGFPE, .name = "SIGFPE"},
    {.number = SIGABRT, .name = "SIGABRT"}, {.number = SIGPIPE, .name = "SIGPIPE"},
};

enum { DEADLY = sizeof deadly / sizeof deadly[0], STACK = 1 << 16 };

static char spare_stack[STACK]; /* the plugin's own may be what overflowed */
static stack_t stack_before;

static void tell_signal(int number) {
    const ambit_plugin *plugin = running();
    int row = 0;
    while (row < DEADLY - 1 && deadly[row].number != number)
        row++;
    if (plugin) {
        sentence s = speak_of(plugin);
        add(&s, "ended in ");
        add(&s, deadly[row].name);
        add(&s, "; ask the plugin's author, and run it under valgrind or with a sanitizer");
        say(&s);
    }
    sigaction(number, &deadly[row].before, NULL);
    raise(number); /* comes once this handler returns */
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = tell_signal, .sa_flags = SA_ONSTACK};
    const stack_t spare = {.ss_sp = spare_stack, .ss_size = sizeof spare_stack};
    sigemptyset(&action.sa_mask);
    sigaltstack(&spare, &stack_before);
    for (int i = 0; i < DEADLY; i++) {
        sigaction(deadly[i].number, NULL, &deadly[i].before);
        if (deadly[i].before.sa_handler != SIG_IGN)
            sigaction(deadly[i].number, &action, NULL);
    }
}

static void leave_signals(void) {
    for (int i = 0; i < DEADLY; i++)
        sigaction(deadly[i].number, &deadly[i].before, NULL);
    if (stack_before.ss_sp || (stack_before.ss_flags & SS_DISABLE))
        sigaltstack(&stack_before, NULL);
}

/* ---------------------------------------------------------------- memory */

/* The program's own memory: resident pages less those of files and of windows between ranks. */
static double own_bytes(void) {
    double resident = 0, shared = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    if (fscanf(file, "%*s %lf %lf", &resident, &shared) != 2)
        resident = shared = 0;
    fclose(file);
    return (resident - shared) * (double)sysconf(_SC_PAGESIZE);
}

/* ---------------------------------------------------------------- looking on */

static void refuse_silence(const ambit_plugin *plugin) {
    sentence s = speak_of(plugin);
    add(&s, "has given no sign of life for ");
    add_number(&s, (uint64_t)guard.seconds);
    add(&s, " s; ask the plugin's author, or let it take longer by setting AMBIT_PLUGIN_SECONDS "
            "(0: no limit)");
    end_after(&s);
}

static void refuse_greed(const ambit_plugin *plugin, double bytes) {
    sentence s = speak_of(plugin);
    add(&s, "runs in a program that holds ");
    add_number(&s, (uint64_t)(bytes / 1e6));
    add(&s, " MB of memory, more than the ");
    add_number(&s, (uint64_t)(guard.bytes / 1e6));
    add(&s, " MB it may: the plugin does not release what it takes (ask its author), or it needs "
            "more, which AMBIT_PLUGIN_MEGABYTES allows");
    end_after(&s);
}

/* Time is counted in wake-ups, so that none passes while the process is stopped. What the program
 * does between the plugin's functions is not the plugin's. */
static void look(uint64_t *seen, double *quiet) {
    const uint64_t signs = atomic_load(&now.signs);
    const ambit_plugin *plugin = atomic_load(&now.plugin);
    *quiet = plugin && signs == *seen ? *quiet + 1 : 0;
    *seen = signs;
    if (!plugin)
        return;
    if (guard.seconds > 0 && *quiet >= guard.seconds * TICKS_A_SECOND)
        refuse_silence(plugin);
    const double bytes = guard.bytes > 0 ? own_bytes() : 0;
    if (bytes > guard.bytes)
        refuse_greed(plugin, bytes);
}

static void *look_on(void *nothing) {
    uint64_t seen = 0;
    double quiet = 0;
    pthread_mutex_lock(&guard.mutex);
    while (!guard.stopping) {
        struct timespec wake;
        clock_gettime(CLOCK_MONOTONIC, &wake);
        wake.tv_nsec += 1000000000 / TICKS_A_SECOND;
        wake.tv_sec += wake.tv_nsec / 1000000000;
        wake.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&guard.changed, &guard.mutex, &wake);
        look(&seen, &quiet);
    }
    pthread_mutex_unlock(&guard.mutex);
    return nothing;
}

/* A number from the environment into *value, which stays where there is none. */
static ambit_status read_variable(const char *name, double scale, double *value) {
    const char *text = getenv(name);
    char *end;
    if (!text || !*text)
        return AMBIT_OK;
    const double number = strtod(text, &end);
    if (*end != '\0' || !(number >= 0 && number <= 1e12))
        return ambit_fail(AMBIT_CONFIG, "%s: is '%s', not a number; correct it, or unset it", name,
                          text);
    *value = number * scale;
    return AMBIT_OK;
}

static ambit_status start_thread(void) {
    pthread_condattr_t monotonic;
    sigset_t every, before;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&guard.changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sigfillset(&every); /* signals are for the program's own thread */
    pthread_sigmask(SIG_SETMASK, &every, &before);
    int error = pthread_create(&guard.thread, NULL, look_on, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0 ? AMBIT_OK
                      : ambit_fail_errno(AMBIT_SYSTEM, error,
                                         "plugins: no thread to watch over them; raise the limit "
                                         "of processes (ulimit -u)");
}

ambit_status ambit_guard_start(void) {
    static int registered;
    if (guard.plugins > 0) {
        guard.plugins++;
        return AMBIT_OK;
    }
    guard.seconds = 60;
    guard.bytes = 0.75 * (double)ambit_memory_all() / guard.sharers;
    guard.process = getpid();
    AMBIT_TRY(read_variable("AMBIT_PLUGIN_SECONDS", 1, &guard.seconds));
    AMBIT_TRY(read_variable("AMBIT_PLUGIN_MEGABYTES", 1e6, &guard.bytes));
    if (!registered && (atexit(refuse_exit) != 0 || at_quick_exit(refuse_exit) != 0))
        return ambit_fail(AMBIT_SYSTEM, "plugins: no memory");
    registered = 1;
    guard.stopping = 0;
    AMBIT_TRY(start_thread());
    catch_signals();
    guard.plugins = 1;
    return AMBIT_OK;
}

void ambit_guard_stop(void) {
    pthread_mutex_lock(&guard.mutex);
    guard.stopping = --guard.plugins == 0;
    pthread_cond_signal(&guard.changed);
    pthread_mutex_unlock(&guard.mutex);
    if (guard.plugins > 0)
        return;
    leave_signals();
    pthread_join(guard.thread, NULL);
    pthread_cond_destroy(&guard.changed);
}

/* ---------------------------------------------------------------- calls */

void ambit_plugin_watch(const char *place, int sharers) {
    snprintf(guard.place, sizeof guard.place, "%s", place);
    guard.sharers = sharers > 0 ? sharers : 1;
}

void ambit_guard_enter(const ambit_plugin *plugin, const char *call) {
    atomic_store_explicit(&now.call, call, memory_order_relaxed);
    ambit_guard_sign();
    atomic_store_explicit(&now.plugin, plugin, memory_order_release);
}

void ambit_guard_leave(void) {
    atomic_store_explicit(&now.plugin, NULL, memory_order_release);
}

void ambit_guard_sign(void) {
    atomic_fetch_add_explicit(&now.signs, 1, memory_order_relaxed);
}
