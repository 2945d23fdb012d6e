/* A bag of words as a vector: the sum of the table's rows that a row's identifiers name, over the
 * square root of their number, so that its variance does not depend on how many there are.
 * (PyTorch's EmbeddingBag divides by the number.) */
#include "../base/limits.h"
#include "../base/vector.h"
#include "operator.h"

#include <inttypes.h>
#include <string.h>

enum { IDENTIFIERS, TABLE }; /* inputs */

/* The table's row that a slot names, or −1 where it is empty. */
static int64_t named_row(const ambit_operator *op, int64_t row, int64_t slot) {
    const ambit_tensor *identifiers = op->inputs[IDENTIFIERS];
    const ambit_real value = identifiers->data[row * identifiers->stride + slot];
    return value >= 0 && value < (ambit_real)op->inputs[TABLE]->rows ? (int64_t)value : -1;
}

static ambit_real factor_of(const ambit_operator *op, int64_t row) {
    int64_t count = 0;
    for (int64_t slot = 0; slot < op->inputs[IDENTIFIERS]->columns; slot++)
        count += named_row(op, row, slot) >= 0;
    return count ? 1 / (ambit_real)sqrt((double)count) : 0;
}

static void add_row(int64_t n, ambit_real factor, const ambit_real *restrict from,
                    ambit_real *restrict to) {
    for (int64_t i = 0; i < n; i++)
        to[i] += factor * from[i];
}

static void forward(const ambit_operator *op) {
    const ambit_tensor *y = op->output;
    const int64_t n = y->columns;
    memset(y->data, 0, (size_t)(y->rows * n) * sizeof *y->data);
    for (int64_t row = 0; row < y->rows; row++) {
        const ambit_real factor = factor_of(op, row);
        for (int64_t slot = 0; slot < op->inputs[IDENTIFIERS]->columns; slot++) {
            const int64_t named = named_row(op, row, slot);
            if (named >= 0)
                add_row(n, factor, op->inputs[TABLE]->data + named * n, y->data + row * n);
        }
    }
}

static void backward(const ambit_operator *op) {
    const ambit_tensor *y = op->output, *table = op->inputs[TABLE];
    const int64_t n = y->columns;
    if (!op->add[TABLE])
        memset(table->gradient, 0, (size_t)(table->rows * n) * sizeof *table->gradient);
    for (int64_t row = 0; row < y->rows; row++) {
        const ambit_real factor = factor_of(op, row);
        for (int64_t slot = 0; slot < op->inputs[IDENTIFIERS]->columns; slot++) {
            const int64_t named = named_row(op, row, slot);
            if (named >= 0)
                add_row(n, factor, y->gradient + row * n, table->gradient + named * n);
        }
    }
}

static const ambit_operator_kind kind = {"bag", forward, backward};

ambit_tensor *ambit_bag(ambit_graph *graph, const char *name, ambit_tensor *identifiers,
                        int64_t table_rows, int64_t width) {
    if (!identifiers)
        return NULL;
    if (identifiers->rank != 2 || identifiers->differentiable || table_rows < 1 ||
        table_rows > AMBIT_MOST_BUCKETS)
        return ambit_graph_refuse(graph,
                                  "%s: identifiers are not batch × slots of constants, or the "
                                  "table has not 1 to %d rows",
                                  name, (int)AMBIT_MOST_BUCKETS);
    const int64_t table[2] = {table_rows, width}, shape[2] = {identifiers->rows, width};
    ambit_tensor *inputs[] = {
        identifiers, ambit_graph_parameter(graph, name, 2, table, AMBIT_INIT_FAN_IN, 1, 0)};
    ambit_operator *op = ambit_operator_new(graph, &kind, 2, inputs, 2, shape);
    if (!op)
        return NULL;
    op->backward_reads = 1u << IDENTIFIERS;
    op->flops_forward = op->flops_backward =
        2.0 * (double)(identifiers->rows * identifiers->columns * width);
    return op->output;
}
