/* Group norm, Mish and FiLM in one pass: y = mish(z)·(1 + scale) + shift (+ residual),
 * z = γ·x̂ + β, x̂ = (x − mean)·r with mean and r = 1/√(variance + ε) over the tokens and channels of
 * a group (Wu and He 2018; Perez et al. 2018).
 *
 * Backward, with dz = dy·(1 + scale)·mish'(z) and sums over the n numbers of a group:
 *     dx = r·(γ·dz − Σγ·dz/n − x̂·Σ(γ·dz·x̂)/n),  dγ = Σ dz·x̂,  dβ = Σ dz
 *     dscale = Σ_tokens dy·mish(z),  dshift = Σ_tokens dy
 * Forward keeps mean and r; z and the activation are computed again. All loops run over channels,
 * so what belongs to a group is kept once a channel.
 */
#include "operator.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { X, GAMMA, BETA, SHIFT, SCALE }; /* inputs; then a residual, where one is given */
enum { TOKENS, GROUPS, FILM };         /* op->size; FILM: whether shift and scale exist */

static const ambit_real epsilon = (ambit_real)1e-5;

/* Replaces each channel's sum by the mean over its group. */
static void average_groups(int64_t channels, int64_t groups, int64_t tokens, ambit_real *sums) {
    const int64_t width = channels / groups;
    for (int64_t group = 0; group < groups; group++) {
        ambit_real *part = sums + group * width, sum = 0;
        for (int64_t i = 0; i < width; i++)
            sum += part[i];
        for (int64_t i = 0; i < width; i++)
            part[i] = sum / (ambit_real)(width * tokens);
    }
}

AMBIT_INLINE void statistics(int64_t n, int64_t groups, int64_t tokens, const ambit_real *x,
                             ambit_real *restrict mean, ambit_real *restrict r) {
    memset(mean, 0, (size_t)n * sizeof *mean);
    memset(r, 0, (size_t)n * sizeof *r);
    for (int64_t t = 0; t < tokens; t++)
        for (int64_t i = 0; i < n; i++)
            mean[i] += x[t * n + i];
    average_groups(n, groups, tokens, mean);
    for (int64_t t = 0; t < tokens; t++)
        for (int64_t i = 0; i < n; i++)
            r[i] += (x[t * n + i] - mean[i]) * (x[t * n + i] - mean[i]);
    average_groups(n, groups, tokens, r);
    for (int64_t i = 0; i < n; i++)
        r[i] = 1 / (ambit_real)sqrt(r[i] + epsilon);
}

static const ambit_real *film_row(const ambit_operator *op, int input, int64_t batch) {
    const ambit_tensor *film = op->size[FILM] ? op->inputs[input] : NULL;
    return film ? film->data + batch * film->stride : NULL;
}

static const ambit_tensor *residual_of(const ambit_operator *op) {
    return op->passes < 0 ? NULL : op->inputs[op->passes];
}

/* The two arrays of a row of the batch that forward leaves for backward. */
static ambit_real *statistics_of(const ambit_operator *op, int64_t batch, int member) {
    const int64_t n = op->output->columns;
    return op->saved ? op->saved + batch * 2 * n : ambit_forward_scratch(op, member);
}

AMBIT_INLINE void forward_row(int64_t n, const ambit_real *x, const ambit_real *mean,
                              const ambit_real *r, const ambit_real *gamma, const ambit_real *beta,
                              const ambit_real *shift, const ambit_real *scale, ambit_real *y) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        ambit_real value, slope;
        ambit_activation_value(AMBIT_MISH, (x[i] - mean[i]) * r[i] * gamma[i] + beta[i], &value,
                               &slope);
        y[i] = scale ? value * (1 + scale[i]) + shift[i] : value;
    }
}

AMBIT_INLINE void add_row(int64_t n, const ambit_real *restrict x, ambit_real *restrict y) {
    for (int64_t i = 0; i < n; i++)
        y[i] += x[i];
}

