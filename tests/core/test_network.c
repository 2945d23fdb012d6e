/* The networks as the product builds them, in single precision: sizes, starting values, runs that
 * repeat bit for bit, the memory plan, and no allocation in a step. */
#include "core/base/vector.h"
#include "core/graph/graph_plan.h"
#include "core/networks/network.h"
#include "core/products/blas.h"
#include "core/products/product.h"
#include "tests/core/network_sizes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 32 };

static const ambit_network_options mlp = {NETWORK_SIZES(MLP, 16, 2, 42, 384, 3, 0)};
static const ambit_network_options adaln = {NETWORK_SIZES(MLP, 16, 2, 42, 96, 3, 0),
                                            .conditioning = AMBIT_CONDITIONING_ADALN};
static const ambit_network_options unet = {NETWORK_SIZES(UNET1D, 16, 7, 20, 16, 3, 0)};
static const ambit_network_options image = {NETWORK_SIZES(DIT, 0, 0, 20, 64, 2, 4),
                                            .image = {3, 8, 8, 2},
                                            .conditioning = AMBIT_CONDITIONING_CONTEXT,
                                            .camera = {{3, 8, 8, 4}, 2, 32, 1, 4},
                                            .text = {2, 32},
                                            .caption = {8, 64},
                                            .droppable = 1,
                                            .crop = 1};
static const ambit_network_options dit = {NETWORK_SIZES(DIT, 16, 7, 20, 64, 2, 4)};

/* ---- counting allocations ----
 *
 * Of all code in this process: these functions stand before the C library's, for OpenBLAS too.
 */

static _Atomic int64_t allocations;

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_ALLOCATIONS 1
#define FOR_ALL __attribute__((visibility("default")))
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

FOR_ALL void *malloc(size_t size) {
    allocations++;
    return __libc_malloc(size);
}

FOR_ALL void *calloc(size_t count, size_t size) {
    allocations++;
    return __libc_calloc(count, size);
}

FOR_ALL void *realloc(void *memory, size_t size) {
    allocations++;
    return __libc_realloc(memory, size);
}

FOR_ALL void *aligned_alloc(size_t alignment, size_t size) {
    allocations++;
    return __libc_memalign(alignment, size);
}

FOR_ALL int posix_memalign(void **memory, size_t alignment, size_t size) {
    *memory = aligned_alloc(alignment, size);
    return *memory ? 0 : ENOMEM;
}
#else
#define COUNTS_ALLOCATIONS 0
#endif

/* ---- a network with its arrays ---- */

typedef struct {
    ambit_network *network;
    int64_t count, row;
    float *parameters, *gradients;
    void *memory;
} fixture;

static void fill(float *values, int64_t count, uint64_t index, float deviation) {
    ambit_rng rng = ambit_rng_open(3, AMBIT_STREAM_TESTS, index);
    for (int64_t i = 0; i < count; i++)
        values[i] = deviation * ambit_rng_normal(&rng);
}

/* Parameters and gradients `shift` numbers past what malloc gives. */
static fixture open_network_with(const ambit_network_options *options,
                                 const ambit_network_means *means, int training, int64_t shift) {
    fixture f = {.row = ambit_network_data_size(options)};
    if (ambit_network_create_with(options, means, BATCH, training, &f.network) != AMBIT_OK)
        fail_msg("%s", ambit_message());
    f.count = ambit_graph_parameter_count(ambit_network_graph(f.network));
    f.memory = calloc((size_t)(2 * (f.count + shift)), sizeof(float));
    assert_non_null(f.memory);
    f.parameters = (float *)f.memory + shift;
    f.gradients = f.parameters + f.count;
    fill(f.parameters, f.count, 1, 0.05f);
    ambit_graph_bind(ambit_network_graph(f.network), f.parameters, f.gradients);
    fill(ambit_network_chunk(f.network), BATCH * f.row, 2, 1);
    fill(ambit_network_observation(f.network), BATCH * options->observation_size, 3, 1);
    for (int r = 0; r < BATCH; r++) {
        ambit_network_sigma(f.network)[r] = (float)(r + 1) / (BATCH + 1);
        if (training)
            ambit_network_weight(f.network)[r] = 1.0f / BATCH;
    }
    if (training)
        fill(ambit_network_target(f.network), BATCH * f.row, 4, 1);
    return f;
}

