/* The operators a network is written with. Each is one file op_*.c.
 *
 * All return the result, or NULL after a failure that ambit_graph_finish() reports, and accept NULL
 * tensors, so that a network can be written without a check after each line. A matrix is any
 * tensor seen as rows × last dimension. `name` begins the names of the operator's parameters.
 */
#ifndef AMBIT_CORE_OPERATORS_H
#define AMBIT_CORE_OPERATORS_H

#include "activation.h"
#include "graph.h"

/* y = act(x·Wᵀ + b), or residual + act(x·Wᵀ + b) where a residual is given; W is width × columns of
 * x, as in PyTorch, and starts as `init` says, b likewise. Residual may be x itself, if there is an
 * activation. (op_linear.c) */
ambit_tensor *ambit_linear(ambit_graph *graph, const char *name, ambit_tensor *x, int64_t width,
                           ambit_activation activation, ambit_init init, ambit_tensor *residual);

/* y = act(x) (op_activation.c) */
ambit_tensor *ambit_activate(ambit_graph *graph, ambit_tensor *x, ambit_activation activation);

/* Layer norm over the last dimension, then adaLN: y = x̂·(1 + scale) + shift,
 * x̂ = (x − mean)/√(variance + 10⁻⁶). x is batch × tokens × width (or batch × width); scale and
 * shift are batch × width, the same for all tokens of a row. (op_norm.c) */
ambit_tensor *ambit_norm_modulate(ambit_graph *graph, ambit_tensor *x, ambit_tensor *shift,
                                  ambit_tensor *scale);

/* h + gate·y; h and y are batch × tokens × width, gate batch × width. (op_gate.c) */
ambit_tensor *ambit_gate_residual(ambit_graph *graph, ambit_tensor *h, ambit_tensor *gate,
                                  ambit_tensor *y);

/* Multi-head attention without a mask: qkv is batch × tokens × 3·width, queries, keys and values
 * side by side, each of them `heads` heads side by side. softmax(q·kᵀ/√d)·v, batch × tokens ×
 * width. (op_attention.c) */
ambit_tensor *ambit_attention(ambit_graph *graph, ambit_tensor *qkv, int64_t heads);

/* Matrices side by side. (op_concat.c) */
ambit_tensor *ambit_concat(ambit_graph *graph, int count, ambit_tensor *const *parts);

/* σ (batch × 1) as batch × 16 numbers, as network.h says. (op_sigma.c) */
ambit_tensor *ambit_sigma_features(ambit_graph *graph, ambit_tensor *sigma);

/* x + p, p a parameter tokens × width, for x batch × tokens × width. (op_positions.c) */
ambit_tensor *ambit_add_positions(ambit_graph *graph, const char *name, ambit_tensor *x);

/* Mean squared error of each row of the first dimension: batch × 1. (op_loss.c) */
ambit_tensor *ambit_row_error(ambit_graph *graph, ambit_tensor *prediction, ambit_tensor *target);

/* Σ values·weights, a scalar; no gradient flows into weights. (op_loss.c) */
ambit_tensor *ambit_weighted_sum(ambit_graph *graph, ambit_tensor *values, ambit_tensor *weights);

/* Columns first … first + count of x, without a copy. Where x has a gradient, its views must cover
 * it exactly and nothing else may use it. (graph.c) */
ambit_tensor *ambit_columns(ambit_graph *graph, ambit_tensor *x, int64_t first, int64_t count);

/* Convolution over the tokens of x, batch × tokens × channels, with zeros beyond both ends: batch ×
 * tokens/stride × channels. And its transpose: batch × tokens·stride × channels. W is (channels of
 * the shorter sequence) × kernel × (channels of the longer). (op_conv.c) */
ambit_tensor *ambit_convolution(ambit_graph *graph, const char *name, ambit_tensor *x,
                                int64_t channels, int64_t kernel, int64_t stride);
ambit_tensor *ambit_transposed_convolution(ambit_graph *graph, const char *name, ambit_tensor *x,
                                           int64_t channels, int64_t kernel, int64_t stride);

/* mish(group norm(x))·(1 + scale) + shift + residual, x batch × tokens × channels. Shift and scale
 * (FiLM: batch × channels, both or neither) and residual (like x) may be NULL. (op_group_norm.c) */
ambit_tensor *ambit_group_norm_mish(ambit_graph *graph, const char *name, ambit_tensor *x,
                                    int64_t groups, ambit_tensor *shift, ambit_tensor *scale,
                                    ambit_tensor *residual);

/* The same numbers as batch × the rest, without a copy; x is an input. (graph.c) */
ambit_tensor *ambit_flatten(ambit_graph *graph, ambit_tensor *x);

#endif
