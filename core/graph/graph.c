#include "graph.h"

#include "../products/product.h"
#include "graph_plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- building ---- */

ambit_status ambit_graph_create(int training, ambit_graph **graph) {
    AMBIT_TRY(ambit_allocate(graph, 1, sizeof **graph, "graph"));
    (*graph)->training = training;
    return AMBIT_OK;
}

void ambit_graph_set_team(ambit_graph *graph, ambit_team *team) {
    graph->team = team;
}

void ambit_graph_set_recompute(ambit_graph *graph, int recompute) {
    graph->recompute = recompute;
}

void ambit_graph_set_precision(ambit_graph *graph, ambit_precision precision) {
    graph->precision = precision;
    if (precision == AMBIT_PRECISION_BF16 && !ambit_bf16_available())
        ambit_graph_remember(graph,
                             ambit_fail(AMBIT_UNAVAILABLE,
                                        "precision bf16: this processor (%s) has no AVX512-BF16; "
                                        "use precision single, or nodes that have it",
                                        ambit_blas_processor()));
}

void ambit_graph_begin_block(ambit_graph *graph) {
    graph->block = ++graph->block_count;
}

void ambit_graph_end_block(ambit_graph *graph) {
    graph->block = 0;
}

void ambit_graph_destroy(ambit_graph *graph) {
    if (!graph)
        return;
    for (int i = 0; i < graph->tensor_count; i++)
        free(graph->tensors[i]);
    for (int i = 0; i < graph->operator_count; i++)
        free(graph->operators[i]);
    for (int i = 0; i < graph->copy_count; i++)
        free(graph->copies[i]);
    for (int i = 0; i < graph->parameter_count; i++)
        free((char *)graph->parameters[i].name);
    free(graph->tensors);
    free(graph->operators);
    free(graph->copies);
    free(graph->reverse);
    free(graph->parameters);
    free(graph->buffers);
    free(graph->arena);
    free(graph);
}

void ambit_graph_remember(ambit_graph *graph, ambit_status status) {
    if (graph->status != AMBIT_OK || status == AMBIT_OK)
        return;
    graph->status = status;
    snprintf(graph->message, sizeof graph->message, "%s", ambit_message());
}

ambit_tensor *ambit_graph_refuse(ambit_graph *graph, const char *format, ...) {
    char text[AMBIT_MESSAGE_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ambit_graph_remember(graph, ambit_fail(AMBIT_INTERNAL, "graph: %s", text));
    return NULL;
}

ambit_status ambit_graph_grow(void *array, int count, size_t size) {
    int64_t room = count; /* there is room for the next power of two at least */
    return count & (count - 1) ? AMBIT_OK : ambit_grow(array, &room, count + 1, size, "graph");
}

/* Rows, columns and their product stay below 2³¹ so that BLAS can count them. */
static int shape_is_valid(int rank, const int64_t *shape) {
    int64_t count = 1;
    if (rank < 1 || rank > 4)
        return 0;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 1 || shape[i] > INT32_MAX / count)
            return 0;
        count *= shape[i];
    }
    return 1;
}

static ambit_tensor *new_tensor(ambit_graph *graph, ambit_role role, const char *name, int rank,
                                const int64_t *shape) {
    if (graph->status != AMBIT_OK)
        return NULL;
    if (!shape_is_valid(rank, shape)) {
        ambit_graph_remember(
            graph, ambit_fail(AMBIT_CONFIG,
                              "%s: a dimension is below 1, or there are 2³¹ numbers or more; use a "
                              "smaller batch or network",
                              name));
        return NULL;
    }
    ambit_tensor *tensor = NULL;
    ambit_status status =
        ambit_graph_grow(&graph->tensors, graph->tensor_count, sizeof(ambit_tensor *));
    if (status == AMBIT_OK)
        status = ambit_allocate(&tensor, 1, sizeof *tensor, name);
    ambit_graph_remember(graph, status);
    if (!tensor)
        return NULL;
    graph->tensors[graph->tensor_count++] = tensor;
    *tensor = (ambit_tensor){.role = role,
                             .name = name,
                             .rank = rank,
                             .rows = 1,
                             .columns = shape[rank - 1],
                             .stride = shape[rank - 1],
                             .parameter = -1,
                             .value_buffer = AMBIT_NO_BUFFER,
                             .gradient_buffer = AMBIT_NO_BUFFER};
    for (int i = 0; i < rank; i++)
        tensor->shape[i] = shape[i];
    for (int i = 0; i < rank - 1; i++)
        tensor->rows *= shape[i];
    return tensor;
}