static fixture open_network(const ambit_network_options *options, int training, int64_t shift) {
    const ambit_network_means means = {0};
    return open_network_with(options, &means, training, shift);
}

static void close_network(fixture *f) {
    ambit_network_destroy(f->network);
    free(f->memory);
}

static void run_step(const fixture *f) {
    ambit_network_forward(f->network);
    ambit_network_backward(f->network);
}

/* ---- tests ---- */

static void test_parameter_count(void **state) {
    (void)state;
    fixture f = open_network(&mlp, 1, 0);
    assert_int_equal(f.count, 490784); /* 90·384 + 384 + 3·(384² + 384) + 384·32 + 32 */
    assert_true(ambit_graph_flops_forward(ambit_network_graph(f.network)) >
                2.0 * BATCH * (90 * 384 + 3 * 384 * 384 + 384 * 32));
    int parameters;
    const ambit_parameter *table =
        ambit_graph_parameters(ambit_network_graph(f.network), &parameters);
    assert_int_equal(parameters, 10);
    int64_t end = 0;
    for (int i = 0; i < parameters; i++) {
        assert_int_equal(table[i].offset, end);
        assert_int_equal(table[i].decays, table[i].rank == 2);
        end += table[i].count;
    }
    assert_int_equal(end, f.count);
    assert_string_equal(table[2].name, "block0.weight");
    close_network(&f);
}

/* Same seed, same numbers; weights within ± 1/√(fan in) and filling that range; the last layer
 * zero, so that the first prediction is 0 and the row loss the mean square of the target. */
static void test_start(void **state) {
    const ambit_network_options *options = *state;
    fixture f = open_network(options, 1, 0);
    ambit_graph *graph = ambit_network_graph(f.network);
    ambit_graph_initialise(graph, 11, f.parameters);
    ambit_graph_initialise(graph, 11, f.gradients);
    assert_memory_equal(f.parameters, f.gradients, (size_t)f.count * sizeof(float));
    int parameters;
    const ambit_parameter *table = ambit_graph_parameters(graph, &parameters);
    for (int i = 0; i < parameters; i++) {
        float largest = 0, bound = 1 / sqrtf((float)table[i].fan_in);
        for (int64_t j = 0; j < table[i].count; j++)
            largest = fmaxf(largest, fabsf(f.parameters[table[i].offset + j]));
        if (table[i].init == AMBIT_INIT_FAN_IN)
            assert_true(largest <= bound && largest > 0.8f * bound);
        if (table[i].init == AMBIT_INIT_ZERO)
            assert_true(largest == 0);
    }
    ambit_graph_initialise(graph, 12, f.gradients);
    assert_memory_not_equal(f.parameters, f.gradients, (size_t)f.count * sizeof(float));
    ambit_network_forward(f.network);
    for (int64_t i = 0; i < BATCH * f.row; i++)
        assert_true(ambit_network_output(f.network)[i] == 0);
    double square = 0;
    for (int64_t i = 0; i < f.row; i++)
        square += pow((double)ambit_network_target(f.network)[i], 2);
    assert_float_equal(ambit_network_row_loss(f.network)[0], (float)(square / (double)f.row),
                       1e-5f);
    close_network(&f);
}

/* Once more, and with parameters at addresses of another alignment: the same bits. */
static void test_repeats(void **state) {
    const ambit_network_options *options = *state;
    fixture a = open_network(options, 1, 0), b = open_network(options, 1, 3);
    const size_t bytes = (size_t)a.count * sizeof(float);
    run_step(&a);
    float *first = malloc(bytes);
    assert_non_null(first);
    memcpy(first, a.gradients, bytes);
    run_step(&a);
    run_step(&b);
    assert_memory_equal(a.gradients, first, bytes);
    assert_memory_equal(b.gradients, first, bytes);
    assert_memory_equal(ambit_network_output(a.network), ambit_network_output(b.network),
                        (size_t)(BATCH * a.row) * sizeof(float));
    free(first);
    close_network(&a);
    close_network(&b);
}

