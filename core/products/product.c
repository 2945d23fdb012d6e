#include "product.h"

#include "../base/clock.h"
#include "../base/status.h"
#include "block_product.h"
#include "few_rows.h"

#include <math.h>
#include <stdlib.h>

/* ---- kernels ---- */

/* NULL: the library multiplies. */
static const ambit_block_kernel *kernel_of(ambit_precision precision) {
    const ambit_block_kernel *wide = ambit_block_single(512);
    if (precision == AMBIT_PRECISION_BF16)
        return ambit_block_bf16();
    return wide ? wide : ambit_block_single(256);
}

/* ---- tiles ---- */

/* How finely products may be cut: least rows and columns of a tile, and least multiplications (some
 * tens of microseconds). Ours give the same bits for any cut, the library's for one cut alone. */
typedef struct {
    int64_t rows, columns;
    double work;
} fineness;

static const fineness ours = {96, 128, 1e6}, library = {512, 640, 2e6};

enum { MOST_TILES = 16 }; /* by the library */

int64_t ambit_tile_count(const ambit_team *team, int64_t m, int64_t n, int64_t k) {
    const int free = kernel_of(AMBIT_PRECISION_SINGLE) != NULL;
    const fineness *least = free ? &ours : &library;
    const int64_t team_size = ambit_team_size(team);
    const int64_t most_tiles = !free ? MOST_TILES : team_size > 1 ? 2 * team_size : 1;
    const int64_t most = m > n ? m / least->rows : n / least->columns;
    const double work = (double)m * (double)n * (double)k;
    int64_t count = 1; /* a power of two, so that teams of 2, 4, 8 are busy to the end */
    while (2 * count <= most_tiles && 2 * count <= most &&
           work / (double)(2 * count) >= least->work)
        count *= 2;
    return count;
}

/* Whole tiles of the kernels, where that is possible. */
ambit_tile ambit_tile_at(int64_t m, int64_t n, int64_t count, int64_t part) {
    const int64_t grain = m > n ? 48 : 64, length = m > n ? m : n;
    const int64_t step = ((length + count - 1) / count + grain - 1) / grain * grain;
    const int64_t first = part * step < length ? part * step : length;
    const int64_t size = part == count - 1 || length - first < step ? length - first : step;
    return m > n ? (ambit_tile){first, size, 0, n} : (ambit_tile){0, m, first, size};
}

/* ---- by OpenBLAS ---- */

static void multiply_even(const ambit_product *p, const ambit_tile *tile) {
    const ambit_real *a = p->transpose_a == AMBIT_PLAIN ? ambit_matrix_row(&p->a, tile->first_row)
                                                        : p->a.data + tile->first_row;
    const ambit_real *b = p->transpose_b == AMBIT_PLAIN
                              ? p->b.data + tile->first_column
                              : ambit_matrix_row(&p->b, tile->first_column);
    ambit_gemm(p->transpose_a, p->transpose_b, tile->rows, tile->columns, p->k, 1, a, p->a.stride,
               b, p->b.stride, p->beta,
               ambit_matrix_row(&p->c, tile->first_row) + tile->first_column, p->c.stride);
}

/* The rows that have one place in their groups, which are evenly spaced. */
static ambit_matrix rows_of_place(const ambit_matrix *matrix, int64_t place) {
    return (ambit_matrix){.data = matrix->data + place * matrix->stride, .stride = matrix->jump};
}

static void multiply_grouped(const ambit_product *p) {
    const int64_t group = p->a.group;
    const int summed = p->transpose_a == AMBIT_TRANSPOSED;
    for (int64_t place = 0; place < group; place++) {
        ambit_product even = *p;
        even.a = rows_of_place(&p->a, place);
        if (summed) {
            even.b = rows_of_place(&p->b, place);
            even.k = p->k / group;
            even.beta = place > 0 ? 1 : p->beta;
        } else {
            even.c = rows_of_place(&p->c, place);
            even.m = p->m / group;
        }
        multiply_even(&even, &(ambit_tile){0, even.m, 0, even.n});
    }
}

