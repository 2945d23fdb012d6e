/* The operators a network is written with. Each is one file op_*.c.
 *
 * All return the result, or NULL after a failure that ambit_graph_finish() reports, and accept NULL
 * tensors, so that a network can be written without a check after each line. A matrix is any
 * tensor seen as rows × last dimension. `name` begins the names of the operator's parameters.
 */
#ifndef AMBIT_CORE_GRAPH_OPERATORS_H
#define AMBIT_CORE_GRAPH_OPERATORS_H

#include "../method/objective.h"
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

/* The same, for tokens that fill a grid of so many columns row after row; p starts as sines and
 * cosines of a token's place there. (op_positions.c) */
ambit_tensor *ambit_add_grid_positions(ambit_graph *graph, const char *name, ambit_tensor *x,
                                       int64_t grid_columns);

/* Mean squared error of each row of the first dimension: batch × 1. counted: batch × places, a
 * number for each of so many runs of equal length that a row is made of, 1 where they count and 0
 * where not; a row of which nothing counts has error 0. NULL: all counts. (op_loss.c) */
ambit_tensor *ambit_row_error(ambit_graph *graph, ambit_tensor *prediction, ambit_tensor *target,
                              ambit_tensor *counted);

/* Cross-entropy of each row's logit, batch × 1, with its label in [0, 1], batch × 1: ln(1 + eᶻ) −
 * label·z. (op_loss.c) */
ambit_tensor *ambit_row_cross_entropy(ambit_graph *graph, ambit_tensor *logit, ambit_tensor *label);

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

/* The same numbers in another shape, or as batch × the rest, without a copy; no gradient flows into
 * x. (graph.c) */
ambit_tensor *ambit_reshape(ambit_graph *graph, ambit_tensor *x, int rank, const int64_t *shape);
ambit_tensor *ambit_flatten(ambit_graph *graph, ambit_tensor *x);

/* Patches of patch × patch pixels as tokens: batch × channels × height × width as batch × patches ×
 * channels·patch², patches in rows, each channel by channel; and back. (op_patch.c) */
ambit_tensor *ambit_patches(ambit_graph *graph, ambit_tensor *x, int64_t patch);
ambit_tensor *ambit_image_of_patches(ambit_graph *graph, ambit_tensor *x, int64_t height,
                                     int64_t width, int64_t patch);

/* Sequences of one width (batch × tokens × width; batch × width is one token) one after the other,
 * 1 to 8 of them; tokens first … first + count; and the mean of all tokens, batch × width.
 * (op_tokens.c) */
ambit_tensor *ambit_join_tokens(ambit_graph *graph, int count, ambit_tensor *const *parts);
ambit_tensor *ambit_take_tokens(ambit_graph *graph, ambit_tensor *x, int64_t first, int64_t count);
ambit_tensor *ambit_mean_of_tokens(ambit_graph *graph, ambit_tensor *x);

/* x where `present` (batch × 1, no gradient) is 1, and a learned vector, a parameter of x's columns
 * called `name`, where it is 0; in between both in proportion. Plus residual, if that is not NULL.
 * (op_blend.c) */
ambit_tensor *ambit_blend(ambit_graph *graph, const char *name, ambit_tensor *x,
                          ambit_tensor *present, ambit_tensor *residual);

/* Σ of the rows, of a table of table_rows × width, that a row of identifiers names, over the square
 * root of how many; batch × width. Identifiers are batch × slots, whole numbers; any that is not
 * from 0 to table_rows − 1 is an empty slot. No rows: zeros. (op_bag.c) */
ambit_tensor *ambit_bag(ambit_graph *graph, const char *name, ambit_tensor *identifiers,
                        int64_t table_rows, int64_t width);

/* A parameter of `width` numbers as batch × width, the same in each row. (op_repeat.c) */
ambit_tensor *ambit_repeat(ambit_graph *graph, const char *name, int64_t batch, int64_t width,
                           ambit_init init);

/* x times a mask that is the same for all channels: x batch × tokens × channels and mask batch ×
 * tokens, or batch × channels × height × width and batch × height·width. No gradient flows into
 * either. (op_mask.c) */
ambit_tensor *ambit_mask(ambit_graph *graph, ambit_tensor *x, ambit_tensor *mask);

/* in·x, and skip·x + out·output, with the factors of precondition.h for each row's σ (batch × 1).
 * Gradients flow into output alone. (op_precondition.c) */
ambit_tensor *ambit_precondition_input(ambit_graph *graph, ambit_tensor *x, ambit_tensor *sigma,
                                       double sigma_data);
ambit_tensor *ambit_precondition_output(ambit_graph *graph, ambit_tensor *x, ambit_tensor *sigma,
                                        ambit_tensor *output, ambit_prediction prediction,
                                        double sigma_data);

#endif
