#include "writer.h"

#include "layout.h"
#include "memory_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows on their way to one data set. They are written a chunk at a time, and the data set is made
 * when the first chunk is full or the shard ends: so no chunk is read back, and a small shard gets
 * a small chunk. */
typedef struct {
    const char *name;
    ambit_hdf_type type;
    int rank; /* of a row */
    int64_t shape[AMBIT_STORE_MAX_RANK], row_bytes, chunk_rows;
    int64_t written, buffered; /* rows */
    uint8_t *buffer;
    hid_t array;
} column;

struct ambit_shard_writer {
    ambit_memory_file *memory;
    hid_t file;
    int field_count;
    ambit_field_info *fields;
    column *values, *ends; /* [field_count]; ends: of bytes only */
    hid_t *groups;
    ambit_tally **tallies;
    int64_t steps, episodes, room;
    int64_t *episode_ends;
    double *sigma; /* [room][2] */
    ambit_layout_texts names;
};

/* ------------------------------------------------------------------------------- columns */

static ambit_status column_open(column *c, const char *name, ambit_hdf_type type, int64_t size,
                                int rank, const int64_t *shape) {
    *c = (column){.name = name, .type = type, .rank = rank, .array = -1, .row_bytes = size};
    for (int d = 0; d < rank; d++) {
        c->shape[d] = shape[d];
        c->row_bytes *= shape[d];
    }
    c->chunk_rows = ambit_hdf_chunk_rows(c->row_bytes);
    return ambit_allocate(&c->buffer, (size_t)c->chunk_rows, (size_t)c->row_bytes, "shard");
}

static ambit_status column_flush(column *c, hid_t group) {
    if (c->array < 0)
        AMBIT_TRY(ambit_hdf_create_array(group, c->name, c->type, c->buffered ? c->buffered : 1,
                                         c->rank, c->shape, &c->array));
    AMBIT_TRY(ambit_hdf_append(c->array, c->type, c->written, c->buffered, c->buffer));
    c->written += c->buffered;
    c->buffered = 0;
    return AMBIT_OK;
}

static ambit_status column_push(column *c, hid_t group, const void *rows, int64_t count) {
    const uint8_t *from = rows;
    while (count > 0) {
        int64_t part = c->chunk_rows - c->buffered;
        if (part > count)
            part = count;
        memcpy(c->buffer + c->buffered * c->row_bytes, from, (size_t)(part * c->row_bytes));
        c->buffered += part;
        from += part * c->row_bytes;
        count -= part;
        if (c->buffered == c->chunk_rows)
            AMBIT_TRY(column_flush(c, group));
    }
    return AMBIT_OK;
}

static ambit_status column_finish(column *c, hid_t group) {
    if (c->buffered > 0 || c->array < 0)
        AMBIT_TRY(column_flush(c, group));
    return AMBIT_OK;
}

static void column_close(column *c) {
    if (c->buffer && c->array >= 0)
        H5Dclose(c->array);
    free(c->buffer);
}

/* ------------------------------------------------------------------------------- creation */

static ambit_status open_field(ambit_shard_writer *w, int f) {
    const ambit_field_info *field = &w->fields[f];
    int is_bytes = field->element == AMBIT_STORE_BYTES;
    AMBIT_TRY(ambit_layout_open_field(w->file, f, &w->groups[f]));
    AMBIT_TRY(column_open(&w->values[f], "values", ambit_layout_type(field->element),
                          ambit_store_element_size(field->element), field->rank, field->shape));
    if (is_bytes)
        AMBIT_TRY(column_open(&w->ends[f], "ends", AMBIT_HDF_I64, 8, 0, NULL));
    const ambit_element_groups groups = ambit_field_groups(field);
    return ambit_tally_create(&groups, is_bytes ? AMBIT_STORE_I64 : field->element, &w->tallies[f]);
}

static ambit_status allocate_fields(ambit_shard_writer *w, const ambit_field_info *fields,
                                    int count) {
    size_t n = (size_t)count;
    AMBIT_TRY(ambit_allocate(&w->fields, n, sizeof *w->fields, "shard"));
    AMBIT_TRY(ambit_allocate(&w->values, n, sizeof *w->values, "shard"));
    AMBIT_TRY(ambit_allocate(&w->ends, n, sizeof *w->ends, "shard"));
    AMBIT_TRY(ambit_allocate(&w->groups, n, sizeof *w->groups, "shard"));
    AMBIT_TRY(ambit_allocate(&w->tallies, n, sizeof *w->tallies, "shard"));
    memcpy(w->fields, fields, n * sizeof *fields);
    w->field_count = count;
    return AMBIT_OK;
}

