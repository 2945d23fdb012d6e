#include "clock.h"

#include "status.h"
#include "vector.h"

#include <stdlib.h>
#include <time.h>

double ambit_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

AMBIT_VECTOR static void triad(int64_t count, const float *restrict a, const float *restrict b,
                               float *restrict out) {
    for (int64_t i = 0; i < count; i++)
        out[i] = a[i] + 3.0f * b[i];
}

double ambit_memory_bandwidth(void) {
    enum { ARRAYS = 3, REPEATS = 5 };
    const int64_t count = (int64_t)32 << 20;
    float *arrays;
    if (ambit_allocate(&arrays, ARRAYS * (size_t)count, sizeof *arrays, "bandwidth") != AMBIT_OK)
        return 0;
    for (int64_t i = 0; i < ARRAYS * count; i++)
        arrays[i] = (float)(i & 7);
    double best = 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        const double start = ambit_clock();
        triad(count, arrays, arrays + count, arrays + 2 * count);
        const double rate =
            (double)ARRAYS * (double)count * sizeof *arrays / (ambit_clock() - start);
        best = rate > best ? rate : best;
    }
    free(arrays);
    return best;
}
