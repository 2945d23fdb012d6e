/* Multi-head attention, out = softmax(q·kᵀ/√d)·v, a block of queries at a time, so that no
 * tokens × tokens matrix is ever in memory (Dao et al., FlashAttention, 2022).
 *
 * Scores lie key by key, with the queries of a block side by side, so that the softmax of 16
 * queries is sums of whole vectors. Forward keeps of each query its largest score and one over its
 * sum of exponentials; backward computes the probabilities P again. With dP = dO·vᵀ and dS = P∘(dP
 * − rowsum(P∘dP))/√d: dv = Pᵀ·dO,  dq = dS·k,  dk = dSᵀ·q
 */
#include "../base/vector.h"
#include "../products/small_product.h"
#include "operator.h"

#include <inttypes.h>
#include <string.h>

enum { QUERIES = 32 };             /* of a block: a multiple of PANEL */
enum { PANEL = AMBIT_PANEL };      /* queries side by side */
enum { TOKENS, WIDTH, HEADS, D };  /* op->size; D: numbers of a head */
enum { QUERY, KEY, VALUE, PARTS }; /* of qkv */

/* One head of one row of the batch: q, k and v are tokens × d, `stride` apart. */
typedef struct {
    int64_t tokens, d, stride, out_stride;
    ambit_real scale;
    const ambit_real *part[PARTS];
    ambit_real *gradient[PARTS];
    ambit_real *out, *out_gradient;
    ambit_real *largest, *factors; /* kept for backward, or NULL: of each query */
} head_view;

static head_view view_head(const ambit_operator *op, int64_t pair) {
    const ambit_tensor *qkv = op->inputs[0], *y = op->output;
    const int64_t width = op->size[WIDTH], heads = op->size[HEADS], tokens = op->size[TOKENS];
    const int64_t batch = pair / heads, head = pair % heads;
    const int64_t d = op->size[D], at = batch * tokens * qkv->stride + head * d;
    const int64_t out_at = batch * tokens * width + head * d;
    head_view view = {.tokens = tokens,
                      .d = d,
                      .stride = qkv->stride,
                      .out_stride = width,
                      .scale = (ambit_real)op->number,
                      .out = y->data + out_at,
                      .out_gradient = y->gradient ? y->gradient + out_at : NULL,
                      .largest = op->saved ? op->saved + 2 * pair * tokens : NULL,
                      .factors = op->saved ? op->saved + (2 * pair + 1) * tokens : NULL};
    for (int p = 0; p < PARTS; p++) {
        view.part[p] = qkv->data + at + p * width;
        view.gradient[p] = qkv->gradient ? qkv->gradient + at + p * width : NULL;
    }
    return view;
}

/* Queries `first` … first + count of a head, and the head after it: memory is asked for its rows
 * between products, an array at a time, since they are short and lie far apart, which no processor
 * foresees. */
typedef struct {
    const head_view *head, *next;
    int64_t first, count, lanes; /* lanes: the count in whole panels */
} block;

/* Scratch of one member: panels of the head's values (backward: of its keys) and of a block; the
 * probabilities P and their gradient. All pointers are NULL where scratch is. */
typedef struct {
    ambit_real *scratch;
    int64_t count; /* numbers of it */
    ambit_real *head, *query, *turned_query, *out_gradient, *turned_out_gradient, *p, *dp;
} workspace;

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static ambit_real *take(workspace *w, int64_t count) {
    ambit_real *taken = w->scratch ? w->scratch + w->count : NULL;
    w->count += count;
    return taken;
}

static workspace divide_scratch(const ambit_operator *op, int backward, ambit_real *scratch) {
    const int64_t tokens = op->size[TOKENS], d = op->size[D];
    const int64_t columns = ambit_panel_columns(d);
    const int64_t queries = least(QUERIES, ambit_panel_columns(tokens));
    workspace w = {.scratch = scratch};
    w.head = take(&w, tokens * columns);
    w.turned_query = take(&w, queries * d);
    w.p = take(&w, queries * tokens);
    if (backward) {
        w.query = take(&w, queries * columns);
        w.out_gradient = take(&w, queries * columns);
        w.turned_out_gradient = take(&w, queries * d);
        w.dp = take(&w, queries * tokens);
    }
    return w;
}

