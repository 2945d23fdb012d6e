#include "graph_profile.h"

#include "clock.h"
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

static void count_work(const ambit_operator *op, ambit_operator_profile *row) {
    const int64_t output = op->output->rows * op->output->columns;
    int64_t forward = output + op->saved_count, backward = output + op->saved_count;
    for (int k = 0; k < op->input_count; k++) {
        const ambit_tensor *input = op->inputs[k];
        const int64_t size = input->rows * input->columns;
        forward += size;
        if (op->backward_reads >> k & 1 || input->role == AMBIT_ROLE_PARAMETER)
            backward += size;
        if (input->differentiable && op->pass != AMBIT_PASS_SHARED)
            backward += size * (1 + op->add[k]);
    }
    row->flops[AMBIT_FORWARD] = op->flops_forward;
    row->bytes[AMBIT_FORWARD] = (double)forward * sizeof(ambit_real);
    if (op->runs_backward) {
        row->flops[AMBIT_BACKWARD] = op->flops_backward;
        row->bytes[AMBIT_BACKWARD] = (double)backward * sizeof(ambit_real);
    }
}

/* The row of an operator, or of the one that it is a copy of. */
static int row_of(const ambit_graph *graph, const ambit_operator *op) {
    const ambit_tensor *output = op->output->original ? op->output->original : op->output;
    int i = 0;
    while (graph->operators[i]->output != output)
        i++;
    return i;
}

static void run_once(ambit_graph *graph, ambit_operator_profile *rows) {
    double before = ambit_clock(), now;
    for (int i = 0; i < graph->operator_count; i++, before = now) {
        graph->operators[i]->kind->forward(graph->operators[i]);
        now = ambit_clock();
        rows[i].seconds[AMBIT_FORWARD] += now - before;
    }
    graph->loss->gradient[0] = 1;
    for (int j = 0; j < graph->reverse_count; j++) {
        before = ambit_clock();
        ambit_reverse_run(&graph->reverse[j]);
        now = ambit_clock();
        rows[row_of(graph, graph->reverse[j].op)].seconds[AMBIT_BACKWARD] += now - before;
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
        count_work(graph->operators[i], &(*rows)[i]);
    }
    for (int repeat = 0; repeat < repeats; repeat++)
        run_once(graph, *rows);
    for (int i = 0; i < *count; i++)
        for (int d = 0; d < AMBIT_DIRECTIONS; d++)
            (*rows)[i].seconds[d] /= repeats;
    return AMBIT_OK;
}
