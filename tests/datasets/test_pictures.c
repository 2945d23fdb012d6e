/* Pictures: which fields are, statistics of their channels against those of all pixels, how small a
 * store of them is, and stores of format version 1, which have statistics of each pixel. */
#include "core/base/rng.h"
#include "datasets/layout.h"
#include "datasets/mixture.h"
#include "fixture.h"

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

static int remove_folders(void **state) {
    (void)state;
    fixture_cleanup();
    return 0;
}

static void must(ambit_status status) {
    if (status != AMBIT_OK)
        fail_msg("%s", ambit_message());
}

static void assert_near(double value, double wanted, double tolerance) {
    if (!(fabs(value - wanted) <= tolerance * (1 + fabs(wanted))))
        fail_msg("%.9g where %.9g is wanted", value, wanted);
}

/* ------------------------------------------------------------------------------- which they are */

static void which_fields(void **state) {
    static const struct {
        ambit_store_element element;
        int rank;
        int64_t shape[AMBIT_STORE_MAX_RANK];
        ambit_element_groups groups;
    } rows[] = {
        {AMBIT_STORE_U8, 3, {32, 24, 3}, {1, 768, 3}},
        {AMBIT_STORE_U8, 3, {32, 24, 1}, {1, 768, 1}},
        {AMBIT_STORE_U8, 3, {3, 32, 24}, {3, 768, 1}},
        {AMBIT_STORE_U8, 3, {4, 32, 24}, {4, 768, 1}},
        {AMBIT_STORE_U8, 2, {32, 24}, {1, 768, 1}},
        {AMBIT_STORE_U8, 4, {5, 32, 24, 3}, {5, 768, 3}},
        {AMBIT_STORE_U8, 4, {5, 3, 32, 24}, {15, 768, 1}},
        {AMBIT_STORE_F32, 3, {4, 8, 8}, {4, 64, 1}}, /* latents */
        {AMBIT_STORE_F32, 3, {8, 8, 3}, {1, 64, 3}},
        {AMBIT_STORE_F32, 2, {77, 1024}, {1, 1, 78848}}, /* tokens × numbers */
        {AMBIT_STORE_F32, 3, {2, 4, 4}, {1, 1, 32}},     /* poses */
        {AMBIT_STORE_F32, 3, {21, 3, 3}, {1, 1, 189}},
        {AMBIT_STORE_F32, 3, {14, 14, 384}, {1, 1, 75264}}, /* features of patches */
        {AMBIT_STORE_I64, 3, {32, 32, 3}, {1, 1, 3072}},
        {AMBIT_STORE_U8, 3, {8, 8, 8}, {1, 1, 512}},
        {AMBIT_STORE_U8, 2, {7, 32}, {1, 1, 224}},
        {AMBIT_STORE_U8, 1, {4096}, {1, 1, 4096}},
        {AMBIT_STORE_U8, 0, {0}, {1, 1, 1}},
        {AMBIT_STORE_BYTES, 0, {0}, {1, 1, 1}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ambit_field_info field = {.element = rows[i].element, .rank = rows[i].rank};
        memcpy(field.shape, rows[i].shape, sizeof field.shape);
        const ambit_element_groups groups = ambit_field_groups(&field);
        assert_int_equal(groups.blocks, rows[i].groups.blocks);
        assert_int_equal(groups.pixels, rows[i].groups.pixels);
        assert_int_equal(groups.channels, rows[i].groups.channels);
    }
}

/* ------------------------------------------------------------------------------- statistics */

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* As numpy's, of sorted values. */
static double quantile(const double *sorted, int64_t count, double part) {
    const double rank = part * (double)(count - 1);
    const int64_t below = (int64_t)rank, above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (rank - (double)below) * (sorted[above] - sorted[below]);
}

/* Holds group g against all its numbers, in [count]; quantiles within `tolerance`. */
static void check_group(const ambit_statistics *s, int64_t g, double *numbers, int64_t count,
                        double tolerance) {
    double sum = 0, squares = 0;
    qsort(numbers, (size_t)count, sizeof *numbers, ascending);
    for (int64_t i = 0; i < count; i++)
        sum += numbers[i] / (double)count;
    for (int64_t i = 0; i < count; i++)
        squares += (numbers[i] - sum) * (numbers[i] - sum) / (double)count;
    assert_near(s->mean[g], sum, 1e-12);
    assert_near(s->std[g], sqrt(squares), 1e-12);
    assert_true(s->least[g] == numbers[0] && s->greatest[g] == numbers[count - 1]);
    assert_near(s->q01[g], quantile(numbers, count, .01), tolerance);
    assert_near(s->q99[g], quantile(numbers, count, .99), tolerance);
    for (int64_t p = 0; p < s->points; p++)
        assert_near(s->sketch[g * s->points + p],
                    quantile(numbers, count, (double)p / (double)(s->points - 1)), tolerance);
}

enum { STEPS = 30, HEIGHT = 10, WIDTH = 9, CHANNELS = 3, PIXELS = HEIGHT * WIDTH };
enum { ELEMENTS = PIXELS * CHANNELS };

/* Channels differ: one is dark, one is all there is, one has a rare bright spot. */
static uint8_t pixel(int64_t step, int64_t p, int c) {
    ambit_rng rng = ambit_rng_open(3, 1, (uint64_t)(step * PIXELS + p));
    const uint64_t number = ambit_rng_below(&rng, 256);
    return (uint8_t)(c == 0 ? number / 8 : c == 1 ? number : number > 254 ? 200 : 7);
}

static void exact_for_bytes(void **state) {
    (void)state;
    for (int last = 0; last < 2; last++) {
        static uint8_t values[STEPS][ELEMENTS];
        static double numbers[STEPS * PIXELS];
        ambit_field_info field = {
            .element = AMBIT_STORE_U8,
            .rank = 3,
            .shape = {last ? HEIGHT : CHANNELS, last ? WIDTH : HEIGHT, last ? CHANNELS : WIDTH}};
        const ambit_element_groups groups = ambit_field_groups(&field);
        ambit_tally *tally;
        ambit_statistics s;
        for (int64_t t = 0; t < STEPS; t++)
            for (int64_t p = 0; p < PIXELS; p++)
                for (int c = 0; c < CHANNELS; c++)
                    values[t][last ? p * CHANNELS + c : c * PIXELS + p] = pixel(t, p, c);
        must(ambit_tally_create(&groups, AMBIT_STORE_U8, &tally));
        must(ambit_tally_add(tally, values, 11));
        must(ambit_tally_add(tally, values[11], STEPS - 11));
        must(ambit_tally_finish(tally, &s));
        assert_int_equal(s.elements, CHANNELS);
        assert_int_equal(s.count, STEPS * PIXELS);
        assert_int_equal(s.points, 512);
        for (int c = 0; c < CHANNELS; c++) {
            for (int64_t i = 0; i < STEPS * PIXELS; i++)
                numbers[i] = pixel(i / PIXELS, i % PIXELS, c);
            check_group(&s, c, numbers, STEPS * PIXELS, 1e-6);
        }
        ambit_statistics_destroy(&s);
        ambit_tally_destroy(tally);
    }
}

/* Quantiles of floats are those of a part of the pixels. */
static void near_for_floats(void **state) {
    (void)state;
    enum { SIDE = 64, COUNT = 5 * SIDE * SIDE };
    float *values = calloc(COUNT * 2, sizeof *values);
    double *numbers = calloc(COUNT, sizeof *numbers);
    const ambit_element_groups groups = {2, SIDE * SIDE, 1};
    ambit_rng rng = ambit_rng_open(5, 1, 0);
    ambit_tally *tally;
    ambit_statistics s;
    for (int i = 0; i < COUNT * 2; i++)
        values[i] = ambit_rng_normal(&rng) * (i / (SIDE * SIDE) % 2 ? 10 : 1);
    must(ambit_tally_create(&groups, AMBIT_STORE_F32, &tally));
    must(ambit_tally_add(tally, values, 5));
    must(ambit_tally_finish(tally, &s));
    for (int g = 0; g < 2; g++) {
        for (int64_t i = 0; i < COUNT; i++)
            numbers[i] = values[(2 * (i / (SIDE * SIDE)) + g) * SIDE * SIDE + i % (SIDE * SIDE)];
        s.points = 0;
        check_group(&s, g, numbers, COUNT, .1);
    }
    s.points = 1;
    ambit_statistics_destroy(&s);
    ambit_tally_destroy(tally);
    free(values);
    free(numbers);
}

/* ------------------------------------------------------------------------------- stores */

/* A store of one field "picture", u8 or f32 of side × side × 3: `episodes` of 20 steps, PER_SHARD
 * a shard. */
enum { PER_SHARD = 30 };

static const char *write_store(ambit_store_element element, int64_t side, int episodes) {
    const ambit_field_info field = {
        .name = "picture", .element = element, .rank = 3, .shape = {side, side, 3}};
    const int64_t numbers = 20 * side * side * 3;
    const char *folder = fixture_folder();
    uint8_t *bytes = calloc((size_t)numbers, 1);
    float *floats = calloc((size_t)numbers, sizeof *floats);
    for (int k = 0; PER_SHARD * k < episodes; k++) {
        char path[512];
        ambit_shard_writer *writer;
        ambit_shard_path(folder, k, path, sizeof path);
        must(ambit_shard_create(path, &field, 1, &writer));
        for (int e = PER_SHARD * k; e < episodes && e < PER_SHARD * (k + 1); e++) {
            for (int64_t i = 0; i < numbers; i++)
                floats[i] = bytes[i] =
                    pixel(e, i / 3 % PIXELS + i / (3 * side * side), (int)(i % 3));
            const void *values = element == AMBIT_STORE_U8 ? (void *)bytes : floats;
            must(ambit_shard_append(writer, "", 20, &(ambit_store_column){values, NULL}, NAN, NAN));
        }
        must(ambit_shard_finish(writer));
    }
    must(ambit_index_write(folder, (episodes + PER_SHARD - 1) / PER_SHARD, 0, NULL, NULL, 0));
    free(bytes);
    free(floats);
    return folder;
}

static int64_t size_of(const char *folder, const char *name) {
    char path[512];
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(stat(path, &about), 0);
    return (int64_t)about.st_size;
}

static void hardly_larger_than_the_data(void **state) {
    static const struct {
        ambit_store_element element;
        int64_t side;
    } rows[] = {{AMBIT_STORE_U8, 64}, {AMBIT_STORE_U8, 32}, {AMBIT_STORE_F32, 32}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *folder = write_store(rows[i].element, rows[i].side, 2 * PER_SHARD);
        const int64_t data = 2 * PER_SHARD * 20 * rows[i].side * rows[i].side * 3 *
                             ambit_store_element_size(rows[i].element);
        const int64_t stored = size_of(folder, "shard-00000.h5") +
                               size_of(folder, "shard-00001.h5") + size_of(folder, "index.h5");
        if (stored * 100 > data * 105)
            fail_msg("%lld bytes for %lld of pixels", (long long)stored, (long long)data);
    }
}

/* Overwrites the root's version. */
static void set_version(hid_t file, int64_t version) {
    hid_t attribute = H5Aopen(file, "version", H5P_DEFAULT);
    assert_true(H5Awrite(attribute, H5T_NATIVE_INT64, &version) >= 0);
    H5Aclose(attribute);
}

/* Makes it a store of version 1: the index has statistics of each of the elements. */
static void age(const char *folder, int64_t elements) {
    ambit_store *store;
    ambit_tally *tally;
    ambit_statistics s;
    const ambit_element_groups groups = {1, 1, elements};
    float *values = calloc((size_t)(20 * elements), sizeof *values);
    must(ambit_store_open(folder, 0, &store));
    must(ambit_tally_create(&groups, AMBIT_STORE_F32, &tally));
    for (int64_t e = 0; e < ambit_store_episode_count(store); e++) {
        must(ambit_store_read(store, 0, 20 * e, 20, values));
        must(ambit_tally_add(tally, values, 20));
    }
    must(ambit_tally_finish(tally, &s));
    const int shards = ambit_store_shard_count(store);
    ambit_store_close(store);
    for (int k = -1; k < shards; k++) {
        char path[512];
        if (k < 0)
            snprintf(path, sizeof path, "%s/index.h5", folder);
        else
            ambit_shard_path(folder, k, path, sizeof path);
        hid_t access = ambit_hdf_file_access(), group;
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
        set_version(file, 1);
        must(ambit_layout_open_field(file, 0, &group));
        for (int i = 0; i < 2 && k < 0; i++)
            assert_true(H5Ldelete(group, i ? "sketch" : "statistics", H5P_DEFAULT) >= 0);
        if (k < 0)
            must(ambit_layout_write_statistics(group, &s));
        H5Gclose(group);
        H5Fclose(file);
        H5Pclose(access);
    }
    ambit_statistics_destroy(&s);
    ambit_tally_destroy(tally);
    free(values);
}

static ambit_mixture *open_mixture(const char *one, const char *other) {
    static const char *const picture[] = {"picture"};
    const ambit_source_use sources[] = {
        {.path = one, .weight = 1, .sigma_min = NAN, .sigma_max = NAN},
        {.path = other, .weight = 1, .sigma_min = NAN, .sigma_max = NAN}};
    ambit_mixture *mixture;
    must(ambit_mixture_open(
        &(ambit_mixture_options){.sources = sources,
                                 .source_count = other ? 2 : 1,
                                 .action = picture,
                                 .action_count = 1,
                                 .observation = picture,
                                 .observation_count = 1,
                                 .observation_steps = 1,
                                 .horizon = 1,
                                 .normalise_observation = AMBIT_NORMALISE_STANDARD,
                                 .normalise_action = AMBIT_NORMALISE_BOUNDS_Q99},
        &mixture));
    return mixture;
}

/* All pixels of a channel have the map of the channel. */
static void check_maps(const ambit_mixture *mixture, const ambit_statistics *s) {
    const ambit_normaliser *n = ambit_mixture_normaliser(mixture);
    for (int64_t i = 0; i < n->chunk_size; i++) {
        const int64_t c = i % 3;
        assert_near(n->observation_shift[i], s->mean[c], 1e-5);
        assert_near(n->observation_scale[i], 1 / s->std[c], 1e-5);
        const double low = c == 2 ? s->least[c] : s->q01[c]; /* a rare spot */
        const double high = c == 2 ? s->greatest[c] : s->q99[c];
        assert_near(n->chunk_scale[i], 2 / (high - low), .01);
    }
}

/* Of 10 × 10 × 3 version 1 has sketches, of 40 × 40 × 3 none. */
static void version_1(void **state) {
    (void)state;
    for (int64_t side = 10; side <= 40; side += 30) {
        const int64_t elements = side * side * 3;
        const char *folder = write_store(AMBIT_STORE_U8, side, 2 * PER_SHARD);
        const char *aged = write_store(AMBIT_STORE_U8, side, 2 * PER_SHARD);
        ambit_store *store, *old;
        ambit_statistics with, without;
        age(aged, elements);
        must(ambit_store_open(folder, 0, &store));
        must(ambit_store_open(aged, 0, &old));
        must(ambit_store_read_statistics(old, 0, &with));
        must(ambit_store_read_statistics(store, 0, &without));
        const ambit_statistics *new = ambit_store_statistics(store, 0);
        const ambit_statistics *from = ambit_store_statistics(old, 0);
        assert_int_equal(from->elements, 3);
        assert_int_equal(with.points, elements <= 4096 ? without.points : 0);
        for (int c = 0; c < 3; c++) {
            assert_near(from->mean[c], new->mean[c], 1e-9);
            assert_near(from->std[c], new->std[c], 1e-9);
            assert_true(from->least[c] == new->least[c] && from->greatest[c] == new->greatest[c]);
            assert_near(from->q01[c], elements <= 4096 ? new->q01[c] : new->least[c], .01);
            assert_near(from->q99[c], elements <= 4096 ? new->q99[c] : new->greatest[c], .01);
            assert_true(with.q99[c] == from->q99[c]);
        }
        ambit_mixture *mixture = open_mixture(folder, NULL);
        check_maps(mixture, new);
        ambit_mixture_close(mixture);
        mixture = open_mixture(folder, aged); /* what one lacks, neither has */
        check_maps(mixture, from);
        ambit_mixture_close(mixture);
        ambit_statistics_destroy(&with);
        ambit_statistics_destroy(&without);
        ambit_store_close(store);
        ambit_store_close(old);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_fields),
        cmocka_unit_test(exact_for_bytes),
        cmocka_unit_test(near_for_floats),
        cmocka_unit_test_teardown(hardly_larger_than_the_data, remove_folders),
        cmocka_unit_test_teardown(version_1, remove_folders),
    };
    return cmocka_run_group_tests_name("pictures", tests, NULL, NULL);
}
