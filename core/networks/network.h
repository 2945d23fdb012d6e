/* The networks: noisy data, conditions and a noise level in; a prediction or a logit out.
 *
 *   mlp     residual multi-layer perceptron, plain or with adaLN  (network_mlp.c)
 *   dit     diffusion transformer with adaLN-zero, 1-D or 2-D     (network_dit.c)
 *   unet1d  conditional temporal U-Net                            (network_unet1d.c)
 *
 * The data is an action chunk or, for dit, an image or the latents of one. Conditions are those of
 * condition.h: a state, cameras, text, a caption; each is there when its sizes are not 0. The same
 * backbones serve as noise-conditional classifiers (network_classifier.c).
 *
 * The noise level enters as 16 numbers: sin and cos of ½·l·1.5ᵏ, k = 0…7, l = ½·ln(√(1−σ²)/σ).
 * σ is clipped to [10⁻⁴, 1 − 10⁻⁷] first, so that l is finite. It scales what goes in and comes out
 * where preconditioning is on (precondition.h).
 */
#ifndef AMBIT_CORE_NETWORKS_NETWORK_H
#define AMBIT_CORE_NETWORKS_NETWORK_H

#include "../graph/graph.h"
#include "../method/precondition.h"
#include "condition.h"

typedef enum { AMBIT_NETWORK_MLP, AMBIT_NETWORK_DIT, AMBIT_NETWORK_UNET1D } ambit_network_kind;

/* What comes out: the prediction, or the logit of "this is clean" (mean features, one number).
 * task.h says when which is trained. */
typedef enum { AMBIT_HEAD_PREDICTION, AMBIT_HEAD_LOGIT } ambit_network_head;

/* How a network is told its conditions: side by side with the data (mlp); as one vector with σ,
 * from which the scales and shifts of its norms come (mlp, dit); as tokens before the data's (dit);
 * as one vector, from which the scales and shifts of its channels come (unet1d). AUTO stands for
 * what ambit_network_conditioning() says. */
typedef enum {
    AMBIT_CONDITIONING_AUTO,
    AMBIT_CONDITIONING_CONCAT,
    AMBIT_CONDITIONING_ADALN,
    AMBIT_CONDITIONING_CONTEXT,
    AMBIT_CONDITIONING_FILM
} ambit_conditioning;

/* Stored as channels × height × width. Both sides are multiples of patch. channels 0: no image. */
typedef struct {
    int64_t channels, height, width, patch;
} ambit_image_shape;

/* Observed images, `views` (1 or more) of them a row, and their encoder: a vision transformer. */
typedef struct {
    ambit_image_shape image;
    int64_t views, width, depth, heads;
} ambit_camera_options;

/* A row of text is `tokens` vectors of `size` numbers; size 0: none. */
typedef struct {
    int64_t tokens, size;
} ambit_text_options;

/* A row of captions is `slots` numbers of n-grams (ngram.h) below `buckets`; slots 0: none. */
typedef struct {
    int64_t slots, buckets;
} ambit_caption_options;

/* Name members when writing one: what is left 0 is left out of the network. */
typedef struct {
    ambit_network_kind kind;
    int64_t chunk_steps, chunk_width; /* a chunk is chunk_steps × chunk_width numbers */
    int64_t observation_size;         /* numbers of the state; may be 0 */
    int64_t width, depth, heads;      /* heads: dit only; divides width. unet1d: width of the first
                                         level, a multiple of 8; depth levels, each of twice the
                                         width and half the steps of the one before */

    ambit_network_head head;
    ambit_image_shape image; /* dit only: the data is this, and the chunk's sizes are not used */
    ambit_conditioning conditioning;
    ambit_camera_options camera;
    ambit_text_options text;
    ambit_caption_options caption;
    int droppable; /* conditions may be missing: ambit_network_present() says which are */
    int crop;      /* data is multiplied by ambit_network_crop() first */

    ambit_precondition precondition;
    ambit_prediction prediction; /* used by preconditioning alone */
    double sigma_data;           /* standard deviation of the data; likewise */
} ambit_network_options;

