#include "graph_profile.h"

#include "../base/clock.h"
#include "graph_plan.h"

#include <stdio.h>
#include <string.h>

/* "block0.mlp.input" of the parameter "block0.mlp.input.weight". */
static void name_operator(const ambit_operator *op, ambit_operator_profile *row) {
    row->kind = op->kind->name;
    for (int k = 0; k < op->input_count; k++) {
        const ambit_tensor *input = op->inputs[k];
        if (input->role != AMBIT_ROLE_PARAMETER)
            continue;
        const char *dot = strrchr(input->name, '.');
        const int length = dot ? (int)(dot - input->name) : (int)strlen(input->name);
        snprintf(row->name, sizeof row->name, "%.*s", length, input->name);
        return;
    }
}

static void count_forward(const ambit_operator *op, ambit_operator_profile *row) {
    int64_t numbers = op->output->rows * op->output->columns + op->saved_count;
    for (int k = 0; k < op->input_count; k++)
        numbers += op->inputs[k]->rows * op->inputs[k]->columns;
    row->flops[AMBIT_FORWARD] = op->flops_forward;
    row->bytes[AMBIT_FORWARD] = (double)numbers * sizeof(ambit_real);
}

static void count_backward(const ambit_operator *op, ambit_operator_profile *row) {
    int64_t numbers = op->output->rows * op->output->columns + op->saved_count;
    for (int k = 0; k < op->input_count; k++) {
        const ambit_tensor *input = op->inputs[k];
        const int64_t size = input->rows * input->columns;
        if (op->backward_reads >> k & 1 || input->role == AMBIT_ROLE_PARAMETER)
            numbers += size;
        if (input->differentiable && op->pass != AMBIT_PASS_SHARED)
            numbers += size * (1 + op->add[k]);
    }
    row->flops[AMBIT_BACKWARD] = op->flops_backward;
    row->bytes[AMBIT_BACKWARD] = (double)numbers * sizeof(ambit_real);
}

/* What is computed again counts as backward of its operator: its time, but not its work. */
static void run_once(ambit_graph *graph, ambit_operator_profile *rows) {
    double before = ambit_clock(), now;
    for (int i = 0; i < graph->operator_count; i++, before = now) {
        graph->operators[i]->kind->forward(graph->operators[i]);
        now = ambit_clock();
        rows[i].seconds[AMBIT_FORWARD] += now - before;
    }
    graph->loss->gradient[0] = 1;
    for (int j = 0; j < graph->reverse_count; j++, before = now) {
        ambit_graph_reverse_step(&graph->reverse[j]);
        now = ambit_clock();
        rows[graph->reverse[j].op->index].seconds[AMBIT_BACKWARD] += now - before;
    }
}

ambit_status ambit_graph_profile(ambit_graph *graph, int repeats, ambit_operator_profile **rows,
                                 int *count) {
    *rows = NULL;
    *count = graph->operator_count;
    if (!graph->loss)
        return ambit_fail(AMBIT_INTERNAL, "graph: profile: a graph for inference has no backward");
    AMBIT_TRY(ambit_allocate(rows, (size_t)*count, sizeof **rows, "profile"));
    for (int i = 0; i < *count; i++) {
        name_operator(graph->operators[i], &(*rows)[i]);
        count_forward(graph->operators[i], &(*rows)[i]);
    }
    for (int j = 0; j < graph->reverse_count; j++)
        if (!graph->reverse[j].again && graph->reverse[j].op->runs_backward)
            count_backward(graph->reverse[j].op, &(*rows)[graph->reverse[j].op->index]);
    for (int repeat = 0; repeat < repeats; repeat++)
        run_once(graph, *rows);
    for (int i = 0; i < *count; i++)
        for (int d = 0; d < AMBIT_DIRECTIONS; d++)
            (*rows)[i].seconds[d] /= repeats;
    return AMBIT_OK;
}