/* Rows are those of the batch, here and in backward. */
AMBIT_VECTOR static void forward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *x = op->inputs[X], *y = op->output, *residual = residual_of(op);
    const ambit_real *gamma = op->inputs[GAMMA]->data, *beta = op->inputs[BETA]->data;
    const int64_t n = x->columns, tokens = op->size[TOKENS];
    for (int64_t batch = rows.first; batch < rows.end; batch++) {
        const ambit_real *shift = film_row(op, SHIFT, batch), *scale = film_row(op, SCALE, batch);
        ambit_real *mean = statistics_of(op, batch, member), *r = mean + n;
        statistics(n, op->size[GROUPS], tokens, x->data + batch * tokens * n, mean, r);
        for (int64_t row = batch * tokens; row < (batch + 1) * tokens; row++) {
            ambit_real *to = y->data + row * n;
            if (scale)
                forward_row(n, x->data + row * n, mean, r, gamma, beta, shift, scale, to);
            else
                forward_row(n, x->data + row * n, mean, r, gamma, beta, NULL, NULL, to);
            if (residual)
                add_row(n, residual->data + row * residual->stride, to);
        }
    }
}

/* The arrays of one row of the batch that backward sums over tokens. */
typedef struct {
    ambit_real *dgamma, *dbeta, *dshift, *dscale, *sum, *product;
} row_sums;

/* dz of one token, and its share of all sums over tokens. */
AMBIT_INLINE void backward_row(int64_t n, int film, const ambit_real *x, const ambit_real *dy,
                               const ambit_real *mean, const ambit_real *r, const ambit_real *gamma,
                               const ambit_real *beta, const ambit_real *scale, row_sums s,
                               ambit_real *dz) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const ambit_real normal = (x[i] - mean[i]) * r[i];
        ambit_real value, slope;
        ambit_activation_value(AMBIT_MISH, normal * gamma[i] + beta[i], &value, &slope);
        const ambit_real d = (film ? dy[i] * (1 + scale[i]) : dy[i]) * slope;
        if (film) {
            s.dscale[i] += dy[i] * value;
            s.dshift[i] += dy[i];
        }
        s.dbeta[i] += d;
        s.dgamma[i] += d * normal;
        s.sum[i] += d * gamma[i];
        s.product[i] += d * gamma[i] * normal;
        dz[i] = d;
    }
}

AMBIT_INLINE void input_gradient_row(int64_t n, int add, const ambit_real *x,
                                     const ambit_real *mean, const ambit_real *r,
                                     const ambit_real *gamma, row_sums s, const ambit_real *dz,
                                     ambit_real *dx) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        const ambit_real normal = (x[i] - mean[i]) * r[i];
        const ambit_real d = r[i] * (dz[i] * gamma[i] - s.sum[i] - normal * s.product[i]);
        dx[i] = add ? dx[i] + d : d;
    }
}

/* One row of the batch. */
AMBIT_VECTOR static void backward_batch(const ambit_operator *op, int64_t batch, row_sums s,
                                        ambit_real *dz) {
    const ambit_tensor *x = op->inputs[X];
    const ambit_real *gamma = op->inputs[GAMMA]->data, *beta = op->inputs[BETA]->data;
    const ambit_real *scale = film_row(op, SCALE, batch);
    const int64_t n = x->columns, tokens = op->size[TOKENS], at = batch * tokens * n;
    const ambit_real *mean = statistics_of(op, batch, 0), *r = mean + n;
    const ambit_real *from = x->data + at, *dy = op->output->gradient + at;
    for (int64_t i = 0; i < tokens * n; i += n)
        if (scale)
            backward_row(n, 1, from + i, dy + i, mean, r, gamma, beta, scale, s, dz + i);
        else
            backward_row(n, 0, from + i, dy + i, mean, r, gamma, beta, NULL, s, dz + i);
    average_groups(n, op->size[GROUPS], tokens, s.sum);
    average_groups(n, op->size[GROUPS], tokens, s.product);
    for (int64_t i = 0; i < tokens * n && x->gradient; i += n)
        input_gradient_row(n, op->add[X], from + i, mean, r, gamma, s, dz + i,
                           x->gradient + at + i);
}

static ambit_real *gradient_start(const ambit_operator *op, int input, int64_t row) {
    const ambit_tensor *tensor = op->inputs[input];
    ambit_real *gradient = tensor->gradient + row * tensor->stride;
    if (!op->add[input])
        memset(gradient, 0, (size_t)tensor->columns * sizeof *gradient);
    return gradient;
}

