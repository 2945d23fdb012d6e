/* The static graph: operators on tensors, built once for one (network, batch), run many times.
 *
 * Building records operators in order and plans memory; running allocates nothing. Each operator is
 * one file op_*.c with its shape rule, forward, backward and flops. A tensor is a dense row-major
 * array of up to 4 dimensions. Parameters and their gradients live in two flat arrays of the
 * caller (a shared window, a checkpoint), bound with ambit_graph_bind(); the order and offsets of
 * parameters are those of their creation.
 *
 * Gradients are written, not added to: after backward the gradient array holds exactly this batch's
 * gradient. A graph is used by one thread, which may share the work with a team. Building errors
 * are sticky: constructors return NULL once something failed, and ambit_graph_finish() returns the
 * first failure.
 */
#ifndef AMBIT_CORE_GRAPH_GRAPH_H
#define AMBIT_CORE_GRAPH_GRAPH_H

#include "../base/real.h"
#include "../base/rng.h"
#include "../base/status.h"
#include "../base/team.h"
#include "../products/precision.h"

#include <stdint.h>

typedef struct ambit_graph ambit_graph;
typedef struct ambit_tensor ambit_tensor;

/* How a parameter starts. */
typedef enum {
    AMBIT_INIT_ZERO,
    AMBIT_INIT_ONE,
    AMBIT_INIT_FAN_IN, /* uniform ± 1/√(fan in), as PyTorch's Linear; fan in = last dimension, or
                          that of the weight before it for a bias */
    AMBIT_INIT_NORMAL, /* normal, std 0.02 */
    AMBIT_INIT_GRID    /* sines and cosines of a row's place in a grid of `fan_in` columns */
} ambit_init;

typedef struct {
    const char *name;
    int rank;
    int64_t shape[4];
    int64_t offset, count; /* in elements of the flat arrays */
    int decays;            /* weight decay applies (matrices: yes; biases, norms, positions: no) */
    ambit_init init;
    int64_t fan_in;
} ambit_parameter;

/* `training` = 0 plans no memory for backward. */
ambit_status ambit_graph_create(int training, ambit_graph **graph);
void ambit_graph_destroy(ambit_graph *graph);

/* Lets a team, which must outlive the graph, run its operators; call it before anything is built.
 * Results are the same bits for any team; each member has scratch of its own. */
void ambit_graph_set_team(ambit_graph *graph, ambit_team *team);

/* With recompute, only what enters and leaves blocks is kept for backward, which computes the rest
 * again, a block at a time: less memory, about a third more work, the same bits. What is built
 * between begin and end is a block; blocks do not overlap. */
void ambit_graph_set_recompute(ambit_graph *graph, int recompute);
void ambit_graph_begin_block(ambit_graph *graph);
void ambit_graph_end_block(ambit_graph *graph);

/* Call it before anything is built. AMBIT_PRECISION_BF16 makes building fail with AMBIT_UNAVAILABLE
 * where the processor cannot. */
void ambit_graph_set_precision(ambit_graph *graph, ambit_precision precision);

/* A tensor that the caller fills before each run; no gradient flows into it. */
ambit_tensor *ambit_graph_input(ambit_graph *graph, const char *name, int rank,
                                const int64_t *shape);
ambit_tensor *ambit_graph_parameter(ambit_graph *graph, const char *name, int rank,
                                    const int64_t *shape, ambit_init init, int64_t fan_in,
                                    int decays);

/* Keeps a tensor's values readable until the next run; others are overwritten once used. */
void ambit_graph_keep(ambit_graph *graph, ambit_tensor *tensor);

/* Plans memory. `loss` is the scalar that backward differentiates; NULL for inference. */
ambit_status ambit_graph_finish(ambit_graph *graph, ambit_tensor *loss);

/* Elements of all parameters, and the table. */
int64_t ambit_graph_parameter_count(const ambit_graph *graph);
const ambit_parameter *ambit_graph_parameters(const ambit_graph *graph, int *count);

/* Initial values, a function of (seed, parameter) alone. */
void ambit_graph_initialise(const ambit_graph *graph, uint64_t seed, ambit_real *parameters);

/* Says where parameters and gradients are (gradients may be NULL for inference). */
void ambit_graph_bind(ambit_graph *graph, const ambit_real *parameters, ambit_real *gradients);

/* Backward differentiates the forward before it, once: what forward left for it is used up. */
void ambit_graph_forward(ambit_graph *graph);
void ambit_graph_backward(ambit_graph *graph);

/* Values of a tensor; shape. */
ambit_real *ambit_tensor_data(ambit_tensor *tensor);
int ambit_tensor_rank(const ambit_tensor *tensor);
const int64_t *ambit_tensor_shape(const ambit_tensor *tensor);

/* Floating-point operations of one forward and one backward, what is recomputed not counted; bytes
 * of everything the graph keeps beside parameters and their gradients: inputs, activations and
 * their gradients, scratch. Memory is shared by what is never needed at the same time; the second
 * function says what the bytes would be if nothing were shared. */
double ambit_graph_flops_forward(const ambit_graph *graph);
double ambit_graph_flops_backward(const ambit_graph *graph);
int64_t ambit_graph_bytes(const ambit_graph *graph);
int64_t ambit_graph_bytes_unshared(const ambit_graph *graph);

#endif
