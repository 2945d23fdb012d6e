/* Gradients of whole networks, in double precision, against a stencil. (Of operators:
 * test_operators.c.) */
#include "core/networks/network.h"
#include "tests/core/network_sizes.h"
#include "tests/core/stencil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 3 };

typedef struct {
    const char *name;
    ambit_network_options options;
} network_row;

#define EVERY_CONDITION .camera = {{2, 2, 4, 2}, 2, 8, 1, 2}, .text = {2, 3}, .caption = {4, 7}
#define PRECONDITIONED(type)                                                                       \
    .precondition = AMBIT_PRECONDITION_FULL, .prediction = AMBIT_PREDICT_##type, .sigma_data = 0.8
#define CLASSIFIER .head = AMBIT_HEAD_LOGIT, .crop = 1
#define ADALN .conditioning = AMBIT_CONDITIONING_ADALN

/* A unet1d of width 8 would have one channel a group: its biases would have no gradient. */
static network_row networks[] = {
    {"mlp", {NETWORK_SIZES(MLP, 4, 2, 5, 6, 2, 0)}},
    {"mlp without observation", {NETWORK_SIZES(MLP, 4, 2, 0, 6, 1, 0)}},
    {"mlp adaln", {NETWORK_SIZES(MLP, 4, 2, 5, 6, 2, 0), ADALN}},
    {"mlp adaln without observation", {NETWORK_SIZES(MLP, 4, 2, 0, 6, 1, 0), ADALN}},
    {"dit", {NETWORK_SIZES(DIT, 4, 2, 5, 6, 2, 2)}},
    {"dit without observation", {NETWORK_SIZES(DIT, 5, 3, 0, 4, 1, 1)}},
    {"unet1d", {NETWORK_SIZES(UNET1D, 4, 3, 5, 16, 2, 0)}},
    {"unet1d without observation", {NETWORK_SIZES(UNET1D, 4, 2, 0, 16, 1, 0)}},
    {"dit 2-D", {NETWORK_SIZES(DIT, 0, 0, 5, 8, 2, 2), .image = {3, 4, 6, 2}}},
    {"dit 2-D context",
     {NETWORK_SIZES(DIT, 0, 0, 5, 8, 2, 2), .image = {1, 4, 4, 2},
      .conditioning = AMBIT_CONDITIONING_CONTEXT, EVERY_CONDITION, .droppable = 1}},
    {"dit vectors", {NETWORK_SIZES(DIT, 3, 2, 5, 8, 1, 2), EVERY_CONDITION, .droppable = 1}},
    {"dit context",
     {NETWORK_SIZES(DIT, 3, 2, 5, 8, 1, 2), EVERY_CONDITION,
      .conditioning = AMBIT_CONDITIONING_CONTEXT}},
    {"mlp conditions", {NETWORK_SIZES(MLP, 3, 2, 5, 8, 1, 0), EVERY_CONDITION, .droppable = 1}},
    {"mlp adaln conditions",
     {NETWORK_SIZES(MLP, 3, 2, 5, 8, 1, 0), EVERY_CONDITION, ADALN, .droppable = 1}},
    {"unet1d conditions", {NETWORK_SIZES(UNET1D, 4, 2, 5, 16, 1, 0), EVERY_CONDITION}},
    {"mlp preconditioned", {NETWORK_SIZES(MLP, 3, 2, 5, 8, 1, 0), PRECONDITIONED(X0)}},
    {"mlp adaln preconditioned",
     {NETWORK_SIZES(MLP, 3, 2, 5, 8, 1, 0), ADALN, PRECONDITIONED(V), .crop = 1}},
    {"dit preconditioned",
     {NETWORK_SIZES(DIT, 0, 0, 0, 8, 1, 2), .image = {2, 2, 4, 2}, PRECONDITIONED(EPSILON),
      .crop = 1}},
    {"unet1d preconditioned",
     {NETWORK_SIZES(UNET1D, 4, 2, 0, 16, 2, 0), PRECONDITIONED(V), .crop = 1}},
    {"mlp masked", {NETWORK_SIZES(MLP, 3, 2, 5, 8, 1, 0), .masked = 1}},
    {"dit masked", {NETWORK_SIZES(DIT, 4, 2, 5, 8, 1, 2), .masked = 1, PRECONDITIONED(V)}},
    {"dit 2-D masked", {NETWORK_SIZES(DIT, 0, 0, 5, 8, 1, 2), .image = {2, 4, 4, 2}, .masked = 1}},
    {"unet1d masked", {NETWORK_SIZES(UNET1D, 4, 2, 0, 16, 2, 0), .masked = 1}},
    {"mlp classifier", {NETWORK_SIZES(MLP, 4, 2, 0, 6, 2, 0), CLASSIFIER}},
    {"mlp adaln classifier", {NETWORK_SIZES(MLP, 4, 2, 5, 6, 2, 0), ADALN, CLASSIFIER}},
    {"dit classifier", {NETWORK_SIZES(DIT, 4, 2, 5, 8, 1, 2), CLASSIFIER}},
    {"dit 2-D classifier",
     {NETWORK_SIZES(DIT, 0, 0, 5, 8, 1, 2), .image = {2, 4, 4, 2}, CLASSIFIER, PRECONDITIONED(V)}},
    {"unet1d classifier", {NETWORK_SIZES(UNET1D, 4, 2, 0, 16, 2, 0), CLASSIFIER}},
};

