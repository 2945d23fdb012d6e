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
 *   - an operator that shares its work with the graph's team does so through ambit_share_rows(),
 *     ambit_team_run() or ambit_products_run(), in parts that write different numbers: a sum over
 *     parts is taken of one array a part, in their order. Scratch of its own is `_each` numbers a
 *     member of the team, which lie after the `_count` that all share.
 *   - only inputs named in backward_reads (bit k; bit AMBIT_READS_OUTPUT for the output) still have
 *     their values in backward.
 */
#ifndef AMBIT_CORE_GRAPH_OPERATOR_H
#define AMBIT_CORE_GRAPH_OPERATOR_H

#include "../base/team.h"
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
    ambit_tensor *copy;     /* this tensor once more, computed again for backward; or NULL */
    ambit_tensor *original; /* what this tensor is a copy of, which holds the gradient; or NULL */

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
    ambit_team *team;          /* shares the work; NULL: the caller alone */
    ambit_precision precision; /* of its products */
    int index;                 /* place in the order of forward; a copy has its original's */
    int block;                 /* number of the block it belongs to; 0: none */

    /* filled in by the constructor */
    int passes; /* this input's gradient is the output's plus whatever else it gets; the graph sees
                   to it and backward does not touch it; −1: none */
    uint32_t backward_reads;
    int64_t saved_count, forward_count, backward_count; /* numbers in the three arrays below */
    int64_t forward_each, backward_each; /* scratch of each member of the team, behind that */
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

/* Where the scratch of one member begins. */
static inline ambit_real *ambit_forward_scratch(const ambit_operator *op, int member) {
    return op->forward_scratch + op->forward_count + member * op->forward_each;
}

static inline ambit_real *ambit_backward_scratch(const ambit_operator *op, int member) {
    return op->backward_scratch + op->backward_count + member * op->backward_each;
}

/* Rows first … end of some work, which is block `block` of it. */
typedef struct {
    int64_t first, end, block;
} ambit_rows;

typedef void (*ambit_rows_work)(const ambit_operator *op, ambit_rows rows, int member);

/* Calls work for blocks of `rows` rows that hold `numbers` numbers each, on the graph's team. There
 * are ambit_row_blocks() blocks, at most AMBIT_MOST_BLOCKS; neither that nor their borders depend
 * on the team. */
enum { AMBIT_MOST_BLOCKS = 32 };
int64_t ambit_row_blocks(int64_t rows, int64_t numbers);
void ambit_share_rows(const ambit_operator *op, int64_t rows, int64_t numbers,
                      ambit_rows_work work);

/* total (+)= the sum of `count` arrays of n numbers that begin `stride` numbers apart. */
void ambit_sum_blocks(int64_t count, int64_t n, int64_t stride, const ambit_real *parts, int add,
                      ambit_real *total);

/* The gradient of a bias, input k, which was added to each row of the output: the sum of the rows
 * that `work` leaves in backward_scratch, one for each block of rows. ambit_gradient_rows() sums
 * the gradient of the output itself. */
void ambit_bias_gradient(const ambit_operator *op, int k, ambit_rows_work work);
void ambit_gradient_rows(const ambit_operator *op, ambit_rows rows, int member);

/* The gradient of input k, or NULL where none is wanted. */
static inline ambit_real *ambit_input_gradient(const ambit_operator *op, int k) {
    return op->inputs[k]->gradient;
}

#endif
