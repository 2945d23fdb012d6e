/* Products by each kernel that this processor has: exact where the numbers are, for every remainder
 * of a tile, with rows in groups and as tiles of a larger product; bfloat16 rounded to nearest and
 * even, within the bound that rounding gives; `finish` told of each number once; and shared by a
 * team. */
#include "core/base/rng.h"
#include "core/products/block_product.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST = 700, ROOM = LONGEST * (LONGEST + 4) };

static float a[ROOM], b[ROOM], c[ROOM];

typedef struct {
    int64_t m, n, k;
} sizes;

/* Every remainder of a tile and its vectors, odd sums, and sizes beyond a block. */
static const sizes shapes[] = {{1, 1, 1},     {6, 64, 2},     {5, 63, 3},      {7, 65, 31},
                               {4, 17, 32},   {3, 48, 33},    {2, 100, 64},    {13, 33, 77},
                               {192, 9, 384}, {193, 65, 385}, {199, 513, 129}, {20, 600, 700}};

typedef enum { LIBRARY, NARROW, WIDE, PAIRS, WAYS } way;

static const ambit_block_kernel *kernel_of(way kind) {
    return kind == PAIRS ? ambit_block_bf16() : ambit_block_single(kind == WIDE ? 512 : 256);
}

static int can(way kind) {
    return kind == LIBRARY || kernel_of(kind);
}

/* LIBRARY is whatever ambit_multiply() chooses. */
static void multiply(way kind, const ambit_product *p) {
    if (kind == LIBRARY)
        ambit_multiply(p);
    else
        ambit_block_multiply(kernel_of(kind), p, &(ambit_tile){0, p->m, 0, p->n});
}

static void fill(float *values, int64_t count, uint64_t index) {
    ambit_rng rng = ambit_rng_open(7, AMBIT_STREAM_TESTS, index);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)ambit_rng_normal(&rng);
}

static void fill_integers(float *values, int64_t count, uint64_t index) {
    ambit_rng rng = ambit_rng_open(8, AMBIT_STREAM_TESTS, index);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)((int)(17 * ambit_rng_uniform(&rng)) - 8);
}

/* Matrices whose rows lie a few numbers further apart than they are long. */
static ambit_product product_of(const sizes *s, int kind, float beta) {
    const int ta = kind & 1, tb = kind >> 1;
    return (ambit_product){.transpose_a = ta ? AMBIT_TRANSPOSED : AMBIT_PLAIN,
                           .transpose_b = tb ? AMBIT_TRANSPOSED : AMBIT_PLAIN,
                           .m = s->m,
                           .n = s->n,
                           .k = s->k,
                           .a = {a, (ta ? s->m : s->k) + 1, 0, 0},
                           .b = {b, (tb ? s->k : s->n) + 2, 0, 0},
                           .beta = beta,
                           .c = {c, s->n + 3, 0, 0}};
}

static double sum_at(const ambit_product *p, int64_t row, int64_t column) {
    double sum = 0;
    for (int64_t i = 0; i < p->k; i++) {
        const double x = (double)(p->transpose_a ? ambit_matrix_row(&p->a, i)[row]
                                                 : ambit_matrix_row(&p->a, row)[i]);
        const double y = (double)(p->transpose_b ? ambit_matrix_row(&p->b, column)[i]
                                                 : ambit_matrix_row(&p->b, i)[column]);
        sum += x * y;
    }
    return sum;
}

/* ---- exact ---- */

/* Small integers are exact in bfloat16 and their sums in single precision, so the product is. What
 * lies between the rows of C stays, and beta = 0 reads nothing of it. */
static void check_exact(way kind, const ambit_product *p) {
    const float before = p->beta == 0 ? NAN : 5;
    for (int64_t i = 0; i < ROOM; i++)
        c[i] = before;
    multiply(kind, p);
    for (int64_t row = 0; row < p->m; row++)
        for (int64_t column = 0; column < p->n; column++) {
            const double expected =
                sum_at(p, row, column) + (p->beta == 0 ? 0 : 5 * (double)p->beta);
            float *found = ambit_matrix_row(&p->c, row) + column;
            if ((double)*found != expected)
                fail_msg("way %d: %d × %d × %d, transposed %d %d, at %d, %d: %g instead of %g",
                         (int)kind, (int)p->m, (int)p->n, (int)p->k, (int)p->transpose_a,
                         (int)p->transpose_b, (int)row, (int)column, (double)*found, expected);
            *found = before;
        }
    for (int64_t i = 0; i < ROOM; i++)
        assert_true(p->beta == 0 ? isnan(c[i]) : c[i] == before);
}

