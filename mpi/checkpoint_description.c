#include "checkpoint_description.h"

#include "../core/base/digest.h"
#include "../datasets/layout.h"
#include "config/config_changes.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_NUMBERS = 1 << 24, /* of a row of the normaliser, of tensors, of configuration bytes */
    MOST_SIZE = 1 << 24,    /* of one side of a sample */
    RANK = 4                /* of a tensor, at most */
};
static const int64_t most_product = INT64_C(1) << 31; /* numbers of one condition */
static const int64_t most_step = INT64_C(1) << 53;    /* as the configuration allows */

/* The sizes of a sample, by name, so that members may be added: one that a file does not name is
 * 0. */
static const struct {
    const char *name;
    size_t offset;
} sizes[] = {
#define SIZE(name, member)                                                                         \
    { name, offsetof(ambit_sample_shape, member) }
    SIZE("observation_size", observation_size), SIZE("chunk_steps", chunk_steps),
    SIZE("chunk_width", chunk_width),           SIZE("image_channels", image.channels),
    SIZE("image_height", image.height),         SIZE("image_width", image.width),
    SIZE("camera_views", camera.views),         SIZE("camera_channels", camera.channels),
    SIZE("camera_height", camera.height),       SIZE("camera_width", camera.width),
    SIZE("text_tokens", text.tokens),           SIZE("text_size", text.size),
    SIZE("caption_slots", caption.slots),
#undef SIZE
};
enum { SIZES = sizeof sizes / sizeof *sizes };
_Static_assert(SIZES == sizeof(ambit_sample_shape) / sizeof(int64_t), "a size has no name");

static int64_t size_of(const ambit_sample_shape *shape, int i) {
    int64_t size;
    memcpy(&size, (const char *)shape + sizes[i].offset, sizeof size);
    return size;
}