/* ---- choosing ---- */

int ambit_bf16_available(void) {
    return ambit_block_bf16() != NULL;
}

const char *ambit_product_kernel(void) {
    const ambit_block_kernel *kernel = kernel_of(AMBIT_PRECISION_SINGLE);
    return kernel ? kernel->name : "OpenBLAS";
}

static int is_of_few_rows(const ambit_product *p) {
    return p->transpose_a == AMBIT_PLAIN && p->transpose_b == AMBIT_TRANSPOSED && !p->a.group &&
           ambit_few_rows_pays(p->m, p->n, p->k);
}

static void multiply_few_rows(const ambit_product *p, const ambit_tile *tile) {
    ambit_few_rows(tile->rows, tile->columns, p->k, ambit_matrix_row(&p->a, tile->first_row),
                   p->a.stride, ambit_matrix_row(&p->b, tile->first_column), p->b.stride, p->beta,
                   ambit_matrix_row(&p->c, tile->first_row) + tile->first_column, p->c.stride);
}

void ambit_multiply_tile(const ambit_product *p, const ambit_tile *tile) {
    const ambit_block_kernel *kernel = kernel_of(p->precision);
    if (tile->rows < 1 || tile->columns < 1)
        return;
    if (kernel && !is_of_few_rows(p)) {
        ambit_block_multiply(kernel, p, tile);
        return;
    }
    if (is_of_few_rows(p))
        multiply_few_rows(p, tile);
    else if (p->a.group)
        multiply_grouped(p);
    else
        multiply_even(p, tile);
    if (p->finish)
        p->finish(p->context, tile);
}

void ambit_multiply(const ambit_product *p) {
    ambit_multiply_tile(p, &(ambit_tile){0, p->m, 0, p->n});
}

/* ---- a team ---- */

typedef struct {
    const ambit_team *team;
    int count;
    const ambit_product *products;
} product_list;

static void run_part(const void *context, int64_t part, int member) {
    const product_list *list = context;
    (void)member;
    for (int i = 0; i < list->count; i++) {
        const ambit_product *p = &list->products[i];
        const int64_t tiles = ambit_tile_count(list->team, p->m, p->n, p->k);
        if (part < tiles) {
            const ambit_tile tile = ambit_tile_at(p->m, p->n, tiles, part);
            ambit_multiply_tile(p, &tile);
            return;
        }
        part -= tiles;
    }
}

void ambit_products_run(ambit_team *team, int count, const ambit_product *products) {
    const product_list list = {team, count, products};
    int64_t parts = 0;
    for (int i = 0; i < count; i++)
        parts += ambit_tile_count(team, products[i].m, products[i].n, products[i].k);
    ambit_team_run(team, parts, run_part, &list);
}

/* ---- the peak ---- */

double ambit_product_peak(void) {
    enum { SIZE = 1024, REPEATS = 8 };
    ambit_real *matrices;
    double least = HUGE_VAL;
    if (ambit_allocate(&matrices, 3 * (size_t)SIZE * SIZE, sizeof *matrices, "peak") != AMBIT_OK)
        return 0;
    for (int64_t i = 0; i < 2 * (int64_t)SIZE * SIZE; i++)
        matrices[i] = (ambit_real)(i % 7 - 3);
    const ambit_product product = {.m = SIZE,
                                   .n = SIZE,
                                   .k = SIZE,
                                   .a = {matrices, SIZE, 0, 0},
                                   .b = {matrices + (int64_t)SIZE * SIZE, SIZE, 0, 0},
                                   .c = {matrices + 2 * (int64_t)SIZE * SIZE, SIZE, 0, 0}};
    const ambit_tile whole = {0, SIZE, 0, SIZE};
    for (int repeat = 0; repeat < 2 * REPEATS; repeat++) {
        const double start = ambit_clock();
        if (repeat % 2 == 0)
            multiply_even(&product, &whole);
        else
            ambit_multiply(&product);
        least = fmin(least, ambit_clock() - start);
    }
    free(matrices);
    return 2.0 * SIZE * SIZE * SIZE / least;
}
