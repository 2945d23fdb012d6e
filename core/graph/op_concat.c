/* Matrices side by side. */
#include "operator.h"

#include <string.h>

static void forward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *y = op->output;
    (void)member;
    int64_t first = 0;
    for (int k = 0; k < op->input_count; k++) {
        const ambit_tensor *x = op->inputs[k];
        for (int64_t r = rows.first; r < rows.end; r++)
            memcpy(y->data + r * y->columns + first, x->data + r * x->stride,
                   (size_t)x->columns * sizeof *y->data);
        first += x->columns;
    }
}

static void backward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *y = op->output;
    (void)member;
    int64_t first = 0;
    for (int k = 0; k < op->input_count; k++) {
        const ambit_tensor *x = op->inputs[k];
        for (int64_t r = rows.first; r < rows.end && x->gradient; r++) {
            const ambit_real *restrict from = y->gradient + r * y->columns + first;
            ambit_real *restrict to = x->gradient + r * x->stride;
            if (op->add[k])
                for (int64_t i = 0; i < x->columns; i++)
                    to[i] += from[i];
            else
                memcpy(to, from, (size_t)x->columns * sizeof *to);
        }
        first += x->columns;
    }
}

static void forward(const ambit_operator *op) {
    ambit_share_rows(op, op->output->rows, op->output->columns, forward_rows);
}

static void backward(const ambit_operator *op) {
    ambit_share_rows(op, op->output->rows, op->output->columns, backward_rows);
}

static const ambit_operator_kind kind = {"concat", forward, backward};

ambit_tensor *ambit_concat(ambit_graph *graph, int count, ambit_tensor *const *parts) {
    int64_t columns = 0;
    if (count < 1 || count > AMBIT_MAX_INPUTS)
        return ambit_graph_refuse(graph, "concat: %d parts; give 1 to %d", count,
                                  (int)AMBIT_MAX_INPUTS);
    for (int k = 0; k < count; k++) {
        if (!parts[k])
            return NULL;
        if (parts[k]->rows != parts[0]->rows)
            return ambit_graph_refuse(graph, "concat: part %d has other rows than part 0", k);
        columns += parts[k]->columns;
    }
    int64_t shape[4];
    memcpy(shape, parts[0]->shape, sizeof shape);
    shape[parts[0]->rank - 1] = columns;
    ambit_operator *op = ambit_operator_new(graph, &kind, count, parts, parts[0]->rank, shape);
    return op ? op->output : NULL;
}
