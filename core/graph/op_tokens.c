/* Sequences of tokens put one after the other, a part of a sequence, and the mean of its tokens. A
 * vector a row (batch × width) counts as one token. */
#include "../base/vector.h"
#include "operator.h"

#include <inttypes.h>
#include <string.h>

/* Copies or adds `count` numbers. */
static void move(int add, int64_t count, const ambit_real *restrict from, ambit_real *restrict to) {
    if (add)
        for (int64_t i = 0; i < count; i++)
            to[i] += from[i];
    else
        memcpy(to, from, (size_t)count * sizeof *to);
}

/* Numbers a row of the batch has. */
static int64_t row_numbers(const ambit_tensor *x) {
    return x->rows * x->columns / x->shape[0];
}

/* ---- one after the other ---- */

static void join_forward(const ambit_operator *op) {
    const ambit_tensor *y = op->output;
    ambit_real *to = y->data;
    for (int64_t batch = 0; batch < y->shape[0]; batch++)
        for (int k = 0; k < op->input_count; k++) {
            const int64_t count = row_numbers(op->inputs[k]);
            move(0, count, op->inputs[k]->data + batch * count, to);
            to += count;
        }
}

static void join_backward(const ambit_operator *op) {
    const ambit_tensor *y = op->output;
    const ambit_real *from = y->gradient;
    for (int64_t batch = 0; batch < y->shape[0]; batch++)
        for (int k = 0; k < op->input_count; k++) {
            const int64_t count = row_numbers(op->inputs[k]);
            ambit_real *gradient = ambit_input_gradient(op, k);
            if (gradient)
                move(op->add[k], count, from, gradient + batch * count);
            from += count;
        }
}

static const ambit_operator_kind join_kind = {"join tokens", join_forward, join_backward};

ambit_tensor *ambit_join_tokens(ambit_graph *graph, int count, ambit_tensor *const *parts) {
    int64_t tokens = 0;
    if (count < 1 || count > AMBIT_MAX_INPUTS)
        return ambit_graph_refuse(graph, "join tokens: %d parts; give 1 to %d", count,
                                  (int)AMBIT_MAX_INPUTS);
    for (int k = 0; k < count; k++) {
        const ambit_tensor *part = parts[k];
        if (!part)
            return NULL;
        if (part->rank < 2 || part->rank > 3 || part->stride != part->columns ||
            part->shape[0] != parts[0]->shape[0] || part->columns != parts[0]->columns)
            return ambit_graph_refuse(
                graph, "join tokens: part %d is not a sequence as wide as part 0", k);
        tokens += part->rows / part->shape[0];
    }
    const int64_t shape[3] = {parts[0]->shape[0], tokens, parts[0]->columns};
    ambit_operator *op = ambit_operator_new(graph, &join_kind, count, parts, 3, shape);
    return op ? op->output : NULL;
}

/* ---- a part ---- */

enum { FIRST }; /* op->size */

static void take_forward(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[0], *y = op->output;
    const int64_t all = row_numbers(x), some = row_numbers(y);
    for (int64_t batch = 0; batch < y->shape[0]; batch++)
        move(0, some, x->data + batch * all + op->size[FIRST] * x->columns, y->data + batch * some);
}

static void take_backward(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[0], *y = op->output;
    const int64_t all = row_numbers(x), some = row_numbers(y);
    if (!op->add[0])
        memset(x->gradient, 0, (size_t)(x->rows * x->columns) * sizeof *x->gradient);
    for (int64_t batch = 0; batch < y->shape[0]; batch++)
        move(op->add[0], some, y->gradient + batch * some,
             x->gradient + batch * all + op->size[FIRST] * x->columns);
}

static const ambit_operator_kind take_kind = {"take tokens", take_forward, take_backward};

ambit_tensor *ambit_take_tokens(ambit_graph *graph, ambit_tensor *x, int64_t first, int64_t count) {
    if (!x)
        return NULL;
    if (x->rank != 3 || x->stride != x->columns || first < 0 || count < 1 ||
        first + count > x->shape[1])
        return ambit_graph_refuse(graph, "take tokens: %s has no tokens %" PRId64 " to %" PRId64,
                                  x->name, first, first + count);
    const int64_t shape[3] = {x->shape[0], count, x->columns};
    ambit_operator *op = ambit_operator_new(graph, &take_kind, 1, &x, 3, shape);
    if (!op)
        return NULL;
    op->size[FIRST] = first;
    return op->output;
}

/* ---- the mean ---- */

AMBIT_VECTOR static void mean_forward(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[0], *y = op->output;
    const int64_t n = y->columns, tokens = x->rows / y->rows;
    memset(y->data, 0, (size_t)(y->rows * n) * sizeof *y->data);
    for (int64_t row = 0; row < x->rows; row++) {
        const ambit_real *restrict from = x->data + row * x->stride;
        ambit_real *restrict to = y->data + row / tokens * n;
        for (int64_t i = 0; i < n; i++)
            to[i] += from[i] / (ambit_real)tokens;
    }
}

AMBIT_VECTOR static void mean_backward(const ambit_operator *op) {
    const ambit_tensor *x = op->inputs[0], *y = op->output;
    const int64_t n = y->columns, tokens = x->rows / y->rows;
    const ambit_real factor = 1 / (ambit_real)tokens, keep = (ambit_real)op->add[0];
    for (int64_t row = 0; row < x->rows; row++) {
        const ambit_real *restrict from = y->gradient + row / tokens * n;
        ambit_real *restrict to = x->gradient + row * x->stride;
        for (int64_t i = 0; i < n; i++)
            to[i] = (keep != 0 ? to[i] : 0) + factor * from[i];
    }
}

static const ambit_operator_kind mean_kind = {"mean of tokens", mean_forward, mean_backward};

ambit_tensor *ambit_mean_of_tokens(ambit_graph *graph, ambit_tensor *x) {
    if (!x || x->rank == 2)
        return x;
    if (x->rank != 3)
        return ambit_graph_refuse(graph, "mean of tokens: %s is not a sequence", x->name);
    const int64_t shape[2] = {x->shape[0], x->columns};
    ambit_operator *op = ambit_operator_new(graph, &mean_kind, 1, &x, 2, shape);
    if (!op)
        return NULL;
    op->flops_forward = op->flops_backward = (double)(x->rows * x->columns);
    return op->output;
}
