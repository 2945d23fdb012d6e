/* x + p, a learned vector a token. dx is the gradient of the result, dp its sum over the batch. */
#include "operator.h"
#include "vector.h"

#include <inttypes.h>
#include <string.h>

enum { X, POSITIONS }; /* inputs */

AMBIT_VECTOR static void forward(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[X], *p = op->inputs[POSITIONS];
    for (int64_t row = 0; row < x->rows; row++) {
        const ambit_real *restrict from = x->data + row * x->stride;
        const ambit_real *restrict added = p->data + row % p->rows * p->columns;
        ambit_real *restrict to = op->output->data + row * x->columns;
        for (int64_t i = 0; i < x->columns; i++)
            to[i] = from[i] + added[i];
    }
}

AMBIT_VECTOR static void backward(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[X], *p = op->inputs[POSITIONS];
    if (!op->add[POSITIONS])
        memset(p->gradient, 0, (size_t)(p->rows * p->columns) * sizeof *p->gradient);
    for (int64_t row = 0; row < x->rows; row++) {
        const ambit_real *restrict from = op->output->gradient + row * x->columns;
        ambit_real *restrict to = p->gradient + row % p->rows * p->columns;
        for (int64_t i = 0; i < x->columns; i++)
            to[i] += from[i];
    }
}

static const ambit_operator_kind kind = {"positions", forward, backward};

static ambit_tensor *build(ambit_graph *graph, const char *name, ambit_tensor *x, ambit_init init,
                           int64_t fan_in) {
    if (!x)
        return NULL;
    if (x->rank != 3)
        return ambit_graph_refuse(graph, "%s: x is not batch × tokens × width", name);
    ambit_tensor *inputs[] = {x,
                              ambit_graph_parameter(graph, name, 2, x->shape + 1, init, fan_in, 0)};
    ambit_operator *op = ambit_operator_new(graph, &kind, 2, inputs, x->rank, x->shape);
    if (!op)
        return NULL;
    op->passes = X;
    op->flops_forward = op->flops_backward = (double)(x->rows * x->columns);
    return op->output;
}

ambit_tensor *ambit_add_positions(ambit_graph *graph, const char *name, ambit_tensor *x) {
    return build(graph, name, x, AMBIT_INIT_NORMAL, x ? x->columns : 1);
}

ambit_tensor *ambit_add_grid_positions(ambit_graph *graph, const char *name, ambit_tensor *x,
                                       int64_t grid_columns) {
    return build(graph, name, x, AMBIT_INIT_GRID, grid_columns);
}
