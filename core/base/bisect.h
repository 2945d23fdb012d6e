/* Bisection: where in a run of numbers something begins to hold. */
#ifndef AMBIT_CORE_BASE_BISECT_H
#define AMBIT_CORE_BASE_BISECT_H

#include <stdint.h>

/* The first i in [from, end) with holds(context, i), or `end` where there is none. What holds for
 * one i must hold for all that follow. */
static inline int64_t ambit_bisect(int64_t from, int64_t end,
                                   int (*holds)(const void *context, int64_t i),
                                   const void *context) {
    while (from < end) {
        const int64_t middle = from + (end - from) / 2;
        if (holds(context, middle))
            end = middle;
        else
            from = middle + 1;
    }
    return from;
}

#endif