static void test_no_allocation(void **state) {
    if (!COUNTS_ALLOCATIONS) {
        print_message("sanitizers count allocations themselves\n");
        skip();
    }
    for (int way = 0; way < 4; way++) {
        ambit_network_means means = {.recompute = way & 1,
                                     .precision = way & 1 && ambit_bf16_available()};
        assert_int_equal(ambit_team_create(1 + way, &means.team), AMBIT_OK);
        fixture f = open_network_with(*state, &means, 1, 0);
        run_step(&f); /* OpenBLAS makes its buffers at the first product */
        const int64_t before = allocations;
        assert_true(before > 0);
        run_step(&f);
        assert_int_equal(allocations - before, 0);
        close_network(&f);
        ambit_team_destroy(means.team);
    }
}

/* Of all shapes of small products, none allocates, and each is right. */
static void test_small_products(void **state) {
    (void)state;
    enum { SIZE = 70, SUM = 600 };
    static const int64_t sums[] = {1, 7, 31, 32, 40, 64, SUM};
    static float a[SIZE * SUM], b[SIZE * SUM], c[SIZE * SIZE];
    fill(a, SIZE * SUM, 1, 1);
    fill(b, SIZE * SUM, 2, 1);
    ambit_gemm(AMBIT_PLAIN, AMBIT_PLAIN, SIZE, SIZE, SUM, 1, a, SUM, b, SIZE, 0, c, SIZE);
    const int64_t before = allocations;
    for (int64_t n = 1; n <= SIZE; n++)
        for (size_t s = 0; s < sizeof sums / sizeof sums[0]; s++)
            for (int64_t m = 1; m <= SIZE; m += 23) {
                const int64_t k = sums[s], row = m - 1, column = n - 1;
                double expected = 3;
                for (int64_t i = 0; i < k; i++)
                    expected += 2 * (double)a[row * SUM + i] * (double)b[i * SIZE + column];
                c[row * SIZE + column] = 3;
                ambit_gemm(AMBIT_PLAIN, AMBIT_PLAIN, m, n, k, 2, a, SUM, b, SIZE, 1, c, SIZE);
                if (fabs((double)c[row * SIZE + column] - expected) > 2e-6 * (double)k + 1e-5)
                    fail_msg("%d × %d × %d: %g instead of %g", (int)m, (int)n, (int)k,
                             (double)c[row * SIZE + column], expected);
                for (int kind = 1; kind < 4; kind++)
                    ambit_gemm(kind & 1 ? AMBIT_TRANSPOSED : AMBIT_PLAIN,
                               kind & 2 ? AMBIT_TRANSPOSED : AMBIT_PLAIN, m, n, k < SIZE ? k : SIZE,
                               1, a, SUM, b, SIZE, 0, c, SIZE);
            }
    assert_int_equal(allocations - before, 0);
}

/* What training predicts, inference predicts; in less memory. */
static void test_inference(void **state) {
    const ambit_network_options *options = *state;
    fixture training = open_network(options, 1, 0), inference = open_network(options, 0, 0);
    ambit_network_forward(training.network);
    ambit_network_forward(inference.network);
    for (int64_t i = 0; i < BATCH * training.row; i++)
        assert_float_equal(ambit_network_output(training.network)[i],
                           ambit_network_output(inference.network)[i], 1e-5f);
    assert_null(ambit_network_target(inference.network));
    assert_null(ambit_network_row_loss(inference.network));
    const ambit_graph *small = ambit_network_graph(inference.network),
                      *large = ambit_network_graph(training.network);
    print_message("%s: training %.2f MiB (%.2f unshared), inference %.2f (%.2f)\n",
                  ((const char *[]){"mlp", "dit", "unet1d"})[options->kind],
                  (double)ambit_graph_bytes(large) / 1048576,
                  (double)ambit_graph_bytes_unshared(large) / 1048576,
                  (double)ambit_graph_bytes(small) / 1048576,
                  (double)ambit_graph_bytes_unshared(small) / 1048576);
    assert_true(2 * ambit_graph_bytes(small) < ambit_graph_bytes(large));
    assert_true(ambit_graph_bytes(large) < ambit_graph_bytes_unshared(large));
    close_network(&training);
    close_network(&inference);
}