static double network_loss(void *context) {
    ambit_network *network = context;
    ambit_network_forward(network);
    double sum = 0;
    for (int r = 0; r < BATCH; r++)
        sum += ambit_network_weight(network)[r] * ambit_network_row_loss(network)[r];
    return sum;
}

static void network_backward(void *context) {
    ambit_network_backward(context);
}

/* Conditions are random, n-grams whole numbers; some are missing, and something is cut off. */
static void fill_network(ambit_network *network, const ambit_network_options *options) {
    const int64_t size = ambit_network_data_size(options);
    const int classifies = options->head == AMBIT_HEAD_LOGIT;
    stencil_randomise(ambit_network_chunk(network), BATCH * size, 2, 1);
    stencil_randomise(ambit_network_target(network), classifies ? BATCH : BATCH * size, 3, 1);
    stencil_randomise(ambit_network_weight(network), BATCH, 4, 1);
    for (int c = 0; c < AMBIT_CONDITIONS; c++) {
        const ambit_condition which = (ambit_condition)c;
        double *values = ambit_network_condition(network, which);
        double *given = ambit_network_present(network, which);
        const int64_t count = BATCH * ambit_network_condition_size(options, which);
        stencil_randomise(values, count, 5 + (uint64_t)c, 1);
        for (int64_t i = 0; i < count && which == AMBIT_CONDITION_CAPTION; i++)
            values[i] = (double)(i % options->caption.buckets);
        for (int r = 0; r < BATCH && given; r++)
            given[r] = (r + c) % BATCH != 0;
    }
    for (int r = 0; r < BATCH; r++)
        ambit_network_sigma(network)[r] = 0.5 * r; /* 0, ½ and 1: both ends are clipped */
    for (int64_t i = 0; i < BATCH && options->crop; i++)
        ambit_network_crop(network)[i * ambit_network_crop_size(options)] = 0;
    /* of the first row nothing counts, of the others all but a step or two */
    const int64_t steps = options->image.channels > 0 ? 1 : options->chunk_steps;
    for (int64_t i = 0; i < BATCH * steps && options->masked; i++)
        ambit_network_counted(network)[i] = i >= steps && (steps == 1 || i % steps >= i / steps);
}

static void check_network(const network_row *row, int recompute) {
    const ambit_network_means means = {.recompute = recompute};
    ambit_network *network;
    if (ambit_network_create_with(&row->options, &means, BATCH, 1, &network) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    fill_network(network, &row->options);
    ambit_graph *graph = ambit_network_graph(network);
    const int64_t count = ambit_graph_parameter_count(graph);
    double *parameters = calloc((size_t)(2 * count), sizeof *parameters);
    assert_non_null(parameters);
    stencil_randomise(parameters, count, 1, 0.5);
    ambit_graph_bind(graph, parameters, parameters + count);
    const stencil_problem problem = {graph,   network_loss, network_backward,
                                     network, parameters,   parameters + count};
    stencil_check(row->name, &problem);
    free(parameters);
    ambit_network_destroy(network);
}

static void test_network(void **state) {
    for (int recompute = 0; recompute <= 1; recompute++)
        check_network(*state, recompute);
}

int main(void) {
    enum { NETWORKS = sizeof networks / sizeof networks[0] };
    struct CMUnitTest tests[NETWORKS];
    for (int i = 0; i < NETWORKS; i++)
        tests[i] = (struct CMUnitTest){networks[i].name, test_network, NULL, NULL, &networks[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
