/* x times a mask, which has a number a token or pixel: the same for all channels. Those lie last in
 * a sequence, and before the pixels in an image. */
#include "../base/vector.h"
#include "operator.h"

#include <inttypes.h>

enum { X, MASK };       /* inputs */
enum { PLANES, INNER }; /* op->size: of an image its channels and 1, of a sequence 1 and channels */

AMBIT_VECTOR static void forward(const ambit_operator *op) {
    const ambit_tensor *mask = op->inputs[MASK];
    const int64_t inner = op->size[INNER], planes = op->size[PLANES], places = mask->columns;
    for (int64_t at = 0; at < mask->rows * planes * places; at++) {
        const ambit_real factor = mask->data[at / places / planes * places + at % places];
        const ambit_real *restrict from = op->inputs[X]->data + at * inner;
        ambit_real *restrict to = op->output->data + at * inner;
        for (int64_t i = 0; i < inner; i++)
            to[i] = factor * from[i];
    }
}

static const ambit_operator_kind kind = {"mask", forward, NULL};

ambit_tensor *ambit_mask(ambit_graph *graph, ambit_tensor *x, ambit_tensor *mask) {
    if (!x || !mask)
        return NULL;
    const int image = x->rank == 4;
    const int64_t places = image ? x->shape[2] * x->shape[3] : x->shape[1];
    if (x->rank < 3 || x->differentiable || mask->differentiable || x->stride != x->columns ||
        mask->rank != 2 || mask->rows != x->shape[0] || mask->columns != places)
        return ambit_graph_refuse(graph,
                                  "mask: %s and its mask are not constants, or the mask is not "
                                  "batch × %" PRId64 " numbers",
                                  x->name, places);
    ambit_tensor *inputs[] = {x, mask};
    ambit_operator *op = ambit_operator_new(graph, &kind, 2, inputs, x->rank, x->shape);
    if (!op)
        return NULL;
    op->size[PLANES] = image ? x->shape[1] : 1;
    op->size[INNER] = image ? 1 : x->columns;
    op->flops_forward = (double)(x->rows * x->columns);
    return op->output;
}
