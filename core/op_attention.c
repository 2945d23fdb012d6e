/* Multi-head attention, out = softmax(q·kᵀ/√d)·v, a block of queries at a time, so that no
 * tokens × tokens matrix is ever in memory (Dao et al., FlashAttention, 2022).
 *
 * Forward keeps the logarithm of each row's sum of exponentials; backward computes the
 * probabilities P again. With dP = dO·vᵀ and dS = P∘(dP − rowsum(P∘dP))/√d:
 *     dv = Pᵀ·dO,  dq = dS·k,  dk = dSᵀ·q
 */
#include "blas.h"
#include "operator.h"
#include "vector.h"

#include <inttypes.h>
#include <string.h>

enum { QUERIES = 32 };             /* of a block */
enum { TOKENS, WIDTH, HEADS };     /* op->size */
enum { QUERY, KEY, VALUE, PARTS }; /* of qkv */

/* One head of one row of the batch: q, k and v are tokens × d, `stride` apart. */
typedef struct {
    int64_t tokens, d, stride, out_stride;
    ambit_real scale;
    const ambit_real *part[PARTS];
    ambit_real *gradient[PARTS];
    ambit_real *out, *out_gradient, *logarithms;
} head_view;

static head_view view_head(const ambit_operator *op, int64_t batch, int64_t head) {
    const ambit_tensor *qkv = op->inputs[0], *y = op->output;
    const int64_t width = op->size[WIDTH], heads = op->size[HEADS], tokens = op->size[TOKENS];
    const int64_t d = width / heads, at = batch * tokens * qkv->stride + head * d;
    const int64_t out_at = batch * tokens * width + head * d;
    head_view view = {.tokens = tokens,
                      .d = d,
                      .stride = qkv->stride,
                      .out_stride = width,
                      .scale = 1 / (ambit_real)sqrt((double)d),
                      .out = y->data + out_at,
                      .out_gradient = y->gradient ? y->gradient + out_at : NULL,
                      .logarithms = op->saved ? op->saved + (batch * heads + head) * tokens : NULL};
    for (int p = 0; p < PARTS; p++) {
        view.part[p] = qkv->data + at + p * width;
        view.gradient[p] = qkv->gradient ? qkv->gradient + at + p * width : NULL;
    }
    return view;
}

/* scores (count × tokens) = q·kᵀ/√d for queries first … first + count. */
static void score(const head_view *view, int64_t first, int64_t count, ambit_real *scores) {
    ambit_gemm(AMBIT_PLAIN, AMBIT_TRANSPOSED, count, view->tokens, view->d, view->scale,
               view->part[QUERY] + first * view->stride, view->stride, view->part[KEY],
               view->stride, 0, scores, view->tokens);
}

/* Makes probabilities of a row of scores; returns the logarithm of the sum of exponentials. */
AMBIT_VECTOR static ambit_real softmax_row(int64_t count, ambit_real *row) {
    ambit_real largest = row[0], sum = 0;
#pragma omp simd reduction(max : largest)
    for (int64_t i = 0; i < count; i++)
        largest = row[i] > largest ? row[i] : largest;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < count; i++) {
        row[i] = ambit_exp(row[i] - largest);
        sum += row[i];
    }
    const ambit_real factor = 1 / sum;
    for (int64_t i = 0; i < count; i++)
        row[i] *= factor;
    return largest + (ambit_real)log((double)sum);
}

static void forward_block(const head_view *view, int64_t first, int64_t count, ambit_real *scores) {
    score(view, first, count, scores);
    for (int64_t i = 0; i < count; i++) {
        ambit_real logarithm = softmax_row(view->tokens, scores + i * view->tokens);
        if (view->logarithms)
            view->logarithms[first + i] = logarithm;
    }
    ambit_gemm(AMBIT_PLAIN, AMBIT_PLAIN, count, view->d, view->tokens, 1, scores, view->tokens,
               view->part[VALUE], view->stride, 0, view->out + first * view->out_stride,
               view->out_stride);
}

/* p: scores in, probabilities out. dp: its gradient in; out that of q·kᵀ, which carries 1/√d. */
AMBIT_VECTOR static void backward_row(int64_t count, ambit_real logarithm, ambit_real scale,
                                      ambit_real *restrict p, ambit_real *restrict dp) {
    ambit_real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < count; i++) {
        p[i] = ambit_exp(p[i] - logarithm);
        sum += p[i] * dp[i];
    }
    for (int64_t i = 0; i < count; i++)
        dp[i] = p[i] * (dp[i] - sum) * scale;
}