ambit_tensor *ambit_graph_input(ambit_graph *graph, const char *name, int rank,
                                const int64_t *shape) {
    ambit_tensor *tensor = new_tensor(graph, AMBIT_ROLE_INPUT, name, rank, shape);
    if (tensor)
        tensor->kept = 1;
    return tensor;
}

ambit_tensor *ambit_graph_parameter(ambit_graph *graph, const char *name, int rank,
                                    const int64_t *shape, ambit_init init, int64_t fan_in,
                                    int decays) {
    ambit_tensor *tensor = new_tensor(graph, AMBIT_ROLE_PARAMETER, "parameter", rank, shape);
    if (!tensor)
        return NULL;
    char *copy = NULL;
    ambit_status status =
        ambit_graph_grow(&graph->parameters, graph->parameter_count, sizeof(ambit_parameter));
    if (status == AMBIT_OK)
        status = ambit_allocate(&copy, strlen(name) + 1, 1, "name of a parameter");
    ambit_graph_remember(graph, status);
    if (!copy)
        return NULL;
    memcpy(copy, name, strlen(name) + 1);
    ambit_parameter *parameter = &graph->parameters[graph->parameter_count];
    *parameter = (ambit_parameter){.name = copy,
                                   .rank = rank,
                                   .offset = graph->parameter_numbers,
                                   .count = tensor->rows * tensor->columns,
                                   .decays = decays,
                                   .init = init,
                                   .fan_in = fan_in};
    memcpy(parameter->shape, tensor->shape, sizeof parameter->shape);
    tensor->name = copy;
    tensor->differentiable = 1;
    tensor->parameter = graph->parameter_count++;
    graph->parameter_numbers += parameter->count;
    return tensor;
}

ambit_operator *ambit_operator_new(ambit_graph *graph, const ambit_operator_kind *kind,
                                   int input_count, ambit_tensor *const *inputs, int rank,
                                   const int64_t *shape) {
    ambit_operator *op = NULL;
    int differentiable = 0;
    for (int i = 0; i < input_count; i++) {
        if (!inputs[i])
            return NULL;
        differentiable |= inputs[i]->differentiable;
    }
    ambit_tensor *output = new_tensor(graph, AMBIT_ROLE_RESULT, kind->name, rank, shape);
    if (!output)
        return NULL;
    ambit_status status =
        ambit_graph_grow(&graph->operators, graph->operator_count, sizeof(ambit_operator *));
    if (status == AMBIT_OK)
        status = ambit_allocate(&op, 1, sizeof *op, kind->name);
    ambit_graph_remember(graph, status);
    if (!op)
        return NULL;
    graph->operators[graph->operator_count] = op;
    *op = (ambit_operator){.kind = kind,
                           .index = graph->operator_count++,
                           .input_count = input_count,
                           .output = output,
                           .training = graph->training,
                           .team = graph->team,
                           .precision = graph->precision,
                           .block = graph->block,
                           .passes = -1,
                           .saved_buffer = AMBIT_NO_BUFFER,
                           .forward_buffer = AMBIT_NO_BUFFER,
                           .backward_buffer = AMBIT_NO_BUFFER};
    for (int i = 0; i < input_count; i++)
        op->inputs[i] = inputs[i];
    output->source = op;
    output->differentiable = differentiable;
    return op;
}

