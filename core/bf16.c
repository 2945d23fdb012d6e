/* After Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008: blocks of
 * B and of A are copied into the order in which the innermost loop reads them, which keeps a tile
 * of 6 × 64 sums in registers. Factors along the sum go in pairs, which one instruction multiplies
 * and adds; an odd one is paired with zero. */
#include "bf16.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(AMBIT_REAL_DOUBLE)

#include <immintrin.h>
#include <stdalign.h>

#define BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define BF16_INLINE                                                                                \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"), always_inline)) static inline

enum {
    LANES = 16, /* numbers of a vector; pairs of a vector of pairs */
    TILE_ROWS = 6,
    TILE_VECTORS = 4,
    TILE_COLUMNS = TILE_VECTORS * LANES,
    BLOCK_ROWS = 192,    /* of A in cache: multiples of a tile's */
    BLOCK_COLUMNS = 512, /* of B in cache */
    BLOCK_PAIRS = 192    /* along the sum */
};

/* Two factors, the first in the low half. */
typedef uint32_t pair;

/* Blocks in the order of use, one of each a thread. */
static _Thread_local alignas(64) pair block_a[BLOCK_ROWS * BLOCK_PAIRS];
static _Thread_local alignas(64) pair block_b[BLOCK_COLUMNS * BLOCK_PAIRS];

/* A block of pairs in memory: pair p of line i is at first[i·line + p·step]. */
typedef struct {
    const pair *first;
    int64_t line, step;
} pairs;

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The multiple of `grain` that cuts `count` into the fewest even parts of at most `most`. */
static int64_t even_step(int64_t count, int64_t most, int64_t grain) {
    const int64_t parts = (count + most - 1) / most;
    return ((count + parts - 1) / parts + grain - 1) / grain * grain;
}

BF16_INLINE __mmask16 lanes(int64_t count) {
    return (__mmask16)(count >= LANES ? 0xffff : count <= 0 ? 0 : (1u << count) - 1);
}

/* ---- copying ---- */

/* Lines are rows of a matrix, factors lie side by side: `count` of them become a line of pairs, one
 * every `step` places. */
BF16_INLINE void copy_line(int64_t count, const float *from, int64_t step, pair *to) {
    const __m512i places =
        _mm512_mullo_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                           _mm512_set1_epi32((int)step));
    for (int64_t i = 0; i < count; i += 2 * LANES) {
        const __m512 low = _mm512_maskz_loadu_ps(lanes(count - i), from + i);
        const __m512 high = _mm512_maskz_loadu_ps(lanes(count - i - LANES), from + i + LANES);
        const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(high, low);
        const __mmask16 kept = lanes((count - i + 1) / 2);
        if (step == 1)
            _mm512_mask_storeu_epi32(to + i / 2, kept, both);
        else
            _mm512_mask_i32scatter_epi32(to + i / 2 * step, kept, places, both, 4);
    }
}

BF16 static void copy_lines(int64_t count, int64_t factors, const float *from, int64_t stride,
                            int64_t line, int64_t step, pair *to) {
    for (int64_t i = 0; i < count; i++)
        copy_line(factors, from + i * stride, step, to + i * line);
}

/* Lines are columns of a matrix: factors of `count` lines lie in rows, two of which become a row of
 * pairs, `step` places after the one before. */
BF16 static void copy_columns(int64_t count, int64_t factors, const float *from, int64_t stride,
                              int64_t step, pair *to) {
    const __m512i order =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    for (int64_t p = 0; p < factors; p += 2)
        for (int64_t i = 0; i < count; i += LANES) {
            const __mmask16 kept = lanes(count - i);
            const float *row = from + p * stride + i;
            const __m512 low = _mm512_maskz_loadu_ps(kept, row);
            const __m512 high =
                p + 1 < factors ? _mm512_maskz_loadu_ps(kept, row + stride) : _mm512_setzero_ps();
            const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(high, low);
            _mm512_mask_storeu_epi32(to + p / 2 * step + i, kept,
                                     _mm512_permutexvar_epi16(order, both));
        }
}

/* ---- the innermost loop ---- */

typedef struct {
    float alpha, beta;
    float *c;
    int64_t ldc;
} target;

BF16_INLINE void store(__m512 sum, const target *t, float *c, __mmask16 kept) {
    sum = _mm512_mul_ps(sum, _mm512_set1_ps(t->alpha));
    if (t->beta != 0)
        sum = _mm512_fmadd_ps(_mm512_set1_ps(t->beta), _mm512_maskz_loadu_ps(kept, c), sum);
    _mm512_mask_storeu_ps(c, kept, sum);
}

/* `rows` × `vectors` vectors of C, both constants where this is inlined; `columns` are stored. */
BF16_INLINE void tile(int rows, int vectors, int64_t count, pairs a, const pair *b, int64_t columns,
                      const target *t) {
    __m512 sum[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 6
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            sum[i][j] = _mm512_setzero_ps();
    for (int64_t p = 0; p < count; p++, b += TILE_COLUMNS) {
        __m512bh factor[TILE_VECTORS];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            factor[j] = (__m512bh)_mm512_loadu_si512(b + j * LANES);
#pragma GCC unroll 6
        for (int i = 0; i < rows; i++) {
            const __m512bh other =
                (__m512bh)_mm512_set1_epi32((int)a.first[i * a.line + p * a.step]);
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++)
                sum[i][j] = _mm512_dpbf16_ps(sum[i][j], other, factor[j]);
        }
    }
#pragma GCC unroll 6
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            store(sum[i][j], t, t->c + i * t->ldc + j * LANES, lanes(columns - j * LANES));
}

