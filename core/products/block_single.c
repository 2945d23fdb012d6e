/* The kernel of single precision, in plain C that the compiler turns into 6 × 4 (AVX-512) or 6 × 2
 * (AVX2) vectors of sums in registers. Both give the same bits. */
#include "block_kernel.h"

#include <stddef.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(AMBIT_REAL_DOUBLE)

#include "block_turn.h"

#define AVX512 __attribute__((target(AMBIT_AVX512)))
#define AVX2 __attribute__((target("avx2,fma")))

/* ---- copying ---- */

enum { AHEAD = 4, LINE = 16 }; /* rows that memory is asked for ahead; floats of a cache line */

static void copy_along(int64_t count, int64_t factors, ambit_row_walk rows, int64_t step,
                       void *to) {
    float *out = to;
    for (int64_t p = 0; p < factors; p++, out += step) {
        const float *row = ambit_next_row(&rows);
        for (int64_t j = 0; j < count; j += LINE)
            AMBIT_PREFETCH(row + AHEAD * rows.stride + j);
        memcpy(out, row, (size_t)count * sizeof *out);
    }
}

AVX2 static void copy_across(int64_t count, int64_t factors, ambit_row_walk rows, int64_t step,
                             void *to) {
    for (int64_t i = 0; i < count; i += AMBIT_TURN_ROWS) {
        const int64_t taken = count - i < AMBIT_TURN_ROWS ? count - i : AMBIT_TURN_ROWS;
        const float *from[AMBIT_TURN_ROWS];
        for (int64_t r = 0; r < taken; r++)
            from[r] = ambit_next_row(&rows);
        ambit_turn_words(taken, factors, from, step, (float *)to + i);
    }
}

/* ---- the innermost loop ---- */

/* c = sums + beta·c, for a row. */
AMBIT_UNCHECKED AMBIT_INLINE void store(int64_t columns, const float *restrict sums, float beta,
                                        float *restrict c) {
    if (beta == 0)
        for (int64_t j = 0; j < columns; j++)
            c[j] = sums[j];
    else
        for (int64_t j = 0; j < columns; j++)
            c[j] = beta * c[j] + sums[j];
}

/* `rows` and `columns` are constants where this is inlined, of which `kept` columns are wanted; a
 * panel's rows are `width` long. */
AMBIT_UNCHECKED AMBIT_INLINE void tile(int rows, int columns, int width, int64_t words,
                                       const void *const *a, int64_t step, const float *restrict b,
                                       float beta, int64_t kept, float *const *c) {
    float sums[AMBIT_BLOCK_TILE_ROWS][AMBIT_BLOCK_TILE_COLUMNS];
    const float *row[AMBIT_BLOCK_TILE_ROWS];
#pragma GCC unroll 6
    for (int i = 0; i < rows; i++) {
        row[i] = a[i];
#pragma omp simd
        for (int j = 0; j < columns; j++)
            sums[i][j] = 0;
    }
    for (int64_t p = 0; p < words; p++, b += width) {
#pragma GCC unroll 6
        for (int i = 0; i < rows; i++) {
            const float factor = row[i][p * step];
#pragma omp simd
            for (int j = 0; j < columns; j++)
                sums[i][j] += factor * b[j];
        }
    }
#pragma GCC unroll 6
    for (int i = 0; i < rows; i++) {
        if (kept == columns) {
            store(columns, sums[i], beta, c[i]);
        } else {
            float all[AMBIT_BLOCK_TILE_COLUMNS];
            memcpy(all, sums[i], (size_t)columns * sizeof *all);
            store(kept, all, beta, c[i]);
        }
    }
}

/* One function a size of tile. */
#define TILE(target, name, rows, columns, width)                                                   \
    AMBIT_UNCHECKED target static void name##_##rows##_##columns(                                  \
        int64_t words, const void *const *a, int64_t step, const void *b, float beta,              \
        int64_t kept, float *const *c) {                                                           \
        tile(rows, columns, width, words, a, step, b, beta, kept, c);                              \
    }
#define WIDE(rows)                                                                                 \
    TILE(AVX512, wide, rows, 16, 64)                                                               \
    TILE(AVX512, wide, rows, 32, 64)                                                               \
    TILE(AVX512, wide, rows, 48, 64)                                                               \
    TILE(AVX512, wide, rows, 64, 64)
#define NARROW(rows)                                                                               \
    TILE(AVX2, narrow, rows, 8, 16)                                                                \
    TILE(AVX2, narrow, rows, 16, 16)
WIDE(1)
WIDE(2)
WIDE(3)
WIDE(4)
WIDE(5)
WIDE(6)
NARROW(1)
NARROW(2)
NARROW(3)
NARROW(4)
NARROW(5)
NARROW(6)

#define WIDE_NAMES(rows) wide_##rows##_16, wide_##rows##_32, wide_##rows##_48, wide_##rows##_64
#define NARROW_NAMES(rows) narrow_##rows##_8, narrow_##rows##_16
static ambit_tile_function *const wide[] = {WIDE_NAMES(1), WIDE_NAMES(2), WIDE_NAMES(3),
                                            WIDE_NAMES(4), WIDE_NAMES(5), WIDE_NAMES(6)};
static ambit_tile_function *const narrow[] = {NARROW_NAMES(1), NARROW_NAMES(2), NARROW_NAMES(3),
                                              NARROW_NAMES(4), NARROW_NAMES(5), NARROW_NAMES(6)};

const ambit_block_kernel *ambit_block_single(int bits) {
    static const ambit_block_kernel avx512 = {.name = "AVX-512",
                                              .word_factors = 1,
                                              .columns = 64,
                                              .lanes = 16,
                                              .copy_along = copy_along,
                                              .copy_across = copy_across,
                                              .tiles = wide};
    static const ambit_block_kernel avx2 = {.name = "AVX2",
                                            .word_factors = 1,
                                            .columns = 16,
                                            .lanes = 8,
                                            .copy_along = copy_along,
                                            .copy_across = copy_across,
                                            .tiles = narrow};
    const int has_fma = __builtin_cpu_supports("fma") != 0;
    if (bits == 512)
        return has_fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
                   ? &avx512
                   : NULL;
    return has_fma && __builtin_cpu_supports("avx2") ? &avx2 : NULL;
}

#else

const ambit_block_kernel *ambit_block_single(int bits) {
    (void)bits;
    return NULL;
}

#endif
