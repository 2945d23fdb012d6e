/* The blocks that transformers here are made of: with adaLN-zero (Peebles and Xie, "Scalable
 * diffusion models with transformers", ICCV 2023), whose scales, shifts and gates come from a
 * condition, and plain (Dosovitskiy et al., "An image is worth 16x16 words", ICLR 2021).
 *
 * h is batch × tokens × width; `heads` divides width. `name` begins the names of the parameters.
 * Blocks are blocks of recomputation too (graph.h). As operators do, all accept NULL tensors and
 * return NULL after a failure.
 */
#ifndef AMBIT_CORE_NETWORKS_TRANSFORMER_H
#define AMBIT_CORE_NETWORKS_TRANSFORMER_H

#include "../graph/operators.h"

/* With six vectors a row made from the condition (batch × any) by a linear layer that starts at 0:
 *     h = h + gate₁·attention(norm(h)·(1 + scale₁) + shift₁)
 *     h = h + gate₂·MLP(norm(h)·(1 + scale₂) + shift₂)                      GELU, ratio 4 */
ambit_tensor *ambit_transformer_block(ambit_graph *graph, const char *name, ambit_tensor *h,
                                      ambit_tensor *condition, int64_t heads);

/* norm(h)·(1 + scale) + shift, with two vectors a row made from the condition likewise. */
ambit_tensor *ambit_transformer_norm(ambit_graph *graph, const char *name, ambit_tensor *h,
                                     ambit_tensor *condition);

/* Without a condition: h = h + attention(norm(h)), h = h + MLP(norm(h)), and the norm alone; its
 * scale and shift are parameters. */
ambit_tensor *ambit_transformer_plain_block(ambit_graph *graph, const char *name, ambit_tensor *h,
                                            int64_t heads);
ambit_tensor *ambit_transformer_plain_norm(ambit_graph *graph, const char *name, ambit_tensor *h);

#endif
