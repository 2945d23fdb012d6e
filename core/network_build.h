/* What a network's file offers to network.c: the prediction out of the inputs, as operators. */
#ifndef AMBIT_CORE_NETWORK_BUILD_H
#define AMBIT_CORE_NETWORK_BUILD_H

#include "network.h"
#include "operators.h"

typedef struct {
    ambit_tensor *chunk;       /* batch × steps × width of a chunk */
    ambit_tensor *observation; /* batch × observation_size; NULL where that is 0 */
    ambit_tensor *sigma;       /* batch × 1 */
} ambit_network_inputs;

/* Each returns the prediction, as many numbers a row as a chunk has; NULL when building failed. */
ambit_tensor *ambit_network_build_mlp(ambit_graph *graph, const ambit_network_options *options,
                                      const ambit_network_inputs *inputs);
ambit_tensor *ambit_network_build_dit(ambit_graph *graph, const ambit_network_options *options,
                                      const ambit_network_inputs *inputs);
ambit_tensor *ambit_network_build_unet1d(ambit_graph *graph, const ambit_network_options *options,
                                         const ambit_network_inputs *inputs);

/* Channels of a unet1d are normalised in so many groups, which divide its width. */
enum { AMBIT_UNET1D_GROUPS = 8 };

#endif
