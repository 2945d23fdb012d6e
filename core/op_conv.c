/* Convolution over tokens, and its transpose, on channels-last arrays.
 *
 * Both join a fine sequence and a coarse one, `stride` times shorter: coarse token t sees the fine
 * tokens t·stride − padding + 0 … kernel − 1, which lie side by side in memory, through weights
 * W[coarse channel][tap][fine channel]:
 *     convolution:  coarse = windows(fine)·Wᵀ + b
 *     transposed:   fine = windowsᵀ(coarse·W) + b
 * and each is the other's backward. Windows are copied for a few rows of the batch at a time, so
 * they stay in cache and no array of all windows exists. A team shares these rows, and the taps of
 * the weights' gradient.
 */
#include "operator.h"
#include "product.h"
#include "vector.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { X, WEIGHT, BIAS };         /* inputs */
enum { KERNEL, STRIDE };          /* op->size */
enum { CONVOLUTION, TRANSPOSED }; /* op->choice */
enum { WINDOW_ROWS = 256 };       /* windows at a time, about */
enum { LEAST_WINDOW = 512 };      /* numbers of a window of a part of the weights */

typedef struct {
    int64_t batch, fine_tokens, coarse_tokens, fine_channels, coarse_channels;
    int64_t kernel, stride, padding;
    int64_t window;        /* numbers of one */
    int64_t weight_stride; /* numbers from one coarse channel's weights to the next */
    int64_t step;          /* rows of the batch at a time */
    ambit_precision precision;
} geometry;

static int64_t rows_at_a_time(int64_t batch, int64_t coarse_tokens) {
    const int64_t step = coarse_tokens < WINDOW_ROWS ? WINDOW_ROWS / coarse_tokens : 1;
    return step < batch ? step : batch;
}

static geometry geometry_of(const ambit_operator *op) {
    const ambit_tensor *fine = op->choice == CONVOLUTION ? op->inputs[X] : op->output;
    const ambit_tensor *coarse = op->choice == CONVOLUTION ? op->output : op->inputs[X];
    const int64_t kernel = op->size[KERNEL], stride = op->size[STRIDE];
    return (geometry){.batch = fine->shape[0],
                      .fine_tokens = fine->shape[1],
                      .coarse_tokens = coarse->shape[1],
                      .fine_channels = fine->columns,
                      .coarse_channels = coarse->columns,
                      .kernel = kernel,
                      .stride = stride,
                      .padding = (kernel - 1) / 2,
                      .window = kernel * fine->columns,
                      .weight_stride = kernel * fine->columns,
                      .precision = op->precision,
                      .step = rows_at_a_time(fine->shape[0], coarse->shape[1])};
}

/* The part of coarse token t's window that lies inside the sequence: its taps first … end. */
static void inside(const geometry *g, int64_t t, int64_t *first, int64_t *end) {
    const int64_t start = t * g->stride - g->padding, rest = g->fine_tokens - start;
    *first = start < 0 ? -start : 0;
    *first = *first < g->kernel ? *first : g->kernel;
    *end = rest < g->kernel ? rest : g->kernel;
    *end = *end > *first ? *end : *first;
}

/* Copies the windows of `count` rows of the batch from row `from`; outside the sequence is zero. */
static void gather(const geometry *g, int64_t from, int64_t count, const ambit_real *fine,
                   ambit_real *windows) {
    const int64_t c = g->fine_channels;
    for (int64_t row = 0; row < count * g->coarse_tokens; row++) {
        const int64_t batch = from + row / g->coarse_tokens, t = row % g->coarse_tokens;
        const ambit_real *sequence = fine + batch * g->fine_tokens * c;
        ambit_real *window = windows + row * g->window;
        int64_t first, end;
        inside(g, t, &first, &end);
        memset(window, 0, (size_t)(first * c) * sizeof *window);
        memcpy(window + first * c, sequence + (t * g->stride - g->padding + first) * c,
               (size_t)((end - first) * c) * sizeof *window);
        memset(window + end * c, 0, (size_t)((g->kernel - end) * c) * sizeof *window);
    }
}

/* Adds windows to the tokens they were copied from. */
AMBIT_VECTOR static void scatter(const geometry *g, int64_t from, int64_t count,
                                 const ambit_real *windows, ambit_real *fine) {
    const int64_t c = g->fine_channels;
    for (int64_t row = 0; row < count * g->coarse_tokens; row++) {
        const int64_t batch = from + row / g->coarse_tokens, t = row % g->coarse_tokens;
        int64_t first, end;
        inside(g, t, &first, &end);
        const ambit_real *restrict window = windows + row * g->window + first * c;
        ambit_real *restrict to =
            fine + (batch * g->fine_tokens + t * g->stride - g->padding + first) * c;
        for (int64_t i = 0; i < (end - first) * c; i++)
            to[i] += window[i];
    }
}

