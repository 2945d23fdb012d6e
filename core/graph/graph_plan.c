#include "graph_plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Every array begins a cache line, so that vector loads do not cross two. */
enum { ALIGNMENT = 64, GRAIN = ALIGNMENT / (int)sizeof(ambit_real) };

static int reverse_time(const ambit_graph *graph, int step) {
    return graph->operator_count + step;
}

static int end_of_time(const ambit_graph *graph) {
    return reverse_time(graph, graph->reverse_count);
}

/* ---- buffers ---- */

static ambit_status add_buffer(ambit_graph *graph, int64_t count, int first, int last, int *index) {
    AMBIT_TRY(ambit_graph_grow(&graph->buffers, graph->buffer_count, sizeof *graph->buffers));
    count = (count + GRAIN - 1) / GRAIN * GRAIN;
    graph->buffers[graph->buffer_count] = (ambit_buffer){count, first, last, 0};
    *index = graph->buffer_count++;
    return AMBIT_OK;
}

static void use_until(ambit_graph *graph, int buffer, int time) {
    if (buffer != AMBIT_NO_BUFFER && graph->buffers[buffer].last < time)
        graph->buffers[buffer].last = time;
}

static ambit_tensor *owner(ambit_tensor *tensor) {
    return tensor->base ? tensor->base : tensor;
}

/* The tensor whose gradient this one's is. */
static ambit_tensor *original(ambit_tensor *tensor) {
    return tensor->original ? tensor->original : tensor;
}

/* ---- gradients ---- */

/* Notes that something writes to a tensor's gradient at `time`; says whether that is an addition.
 */
static ambit_status write_gradient(ambit_graph *graph, ambit_tensor *tensor, int time, int *adds) {
    tensor = original(tensor);
    *adds = tensor->has_gradient;
    tensor->has_gradient = 1;
    ambit_tensor *whole = owner(tensor);
    if (whole->role == AMBIT_ROLE_PARAMETER || whole->gradient_buffer != AMBIT_NO_BUFFER)
        return AMBIT_OK;
    return add_buffer(graph, whole->rows * whole->columns, time, time, &whole->gradient_buffer);
}

/* Lets the input that gets the output's gradient unchanged use the same memory, where nothing was
 * written to that input's gradient yet. */
static ambit_status plan_pass(ambit_graph *graph, ambit_operator *op, int time) {
    if (op->passes < 0 || !op->inputs[op->passes]->differentiable)
        return AMBIT_OK;
    ambit_tensor *input = original(op->inputs[op->passes]);
    if (!input->has_gradient && !input->base && input->role == AMBIT_ROLE_RESULT) {
        input->has_gradient = 1;
        input->gradient_buffer = original(op->output)->gradient_buffer;
        op->pass = AMBIT_PASS_SHARED;
        return AMBIT_OK;
    }
    int adds;
    AMBIT_TRY(write_gradient(graph, input, time, &adds));
    op->pass = adds ? AMBIT_PASS_ADD : AMBIT_PASS_COPY;
    return AMBIT_OK;
}

/* A tensor with views gets its gradient through them alone, and through each of them. */
static ambit_status check_views(ambit_graph *graph) {
    for (int i = 0; i < graph->tensor_count; i++) {
        const ambit_tensor *tensor = graph->tensors[i], *whole = tensor->base;
        if (!whole || tensor->original || whole->gradient_buffer == AMBIT_NO_BUFFER)
            continue;
        if (whole->has_gradient || !tensor->has_gradient || whole->viewed != whole->columns)
            return ambit_fail(AMBIT_INTERNAL,
                              "graph: views of %s do not carry its whole gradient (%" PRId64
                              " of %" PRId64 " columns); use every view, and only views",
                              whole->name, whole->viewed, whole->columns);
    }
    return AMBIT_OK;
}

static ambit_status check_parameters(const ambit_graph *graph) {
    for (int i = 0; i < graph->tensor_count; i++)
        if (graph->tensors[i]->role == AMBIT_ROLE_PARAMETER && !graph->tensors[i]->has_gradient)
            return ambit_fail(AMBIT_INTERNAL,
                              "graph: the loss does not depend on parameter %s; leave it out",
                              graph->tensors[i]->name);
    return AMBIT_OK;
}

