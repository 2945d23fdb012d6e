/* y = act(x·Wᵀ + b), or residual + act(x·Wᵀ + b).
 *
 * The product goes to its own array only where an activation's derivative must be kept for
 * backward: the activation pass replaces it there by the derivative, so that backward needs no
 * exponential. Backward multiplies that in place by the gradient and then runs two products, which
 * a team shares.
 */
#include "../base/vector.h"
#include "../products/product.h"
#include "operator.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { X, WEIGHT, BIAS, RESIDUAL }; /* inputs */

static ambit_matrix matrix_of(const ambit_tensor *tensor, ambit_real *data) {
    return (ambit_matrix){.data = data, .stride = tensor->stride};
}

static const ambit_real *residual_at(const ambit_operator *op, int64_t row, int64_t column) {
    const ambit_tensor *residual = op->input_count > RESIDUAL ? op->inputs[RESIDUAL] : NULL;
    return residual ? residual->data + row * residual->stride + column : NULL;
}

AMBIT_INLINE void add_row(int64_t count, const ambit_real *restrict bias,
                          const ambit_real *restrict residual, ambit_real *restrict out) {
    if (residual)
        for (int64_t i = 0; i < count; i++)
            out[i] += bias[i] + residual[i];
    else
        for (int64_t i = 0; i < count; i++)
            out[i] += bias[i];
}

/* Bias, activation and residual of a part of the product, while it is in cache. */
AMBIT_VECTOR static void finish_part(const void *context, const ambit_tile *part) {
    const ambit_operator *op = context;
    const ambit_tensor *y = op->output;
    const ambit_real *bias = op->inputs[BIAS]->data + part->first_column;
    for (int64_t r = part->first_row; r < part->first_row + part->rows; r++) {
        const int64_t at = r * y->columns + part->first_column;
        const ambit_real *residual = residual_at(op, r, part->first_column);
        ambit_real *slope = op->saved ? op->saved + at : NULL;
        if (op->choice == AMBIT_LINEAR)
            add_row(part->columns, bias, residual, y->data + at);
        else
            ambit_activation_row((ambit_activation)op->choice, part->columns,
                                 slope ? slope : y->data + at, bias, residual, y->data + at, slope);
    }
}

static void forward(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[X], *y = op->output, *weight = op->inputs[WEIGHT];
    const ambit_product product = {.precision = op->precision,
                                   .transpose_b = AMBIT_TRANSPOSED,
                                   .m = x->rows,
                                   .n = y->columns,
                                   .k = x->columns,
                                   .a = matrix_of(x, x->data),
                                   .b = matrix_of(weight, weight->data),
                                   .c = matrix_of(y, op->saved ? op->saved : y->data),
                                   .finish = finish_part,
                                   .context = op};
    ambit_products_run(op->team, 1, &product);
}

/* Makes the gradient of the product out of that of the result, and its sum over the block's rows.
 */
AMBIT_VECTOR static void product_gradient_rows(const ambit_operator *op, ambit_rows rows,
                                               int member) {
    const ambit_tensor *y = op->output;
    ambit_real *restrict sum = op->backward_scratch + rows.block * y->columns;
    (void)member;
    memset(sum, 0, (size_t)y->columns * sizeof *sum);
    for (int64_t r = rows.first; r < rows.end; r++) {
        const ambit_real *restrict from = y->gradient + r * y->columns;
        ambit_real *restrict slope = op->saved + r * y->columns;
        for (int64_t i = 0; i < y->columns; i++) {
            slope[i] *= from[i];
            sum[i] += slope[i];
        }
    }
}

static void backward(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[X], *y = op->output, *weight = op->inputs[WEIGHT];
    ambit_bias_gradient(op, BIAS, op->saved ? product_gradient_rows : ambit_gradient_rows);
    const ambit_matrix gradient = matrix_of(y, op->saved ? op->saved : y->gradient);
    const ambit_product products[] = {
        {.precision = op->precision,
         .transpose_a = AMBIT_TRANSPOSED,
         .m = y->columns,
         .n = x->columns,
         .k = x->rows,
         .a = gradient,
         .b = matrix_of(x, x->data),
         .beta = (ambit_real)op->add[WEIGHT],
         .c = matrix_of(weight, weight->gradient)},
        {.precision = op->precision,
         .m = x->rows,
         .n = x->columns,
         .k = y->columns,
         .a = gradient,
         .b = matrix_of(weight, weight->data),
         .beta = (ambit_real)op->add[X],
         .c = matrix_of(x, x->gradient)},
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
