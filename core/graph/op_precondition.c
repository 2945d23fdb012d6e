/* Preconditioning's two ends: in·x_σ, and skip·x_σ + out·F, with precondition.h's factors of each
 * row's σ. */
#include "../base/vector.h"
#include "../method/precondition.h"
#include "operator.h"

enum { X, SIGMA, OUTPUT }; /* inputs; x_σ and σ are constants */

static ambit_precondition_factors factors_of(const ambit_operator *op, int64_t batch) {
    return ambit_precondition_at((ambit_prediction)op->choice,
                                 (double)op->inputs[SIGMA]->data[batch], op->number);
}

static int64_t row_numbers(const ambit_operator *op) {
    return op->output->rows * op->output->columns / op->inputs[SIGMA]->rows;
}

/* to = a·x, or a·x + b·y where there is a y */
AMBIT_VECTOR static void combine(int64_t count, ambit_real a, const ambit_real *restrict x,
                                 ambit_real b, const ambit_real *restrict y,
                                 ambit_real *restrict to) {
    for (int64_t i = 0; i < count; i++)
        to[i] = y ? a * x[i] + b * y[i] : a * x[i];
}

static void input_forward(const ambit_operator *op) {
    const int64_t count = row_numbers(op);
    for (int64_t batch = 0; batch < op->inputs[SIGMA]->rows; batch++)
        combine(count, (ambit_real)factors_of(op, batch).in, op->inputs[X]->data + batch * count, 0,
                NULL, op->output->data + batch * count);
}

static void output_forward(const ambit_operator *op) {
    const int64_t count = row_numbers(op);
    for (int64_t batch = 0; batch < op->inputs[SIGMA]->rows; batch++) {
        const ambit_precondition_factors factors = factors_of(op, batch);
        combine(count, (ambit_real)factors.skip, op->inputs[X]->data + batch * count,
                (ambit_real)factors.out, op->inputs[OUTPUT]->data + batch * count,
                op->output->data + batch * count);
    }
}

AMBIT_VECTOR static void output_backward(const ambit_operator *op) {
    const int64_t count = row_numbers(op);
    const int add = op->add[OUTPUT];
    for (int64_t batch = 0; batch < op->inputs[SIGMA]->rows; batch++) {
        const ambit_real factor = (ambit_real)factors_of(op, batch).out;
        const ambit_real *restrict from = op->output->gradient + batch * count;
        ambit_real *restrict to = op->inputs[OUTPUT]->gradient + batch * count;
        for (int64_t i = 0; i < count; i++)
            to[i] = (add ? to[i] : 0) + factor * from[i];
    }
}

static const ambit_operator_kind input_kind = {"precondition input", input_forward, NULL};
static const ambit_operator_kind output_kind = {"precondition output", output_forward,
                                                output_backward};

static int is_constant_of_rows(const ambit_tensor *x, const ambit_tensor *sigma) {
    return !x->differentiable && !sigma->differentiable && x->stride == x->columns &&
           sigma->columns == 1 && sigma->rows == x->shape[0];
}

ambit_tensor *ambit_precondition_input(ambit_graph *graph, ambit_tensor *x, ambit_tensor *sigma,
                                       double sigma_data) {
    if (!x || !sigma)
        return NULL;
    if (!is_constant_of_rows(x, sigma))
        return ambit_graph_refuse(graph, "precondition: %s is no input with a σ a row", x->name);
    ambit_tensor *inputs[] = {x, sigma};
    ambit_operator *op = ambit_operator_new(graph, &input_kind, 2, inputs, x->rank, x->shape);
    if (!op)
        return NULL;
    op->number = sigma_data;
    op->flops_forward = (double)(x->rows * x->columns);
    return op->output;
}

ambit_tensor *ambit_precondition_output(ambit_graph *graph, ambit_tensor *x, ambit_tensor *sigma,
                                        ambit_tensor *output, ambit_prediction prediction,
                                        double sigma_data) {
    if (!x || !sigma || !output)
        return NULL;
    if (!is_constant_of_rows(x, sigma) || output->stride != output->columns ||
        output->shape[0] != x->shape[0] || output->rows * output->columns != x->rows * x->columns)
        return ambit_graph_refuse(graph,
                                  "precondition: %s and the network's output have not the "
                                  "same shape, or no σ a row",
                                  x->name);
    ambit_tensor *inputs[] = {x, sigma, output};
    ambit_operator *op = ambit_operator_new(graph, &output_kind, 3, inputs, x->rank, x->shape);
    if (!op)
        return NULL;
    op->choice = (int)prediction;
    op->number = sigma_data;
    op->backward_reads = 1u << SIGMA;
    op->flops_forward = 3.0 * (double)(x->rows * x->columns);
    op->flops_backward = (double)(x->rows * x->columns);
    return op->output;
}
