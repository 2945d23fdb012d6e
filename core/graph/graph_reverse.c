/* The order of backward, and the copies of operators that recomputation needs. */
#include "graph_plan.h"

#include <stdlib.h>
#include <string.h>

static ambit_status add_step(ambit_graph *graph, ambit_operator *op, int again) {
    AMBIT_TRY(ambit_graph_grow(&graph->reverse, graph->reverse_count, sizeof *graph->reverse));
    graph->reverse[graph->reverse_count++] = (ambit_reverse_step){op, again};
    return AMBIT_OK;
}

/* ---- copies ---- */

static ambit_status copy_tensor(ambit_graph *graph, ambit_tensor *tensor, ambit_operator *source) {
    ambit_tensor *copy;
    AMBIT_TRY(ambit_graph_grow(&graph->tensors, graph->tensor_count, sizeof(ambit_tensor *)));
    AMBIT_TRY(ambit_allocate(&copy, 1, sizeof *copy, tensor->name));
    graph->tensors[graph->tensor_count++] = copy;
    *copy = *tensor;
    copy->original = tensor;
    copy->source = source;
    copy->base = tensor->base ? tensor->base->copy : NULL; /* a base comes before its views */
    copy->kept = 0;
    tensor->copy = copy;
    return AMBIT_OK;
}

/* Copies operator i and its output, with the views of it. */
static ambit_status copy_operator(ambit_graph *graph, int i) {
    ambit_operator *op = graph->operators[i], *copy;
    const int tensors = graph->tensor_count;
    AMBIT_TRY(ambit_graph_grow(&graph->copies, graph->copy_count, sizeof(ambit_operator *)));
    AMBIT_TRY(ambit_allocate(&copy, 1, sizeof *copy, op->kind->name));
    graph->copies[graph->copy_count++] = copy;
    *copy = *op;
    for (int k = 0; k < op->input_count; k++) {
        const ambit_operator *source = op->inputs[k]->source;
        if (source && source->block == op->block)
            copy->inputs[k] = op->inputs[k]->copy;
    }
    for (int t = 0; t < tensors; t++)
        if (graph->tensors[t]->source == op)
            AMBIT_TRY(copy_tensor(graph, graph->tensors[t], copy));
    copy->output = op->output->copy;
    return AMBIT_OK;
}

/* ---- what must be computed again ---- */

static int is_of(const ambit_tensor *tensor, const ambit_operator *op) {
    return tensor == op->output || tensor->base == op->output;
}

/* Whether backward of the block's copies needs what `op` computes; `again` says which copies behind
 * it are computed again. */
static int is_needed(ambit_operator *const *copies, int count, const ambit_operator *op,
                     const int *again) {
    if (op->saved_count > 0 || op->backward_reads >> AMBIT_READS_OUTPUT & 1)
        return 1;
    for (int c = 0; c < count; c++)
        for (int k = 0; k < copies[c]->input_count; k++)
            if (is_of(copies[c]->inputs[k], op) && (again[c] || copies[c]->backward_reads >> k & 1))
                return 1;
    return 0;
}

/* ---- the order ---- */

/* Operators first … end are one block: their copies are computed again, as far as needed, and then
 * run backward. */
static ambit_status reverse_block(ambit_graph *graph, int first, int end) {
    const int count = end - first, start = graph->copy_count;
    int *again;
    for (int i = first; i < end; i++)
        AMBIT_TRY(copy_operator(graph, i));
    ambit_operator **copies = graph->copies + start;
    AMBIT_TRY(ambit_allocate(&again, (size_t)count, sizeof *again, "recomputation"));
    for (int c = count - 1; c >= 0; c--)
        again[c] = is_needed(copies, count, copies[c], again);
    ambit_status status = AMBIT_OK;
    for (int c = 0; c < count && status == AMBIT_OK; c++)
        if (again[c])
            status = add_step(graph, copies[c], 1);
    for (int c = count - 1; c >= 0 && status == AMBIT_OK; c--)
        status = add_step(graph, copies[c], 0);
    free(again);
    return status;
}

ambit_status ambit_graph_reverse(ambit_graph *graph) {
    ambit_operator **operators = graph->operators;
    for (int end = graph->operator_count; end > 0;) {
        const int block = graph->recompute ? operators[end - 1]->block : 0;
        int first = end - 1;
        while (block && first > 0 && operators[first - 1]->block == block)
            first--;
        if (block)
            AMBIT_TRY(reverse_block(graph, first, end));
        else
            AMBIT_TRY(add_step(graph, operators[first], 0));
        end = first;
    }
    return AMBIT_OK;
}