static ambit_status plan_gradients(ambit_graph *graph) {
    int adds;
    if (!graph->loss)
        return AMBIT_OK;
    AMBIT_TRY(write_gradient(graph, graph->loss, graph->operator_count, &adds));
    for (int j = 0; j < graph->reverse_count; j++) {
        ambit_operator *op = graph->reverse[j].op;
        int time = reverse_time(graph, j), buffer = original(op->output)->gradient_buffer;
        if (graph->reverse[j].again || buffer == AMBIT_NO_BUFFER || !op->output->differentiable)
            continue;
        op->runs_backward = 1;
        use_until(graph, buffer, time);
        AMBIT_TRY(plan_pass(graph, op, time));
        for (int k = 0; k < op->input_count; k++)
            if (k != op->passes && op->inputs[k]->differentiable)
                AMBIT_TRY(write_gradient(graph, op->inputs[k], time, &op->add[k]));
    }
    AMBIT_TRY(check_views(graph));
    return check_parameters(graph);
}

/* ---- values ---- */

static ambit_status plan_inputs(ambit_graph *graph) {
    for (int i = 0; i < graph->tensor_count; i++) {
        ambit_tensor *tensor = graph->tensors[i];
        if (tensor->role == AMBIT_ROLE_INPUT)
            AMBIT_TRY(add_buffer(graph, tensor->rows * tensor->columns, 0, end_of_time(graph),
                                 &tensor->value_buffer));
    }
    return AMBIT_OK;
}

/* Scratch that lives for a moment: what the members share, and then that of each. Both are whole
 * cache lines. */
static ambit_status plan_scratch(ambit_graph *graph, int time, int64_t *count, int64_t *each,
                                 int *buffer) {
    *count = (*count + GRAIN - 1) / GRAIN * GRAIN;
    *each = (*each + GRAIN - 1) / GRAIN * GRAIN;
    const int64_t total = *count + *each * ambit_team_size(graph->team);
    return total ? add_buffer(graph, total, time, time, buffer) : AMBIT_OK;
}

/* What forward of an operator, first or again, writes and reads. */
static ambit_status plan_forward(ambit_graph *graph, ambit_operator *op, int time) {
    ambit_tensor *output = op->output;
    AMBIT_TRY(add_buffer(graph, output->rows * output->columns, time,
                         output->kept ? end_of_time(graph) : time, &output->value_buffer));
    for (int k = 0; k < op->input_count; k++)
        use_until(graph, owner(op->inputs[k])->value_buffer, time);
    if (op->saved_count)
        AMBIT_TRY(add_buffer(graph, op->saved_count, time, time, &op->saved_buffer));
    return plan_scratch(graph, time, &op->forward_count, &op->forward_each, &op->forward_buffer);
}

static ambit_status plan_backward(ambit_graph *graph, ambit_operator *op, int time) {
    if (!op->runs_backward)
        return AMBIT_OK;
    for (int k = 0; k < op->input_count; k++)
        if (op->backward_reads >> k & 1)
            use_until(graph, owner(op->inputs[k])->value_buffer, time);
    if (op->backward_reads >> AMBIT_READS_OUTPUT & 1)
        use_until(graph, op->output->value_buffer, time);
    use_until(graph, op->saved_buffer, time);
    return plan_scratch(graph, time, &op->backward_count, &op->backward_each, &op->backward_buffer);
}

static ambit_status plan_values(ambit_graph *graph) {
    for (int i = 0; i < graph->operator_count; i++)
        AMBIT_TRY(plan_forward(graph, graph->operators[i], i));
    for (int j = 0; j < graph->reverse_count; j++)
        AMBIT_TRY((graph->reverse[j].again ? plan_forward : plan_backward)(
            graph, graph->reverse[j].op, reverse_time(graph, j)));
    return AMBIT_OK;
}

/* ---- layout ---- */

static int larger_first(const void *left, const void *right) {
    const ambit_buffer *a = *(ambit_buffer *const *)left, *b = *(ambit_buffer *const *)right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return a < b ? -1 : a > b; /* so that the plan is the same everywhere */
}

