/* The networks against PyTorch: same weights, same inputs, then output, losses and the gradient of
 * every parameter, tensor by tensor. What PyTorch computes, in double precision, lies in
 * torch_*.bin beside this file; tests/interop/dump.py writes them anew and describes their format.
 *
 * A sum of K products in floats has an error of about ε·√K of its terms' size, so a tensor may
 * differ by TOLERANCE·ε·√K of its largest number, K the numbers in a layer of the whole batch: the
 * longest sum there is. PyTorch in floats is up to 23 times ε·√K away from itself in doubles
 * (unet1d, whose norms divide by the spread of few numbers). Where the gradient is all but zero, as
 * that of a bias before a norm over one channel, its terms are not: it is measured against a
 * hundredth of the largest gradient there is.
 */
#include "core/networks/network.h"
#include "core/products/blas.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_RECORDS = 256, TOLERANCE = 24 };

typedef struct {
    char name[96];
    int32_t count;
    float *values;
} record;

typedef struct {
    record records[MOST_RECORDS];
    int count;
} fixture;

/* ---- reading ---- */

static int read_record(FILE *file, record *r) {
    int32_t length;
    if (fread(&length, sizeof length, 1, file) != 1)
        return 0;
    assert_in_range(length, 1, sizeof r->name - 1);
    assert_int_equal(fread(r->name, 1, (size_t)length, file), length);
    r->name[length] = 0;
    assert_int_equal(fread(&r->count, sizeof r->count, 1, file), 1);
    assert_in_range(r->count, 1, 1 << 20);
    r->values = malloc((size_t)r->count * sizeof *r->values);
    assert_non_null(r->values);
    assert_int_equal(fread(r->values, sizeof *r->values, (size_t)r->count, file), r->count);
    return 1;
}

static fixture *read_fixture(const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/torch_%s.bin", AMBIT_FIXTURES, name);
    FILE *file = fopen(path, "rb");
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(file);
    assert_non_null(f);
    while (f->count < MOST_RECORDS && read_record(file, &f->records[f->count]))
        f->count++;
    assert_true(feof(file));
    fclose(file);
    return f;
}

static void free_fixture(fixture *f) {
    for (int i = 0; i < f->count; i++)
        free(f->records[i].values);
    free(f);
}

static const record *find(const fixture *f, const char *name, const char *suffix) {
    char full[128];
    snprintf(full, sizeof full, "%s%s", name, suffix);
    for (int i = 0; i < f->count; i++)
        if (strcmp(f->records[i].name, full) == 0)
            return &f->records[i];
    fail_msg("PyTorch's network has no %s", full);
    return NULL;
}

/* ---- comparing ---- */

static void give(const fixture *f, const char *name, ambit_real *to) {
    const record *r = find(f, name, "");
    memcpy(to, r->values, (size_t)r->count * sizeof *to);
}

static double largest_of(const record *r) {
    double largest = 0;
    for (int32_t i = 0; i < r->count; i++)
        largest = fmax(largest, fabs((double)r->values[i]));
    return largest;
}

static double largest_gradient(const fixture *f) {
    double largest = 0;
    for (int i = 0; i < f->count; i++)
        if (strstr(f->records[i].name, ".gradient"))
            largest = fmax(largest, largest_of(&f->records[i]));
    return largest;
}

/* `least`: what the tensor's terms are at least. */
static void compare(const record *expected, int64_t count, const ambit_real *values, double k,
                    double least) {
    const double largest = fmax(largest_of(expected), least);
    double error = 0;
    assert_int_equal(count, expected->count);
    for (int64_t i = 0; i < count; i++)
        error = fmax(error, fabs((double)values[i] - (double)expected->values[i]));
    if (!(error <= TOLERANCE * (double)FLT_EPSILON * sqrt(k) * largest))
        fail_msg("%s: differs by %g, %.1f times ε·√K of its largest number, %g", expected->name,
                 error, error / ((double)FLT_EPSILON * sqrt(k) * largest), largest);
}

static ambit_network_options options_of(const fixture *f, int64_t *batch) {
    const float *v = find(f, "options", "")->values;
    *batch = (int64_t)v[7];
    return (ambit_network_options){
        .kind = (ambit_network_kind)v[0],
        .chunk_steps = (int64_t)v[1],
        .chunk_width = (int64_t)v[2],
        .observation_size = (int64_t)v[3],
        .width = (int64_t)v[4],
        .depth = (int64_t)v[5],
        .heads = (int64_t)v[6],
        .image = {(int64_t)v[8], (int64_t)v[9], (int64_t)v[10], (int64_t)v[11]},
        .conditioning = (ambit_conditioning)v[12]};
}

static void run_network(const fixture *f, ambit_network *network) {
    give(f, "chunk", ambit_network_chunk(network));
    give(f, "observation", ambit_network_observation(network));
    give(f, "sigma", ambit_network_sigma(network));
    give(f, "target", ambit_network_target(network));
    give(f, "weight", ambit_network_weight(network));
    ambit_network_forward(network);
    ambit_network_backward(network);
}

static void compare_network(const fixture *f, ambit_network *network, int64_t batch, double k) {
    ambit_graph *graph = ambit_network_graph(network);
    const double least = largest_gradient(f) / 100;
    int count;
    const ambit_parameter *table = ambit_graph_parameters(graph, &count);
    const size_t numbers = (size_t)ambit_graph_parameter_count(graph);
    ambit_real *weights = calloc(2 * numbers, sizeof *weights), *gradients = weights + numbers;
    assert_non_null(weights);
    for (int p = 0; p < count; p++) {
        assert_int_equal(find(f, table[p].name, "")->count, table[p].count);
        give(f, table[p].name, weights + table[p].offset);
    }
    ambit_graph_bind(graph, weights, gradients);
    run_network(f, network);
    const record *output = find(f, "output", "");
    compare(output, output->count, ambit_network_output(network), k, 0);
    compare(find(f, "row_loss", ""), batch, ambit_network_row_loss(network), k, 0);
    for (int p = 0; p < count; p++)
        compare(find(f, table[p].name, ".gradient"), table[p].count, gradients + table[p].offset, k,
                least);
    free(weights);
}

static int64_t token_count(const ambit_network_options *o) {
    const ambit_image_shape *image = &o->image;
    return image->channels ? image->height * image->width / (image->patch * image->patch)
                           : o->chunk_steps;
}

static void agrees_with_torch(void **state) {
    fixture *f = read_fixture(*state);
    ambit_network *network;
    int64_t batch;
    const ambit_network_options options = options_of(f, &batch);
    assert_int_equal(ambit_network_create(&options, batch, 1, &network), AMBIT_OK);
    compare_network(f, network, batch, (double)(batch * token_count(&options) * options.width));
    ambit_network_destroy(network);
    free_fixture(f);
}

int main(void) {
    ambit_blas_start(1);
    const struct CMUnitTest tests[] = {
        {"mlp", agrees_with_torch, NULL, NULL, "mlp"},
        {"mlp with adaLN", agrees_with_torch, NULL, NULL, "mlp_adaln"},
        {"dit", agrees_with_torch, NULL, NULL, "dit"},
        {"dit2d", agrees_with_torch, NULL, NULL, "dit2d"},
        {"unet1d", agrees_with_torch, NULL, NULL, "unet1d"},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