ambit_tensor *ambit_columns(ambit_graph *graph, ambit_tensor *x, int64_t first, int64_t count) {
    if (!x)
        return NULL;
    if (x->base || x->role == AMBIT_ROLE_PARAMETER || first < 0 || count < 1 ||
        first + count > x->columns || (x->differentiable && first != x->viewed))
        return ambit_graph_refuse(graph,
                                  "columns %" PRId64 " to %" PRId64 " of %s (%" PRId64
                                  " columns) cannot be viewed; take views of a result in order",
                                  first, first + count, x->name, x->columns);
    int64_t shape[4];
    memcpy(shape, x->shape, sizeof shape);
    shape[x->rank - 1] = count;
    ambit_tensor *view = new_tensor(graph, AMBIT_ROLE_RESULT, x->name, x->rank, shape);
    if (!view)
        return NULL;
    view->stride = x->stride;
    view->base = x;
    view->offset = first;
    view->source = x->source;
    view->differentiable = x->differentiable;
    x->viewed = first + count;
    return view;
}

ambit_tensor *ambit_reshape(ambit_graph *graph, ambit_tensor *x, int rank, const int64_t *shape) {
    if (!x)
        return NULL;
    if (x->differentiable || x->base)
        return ambit_graph_refuse(graph, "reshape: %s is not constant, or is a view", x->name);
    ambit_tensor *view = new_tensor(graph, AMBIT_ROLE_RESULT, x->name, rank, shape);
    if (!view)
        return NULL;
    if (view->rows * view->columns != x->rows * x->columns)
        return ambit_graph_refuse(graph, "reshape: %s has %" PRId64 " numbers, not %" PRId64,
                                  x->name, x->rows * x->columns, view->rows * view->columns);
    view->base = x;
    return view;
}

ambit_tensor *ambit_flatten(ambit_graph *graph, ambit_tensor *x) {
    if (!x)
        return NULL;
    const int64_t shape[2] = {x->shape[0], x->rows * x->columns / x->shape[0]};
    return ambit_reshape(graph, x, 2, shape);
}

void ambit_graph_keep(ambit_graph *graph, ambit_tensor *tensor) {
    (void)graph;
    if (tensor)
        (tensor->base ? tensor->base : tensor)->kept = 1;
}

ambit_status ambit_graph_finish(ambit_graph *graph, ambit_tensor *loss) {
    if (graph->training && !loss)
        ambit_graph_refuse(graph, "finish: a graph for training has no loss; give one");
    if (loss && (loss->rows != 1 || loss->columns != 1 || !loss->source))
        ambit_graph_refuse(graph, "finish: the loss is not one computed number; reduce it");
    if (graph->status != AMBIT_OK)
        return ambit_fail(graph->status, "%s", graph->message);
    graph->loss = graph->training ? loss : NULL;
    AMBIT_TRY(ambit_graph_plan(graph));
    graph->finished = 1;
    return AMBIT_OK;
}

/* ---- parameters ---- */

int64_t ambit_graph_parameter_count(const ambit_graph *graph) {
    return graph->parameter_numbers;
}

const ambit_parameter *ambit_graph_parameters(const ambit_graph *graph, int *count) {
    *count = graph->parameter_count;
    return graph->parameters;
}

/* The 2-D position embedding of He et al., "Masked autoencoders are scalable vision learners",
 * 2022: token t of a grid has row t / columns and column t % columns; of its n numbers, the first
 * half tells the row and the second the column, with sin and then cos of place·10000^(−k/q), k = 0
 * … q − 1, q = n/4. What n/4 leaves over is 0. */
static ambit_real grid_number(const ambit_parameter *parameter, int64_t index) {
    const int64_t n = parameter->shape[1], q = n / 4, t = index / n, i = index % n;
    if (i >= 4 * q)
        return 0;
    const int64_t place = i < 2 * q ? t / parameter->fan_in : t % parameter->fan_in;
    const double angle = (double)place * pow(10000, -(double)(i % q) / (double)q);
    return (ambit_real)(i / q % 2 == 0 ? sin(angle) : cos(angle));
}

static ambit_real initial_number(const ambit_parameter *parameter, int64_t index, ambit_rng *rng) {
    switch (parameter->init) {
    case AMBIT_INIT_FAN_IN:
        return (ambit_real)((2 * ambit_rng_uniform(rng) - 1) / sqrt((double)parameter->fan_in));
    case AMBIT_INIT_NORMAL:
        return (ambit_real)0.02 * (ambit_real)ambit_rng_normal(rng);
    case AMBIT_INIT_GRID:
        return grid_number(parameter, index);
    case AMBIT_INIT_ONE:
        return 1;
    case AMBIT_INIT_ZERO:
    default:
        return 0;
    }
}