/* The lowest place that no array in use at the same time touches; `placed` is sorted by offset. */
static int64_t lowest_place(ambit_buffer *const *placed, int count, const ambit_buffer *buffer) {
    int64_t place = 0;
    for (int i = 0; i < count; i++) {
        const ambit_buffer *other = placed[i];
        if (other->last < buffer->first || buffer->last < other->first)
            continue;
        if (place + buffer->count <= other->offset)
            break;
        if (other->offset + other->count > place)
            place = other->offset + other->count;
    }
    return place;
}

/* Large arrays first, each at the lowest free place. */
static ambit_status lay_out(ambit_graph *graph) {
    const int count = graph->buffer_count;
    ambit_buffer **order;
    AMBIT_TRY(ambit_allocate(&order, 2 * (size_t)count, sizeof(ambit_buffer *), "memory plan"));
    ambit_buffer **placed = order + count;
    for (int i = 0; i < count; i++)
        order[i] = &graph->buffers[i];
    qsort(order, (size_t)count, sizeof(ambit_buffer *), larger_first);
    for (int i = 0; i < count; i++) {
        ambit_buffer *buffer = order[i];
        buffer->offset = lowest_place(placed, i, buffer);
        int at = i;
        for (; at > 0 && placed[at - 1]->offset > buffer->offset; at--)
            placed[at] = placed[at - 1];
        placed[at] = buffer;
        if (graph->arena_count < buffer->offset + buffer->count)
            graph->arena_count = buffer->offset + buffer->count;
    }
    free(order);
    return AMBIT_OK;
}

/* ---- pointers ---- */

static ambit_real *place(const ambit_graph *graph, int buffer, int64_t offset) {
    return buffer == AMBIT_NO_BUFFER ? NULL : graph->arena + graph->buffers[buffer].offset + offset;
}

static void set_operator(const ambit_graph *graph, ambit_operator *op) {
    op->saved = place(graph, op->saved_buffer, 0);
    op->forward_scratch = place(graph, op->forward_buffer, 0);
    op->backward_scratch = place(graph, op->backward_buffer, 0);
}

static void set_pointers(ambit_graph *graph) {
    for (int i = 0; i < graph->tensor_count; i++) {
        ambit_tensor *tensor = graph->tensors[i];
        if (owner(tensor)->role == AMBIT_ROLE_PARAMETER)
            continue; /* ambit_graph_bind() sets those */
        tensor->data = place(graph, owner(tensor)->value_buffer, tensor->offset);
        tensor->gradient = place(graph, owner(original(tensor))->gradient_buffer, tensor->offset);
    }
    for (int i = 0; i < graph->operator_count; i++)
        set_operator(graph, graph->operators[i]);
    for (int i = 0; i < graph->copy_count; i++)
        set_operator(graph, graph->copies[i]);
}

/* Large memory is asked for in pages of 2 MiB: rows of activations lie far apart, and in pages of 4
 * KiB most would cost a look-up of an address. */
static ambit_real *allocate_arena(size_t bytes) {
    enum { LARGE = 2 << 20 };
    const size_t alignment = bytes < LARGE ? ALIGNMENT : LARGE;
    const size_t whole = (bytes / alignment + 1) * alignment;
    ambit_real *arena = aligned_alloc(alignment, whole);
#ifdef MADV_HUGEPAGE
    if (arena && alignment == LARGE)
        madvise(arena, whole, MADV_HUGEPAGE);
#endif
    return arena;
}

ambit_status ambit_graph_plan(ambit_graph *graph) {
    if (graph->loss)
        AMBIT_TRY(ambit_graph_reverse(graph));
    AMBIT_TRY(plan_gradients(graph));
    AMBIT_TRY(plan_inputs(graph));
    AMBIT_TRY(plan_values(graph));
    AMBIT_TRY(lay_out(graph));
    const size_t bytes = (size_t)graph->arena_count * sizeof(ambit_real);
    graph->arena = allocate_arena(bytes);
    if (!graph->arena)
        return ambit_fail(AMBIT_SYSTEM,
                          "graph: no memory for %zu bytes of activations; use a smaller batch or "
                          "network, or fewer ranks on this node",
                          bytes);
    memset(graph->arena, 0, bytes); /* pages are touched now, not in the first step */
    set_pointers(graph);
    return AMBIT_OK;
}