static void test_exact(void **state) {
    (void)state;
    fill_integers(a, ROOM, 1);
    fill_integers(b, ROOM, 2);
    for (way w = 0; w < WAYS; w++)
        for (size_t i = 0; can(w) && i < sizeof shapes / sizeof shapes[0]; i++)
            for (int kind = 0; kind < 4; kind++)
                for (int beta = 0; beta < 4; beta += 3) {
                    const ambit_product p = product_of(&shapes[i], kind, (float)beta);
                    check_exact(w, &p);
                }
}

/* Sequences of 7 rows of which 5 take part, of A and C; and, summed, of A and B. So many that
 * blocks begin within a sequence. */
static void test_groups(void **state) {
    enum { SEQUENCES = 161, TOKENS = 7, TAKEN = 5, WIDTH = 70 };
    const int64_t jump = TOKENS * WIDTH;
    (void)state;
    fill_integers(a, ROOM, 3);
    fill_integers(b, ROOM, 4);
    for (way w = 0; w < WAYS; w++) {
        ambit_product rows = {.transpose_b = AMBIT_TRANSPOSED,
                              .m = SEQUENCES * TAKEN,
                              .n = 41,
                              .k = 37,
                              .a = {a + 5, WIDTH, TAKEN, jump},
                              .b = {b, 50, 0, 0},
                              .beta = 2,
                              .c = {c + 9, WIDTH, TAKEN, jump}};
        ambit_product sums = {.transpose_a = AMBIT_TRANSPOSED,
                              .m = 33,
                              .n = 68,
                              .k = SEQUENCES * TAKEN,
                              .a = {a + 5, WIDTH, TAKEN, jump},
                              .b = {b + 2, WIDTH, TAKEN, jump},
                              .c = {c, 70, 0, 0}};
        if (can(w)) {
            check_exact(w, &rows);
            rows.transpose_b = AMBIT_PLAIN;
            check_exact(w, &rows);
            check_exact(w, &sums);
        }
    }
}

/* ---- rounded ---- */

/* Kernels of one precision give the same bits, and any tile those of the whole. */
static void test_same_bits(void **state) {
    const sizes s = {200, 600, 500};
    const ambit_product p = product_of(&s, 2, 0);
    const size_t bytes = (size_t)(s.m * p.c.stride) * sizeof *c;
    static float whole[ROOM];
    (void)state;
    fill(a, ROOM, 5);
    fill(b, ROOM, 6);
    for (way w = NARROW; w < WAYS; w++) {
        const ambit_tile part = {13, 100, 70, 333};
        if (!can(w))
            continue;
        memset(c, 0, bytes);
        multiply(w, &p);
        if (w == WIDE)
            assert_memory_equal(c, whole, bytes);
        memcpy(whole, c, bytes);
        for (int64_t row = part.first_row; row < part.first_row + part.rows; row++)
            memset(c + row * p.c.stride + part.first_column, 0, (size_t)part.columns * sizeof *c);
        ambit_block_multiply(kernel_of(w), &p, &part);
        assert_memory_equal(c, whole, bytes);
    }
}

/* The nearest number of bfloat16, to even. */
static float round_to_bf16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* A factor at i of the sum, zero beyond its end. */
static float factor_at(way kind, const float *row, int64_t i, int64_t k) {
    const float x = i < k ? row[i] : 0;
    return kind == PAIRS ? round_to_bf16(x) : x;
}

/* Σ first ≤ i < end of x[i]·y[i], each product added without being rounded before; of a pair, the
 * second first, as the instruction is defined. */
static float sum_in_order(way kind, const float *x, const float *y, int64_t first, int64_t end) {
    const int64_t word = kind == PAIRS ? 2 : 1;
    float sum = 0;
    for (int64_t i = first; i < end; i += word)
        for (int64_t l = i + word - 1; l >= i; l--)
            sum = fmaf(factor_at(kind, x, l, end), factor_at(kind, y, l, end), sum);
    return sum;
}

