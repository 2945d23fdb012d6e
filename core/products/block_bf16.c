/* The kernel of bfloat16 (8 bits of precision), summed in single precision.
 *
 * Processors with AVX512-BF16 (AMD since Zen 4, Intel since Cooper Lake) multiply pairs of such
 * numbers twice as fast as single ones. Factors are rounded, to nearest and even, while they are
 * copied, so that nothing is kept in bfloat16: parameters, activations and gradients stay single.
 */
#include "block_kernel.h"

#include <stddef.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(AMBIT_REAL_DOUBLE)

#include "block_turn.h"

#include <immintrin.h>

#define BF16 __attribute__((target(AMBIT_AVX512 ",avx512bf16")))
#define BF16_INLINE BF16 __attribute__((always_inline)) static inline

enum {
    LANES = 16, /* numbers of a vector; pairs of a vector of pairs */
    TILE_ROWS = AMBIT_BLOCK_TILE_ROWS,
    TILE_COLUMNS = AMBIT_BLOCK_TILE_COLUMNS,
    TILE_VECTORS = TILE_COLUMNS / LANES
};

/* Two factors, the first in the low half. */
typedef uint32_t pair;

AMBIT_UNCHECKED BF16_INLINE __mmask16 lanes(int64_t count) {
    return (__mmask16)(count >= LANES ? 0xffff : count <= 0 ? 0 : (1u << count) - 1);
}

/* ---- copying ---- */

/* `count` factors that lie side by side become pairs. */
BF16_INLINE void copy_line(int64_t count, const float *from, pair *to) {
    for (int64_t i = 0; i < count; i += 2 * LANES) {
        const __m512 low = _mm512_maskz_loadu_ps(lanes(count - i), from + i);
        const __m512 high = _mm512_maskz_loadu_ps(lanes(count - i - LANES), from + i + LANES);
        _mm512_mask_storeu_epi32(to + i / 2, lanes((count - i + 1) / 2),
                                 (__m512i)_mm512_cvtne2ps_pbh(high, low));
    }
}

BF16 static void copy_lines(int64_t count, int64_t factors, ambit_row_walk rows, int64_t line,
                            void *to) {
    for (int64_t i = 0; i < count; i++)
        copy_line(factors, ambit_next_row(&rows), (pair *)to + i * line);
}

/* A few lines of pairs are made, and turned while they are in the first-level cache. */
BF16 static void copy_across(int64_t count, int64_t factors, ambit_row_walk rows, int64_t step,
                             void *to) {
    float lines[AMBIT_TURN_ROWS][AMBIT_BLOCK_WORDS]; /* of pairs: to be moved alone */
    for (int64_t i = 0; i < count; i += AMBIT_TURN_ROWS) {
        const int64_t taken = count - i < AMBIT_TURN_ROWS ? count - i : AMBIT_TURN_ROWS;
        const float *from[AMBIT_TURN_ROWS];
        for (int64_t r = 0; r < taken; r++) {
            copy_line(factors, ambit_next_row(&rows), (pair *)(void *)lines[r]);
            from[r] = lines[r];
        }
        ambit_turn_words(taken, (factors + 1) / 2, from, step, (float *)to + i);
    }
}

/* `count` numbers of two rows, the second of which may be NULL, become pairs. */
BF16_INLINE void copy_pairs(int64_t count, const float *first, const float *second, pair *to) {
    const __m512i order =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    for (int64_t i = 0; i < count; i += LANES) {
        const __mmask16 kept = lanes(count - i);
        const __m512 low = _mm512_maskz_loadu_ps(kept, first + i);
        const __m512 high = second ? _mm512_maskz_loadu_ps(kept, second + i) : _mm512_setzero_ps();
        const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(high, low);
        _mm512_mask_storeu_epi32(to + i, kept, _mm512_permutexvar_epi16(order, both));
    }
}

BF16 static void copy_along(int64_t count, int64_t factors, ambit_row_walk rows, int64_t step,
                            void *to) {
    pair *out = to;
    for (int64_t p = 0; p < factors; p += 2, out += step) {
        const float *first = ambit_next_row(&rows);
        copy_pairs(count, first, p + 1 < factors ? ambit_next_row(&rows) : NULL, out);
    }
}

/* ---- the innermost loop ---- */

AMBIT_UNCHECKED BF16_INLINE void store(__m512 sum, float beta, float *c, __mmask16 kept) {
    if (beta != 0)
        sum = _mm512_fmadd_ps(_mm512_set1_ps(beta), _mm512_maskz_loadu_ps(kept, c), sum);
    _mm512_mask_storeu_ps(c, kept, sum);
}

/* `rows` × `vectors` vectors of C, both constants where this is inlined. */
AMBIT_UNCHECKED BF16_INLINE void tile(int rows, int vectors, int64_t count, const void *const *a,
                                      int64_t step, const pair *b, float beta, int64_t columns,
                                      float *const *c) {
    __m512 sum[TILE_ROWS][TILE_VECTORS];
    const pair *row[TILE_ROWS];
#pragma GCC unroll 6
    for (int i = 0; i < rows; i++) {
        row[i] = a[i];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            sum[i][j] = _mm512_setzero_ps();
    }
    for (int64_t p = 0; p < count; p++, b += TILE_COLUMNS) {
        __m512bh factor[TILE_VECTORS];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            factor[j] = (__m512bh)_mm512_loadu_si512(b + j * LANES);
#pragma GCC unroll 6
        for (int i = 0; i < rows; i++) {
            const __m512bh other = (__m512bh)_mm512_set1_epi32((int)row[i][p * step]);
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++)
                sum[i][j] = _mm512_dpbf16_ps(sum[i][j], other, factor[j]);
        }
    }
#pragma GCC unroll 6
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            store(sum[i][j], beta, c[i] + j * LANES, lanes(columns - j * LANES));
}

/* One function a size of tile. */
#define TILE(rows, vectors)                                                                        \
    AMBIT_UNCHECKED BF16 static void tile_##rows##_##vectors(                                      \
        int64_t count, const void *const *a, int64_t step, const void *b, float beta,              \
        int64_t columns, float *const *c) {                                                        \
        tile(rows, vectors, count, a, step, b, beta, columns, c);                                  \
    }
#define TILES(rows) TILE(rows, 1) TILE(rows, 2) TILE(rows, 3) TILE(rows, 4)
TILES(1)
TILES(2)
TILES(3)
TILES(4)
TILES(5)
TILES(6)
#define NAMES(rows) tile_##rows##_1, tile_##rows##_2, tile_##rows##_3, tile_##rows##_4
static ambit_tile_function *const tiles[] = {NAMES(1), NAMES(2), NAMES(3),
                                             NAMES(4), NAMES(5), NAMES(6)};

const ambit_block_kernel *ambit_block_bf16(void) {
    static const ambit_block_kernel kernel = {.name = "AVX512-BF16",
                                              .word_factors = 2,
                                              .columns = TILE_COLUMNS,
                                              .lanes = LANES,
                                              .copy_along = copy_along,
                                              .copy_across = copy_across,
                                              .copy_lines = copy_lines,
                                              .tiles = tiles};
    return ambit_block_single(512) && __builtin_cpu_supports("avx512bf16") ? &kernel : NULL;
}

#else

const ambit_block_kernel *ambit_block_bf16(void) {
    return NULL;
}

#endif
