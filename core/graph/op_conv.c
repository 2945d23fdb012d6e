/* Convolution over tokens, and its transpose, on channels-last arrays.
 *
 * Both join a fine sequence and a coarse one, `stride` times shorter: coarse token t sees the fine
 * tokens t·stride − padding + tap, tap = 0 … kernel − 1, through weights
 * W[coarse channel][tap][fine channel]:
 *
 *     convolution:  coarse = Σ_tap fine(tap)·W(tap)ᵀ + b
 *     transposed:   fine(tap) = Σ_tap coarse·W(tap) + b
 *
 * and each is the other's backward. A tap is one product of the rows it joins, where they lie:
 * those coarse tokens whose fine token is inside the sequence, of all sequences. So nothing is
 * copied into windows, and what would be zeros beyond the ends is not multiplied (of 4 tokens and 5
 * taps, 30 %). A team shares the sequences, and the taps of the weights' gradient.
 */
#include "../products/product.h"
#include "operator.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { X, WEIGHT, BIAS };         /* inputs */
enum { KERNEL, STRIDE };          /* op->size */
enum { CONVOLUTION, TRANSPOSED }; /* op->choice */
enum { CHUNK_ROWS = 256 };        /* coarse tokens at a time, about: their results stay in cache */

typedef struct {
    int64_t batch, fine_tokens, coarse_tokens, fine_channels, coarse_channels;
    int64_t kernel, stride, padding;
    int64_t step; /* sequences at a time */
} geometry;

static geometry geometry_of(const ambit_operator *op) {
    const ambit_tensor *fine = op->choice == CONVOLUTION ? op->inputs[X] : op->output;
    const ambit_tensor *coarse = op->choice == CONVOLUTION ? op->output : op->inputs[X];
    geometry g = {.batch = fine->shape[0],
                  .fine_tokens = fine->shape[1],
                  .coarse_tokens = coarse->shape[1],
                  .fine_channels = fine->columns,
                  .coarse_channels = coarse->columns,
                  .kernel = op->size[KERNEL],
                  .stride = op->size[STRIDE],
                  .padding = (op->size[KERNEL] - 1) / 2};
    const int64_t most = g.coarse_tokens < CHUNK_ROWS ? CHUNK_ROWS / g.coarse_tokens : 1;
    const int64_t chunks = (g.batch + most - 1) / most;
    g.step = (g.batch + chunks - 1) / chunks;
    return g;
}

/* ---- taps ---- */

/* What a tap joins, of some sequences: coarse tokens and their fine ones, the same of each. */
typedef struct {
    int64_t tokens; /* of a sequence; may be 0 */
    int64_t rows;   /* of all */
    ambit_matrix coarse, fine;
} joined;

/* The coarse tokens whose fine token is inside the sequence: first … end. */
static void tokens_of_tap(const geometry *g, int64_t tap, int64_t *first, int64_t *end) {
    const int64_t before = g->padding - tap; /* fine tokens missing before the first */
    const int64_t inside = g->fine_tokens + before;
    *first = before > 0 ? (before + g->stride - 1) / g->stride : 0;
    *end = inside > 0 ? (inside + g->stride - 1) / g->stride : 0;
    *end = *end < g->coarse_tokens ? *end : g->coarse_tokens;
    *end = *end > *first ? *end : *first;
}

/* Tap `tap` of `count` sequences from `from` on. */
static joined join(const geometry *g, int64_t tap, int64_t from, int64_t count, ambit_real *coarse,
                   ambit_real *fine) {
    const int64_t cc = g->coarse_channels, fc = g->fine_channels;
    int64_t first, end;
    tokens_of_tap(g, tap, &first, &end);
    const int64_t tokens = end - first, fine_first = first * g->stride - g->padding + tap;
    return (joined){
        .tokens = tokens,
        .rows = count * tokens,
        .coarse = {coarse + (from * g->coarse_tokens + first) * cc, cc, tokens,
                   g->coarse_tokens * cc},
        .fine = {fine + (from * g->fine_tokens + fine_first) * fc, g->stride * fc, tokens,
                 g->fine_tokens * fc},
    };
}

/* W(tap) as a matrix of a row for each coarse channel. */
static ambit_matrix weights_of_tap(const geometry *g, int64_t tap, ambit_real *weights) {
    return (ambit_matrix){.data = weights + tap * g->fine_channels,
                          .stride = g->kernel * g->fine_channels};
}

/* ---- passes over some sequences ---- */

/* Upward: y is coarse and x fine, y += Σ_tap x(tap)·W(tap)ᵀ. Otherwise y is fine and x coarse,
 * y(tap)
 * += x·W(tap) for each tap. */
