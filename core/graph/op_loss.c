/* The loss: the mean squared error of each row, or its cross-entropy; and their weighted sum. */
#include "../base/vector.h"
#include "operator.h"

#include <inttypes.h>
#include <math.h>

/* ---- row_r = Σ(prediction − target)²/size ---- */

enum { PREDICTION, TARGET, COUNTED }; /* inputs */

AMBIT_VECTOR static void error_forward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const int64_t size = op->size[0];
    (void)member;
    for (int64_t r = rows.first; r < rows.end; r++) {
        const ambit_real *x = op->inputs[PREDICTION]->data + r * size;
        const ambit_real *t = op->inputs[TARGET]->data + r * size;
        ambit_real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < size; i++)
            sum += (x[i] - t[i]) * (x[i] - t[i]);
        op->output->data[r] = sum / (ambit_real)size;
    }
}

AMBIT_VECTOR static void error_backward_rows(const ambit_operator *op, ambit_rows rows,
                                             int member) {
    const int64_t size = op->size[0];
    (void)member;
    for (int64_t r = rows.first; r < rows.end; r++) {
        const ambit_real *restrict x = op->inputs[PREDICTION]->data + r * size;
        const ambit_real *restrict t = op->inputs[TARGET]->data + r * size;
        ambit_real *restrict dx = op->inputs[PREDICTION]->gradient + r * size;
        const ambit_real factor = 2 * op->output->gradient[r] / (ambit_real)size;
        const ambit_real keep = (ambit_real)op->add[PREDICTION];
        for (int64_t i = 0; i < size; i++)
            dx[i] = (keep != 0 ? dx[i] : 0) + factor * (x[i] - t[i]);
    }
}

static void error_forward(const ambit_operator *op) {
    ambit_share_rows(op, op->output->rows, op->size[0], error_forward_rows);
}

static void error_backward(const ambit_operator *op) {
    ambit_share_rows(op, op->output->rows, op->size[0], error_backward_rows);
}

static const ambit_operator_kind error_kind = {"row error", error_forward, error_backward};

/* ---- the same over the places that count: row_r = Σ c_p·(prediction − target)²/Σ c_p ---- */

/* Numbers of row r that count. */
static ambit_real count_numbers(const ambit_operator *op, int64_t r) {
    const int64_t places = op->inputs[COUNTED]->columns;
    const ambit_real *counted = op->inputs[COUNTED]->data + r * places;
    ambit_real sum = 0;
    for (int64_t p = 0; p < places; p++)
        sum += counted[p];
    return sum * (ambit_real)(op->size[0] / places);
}

AMBIT_VECTOR static void counted_forward_rows(const ambit_operator *op, ambit_rows rows,
                                              int member) {
    const int64_t places = op->inputs[COUNTED]->columns, inner = op->size[0] / places;
    (void)member;
    for (int64_t r = rows.first; r < rows.end; r++) {
        const ambit_real numbers = count_numbers(op, r);
        ambit_real row = 0;
        for (int64_t p = r * places; p < (r + 1) * places; p++) {
            const ambit_real *x = op->inputs[PREDICTION]->data + p * inner;
            const ambit_real *t = op->inputs[TARGET]->data + p * inner;
            ambit_real sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int64_t i = 0; i < inner; i++)
                sum += (x[i] - t[i]) * (x[i] - t[i]);
            row += op->inputs[COUNTED]->data[p] * sum;
        }
        op->output->data[r] = numbers > 0 ? row / numbers : 0;
    }
}

AMBIT_VECTOR static void counted_backward_rows(const ambit_operator *op, ambit_rows rows,
                                               int member) {
    const int64_t places = op->inputs[COUNTED]->columns, inner = op->size[0] / places;
    const ambit_real keep = (ambit_real)op->add[PREDICTION];
    (void)member;
    for (int64_t r = rows.first; r < rows.end; r++) {
        const ambit_real numbers = count_numbers(op, r);
        const ambit_real slope = numbers > 0 ? 2 * op->output->gradient[r] / numbers : 0;
        for (int64_t p = r * places; p < (r + 1) * places; p++) {
            const ambit_real *restrict x = op->inputs[PREDICTION]->data + p * inner;
            const ambit_real *restrict t = op->inputs[TARGET]->data + p * inner;
            ambit_real *restrict dx = op->inputs[PREDICTION]->gradient + p * inner;
            const ambit_real factor = slope * op->inputs[COUNTED]->data[p];
            for (int64_t i = 0; i < inner; i++)
                dx[i] = (keep != 0 ? dx[i] : 0) + factor * (x[i] - t[i]);
        }
    }
}

static void counted_forward(const ambit_operator *op) {
    ambit_share_rows(op, op->output->rows, op->size[0], counted_forward_rows);
}

static void counted_backward(const ambit_operator *op) {
    ambit_share_rows(op, op->output->rows, op->size[0], counted_backward_rows);
}

static const ambit_operator_kind counted_kind = {"counted row error", counted_forward,
                                                 counted_backward};