/* With what a network is run. All zero is one thread that keeps what it computed, in single
 * precision. The bits of the results depend on the precision alone. */
typedef struct {
    ambit_team *team; /* runs the operators; must outlive the network; NULL: the caller alone */
    int recompute;    /* 1: backward computes what is within a block again instead of keeping it */
    ambit_precision precision;
} ambit_network_means;

typedef struct ambit_network ambit_network;

/* Numbers a row of the data has: chunk_steps·chunk_width, or channels·height·width. */
int64_t ambit_network_data_size(const ambit_network_options *options);

/* Numbers a row of a condition has; 0 where the network has it not. */
int64_t ambit_network_condition_size(const ambit_network_options *options, ambit_condition which);

/* Numbers a row of the crop has: steps of a chunk, or pixels. */
int64_t ambit_network_crop_size(const ambit_network_options *options);

/* What AUTO stands for: concat for mlp, adaln for dit, film for unet1d. Any other is returned as it
 * is. */
ambit_conditioning ambit_network_conditioning(ambit_network_kind kind,
                                              ambit_conditioning conditioning);

/* NULL where the kind can take its conditions so, AUTO included; otherwise what it can, "mlp takes
 * conditions by concat or adaln". */
const char *ambit_network_conditioning_fault(ambit_network_kind kind,
                                             ambit_conditioning conditioning);

/* AMBIT_CONFIG when the options make no sense. (network_options.c) */
ambit_status ambit_network_check(const ambit_network_options *options, int64_t batch);

/* Checks the options and builds the graph for `batch` rows. */
ambit_status ambit_network_create(const ambit_network_options *options, int64_t batch, int training,
                                  ambit_network **network);
ambit_status ambit_network_create_with(const ambit_network_options *options,
                                       const ambit_network_means *means, int64_t batch,
                                       int training, ambit_network **network);
void ambit_network_destroy(ambit_network *network);

/* What it was created with. */
const ambit_network_options *ambit_network_options_of(const ambit_network *network);

/* The graph inside: parameters, flops, bytes, bind. */
ambit_graph *ambit_network_graph(ambit_network *network);

/* Where the caller writes before a run: batch rows of data (a chunk or an image) at noise level σ,
 * and σ. What is written stays there. */
ambit_real *ambit_network_chunk(ambit_network *network);
ambit_real *ambit_network_sigma(ambit_network *network);

/* Batch rows of a condition, NULL where the network has it not; the observation is the state. Rows
 * where it is missing must hold numbers all the same: zeros will do. */
ambit_real *ambit_network_condition(ambit_network *network, ambit_condition which);
ambit_real *ambit_network_observation(ambit_network *network);

/* A number a row, 1 where the condition is there and 0 where it is missing; all 1 to start with.
 * NULL where the network has not the condition or is not droppable. */
ambit_real *ambit_network_present(ambit_network *network, ambit_condition which);

/* Batch rows of a number a step or pixel: 0 outside of the crop, 1 inside; all 1 to start with.
 * NULL without `crop`. */
ambit_real *ambit_network_crop(ambit_network *network);

/* Training only, otherwise NULL: batch rows of targets (of a classifier: a label a row, 0 to 1, 1
 * for clean), and a weight a row, into which the caller folds whatever the sum over rows is to be
 * divided by. */
ambit_real *ambit_network_target(ambit_network *network);
ambit_real *ambit_network_weight(ambit_network *network);

/* Runs forward; the prediction is at ambit_network_output(): batch rows like the data, or a logit a
 * row. In training the row losses are at ambit_network_row_loss(), not weighted: mean squared error
 * of the row, or cross-entropy. */
void ambit_network_forward(ambit_network *network);
ambit_real *ambit_network_output(ambit_network *network);
const ambit_real *ambit_network_row_loss(const ambit_network *network);

/* Gradient of Σ_rows weight·(row loss), written to the bound gradient array. Call after forward. */
void ambit_network_backward(ambit_network *network);

#endif
