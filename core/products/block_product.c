#include "block_product.h"

#include "../base/vector.h"

#include <stdalign.h>
#include <stddef.h>

enum {
    TILE_ROWS = AMBIT_BLOCK_TILE_ROWS,
    BLOCK_ROWS = 192,    /* of A */
    BLOCK_COLUMNS = 512, /* of B */
    BLOCK_WORDS = AMBIT_BLOCK_WORDS
};

typedef union {
    float single;
    uint32_t pair;
} word;

/* Blocks in the order of use, one of each a thread. */
static _Thread_local alignas(64) word block_a[BLOCK_ROWS * BLOCK_WORDS];
static _Thread_local alignas(64) word block_b[BLOCK_COLUMNS * BLOCK_WORDS];

/* Part of a product: of a tile of C, the rows, columns and factors in work. */
typedef struct {
    const ambit_block_kernel *kernel;
    const ambit_product *product;
    ambit_tile part;
    int64_t first_factor, factors, words;
} block;

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The multiple of `grain` that cuts `count` into the fewest even parts of at most `most`. */
static int64_t even_step(int64_t count, int64_t most, int64_t grain) {
    const int64_t parts = (count + most - 1) / most;
    return ((count + parts - 1) / parts + grain - 1) / grain * grain;
}

/* ---- copying ---- */

/* From row `first` on, column `column`. */
static ambit_row_walk walk_rows(const ambit_matrix *matrix, int64_t first, int64_t column) {
    const int64_t group = matrix->group;
    return (ambit_row_walk){.row = ambit_matrix_row(matrix, first) + column,
                            .stride = matrix->stride,
                            .leap = matrix->jump - (group - 1) * matrix->stride,
                            .group = group,
                            .left = group ? group - first % group : -1};
}

/* Panel after panel. */
static void copy_b(const block *b) {
    const ambit_block_kernel *kernel = b->kernel;
    const ambit_product *p = b->product;
    for (int64_t j = 0; j < b->part.columns; j += kernel->columns) {
        const int64_t width = least(b->part.columns - j, kernel->columns);
        const int64_t column = b->part.first_column + j;
        word *panel = block_b + j * b->words;
        if (p->transpose_b == AMBIT_PLAIN)
            kernel->copy_along(width, b->factors, walk_rows(&p->b, b->first_factor, column),
                               kernel->columns, panel);
        else
            kernel->copy_across(width, b->factors, walk_rows(&p->b, column, b->first_factor),
                                kernel->columns, panel);
    }
}

/* Where the rows of op(A) are that a tile reads, and how far apart the words of a row. */
typedef struct {
    int copied, across; /* across: words of a row lie side by side */
    int64_t step;
} rows_of_a;

static rows_of_a copy_a(const block *b) {
    const ambit_block_kernel *kernel = b->kernel;
    const ambit_product *p = b->product;
    const int64_t first = b->part.first_row, rows = b->part.rows;
    if (p->transpose_a == AMBIT_TRANSPOSED) {
        kernel->copy_along(rows, b->factors, walk_rows(&p->a, b->first_factor, first), BLOCK_ROWS,
                           block_a);
        return (rows_of_a){1, 0, BLOCK_ROWS};
    }
    if (kernel->copy_lines)
        kernel->copy_lines(rows, b->factors, walk_rows(&p->a, first, b->first_factor), BLOCK_WORDS,
                           block_a);
    return (rows_of_a){kernel->copy_lines != NULL, 1, 1};
}

/* Row i of the block. */
static const void *row_of_a(const block *b, const rows_of_a *a, int64_t i) {
    if (a->copied)
        return block_a + i * (a->across ? BLOCK_WORDS : 1);
    return ambit_matrix_row(&b->product->a, b->part.first_row + i) + b->first_factor;
}

/* ---- multiplying ---- */

/* C is wanted when the tile is done: asking now hides the way from memory. */
static void ask_for(int64_t rows, int64_t columns, ambit_real *const *c) {
    enum { LINE = 16 };
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j += LINE)
            AMBIT_PREFETCH(c[i] + j);
}

/* Rows i … i + height of a block: tile after tile. */
static void multiply_rows(const block *b, const rows_of_a *a, int64_t i, int64_t height) {
    const ambit_block_kernel *kernel = b->kernel;
    const int64_t vectors = kernel->columns / kernel->lanes;
    const ambit_real beta = b->first_factor > 0 ? 1 : (ambit_real)b->product->beta;
    const void *rows[TILE_ROWS];
    ambit_real *c[TILE_ROWS];
    for (int64_t r = 0; r < height; r++) {
        rows[r] = row_of_a(b, a, i + r);
        c[r] = ambit_matrix_row(&b->product->c, b->part.first_row + i + r) + b->part.first_column;
    }
    for (int64_t j = 0; j < b->part.columns; j += kernel->columns) {
        const int64_t width = least(b->part.columns - j, kernel->columns);
        ask_for(height, width, c);
        kernel->tiles[(height - 1) * vectors + (width - 1) / kernel->lanes](
            b->words, rows, a->step, block_b + j * b->words, beta, width, c);
        for (int64_t r = 0; r < height; r++)
            c[r] += width;
    }
}

/* C of one block of A and one of B. */
static void multiply_block(const block *b, int last) {
    const rows_of_a a = copy_a(b);
    for (int64_t i = 0; i < b->part.rows; i += TILE_ROWS) {
        const int64_t height = least(b->part.rows - i, TILE_ROWS);
        multiply_rows(b, &a, i, height);
        const ambit_tile done = {b->part.first_row + i, height, b->part.first_column,
                                 b->part.columns};
        if (last && b->product->finish)
            b->product->finish(b->product->context, &done);
    }
}

/* Columns of C from block_b and all rows of A. */
static void multiply_columns(block b, const ambit_tile *tile) {
    const int last = b.first_factor + b.factors == b.product->k;
    const int64_t step = even_step(tile->rows, BLOCK_ROWS, TILE_ROWS);
    copy_b(&b);
    for (int64_t i = 0; i < tile->rows; i += step) {
        b.part.first_row = tile->first_row + i;
        b.part.rows = least(tile->rows - i, step);
        multiply_block(&b, last);
    }
}

void ambit_block_multiply(const ambit_block_kernel *kernel, const ambit_product *product,
                          const ambit_tile *tile) {
    const int64_t grain = kernel->word_factors;
    const int64_t columns = even_step(tile->columns, BLOCK_COLUMNS, kernel->columns);
    const int64_t factors = even_step(product->k, grain * BLOCK_WORDS, grain);
    block b = {.kernel = kernel, .product = product};
    for (int64_t j = 0; j < tile->columns; j += columns)
        for (int64_t p = 0; p < product->k; p += factors) {
            b.part.first_column = tile->first_column + j;
            b.part.columns = least(tile->columns - j, columns);
            b.first_factor = p;
            b.factors = least(product->k - p, factors);
            b.words = (b.factors + grain - 1) / grain;
            multiply_columns(b, tile);
        }
}
