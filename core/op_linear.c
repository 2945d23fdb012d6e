/* y = act(x·Wᵀ + b), or residual + act(x·Wᵀ + b).
 *
 * The product goes to its own array only where an activation's derivative must be kept for
 * backward: the activation pass replaces it there by the derivative, so that backward needs no
 * exponential. Backward multiplies that in place by the gradient and then runs two products.
 */
#include "blas.h"
#include "operator.h"
#include "vector.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { X, WEIGHT, BIAS, RESIDUAL }; /* inputs */

static const ambit_real *residual_row(const ambit_operator *op, int64_t row) {
    const ambit_tensor *residual = op->input_count > RESIDUAL ? op->inputs[RESIDUAL] : NULL;
    return residual ? residual->data + row * residual->stride : NULL;
}

/* out = bias (+ residual), to which the product is added. */
AMBIT_VECTOR static void start_rows(const ambit_operator *op) {
    const ambit_tensor *y = op->output;
    const ambit_real *bias = op->inputs[BIAS]->data;
    for (int64_t r = 0; r < y->rows; r++) {
        const ambit_real *residual = residual_row(op, r);
        ambit_real *out = y->data + r * y->columns;
        if (!residual)
            memcpy(out, bias, (size_t)y->columns * sizeof *out);
        else
#pragma omp simd
            for (int64_t i = 0; i < y->columns; i++)
                out[i] = bias[i] + residual[i];
    }
}

static void multiply(const ambit_operator *op, ambit_real beta, ambit_real *out) {
    const ambit_tensor *x = op->inputs[X], *y = op->output;
    ambit_gemm(AMBIT_PLAIN, AMBIT_TRANSPOSED, x->rows, y->columns, x->columns, 1, x->data,
               x->stride, op->inputs[WEIGHT]->data, x->columns, beta, out, y->columns);
}

static void forward(const ambit_operator *op) {
    const ambit_tensor *y = op->output;
    const ambit_real *bias = op->inputs[BIAS]->data;
    if (op->choice == AMBIT_LINEAR) {
        start_rows(op);
        multiply(op, 1, y->data);
        return;
    }
    ambit_real *product = op->saved ? op->saved : y->data;
    multiply(op, 0, product);
    for (int64_t r = 0; r < y->rows; r++) {
        ambit_real *row = product + r * y->columns;
        ambit_activation_row((ambit_activation)op->choice, y->columns, row, bias,
                             residual_row(op, r), y->data + r * y->columns, op->saved ? row : NULL);
    }
}

/* Makes the gradient of the product out of that of the result, and the bias's out of it. */
AMBIT_VECTOR static const ambit_real *product_gradient(const ambit_operator *op) {
    const ambit_tensor *y = op->output;
    ambit_real *restrict bias = ambit_input_gradient(op, BIAS);
    if (!op->add[BIAS])
        memset(bias, 0, (size_t)y->columns * sizeof *bias);
    for (int64_t r = 0; r < y->rows; r++) {
        const ambit_real *restrict from = y->gradient + r * y->columns;
        ambit_real *restrict slope = op->saved ? op->saved + r * y->columns : NULL;
        if (slope) {
            for (int64_t i = 0; i < y->columns; i++) {
                slope[i] *= from[i];
                bias[i] += slope[i];
            }
        } else {
            for (int64_t i = 0; i < y->columns; i++)
                bias[i] += from[i];
        }
    }
    return op->saved ? op->saved : y->gradient;
}

static void backward(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[X], *y = op->output, *weight = op->inputs[WEIGHT];
    const ambit_real *gradient = product_gradient(op);
    ambit_gemm(AMBIT_TRANSPOSED, AMBIT_PLAIN, y->columns, x->columns, x->rows, 1, gradient,
               y->columns, x->data, x->stride, (ambit_real)op->add[WEIGHT], weight->gradient,
               x->columns);
    if (x->gradient)
        ambit_gemm(AMBIT_PLAIN, AMBIT_PLAIN, x->rows, x->columns, y->columns, 1, gradient,
                   y->columns, weight->data, x->columns, (ambit_real)op->add[X], x->gradient,
                   x->stride);
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
    op->flops_forward = 2.0 * (double)x->rows * (double)width * (double)x->columns;
    op->flops_backward = (x->differentiable ? 2 : 1) * op->flops_forward;
    return op->output;
}