static void ask_for(const block *b, const ambit_real *rows, int64_t stride) {
    enum { LINE = 64 / (int)sizeof(ambit_real) };
    for (int64_t i = b->first; i < b->first + b->count; i++)
        for (int64_t j = 0; j < b->head->d; j += LINE)
            AMBIT_PREFETCH_AHEAD(rows + i * stride + j);
}

static ambit_strided rows_of(const ambit_real *first, int64_t stride) {
    return (ambit_strided){first, stride, 1};
}

static ambit_strided columns_of(const ambit_real *first, int64_t stride) {
    return (ambit_strided){first, 1, stride};
}

/* ---- forward ---- */

/* Makes probabilities of a panel of scores, whose rows lie `stride` apart. */
AMBIT_VECTOR static void softmax(int64_t keys, int64_t stride, ambit_real *restrict scores,
                                 ambit_real *restrict largest, ambit_real *restrict factors) {
    ambit_real most[PANEL], sum[PANEL];
    for (int l = 0; l < PANEL; l++) {
        most[l] = scores[l];
        sum[l] = 0;
    }
    for (int64_t i = 0; i < keys; i++)
#pragma omp simd
        for (int l = 0; l < PANEL; l++) {
            const ambit_real score = scores[i * stride + l];
            most[l] = score > most[l] ? score : most[l];
        }
    for (int64_t i = 0; i < keys; i++)
#pragma omp simd
        for (int l = 0; l < PANEL; l++) {
            const ambit_real e = ambit_exp(scores[i * stride + l] - most[l]);
            scores[i * stride + l] = e;
            sum[l] += e;
        }
    for (int l = 0; l < PANEL; l++)
        sum[l] = 1 / sum[l];
    for (int64_t i = 0; i < keys; i++)
#pragma omp simd
        for (int l = 0; l < PANEL; l++)
            scores[i * stride + l] *= sum[l];
    memcpy(largest, most, sizeof most);
    memcpy(factors, sum, sizeof sum);
}

static void forward_block(const block *b, const workspace *w) {
    const head_view *h = b->head, *next = b->next;
    ambit_real largest[QUERIES], factors[QUERIES];
    ambit_transposed_panels(b->count, h->d, h->part[QUERY] + b->first * h->stride, h->stride,
                            w->turned_query);
    ask_for(b, next->part[QUERY], h->stride);
    ambit_small_product(h->tokens, b->lanes, h->d, h->scale, rows_of(h->part[KEY], h->stride),
                        w->turned_query, 0, w->p, b->lanes);
    ask_for(b, next->part[KEY], h->stride);
    for (int64_t i = 0; i < b->lanes; i += PANEL)
        softmax(h->tokens, b->lanes, w->p + i, largest + i, factors + i);
    ask_for(b, next->part[VALUE], h->stride);
    ask_for(b, next->out, h->out_stride);
    ambit_small_product(b->count, h->d, h->tokens, 1, columns_of(w->p, b->lanes), w->head, 0,
                        h->out + b->first * h->out_stride, h->out_stride);
    if (h->largest) {
        memcpy(h->largest + b->first, largest, (size_t)b->count * sizeof *largest);
        memcpy(h->factors + b->first, factors, (size_t)b->count * sizeof *factors);
    }
}

/* ---- backward ---- */

/* A panel of p: scores in, probabilities out. dp: their gradient in; out that of the scores. */
AMBIT_VECTOR static void softmax_backward(int64_t keys, int64_t stride,
                                          const ambit_real *restrict largest,
                                          const ambit_real *restrict factors,
                                          ambit_real *restrict p, ambit_real *restrict dp) {
    ambit_real sum[PANEL] = {0};
    for (int64_t i = 0; i < keys; i++)
#pragma omp simd
        for (int l = 0; l < PANEL; l++) {
            const ambit_real e = ambit_exp(p[i * stride + l] - largest[l]) * factors[l];
            p[i * stride + l] = e;
            sum[l] += e * dp[i * stride + l];
        }
    for (int64_t i = 0; i < keys; i++)
#pragma omp simd
        for (int l = 0; l < PANEL; l++)
            dp[i * stride + l] = p[i * stride + l] * (dp[i * stride + l] - sum[l]);
}

