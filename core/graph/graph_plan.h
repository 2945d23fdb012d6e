/* The inside of a graph, shared by its building and running (graph.c) and its plan (graph_plan.c).
 *
 * The plan walks the operators backward to find where gradients flow and who writes each of them
 * first; then it gives every array the graph needs a place in one arena. Time is counted in steps:
 * forward of operator i of n happens at i, step j of the reverse order at n + j. Arrays whose times
 * do not overlap may share their place.
 *
 * Where blocks are recomputed, backward of a block runs on copies of its operators, whose outputs
 * and saved arrays are copies of their own: the reverse order computes them again just before. A
 * copied tensor has no gradient but the original's. So what forward computes within a block is soon
 * overwritten, and only what enters and leaves the blocks stays.
 */
#ifndef AMBIT_CORE_GRAPH_GRAPH_PLAN_H
#define AMBIT_CORE_GRAPH_GRAPH_PLAN_H

#include "operator.h"

typedef struct {
    int64_t count;   /* numbers */
    int first, last; /* time of first write and last read */
    int64_t offset;  /* numbers from the arena's start */
} ambit_buffer;

/* One step of backward. */
typedef struct {
    ambit_operator *op;
    int again; /* 1: forward of a copy; 0: backward */
} ambit_reverse_step;

struct ambit_graph {
    int training, finished;
    ambit_team *team;
    ambit_precision precision;
    int recompute;
    int block, block_count; /* number of the block being built, 0: none; of all so far */
    ambit_status status;    /* of the first failure of building, and its message */
    char message[AMBIT_MESSAGE_SIZE];

    ambit_tensor **tensors;
    int tensor_count;
    ambit_operator **operators; /* in the order of running */
    int operator_count;
    ambit_operator **copies; /* of operators of blocks that are recomputed */
    int copy_count;
    ambit_reverse_step *reverse;
    int reverse_count;
    ambit_parameter *parameters;
    int parameter_count;
    int64_t parameter_numbers;

    ambit_tensor *loss;
    ambit_buffer *buffers;
    int buffer_count;
    ambit_real *arena;
    int64_t arena_count;
};

/* Lists the steps of backward and makes the copies they need. (graph_reverse.c) */
ambit_status ambit_graph_reverse(ambit_graph *graph);

/* Finds where gradients flow, lays out the arena, allocates it and sets all pointers into it. */
ambit_status ambit_graph_plan(ambit_graph *graph);

/* One step of backward: of an operator that has one, with what the graph does for it; or the
 * forward of a copy. */
void ambit_graph_reverse_step(const ambit_reverse_step *step);

/* Remembers the last message as the graph's failure, unless there is one already. */
void ambit_graph_remember(ambit_graph *graph, ambit_status status);

/* Makes room for one more element of an array of `count`; array is a pointer to its pointer. */
ambit_status ambit_graph_grow(void *array, int count, size_t size);

#endif
