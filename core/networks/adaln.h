/* Adaptive layer norm (Peebles and Xie, "Scalable diffusion models with transformers", ICCV 2023):
 * what a network is told becomes one vector c a row, and c the scales, shifts and gates of its
 * blocks.
 *
 *     c = SiLU(W·SiLU(W·σ features + b) + b + Σ each condition as a vector)
 *     shift, scale, gate … = W·c + b                                        from zero
 *
 * As operators do, all accept NULL tensors and return NULL after a failure.
 */
#ifndef AMBIT_CORE_NETWORKS_ADALN_H
#define AMBIT_CORE_NETWORKS_ADALN_H

#include "network_build.h"

/* c, batch × options->width. Where conditions enter otherwise (AMBIT_CONDITIONING_CONTEXT) it
 * tells σ alone. */
ambit_tensor *ambit_adaln_condition(ambit_graph *graph, const ambit_network_options *options,
                                    const ambit_network_inputs *inputs);

/* Writes `count` vectors, batch × width each, to vectors[0 …]: views of one linear layer
 * NAME.modulation of the condition (batch × any), to be used in this order. */
void ambit_adaln_vectors(ambit_graph *graph, const char *name, ambit_tensor *condition,
                         int64_t width, int count, ambit_tensor **vectors);

#endif
