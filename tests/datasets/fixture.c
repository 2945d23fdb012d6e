#include "fixture.h"

#include "datasets/files.h"

/* cmocka wants these before its own header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char folders[64][256];
static int folder_count;

float fixture_action(int64_t step, int element) {
    return (float)(step % 7) - 2.5f + (float)element;
}

float fixture_state(int64_t step, int element) {
    return element == 0 ? (float)step * .5f : 4.25f; /* element 1 never changes */
}

int64_t fixture_count(int64_t step) {
    return step * 1000 - 3;
}

uint8_t fixture_pixel(int64_t step, int element) {
    return (uint8_t)(step * 5 + element);
}

size_t fixture_image(int64_t step, uint8_t bytes[64]) {
    size_t size = (size_t)(step % 5) * 9; /* some steps have none */
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(step + (int64_t)i);
    return size;
}

const ambit_field_info *fixture_fields(void) {
    static const ambit_field_info fields[FIXTURE_FIELDS] = {
        {.name = "action",
         .element = AMBIT_STORE_F32,
         .rank = 1,
         .shape = {3},
         .zero_padded = 2,
         .unnormalised = 4,
         .unit = "m",
         .help = "where to go"},
        {.name = "observation/state", .element = AMBIT_STORE_F32, .rank = 1, .shape = {2}},
        {.name = "count", .element = AMBIT_STORE_I64},
        {.name = "pixels", .element = AMBIT_STORE_U8, .rank = 2, .shape = {2, 2}},
        {.name = "image", .element = AMBIT_STORE_BYTES, .media = "image/jpeg"},
    };
    return fields;
}

const char *fixture_folder(void) {
    char *folder = folders[folder_count++];
    snprintf(folder, sizeof folders[0], "/tmp/ambit-datasets-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

void fixture_cleanup(void) {
    while (folder_count > 0)
        ambit_remove_tree(folders[--folder_count]);
}

ambit_status fixture_append(ambit_shard_writer *writer, int64_t first, int64_t steps,
                            double sigma_min, double sigma_max) {
    size_t n = (size_t)steps;
    float *action = calloc(n * 3, sizeof *action), *state = calloc(n * 2, sizeof *state);
    int64_t *count = calloc(n, sizeof *count);
    uint8_t *pixels = calloc(n, 4), *image = calloc(n, 64);
    uint64_t *offsets = calloc(n + 1, sizeof *offsets);
    for (int64_t s = 0; s < steps; s++) {
        for (int e = 0; e < 3; e++)
            action[3 * s + e] = fixture_action(first + s, e);
        for (int e = 0; e < 2; e++)
            state[2 * s + e] = fixture_state(first + s, e);
        for (int e = 0; e < 4; e++)
            pixels[4 * s + e] = fixture_pixel(first + s, e);
        count[s] = fixture_count(first + s);
        offsets[s + 1] = offsets[s] + fixture_image(first + s, image + offsets[s]);
    }
    const ambit_store_column columns[FIXTURE_FIELDS] = {
        {action, NULL}, {state, NULL}, {count, NULL}, {pixels, NULL}, {image, offsets}};
    char name[64];
    snprintf(name, sizeof name, "episode from %lld", (long long)first);
    ambit_status status = ambit_shard_append(writer, name, steps, columns, sigma_min, sigma_max);
    free(action);
    free(state);
    free(count);
    free(pixels);
    free(image);
    free(offsets);
    return status;
}

static void must(ambit_status status) {
    if (status != AMBIT_OK)
        fail_msg("%s", ambit_message());
}

void fixture_write(const char *folder, const int64_t *lengths, int count, int per_shard,
                   const double *sigma, int64_t first_step) {
    static const char *const keys[] = {"plugin", "location"}, *const values[] = {"fixture", ""};
    int shards = (count + per_shard - 1) / per_shard;
    int64_t step = first_step;
    for (int k = 0; k < shards; k++) {
        char path[512];
        ambit_shard_writer *writer;
        ambit_shard_path(folder, k, path, sizeof path);
        must(ambit_shard_create(path, fixture_fields(), FIXTURE_FIELDS, &writer));
        for (int e = k * per_shard; e < count && e < (k + 1) * per_shard; e++) {
            must(fixture_append(writer, step, lengths[e], sigma ? sigma[2 * e] : NAN,
                                sigma ? sigma[2 * e + 1] : NAN));
            step += lengths[e];
        }
        must(ambit_shard_finish(writer));
    }
    must(ambit_index_write(folder, shards, .1, keys, values, 2));
}