void ambit_graph_initialise(const ambit_graph *graph, uint64_t seed, ambit_real *parameters) {
    for (int p = 0; p < graph->parameter_count; p++) {
        const ambit_parameter *parameter = &graph->parameters[p];
        ambit_rng rng = ambit_rng_open(seed, AMBIT_STREAM_WEIGHTS, (uint64_t)p);
        for (int64_t i = 0; i < parameter->count; i++)
            parameters[parameter->offset + i] = initial_number(parameter, i, &rng);
    }
}

void ambit_graph_bind(ambit_graph *graph, const ambit_real *parameters, ambit_real *gradients) {
    for (int i = 0; i < graph->tensor_count; i++) {
        ambit_tensor *tensor = graph->tensors[i];
        if (tensor->role != AMBIT_ROLE_PARAMETER)
            continue;
        int64_t offset = graph->parameters[tensor->parameter].offset;
        tensor->data = (ambit_real *)parameters + offset; /* never written through */
        tensor->gradient = gradients ? gradients + offset : NULL;
    }
}

/* ---- running ---- */

void ambit_graph_forward(ambit_graph *graph) {
    for (int i = 0; i < graph->operator_count; i++)
        graph->operators[i]->kind->forward(graph->operators[i]);
}

/* Hands the output's gradient on to the input that gets it unchanged. */
static void pass_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *from = op->output, *to = op->inputs[op->passes];
    (void)member;
    for (int64_t row = rows.first; row < rows.end; row++) {
        const ambit_real *source = from->gradient + row * from->stride;
        ambit_real *target = to->gradient + row * to->stride;
        if (op->pass == AMBIT_PASS_COPY)
            memcpy(target, source, (size_t)from->columns * sizeof *target);
        else
            for (int64_t i = 0; i < from->columns; i++)
                target[i] += source[i];
    }
}

void ambit_graph_reverse_step(const ambit_reverse_step *step) {
    const ambit_operator *op = step->op;
    if (step->again)
        op->kind->forward(op);
    if (step->again || !op->runs_backward)
        return;
    if (op->pass == AMBIT_PASS_COPY || op->pass == AMBIT_PASS_ADD)
        ambit_share_rows(op, op->output->rows, op->output->columns, pass_rows);
    op->kind->backward(op);
}

void ambit_graph_backward(ambit_graph *graph) {
    graph->loss->gradient[0] = 1;
    for (int j = 0; j < graph->reverse_count; j++)
        ambit_graph_reverse_step(&graph->reverse[j]);
}

/* ---- questions ---- */

ambit_real *ambit_tensor_data(ambit_tensor *tensor) {
    return tensor->data;
}

int ambit_tensor_rank(const ambit_tensor *tensor) {
    return tensor->rank;
}

const int64_t *ambit_tensor_shape(const ambit_tensor *tensor) {
    return tensor->shape;
}

double ambit_graph_flops_forward(const ambit_graph *graph) {
    double sum = 0;
    for (int i = 0; i < graph->operator_count; i++)
        sum += graph->operators[i]->flops_forward;
    return sum;
}

double ambit_graph_flops_backward(const ambit_graph *graph) {
    double sum = 0;
    for (int j = 0; j < graph->reverse_count; j++)
        if (!graph->reverse[j].again && graph->reverse[j].op->runs_backward)
            sum += graph->reverse[j].op->flops_backward;
    return sum;
}

int64_t ambit_graph_bytes(const ambit_graph *graph) {
    return graph->arena_count * (int64_t)sizeof(ambit_real);
}

int64_t ambit_graph_bytes_unshared(const ambit_graph *graph) {
    int64_t count = 0;
    for (int i = 0; i < graph->buffer_count; i++)
        count += graph->buffers[i].count;
    return count * (int64_t)sizeof(ambit_real);
}
