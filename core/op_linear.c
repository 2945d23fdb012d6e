/* y = act(x·Wᵀ + b), or residual + act(x·Wᵀ + b).
 *
 * The product goes to its own array only where an activation's derivative must be kept for
 * backward: the activation pass replaces it there by the derivative, so that backward needs no
 * exponential. Backward multiplies that in place by the gradient and then runs two products, which
 * a team shares.
 */
#include "operator.h"
#include "product.h"
#include "vector.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { X, WEIGHT, BIAS, RESIDUAL }; /* inputs */

static const ambit_real *residual_at(const ambit_operator *op, int64_t row, int64_t column) {
    const ambit_tensor *residual = op->input_count > RESIDUAL ? op->inputs[RESIDUAL] : NULL;
    return residual ? residual->data + row * residual->stride + column : NULL;
}

/* out = bias (+ residual), to which the product is added. */
AMBIT_VECTOR static void start_rows(const ambit_operator *op, const ambit_tile *tile) {
    const ambit_tensor *y = op->output;
    const ambit_real *bias = op->inputs[BIAS]->data + tile->first_column;
    for (int64_t r = tile->first_row; r < tile->first_row + tile->rows; r++) {
        const ambit_real *residual = residual_at(op, r, tile->first_column);
        ambit_real *out = y->data + r * y->columns + tile->first_column;
        if (!residual)
            memcpy(out, bias, (size_t)tile->columns * sizeof *out);
        else
#pragma omp simd
            for (int64_t i = 0; i < tile->columns; i++)
                out[i] = bias[i] + residual[i];
    }
}

static ambit_product forward_product(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[X], *y = op->output;
    return (ambit_product){.precision = op->precision,
                           .transpose_b = AMBIT_TRANSPOSED,
                           .m = x->rows,
                           .n = y->columns,
                           .k = x->columns,
                           .alpha = 1,
                           .a = x->data,
                           .lda = x->stride,
                           .b = op->inputs[WEIGHT]->data,
                           .ldb = x->columns,
                           .beta = op->choice == AMBIT_LINEAR, /* to what start_rows() wrote */
                           .c = op->saved ? op->saved : y->data,
                           .ldc = y->columns};
}

/* One tile of the result, from the product to the activation while it is in cache. */
static void forward_tile(const void *context, int64_t part, int member) {
    const ambit_operator *op = context;
    const ambit_tensor *y = op->output;
    const ambit_product product = forward_product(op);
    const ambit_tile tile = ambit_tile_at(product.m, product.n, product.k, part);
    (void)member;
    if (op->choice == AMBIT_LINEAR) {
        start_rows(op, &tile);
        ambit_product_tile(&product, &tile);
        return;
    }
    ambit_product_tile(&product, &tile);
    for (int64_t r = tile.first_row; r < tile.first_row + tile.rows; r++) {
        const int64_t at = r * y->columns + tile.first_column;
        ambit_activation_row((ambit_activation)op->choice, tile.columns, product.c + at,
                             op->inputs[BIAS]->data + tile.first_column,
                             residual_at(op, r, tile.first_column), y->data + at,
                             op->saved ? op->saved + at : NULL);
    }
}

static void forward(const ambit_operator *op) {
    const ambit_product product = forward_product(op);
    ambit_team_run(op->team, ambit_tile_count(product.m, product.n, product.k), forward_tile, op);
}

/* Makes the gradient of the product out of that of the result, and its sum over the block's rows.
 */
AMBIT_VECTOR static void gradient_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *y = op->output;
    ambit_real *restrict sum = op->backward_scratch + rows.block * y->columns;
    (void)member;
    memset(sum, 0, (size_t)y->columns * sizeof *sum);
    for (int64_t r = rows.first; r < rows.end; r++) {
        const ambit_real *restrict from = y->gradient + r * y->columns;
        ambit_real *restrict slope = op->saved ? op->saved + r * y->columns : NULL;
        if (slope) {
            for (int64_t i = 0; i < y->columns; i++) {
                slope[i] *= from[i];
                sum[i] += slope[i];
            }
        } else {
            for (int64_t i = 0; i < y->columns; i++)
                sum[i] += from[i];
        }
    }
}

static void backward(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[X], *y = op->output, *weight = op->inputs[WEIGHT];
    ambit_share_rows(op, y->rows, y->columns, gradient_rows);
    ambit_sum_blocks(ambit_row_blocks(y->rows, y->columns), y->columns, y->columns,
                     op->backward_scratch, op->add[BIAS], ambit_input_gradient(op, BIAS));
    const ambit_real *gradient = op->saved ? op->saved : y->gradient;
    const ambit_product products[] = {
        {op->precision, AMBIT_TRANSPOSED, AMBIT_PLAIN, y->columns, x->columns, x->rows, 1, gradient,
         y->columns, x->data, x->stride, (ambit_real)op->add[WEIGHT], weight->gradient, x->columns},
        {op->precision, AMBIT_PLAIN, AMBIT_PLAIN, x->rows, x->columns, y->columns, 1, gradient,
         y->columns, weight->data, x->columns, (ambit_real)op->add[X], x->gradient, x->stride},
    };
    ambit_products_run(op->team, x->gradient ? 2 : 1, products);
}

static const ambit_operator_kind kind = {"linear", forward, backward};

static int same_matrix(const ambit_tensor *a, int64_t rows, int64_t columns) {
    return a->rows == rows && a->columns == columns;
}

ambit_tensor *ambit_linear(ambit_graph *graph, const char *name, ambit_tensor *x, int64_t width,
                           ambit_activation activation, ambit_init init, ambit_tensor *residual) {
    char weight_name[128], bias_name[128];
    if (!x)
        return NULL;
    if (residual &&
        (!same_matrix(residual, x->rows, width) || (residual == x && activation == AMBIT_LINEAR)))
        return ambit_graph_refuse(graph,
                                  "%s: the residual is not %" PRId64 " × %" PRId64
                                  ", or is x without an activation between",
                                  name, x->rows, width);
    snprintf(weight_name, sizeof weight_name, "%s.weight", name);
    snprintf(bias_name, sizeof bias_name, "%s.bias", name);
    const int64_t weight_shape[2] = {width, x->columns};
    int64_t shape[4] = {x->shape[0], x->shape[1], x->shape[2], x->shape[3]};
    shape[x->rank - 1] = width;
    ambit_tensor *inputs[] = {
        x,
        ambit_graph_parameter(graph, weight_name, 2, weight_shape, init, x->columns, 1),
        ambit_graph_parameter(graph, bias_name, 1, &width, init, x->columns, 0),
        residual,
    };
    ambit_operator *op = ambit_operator_new(graph, &kind, residual ? 4 : 3, inputs, x->rank, shape);
    if (!op)
        return NULL;
    op->choice = (int)activation;
    op->passes = residual ? RESIDUAL : -1;
    op->backward_reads = 1u << X;
    op->saved_count = op->training && activation != AMBIT_LINEAR ? x->rows * width : 0;
    op->backward_count = ambit_row_blocks(x->rows, width) * width;
    op->flops_forward = 2.0 * (double)x->rows * (double)width * (double)x->columns;
    op->flops_backward = (x->differentiable ? 2 : 1) * op->flops_forward;
    return op->output;
}
