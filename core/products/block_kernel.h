/* How one kind of processor multiplies small blocks of two matrices: what block_product.c is
 * written with. Included by block_*.c only.
 *
 * Numbers along the sum go in words of four bytes: one float, or two factors of bfloat16 of which
 * the first is in the low half (an odd one is paired with zero). A panel is the part of op(B) that
 * one tile of C needs: for each word along the sum, `columns` words, side by side.
 */
#ifndef AMBIT_CORE_PRODUCTS_BLOCK_KERNEL_H
#define AMBIT_CORE_PRODUCTS_BLOCK_KERNEL_H

#include "../base/real.h"

#include <stdint.h>

enum {
    AMBIT_BLOCK_TILE_ROWS = 6,     /* of C in registers */
    AMBIT_BLOCK_TILE_COLUMNS = 64, /* at most */
    AMBIT_BLOCK_WORDS = 384        /* along the sum, at most */
};

/* For tiles: what they read and write is given by sizes alone, and checking each access would take
 * sanitizers hours. */
#if defined(__GNUC__)
#define AMBIT_UNCHECKED __attribute__((no_sanitize("address", "undefined")))
#else
#define AMBIT_UNCHECKED
#endif

/* Rows of a matrix one after the other, in groups as ambit_matrix says. */
typedef struct {
    const ambit_real *row;
    int64_t stride, leap, group, left; /* leap: to the next group, from the last row of one */
} ambit_row_walk;

static inline const ambit_real *ambit_next_row(ambit_row_walk *walk) {
    const ambit_real *row = walk->row;
    const int last = --walk->left == 0;
    walk->row += last ? walk->leap : walk->stride;
    walk->left = last ? walk->group : walk->left;
    return row;
}

/* c[i][j] = Σ_p rows[i][p·step]·panel[p][j] + beta·c[i][j], p below `words`, j below `columns`; c
 * is not read where beta is 0. */
typedef void ambit_tile_function(int64_t words, const void *const *rows, int64_t step,
                                 const void *panel, ambit_real beta, int64_t columns,
                                 ambit_real *const *c);

typedef struct {
    const char *name;       /* of the processor's vectors */
    int64_t word_factors;   /* 1 or 2 */
    int64_t columns, lanes; /* of a tile of C, and how many of them a vector holds */

    /* Rows of the matrix lie along the sum: `count` numbers of each become words side by side, one
     * row of words `step` words after the other. */
    void (*copy_along)(int64_t count, int64_t factors, ambit_row_walk rows, int64_t step, void *to);
    /* Rows of the matrix lie across the sum: the factors of `count` rows become words `step` words
     * apart, the first ones side by side. */
    void (*copy_across)(int64_t count, int64_t factors, ambit_row_walk rows, int64_t step,
                        void *to);
    /* The factors of `count` rows become words side by side, the first ones `line` words apart;
     * NULL where a tile can read the rows of a plain A where they are. */
    void (*copy_lines)(int64_t count, int64_t factors, ambit_row_walk rows, int64_t line, void *to);

    /* For 1 to 6 rows, and for each of those 1 to columns/lanes vectors. */
    ambit_tile_function *const *tiles;
} ambit_block_kernel;

/* What the kernels of 512 bits are compiled for: ambit_block_single() looks for all of it. */
#define AMBIT_AVX512 "avx512f,avx512bw,avx512dq,avx512vl,fma"

/* The kernels: of single precision with vectors of 512 or 256 bits, and of bfloat16. NULL where
 * this processor, or this build, cannot. (block_single.c, block_bf16.c) */
const ambit_block_kernel *ambit_block_single(int bits);
const ambit_block_kernel *ambit_block_bf16(void);

#endif
