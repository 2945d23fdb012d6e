/* What the author of an operator sees of the graph. Included by graph*.c and op_*.c only.
 *
 * Every tensor is used as `rows` × `columns`: the last dimension is contiguous, and rows lie
 * `stride` numbers apart (more than `columns` in a view of some columns of another tensor).
 *
 * A constructor checks shapes, asks ambit_operator_new() for an operator, fills in what it needs
 * (scratch, what backward reads, flops) and returns its output. The rules of running:
 *   - forward writes all of the output.
 *   - backward reads output->gradient and, for each input k with a gradient, writes it where
 *     add[k] is 0 and adds to it where add[k] is 1. It is called at most once after a forward and
 *     may destroy `saved`.
 *   - `saved` keeps its contents from forward to backward; the two scratch arrays keep nothing.
 *   - only inputs named in backward_reads (bit k; bit AMBIT_READS_OUTPUT for the output) still have
 *     their values in backward.
 */
#ifndef AMBIT_CORE_OPERATOR_H
#define AMBIT_CORE_OPERATOR_H

#include "graph.h"
#include "operators.h"

#include <stddef.h>

enum { AMBIT_MAX_INPUTS = 8, AMBIT_READS_OUTPUT = 31, AMBIT_NO_BUFFER = -1 };

typedef struct ambit_operator ambit_operator;

typedef enum { AMBIT_ROLE_INPUT, AMBIT_ROLE_PARAMETER, AMBIT_ROLE_RESULT } ambit_role;

struct ambit_tensor {
    ambit_role role;
    const char *name; /* of inputs and parameters; otherwise that of the operator's kind */
    int rank;
    int64_t shape[4];
    int64_t rows, columns, stride;
    ambit_real *data, *gradient; /* gradient: NULL where none flows */
    int differentiable;          /* depends on a parameter */
    int kept;                    /* readable after the run */
    ambit_tensor *base;          /* a view: of this tensor, `offset` numbers from its start */
    int64_t offset;
    int64_t viewed;         /* columns of this tensor that views cover: the first so many */
    int parameter;          /* index into the parameter table */
    ambit_operator *source; /* what computes it; NULL for inputs and parameters */

    /* the plan */
    int has_gradient;                  /* something is written to its gradient */
    int value_buffer, gradient_buffer; /* index into the plan's buffers */
};

/* What the graph does with the gradient that an operator passes on unchanged. */
typedef enum {
    AMBIT_PASS_NONE,
    AMBIT_PASS_SHARED, /* nothing: both gradients are the same memory */
    AMBIT_PASS_COPY,
    AMBIT_PASS_ADD
} ambit_pass;

typedef struct {
    const char *name;
    void (*forward)(const ambit_operator *op);
    void (*backward)(const ambit_operator *op);
} ambit_operator_kind;

struct ambit_operator {
    const ambit_operator_kind *kind;
    int input_count;
    ambit_tensor *inputs[AMBIT_MAX_INPUTS];
    int add[AMBIT_MAX_INPUTS];
    ambit_tensor *output;
    int training;

    /* filled in by the constructor */
    int passes; /* this input's gradient is the output's plus whatever else it gets; the graph sees
                   to it and backward does not touch it; −1: none */
    uint32_t backward_reads;
    int64_t saved_count, forward_count, backward_count; /* numbers in the three arrays below */
    double flops_forward, flops_backward;
    int64_t size[4]; /* meaning is the operator's own */
    int choice;
    double number;

    /* the plan */
    ambit_real *saved, *forward_scratch, *backward_scratch;
    int saved_buffer, forward_buffer, backward_buffer;
    int runs_backward;
    ambit_pass pass;
};

/* A result tensor computed by a new operator from `inputs`; NULL when one of them is NULL or memory
 * is short (the graph then remembers the failure). Reads-in-backward starts empty. */
ambit_operator *ambit_operator_new(ambit_graph *graph, const ambit_operator_kind *kind,
                                   int input_count, ambit_tensor *const *inputs, int rank,
                                   const int64_t *shape);

/* Records the first failure of building; returns NULL for use in a return statement. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3), cold))
#endif
ambit_tensor *
ambit_graph_refuse(ambit_graph *graph, const char *format, ...);

/* The gradient of input k, or NULL where none is wanted. */
static inline ambit_real *ambit_input_gradient(const ambit_operator *op, int k) {
    return op->inputs[k]->gradient;
}

#endif