/* One function a size of tile. */
#define TILE_FUNCTION(rows, vectors)                                                               \
    BF16 static void tile_##rows##_##vectors(int64_t count, pairs a, const pair *b,                \
                                             int64_t columns, const target *t) {                   \
        tile(rows, vectors, count, a, b, columns, t);                                              \
    }
#define TILE_FUNCTIONS(rows)                                                                       \
    TILE_FUNCTION(rows, 1) TILE_FUNCTION(rows, 2) TILE_FUNCTION(rows, 3) TILE_FUNCTION(rows, 4)
TILE_FUNCTIONS(1)
TILE_FUNCTIONS(2)
TILE_FUNCTIONS(3)
TILE_FUNCTIONS(4)
TILE_FUNCTIONS(5)
TILE_FUNCTIONS(6)
#define TILE_NAMES(rows)                                                                           \
    { tile_##rows##_1, tile_##rows##_2, tile_##rows##_3, tile_##rows##_4 }
static void (*const tiles[TILE_ROWS][TILE_VECTORS])(int64_t, pairs, const pair *, int64_t,
                                                    const target *) = {
    TILE_NAMES(1), TILE_NAMES(2), TILE_NAMES(3), TILE_NAMES(4), TILE_NAMES(5), TILE_NAMES(6)};

/* ---- blocks ---- */

/* C of one block of A and one of B. */
static void multiply_blocks(int64_t rows, int64_t columns, int64_t count, pairs a, target t) {
    float *const c = t.c;
    for (int64_t j = 0; j < columns; j += TILE_COLUMNS) {
        const int64_t width = least(columns - j, TILE_COLUMNS);
        for (int64_t i = 0; i < rows; i += TILE_ROWS) {
            const int64_t height = least(rows - i, TILE_ROWS);
            const pairs part = {a.first + i * a.line, a.line, a.step};
            t.c = c + i * t.ldc + j;
            tiles[height - 1][(width - 1) / LANES](count, part, block_b + j * count, width, &t);
        }
    }
}

/* Lines … of A: rows of op(A). */
static pairs copy_a(ambit_transposition transpose, int64_t rows, int64_t factors, const float *a,
                    int64_t lda) {
    if (transpose == AMBIT_PLAIN) {
        copy_lines(rows, factors, a, lda, BLOCK_PAIRS, 1, block_a);
        return (pairs){block_a, BLOCK_PAIRS, 1};
    }
    copy_columns(rows, factors, a, lda, BLOCK_ROWS, block_a);
    return (pairs){block_a, 1, BLOCK_ROWS};
}

/* Columns of op(B), those of a tile side by side. */
static void copy_b(ambit_transposition transpose, int64_t columns, int64_t factors, const float *b,
                   int64_t ldb) {
    const int64_t count = (factors + 1) / 2;
    for (int64_t j = 0; j < columns; j += TILE_COLUMNS) {
        const int64_t width = least(columns - j, TILE_COLUMNS);
        if (transpose == AMBIT_PLAIN)
            copy_columns(width, factors, b + j, ldb, TILE_COLUMNS, block_b + j * count);
        else
            copy_lines(width, factors, b + j * ldb, ldb, 1, TILE_COLUMNS, block_b + j * count);
    }
}

void ambit_bf16_gemm(ambit_transposition transpose_a, ambit_transposition transpose_b, int64_t m,
                     int64_t n, int64_t k, ambit_real alpha, const ambit_real *a, int64_t lda,
                     const ambit_real *b, int64_t ldb, ambit_real beta, ambit_real *c,
                     int64_t ldc) {
    const int64_t a_row = transpose_a == AMBIT_PLAIN ? lda : 1, a_sum = lda + 1 - a_row;
    const int64_t b_column = transpose_b == AMBIT_PLAIN ? 1 : ldb, b_sum = ldb + 1 - b_column;
    const int64_t step = even_step(k, 2 * BLOCK_PAIRS, 2);
    for (int64_t j = 0; j < n; j += BLOCK_COLUMNS)
        for (int64_t p = 0; p < k; p += step) {
            const int64_t columns = least(n - j, BLOCK_COLUMNS);
            const int64_t factors = least(k - p, step);
            copy_b(transpose_b, columns, factors, b + j * b_column + p * b_sum, ldb);
            for (int64_t i = 0; i < m; i += BLOCK_ROWS) {
                const int64_t rows = least(m - i, BLOCK_ROWS);
                const pairs block =
                    copy_a(transpose_a, rows, factors, a + i * a_row + p * a_sum, lda);
                multiply_blocks(rows, columns, (factors + 1) / 2, block,
                                (target){alpha, p ? 1 : beta, c + i * ldc + j, ldc});
            }
        }
}

int ambit_bf16_available(void) {
    return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}

#else

int ambit_bf16_available(void) {
    return 0;
}

void ambit_bf16_gemm(ambit_transposition transpose_a, ambit_transposition transpose_b, int64_t m,
                     int64_t n, int64_t k, ambit_real alpha, const ambit_real *a, int64_t lda,
                     const ambit_real *b, int64_t ldb, ambit_real beta, ambit_real *c,
                     int64_t ldc) {
    ambit_gemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

#endif
