/* A condition, or the learned vector that stands for its absence:
 *     out = present·x + (1 − present)·absent (+ residual)
 * present is a number a row of the batch. Where it is 0, x is not read. */
#include "../base/vector.h"
#include "operator.h"

#include <inttypes.h>
#include <string.h>

enum { X, PRESENT, ABSENT, RESIDUAL }; /* inputs */

AMBIT_VECTOR static void forward(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[X], *y = op->output;
    const ambit_tensor *residual = op->input_count > RESIDUAL ? op->inputs[RESIDUAL] : NULL;
    const ambit_real *restrict absent = op->inputs[ABSENT]->data;
    const int64_t n = x->columns, tokens = x->rows / x->shape[0];
    for (int64_t row = 0; row < x->rows; row++) {
        const ambit_real present = op->inputs[PRESENT]->data[row / tokens];
        const ambit_real *restrict from = x->data + row * x->stride;
        ambit_real *restrict to = y->data + row * n;
        for (int64_t i = 0; i < n; i++)
            to[i] = (1 - present) * absent[i];
        for (int64_t i = 0; i < n && present != 0; i++)
            to[i] += present * from[i];
        for (int64_t i = 0; i < n && residual; i++)
            to[i] += residual->data[row * residual->stride + i];
    }
}

AMBIT_VECTOR static void backward(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[X];
    const int64_t n = x->columns, tokens = x->rows / x->shape[0];
    ambit_real *restrict absent = op->inputs[ABSENT]->gradient;
    const ambit_real keep = (ambit_real)op->add[X];
    if (!op->add[ABSENT])
        memset(absent, 0, (size_t)n * sizeof *absent);
    for (int64_t row = 0; row < x->rows; row++) {
        const ambit_real present = op->inputs[PRESENT]->data[row / tokens];
        const ambit_real *restrict from = op->output->gradient + row * n;
        for (int64_t i = 0; i < n; i++)
            absent[i] += (1 - present) * from[i];
        if (!x->gradient)
            continue;
        ambit_real *restrict to = x->gradient + row * x->stride;
        for (int64_t i = 0; i < n; i++)
            to[i] = (keep != 0 ? to[i] : 0) + present * from[i];
    }
}

static const ambit_operator_kind kind = {"blend", forward, backward};

ambit_tensor *ambit_blend(ambit_graph *graph, const char *name, ambit_tensor *x,
                          ambit_tensor *present, ambit_tensor *residual) {
    if (!x || !present)
        return NULL;
    if (present->columns != 1 || present->rows != x->shape[0] || present->differentiable ||
        (residual && (residual->rows != x->rows || residual->columns != x->columns)))
        return ambit_graph_refuse(graph,
                                  "%s: present is not a constant a row of x (%" PRId64
                                  "), or the residual is not like x",
                                  name, x->shape[0]);
    ambit_tensor *inputs[] = {
        x, present, ambit_graph_parameter(graph, name, 1, &x->columns, AMBIT_INIT_NORMAL, 1, 0),
        residual};
    ambit_operator *op =
        ambit_operator_new(graph, &kind, residual ? 4 : 3, inputs, x->rank, x->shape);
    if (!op)
        return NULL;
    op->passes = residual ? RESIDUAL : -1;
    op->backward_reads = 1u << PRESENT;
    op->flops_forward = op->flops_backward = 4.0 * (double)(x->rows * x->columns);
    return op->output;
}
