#include "blas.h"

#include <cblas.h>
#include <sys/mman.h>

#ifdef AMBIT_REAL_DOUBLE
#define GEMM cblas_dgemm
#else
#define GEMM cblas_sgemm
#endif

/* What OpenBLAS (0.3.21, x86-64) takes at a time: 32 MiB << 2 and a page. */
static const size_t buffer_size = ((size_t)128 << 20) + 4096;

enum { SPARE = 16 << 20 }; /* for what else is taken in between: stacks, tables */

ambit_status ambit_blas_check(int threads) {
    const size_t size = (size_t)(threads > 1 ? threads : 1) * buffer_size + SPARE;
    const int kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE; /* addresses are asked for */
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, kind, -1, 0);
    if (room == MAP_FAILED)
        return ambit_fail(AMBIT_SYSTEM,
                          "address space: OpenBLAS takes %zu MiB for %d thread%s, which are not to "
                          "be had; raise the limit (ulimit -v), or use fewer ranks or threads",
                          size >> 20, threads, threads > 1 ? "s" : "");
    munmap(room, size);
    return AMBIT_OK;
}

/* A product takes the calling thread's buffer, which the library then keeps. */
ambit_status ambit_blas_start(int threads) {
    enum { SIZE = 64 };
    static ambit_real a[SIZE * SIZE], b[SIZE * SIZE], c[SIZE * SIZE];
    openblas_set_num_threads(1);
    AMBIT_TRY(ambit_blas_check(threads));
    ambit_gemm(AMBIT_PLAIN, AMBIT_PLAIN, SIZE, SIZE, SIZE, 1, a, SIZE, b, SIZE, 0, c, SIZE);
    return AMBIT_OK;
}

static void multiply(ambit_transposition transpose_a, ambit_transposition transpose_b, int64_t m,
                     int64_t n, int64_t k, ambit_real alpha, const ambit_real *a, int64_t lda,
                     const ambit_real *b, int64_t ldb, ambit_real beta, ambit_real *c,
                     int64_t ldc) {
    GEMM(CblasRowMajor, transpose_a == AMBIT_TRANSPOSED ? CblasTrans : CblasNoTrans,
         transpose_b == AMBIT_TRANSPOSED ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n,
         (blasint)k, alpha, a, (blasint)lda, b, (blasint)ldb, beta, c, (blasint)ldc);
}

/* OpenBLAS (0.3.21, AVX-512) calls malloc in plain products of at most 10⁶ multiplications, 32 or
 * more of them to a sum, where 1 to 8 columns are left over after blocks of 16: it packs those. We
 * pack them instead, transposed, on the stack, a few at a time, and call the product that needs no
 * packing. That costs 0 to 15 % of most such products. */
enum { COLUMN_BLOCK = 16, LEFT_OVER = 8, LONG_SUM = 32, STRIP = 4, STRIP_LENGTH = 512 };

static int64_t columns_left_over(int64_t m, int64_t n, int64_t k) {
    const int64_t rest = n % COLUMN_BLOCK;
    return rest <= LEFT_OVER && k >= LONG_SUM && (double)m * (double)n * (double)k <= 1e6 ? rest
                                                                                          : 0;
}

static void multiply_strip(int64_t m, int64_t columns, int64_t k, ambit_real alpha,
                           const ambit_real *a, int64_t lda, const ambit_real *b, int64_t ldb,
                           ambit_real beta, ambit_real *c, int64_t ldc) {
    ambit_real strip[STRIP * STRIP_LENGTH];
    for (int64_t first = 0; first < k; first += STRIP_LENGTH) {
        const int64_t count = k - first < STRIP_LENGTH ? k - first : STRIP_LENGTH;
        for (int64_t i = 0; i < count; i++)
            for (int64_t j = 0; j < columns; j++)
                strip[j * count + i] = b[(first + i) * ldb + j];
        multiply(AMBIT_PLAIN, AMBIT_TRANSPOSED, m, columns, count, alpha, a + first, lda, strip,
                 count, first ? 1 : beta, c, ldc);
    }
}

void ambit_gemm(ambit_transposition transpose_a, ambit_transposition transpose_b, int64_t m,
                int64_t n, int64_t k, ambit_real alpha, const ambit_real *a, int64_t lda,
                const ambit_real *b, int64_t ldb, ambit_real beta, ambit_real *c, int64_t ldc) {
    const int plain = transpose_a == AMBIT_PLAIN && transpose_b == AMBIT_PLAIN;
    const int64_t whole = n - (plain ? columns_left_over(m, n, k) : 0);
    if (whole > 0)
        multiply(transpose_a, transpose_b, m, whole, k, alpha, a, lda, b, ldb, beta, c, ldc);
    for (int64_t j = whole; j < n; j += STRIP)
        multiply_strip(m, n - j < STRIP ? n - j : STRIP, k, alpha, a, lda, b + j, ldb, beta, c + j,
                       ldc);
}

const char *ambit_blas_processor(void) {
    return openblas_get_corename();
}

const char *ambit_blas_build(void) {
    return openblas_get_config();
}

const char *ambit_blas_threading(void) {
    static const char *const names[] = {"sequential", "pthreads", "OpenMP"};
    int kind = openblas_get_parallel();
    return kind >= 0 && kind < 3 ? names[kind] : "unknown";
}
