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

/* What network_NAME.c offers, as ambit_network_NAME. */
typedef struct {
    int images; /* whether the data may be images */
    /* What it asks of its options beyond what all networks do. May be NULL. */
    ambit_status (*check)(const ambit_network_options *options);
    ambit_network_builder *build;
    /* What it knows of its input before the last layer, for classifiers: batch × any, or batch ×
     * tokens × any. */
    ambit_network_builder *features;
} ambit_network_row;

#define AMBIT_NETWORK_DECLARED(constant, name, text)                                               \
    extern const ambit_network_row ambit_network_##name;
AMBIT_NETWORKS(AMBIT_NETWORK_DECLARED)
#undef AMBIT_NETWORK_DECLARED

/* The row of a kind that was checked. (network_options.c) */
const ambit_network_row *ambit_network_row_of(ambit_network_kind kind);

/* For the checks of networks: heads divide width; WHERE is "camera_" or "". (network_options.c) */
ambit_status ambit_network_check_heads(const char *where, int64_t heads, int64_t width);

/* The classifier's logit, batch × 1, from such features. (network_classifier.c) */
ambit_tensor *ambit_network_build_classifier(ambit_graph *graph, ambit_tensor *features);

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
