/* Images as tokens, and back: the patches of p × p pixels of batch × channels × height × width in
 * rows, each as channels × p × p numbers (the order of a Conv2d's weights). The two operators only
 * move numbers, p at a time, and each is the other's backward. */
#include "../base/vector.h"
#include "operator.h"

#include <inttypes.h>
#include <string.h>

enum { PATCHES, IMAGE }; /* op->choice: what the output is */

typedef struct {
    int64_t channels, height, width, patch;
    int64_t lines; /* runs of p numbers, in the order of the image */
} geometry;

static geometry geometry_of(const ambit_operator *op) {
    const ambit_tensor *image = op->choice == PATCHES ? op->inputs[0] : op->output;
    return (geometry){.channels = image->shape[1],
                      .height = image->shape[2],
                      .width = image->shape[3],
                      .patch = op->size[0],
                      .lines = image->rows * image->columns / op->size[0]};
}

/* Where line `line` of the image lies among the patches. */
static int64_t place_in_patches(const geometry *g, int64_t line) {
    const int64_t p = g->patch, across = g->width / p;
    const int64_t x = line % across, y = line / across % g->height;
    const int64_t channel = line / across / g->height % g->channels;
    const int64_t batch = line / across / g->height / g->channels;
    const int64_t token = (batch * (g->height / p) + y / p) * across + x;
    return ((token * g->channels + channel) * p + y % p) * p;
}

static void move(const ambit_operator *op, int to_patches, int add, const ambit_real *from,
                 ambit_real *to) {
    const geometry g = geometry_of(op);
    for (int64_t line = 0; line < g.lines; line++) {
        const int64_t in_image = line * g.patch, in_patches = place_in_patches(&g, line);
        const ambit_real *restrict source = from + (to_patches ? in_image : in_patches);
        ambit_real *restrict target = to + (to_patches ? in_patches : in_image);
        for (int64_t i = 0; i < g.patch; i++)
            target[i] = add ? target[i] + source[i] : source[i];
    }
}

static void forward(const ambit_operator *op) {
    move(op, op->choice == PATCHES, 0, op->inputs[0]->data, op->output->data);
}

static void backward(const ambit_operator *op) {
    move(op, op->choice != PATCHES, op->add[0], op->output->gradient, op->inputs[0]->gradient);
}

static const ambit_operator_kind kinds[] = {
    [PATCHES] = {"patches", forward, backward},
    [IMAGE] = {"image of patches", forward, backward},
};

static ambit_tensor *build(ambit_graph *graph, ambit_tensor *x, int choice, int64_t patch, int rank,
                           const int64_t *shape) {
    ambit_operator *op = ambit_operator_new(graph, &kinds[choice], 1, &x, rank, shape);
    if (!op)
        return NULL;
    op->choice = choice;
    op->size[0] = patch;
    return op->output;
}

ambit_tensor *ambit_patches(ambit_graph *graph, ambit_tensor *x, int64_t patch) {
    if (!x)
        return NULL;
    if (x->rank != 4 || x->stride != x->columns || patch < 1 || x->shape[2] % patch != 0 ||
        x->shape[3] % patch != 0)
        return ambit_graph_refuse(graph,
                                  "patches: x is not batch × channels × height × width with both "
                                  "sides divided by %" PRId64,
                                  patch);
    const int64_t tokens = x->shape[2] / patch * (x->shape[3] / patch);
    const int64_t shape[3] = {x->shape[0], tokens, x->shape[1] * patch * patch};
    return build(graph, x, PATCHES, patch, 3, shape);
}

ambit_tensor *ambit_image_of_patches(ambit_graph *graph, ambit_tensor *x, int64_t height,
                                     int64_t width, int64_t patch) {
    if (!x)
        return NULL;
    const int64_t area = patch * patch;
    if (x->rank != 3 || x->stride != x->columns || patch < 1 || height % patch != 0 ||
        width % patch != 0 || x->columns % area != 0 || x->shape[1] * area != height * width)
        return ambit_graph_refuse(graph,
                                  "image of patches: x is not the patches of %" PRId64 " × %" PRId64
                                  " pixels, %" PRId64 " a side",
                                  height, width, patch);
    const int64_t shape[4] = {x->shape[0], x->columns / area, height, width};
    return build(graph, x, IMAGE, patch, 4, shape);
}