/* Bits follow from the order of additions alone, so every compiler gives the same: parts of a sum
 * as long as a block, the least even ones, are added to beta·C one after the other. */
static void test_order(void **state) {
    const sizes s = {13, 70, 2000};
    const ambit_product p = product_of(&s, 2, -0.7f);
    static float before[ROOM];
    (void)state;
    fill(a, ROOM, 8);
    fill(b, ROOM, 9);
    fill(before, ROOM, 10);
    for (way w = NARROW; w < WAYS; w++) {
        const int64_t part = w == PAIRS ? 668 : 334; /* 2000 in 3 and in 6 */
        if (!can(w))
            continue;
        memcpy(c, before, sizeof c);
        multiply(w, &p);
        for (int64_t row = 0; row < s.m; row++)
            for (int64_t column = 0; column < s.n; column++) {
                const float *x = ambit_matrix_row(&p.a, row), *y = ambit_matrix_row(&p.b, column);
                float sum = before[row * p.c.stride + column];
                for (int64_t i = 0; i < s.k; i += part) {
                    const float more = sum_in_order(w, x, y, i, i + part < s.k ? i + part : s.k);
                    sum = fmaf(i ? 1 : p.beta, sum, more);
                }
                assert_memory_equal(ambit_matrix_row(&p.c, row) + column, &sum, sizeof sum);
            }
    }
}

/* 1 + 2⁻⁸ lies between 1 and 1 + 2⁻⁷, and 1 + 3·2⁻⁸ between that and 1 + 2⁻⁶. */
static void test_rounding(void **state) {
    static const float rows[][2] = {
        {1.00390625f, 1}, {1.01171875f, 1.015625f}, {1.004f, 1.0078125f}, {-1.00390625f, -1}};
    const sizes one = {1, 1, 1};
    const ambit_product p = product_of(&one, 0, 0);
    (void)state;
    if (!can(PAIRS)) {
        print_message("this processor has no products of bfloat16\n");
        skip();
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        a[0] = rows[i][0];
        b[0] = 1;
        multiply(PAIRS, &p);
        assert_true(c[0] == rows[i][1]);
        b[0] = a[0];
        a[0] = 1;
        multiply(PAIRS, &p);
        assert_true(c[0] == rows[i][1]);
    }
}

/* The error of a sum of k factors, each rounded by at most `unit` of itself and the sum at each
 * addition by 2⁻²⁴, is at most 2·unit + k·2⁻²⁴ of the sum of sizes. Were the factors' errors spread
 * evenly up to there, they would make unit·√(2/3) of a sum of many. */
static void check_bound(way kind, double unit) {
    const sizes s = {50, 130, 600};
    const ambit_product p = product_of(&s, 2, 0);
    double square = 0, reference = 0;
    multiply(kind, &p);
    for (int64_t row = 0; row < s.m; row++)
        for (int64_t column = 0; column < s.n; column++) {
            const double sum = sum_at(&p, row, column);
            double size = 0;
            for (int64_t i = 0; i < s.k; i++)
                size += fabs((double)a[row * p.a.stride + i] * (double)b[column * p.b.stride + i]);
            const double error = (double)c[row * p.c.stride + column] - sum;
            assert_true(fabs(error) <= (2 * unit + (double)s.k * 0x1p-24) * size);
            square += error * error;
            reference += sum * sum;
        }
    print_message("way %d: relative error of a product %.2e\n", (int)kind,
                  sqrt(square / reference));
    assert_true(sqrt(square / reference) < unit * sqrt(2.0 / 3) + sqrt((double)s.k) * 0x1p-24);
}

static void test_bound(void **state) {
    (void)state;
    fill(a, ROOM, 3);
    fill(b, ROOM, 4);
    for (way w = 0; w < WAYS; w++)
        if (can(w))
            check_bound(w, w == PAIRS ? 0x1p-8 : 0);
}

/* ---- finishing ---- */

static void double_part(const void *context, const ambit_tile *part) {
    const ambit_product *p = context;
    for (int64_t row = part->first_row; row < part->first_row + part->rows; row++)
        for (int64_t column = part->first_column; column < part->first_column + part->columns;
             column++)
            ambit_matrix_row(&p->c, row)[column] *= 2;
}

