/* A short training, from captions to a prediction: a network learns what each caption stands for,
 * and to do without one where it is missing. All parts are the product's own: n-grams, the draw of
 * what is dropped, the objective, the optimiser. */
#include "core/method/optimizer.h"
#include "core/networks/network.h"
#include "core/networks/ngram.h"
#include "core/products/blas.h"
#include "tests/core/network_sizes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 32, STEPS = 300, CAPTIONS = 4, SLOTS = 12, BUCKETS = 1024 };

static const char *const captions[CAPTIONS] = {"pick up the red block", "put down the red block",
                                               "pick up the blue block", "wave"};

typedef struct {
    ambit_network_options options;
    ambit_network *network;
    int64_t count;
    float *parameters, *gradients, *first, *second, *average;
} trainee;

static trainee start(const ambit_network_options *options) {
    trainee t = {.options = *options};
    if (ambit_network_create(options, BATCH, 1, &t.network) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    ambit_graph *graph = ambit_network_graph(t.network);
    t.count = ambit_graph_parameter_count(graph);
    t.parameters = calloc((size_t)(5 * t.count), sizeof(float));
    assert_non_null(t.parameters);
    t.gradients = t.parameters + t.count;
    t.first = t.gradients + t.count;
    t.second = t.first + t.count;
    t.average = t.second + t.count;
    ambit_graph_initialise(graph, 1, t.parameters);
    ambit_graph_bind(graph, t.parameters, t.gradients);
    return t;
}

static void stop(trainee *t) {
    ambit_network_destroy(t->network);
    free(t->parameters);
}

/* Row `row` shows caption `which` at σ: its clean data is one pattern, without spread. */
static void show(const trainee *t, int row, int which, double sigma, int present, uint64_t draw) {
    static const ambit_objective objective = {.prediction = AMBIT_PREDICT_X0, .buffer = 4};
    const int64_t size = ambit_network_data_size(&t->options);
    ambit_rng visit = ambit_rng_open(9, AMBIT_STREAM_NOISE, draw), fixed = visit;
    float clean[32];
    assert_true(size <= 32);
    for (int64_t i = 0; i < size; i++)
        clean[i] = (which & 1 ? 1.0f : -1.0f) * (i % 2 ? 1.0f : 0.5f) + (which & 2 ? 0.5f : -0.5f);
    ambit_objective_make(&objective, clean, size, sigma, 0, 1, &visit, &fixed,
                         ambit_network_chunk(t->network) + row * size,
                         ambit_network_target(t->network) + row * size,
                         ambit_network_weight(t->network) + row);
    ambit_network_weight(t->network)[row] /= BATCH;
    ambit_network_sigma(t->network)[row] = (float)sigma;
    ambit_network_present(t->network, AMBIT_CONDITION_CAPTION)[row] = (float)present;
    ambit_ngrams(captions[which], strlen(captions[which]), SLOTS, BUCKETS,
                 ambit_network_condition(t->network, AMBIT_CONDITION_CAPTION) + row * SLOTS);
}

static void train_step(const trainee *t, int64_t step) {
    static const ambit_optimizer_options optimizer = {.learning_rate = 3e-3,
                                                      .final_fraction = 0.1,
                                                      .steps = STEPS,
                                                      .beta1 = 0.9,
                                                      .beta2 = 0.99,
                                                      .epsilon = 1e-8};
    static const double drop[AMBIT_CONDITIONS] = {[AMBIT_CONDITION_CAPTION] = 0.2};
    for (int row = 0; row < BATCH; row++) {
        const uint64_t draw = (uint64_t)(step * BATCH + row);
        ambit_rng rng = ambit_rng_open(9, AMBIT_STREAM_DRAW, draw);
        const int which = (int)ambit_rng_below(&rng, CAPTIONS);
        int keeps[AMBIT_CONDITIONS];
        ambit_condition_drop(9, draw, drop, keeps);
        show(t, row, which, 0.5 + 0.49 * ambit_rng_uniform(&rng), keeps[AMBIT_CONDITION_CAPTION],
             draw);
    }
    ambit_network_forward(t->network);
    ambit_network_backward(t->network);
    const ambit_optimizer_step update = ambit_optimizer_at(&optimizer, step + 1, 0);
    ambit_optimizer_apply(&update, 0, t->count, t->parameters, t->gradients, t->first, t->second,
                          t->average);
}

/* Where noise hides the pattern the caption gives it away; without, the best guess is between. */
static void test_learning(void **state) {
    trainee t = start(*state);
    double loss[2] = {0, 0};
    for (int64_t step = 0; step < STEPS; step++)
        train_step(&t, step);
    for (int row = 0; row < BATCH; row++)
        show(&t, row, row % CAPTIONS, 0.98, row < BATCH / 2, (uint64_t)(STEPS * BATCH + row));
    ambit_network_forward(t.network);
    for (int row = 0; row < BATCH; row++)
        loss[row < BATCH / 2] += (double)ambit_network_row_loss(t.network)[row] / (BATCH / 2.0);
    print_message("loss with a caption %.4f, without %.4f\n", loss[1], loss[0]);
    assert_true(loss[1] < 0.05);
    assert_true(loss[0] > 0.2 && loss[0] < 1.5);
    stop(&t);
}

int main(void) {
#define CAPTIONED .caption = {SLOTS, BUCKETS}, .droppable = 1
    static const ambit_network_options networks[] = {
        {NETWORK_SIZES(MLP, 4, 2, 0, 32, 2, 0), CAPTIONED},
        {NETWORK_SIZES(MLP, 4, 2, 0, 32, 2, 0), CAPTIONED,
         .conditioning = AMBIT_CONDITIONING_ADALN},
        {NETWORK_SIZES(UNET1D, 4, 2, 0, 32, 1, 0), CAPTIONED},
        {NETWORK_SIZES(DIT, 4, 2, 0, 32, 2, 4), CAPTIONED},
        {NETWORK_SIZES(DIT, 0, 0, 0, 32, 2, 4), CAPTIONED, .image = {2, 4, 4, 2},
         .conditioning = AMBIT_CONDITIONING_CONTEXT, .precondition = AMBIT_PRECONDITION_FULL,
         .prediction = AMBIT_PREDICT_X0, .sigma_data = 1},
    };
    const struct CMUnitTest tests[] = {
        {"mlp", test_learning, NULL, NULL, (void *)&networks[0]},
        {"mlp with adaLN", test_learning, NULL, NULL, (void *)&networks[1]},
        {"unet1d", test_learning, NULL, NULL, (void *)&networks[2]},
        {"dit", test_learning, NULL, NULL, (void *)&networks[3]},
        {"dit of images by context", test_learning, NULL, NULL, (void *)&networks[4]},
    };
    ambit_blas_start(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