static ambit_status build(ambit_shard_writer *w, const char *path, const ambit_field_info *fields,
                          int count) {
    AMBIT_TRY(ambit_fail_within(ambit_fields_check(fields, count), "%s", path));
    AMBIT_TRY(allocate_fields(w, fields, count));
    AMBIT_TRY(ambit_memory_file_create(path, &w->memory));
    w->file = ambit_memory_file_id(w->memory);
    AMBIT_TRY(ambit_layout_write_fields(w->file, fields, count));
    for (int f = 0; f < count; f++)
        AMBIT_TRY(open_field(w, f));
    return AMBIT_OK;
}

ambit_status ambit_shard_create(const char *path, const ambit_field_info *fields, int field_count,
                                ambit_shard_writer **writer) {
    *writer = NULL;
    ambit_shard_writer *w;
    AMBIT_TRY(ambit_allocate(&w, 1, sizeof *w, "shard"));
    ambit_status status = build(w, path, fields, field_count);
    if (status == AMBIT_OK)
        *writer = w;
    else
        ambit_shard_abandon(w);
    return status;
}

/* ------------------------------------------------------------------------------- appending */

static ambit_status append_bytes(ambit_shard_writer *w, int f, int64_t steps,
                                 const ambit_store_column *from) {
    const uint64_t *offsets = from->offsets;
    int64_t end = w->values[f].written + w->values[f].buffered;
    for (int64_t s = 0; s < steps; s++) {
        if (offsets[s + 1] < offsets[s] || offsets[s + 1] > INT64_MAX)
            return ambit_fail(AMBIT_DATA,
                              "step %" PRId64 ": bytes end at %" PRIu64 ", before their start at "
                              "%" PRIu64 "; repair the plugin",
                              s, offsets[s + 1], offsets[s]);
        int64_t size = (int64_t)(offsets[s + 1] - offsets[s]);
        end += size;
        AMBIT_TRY(column_push(&w->ends[f], w->groups[f], &end, 1));
        AMBIT_TRY(ambit_tally_add(w->tallies[f], &size, 1));
    }
    return column_push(&w->values[f], w->groups[f], (const uint8_t *)from->values + offsets[0],
                       (int64_t)(offsets[steps] - offsets[0]));
}

static ambit_status append_field(ambit_shard_writer *w, int f, int64_t steps,
                                 const ambit_store_column *from) {
    if (w->fields[f].element == AMBIT_STORE_BYTES)
        return append_bytes(w, f, steps, from);
    AMBIT_TRY(ambit_tally_add(w->tallies[f], from->values, steps));
    return column_push(&w->values[f], w->groups[f], from->values, steps);
}

static ambit_status check_bounds(double sigma_min, double sigma_max) {
    int low = isnan(sigma_min) || (sigma_min >= 0 && sigma_min <= 1);
    int high = isnan(sigma_max) || (sigma_max >= 0 && sigma_max <= 1);
    if (low && high)
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA,
                      "sigma bounds %g and %g; both must lie in [0, 1]: repair the plugin "
                      "or its data",
                      sigma_min, sigma_max);
}

static ambit_status add_episode(ambit_shard_writer *w, const char *name, int64_t steps,
                                double sigma_min, double sigma_max) {
    const int64_t needed = w->episodes + 1;
    int64_t ends = w->room, sigmas = w->room;
    AMBIT_TRY(ambit_grow(&w->episode_ends, &ends, needed, sizeof *w->episode_ends, "episodes"));
    AMBIT_TRY(ambit_grow(&w->sigma, &sigmas, needed, 2 * sizeof *w->sigma, "episodes"));
    w->room = sigmas;
    AMBIT_TRY(ambit_layout_add_text(&w->names, name ? name : ""));
    w->steps += steps;
    w->episode_ends[w->episodes] = w->steps;
    w->sigma[2 * w->episodes] = sigma_min;
    w->sigma[2 * w->episodes + 1] = sigma_max;
    w->episodes++;
    return AMBIT_OK;
}