/* P and dS·√d of a block. */
static void probabilities(const block *b, const workspace *w) {
    const head_view *h = b->head, *next = b->next;
    ambit_real largest[QUERIES] = {0}, factors[QUERIES] = {0};
    memcpy(largest, h->largest + b->first, (size_t)b->count * sizeof *largest);
    memcpy(factors, h->factors + b->first, (size_t)b->count * sizeof *factors);
    ambit_small_product(h->tokens, b->lanes, h->d, h->scale, rows_of(h->part[KEY], h->stride),
                        w->turned_query, 0, w->p, b->lanes);
    ask_for(b, next->part[KEY], h->stride);
    ambit_small_product(h->tokens, b->lanes, h->d, 1, rows_of(h->part[VALUE], h->stride),
                        w->turned_out_gradient, 0, w->dp, b->lanes);
    ask_for(b, next->part[VALUE], h->stride);
    for (int64_t i = 0; i < b->lanes; i += PANEL)
        softmax_backward(h->tokens, b->lanes, largest + i, factors + i, w->p + i, w->dp + i);
}

static void backward_block(const block *b, int add, const workspace *w) {
    const head_view *h = b->head, *next = b->next;
    const int64_t tokens = h->tokens, d = h->d, count = b->count, lanes = b->lanes;
    const ambit_real *query = h->part[QUERY] + b->first * h->stride;
    const ambit_real *out_gradient = h->out_gradient + b->first * h->out_stride;
    const int shared = add || b->first > 0;
    ambit_panels(count, d, query, h->stride, w->query);
    ambit_panels(count, d, out_gradient, h->out_stride, w->out_gradient);
    ambit_transposed_panels(count, d, query, h->stride, w->turned_query);
    ambit_transposed_panels(count, d, out_gradient, h->out_stride, w->turned_out_gradient);
    ask_for(b, next->part[QUERY], h->stride);
    probabilities(b, w);
    ask_for(b, next->out_gradient, h->out_stride);
    ask_for(b, next->gradient[VALUE], h->stride);
    ambit_small_product(tokens, d, count, 1, rows_of(w->p, lanes), w->out_gradient, shared,
                        h->gradient[VALUE], h->stride);
    ask_for(b, next->gradient[KEY], h->stride);
    ambit_small_product(tokens, d, count, h->scale, rows_of(w->dp, lanes), w->query, shared,
                        h->gradient[KEY], h->stride);
    ask_for(b, next->gradient[QUERY], h->stride);
    ambit_small_product(count, d, tokens, h->scale, columns_of(w->dp, lanes), w->head, add,
                        h->gradient[QUERY] + b->first * h->stride, h->stride);
}

/* ---- heads ---- */

/* Rows are pairs of a row of the batch and a head. */
static void run_heads(const ambit_operator *op, ambit_rows rows, int backward, const workspace *w) {
    head_view head, next = view_head(op, rows.first);
    for (int64_t pair = rows.first; pair < rows.end; pair++) {
        head = next;
        if (pair + 1 < rows.end)
            next = view_head(op, pair + 1);
        ambit_panels(head.tokens, head.d, head.part[backward ? KEY : VALUE], head.stride, w->head);
        for (int64_t first = 0; first < head.tokens; first += QUERIES) {
            const int64_t count = least(head.tokens - first, QUERIES);
            const block b = {&head, &next, first, count, ambit_panel_columns(count)};
            if (backward)
                backward_block(&b, op->add[0], w);
            else
                forward_block(&b, w);
        }
    }
}

static void forward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const workspace w = divide_scratch(op, 0, ambit_forward_scratch(op, member));
    run_heads(op, rows, 0, &w);
}

static void backward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const workspace w = divide_scratch(op, 1, ambit_backward_scratch(op, member));
    run_heads(op, rows, 1, &w);
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
    op->size[D] = width / heads;
    op->number = 1 / sqrt((double)op->size[D]);
    op->backward_reads = 1u;
    op->saved_count = op->training ? qkv->shape[0] * heads * 2 * tokens : 0;
    op->forward_each = divide_scratch(op, 0, NULL).count;
    op->backward_each = divide_scratch(op, 1, NULL).count;
    op->flops_forward = 4.0 * (double)qkv->rows * (double)tokens * (double)width;
    op->flops_backward = 2.5 * op->flops_forward;
    return op->output;
}
