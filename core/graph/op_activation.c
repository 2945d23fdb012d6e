/* y = act(x); the derivative is kept for backward. */
#include "../base/vector.h"
#include "operator.h"

static void forward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *x = op->inputs[0], *y = op->output;
    (void)member;
    for (int64_t r = rows.first; r < rows.end; r++)
        ambit_activation_row((ambit_activation)op->choice, y->columns, x->data + r * x->stride,
                             NULL, NULL, y->data + r * y->columns,
                             op->saved ? op->saved + r * y->columns : NULL);
}

AMBIT_VECTOR static void backward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *x = op->inputs[0], *y = op->output;
    (void)member;
    for (int64_t r = rows.first; r < rows.end; r++) {
        const ambit_real *restrict from = y->gradient + r * y->columns;
        const ambit_real *restrict slope = op->saved + r * y->columns;
        ambit_real *restrict to = x->gradient + r * x->stride;
        if (!op->add[0])
            for (int64_t i = 0; i < y->columns; i++)
                to[i] = slope[i] * from[i];
        else
            for (int64_t i = 0; i < y->columns; i++)
                to[i] += slope[i] * from[i];
    }
}

static void forward(const ambit_operator *op) {
    ambit_share_rows(op, op->output->rows, op->output->columns, forward_rows);
}

static void backward(const ambit_operator *op) {
    ambit_share_rows(op, op->output->rows, op->output->columns, backward_rows);
}

static const ambit_operator_kind kind = {"activation", forward, backward};

ambit_tensor *ambit_activate(ambit_graph *graph, ambit_tensor *x, ambit_activation activation) {
    if (!x || activation == AMBIT_LINEAR)
        return x;
    ambit_operator *op = ambit_operator_new(graph, &kind, 1, &x, x->rank, x->shape);
    if (!op)
        return NULL;
    op->choice = (int)activation;
    op->saved_count = op->training ? x->rows * x->columns : 0;
    return op->output;
}