/* Each number is doubled once, when its sum is complete. */
static void test_finish(void **state) {
    static const sizes few = {3, 100, 64};
    (void)state;
    fill_integers(a, ROOM, 1);
    fill_integers(b, ROOM, 2);
    for (way w = 0; w < WAYS; w++)
        for (size_t i = 0; can(w) && i <= sizeof shapes / sizeof shapes[0]; i++) {
            ambit_product p = product_of(i ? &shapes[i - 1] : &few, 2, 0);
            p.finish = double_part;
            p.context = &p;
            multiply(w, &p);
            for (int64_t row = 0; row < p.m; row++)
                for (int64_t column = 0; column < p.n; column++)
                    assert_true((double)c[row * p.c.stride + column] ==
                                2 * sum_at(&p, row, column));
        }
}

/* ---- a team ---- */

/* Tiles cover the result once, in rows or in columns; one thread gets one, and small products are
 * not cut. */
static void test_tiles(void **state) {
    static const int64_t cuts[][4] = {
        /* m, n, k, tiles for three threads */
        {128, 384, 384, 2}, {2048, 768, 256, 4}, {128, 1536, 256, 4}, {1536, 256, 2048, 4},
        {2048, 7, 64, 1},   {100000, 16, 64, 4}, {1030, 500, 100, 4}, {1, 1, 1, 1},
    };
    ambit_team *team;
    (void)state;
    if (!can(NARROW)) {
        print_message("this processor has no AVX2\n");
        skip();
    }
    assert_int_equal(ambit_team_create(3, &team), AMBIT_OK);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        const int64_t m = cuts[i][0], n = cuts[i][1], k = cuts[i][2], count = cuts[i][3];
        int64_t row = 0, column = 0;
        assert_int_equal(ambit_tile_count(team, m, n, k), count);
        assert_int_equal(ambit_tile_count(NULL, m, n, k), 1);
        for (int64_t part = 0; part < count; part++) {
            const ambit_tile tile = ambit_tile_at(m, n, count, part);
            assert_int_equal(tile.first_row, m > n ? row : 0);
            assert_int_equal(tile.first_column, m > n ? 0 : column);
            assert_true(tile.rows > 0 && tile.columns > 0);
            row += tile.rows;
            column += tile.columns;
        }
        assert_int_equal(m > n ? row : column, m > n ? m : n);
        assert_int_equal(m > n ? column : row, (m > n ? n : m) * count);
    }
    ambit_team_destroy(team);
}

/* Two products at once, of each transposition, in tiles of rows and of columns. */
static void test_shared(void **state) {
    enum { LONG = 1300, SHORT = 60, SUM = 120 };
    static float result[2][LONG * SHORT];
    ambit_team *team;
    (void)state;
    fill_integers(a, LONG * SUM, 1);
    fill_integers(b, SUM * LONG, 2);
    assert_int_equal(ambit_team_create(3, &team), AMBIT_OK);
    for (int kind = 0; kind < 4; kind++) {
        ambit_product p[2];
        for (int i = 0; i < 2; i++) {
            const sizes s = {i ? SHORT : LONG, i ? LONG : SHORT, SUM};
            p[i] = product_of(&s, kind, 0);
            p[i].a.stride--;
            p[i].b.stride -= 2;
            p[i].c = (ambit_matrix){result[i], s.n, 0, 0};
            assert_true(ambit_tile_count(team, s.m, s.n, s.k) > 1);
        }
        memset(result, 0, sizeof result);
        ambit_products_run(team, 2, p);
        for (int i = 0; i < 2; i++)
            for (int64_t at = 0; at < LONG * SHORT; at += 37)
                assert_true((double)result[i][at] == sum_at(&p[i], at / p[i].n, at % p[i].n));
    }
    ambit_team_destroy(team);
}

int main(void) {
    ambit_blas_start(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),     cmocka_unit_test(test_groups),
        cmocka_unit_test(test_same_bits), cmocka_unit_test(test_order),
        cmocka_unit_test(test_rounding),  cmocka_unit_test(test_bound),
        cmocka_unit_test(test_finish),    cmocka_unit_test(test_tiles),
        cmocka_unit_test(test_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
