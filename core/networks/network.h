/* The networks: noisy data, conditions and a noise level in; a prediction or a logit out.
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

/* The networks there are: X(constant, name, what it is). Each is one file, network_NAME.c. To add
 * one: its line here and in AMBIT_NETWORK_WAYS, its file with what network_build.h asks of it, and
 * the file's name in core/CMakeLists.txt. */
#define AMBIT_NETWORKS(X)                                                                          \
    X(AMBIT_NETWORK_MLP, mlp, "residual perceptron")                                               \
    X(AMBIT_NETWORK_DIT, dit,                                                                      \
      "transformer over the steps of the chunk or the patches of an image (adaLN-zero)")           \
    X(AMBIT_NETWORK_UNET1D, unet1d, "temporal U-Net, for chunks whose steps halve depth - 1 times")

/* How each is told its conditions, its default first: X(network, name, conditioning, its name,
 * width and depth that suit it). Either mlp has about as many parameters. */
#define AMBIT_NETWORK_WAYS(X)                                                                      \
    X(AMBIT_NETWORK_MLP, mlp, AMBIT_CONDITIONING_CONCAT, concat, 384, 3)                           \
    X(AMBIT_NETWORK_MLP, mlp, AMBIT_CONDITIONING_ADALN, adaln, 160, 3)                             \
    X(AMBIT_NETWORK_DIT, dit, AMBIT_CONDITIONING_ADALN, adaln, 256, 4)                             \
    X(AMBIT_NETWORK_DIT, dit, AMBIT_CONDITIONING_CONTEXT, context, 256, 4)                         \
    X(AMBIT_NETWORK_UNET1D, unet1d, AMBIT_CONDITIONING_FILM, film, 64, 3)

#define AMBIT_NETWORK_CONSTANT(constant, name, text) constant,
#define AMBIT_NETWORK_WORD(constant, name, text) #name "|"
typedef enum { AMBIT_NETWORKS(AMBIT_NETWORK_CONSTANT) } ambit_network_kind;

/* "mlp", for a kind that there is. */
const char *ambit_network_name(ambit_network_kind kind);

/* What comes out: the prediction, or the logit of "this is clean" (mean features, one number).
 * task.h says when which is trained. */
typedef enum { AMBIT_HEAD_PREDICTION, AMBIT_HEAD_LOGIT } ambit_network_head;

/* How a network is told its conditions: side by side with the data; as one vector with σ, from
 * which the scales and shifts of its norms come; as tokens before the data's; as one vector, from
 * which the scales and shifts of its channels come. AUTO stands for the network's default. */
#define AMBIT_CONDITIONINGS(X)                                                                     \
    X(AMBIT_CONDITIONING_AUTO, auto)                                                               \
    X(AMBIT_CONDITIONING_CONCAT, concat)                                                           \
    X(AMBIT_CONDITIONING_ADALN, adaln)                                                             \
    X(AMBIT_CONDITIONING_CONTEXT, context)                                                         \
    X(AMBIT_CONDITIONING_FILM, film)
typedef enum { AMBIT_CONDITIONINGS(AMBIT_CHOICE_CONSTANT) } ambit_conditioning;

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
    int masked;    /* ambit_network_counted() says which steps the loss is of */

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

/* A row of AMBIT_NETWORK_WAYS. */
typedef struct {
    ambit_network_kind kind;
    ambit_conditioning conditioning;
    int64_t width, depth;
} ambit_network_way;

/* The way of a network to be told its conditions so, AUTO being its default; NULL where it cannot.
 */
const ambit_network_way *ambit_network_find_way(ambit_network_kind kind,
                                                ambit_conditioning conditioning);

/* AMBIT_CONFIG when the options make no sense for so many rows; the message begins with the key of
 * the configuration that is to blame. (network_options.c) */
ambit_status ambit_network_check(const ambit_network_options *options, int64_t batch);

/* The same, one check after the other, for callers that want all faults: goes on from check *next,
 * 0 to start with, and returns at the first that fails with *next behind it. AMBIT_OK: there are no
 * more. */
ambit_status ambit_network_check_next(const ambit_network_options *options, int64_t batch,
                                      int *next);

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

/* Training of predictions only, with `masked`, otherwise NULL: batch rows of a number a step of the
 * chunk (one of an image), 1 where its error counts and 0 where not; all 1 to start with. */
ambit_real *ambit_network_counted(ambit_network *network);

/* Runs forward; the prediction is at ambit_network_output(): batch rows like the data, or a logit a
 * row. In training the row losses are at ambit_network_row_loss(), not weighted: mean squared error
 * of what counts in the row, or cross-entropy. */
void ambit_network_forward(ambit_network *network);
ambit_real *ambit_network_output(ambit_network *network);
const ambit_real *ambit_network_row_loss(const ambit_network *network);

/* Gradient of Σ_rows weight·(row loss), written to the bound gradient array. Call after forward. */
void ambit_network_backward(ambit_network *network);

#endif
