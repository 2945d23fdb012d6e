/* A number that others wait on: threads of one process, or processes that share its memory.
 *
 * Who waits spins for some tens of microseconds, then, if asked to, lets others run in between, and
 * sleeps in the end. So a short wait costs no call of the system, and a long one no processor, also
 * where there are more who wait than cores.
 */
#ifndef AMBIT_CORE_BASE_LATCH_H
#define AMBIT_CORE_BASE_LATCH_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

enum { AMBIT_CACHE_LINE = 64 };

/* The first whole cache line of memory that begins anywhere; up to AMBIT_CACHE_LINE - 1 bytes
 * later.
 */
static inline void *ambit_first_line(void *memory) {
    const uintptr_t past = (uintptr_t)memory % AMBIT_CACHE_LINE;
    return past ? (char *)memory + (AMBIT_CACHE_LINE - past) : memory;
}

/* All zero at first. `value` is changed by whoever likes, who then calls ambit_latch_wake(). */
typedef struct {
    alignas(AMBIT_CACHE_LINE) _Atomic uint32_t value;
    _Atomic uint32_t sleepers;
} ambit_latch;

/* Returns once the value is not `value`; what was written before it changed can then be read. Lets
 * others run `yields` times before it sleeps: some 0.4 µs each where nobody else wants to. */
void ambit_latch_wait(ambit_latch *latch, uint32_t value, int yields);

/* Wakes all who sleep. */
void ambit_latch_wake(ambit_latch *latch);

#endif