/* coarse (+)= windows·Wᵀ and windows = coarse·W, for some rows. */
static void to_coarse(const geometry *g, int64_t rows, const ambit_real *windows,
                      const ambit_real *weight, ambit_real beta, ambit_real *coarse) {
    ambit_multiply(g->precision, AMBIT_PLAIN, AMBIT_TRANSPOSED, rows, g->coarse_channels, g->window,
                   1, windows, g->window, weight, g->weight_stride, beta, coarse,
                   g->coarse_channels);
}

static void to_windows(const geometry *g, int64_t rows, const ambit_real *coarse,
                       const ambit_real *weight, ambit_real *windows) {
    ambit_multiply(g->precision, AMBIT_PLAIN, AMBIT_PLAIN, rows, g->window, g->coarse_channels, 1,
                   coarse, g->coarse_channels, weight, g->weight_stride, 0, windows, g->window);
}

/* Part `part` of the rows of the batch: how many, and where in the coarse array they begin. */
static int64_t chunk_of(const geometry *g, int64_t part, int64_t *from, int64_t *at) {
    *from = part * g->step;
    *at = *from * g->coarse_tokens * g->coarse_channels;
    return g->batch - *from < g->step ? g->batch - *from : g->step;
}

static int64_t chunk_count(const geometry *g) {
    return (g->batch + g->step - 1) / g->step;
}

static void start_with_bias(const ambit_operator *op, int64_t from, int64_t count) {
    const ambit_tensor *y = op->output;
    const int64_t tokens = y->shape[1];
    for (int64_t r = from * tokens; r < (from + count) * tokens; r++)
        memcpy(y->data + r * y->columns, op->inputs[BIAS]->data,
               (size_t)y->columns * sizeof *y->data);
}

static void forward_part(const void *context, int64_t part, int member) {
    const ambit_operator *op = context;
    const geometry g = geometry_of(op);
    const ambit_real *x = op->inputs[X]->data, *weight = op->inputs[WEIGHT]->data;
    ambit_real *windows = ambit_forward_scratch(op, member), *y = op->output->data;
    int64_t from, at;
    const int64_t count = chunk_of(&g, part, &from, &at), rows = count * g.coarse_tokens;
    start_with_bias(op, from, count);
    if (op->choice == CONVOLUTION) {
        gather(&g, from, count, x, windows);
        to_coarse(&g, rows, windows, weight, 1, y + at);
    } else {
        to_windows(&g, rows, x + at, weight, windows);
        scatter(&g, from, count, windows, y);
    }
}

static void forward(const ambit_operator *op) {
    const geometry g = geometry_of(op);
    ambit_team_run(op->team, chunk_count(&g), forward_part, op);
}

AMBIT_VECTOR static void bias_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *y = op->output;
    ambit_real *restrict sum = op->backward_scratch + rows.block * y->columns;
    (void)member;
    memset(sum, 0, (size_t)y->columns * sizeof *sum);
    for (int64_t r = rows.first; r < rows.end; r++) {
        const ambit_real *restrict from = y->gradient + r * y->columns;
        for (int64_t i = 0; i < y->columns; i++)
            sum[i] += from[i];
    }
}

/* The gradient of some rows of x. */
static void input_part(const ambit_operator *op, int64_t part, int member) {
    const geometry g = geometry_of(op);
    const ambit_tensor *x = op->inputs[X], *y = op->output;
    const ambit_real *weight = op->inputs[WEIGHT]->data;
    ambit_real *windows = ambit_backward_scratch(op, member);
    int64_t from, at;
    const int64_t count = chunk_of(&g, part, &from, &at), rows = count * g.coarse_tokens;
    if (op->choice == CONVOLUTION) {
        const int64_t size = g.fine_tokens * g.fine_channels;
        to_windows(&g, rows, y->gradient + at, weight, windows);
        if (!op->add[X])
            memset(x->gradient + from * size, 0, (size_t)(count * size) * sizeof *x->gradient);
        scatter(&g, from, count, windows, x->gradient);
    } else {
        gather(&g, from, count, y->gradient, windows);
        to_coarse(&g, rows, windows, weight, (ambit_real)op->add[X], x->gradient + at);
    }
}

/* Weights are shared out by taps: a part sees the windows that its taps make. */
static int64_t weight_parts(const geometry *g) {
    const int64_t parts = g->window / LEAST_WINDOW;
    return parts < 1 ? 1 : parts < g->kernel ? parts : g->kernel;
}