/* The rows of the normaliser. */
static const struct {
    const char *name;
    size_t values, count; /* offsets in ambit_normaliser */
} rows[] = {
#define ROW(kind, what)                                                                            \
    {                                                                                              \
#kind "_" #what, offsetof(ambit_normaliser, kind##_##what),                                \
            offsetof(ambit_normaliser, kind##_size)                                                \
    }
    ROW(observation, shift),
    ROW(observation, scale),
    ROW(chunk, shift),
    ROW(chunk, scale),
#undef ROW
};
enum { ROWS = sizeof rows / sizeof *rows };

static void row_of(const ambit_normaliser *n, int i, float **values, int64_t *count) {
    memcpy(values, (const char *)n + rows[i].values, sizeof *values);
    memcpy(count, (const char *)n + rows[i].count, sizeof *count);
}

static uint64_t digest_of_text(const char *text) {
    return ambit_digest(AMBIT_DIGEST_START, text, strlen(text));
}

/* ---------------------------------------------------------------- writing */

static ambit_status write_root(hid_t file, const ambit_checkpoint *c) {
    const uint64_t digest = digest_of_text(c->configuration);
    const int64_t length = (int64_t)strlen(c->configuration);
    AMBIT_TRY(ambit_hdf_write_numbers(file, "step", AMBIT_HDF_I64, 1, &c->step));
    AMBIT_TRY(ambit_hdf_write_numbers(file, "seconds", AMBIT_HDF_F64, 1, &c->seconds));
    AMBIT_TRY(ambit_hdf_write_numbers(file, "configuration_digest", AMBIT_HDF_U64, 1, &digest));
    AMBIT_TRY(ambit_hdf_write_array(file, "data_digests", AMBIT_HDF_U64, 1, &c->source_count,
                                    c->data_digests));
    return ambit_hdf_write_array(file, "configuration", AMBIT_HDF_U8, 1, &length, c->configuration);
}

static ambit_status write_sample(hid_t group, const ambit_checkpoint *c) {
    for (int i = 0; i < SIZES; i++) {
        const int64_t size = size_of(&c->shape, i);
        AMBIT_TRY(ambit_hdf_write_numbers(group, sizes[i].name, AMBIT_HDF_I64, 1, &size));
    }
    return AMBIT_OK;
}

static ambit_status write_normaliser(hid_t group, const ambit_checkpoint *c) {
    const ambit_normaliser *n = &c->normaliser;
    for (int i = 0; i < ROWS; i++) {
        float *values;
        int64_t count;
        row_of(n, i, &values, &count);
        AMBIT_TRY(ambit_hdf_write_array(group, rows[i].name, AMBIT_HDF_F32, 1, &count, values));
    }
    AMBIT_TRY(ambit_hdf_write_numbers(group, "observation_limit", AMBIT_HDF_F32, 1,
                                      &n->observation_limit));
    return ambit_hdf_write_numbers(group, "chunk_limit", AMBIT_HDF_F32, 1, &n->chunk_limit);
}

static ambit_status write_names(hid_t group, const ambit_checkpoint *c) {
    ambit_layout_texts names = {0};
    ambit_status status = AMBIT_OK;
    for (int i = 0; i < c->tensor_count && status == AMBIT_OK; i++)
        status = ambit_layout_add_text(&names, c->tensors[i].name);
    if (status == AMBIT_OK)
        status = ambit_layout_write_texts(group, "name", &names);
    ambit_layout_free_texts(&names);
    return status;
}

static ambit_status write_tensors(hid_t group, const ambit_checkpoint *c) {
    const int64_t dims[2] = {c->tensor_count, RANK};
    int64_t *table;
    AMBIT_TRY(write_names(group, c));
    AMBIT_TRY(ambit_allocate(&table, (size_t)dims[0] * (RANK + 1), sizeof *table, "tensors"));
    int64_t *offsets = table + dims[0] * RANK;
    for (int i = 0; i < c->tensor_count; i++) {
        memcpy(table + i * RANK, c->tensors[i].shape, (size_t)c->tensors[i].rank * sizeof *table);
        offsets[i] = c->tensors[i].offset;
    }
    ambit_status status = ambit_hdf_write_array(group, "shape", AMBIT_HDF_I64, 2, dims, table);
    if (status == AMBIT_OK)
        status = ambit_hdf_write_array(group, "offset", AMBIT_HDF_I64, 1, dims, offsets);
    free(table);
    return status;
}

/* ---------------------------------------------------------------- reading */

static ambit_status read_root(hid_t file, ambit_checkpoint *c) {
    uint64_t digest;
    int64_t length = -1;
    uint64_t *digests;
    c->source_count = -1;
    AMBIT_TRY(ambit_hdf_read_numbers(file, "step", AMBIT_HDF_I64, 1, &c->step));
    AMBIT_TRY(ambit_hdf_read_numbers(file, "seconds", AMBIT_HDF_F64, 1, &c->seconds));
    AMBIT_TRY(ambit_hdf_read_numbers(file, "configuration_digest", AMBIT_HDF_U64, 1, &digest));
    AMBIT_TRY(ambit_hdf_read_whole(file, "data_digests", AMBIT_HDF_U64, 0, NULL, MOST_NUMBERS,
                                   &c->source_count, &digests));
    c->data_digests = digests;
    AMBIT_TRY(ambit_hdf_read_whole(file, "configuration", AMBIT_HDF_U8, 0, NULL, MOST_NUMBERS,
                                   &length, &c->configuration));
    if ((int64_t)strlen(c->configuration) != length || digest_of_text(c->configuration) != digest)
        return ambit_hdf_fail_at(
            AMBIT_DATA, file, "configuration",
            "does not match its digest; put a copy back, or let an older one be used");
    return AMBIT_OK;
}

static ambit_status read_sample(hid_t group, ambit_checkpoint *c) {
    for (int i = 0; i < SIZES; i++) {
        int64_t size = 0;
        if (H5Aexists(group, sizes[i].name) != 0)
            AMBIT_TRY(ambit_hdf_read_numbers(group, sizes[i].name, AMBIT_HDF_I64, 1, &size));
        memcpy((char *)&c->shape + sizes[i].offset, &size, sizeof size);
    }
    return AMBIT_OK;
}

static ambit_status read_normaliser(hid_t group, ambit_checkpoint *c) {
    ambit_normaliser *n = &c->normaliser;
    for (int i = 0; i < ROWS; i++) {
        float *values;
        int64_t count, before;
        row_of(n, i, &values, &before);
        count = i % 2 == 0 ? -1 : before; /* a scale for each shift */
        AMBIT_TRY(ambit_hdf_read_whole(group, rows[i].name, AMBIT_HDF_F32, 0, NULL, MOST_NUMBERS,
                                       &count, &values));
        memcpy((char *)n + rows[i].values, &values, sizeof values);
        memcpy((char *)n + rows[i].count, &count, sizeof count);
    }
    AMBIT_TRY(ambit_hdf_read_numbers(group, "observation_limit", AMBIT_HDF_F32, 1,
                                     &n->observation_limit));
    return ambit_hdf_read_numbers(group, "chunk_limit", AMBIT_HDF_F32, 1, &n->chunk_limit);
}

/* Makes strings of the names: c->tensors[i].name points into c->tensor_names. */
static ambit_status split_names(const ambit_layout_texts *names, ambit_parameter *table,
                                ambit_checkpoint *c) {
    size_t room = (size_t)(names->size + names->count) + 1;
    AMBIT_TRY(ambit_allocate(&c->tensor_names, room, 1, "names of tensors"));
    char *to = c->tensor_names;
    for (int64_t i = 0; i < names->count; i++) {
        ambit_layout_text(names, i, to, room - (size_t)(to - c->tensor_names));
        table[i].name = to;
        to += strlen(to) + 1;
    }
    return AMBIT_OK;
}

/* Fills in rank, count and offset. The shapes are checked with everything else. */
static void place_tensors(ambit_parameter *table, int64_t count, const int64_t *shapes,
                          const int64_t *offsets) {
    for (int64_t i = 0; i < count; i++) {
        memcpy(table[i].shape, shapes + i * RANK, sizeof table[i].shape);
        while (table[i].rank < RANK && table[i].shape[table[i].rank] != 0)
            table[i].rank++;
        table[i].offset = offsets[i];
    }
}

static ambit_status read_tensors(hid_t group, ambit_checkpoint *c) {
    static const int64_t shape[1] = {RANK};
    ambit_layout_texts names;
    ambit_parameter *table = NULL;
    int64_t *shapes = NULL, *offsets = NULL;
    AMBIT_TRY(ambit_layout_read_texts(group, "name", -1, &names));
    int64_t count = names.count;
    ambit_status status =
        count > MOST_NUMBERS
            ? ambit_hdf_fail_at(AMBIT_DATA, group, "name", "holds more names than can be")
            : ambit_allocate(&table, (size_t)count, sizeof *table, "tensors");
    c->tensors = table;
    if (status == AMBIT_OK)
        status = split_names(&names, table, c);
    if (status == AMBIT_OK)
        status = ambit_hdf_read_whole(group, "shape", AMBIT_HDF_I64, 1, shape, MOST_NUMBERS, &count,
                                      &shapes);
    if (status == AMBIT_OK)
        status = ambit_hdf_read_whole(group, "offset", AMBIT_HDF_I64, 0, NULL, MOST_NUMBERS, &count,
                                      &offsets);
    if (status == AMBIT_OK) {
        place_tensors(table, count, shapes, offsets);
        c->tensor_count = (int)count;
    }
    free(shapes);
    free(offsets);
    ambit_layout_free_texts(&names);
    return status;
}

/* ---------------------------------------------------------------- both */

static const struct {
    const char *group;
    ambit_status (*write)(hid_t group, const ambit_checkpoint *c);
    ambit_status (*read)(hid_t group, ambit_checkpoint *c);
} parts[] = {{"sample", write_sample, read_sample},
             {"normaliser", write_normaliser, read_normaliser},
             {"tensors", write_tensors, read_tensors}};
enum { PARTS = sizeof parts / sizeof *parts };

ambit_status ambit_description_write(hid_t file, const ambit_checkpoint *c) {
    AMBIT_TRY(write_root(file, c));
    for (int i = 0; i < PARTS; i++) {
        hid_t group;
        AMBIT_TRY(ambit_hdf_create_group(file, parts[i].group, &group));
        ambit_status status = parts[i].write(group, c);
        H5Gclose(group);
        AMBIT_TRY(status);
    }
    return AMBIT_OK;
}

ambit_status ambit_description_read(hid_t file, ambit_checkpoint *c) {
    AMBIT_TRY(read_root(file, c));
    for (int i = 0; i < PARTS; i++) {
        hid_t group;
        AMBIT_TRY(ambit_hdf_open_group(file, parts[i].group, &group));
        ambit_status status = parts[i].read(group, c);
        H5Gclose(group);
        AMBIT_TRY(status);
    }
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- sizes against each other */

/* The product of sizes; −1 where one is out of range, or the product. */
static int64_t product(const int64_t *factors, int count, int64_t most) {
    int64_t result = 1;
    for (int i = 0; i < count; i++) {
        if (factors[i] < 0 || (factors[i] > 0 && result > most / factors[i]))
            return -1;
        result *= factors[i];
    }
    return result;
}

static ambit_status misfit(const char *path, const char *what, int64_t one, int64_t other) {
    return ambit_fail(AMBIT_DATA,
                      "%s: %s: %" PRId64 " and %" PRId64
                      " do not fit; do not use this file, it was changed",
                      path, what, one, other);
}

static ambit_status check_normaliser(const char *path, const ambit_normaliser *n) {
    int fine = n->observation_limit >= 0 && n->chunk_limit >= 0 && isfinite(n->observation_limit) &&
               isfinite(n->chunk_limit);
    for (int i = 0; i < ROWS && fine; i++) {
        float *values;
        int64_t count;
        row_of(n, i, &values, &count);
        for (int64_t j = 0; j < count && fine; j++)
            fine = isfinite(values[j]);
    }
    return fine ? AMBIT_OK
                : ambit_fail(AMBIT_DATA,
                             "%s: /normaliser: holds a number that is not finite; do not use this "
                             "file, it was changed",
                             path);
}

static ambit_status check_sample(const char *path, const ambit_checkpoint *c) {
    const ambit_sample_shape *s = &c->shape;
    const ambit_normaliser *n = &c->normaliser;
    for (int i = 0; i < SIZES; i++)
        if (size_of(s, i) < 0 || size_of(s, i) > MOST_SIZE)
            return ambit_fail(
                AMBIT_DATA, "%s: /sample/%s: is %" PRId64 "; do not use this file, it was changed",
                path, sizes[i].name, size_of(s, i));
    if (s->observation_size != n->observation_size)
        return misfit(path, "numbers of an observation", s->observation_size, n->observation_size);
    const int64_t chunk[] = {s->chunk_steps, s->chunk_width},
                  image[] = {s->image.channels, s->image.height, s->image.width},
                  camera[] = {s->camera.views, s->camera.channels, s->camera.height,
                              s->camera.width},
                  text[] = {s->text.tokens, s->text.size};
    if (c->version > 1 && product(chunk, 2, most_product) != n->chunk_size)
        return misfit(path, "numbers of a chunk", s->chunk_steps * s->chunk_width, n->chunk_size);
    if (s->image.channels != 0 && product(image, 3, most_product) != s->chunk_width)
        return misfit(path, "numbers of an image", product(image, 3, most_product), s->chunk_width);
    if (product(camera, 4, most_product) < 0)
        return misfit(path, "numbers of camera views", s->camera.height, s->camera.width);
    if (product(text, 2, most_product) < 0)
        return misfit(path, "numbers of embeddings", s->text.tokens, s->text.size);
    return AMBIT_OK;
}

/* Tensors lie one behind the other and fill the arrays. */
static ambit_status check_tensors(const char *path, const ambit_checkpoint *c, int64_t count) {
    ambit_parameter *table = (ambit_parameter *)c->tensors; /* ours: it was read */
    int64_t end = 0;
    for (int i = 0; i < c->tensor_count; i++) {
        table[i].count = product(table[i].shape, table[i].rank, count - end);
        if (table[i].count < 1 || table[i].offset != end)
            return misfit(path, "the shape and offset of a tensor", table[i].count,
                          table[i].offset);
        end += table[i].count;
    }
    return end == count || c->version < 3 ? AMBIT_OK
                                          : misfit(path, "numbers of all tensors", end, count);
}

ambit_status ambit_description_check(const char *path, const ambit_checkpoint *c, int64_t count) {
    if (c->step < 0 || c->step > most_step || !(c->seconds >= 0) || !isfinite(c->seconds))
        return ambit_fail(AMBIT_DATA,
                          "%s: says that it was written after step %" PRId64
                          " and %g s; do not use this file, it was changed",
                          path, c->step, c->seconds);
    AMBIT_TRY(check_normaliser(path, &c->normaliser));
    AMBIT_TRY(check_sample(path, c));
    return check_tensors(path, c, count);
}

/* ---------------------------------------------------------------- against the run that goes on */

ambit_status ambit_checkpoint_check_tensors(const ambit_checkpoint *c, const ambit_parameter *table,
                                            int count) {
    for (int i = 0; i < c->tensor_count || (i < count && c->tensor_count > 0); i++) {
        const ambit_parameter *there = i < c->tensor_count ? &c->tensors[i] : NULL;
        const ambit_parameter *here = i < count ? &table[i] : NULL;
        if (there && here && strcmp(there->name, here->name) == 0 && there->rank == here->rank &&
            memcmp(there->shape, here->shape, (size_t)here->rank * sizeof *here->shape) == 0)
            continue;
        return ambit_fail(AMBIT_CONFIG,
                          "tensor %d is \"%s\" of %" PRId64 " numbers in the checkpoint and \"%s\" "
                          "of %" PRId64 " in this network; use the configuration that the run was "
                          "started with",
                          i, there ? there->name : "none", there ? there->count : 0,
                          here ? here->name : "none", here ? here->count : 0);
    }
    return AMBIT_OK;
}

static int same_normaliser(const ambit_normaliser *a, const ambit_normaliser *b) {
    int same = memcmp(&a->observation_limit, &b->observation_limit, sizeof(float)) == 0 &&
               memcmp(&a->chunk_limit, &b->chunk_limit, sizeof(float)) == 0;
    for (int i = 0; i < ROWS && same; i++) {
        float *left, *right;
        int64_t left_count, right_count;
        row_of(a, i, &left, &left_count);
        row_of(b, i, &right, &right_count);
        same = left_count == right_count &&
               (left_count == 0 || memcmp(left, right, (size_t)left_count * sizeof *left) == 0);
    }
    return same;
}

static ambit_status refuse_data(const char *path, const char *what) {
    return ambit_fail(
        AMBIT_CONFIG,
        "%s: %s; bring back the data that the run was started with, or choose another "
        "folder with --run",
        path, what);
}

ambit_status ambit_description_compare(const char *path, const ambit_checkpoint *there,
                                       const ambit_checkpoint *now) {
    ambit_config_changes changes;
    AMBIT_TRY(ambit_config_compare(path, there->configuration, now->configuration, &changes));
    ambit_config_changes_free(&changes);
    AMBIT_TRY(ambit_fail_within(
        ambit_checkpoint_check_tensors(there, now->tensors, now->tensor_count), "%s", path));
    for (int64_t i = 0; there->version >= 3 && i < now->source_count; i++)
        if (i >= there->source_count || there->data_digests[i] != now->data_digests[i])
            return ambit_fail(AMBIT_CONFIG,
                              "%s: data.sources.%" PRId64 ": gives other data now than this "
                              "checkpoint was trained on (fields, episodes, statistics, bounds of "
                              "σ); bring that back, or choose another folder with --run",
                              path, i);
    if (there->version > 1 && memcmp(&there->shape, &now->shape, sizeof now->shape) != 0)
        return refuse_data(path, "was trained on samples of another shape");
    if (!same_normaliser(&there->normaliser, &now->normaliser))
        return refuse_data(path, "was trained on data that was normalised otherwise");
    return AMBIT_OK;
}
