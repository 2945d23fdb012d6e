#include "latch.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SPINS = 2000 }; /* looks at the value at first: some tens of microseconds */

static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static int has_changed(ambit_latch *latch, uint32_t value) {
    return atomic_load_explicit(&latch->value, memory_order_acquire) != value;
}

/* The sleeper says so before it looks a last time (in the kernel), the waker changes the value
 * before it looks for sleepers: one of them sees the other. */
static void sleep_until_changed(ambit_latch *latch, uint32_t value) {
    atomic_fetch_add(&latch->sleepers, 1);
    while (atomic_load(&latch->value) == value)
        syscall(SYS_futex, &latch->value, FUTEX_WAIT, value, NULL, NULL, 0);
    atomic_fetch_sub(&latch->sleepers, 1);
}

void ambit_latch_wait(ambit_latch *latch, uint32_t value, int yields) {
    for (int spin = 0; spin < SPINS; spin++) {
        if (has_changed(latch, value))
            return;
        pause_briefly();
    }
    for (int yield = 0; yield < yields; yield++) {
        if (has_changed(latch, value))
            return;
        sched_yield();
    }
    sleep_until_changed(latch, value);
}

void ambit_latch_wake(ambit_latch *latch) {
    if (atomic_load(&latch->sleepers))
        syscall(SYS_futex, &latch->value, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}
