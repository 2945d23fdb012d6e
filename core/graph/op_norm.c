/* Layer norm and adaLN in one pass: y = x̂·(1 + scale) + shift, x̂ = (x − mean)·r,
 * r = 1/√(variance + ε) (Ba et al. 2016; Peebles and Xie 2023).
 *
 * Backward, with g = dy·(1 + scale), sums over the row of n:
 *     dx = r·(g − Σg/n − x̂·Σ(g·x̂)/n),  dscale = Σ_tokens dy·x̂,  dshift = Σ_tokens dy
 * Forward keeps mean and r of each row; x̂ is computed again.
 */
#include "../base/vector.h"
#include "operator.h"

#include <inttypes.h>
#include <string.h>

enum { X, SHIFT, SCALE }; /* inputs */

static const ambit_real epsilon = (ambit_real)1e-6;

AMBIT_INLINE void row_statistics(int64_t n, const ambit_real *x, ambit_real *mean, ambit_real *r) {
    ambit_real sum = 0, squares = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++)
        sum += x[i];
    const ambit_real m = sum / (ambit_real)n;
#pragma omp simd reduction(+ : squares)
    for (int64_t i = 0; i < n; i++)
        squares += (x[i] - m) * (x[i] - m);
    *mean = m;
    *r = 1 / (ambit_real)sqrt(squares / (ambit_real)n + epsilon);
}

AMBIT_VECTOR static void forward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *x = op->inputs[X], *shift = op->inputs[SHIFT], *scale = op->inputs[SCALE];
    const int64_t n = x->columns, tokens = x->rows / shift->rows;
    (void)member;
    for (int64_t row = rows.first; row < rows.end; row++) {
        const ambit_real *restrict from = x->data + row * x->stride;
        const ambit_real *restrict a = scale->data + row / tokens * scale->stride;
        const ambit_real *restrict b = shift->data + row / tokens * shift->stride;
        ambit_real *restrict to = op->output->data + row * n;
        ambit_real mean, r;
        row_statistics(n, from, &mean, &r);
        for (int64_t i = 0; i < n; i++)
            to[i] = (from[i] - mean) * r * (1 + a[i]) + b[i];
        if (op->saved) {
            op->saved[2 * row] = mean;
            op->saved[2 * row + 1] = r;
        }
    }
}

/* One token's share of dscale and dshift, and its dx. */
AMBIT_INLINE void backward_row(int64_t n, const ambit_real *restrict x,
                               const ambit_real *restrict dy, const ambit_real *restrict scale,
                               ambit_real mean, ambit_real r, ambit_real *restrict dscale,
                               ambit_real *restrict dshift, int add, ambit_real *restrict dx) {
    ambit_real sum = 0, product = 0;
#pragma omp simd reduction(+ : sum, product)
    for (int64_t i = 0; i < n; i++) {
        const ambit_real normal = (x[i] - mean) * r, g = dy[i] * (1 + scale[i]);
        sum += g;
        product += g * normal;
        dscale[i] += dy[i] * normal;
        dshift[i] += dy[i];
    }
    sum /= (ambit_real)n;
    product /= (ambit_real)n;
    if (!dx)
        return;
    if (add)
        for (int64_t i = 0; i < n; i++)
            dx[i] += r * (dy[i] * (1 + scale[i]) - sum - (x[i] - mean) * r * product);
    else
        for (int64_t i = 0; i < n; i++)
            dx[i] = r * (dy[i] * (1 + scale[i]) - sum - (x[i] - mean) * r * product);
}

/* Rows are those of the batch. */
AMBIT_VECTOR static void backward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *x = op->inputs[X], *shift = op->inputs[SHIFT], *scale = op->inputs[SCALE];
    const int64_t n = x->columns, tokens = x->rows / shift->rows;
    (void)member;
    for (int64_t batch = rows.first; batch < rows.end; batch++) {
        ambit_real *dscale = scale->gradient + batch * scale->stride;
        ambit_real *dshift = shift->gradient + batch * shift->stride;
        if (!op->add[SCALE])
            memset(dscale, 0, (size_t)n * sizeof *dscale);
        if (!op->add[SHIFT])
            memset(dshift, 0, (size_t)n * sizeof *dshift);
        for (int64_t row = batch * tokens; row < (batch + 1) * tokens; row++)
            backward_row(n, x->data + row * x->stride, op->output->gradient + row * n,
                         scale->data + batch * scale->stride, op->saved[2 * row],
                         op->saved[2 * row + 1], dscale, dshift, op->add[X],
                         x->gradient ? x->gradient + row * x->stride : NULL);
    }
}

static void forward(const ambit_operator *op) {
    ambit_share_rows(op, op->output->rows, op->output->columns, forward_rows);
}

static void backward(const ambit_operator *op) {
    const ambit_tensor *y = op->output;
    ambit_share_rows(op, y->shape[0], y->rows / y->shape[0] * y->columns, backward_rows);
}

static const ambit_operator_kind kind = {"norm and modulate", forward, backward};

ambit_tensor *ambit_norm_modulate(ambit_graph *graph, ambit_tensor *x, ambit_tensor *shift,
                                  ambit_tensor *scale) {
    if (!x || !shift || !scale)
        return NULL;
    if (shift->columns != x->columns || scale->columns != x->columns || shift == scale ||
        shift->rows != scale->rows || shift->rows != x->shape[0] || !shift->differentiable ||
        !scale->differentiable)
        return ambit_graph_refuse(graph,
                                  "norm: shift (%" PRId64 " × %" PRId64 ") and scale (%" PRId64
                                  " × %" PRId64 ") are not batch × width of x, or are constant",
                                  shift->rows, shift->columns, scale->rows, scale->columns);
    ambit_tensor *inputs[] = {x, shift, scale};
    ambit_operator *op = ambit_operator_new(graph, &kind, 3, inputs, x->rank, x->shape);
    if (!op)
        return NULL;
    op->backward_reads = 1u << X | 1u << SCALE;
    op->saved_count = op->training ? 2 * x->rows : 0;
    op->flops_forward = 9.0 * (double)(x->rows * x->columns);
    op->flops_backward = 19.0 * (double)(x->rows * x->columns);
    return op->output;
}
