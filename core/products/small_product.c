#include "small_product.h"

#include "../base/vector.h"

enum {
    PANEL = AMBIT_PANEL,
    QUAD = 4,      /* rows and columns that are turned at a time */
    MOST_ROWS = 8, /* of a tile */
    MOST_PANELS = 2,
    LENGTH = 128 /* of sums at a time, so that what tiles read again is in the first cache */
};

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* ---- panels ---- */

AMBIT_VECTOR void ambit_panels(int64_t rows, int64_t columns, const ambit_real *restrict x,
                               int64_t stride, ambit_real *restrict panels) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j += PANEL) {
            ambit_real *to = panels + j * rows + i * PANEL;
            const ambit_real *from = x + i * stride + j;
            if (columns - j >= PANEL)
                memcpy(to, from, PANEL * sizeof *to);
            else
                for (int64_t l = 0; l < PANEL; l++)
                    to[l] = l < columns - j ? from[l] : 0;
        }
}

typedef ambit_real quad
    __attribute__((vector_size(QUAD * sizeof(ambit_real)), aligned(sizeof(ambit_real)), may_alias));

/* to[j][i] = x[i][j], of 4 × 4 numbers. */
AMBIT_INLINE void turn_quads(const ambit_real *x, int64_t stride, ambit_real *to) {
    const quad a = *(const quad *)x, b = *(const quad *)(x + stride);
    const quad c = *(const quad *)(x + 2 * stride);
    const quad d = *(const quad *)(x + 3 * stride);
    const quad ab0 = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const quad ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const quad cd0 = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const quad cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(quad *)to = __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5);
    *(quad *)(to + PANEL) = __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7);
    *(quad *)(to + 2 * PANEL) = __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5);
    *(quad *)(to + 3 * PANEL) = __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7);
}

AMBIT_VECTOR void ambit_transposed_panels(int64_t rows, int64_t columns,
                                          const ambit_real *restrict x, int64_t stride,
                                          ambit_real *restrict panels) {
    const int64_t whole_rows = rows / QUAD * QUAD, whole_columns = columns / QUAD * QUAD;
    for (int64_t i = 0; i < ambit_panel_columns(rows); i += QUAD) {
        ambit_real *to = panels + i / PANEL * PANEL * columns + i % PANEL;
        const int64_t whole = i < whole_rows ? whole_columns : 0;
        for (int64_t j = 0; j < whole; j += QUAD)
            turn_quads(x + i * stride + j, stride, to + j * PANEL);
        for (int64_t j = whole; j < columns; j++)
            for (int64_t l = 0; l < QUAD; l++)
                to[j * PANEL + l] = i + l < rows ? x[(i + l) * stride + j] : 0;
    }
}

/* ---- tiles ---- */

/* C of `rows` × `width` numbers, both constants where this is inlined, so that the sums stay in
 * registers. Rows that A does not have are its last one again. */
AMBIT_INLINE void tile(int rows, int width, int64_t k, ambit_strided a, int64_t last_row,
                       const ambit_real *restrict b, int64_t panel, ambit_real alpha, int add,
                       ambit_real *restrict c, int64_t ldc) {
    ambit_real sums[MOST_ROWS][MOST_PANELS * PANEL];
    const ambit_real *at[MOST_ROWS];
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
        at[i] = a.first + least(i, last_row) * a.row;
#pragma omp simd
        for (int j = 0; j < width; j++)
            sums[i][j] = 0;
    }
    int64_t p = 0;
    do { /* at least once: a loop that may not run keeps the sums in memory */
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
            for (int j = 0; j < width; j += PANEL)
#pragma omp simd
                for (int l = 0; l < PANEL; l++)
                    sums[i][j + l] += at[i][p * a.column] * b[j / PANEL * panel + p * PANEL + l];
    } while (++p < k);
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma omp simd
        for (int j = 0; j < width; j++)
            c[i * ldc + j] = add ? c[i * ldc + j] + alpha * sums[i][j] : alpha * sums[i][j];
}

/* One function a size of tile. Its arguments are scalars: a structure is copied to the stack in
 * other pieces than it is read in, which waits until all stores before it are done. */
typedef void tile_function(int64_t k, const ambit_real *a, int64_t row, int64_t column,
                           int64_t last_row, const ambit_real *b, int64_t panel, ambit_real alpha,
                           int add, ambit_real *c, int64_t ldc);

#define TILE_FUNCTION(rows, panels)                                                                \
    AMBIT_VECTOR static void tile_##rows##_##panels(                                               \
        int64_t k, const ambit_real *a, int64_t row, int64_t column, int64_t last_row,             \
        const ambit_real *b, int64_t panel, ambit_real alpha, int add, ambit_real *c,              \
        int64_t ldc) {                                                                             \
        tile(rows, (panels)*PANEL, k, (ambit_strided){a, row, column}, last_row, b, panel, alpha,  \
             add, c, ldc);                                                                         \
    }
TILE_FUNCTION(8, 2)
TILE_FUNCTION(8, 1)
TILE_FUNCTION(4, 1)

typedef struct {
    int rows, panels;
    tile_function *multiply;
} shape;

static const shape wide = {8, 2, tile_8_2}, high = {8, 1, tile_8_1}, low = {4, 1, tile_4_1};

/* Whether registers hold 16 numbers, and there are 32 of them; otherwise there are 16 of 8. */
static int registers_are_large(void) {
#if defined(__x86_64__) && defined(__GNUC__)
    return __builtin_cpu_supports("avx512vl") != 0;
#else
    return 0;
#endif
}

static const shape *shape_for(int large, int64_t panels) {
    return !large ? &low : panels >= wide.panels ? &wide : &high;
}

static void copy(int64_t rows, int64_t columns, const ambit_real *from, int64_t stride,
                 ambit_real *to, int64_t to_stride) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            to[i * to_stride + j] = from[i * stride + j];
}

/* A tile of which C has `rows` rows and `columns` columns, or more. One that C has not all of is
 * computed aside, in the same way. */
static void multiply_tile(const shape *s, int64_t rows, int64_t columns, int64_t k,
                          const ambit_real *a, int64_t row, int64_t column, const ambit_real *b,
                          int64_t panel, ambit_real alpha, int add, ambit_real *c, int64_t ldc) {
    const int64_t width = s->panels * PANEL;
    if (rows >= s->rows && columns >= width) {
        s->multiply(k, a, row, column, rows - 1, b, panel, alpha, add, c, ldc);
        return;
    }
    ambit_real aside[MOST_ROWS * MOST_PANELS * PANEL] = {0};
    const int64_t height = least(rows, s->rows);
    columns = least(columns, width);
    if (add)
        copy(height, columns, c, ldc, aside, width);
    s->multiply(k, a, row, column, rows - 1, b, panel, alpha, add, aside, width);
    copy(height, columns, aside, width, c, ldc);
}

void ambit_small_product(int64_t m, int64_t n, int64_t k, ambit_real alpha, ambit_strided a,
                         const ambit_real *panels, int add, ambit_real *c, int64_t ldc) {
    const int large = registers_are_large();
    const shape *s;
    for (int64_t p = 0; p < k; p += LENGTH)
        for (int64_t j = 0; j < n; j += s->panels * PANEL) {
            s = shape_for(large, (n - j + PANEL - 1) / PANEL);
            for (int64_t i = 0; i < m; i += s->rows)
                multiply_tile(s, m - i, n - j, least(k - p, LENGTH),
                              a.first + i * a.row + p * a.column, a.row, a.column,
                              panels + j * k + p * PANEL, k * PANEL, alpha, add || p > 0,
                              c + i * ldc + j, ldc);
        }
}