static void weight_part(const ambit_operator *op, int64_t part, int member) {
    geometry g = geometry_of(op);
    const ambit_tensor *x = op->inputs[X], *y = op->output, *weight = op->inputs[WEIGHT];
    const ambit_real *fine = op->choice == CONVOLUTION ? x->data : y->gradient;
    const ambit_real *coarse = op->choice == CONVOLUTION ? y->gradient : x->data;
    const int64_t parts = weight_parts(&g), tap = g.kernel * part / parts;
    ambit_real *windows = ambit_backward_scratch(op, member);
    g.kernel = g.kernel * (part + 1) / parts - tap;
    g.padding -= tap;
    g.window = g.kernel * g.fine_channels;
    for (int64_t chunk = 0; chunk < chunk_count(&g); chunk++) {
        int64_t from, at;
        const int64_t count = chunk_of(&g, chunk, &from, &at);
        gather(&g, from, count, fine, windows);
        ambit_multiply(g.precision, AMBIT_TRANSPOSED, AMBIT_PLAIN, g.coarse_channels, g.window,
                       count * g.coarse_tokens, 1, coarse + at, g.coarse_channels, windows,
                       g.window, (ambit_real)(op->add[WEIGHT] || chunk > 0),
                       weight->gradient + tap * g.fine_channels, g.weight_stride);
    }
}

static void backward_part(const void *context, int64_t part, int member) {
    const ambit_operator *op = context;
    const geometry g = geometry_of(op);
    const int64_t parts = weight_parts(&g);
    if (part < parts)
        weight_part(op, part, member);
    else
        input_part(op, part - parts, member);
}

static void backward(const ambit_operator *op) {
    const geometry g = geometry_of(op);
    const ambit_tensor *y = op->output;
    ambit_share_rows(op, y->rows, y->columns, bias_rows);
    ambit_sum_blocks(ambit_row_blocks(y->rows, y->columns), y->columns, y->columns,
                     op->backward_scratch, op->add[BIAS], op->inputs[BIAS]->gradient);
    ambit_team_run(op->team, weight_parts(&g) + (op->inputs[X]->gradient ? chunk_count(&g) : 0),
                   backward_part, op);
}

static const ambit_operator_kind kinds[] = {
    [CONVOLUTION] = {"convolution", forward, backward},
    [TRANSPOSED] = {"transposed convolution", forward, backward},
};

static ambit_tensor *build(ambit_graph *graph, const char *name, ambit_tensor *x, int choice,
                           int64_t channels, int64_t kernel, int64_t stride) {
    char weight_name[128], bias_name[128];
    if (!x)
        return NULL;
    const int convolution = choice == CONVOLUTION;
    if (x->rank != 3 || x->stride != x->columns || kernel < stride || stride < 1 ||
        (convolution && x->shape[1] % stride != 0))
        return ambit_graph_refuse(graph,
                                  "%s: x is not batch × tokens × channels with tokens divided by "
                                  "stride %" PRId64 ", or the kernel is shorter than the stride",
                                  name, stride);
    const int64_t tokens = convolution ? x->shape[1] / stride : x->shape[1] * stride;
    const int64_t fine = convolution ? x->columns : channels;
    const int64_t coarse = convolution ? channels : x->columns;
    const int64_t coarse_tokens = convolution ? tokens : x->shape[1];
    const int64_t fan_in = kernel * (convolution ? x->columns : channels);
    const int64_t weight_shape[3] = {coarse, kernel, fine},
                  shape[3] = {x->shape[0], tokens, channels};
    snprintf(weight_name, sizeof weight_name, "%s.weight", name);
    snprintf(bias_name, sizeof bias_name, "%s.bias", name);
    ambit_tensor *inputs[] = {
        x,
        ambit_graph_parameter(graph, weight_name, 3, weight_shape, AMBIT_INIT_FAN_IN, fan_in, 1),
        ambit_graph_parameter(graph, bias_name, 1, &channels, AMBIT_INIT_FAN_IN, fan_in, 0),
    };
    ambit_operator *op = ambit_operator_new(graph, &kinds[choice], 3, inputs, 3, shape);
    if (!op)
        return NULL;
    op->choice = choice;
    op->size[KERNEL] = kernel;
    op->size[STRIDE] = stride;
    op->backward_reads = 1u << X;
    op->forward_each = op->backward_each =
        rows_at_a_time(x->shape[0], coarse_tokens) * coarse_tokens * kernel * fine;
    op->backward_count = ambit_row_blocks(x->shape[0] * tokens, channels) * channels;
    op->flops_forward =
        2.0 * (double)(x->shape[0] * coarse_tokens) * (double)coarse * (double)(kernel * fine);
    op->flops_backward = (x->differentiable ? 2 : 1) * op->flops_forward;
    return op->output;
}

ambit_tensor *ambit_convolution(ambit_graph *graph, const char *name, ambit_tensor *x,
                                int64_t channels, int64_t kernel, int64_t stride) {
    return build(graph, name, x, CONVOLUTION, channels, kernel, stride);
}

ambit_tensor *ambit_transposed_convolution(ambit_graph *graph, const char *name, ambit_tensor *x,
                                           int64_t channels, int64_t kernel, int64_t stride) {
    return build(graph, name, x, TRANSPOSED, channels, kernel, stride);
}