/* Backward that computes blocks again gives the same bits in less memory; with threads too. */
static void test_recompute(void **state) {
    ambit_network_means means = {.recompute = 1};
    fixture keeping = open_network(*state, 1, 0);
    const size_t bytes = (size_t)keeping.count * sizeof(float);
    run_step(&keeping);
    for (int threads = 1; threads <= 2; threads++) {
        assert_int_equal(ambit_team_create(threads, &means.team), AMBIT_OK);
        fixture again = open_network_with(*state, &means, 1, 0);
        for (int step = 0; step < 2; step++) {
            memset(again.gradients, 0xff, bytes);
            run_step(&again);
            assert_memory_equal(again.gradients, keeping.gradients, bytes);
        }
        assert_memory_equal(ambit_network_output(again.network),
                            ambit_network_output(keeping.network),
                            (size_t)(BATCH * again.row) * sizeof(float));
        const int64_t kept = ambit_graph_bytes(ambit_network_graph(keeping.network));
        const int64_t needed = ambit_graph_bytes(ambit_network_graph(again.network));
        print_message("recomputed: %.2f MiB instead of %.2f\n", (double)needed / 1048576,
                      (double)kept / 1048576);
        assert_true(needed < kept * 9 / 10);
        assert_true(ambit_graph_flops_backward(ambit_network_graph(again.network)) ==
                    ambit_graph_flops_backward(ambit_network_graph(keeping.network)));
        close_network(&again);
        ambit_team_destroy(means.team);
    }
    close_network(&keeping);
}

/* What runs again belongs to a block and runs before its backward; the last operator of a block
 * does not: nothing reads what it computes. */
static void test_reverse(void **state) {
    const ambit_network_means means = {.recompute = 1};
    fixture f = open_network_with(*state, &means, 1, 0);
    const ambit_graph *graph = ambit_network_graph(f.network);
    int again = 0, gates = 0;
    for (int j = 0; j < graph->reverse_count; j++) {
        const ambit_operator *op = graph->reverse[j].op;
        if (!graph->reverse[j].again)
            continue;
        again++;
        assert_int_not_equal(op->block, 0);
        assert_non_null(op->output->original);
        gates += strcmp(op->kind->name, "gate and residual") == 0;
    }
    assert_true(again > gates);
    assert_int_equal(gates, dit.depth); /* the first of the two in a block */
    assert_int_equal(graph->reverse_count, graph->operator_count + again);
    close_network(&f);
}

/* No two arrays that are needed at one time touch, and all lie in the arena. */
static void check_plan(const ambit_network_options *options, int recompute) {
    const ambit_network_means means = {.recompute = recompute};
    fixture f = open_network_with(options, &means, 1, 0);
    const ambit_graph *graph = ambit_network_graph(f.network);
    int64_t largest = 0;
    for (int i = 0; i < graph->buffer_count; i++) {
        const ambit_buffer *a = &graph->buffers[i];
        assert_true(a->offset >= 0 && a->offset + a->count <= graph->arena_count);
        largest = a->count > largest ? a->count : largest;
        for (int j = 0; j < i; j++) {
            const ambit_buffer *b = &graph->buffers[j];
            const int same_time = a->first <= b->last && b->first <= a->last;
            const int same_place =
                a->offset < b->offset + b->count && b->offset < a->offset + a->count;
            assert_false(same_time && same_place);
        }
    }
    assert_true(graph->arena_count > largest);
    close_network(&f);
}

static void test_plan(void **state) {
    check_plan(*state, 0);
    check_plan(*state, 1);
}

