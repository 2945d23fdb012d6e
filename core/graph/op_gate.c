/* out = h + gate·y, gate the same for all tokens of a row. dh is the gradient of out. */
#include "../base/vector.h"
#include "operator.h"

#include <inttypes.h>
#include <string.h>

enum { H, GATE, Y }; /* inputs */

/* Rows are those of the batch. */
AMBIT_VECTOR static void forward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *h = op->inputs[H], *gate = op->inputs[GATE], *y = op->inputs[Y];
    const int64_t n = h->columns, tokens = h->rows / gate->rows;
    (void)member;
    for (int64_t row = rows.first * tokens; row < rows.end * tokens; row++) {
        const ambit_real *restrict from = h->data + row * h->stride;
        const ambit_real *restrict g = gate->data + row / tokens * gate->stride;
        const ambit_real *restrict added = y->data + row * y->stride;
        ambit_real *restrict to = op->output->data + row * n;
        for (int64_t i = 0; i < n; i++)
            to[i] = from[i] + g[i] * added[i];
    }
}

AMBIT_INLINE void backward_row(int64_t n, const ambit_real *restrict dout,
                               const ambit_real *restrict gate, const ambit_real *restrict y,
                               ambit_real *restrict dgate, int add, ambit_real *restrict dy) {
    if (add)
        for (int64_t i = 0; i < n; i++) {
            dgate[i] += y[i] * dout[i];
            dy[i] += gate[i] * dout[i];
        }
    else
        for (int64_t i = 0; i < n; i++) {
            dgate[i] += y[i] * dout[i];
            dy[i] = gate[i] * dout[i];
        }
}

AMBIT_VECTOR static void backward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *h = op->inputs[H], *gate = op->inputs[GATE], *y = op->inputs[Y];
    const int64_t n = h->columns, tokens = h->rows / gate->rows;
    (void)member;
    for (int64_t row = rows.first * tokens; row < rows.end * tokens; row++) {
        const int64_t batch = row / tokens;
        ambit_real *dgate = gate->gradient + batch * gate->stride;
        if (row % tokens == 0 && !op->add[GATE])
            memset(dgate, 0, (size_t)n * sizeof *dgate);
        backward_row(n, op->output->gradient + row * n, gate->data + batch * gate->stride,
                     y->data + row * y->stride, dgate, op->add[Y], y->gradient + row * y->stride);
    }
}

static void share(const ambit_operator *op, ambit_rows_work work) {
    const ambit_tensor *y = op->output;
    ambit_share_rows(op, y->shape[0], y->rows / y->shape[0] * y->columns, work);
}

static void forward(const ambit_operator *op) {
    share(op, forward_rows);
}

static void backward(const ambit_operator *op) {
    share(op, backward_rows);
}

static const ambit_operator_kind kind = {"gate and residual", forward, backward};

ambit_tensor *ambit_gate_residual(ambit_graph *graph, ambit_tensor *h, ambit_tensor *gate,
                                  ambit_tensor *y) {
    if (!h || !gate || !y)
        return NULL;
    if (y == h || y->rows != h->rows || y->columns != h->columns || gate->rows != h->shape[0] ||
        gate->columns != h->columns || !gate->differentiable || !y->differentiable)
        return ambit_graph_refuse(graph,
                                  "gate: gate (%" PRId64 " × %" PRId64 ") and y (%" PRId64
                                  " × %" PRId64 ") do not fit h, or are constant",
                                  gate->rows, gate->columns, y->rows, y->columns);
    ambit_tensor *inputs[] = {h, gate, y};
    ambit_operator *op = ambit_operator_new(graph, &kind, 3, inputs, h->rank, h->shape);
    if (!op)
        return NULL;
    op->passes = H;
    op->backward_reads = 1u << GATE | 1u << Y;
    op->flops_forward = 2.0 * (double)(h->rows * h->columns);
    op->flops_backward = 3.0 * (double)(h->rows * h->columns);
    return op->output;
}
