/* Networks by what they are given: images, conditions that may be missing, crops, preconditioning,
 * and labels. And that what is not asked for changes nothing. */
#include "core/base/crc32c.h"
#include "core/networks/network.h"
#include "core/products/blas.h"
#include "tests/core/network_sizes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 5 };

/* ---- a network with random parameters and inputs ---- */

typedef struct {
    ambit_network_options options;
    ambit_network *network;
    int64_t count, output_size; /* parameters; numbers a row that come out */
    float *parameters, *gradients;
} fixture;

static void fill(float *values, int64_t count, uint64_t index, float deviation) {
    ambit_rng rng = ambit_rng_open(3, AMBIT_STREAM_TESTS, index);
    for (int64_t i = 0; i < count; i++)
        values[i] = deviation * ambit_rng_normal(&rng);
}

static void fill_condition(const fixture *f, ambit_condition which, uint64_t index) {
    float *values = ambit_network_condition(f->network, which);
    const int64_t count = BATCH * ambit_network_condition_size(&f->options, which);
    fill(values, count, index, 1);
    for (int64_t i = 0; i < count && which == AMBIT_CONDITION_CAPTION; i++)
        values[i] = floorf(fabsf(values[i]) * 3);
}

static fixture open_network(const ambit_network_options *options) {
    fixture f = {.options = *options, .output_size = ambit_network_data_size(options)};
    if (options->head == AMBIT_HEAD_LOGIT)
        f.output_size = 1;
    if (ambit_network_create(options, BATCH, 1, &f.network) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    f.count = ambit_graph_parameter_count(ambit_network_graph(f.network));
    f.parameters = calloc((size_t)(2 * f.count), sizeof(float));
    assert_non_null(f.parameters);
    f.gradients = f.parameters + f.count;
    fill(f.parameters, f.count, 1, 0.05f);
    ambit_graph_bind(ambit_network_graph(f.network), f.parameters, f.gradients);
    fill(ambit_network_chunk(f.network), BATCH * ambit_network_data_size(options), 2, 1);
    for (int c = 0; c < AMBIT_CONDITIONS; c++)
        fill_condition(&f, (ambit_condition)c, 3 + 10 * (uint64_t)c);
    fill(ambit_network_target(f.network), BATCH * f.output_size, 4, 1);
    for (int r = 0; r < BATCH; r++) {
        ambit_network_sigma(f.network)[r] = (float)(r + 1) / (BATCH + 1);
        ambit_network_weight(f.network)[r] = 1.0f / BATCH;
    }
    return f;
}

static void close_network(fixture *f) {
    ambit_network_destroy(f->network);
    free(f->parameters);
}

/* Whether row r of the output is what it was in `before`. */
static int same_row(const fixture *f, const float *before, int r) {
    const size_t bytes = (size_t)f->output_size * sizeof(float);
    const int64_t at = r * f->output_size;
    return memcmp(ambit_network_output(f->network) + at, before + at, bytes) == 0;
}

static float *run_and_copy(const fixture *f) {
    const size_t bytes = (size_t)(BATCH * f->output_size) * sizeof(float);
    float *copy = malloc(bytes);
    assert_non_null(copy);
    ambit_network_forward(f->network);
    memcpy(copy, ambit_network_output(f->network), bytes);
    return copy;
}

/* ---- what was there before ---- */

/* Names, shapes, places, starts and decay of all parameters, as one number. */
static uint32_t digest(ambit_network *network) {
    int count;
    uint32_t sum = 0;
    const ambit_parameter *table = ambit_graph_parameters(ambit_network_graph(network), &count);
    for (int i = 0; i < count; i++) {
        const ambit_parameter *p = &table[i];
        const int64_t numbers[] = {p->rank,  p->shape[0], p->shape[1], p->shape[2], p->offset,
                                   p->count, p->decays,   p->init,     p->fan_in};
        sum = ambit_crc32c(sum, p->name, strlen(p->name));
        sum = ambit_crc32c(sum, numbers, sizeof numbers);
    }
    return sum;
}

/* Recorded when networks had these sizes and nothing else; on that machine the outputs and
 * gradients were the same to the last bit. Processors differ in the last digits. */
static void test_unchanged(void **state) {
    static const struct {
        ambit_network_options options;
        uint32_t digest;
        float first, last, loss;
    } rows[] = {
        {{NETWORK_SIZES(MLP, 16, 2, 42, 384, 3, 0)},
         0x01ea44e7,
         -0.1610052f,
         0.4282024f,
         0.9261896f},
        {{NETWORK_SIZES(MLP, 4, 2, 0, 24, 2, 0)}, 0x689ac3d8, 0.0572933f, 0.0031023f, 0.7965862f},
        {{NETWORK_SIZES(DIT, 16, 7, 20, 64, 2, 4)}, 0xa1ce5610, 0.1433740f, 0.6474620f, 1.1643392f},
        {{NETWORK_SIZES(DIT, 5, 3, 0, 32, 1, 2)}, 0x6b4587eb, -0.2636695f, -0.3296912f, 1.1948603f},
        {{NETWORK_SIZES(UNET1D, 16, 7, 20, 16, 3, 0)},
         0x087488ea,
         0.0755696f,
         0.0712251f,
         0.9531924f},
        {{NETWORK_SIZES(UNET1D, 4, 2, 0, 16, 1, 0)},
         0xee4fcda8,
         -0.0761917f,
         0.0942075f,
         0.7170665f},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fixture f = open_network(&rows[i].options);
        assert_int_equal(digest(f.network), rows[i].digest);
        ambit_network_forward(f.network);
        const float *output = ambit_network_output(f.network);
        assert_float_equal(output[0], rows[i].first, 1e-5f);
        assert_float_equal(output[BATCH * f.output_size - 1], rows[i].last, 1e-5f);
        assert_float_equal(ambit_network_row_loss(f.network)[2], rows[i].loss, 1e-5f);
        assert_null(ambit_network_present(f.network, AMBIT_CONDITION_STATE));
        assert_null(ambit_network_crop(f.network));
        close_network(&f);
    }
}

/* ---- conditioning ---- */

/* What AUTO stands for, written out, is the same network. */
static void test_auto(void **state) {
    static const struct {
        ambit_network_options options;
        ambit_conditioning written;
    } rows[] = {
        {{NETWORK_SIZES(MLP, 4, 2, 3, 32, 1, 0)}, AMBIT_CONDITIONING_CONCAT},
        {{NETWORK_SIZES(DIT, 4, 2, 3, 32, 1, 4)}, AMBIT_CONDITIONING_ADALN},
        {{NETWORK_SIZES(UNET1D, 4, 2, 3, 16, 1, 0)}, AMBIT_CONDITIONING_FILM},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ambit_network_options written = rows[i].options;
        written.conditioning = rows[i].written;
        fixture a = open_network(&rows[i].options), b = open_network(&written);
        assert_int_equal(digest(a.network), digest(b.network));
        float *output = run_and_copy(&a);
        ambit_network_forward(b.network);
        for (int r = 0; r < BATCH; r++)
            assert_true(same_row(&b, output, r));
        free(output);
        close_network(&a);
        close_network(&b);
    }
}

/* A small policy with adaLN; every layer counted by hand. */
static void test_adaln_parameters(void **state) {
    enum { W = 128, DEPTH = 2, STATE = 27, CHUNK = 16 * 3, SQUARE = W * W + W };
    static const ambit_network_options options = {NETWORK_SIZES(MLP, 16, 3, STATE, W, DEPTH, 0),
                                                  .conditioning = AMBIT_CONDITIONING_ADALN};
    (void)state;
    ambit_network *network;
    assert_int_equal(ambit_network_create(&options, 1, 0, &network), AMBIT_OK);
    const int64_t condition = (16 * W + W) + SQUARE + (STATE * W + W) + SQUARE;
    const int64_t ends = (CHUNK * W + W) + (W * CHUNK + CHUNK);
    assert_int_equal(ambit_graph_parameter_count(ambit_network_graph(network)),
                     condition + DEPTH * 5 * SQUARE + ends);
    ambit_network_destroy(network);
}

/* ---- images ---- */

/* The benchmark's network; every layer counted by hand. */
static void test_image_parameters(void **state) {
    enum { W = 384, DEPTH = 12, TOKENS = 256, TOKEN = 16, SQUARE = W * W + W };
    static const ambit_network_options options = {NETWORK_SIZES(DIT, 0, 0, 0, W, DEPTH, 6),
                                                  .image = {4, 32, 32, 2}};
    (void)state;
    ambit_network *network;
    assert_int_equal(ambit_network_create(&options, 1, 0, &network), AMBIT_OK);
    const int64_t block = 6 * SQUARE + 4 * SQUARE + (4 * W * W + 4 * W) + (4 * W * W + W);
    const int64_t ends =
        (16 * W + W) + SQUARE + (TOKEN * W + W) + TOKENS * W + 2 * SQUARE + (W * TOKEN + TOKEN);
    assert_int_equal(ambit_graph_parameter_count(ambit_network_graph(network)),
                     DEPTH * block + ends);
    assert_int_equal(ambit_network_data_size(&options), 4 * 32 * 32);
    ambit_network_destroy(network);
}

/* Where pixel i of an image lies among its patches. */
static int64_t in_patches(const ambit_image_shape *s, int64_t i) {
    const int64_t x = i % s->width, y = i / s->width % s->height, c = i / s->width / s->height;
    const int64_t token = y / s->patch * (s->width / s->patch) + x / s->patch;
    return ((token * s->channels + c) * s->patch + y % s->patch) * s->patch + x % s->patch;
}

/* On an image dit is what it is on a chunk whose steps are the patches. */
static void test_image_is_chunk(void **state) {
    static const ambit_network_options two = {NETWORK_SIZES(DIT, 0, 0, 7, 32, 2, 4),
                                              .image = {3, 4, 6, 2}};
    static const ambit_network_options one = {NETWORK_SIZES(DIT, 6, 12, 7, 32, 2, 4)};
    (void)state;
    fixture image = open_network(&two), chunk = open_network(&one);
    const int64_t size = ambit_network_data_size(&two);
    assert_int_equal(image.count, chunk.count);
    assert_int_equal(size, ambit_network_data_size(&one));
    for (int64_t i = 0; i < BATCH * size; i++) {
        const int64_t at = i / size * size + in_patches(&two.image, i % size);
        ambit_network_chunk(chunk.network)[at] = ambit_network_chunk(image.network)[i];
        ambit_network_target(chunk.network)[at] = ambit_network_target(image.network)[i];
    }
    ambit_network_forward(image.network);
    ambit_network_forward(chunk.network);
    for (int64_t i = 0; i < BATCH * size; i++)
        assert_true(ambit_network_output(image.network)[i] ==
                    ambit_network_output(
                        chunk.network)[i / size * size + in_patches(&two.image, i % size)]);
    ambit_network_backward(image.network);
    ambit_network_backward(chunk.network);
    assert_memory_equal(image.gradients, chunk.gradients, (size_t)image.count * sizeof(float));
    close_network(&image);
    close_network(&chunk);
}

/* ---- conditions ---- */

#define EVERY_CONDITION                                                                            \
    .camera = {{2, 4, 4, 2}, 2, 16, 1, 2}, .text = {3, 5}, .caption = {6, 20}, .droppable = 1

static const ambit_network_options conditioned[] = {
    {NETWORK_SIZES(MLP, 4, 2, 3, 32, 1, 0), EVERY_CONDITION},
    {NETWORK_SIZES(MLP, 4, 2, 3, 32, 1, 0), EVERY_CONDITION,
     .conditioning = AMBIT_CONDITIONING_ADALN},
    {NETWORK_SIZES(UNET1D, 4, 2, 3, 16, 1, 0), EVERY_CONDITION},
    {NETWORK_SIZES(DIT, 4, 2, 3, 32, 1, 4), EVERY_CONDITION},
    {NETWORK_SIZES(DIT, 4, 2, 3, 32, 1, 4), EVERY_CONDITION,
     .conditioning = AMBIT_CONDITIONING_CONTEXT},
    {NETWORK_SIZES(DIT, 0, 0, 3, 32, 1, 4), EVERY_CONDITION, .image = {1, 4, 4, 2},
     .conditioning = AMBIT_CONDITIONING_CONTEXT},
    {NETWORK_SIZES(DIT, 4, 2, 3, 32, 1, 4), EVERY_CONDITION, .head = AMBIT_HEAD_LOGIT},
};

/* Row 1 misses the condition and is the same whatever that holds; row 2 has it and is not. A
 * missing condition is not the same as any that is there. */
static void check_missing(fixture *f, ambit_condition which) {
    float *present = ambit_network_present(f->network, which);
    for (int r = 0; r < BATCH; r++)
        assert_true(present[r] == 1);
    float *there = run_and_copy(f);
    present[1] = 0;
    float *missing = run_and_copy(f);
    assert_false(same_row(f, there, 1));
    assert_true(same_row(f, there, 2));
    fill_condition(f, which, 77);
    ambit_network_forward(f->network);
    assert_true(same_row(f, missing, 1));
    assert_false(same_row(f, missing, 2));
    present[1] = 1;
    free(there);
    free(missing);
}

static void test_missing(void **state) {
    const ambit_network_options *options = *state;
    fixture f = open_network(options);
    for (int c = 0; c < AMBIT_CONDITIONS; c++)
        check_missing(&f, (ambit_condition)c);
    close_network(&f);
}

/* Every number of every view, token and n-gram counts. */
static void test_every_number_counts(void **state) {
    const ambit_network_options *options = *state;
    fixture f = open_network(options);
    for (int c = 0; c < AMBIT_CONDITIONS; c++) {
        const int64_t size = ambit_network_condition_size(options, (ambit_condition)c);
        float *values = ambit_network_condition(f.network, (ambit_condition)c);
        float *before = run_and_copy(&f);
        for (int64_t i = 0; i < size; i++) {
            values[i] += 1;
            ambit_network_forward(f.network);
            assert_false(same_row(&f, before, 0));
            assert_true(same_row(&f, before, 1));
            values[i] -= 1;
        }
        free(before);
    }
    close_network(&f);
}

/* With gates at 0, as they start, context and data never meet: what comes out at a step is of that
 * step alone. */
static void test_context_is_dropped(void **state) {
    static const ambit_network_options options = {NETWORK_SIZES(DIT, 4, 2, 3, 32, 1, 4),
                                                  .text = {2, 5},
                                                  .conditioning = AMBIT_CONDITIONING_CONTEXT};
    (void)state;
    fixture f = open_network(&options);
    int count;
    ambit_graph *graph = ambit_network_graph(f.network);
    const ambit_parameter *table = ambit_graph_parameters(graph, &count);
    ambit_graph_initialise(graph, 5, f.parameters);
    for (int i = 0; i < count; i++)
        if (strncmp(table[i].name, "final.output", 12) == 0)
            fill(f.parameters + table[i].offset, table[i].count, 6, 0.1f);
    float *before = run_and_copy(&f);
    fill_condition(&f, AMBIT_CONDITION_STATE, 8);
    fill_condition(&f, AMBIT_CONDITION_TEXT, 9);
    ambit_network_chunk(f.network)[2] += 1; /* step 1 of row 0 */
    ambit_network_forward(f.network);
    for (int i = 0; i < BATCH * 8; i++)
        assert_int_equal(ambit_network_output(f.network)[i] == before[i], i / 2 != 1);
    free(before);
    close_network(&f);
}

/* Sizes of what the caller writes. */
static void test_condition_sizes(void **state) {
    static const int64_t sizes[AMBIT_CONDITIONS] = {3, 2 * 2 * 4 * 4, 3 * 5, 6};
    (void)state;
    for (int c = 0; c < AMBIT_CONDITIONS; c++)
        assert_int_equal(ambit_network_condition_size(&conditioned[0], (ambit_condition)c),
                         sizes[c]);
}

/* ---- crops ---- */

/* What is outside of the crop is not seen; what is inside is. */
static void check_crop(const ambit_network_options *options, int64_t outside, int64_t inside) {
    fixture f = open_network(options);
    const int64_t size = ambit_network_crop_size(options);
    float *crop = ambit_network_crop(f.network), *data = ambit_network_chunk(f.network);
    float *whole = run_and_copy(&f);
    for (int64_t i = 0; i < size; i++)
        crop[i] = i >= size / 2;
    float *part = run_and_copy(&f);
    assert_false(same_row(&f, whole, 0));
    assert_true(same_row(&f, whole, 1));
    data[outside] += 1;
    ambit_network_forward(f.network);
    assert_true(same_row(&f, part, 0));
    data[inside] += 1;
    ambit_network_forward(f.network);
    assert_false(same_row(&f, part, 0));
    free(whole);
    free(part);
    close_network(&f);
}

static void test_crop(void **state) {
    static const ambit_network_options chunk = {NETWORK_SIZES(MLP, 4, 3, 0, 32, 1, 0), .crop = 1};
    static const ambit_network_options image = {NETWORK_SIZES(DIT, 0, 0, 0, 32, 1, 4),
                                                .image = {2, 4, 4, 2}, .head = AMBIT_HEAD_LOGIT,
                                                .crop = 1};
    (void)state;
    check_crop(&chunk, 5, 6);      /* the last number of step 1, the first of step 2 */
    check_crop(&image, 16 + 7, 8); /* last pixel of row 1 of channel 1, first of row 2 of 0 */
}

/* ---- classifiers ---- */

/* Starts undecided, with a loss of ln 2; and learns which of two sorts it is shown. */
static void test_classifier(void **state) {
    const ambit_network_options *options = *state;
    fixture f = open_network(options);
    const int64_t size = ambit_network_data_size(options);
    float *label = ambit_network_target(f.network), *data = ambit_network_chunk(f.network);
    ambit_graph_initialise(ambit_network_graph(f.network), 5, f.parameters);
    for (int64_t i = 0; i < BATCH * size; i++) {
        label[i / size] = (float)(i / size % 2);
        data[i] += i / size % 2 ? 1 : -1;
    }
    ambit_network_forward(f.network);
    for (int r = 0; r < BATCH; r++) {
        assert_true(ambit_network_output(f.network)[r] == 0);
        assert_float_equal(ambit_network_row_loss(f.network)[r], logf(2), 1e-6f);
    }
    for (int step = 0; step < 200; step++) {
        ambit_network_forward(f.network);
        ambit_network_backward(f.network);
        for (int64_t i = 0; i < f.count; i++)
            f.parameters[i] -= 0.1f * f.gradients[i];
    }
    ambit_network_forward(f.network);
    for (int r = 0; r < BATCH; r++)
        assert_true(ambit_network_output(f.network)[r] * (label[r] - 0.5f) > 0.5f);
    close_network(&f);
}

/* ---- preconditioning ---- */

/* At the start the output is skip·x_σ; later it is put together from what the same network without
 * preconditioning gives for in·x_σ. */
static void test_preconditioned(void **state) {
    const ambit_network_options *plain_options = *state;
    for (int p = 0; p < 3; p++) {
        ambit_network_options options = *plain_options;
        options.precondition = AMBIT_PRECONDITION_FULL;
        options.prediction = (ambit_prediction)p;
        options.sigma_data = 0.6;
        fixture f = open_network(&options), plain = open_network(plain_options);
        const int64_t size = f.output_size;
        const float *x = ambit_network_chunk(f.network), *output = ambit_network_output(f.network);
        for (int64_t i = 0; i < BATCH * size; i++) {
            const double sigma = (double)ambit_network_sigma(f.network)[i / size];
            const double in = ambit_precondition_at(options.prediction, sigma, 0.6).in;
            ambit_network_chunk(plain.network)[i] = (float)in * x[i];
        }
        ambit_network_forward(f.network);
        ambit_network_forward(plain.network);
        for (int64_t i = 0; i < BATCH * size; i++) {
            const double sigma = (double)ambit_network_sigma(f.network)[i / size];
            const ambit_precondition_factors at =
                ambit_precondition_at(options.prediction, sigma, 0.6);
            const double own = (double)ambit_network_output(plain.network)[i];
            assert_float_equal(output[i], (float)(at.skip * (double)x[i] + at.out * own), 1e-5f);
        }
        close_network(&f);
        close_network(&plain);
    }
}

/* ---- wrong options ---- */

static void test_wrong_options(void **state) {
    static const struct {
        ambit_network_options options;
        const char *text;
    } rows[] = {
        {{NETWORK_SIZES(DIT, 0, 0, 0, 32, 1, 4), .image = {3, 4, 6, 4}},
         "network.patch: 4 does not divide an image of 4 × 6"},
        {{NETWORK_SIZES(DIT, 0, 0, 0, 32, 1, 4), .image = {3, 4, 6, 0}}, "network.patch: 0; give"},
        {{NETWORK_SIZES(DIT, 0, 0, 0, 32, 1, 4)}, "data.horizon: 0; give"},
        {{NETWORK_SIZES(MLP, 0, 0, 0, 32, 1, 0), .image = {3, 4, 6, 2}},
         "network.patch: mlp does not take images"},
        {{NETWORK_SIZES(UNET1D, 4, 2, 0, 32, 1, 0), .conditioning = AMBIT_CONDITIONING_CONTEXT},
         "with network.kind unet1d it is film;"},
        {{NETWORK_SIZES(MLP, 4, 2, 0, 32, 1, 0), .conditioning = AMBIT_CONDITIONING_FILM},
         "with network.kind mlp it is concat or adaln;"},
        {{NETWORK_SIZES(DIT, 4, 2, 0, 32, 1, 4), .conditioning = AMBIT_CONDITIONING_CONCAT},
         "with network.kind dit it is adaln or context;"},
        {{NETWORK_SIZES(DIT, 4, 2, 0, 32, 1, 4), .conditioning = (ambit_conditioning)9},
         "with network.kind dit it is adaln or context;"},
        {{NETWORK_SIZES(MLP, 4, 2, 3, 32, 0, 0), .conditioning = AMBIT_CONDITIONING_ADALN},
         "network.depth: 0; give"},
        {{NETWORK_SIZES(DIT, 4, 2, 3, 32, 0, 4), .conditioning = AMBIT_CONDITIONING_CONTEXT},
         "network.depth: 0; give"},
        {{NETWORK_SIZES(MLP, 4, 2, 0, 32, 1, 0), .text = {0, 5}}, "data.text: tokens: 0; give"},
        {{NETWORK_SIZES(MLP, 4, 2, 0, 32, 1, 0), .caption = {4, 0}},
         "network.caption_buckets: 0; give"},
        {{NETWORK_SIZES(MLP, 4, 2, 0, 32, 1, 0), .camera = {{3, 8, 8, 4}, 1, 10, 1, 4}},
         "4 heads do not divide network.camera_width 10"},
        {{NETWORK_SIZES(MLP, 4, 2, 0, 32, 1, 0), .camera = {{3, 8, 8, 4}, 0, 16, 1, 4}},
         "data.camera: views: 0; give"},
        {{NETWORK_SIZES(MLP, 4, 2, 0, 32, 1, 0), .precondition = AMBIT_PRECONDITION_FULL},
         "network.sigma_data: 0; give a number above 0"},
        {{NETWORK_SIZES(MLP, 4, 2, 0, 32, 1, 0), .head = (ambit_network_head)7},
         "head: there is no choice 7"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ambit_network *network;
        assert_int_equal(ambit_network_create(&rows[i].options, 2, 1, &network), AMBIT_CONFIG);
        if (!strstr(ambit_message(), rows[i].text))
            fail_msg("\"%s\" does not hold \"%s\"", ambit_message(), rows[i].text);
    }
}

int main(void) {
    enum { CONDITIONED = sizeof conditioned / sizeof conditioned[0], PLAIN = 4 };
    static const ambit_network_options plain[PLAIN] = {
        {NETWORK_SIZES(MLP, 4, 2, 3, 32, 1, 0)},
        {NETWORK_SIZES(MLP, 4, 2, 3, 32, 1, 0), .conditioning = AMBIT_CONDITIONING_ADALN},
        {NETWORK_SIZES(DIT, 0, 0, 3, 32, 1, 4), .image = {2, 4, 4, 2}},
        {NETWORK_SIZES(UNET1D, 4, 2, 3, 16, 2, 0)},
    };
    static ambit_network_options classifiers[PLAIN];
    struct CMUnitTest tests[9 + 2 * CONDITIONED + 2 * PLAIN] = {
        cmocka_unit_test(test_unchanged),          cmocka_unit_test(test_image_parameters),
        cmocka_unit_test(test_image_is_chunk),     cmocka_unit_test(test_condition_sizes),
        cmocka_unit_test(test_context_is_dropped), cmocka_unit_test(test_crop),
        cmocka_unit_test(test_wrong_options),      cmocka_unit_test(test_auto),
        cmocka_unit_test(test_adaln_parameters),
    };
    int count = 9;
    ambit_blas_start(1);
    for (int i = 0; i < CONDITIONED; i++) {
        void *options = (void *)&conditioned[i];
        tests[count++] = (struct CMUnitTest){"missing", test_missing, NULL, NULL, options};
        tests[count++] =
            (struct CMUnitTest){"every number", test_every_number_counts, NULL, NULL, options};
    }
    for (int i = 0; i < PLAIN; i++) {
        classifiers[i] = plain[i];
        classifiers[i].head = AMBIT_HEAD_LOGIT;
        tests[count++] =
            (struct CMUnitTest){"classifier", test_classifier, NULL, NULL, &classifiers[i]};
        tests[count++] = (struct CMUnitTest){"preconditioned", test_preconditioned, NULL, NULL,
                                             (void *)&plain[i]};
    }
    return _cmocka_run_group_tests("network inputs", tests, (size_t)count, NULL, NULL);
}
