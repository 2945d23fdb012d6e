/* What a plugin must not do: ends, stops or burdens the program it runs in. For tests. */
#ifndef AMBIT_TESTS_MISBEHAVE_H
#define AMBIT_TESTS_MISBEHAVE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Deeper than any stack. */
static inline int misbehave_deeply(int levels) {
    volatile char here[4096];
    here[levels % 4096] = 1;
    return levels > 0 ? misbehave_deeply(levels - 1) + here[0] : 0;
}

static inline void misbehave_wildly(void) {
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
}

/* Keeps what it takes, in MiB; slowly enough for a machine that runs other things too. */
static inline void misbehave_greedily(int64_t mib) {
    for (int64_t i = 0; i < mib; i++) {
        char *taken = malloc(1 << 20);
        if (taken)
            memset(taken, 1, 1 << 20);
        usleep(500);
    }
}

static inline void misbehave(const char *how) {
    if (strcmp(how, "exit") == 0)
        exit(0);
    if (strcmp(how, "quick_exit") == 0)
        quick_exit(0);
    if (strcmp(how, "_exit") == 0)
        _exit(0);
    if (strcmp(how, "_Exit") == 0)
        _Exit(0);
    if (strcmp(how, "crash") == 0)
        misbehave_wildly();
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "overflow") == 0)
        misbehave_deeply(1 << 30);
    if (strcmp(how, "hang") == 0)
        for (;;)
            pause();
    if (strcmp(how, "leak") == 0)
        misbehave_greedily(INT64_MAX);
    if (strcmp(how, "drip") == 0)
        misbehave_greedily(32);
}

#endif
