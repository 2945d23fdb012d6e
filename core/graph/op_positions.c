/* x + p, a learned vector a token. dx is the gradient of the result, dp its sum over the batch. */
#include "../base/vector.h"
#include "operator.h"

#include <inttypes.h>
#include <string.h>

enum { X, POSITIONS }; /* inputs */

AMBIT_VECTOR static void forward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *x = op->inputs[X], *p = op->inputs[POSITIONS];
    (void)member;
    for (int64_t row = rows.first; row < rows.end; row++) {
        const ambit_real *restrict from = x->data + row * x->stride;
        const ambit_real *restrict added = p->data + row % p->rows * p->columns;
        ambit_real *restrict to = op->output->data + row * x->columns;
        for (int64_t i = 0; i < x->columns; i++)
            to[i] = from[i] + added[i];
    }
}

/* Rows are those of p. */
AMBIT_VECTOR static void backward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *x = op->inputs[X], *p = op->inputs[POSITIONS];
    const int64_t first = rows.first * p->columns, count = (rows.end - rows.first) * p->columns;
    ambit_real *restrict to = p->gradient + first;
    (void)member;
    if (!op->add[POSITIONS])
        memset(to, 0, (size_t)count * sizeof *to);
    for (int64_t batch = 0; batch < x->rows / p->rows; batch++) {
        const ambit_real *restrict from =
            op->output->gradient + batch * p->rows * p->columns + first;
        for (int64_t i = 0; i < count; i++)
            to[i] += from[i];
    }
}

static void forward(const ambit_operator *op) {
    ambit_share_rows(op, op->output->rows, op->output->columns, forward_rows);
}

static void backward(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[X], *p = op->inputs[POSITIONS];
    ambit_share_rows(op, p->rows, x->rows / p->rows * p->columns, backward_rows);
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
