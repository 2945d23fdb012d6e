/* The denoising networks: a noisy chunk, an observation and a noise level in, a prediction out.
 *
 *   mlp     residual multi-layer perceptron           (network_mlp.c)
 *   dit     1-D diffusion transformer with adaLN-zero (network_dit.c)
 *   unet1d  conditional temporal U-Net             (network_unet1d.c)
 *
 * The noise level enters as 16 numbers: sin and cos of ½·l·1.5ᵏ, k = 0…7, l = ½·ln(√(1−σ²)/σ).
 * σ is clipped to [10⁻⁴, 1 − 10⁻⁷] first, so that l is finite.
 */
#ifndef AMBIT_CORE_NETWORK_H
#define AMBIT_CORE_NETWORK_H

#include "graph.h"

typedef enum { AMBIT_NETWORK_MLP, AMBIT_NETWORK_DIT, AMBIT_NETWORK_UNET1D } ambit_network_kind;

typedef struct {
    ambit_network_kind kind;
    int64_t chunk_steps, chunk_width; /* a chunk is chunk_steps × chunk_width numbers */
    int64_t observation_size;         /* numbers; may be 0 */
    int64_t width, depth, heads;      /* heads: dit only; divides width. unet1d: width of the first
                                         level, a multiple of 8; depth levels, each of twice the
                                         width and half the steps of the one before */
} ambit_network_options;

/* With what a network is run. All zero is one thread that keeps what it computed, in single
 * precision. The bits of the results depend on the precision alone. */
typedef struct {
    ambit_team *team; /* runs the operators; must outlive the network; NULL: the caller alone */
    int recompute;    /* 1: backward computes what is within a block again instead of keeping it */
    ambit_precision precision;
} ambit_network_means;

typedef struct ambit_network ambit_network;

/* Builds the graph for `batch` rows. AMBIT_CONFIG when the options make no sense. */
ambit_status ambit_network_create(const ambit_network_options *options, int64_t batch, int training,
                                  ambit_network **network);
ambit_status ambit_network_create_with(const ambit_network_options *options,
                                       const ambit_network_means *means, int64_t batch,
                                       int training, ambit_network **network);
void ambit_network_destroy(ambit_network *network);

/* The graph inside: parameters, flops, bytes, bind. */
ambit_graph *ambit_network_graph(ambit_network *network);

/* Where the caller writes before a run: batch rows of chunk (steps × width), observation, and σ.
 * What is written stays there. The observation is NULL where its size is 0. */
ambit_real *ambit_network_chunk(ambit_network *network);
ambit_real *ambit_network_observation(ambit_network *network);
ambit_real *ambit_network_sigma(ambit_network *network);

/* Training only, otherwise NULL: batch rows of targets, and a weight a row, into which the caller
 * folds whatever the sum over rows is to be divided by. */
ambit_real *ambit_network_target(ambit_network *network);
ambit_real *ambit_network_weight(ambit_network *network);

/* Runs forward; the prediction is at ambit_network_output(): batch rows like chunk. In training the
 * row losses are at ambit_network_row_loss(): mean squared error of the row, not weighted. */
void ambit_network_forward(ambit_network *network);
ambit_real *ambit_network_output(ambit_network *network);
const ambit_real *ambit_network_row_loss(const ambit_network *network);

/* Gradient of Σ_rows weight·(row loss), written to the bound gradient array. Call after forward. */
void ambit_network_backward(ambit_network *network);

#endif
