/* Turns words of four bytes from rows into columns, for kernels whose B is transposed. Included by
 * block_*.c only; for processors with AVX2. */
#ifndef AMBIT_CORE_PRODUCTS_BLOCK_TURN_H
#define AMBIT_CORE_PRODUCTS_BLOCK_TURN_H

#include "../base/vector.h"

enum { AMBIT_TURN_ROWS = 8 }; /* at a time, in registers */

typedef float ambit_eight __attribute__((vector_size(32), aligned(4), may_alias));

/* Of numbers (half = 0: the lower four, 1: the upper), then of pairs, then of fours of two rows. */
#define AMBIT_JOIN_ONES(a, b, half)                                                                \
    __builtin_shufflevector(a, b, 0 + 2 * (half), 8 + 2 * (half), 1 + 2 * (half), 9 + 2 * (half),  \
                            4 + 2 * (half), 12 + 2 * (half), 5 + 2 * (half), 13 + 2 * (half))
#define AMBIT_JOIN_TWOS(a, b, half)                                                                \
    __builtin_shufflevector(a, b, 0 + 2 * (half), 1 + 2 * (half), 8 + 2 * (half), 9 + 2 * (half),  \
                            4 + 2 * (half), 5 + 2 * (half), 12 + 2 * (half), 13 + 2 * (half))
#define AMBIT_JOIN_FOURS(a, b, half)                                                               \
    __builtin_shufflevector(a, b, 0 + 4 * (half), 1 + 4 * (half), 2 + 4 * (half), 3 + 4 * (half),  \
                            8 + 4 * (half), 9 + 4 * (half), 10 + 4 * (half), 11 + 4 * (half))

/* Of 8 × 8 words from `first` on, as ambit_turn_words(). */
AMBIT_INLINE void ambit_turn_square(const float *const *rows, int64_t first, int64_t step,
                                    float *to) {
    ambit_eight row[AMBIT_TURN_ROWS], ones[AMBIT_TURN_ROWS], twos[AMBIT_TURN_ROWS];
#pragma GCC unroll 8
    for (int i = 0; i < AMBIT_TURN_ROWS; i++)
        row[i] = *(const ambit_eight *)(rows[i] + first);
#pragma GCC unroll 4
    for (int i = 0; i < AMBIT_TURN_ROWS; i += 2) {
        ones[i] = AMBIT_JOIN_ONES(row[i], row[i + 1], 0);
        ones[i + 1] = AMBIT_JOIN_ONES(row[i], row[i + 1], 1);
    }
#pragma GCC unroll 2
    for (int i = 0; i < AMBIT_TURN_ROWS; i += 4) {
        twos[i] = AMBIT_JOIN_TWOS(ones[i], ones[i + 2], 0);
        twos[i + 1] = AMBIT_JOIN_TWOS(ones[i], ones[i + 2], 1);
        twos[i + 2] = AMBIT_JOIN_TWOS(ones[i + 1], ones[i + 3], 0);
        twos[i + 3] = AMBIT_JOIN_TWOS(ones[i + 1], ones[i + 3], 1);
    }
#pragma GCC unroll 4
    for (int i = 0; i < AMBIT_TURN_ROWS / 2; i++) {
        *(ambit_eight *)(to + i * step) = AMBIT_JOIN_FOURS(twos[i], twos[i + 4], 0);
        *(ambit_eight *)(to + (i + 4) * step) = AMBIT_JOIN_FOURS(twos[i], twos[i + 4], 1);
    }
}

/* to[p·step + i] = rows[i][p] for i < count ≤ AMBIT_TURN_ROWS and p < words. */
AMBIT_INLINE void ambit_turn_words(int64_t count, int64_t words, const float *const *rows,
                                   int64_t step, float *to) {
    const int64_t whole = count == AMBIT_TURN_ROWS ? words - words % AMBIT_TURN_ROWS : 0;
    for (int64_t p = 0; p < whole; p += AMBIT_TURN_ROWS)
        ambit_turn_square(rows, p, step, to + p * step);
    for (int64_t i = 0; i < count; i++)
        for (int64_t p = whole; p < words; p++)
            to[p * step + i] = rows[i][p];
}

#endif