static void add_taps(const ambit_operator *op, int upward, int64_t from, int64_t count,
                     ambit_real *x, ambit_real *y) {
    const geometry g = geometry_of(op);
    for (int64_t tap = 0; tap < g.kernel; tap++) {
        const joined j = join(&g, tap, from, count, upward ? y : x, upward ? x : y);
        const ambit_product product = {.precision = op->precision,
                                       .transpose_b = upward ? AMBIT_TRANSPOSED : AMBIT_PLAIN,
                                       .m = j.rows,
                                       .n = upward ? g.coarse_channels : g.fine_channels,
                                       .k = upward ? g.fine_channels : g.coarse_channels,
                                       .a = upward ? j.fine : j.coarse,
                                       .b = weights_of_tap(&g, tap, op->inputs[WEIGHT]->data),
                                       .beta = 1,
                                       .c = upward ? j.coarse : j.fine};
        if (j.rows > 0)
            ambit_multiply(&product);
    }
}

/* Part `part` of the sequences: from where on, and how many. */
static int64_t chunk_of(const geometry *g, int64_t part, int64_t *from) {
    *from = part * g->step;
    return g->batch - *from < g->step ? g->batch - *from : g->step;
}

static int64_t chunk_count(const geometry *g) {
    return (g->batch + g->step - 1) / g->step;
}

/* ---- forward ---- */

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
    int64_t from;
    const int64_t count = chunk_of(&g, part, &from);
    (void)member;
    start_with_bias(op, from, count);
    add_taps(op, op->choice == CONVOLUTION, from, count, op->inputs[X]->data, op->output->data);
}

static void forward(const ambit_operator *op) {
    const geometry g = geometry_of(op);
    ambit_team_run(op->team, chunk_count(&g), forward_part, op);
}

/* ---- backward ---- */

/* The gradient of some sequences of x. */
static void input_part(const ambit_operator *op, int64_t part) {
    const geometry g = geometry_of(op);
    const ambit_tensor *x = op->inputs[X];
    const int64_t size = x->shape[1] * x->columns;
    int64_t from;
    const int64_t count = chunk_of(&g, part, &from);
    if (!op->add[X])
        memset(x->gradient + from * size, 0, (size_t)(count * size) * sizeof *x->gradient);
    add_taps(op, op->choice == TRANSPOSED, from, count, op->output->gradient, x->gradient);
}

/* The gradient of one tap's weights: coarseᵀ·fine(tap). */
static void weight_part(const ambit_operator *op, int64_t tap) {
    const geometry g = geometry_of(op);
    const ambit_tensor *x = op->inputs[X], *y = op->output;
    const int convolution = op->choice == CONVOLUTION;
    const joined j = join(&g, tap, 0, g.batch, convolution ? y->gradient : x->data,
                          convolution ? x->data : y->gradient);
    const ambit_product product = {.precision = op->precision,
                                   .transpose_a = AMBIT_TRANSPOSED,
                                   .m = g.coarse_channels,
                                   .n = g.fine_channels,
                                   .k = j.rows,
                                   .a = j.coarse,
                                   .b = j.fine,
                                   .beta = (ambit_real)op->add[WEIGHT],
                                   .c = weights_of_tap(&g, tap, op->inputs[WEIGHT]->gradient)};
    if (j.rows > 0)
        ambit_multiply(&product);
    for (int64_t i = 0; i < g.coarse_channels && j.rows == 0 && !op->add[WEIGHT]; i++)
        memset(ambit_matrix_row(&product.c, i), 0,
               (size_t)g.fine_channels * sizeof *product.c.data);
}

static void backward_part(const void *context, int64_t part, int member) {
    const ambit_operator *op = context;
    const int64_t taps = op->size[KERNEL];
    (void)member;
    if (part < taps)
        weight_part(op, part);
    else
        input_part(op, part - taps);
}

static void backward(const ambit_operator *op) {
    const geometry g = geometry_of(op);
    ambit_bias_gradient(op, BIAS, ambit_gradient_rows);
    ambit_team_run(op->team, g.kernel + (op->inputs[X]->gradient ? chunk_count(&g) : 0),
                   backward_part, op);
}

/* Multiplications and additions of all taps. */
static double count_flops(const ambit_operator *op) {
    const geometry g = geometry_of(op);
    double tokens = 0;
    for (int64_t tap = 0; tap < g.kernel; tap++) {
        int64_t first, end;
        tokens_of_tap(&g, tap, &first, &end);
        tokens += (double)(end - first);
    }
    return 2.0 * (double)g.batch * tokens * (double)g.coarse_channels * (double)g.fine_channels;
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
    op->backward_count = ambit_row_blocks(x->shape[0] * tokens, channels) * channels;
    op->flops_forward = count_flops(op);
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