ambit_status ambit_shard_append(ambit_shard_writer *writer, const char *name, int64_t steps,
                                const ambit_store_column *columns, double sigma_min,
                                double sigma_max) {
    const char *who = name ? name : "";
    if (steps < 1)
        return ambit_fail(AMBIT_DATA, "episode \"%s\": %" PRId64 " steps; leave empty ones out",
                          who, steps);
    AMBIT_TRY(ambit_fail_within(check_bounds(sigma_min, sigma_max), "episode \"%s\"", who));
    for (int f = 0; f < writer->field_count; f++)
        AMBIT_TRY(ambit_fail_within(append_field(writer, f, steps, &columns[f]),
                                    "episode \"%s\", field \"%s\"", who, writer->fields[f].name));
    return add_episode(writer, name, steps, sigma_min, sigma_max);
}

/* ------------------------------------------------------------------------------- finishing */

static ambit_status write_names(ambit_shard_writer *w) {
    hid_t group;
    AMBIT_TRY(ambit_hdf_open_group(w->file, "episodes", &group));
    ambit_status status = ambit_layout_write_texts(group, "name", &w->names);
    H5Gclose(group);
    return status;
}

static ambit_status write_episodes(ambit_shard_writer *w) {
    ambit_layout_episodes episodes = {0};
    AMBIT_TRY(ambit_layout_allocate_episodes(w->episodes, &episodes));
    for (int64_t e = 0; e < w->episodes; e++) {
        episodes.ends[e] = w->episode_ends[e];
        episodes.sigma_min[e] = w->sigma[2 * e];
        episodes.sigma_max[e] = w->sigma[2 * e + 1];
    }
    ambit_status status = ambit_layout_write_episodes(w->file, &episodes);
    free(episodes.ends);
    AMBIT_TRY(status);
    return write_names(w);
}

static ambit_status finish_field(ambit_shard_writer *w, int f) {
    const ambit_layout_root root = {.version = AMBIT_LAYOUT_VERSION, .steps = w->steps};
    ambit_statistics statistics;
    AMBIT_TRY(column_finish(&w->values[f], w->groups[f]));
    if (w->ends[f].buffer)
        AMBIT_TRY(column_finish(&w->ends[f], w->groups[f]));
    AMBIT_TRY(ambit_tally_finish(w->tallies[f], &statistics));
    if (ambit_layout_values_are_sketch(&w->fields[f], &root))
        ambit_statistics_drop_sketch(&statistics);
    ambit_status status = ambit_layout_write_statistics(w->groups[f], &statistics);
    ambit_statistics_destroy(&statistics);
    return status;
}

static ambit_status write_rest(ambit_shard_writer *w) {
    ambit_layout_root root = {.episodes = w->episodes, .steps = w->steps};
    for (int f = 0; f < w->field_count; f++)
        AMBIT_TRY(finish_field(w, f));
    AMBIT_TRY(write_episodes(w));
    return ambit_layout_write_root(w->file, AMBIT_LAYOUT_SHARD, &root);
}

static void destroy(ambit_shard_writer *w) {
    for (int f = 0; f < w->field_count; f++) {
        column_close(&w->values[f]);
        column_close(&w->ends[f]);
        if (w->groups[f] > 0)
            H5Gclose(w->groups[f]);
        ambit_tally_destroy(w->tallies[f]);
    }
    free(w->fields);
    free(w->values);
    free(w->ends);
    free(w->groups);
    free(w->tallies);
    free(w->episode_ends);
    free(w->sigma);
    ambit_layout_free_texts(&w->names);
    free(w);
}

ambit_status ambit_shard_finish(ambit_shard_writer *writer) {
    ambit_status status = write_rest(writer);
    if (status != AMBIT_OK) {
        ambit_shard_abandon(writer);
        return status;
    }
    ambit_memory_file *memory = writer->memory;
    destroy(writer); /* closes the data sets before the file */
    return ambit_memory_file_write(memory);
}

void ambit_shard_abandon(ambit_shard_writer *writer) {
    ambit_memory_file *memory = writer->memory;
    destroy(writer);
    ambit_memory_file_drop(memory);
}

void ambit_shard_path(const char *folder, int number, char *path, size_t size) {
    snprintf(path, size, "%s/shard-%05d.h5", folder, number);
}