ambit_tensor *ambit_row_error(ambit_graph *graph, ambit_tensor *prediction, ambit_tensor *target,
                              ambit_tensor *counted) {
    if (!prediction || !target)
        return NULL;
    const int64_t batch = prediction->shape[0];
    const int64_t count = prediction->rows * prediction->columns;
    if (target->shape[0] != batch || target->rows * target->columns != count ||
        target->differentiable || target->stride != target->columns ||
        prediction->stride != prediction->columns)
        return ambit_graph_refuse(graph,
                                  "row error: the target is not a constant of the prediction's "
                                  "shape (%" PRId64 " rows, %" PRId64 " numbers)",
                                  batch, count);
    if (counted && (counted->rank != 2 || counted->rows != batch || counted->differentiable ||
                    count / batch % counted->columns != 0))
        return ambit_graph_refuse(graph,
                                  "row error: what counts is not %" PRId64 " constants a row, or "
                                  "does not divide its numbers",
                                  counted->columns);
    ambit_tensor *inputs[] = {prediction, target, counted};
    const int64_t shape[2] = {batch, 1};
    ambit_operator *op = ambit_operator_new(graph, counted ? &counted_kind : &error_kind,
                                            counted ? 3 : 2, inputs, 2, shape);
    if (!op)
        return NULL;
    op->size[0] = count / batch;
    op->backward_reads = 1u << PREDICTION | 1u << TARGET | (counted ? 1u << COUNTED : 0);
    op->flops_forward = op->flops_backward = 3.0 * (double)count;
    return op->output;
}

/* ---- row_r = ln(1 + eᶻ) − label·z ---- */

enum { LOGIT, LABEL }; /* inputs */

/* ln(1 + eᶻ) = max(z, 0) + ln(1 + e⁻|z|), which does not overflow. */
static void entropy_forward(const ambit_operator *op) {
    for (int64_t r = 0; r < op->output->rows; r++) {
        const double z = (double)op->inputs[LOGIT]->data[r];
        const double label = (double)op->inputs[LABEL]->data[r];
        op->output->data[r] = (ambit_real)(fmax(z, 0) + log1p(exp(-fabs(z))) - label * z);
    }
}

static void entropy_backward(const ambit_operator *op) {
    ambit_real *to = op->inputs[LOGIT]->gradient;
    for (int64_t r = 0; r < op->output->rows; r++) {
        const double probability = 1 / (1 + exp(-(double)op->inputs[LOGIT]->data[r]));
        const double slope = probability - (double)op->inputs[LABEL]->data[r];
        to[r] = (op->add[LOGIT] ? to[r] : 0) + op->output->gradient[r] * (ambit_real)slope;
    }
}

static const ambit_operator_kind entropy_kind = {"row cross-entropy", entropy_forward,
                                                 entropy_backward};

ambit_tensor *ambit_row_cross_entropy(ambit_graph *graph, ambit_tensor *logit,
                                      ambit_tensor *label) {
    if (!logit || !label)
        return NULL;
    if (logit->columns != 1 || label->columns != 1 || logit->rows != label->rows ||
        label->differentiable || logit->stride != 1 || label->stride != 1)
        return ambit_graph_refuse(graph,
                                  "row cross-entropy: the label is not a constant for each of "
                                  "%" PRId64 " logits",
                                  logit->rows);
    ambit_tensor *inputs[] = {logit, label};
    const int64_t shape[2] = {logit->rows, 1};
    ambit_operator *op = ambit_operator_new(graph, &entropy_kind, 2, inputs, 2, shape);
    if (!op)
        return NULL;
    op->backward_reads = 1u << LOGIT | 1u << LABEL;
    return op->output;
}

/* ---- Σ values·weights ---- */

enum { VALUES, WEIGHTS }; /* inputs */

static void sum_forward(const ambit_operator *op) {
    ambit_real sum = 0;
    for (int64_t r = 0; r < op->size[0]; r++)
        sum += op->inputs[VALUES]->data[r] * op->inputs[WEIGHTS]->data[r];
    op->output->data[0] = sum;
}

static void sum_backward(const ambit_operator *op) {
    ambit_real *to = op->inputs[VALUES]->gradient;
    for (int64_t r = 0; r < op->size[0]; r++)
        to[r] =
            (op->add[VALUES] ? to[r] : 0) + op->output->gradient[0] * op->inputs[WEIGHTS]->data[r];
}

static const ambit_operator_kind sum_kind = {"weighted sum", sum_forward, sum_backward};

ambit_tensor *ambit_weighted_sum(ambit_graph *graph, ambit_tensor *values, ambit_tensor *weights) {
    if (!values || !weights)
        return NULL;
    const int64_t count = values->rows * values->columns;
    if (weights->rows * weights->columns != count || values->stride != values->columns ||
        weights->stride != weights->columns || weights->differentiable)
        return ambit_graph_refuse(graph, "weighted sum: weights are not %" PRId64 " constants",
                                  count);
    ambit_tensor *inputs[] = {values, weights};
    const int64_t shape[1] = {1};
    ambit_operator *op = ambit_operator_new(graph, &sum_kind, 2, inputs, 1, shape);
    if (!op)
        return NULL;
    op->size[0] = count;
    op->backward_reads = 1u << WEIGHTS;
    op->flops_forward = op->flops_backward = 2.0 * (double)count;
    return op->output;
}
