/* The kernel of single precision, in plain C that the compiler turns into 6 × 4 (AVX-512) or 6 × 2
 * (AVX2) vectors of sums in registers. Both give the same bits. */
#include "block_kernel.h"

#include "vector.h"

#include <stddef.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(AMBIT_REAL_DOUBLE)

#define AVX512 __attribute__((target("arch=x86-64-v4")))
#define AVX2 __attribute__((target("arch=x86-64-v3")))

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

enum { SQUARE = 8 }; /* rows and columns that are turned in registers */

typedef float eight __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t places __attribute__((vector_size(32)));

/* Of numbers (half = 0: the lower four, 1: the upper), then of pairs, then of fours of two rows. */
#define JOIN_ONES(a, b, half)                                                                      \
    __builtin_shuffle(                                                                             \
        a, b, (half) ? (places){2, 10, 3, 11, 6, 14, 7, 15} : (places){0, 8, 1, 9, 4, 12, 5, 13})
#define JOIN_TWOS(a, b, half)                                                                      \
    __builtin_shuffle(                                                                             \
        a, b, (half) ? (places){2, 3, 10, 11, 6, 7, 14, 15} : (places){0, 1, 8, 9, 4, 5, 12, 13})
#define JOIN_FOURS(a, b, half)                                                                     \
    __builtin_shuffle(                                                                             \
        a, b, (half) ? (places){4, 5, 6, 7, 12, 13, 14, 15} : (places){0, 1, 2, 3, 8, 9, 10, 11})

/* to[p·step + i] = rows[i][p] of 8 × 8 numbers. */
AMBIT_INLINE void turn_square(const float *const *rows, int64_t first, int64_t step, float *to) {
    eight row[SQUARE], ones[SQUARE], twos[SQUARE];
#pragma GCC unroll 8
    for (int i = 0; i < SQUARE; i++)
        row[i] = *(const eight *)(rows[i] + first);
#pragma GCC unroll 4
    for (int i = 0; i < SQUARE; i += 2) {
        ones[i] = JOIN_ONES(row[i], row[i + 1], 0);
        ones[i + 1] = JOIN_ONES(row[i], row[i + 1], 1);
    }
#pragma GCC unroll 2
    for (int i = 0; i < SQUARE; i += 4) {
        twos[i] = JOIN_TWOS(ones[i], ones[i + 2], 0);
        twos[i + 1] = JOIN_TWOS(ones[i], ones[i + 2], 1);
        twos[i + 2] = JOIN_TWOS(ones[i + 1], ones[i + 3], 0);
        twos[i + 3] = JOIN_TWOS(ones[i + 1], ones[i + 3], 1);
    }
#pragma GCC unroll 4
    for (int i = 0; i < SQUARE / 2; i++) {
        *(eight *)(to + i * step) = JOIN_FOURS(twos[i], twos[i + 4], 0);
        *(eight *)(to + (i + 4) * step) = JOIN_FOURS(twos[i], twos[i + 4], 1);
    }
}

static void turn_slowly(int64_t count, int64_t first, int64_t end, const float *const *rows,
                        int64_t line, int64_t step, float *to) {
    for (int64_t i = 0; i < count; i++)
        for (int64_t p = first; p < end; p++)
            to[i * line + p * step] = rows[i][p];
}

AVX2 static void copy_across(int64_t count, int64_t factors, ambit_row_walk rows, int64_t line,
                             int64_t step, void *to) {
    const int64_t whole = line == 1 ? factors - factors % SQUARE : 0;
    float *out = to;
    for (int64_t i = 0; i < count; i += SQUARE, out += SQUARE * line) {
        const int64_t taken = count - i < SQUARE ? count - i : SQUARE;
        const int64_t turned = taken == SQUARE ? whole : 0;
        const float *from[SQUARE];
        for (int64_t r = 0; r < taken; r++)
            from[r] = ambit_next_row(&rows);
        for (int64_t p = 0; p < turned; p += SQUARE)
            turn_square(from, p, step, out + p * step);
        turn_slowly(taken, turned, factors, from, line, step, out);
    }
}

/* ---- the innermost loop ---- */

/* c = sums + beta·c, for a row. */
AMBIT_INLINE void store(int64_t columns, const float *restrict sums, float beta,
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
AMBIT_INLINE void tile(int rows, int columns, int width, int64_t words, const void *const *a,
                       int64_t step, const float *restrict b, float beta, int64_t kept,
                       float *const *c) {
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
    target static void name##_##rows##_##columns(int64_t words, const void *const *a,              \
                                                 int64_t step, const void *b, float beta,          \
                                                 int64_t kept, float *const *c) {                  \
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
NARROW(3) NARROW(4) NARROW(5) NARROW(6)

#define WIDE_NAMES(rows) wide_##rows##_16, wide_##rows##_32, wide_##rows##_48, wide_##rows##_64
#define NARROW_NAMES(rows) narrow_##rows##_8, narrow_##rows##_16
    static ambit_tile_function *const wide[] = {WIDE_NAMES(1), WIDE_NAMES(2), WIDE_NAMES(3),
                                                WIDE_NAMES(4), WIDE_NAMES(5), WIDE_NAMES(6)};
static ambit_tile_function *const narrow[] = {NARROW_NAMES(1), NARROW_NAMES(2), NARROW_NAMES(3),
                                              NARROW_NAMES(4), NARROW_NAMES(5), NARROW_NAMES(6)};

const ambit_block_kernel *ambit_block_single(int bits) {
    static const ambit_block_kernel avx512 = {.word_factors = 1,
                                              .columns = 64,
                                              .lanes = 16,
                                              .copy_along = copy_along,
                                              .copy_across = copy_across,
                                              .reads_in_place = 1,
                                              .tiles = wide};
    static const ambit_block_kernel avx2 = {.word_factors = 1,
                                            .columns = 16,
                                            .lanes = 8,
                                            .copy_along = copy_along,
                                            .copy_across = copy_across,
                                            .reads_in_place = 1,
                                            .tiles = narrow};
    if (bits == 512)
        return __builtin_cpu_supports("x86-64-v4") ? &avx512 : NULL;
    return __builtin_cpu_supports("x86-64-v3") ? &avx2 : NULL;
}

#else

const ambit_block_kernel *ambit_block_single(int bits) {
    (void)bits;
    return NULL;
}

#endif