/* Leaves a block's sums for γ and β side by side in scratch. */
static void backward_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const int64_t n = op->output->columns, tokens = op->size[TOKENS];
    ambit_real *dz = ambit_backward_scratch(op, member);
    row_sums s = {.dgamma = op->backward_scratch + rows.block * 2 * n,
                  .dbeta = op->backward_scratch + rows.block * 2 * n + n,
                  .sum = dz + tokens * n,
                  .product = dz + tokens * n + n};
    memset(s.dgamma, 0, 2 * (size_t)n * sizeof *s.dgamma);
    for (int64_t batch = rows.first; batch < rows.end; batch++) {
        memset(s.sum, 0, 2 * (size_t)n * sizeof *s.sum);
        if (op->size[FILM]) {
            s.dshift = gradient_start(op, SHIFT, batch);
            s.dscale = gradient_start(op, SCALE, batch);
        }
        backward_batch(op, batch, s, dz);
    }
}

static void share(const ambit_operator *op, ambit_rows_work work) {
    ambit_share_rows(op, op->output->shape[0], op->size[TOKENS] * op->output->columns, work);
}

static void forward(const ambit_operator *op) {
    share(op, forward_rows);
}

static void backward(const ambit_operator *op) {
    const int64_t n = op->output->columns, batch = op->output->shape[0];
    const int64_t blocks = ambit_row_blocks(batch, op->size[TOKENS] * n);
    share(op, backward_rows);
    for (int input = GAMMA; input <= BETA; input++)
        ambit_sum_blocks(blocks, n, 2 * n, op->backward_scratch + (input - GAMMA) * n,
                         op->add[input], op->inputs[input]->gradient);
}

static const ambit_operator_kind kind = {"group norm", forward, backward};

static int is_film(const ambit_tensor *film, const ambit_tensor *x) {
    return film && film->rows == x->shape[0] && film->columns == x->columns && film->differentiable;
}

ambit_tensor *ambit_group_norm_mish(ambit_graph *graph, const char *name, ambit_tensor *x,
                                    int64_t groups, ambit_tensor *shift, ambit_tensor *scale,
                                    ambit_tensor *residual) {
    char gamma_name[128], beta_name[128];
    if (!x)
        return NULL;
    if (x->rank != 3 || x->stride != x->columns || groups < 1 || x->columns % groups != 0 ||
        shift == x || residual == x || !shift != !scale || (shift && shift == scale) ||
        (shift && (!is_film(shift, x) || !is_film(scale, x))) ||
        (residual && (residual->rows != x->rows || residual->columns != x->columns)))
        return ambit_graph_refuse(graph,
                                  "%s: %" PRId64 " groups do not divide the channels of x, or "
                                  "shift, scale or residual do not fit it",
                                  name, groups);
    snprintf(gamma_name, sizeof gamma_name, "%s.weight", name);
    snprintf(beta_name, sizeof beta_name, "%s.bias", name);
    ambit_tensor *inputs[6] = {
        x, ambit_graph_parameter(graph, gamma_name, 1, &x->columns, AMBIT_INIT_ONE, 1, 0),
        ambit_graph_parameter(graph, beta_name, 1, &x->columns, AMBIT_INIT_ZERO, 1, 0)};
    int count = BETA + 1;
    if (shift) {
        inputs[count++] = shift;
        inputs[count++] = scale;
    }
    if (residual)
        inputs[count++] = residual;
    ambit_operator *op = ambit_operator_new(graph, &kind, count, inputs, 3, x->shape);
    if (!op)
        return NULL;
    op->size[TOKENS] = x->shape[1];
    op->size[GROUPS] = groups;
    op->size[FILM] = shift != NULL;
    op->passes = residual ? count - 1 : -1;
    op->backward_reads = 1u << X | (shift ? 1u << SCALE : 0);
    op->saved_count = op->training ? 2 * x->shape[0] * x->columns : 0;
    op->forward_each = op->training ? 0 : 2 * x->columns;
    op->backward_count = ambit_row_blocks(x->shape[0], x->shape[1] * x->columns) * 2 * x->columns;
    op->backward_each = (x->shape[1] + 2) * x->columns;
    op->flops_forward = 30.0 * (double)(x->rows * x->columns);
    op->flops_backward = 50.0 * (double)(x->rows * x->columns);
    return op->output;
}
