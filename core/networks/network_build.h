/* What the files of networks and encoders offer to each other and to network.c: operators in, the
 * prediction or features out. All return NULL when building failed. */
#ifndef AMBIT_CORE_NETWORKS_NETWORK_BUILD_H
#define AMBIT_CORE_NETWORKS_NETWORK_BUILD_H

#include "../graph/operators.h"
#include "network.h"

/* What the network sees: data masked and preconditioned where the options say so. A condition that
 * the network has not is NULL; so is `present` where it is never missing. */
typedef struct {
    ambit_tensor *data;  /* batch × steps × width, or batch × channels × height × width */
    ambit_tensor *sigma; /* batch × 1 */
    ambit_tensor *condition[AMBIT_CONDITIONS];
    ambit_tensor *present[AMBIT_CONDITIONS]; /* batch × 1 */
} ambit_network_inputs;

/* The prediction, as many numbers a row as the data has. */
typedef ambit_tensor *ambit_network_builder(ambit_graph *graph,
                                            const ambit_network_options *options,
                                            const ambit_network_inputs *inputs);
ambit_network_builder ambit_network_build_mlp, ambit_network_build_dit, ambit_network_build_unet1d;

/* What a backbone knows of its input before the last layer: batch × any, or batch × tokens × any.
 */
ambit_network_builder ambit_network_features_mlp, ambit_network_features_dit,
    ambit_network_features_unet1d;

/* The classifier's logit, batch × 1, from such features. (network_classifier.c) */
ambit_tensor *ambit_network_build_classifier(ambit_graph *graph, ambit_tensor *features);

/* Channels of a unet1d are normalised in so many groups, which divide its width. */
enum { AMBIT_UNET1D_GROUPS = 8 };

/* ---- conditions (encoder.c) ---- */

/* A condition as one vector a row, batch × width, plus `residual` unless NULL; and as tokens,
 * batch × tokens × width (or batch × width for one). */
ambit_tensor *ambit_encode_vector(ambit_graph *graph, const ambit_network_options *options,
                                  const ambit_network_inputs *inputs, ambit_condition which,
                                  int64_t width, ambit_tensor *residual);
ambit_tensor *ambit_encode_tokens(ambit_graph *graph, const ambit_network_options *options,
                                  const ambit_network_inputs *inputs, ambit_condition which,
                                  int64_t width);

/* Writes every condition as a vector to parts[0 …], the state as it is, and returns how many. */
int ambit_encode_parts(ambit_graph *graph, const ambit_network_options *options,
                       const ambit_network_inputs *inputs, ambit_tensor **parts);

/* The encoders: features of one condition before the last linear layer, any number of columns; a
 * vector a row or tokens. `name` begins the parameters' names. A text's embedding goes through
 * ambit_encode_state(). */
typedef ambit_tensor *ambit_encoder(ambit_graph *graph, const char *name,
                                    const ambit_network_options *options, ambit_tensor *input,
                                    int64_t width);
ambit_encoder ambit_encode_state, ambit_encode_camera, ambit_encode_caption;

#endif
