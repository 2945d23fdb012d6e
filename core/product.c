#include "product.h"

#include "block_product.h"
#include "few_rows.h"

#include <stddef.h>

enum {
    TILE_ROWS = 512,
    TILE_COLUMNS = 640, /* least of a tile: a cut between columns costs more */
    GRAIN = 192,        /* rows and columns of tiles are multiples of it, and of 6 and 64 */
    MOST_TILES = 16     /* of one product */
};
static const double least_work = 2e6; /* multiplications of a tile: some 40 µs */

/* ---- tiles ---- */

int64_t ambit_tile_count(int64_t m, int64_t n, int64_t k) {
    const int64_t most = m > n ? m / TILE_ROWS : n / TILE_COLUMNS;
    const double work = (double)m * (double)n * (double)k;
    int64_t count = 1; /* a power of two, so that teams of 2, 4, 8 are busy to the end */
    while (2 * count <= MOST_TILES && 2 * count <= most && work / (double)(2 * count) >= least_work)
        count *= 2;
    return count;
}

ambit_tile ambit_tile_at(int64_t m, int64_t n, int64_t k, int64_t part) {
    const int64_t count = ambit_tile_count(m, n, k), length = m > n ? m : n;
    const int64_t step = ((length + count - 1) / count + GRAIN - 1) / GRAIN * GRAIN;
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

/* NULL: the library multiplies. */
static const ambit_block_kernel *kernel_of(ambit_precision precision) {
    const ambit_block_kernel *wide = ambit_block_single(512);
    if (precision == AMBIT_PRECISION_BF16)
        return ambit_block_bf16();
    return wide ? wide : ambit_block_single(256);
}

static int is_of_few_rows(const ambit_product *p) {
    return p->precision == AMBIT_PRECISION_SINGLE && p->transpose_a == AMBIT_PLAIN &&
           p->transpose_b == AMBIT_TRANSPOSED && !p->a.group &&
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
    int count;
    const ambit_product *products;
} product_list;

static void run_part(const void *context, int64_t part, int member) {
    const product_list *list = context;
    (void)member;
    for (int i = 0; i < list->count; i++) {
        const ambit_product *p = &list->products[i];
        const int64_t tiles = ambit_tile_count(p->m, p->n, p->k);
        if (part < tiles) {
            const ambit_tile tile = ambit_tile_at(p->m, p->n, p->k, part);
            ambit_multiply_tile(p, &tile);
            return;
        }
        part -= tiles;
    }
}

void ambit_products_run(ambit_team *team, int count, const ambit_product *products) {
    const product_list list = {count, products};
    int64_t parts = 0;
    if (ambit_team_size(team) == 1 && kernel_of(AMBIT_PRECISION_SINGLE)) {
        for (int i = 0; i < count; i++)
            ambit_multiply(&products[i]);
        return; /* the cut costs a percent, and is not needed for the bits */
    }
    for (int i = 0; i < count; i++)
        parts += ambit_tile_count(products[i].m, products[i].n, products[i].k);
    ambit_team_run(team, parts, run_part, &list);
}