static void backward_block(const head_view *view, int64_t first, int64_t count, int add,
                           ambit_real *p, ambit_real *dp) {
    const int64_t tokens = view->tokens, d = view->d, stride = view->stride;
    const ambit_real *out_gradient = view->out_gradient + first * view->out_stride;
    const ambit_real own = (ambit_real)add, shared = (ambit_real)(add || first > 0);
    score(view, first, count, p);
    ambit_gemm(AMBIT_PLAIN, AMBIT_TRANSPOSED, count, tokens, d, 1, out_gradient, view->out_stride,
               view->part[VALUE], stride, 0, dp, tokens);
    for (int64_t i = 0; i < count; i++)
        backward_row(tokens, view->logarithms[first + i], view->scale, p + i * tokens,
                     dp + i * tokens);
    ambit_gemm(AMBIT_TRANSPOSED, AMBIT_PLAIN, tokens, d, count, 1, p, tokens, out_gradient,
               view->out_stride, shared, view->gradient[VALUE], stride);
    ambit_gemm(AMBIT_PLAIN, AMBIT_PLAIN, count, d, tokens, 1, dp, tokens, view->part[KEY], stride,
               own, view->gradient[QUERY] + first * stride, stride);
    ambit_gemm(AMBIT_TRANSPOSED, AMBIT_PLAIN, tokens, d, count, 1, dp, tokens,
               view->part[QUERY] + first * stride, stride, shared, view->gradient[KEY], stride);
}

static int64_t block_size(int64_t tokens, int64_t first) {
    return tokens - first < QUERIES ? tokens - first : QUERIES;
}

/* Rows are pairs of a row of the batch and a head. */
static void backward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const int64_t tokens = op->size[TOKENS];
    ambit_real *p = ambit_backward_scratch(op, member), *dp = p + QUERIES * tokens;
    for (int64_t pair = rows.first; pair < rows.end; pair++) {
        head_view view = view_head(op, pair / op->size[HEADS], pair % op->size[HEADS]);
        for (int64_t first = 0; first < tokens; first += QUERIES)
            backward_block(&view, first, block_size(tokens, first), op->add[0], p, dp);
    }
}

static void forward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const int64_t tokens = op->size[TOKENS];
    ambit_real *scores = ambit_forward_scratch(op, member);
    for (int64_t pair = rows.first; pair < rows.end; pair++) {
        head_view view = view_head(op, pair / op->size[HEADS], pair % op->size[HEADS]);
        for (int64_t first = 0; first < tokens; first += QUERIES)
            forward_block(&view, first, block_size(tokens, first), scores);
    }
}

/* A pair is as much work as some numbers for each of its scores. */
static void share(const ambit_operator *op, ambit_rows_work work) {
    const int64_t tokens = op->size[TOKENS], batch = op->output->rows / tokens;
    ambit_share_rows(op, batch * op->size[HEADS], 16 * tokens * tokens, work);
}

static void forward(const ambit_operator *op) {
    share(op, forward_rows);
}

static void backward(const ambit_operator *op) {
    share(op, backward_rows);
}

static const ambit_operator_kind kind = {"attention", forward, backward};

ambit_tensor *ambit_attention(ambit_graph *graph, ambit_tensor *qkv, int64_t heads) {
    if (!qkv)
        return NULL;
    if (qkv->rank != 3 || heads < 1 || qkv->columns % (PARTS * heads) != 0)
        return ambit_graph_refuse(graph,
                                  "attention: qkv is not batch × tokens × 3·width with width "
                                  "divided by %" PRId64 " heads",
                                  heads);
    const int64_t tokens = qkv->shape[1], width = qkv->columns / PARTS;
    const int64_t shape[3] = {qkv->shape[0], tokens, width};
    ambit_operator *op = ambit_operator_new(graph, &kind, 1, &qkv, 3, shape);
    if (!op)
        return NULL;
    op->size[TOKENS] = tokens;
    op->size[WIDTH] = width;
    op->size[HEADS] = heads;
    op->backward_reads = 1u;
    op->saved_count = op->training ? qkv->shape[0] * heads * tokens : 0;
    op->forward_each = QUERIES * tokens;
    op->backward_each = 2 * QUERIES * tokens;
    op->flops_forward = 4.0 * (double)qkv->rows * (double)tokens * (double)width;
    op->flops_backward = 2.5 * op->flops_forward;
    return op->output;
}