static void test_wrong_options(void **state) {
    static const struct {
        ambit_network_options options;
        int64_t batch;
        const char *text;
    } rows[] = {
        {{NETWORK_SIZES(DIT, 16, 2, 4, 64, 2, 3)}, 8, "3 heads do not divide network.width 64"},
        {{NETWORK_SIZES(DIT, 16, 2, 4, 64, 2, 0)},
         8,
         "network.heads: 0; give a number from 1 to 1024"},
        {{NETWORK_SIZES(MLP, 0, 2, 4, 64, 2, 0)}, 8, "data.horizon: 0; give"},
        {{NETWORK_SIZES(MLP, 16, 2, -1, 64, 2, 0)}, 8, "data.observation: numbers: -1; give"},
        {{NETWORK_SIZES(MLP, 16, 2, 4, 0, 2, 0)}, 8, "network.width: 0; give"},
        {{NETWORK_SIZES(MLP, 16, 2, 4, 64, 2, 0)}, 0, "train.batch: samples at a time: 0; give"},
        {{NETWORK_SIZES(UNET1D, 16, 2, 4, 60, 2, 0)},
         8,
         "network.width: 60 is not a multiple of 8"},
        {{NETWORK_SIZES(UNET1D, 12, 2, 4, 64, 4, 0)},
         8,
         "4 levels of unet1d halve the chunk 3 times, which 12 steps"},
        {{NETWORK_SIZES(UNET1D, 16, 2, 4, 64, 0, 0)}, 8, "network.depth: 0; give"},
        {{.kind = (ambit_network_kind)9},
         8,
         "network.kind: there is no choice 9; give one of mlp|dit|unet1d"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ambit_network *network = (ambit_network *)&rows;
        assert_int_equal(ambit_network_create(&rows[i].options, rows[i].batch, 1, &network),
                         AMBIT_CONFIG);
        assert_null(network);
        assert_non_null(strstr(ambit_message(), rows[i].text));
    }
    /* 2³¹ numbers in one array, found before anything is allocated */
    ambit_network_options large = {NETWORK_SIZES(MLP, 1, 1, 0, 65536, 1, 0)};
    ambit_network *network;
    assert_int_equal(ambit_network_create(&large, 32768, 1, &network), AMBIT_CONFIG);
    assert_non_null(strstr(ambit_message(), "smaller batch"));
}

/* σ = 0.6: l = ½·ln(0.8/0.6). */
static void test_sigma_features(void **state) {
    (void)state;
    ambit_graph *graph;
    const int64_t shape[2] = {1, 1};
    assert_int_equal(ambit_graph_create(0, &graph), AMBIT_OK);
    ambit_tensor *sigma = ambit_graph_input(graph, "sigma", 2, shape);
    ambit_tensor *features = ambit_sigma_features(graph, sigma);
    ambit_graph_keep(graph, features);
    assert_int_equal(ambit_graph_finish(graph, NULL), AMBIT_OK);
    ambit_tensor_data(sigma)[0] = 0.6f;
    ambit_graph_forward(graph);
    for (int k = 0; k < 8; k++) {
        double angle = 0.5 * 0.5 * log(0.8 / 0.6) * pow(1.5, k);
        assert_float_equal(ambit_tensor_data(features)[k], (float)sin(angle), 1e-6f);
        assert_float_equal(ambit_tensor_data(features)[8 + k], (float)cos(angle), 1e-6f);
    }
    ambit_graph_destroy(graph);
}

/* Graphs that would give a wrong gradient are refused when they are finished. */
static void test_refusals(void **state) {
    (void)state;
    const int64_t shape[2] = {2, 4}, column[2] = {2, 1};
    for (int fault = 0; fault < 3; fault++) {
        static const char *const texts[] = {"use every view", "does not depend on parameter",
                                            "views of a result in order"};
        ambit_graph *graph;
        assert_int_equal(ambit_graph_create(1, &graph), AMBIT_OK);
        ambit_tensor *x = ambit_graph_input(graph, "x", 2, shape);
        ambit_tensor *all = ambit_linear(graph, "a", x, 8, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, NULL);
        ambit_tensor *y = ambit_columns(graph, all, fault == 2 ? 4 : 0, 4);
        if (fault == 1)
            y = ambit_linear(graph, "b", x, 4, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, NULL);
        y = ambit_activate(graph, y, AMBIT_SILU);
        ambit_tensor *loss = ambit_weighted_sum(graph, ambit_row_error(graph, y, x, NULL),
                                                ambit_graph_input(graph, "w", 2, column));
        assert_int_equal(ambit_graph_finish(graph, loss), AMBIT_INTERNAL);
        assert_non_null(strstr(ambit_message(), texts[fault]));
        ambit_graph_destroy(graph);
    }
}

static void test_exponential(void **state) {
    (void)state;
    double worst = 0;
    for (float x = -87; x < 88; x += 0.00137f)
        worst = fmax(worst, fabs((double)ambit_expf(x) / exp((double)x) - 1));
    print_message("exponential: largest relative error %.2g\n", worst);
    assert_true(worst < 2.4e-7); /* 2 ulp */
    assert_true(ambit_expf(0) == 1);
    assert_true(ambit_expf(-1000) < 1e-37f && ambit_expf(1000) > 1e38f);
    assert_true(isnan(ambit_expf(NAN)));
}

static void test_blas(void **state) {
    (void)state;
    const float a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {1, 0, 2, 1, 1, 3};
    float c[4] = {NAN, NAN, NAN, NAN};
    ambit_gemm(AMBIT_PLAIN, AMBIT_TRANSPOSED, 2, 2, 3, 1, a, 3, b, 3, 0, c, 2);
    assert_true(c[0] == 7 && c[1] == 12 && c[2] == 16 && c[3] == 27);
    ambit_gemm(AMBIT_TRANSPOSED, AMBIT_PLAIN, 2, 2, 2, 2, a, 3, b, 3, 1, c, 2);
    assert_true(c[0] == 7 + 2 * (1 + 4) && c[3] == 27 + 2 * (0 + 5));
    assert_true(strlen(ambit_blas_processor()) > 0 && strlen(ambit_blas_build()) > 0);
    assert_string_not_equal(ambit_blas_threading(), "unknown");
}

int main(void) {
    ambit_blas_start(1);
    void *const m = (void *)&mlp, *const a = (void *)&adaln, *const d = (void *)&dit,
                *const u = (void *)&unet, *const i = (void *)&image;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameter_count),
        {"start of mlp", test_start, NULL, NULL, m},
        {"start of adaLN mlp", test_start, NULL, NULL, a},
        {"start of dit", test_start, NULL, NULL, d},
        {"start of unet1d", test_start, NULL, NULL, u},
        {"start of image dit", test_start, NULL, NULL, i},
        {"mlp repeats", test_repeats, NULL, NULL, m},
        {"adaLN mlp repeats", test_repeats, NULL, NULL, a},
        {"dit repeats", test_repeats, NULL, NULL, d},
        {"unet1d repeats", test_repeats, NULL, NULL, u},
        {"image dit repeats", test_repeats, NULL, NULL, i},
        {"mlp allocates nothing", test_no_allocation, NULL, NULL, m},
        {"adaLN mlp allocates nothing", test_no_allocation, NULL, NULL, a},
        {"dit allocates nothing", test_no_allocation, NULL, NULL, d},
        {"unet1d allocates nothing", test_no_allocation, NULL, NULL, u},
        {"image dit allocates nothing", test_no_allocation, NULL, NULL, i},
        cmocka_unit_test(test_small_products),
        {"inference of mlp", test_inference, NULL, NULL, m},
        {"inference of adaLN mlp", test_inference, NULL, NULL, a},
        {"inference of dit", test_inference, NULL, NULL, d},
        {"inference of unet1d", test_inference, NULL, NULL, u},
        {"inference of image dit", test_inference, NULL, NULL, i},
        {"recomputation in mlp", test_recompute, NULL, NULL, m},
        {"recomputation in adaLN mlp", test_recompute, NULL, NULL, a},
        {"recomputation in dit", test_recompute, NULL, NULL, d},
        {"recomputation in unet1d", test_recompute, NULL, NULL, u},
        {"reverse order of dit", test_reverse, NULL, NULL, d},
        {"recomputation in image dit", test_recompute, NULL, NULL, i},
        {"plan of mlp", test_plan, NULL, NULL, m},
        {"plan of adaLN mlp", test_plan, NULL, NULL, a},
        {"plan of dit", test_plan, NULL, NULL, d},
        {"plan of unet1d", test_plan, NULL, NULL, u},
        {"plan of image dit", test_plan, NULL, NULL, i},
        cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_sigma_features),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_exponential),
        cmocka_unit_test(test_blas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
