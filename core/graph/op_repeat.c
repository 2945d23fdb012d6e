/* A learned vector, the same for each row of the batch. Its gradient is the sum over the rows. */
#include "../base/vector.h"
#include "operator.h"

#include <string.h>

static void forward(const ambit_operator *op) {
    const ambit_tensor *y = op->output;
    for (int64_t row = 0; row < y->rows; row++)
        memcpy(y->data + row * y->columns, op->inputs[0]->data,
               (size_t)y->columns * sizeof *y->data);
}

AMBIT_VECTOR static void backward(const ambit_operator *op) {
    const ambit_tensor *y = op->output;
    ambit_real *restrict to = op->inputs[0]->gradient;
    memset(to, 0, (size_t)y->columns * sizeof *to);
    for (int64_t row = 0; row < y->rows; row++) {
        const ambit_real *restrict from = y->gradient + row * y->columns;
        for (int64_t i = 0; i < y->columns; i++)
            to[i] += from[i];
    }
}

static const ambit_operator_kind kind = {"repeat", forward, backward};

ambit_tensor *ambit_repeat(ambit_graph *graph, const char *name, int64_t batch, int64_t width,
                           ambit_init init) {
    ambit_tensor *vector = ambit_graph_parameter(graph, name, 1, &width, init, width, 0);
    const int64_t shape[2] = {batch, width};
    ambit_operator *op = ambit_operator_new(graph, &kind, 1, &vector, 2, shape);
    return op ? op->output : NULL;
}
