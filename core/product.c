#include "product.h"

#include "bf16.h"

enum {
    TILE_ROWS = 512,
    TILE_COLUMNS = 640, /* least of a tile: a cut between columns costs more */
    GRAIN = 32,         /* rows and columns of tiles are multiples of it */
    MOST_TILES = 16     /* of one product */
};
static const double least_work = 2e6; /* multiplications of a tile: some 40 µs */

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

void ambit_multiply(ambit_precision precision, ambit_transposition transpose_a,
                    ambit_transposition transpose_b, int64_t m, int64_t n, int64_t k,
                    ambit_real alpha, const ambit_real *a, int64_t lda, const ambit_real *b,
                    int64_t ldb, ambit_real beta, ambit_real *c, int64_t ldc) {
    (precision == AMBIT_PRECISION_BF16 ? ambit_bf16_gemm : ambit_gemm)(
        transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void ambit_product_tile(const ambit_product *p, const ambit_tile *tile) {
    const ambit_real *a = p->a + tile->first_row * (p->transpose_a == AMBIT_PLAIN ? p->lda : 1);
    const ambit_real *b = p->b + tile->first_column * (p->transpose_b == AMBIT_PLAIN ? 1 : p->ldb);
    if (tile->rows > 0 && tile->columns > 0)
        ambit_multiply(p->precision, p->transpose_a, p->transpose_b, tile->rows, tile->columns,
                       p->k, p->alpha, a, p->lda, b, p->ldb, p->beta,
                       p->c + tile->first_row * p->ldc + tile->first_column, p->ldc);
}

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
            ambit_product_tile(p, &tile);
            return;
        }
        part -= tiles;
    }
}

void ambit_products_run(ambit_team *team, int count, const ambit_product *products) {
    const product_list list = {count, products};
    int64_t parts = 0;
    for (int i = 0; i < count; i++)
        parts += ambit_tile_count(products[i].m, products[i].n, products[i].k);
    ambit_team_run(team, parts, run_part, &list);
}
