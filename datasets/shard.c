#include "shard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ambit_shard {
    hid_t file;
    int64_t cache_bytes;
    ambit_layout_root root;
    ambit_layout_episodes episodes;
    ambit_layout_texts names; /* read when first asked for */
    int field_count;
    ambit_field_info fields[AMBIT_STORE_MAX_FIELDS];
    /* 0: not opened yet. `bytes`: extent of `values` of a bytes field. */
    hid_t values[AMBIT_STORE_MAX_FIELDS], ends[AMBIT_STORE_MAX_FIELDS];
    int64_t bytes[AMBIT_STORE_MAX_FIELDS];
};

static ambit_status read_head(ambit_shard *shard) {
    AMBIT_TRY(ambit_layout_read_root(shard->file, AMBIT_LAYOUT_SHARD, &shard->root));
    AMBIT_TRY(ambit_layout_read_fields(shard->file, shard->fields, &shard->field_count));
    return ambit_layout_read_episodes(shard->file, &shard->root, &shard->episodes);
}

ambit_status ambit_shard_open(const char *path, int64_t cache_bytes, ambit_shard **shard) {
    ambit_shard *s;
    *shard = NULL;
    AMBIT_TRY(ambit_allocate(&s, 1, sizeof *s, "shard"));
    s->cache_bytes = cache_bytes;
    ambit_status status = ambit_hdf_open_file(path, &s->file);
    if (status != AMBIT_OK) {
        free(s);
        return status;
    }
    status = read_head(s);
    if (status == AMBIT_OK)
        *shard = s;
    else
        ambit_shard_close(s);
    return status;
}

void ambit_shard_close(ambit_shard *shard) {
    if (!shard)
        return;
    for (int f = 0; f < shard->field_count; f++) {
        if (shard->values[f] > 0)
            H5Dclose(shard->values[f]);
        if (shard->ends[f] > 0)
            H5Dclose(shard->ends[f]);
    }
    H5Fclose(shard->file);
    free(shard->episodes.ends);
    ambit_layout_free_texts(&shard->names);
    free(shard);
}

int ambit_shard_field_count(const ambit_shard *shard) {
    return shard->field_count;
}

const ambit_field_info *ambit_shard_fields(const ambit_shard *shard) {
    return shard->fields;
}

const ambit_layout_root *ambit_shard_root(const ambit_shard *shard) {
    return &shard->root;
}

const ambit_layout_episodes *ambit_shard_episodes(const ambit_shard *shard) {
    return &shard->episodes;
}

static ambit_status read_names(ambit_shard *shard) {
    hid_t group;
    AMBIT_TRY(ambit_hdf_open_group(shard->file, "episodes", &group));
    ambit_status status =
        ambit_layout_read_texts(group, "name", shard->episodes.count, &shard->names);
    H5Gclose(group);
    return status;
}

ambit_status ambit_shard_episode_name(ambit_shard *shard, int64_t episode, char *name,
                                      size_t size) {
    if (!shard->names.ends)
        AMBIT_TRY(read_names(shard));
    ambit_layout_text(&shard->names, episode, name, size);
    return AMBIT_OK;
}

/* ------------------------------------------------------------------------------- values */

static ambit_status open_numbers(ambit_shard *shard, int f, hid_t group) {
    const ambit_field_info *field = &shard->fields[f];
    int64_t dims[AMBIT_HDF_MAX_RANK] = {shard->root.steps};
    memcpy(dims + 1, field->shape, (size_t)field->rank * sizeof *dims);
    return ambit_hdf_open_array(group, "values", ambit_layout_type(field->element), field->rank + 1,
                                dims, shard->cache_bytes, &shard->values[f]);
}

static ambit_status open_bytes(ambit_shard *shard, int f, hid_t group) {
    int64_t steps = shard->root.steps;
    shard->bytes[f] = -1;
    AMBIT_TRY(ambit_hdf_open_array(group, "ends", AMBIT_HDF_I64, 1, &steps, shard->cache_bytes,
                                   &shard->ends[f]));
    return ambit_hdf_open_array(group, "values", AMBIT_HDF_U8, 1, &shard->bytes[f],
                                shard->cache_bytes, &shard->values[f]);
}

static ambit_status open_values(ambit_shard *shard, int f) {
    hid_t group;
    if (shard->values[f] > 0)
        return AMBIT_OK;
    AMBIT_TRY(ambit_layout_open_field(shard->file, f, &group));
    ambit_status status = shard->fields[f].element == AMBIT_STORE_BYTES
                              ? open_bytes(shard, f, group)
                              : open_numbers(shard, f, group);
    H5Gclose(group);
    if (status != AMBIT_OK) /* a failed open leaves no handle to close */
        shard->values[f] = 0;
    return status;
}

ambit_status ambit_shard_read(ambit_shard *shard, int field, int64_t first, int64_t count,
                              float *values) {
    AMBIT_TRY(open_values(shard, field));
    return ambit_hdf_read_rows(shard->values[field], AMBIT_HDF_F32, first, count, values);
}

ambit_status ambit_shard_read_u8(ambit_shard *shard, int field, int64_t first, int64_t count,
                                 uint8_t *values) {
    AMBIT_TRY(open_values(shard, field));
    return ambit_hdf_read_rows(shard->values[field], AMBIT_HDF_U8, first, count, values);
}

/* Where the bytes of a step lie must be within the data set's extent. */
static ambit_status check_place(const ambit_shard *shard, int field, int64_t step, int64_t start,
                                int64_t end) {
    if (start >= 0 && end >= start && end <= shard->bytes[field])
        return AMBIT_OK;
    char what[200];
    snprintf(what, sizeof what,
             "puts step %" PRId64 " at bytes %" PRId64 " to %" PRId64 " of %" PRId64
             "; copy or ingest the file again",
             step, start, end, shard->bytes[field]);
    return ambit_hdf_fail_at(AMBIT_DATA, shard->ends[field], NULL, what);
}

static ambit_status find_bytes(ambit_shard *shard, int field, int64_t step, int64_t *start,
                               int64_t *size) {
    int64_t ends[2] = {0, 0};
    int64_t before = step > 0 ? 1 : 0;
    AMBIT_TRY(ambit_hdf_read_rows(shard->ends[field], AMBIT_HDF_I64, step - before, 1 + before,
                                  ends + 1 - before));
    *start = ends[0];
    *size = ends[1] - ends[0];
    return check_place(shard, field, step, ends[0], ends[1]);
}

ambit_status ambit_shard_read_bytes(ambit_shard *shard, int field, int64_t step, uint8_t **buffer,
                                    int64_t *room, int64_t *size) {
    int64_t start;
    AMBIT_TRY(open_values(shard, field));
    AMBIT_TRY(find_bytes(shard, field, step, &start, size));
    if (*size > *room || !*buffer) {
        free(*buffer);
        *room = 0;
        AMBIT_TRY(ambit_allocate(buffer, (size_t)*size, 1, "bytes of a step"));
        *room = *size;
    }
    return ambit_hdf_read_rows(shard->values[field], AMBIT_HDF_U8, start, *size, *buffer);
}

/* Lengths in bytes of all steps. */
static ambit_status read_lengths(ambit_shard *shard, int field, float *lengths) {
    const int64_t steps = shard->root.steps;
    int64_t *ends;
    AMBIT_TRY(open_values(shard, field));
    AMBIT_TRY(ambit_allocate(&ends, (size_t)steps, sizeof *ends, "lengths"));
    ambit_status status = ambit_hdf_read_rows(shard->ends[field], AMBIT_HDF_I64, 0, steps, ends);
    for (int64_t step = 0; step < steps && status == AMBIT_OK; step++) {
        const int64_t start = step > 0 ? ends[step - 1] : 0;
        status = check_place(shard, field, step, start, ends[step]);
        lengths[step] = (float)(ends[step] - start);
    }
    free(ends);
    return status;
}

/* The sketch that is not stored. */
static ambit_status sketch_values(ambit_shard *shard, int field, ambit_statistics *statistics) {
    const int is_bytes = shard->fields[field].element == AMBIT_STORE_BYTES;
    const int64_t steps = shard->root.steps;
    float *values;
    AMBIT_TRY(
        ambit_allocate(&values, (size_t)(statistics->elements * steps), sizeof *values, "values"));
    ambit_status status = is_bytes ? read_lengths(shard, field, values)
                                   : ambit_shard_read(shard, field, 0, steps, values);
    if (status == AMBIT_OK)
        status = ambit_statistics_sketch_all(statistics, values);
    free(values);
    return status;
}

ambit_status ambit_shard_statistics(ambit_shard *shard, int field, ambit_statistics *statistics) {
    hid_t group;
    const int unstored = ambit_layout_values_are_sketch(&shard->fields[field], &shard->root);
    AMBIT_TRY(ambit_layout_open_field(shard->file, field, &group));
    ambit_status status = ambit_layout_read_statistics(group, &shard->fields[field], &shard->root,
                                                       !unstored, statistics);
    H5Gclose(group);
    AMBIT_TRY(status);
    if (unstored && shard->root.steps > 0)
        status = sketch_values(shard, field, statistics);
    if (status != AMBIT_OK)
        ambit_statistics_destroy(statistics);
    return status;
}

ambit_status ambit_shard_count_bytes(ambit_shard *shard, int field, int64_t *count) {
    AMBIT_TRY(open_values(shard, field));
    *count = shard->bytes[field];
    return AMBIT_OK;
}

ambit_status ambit_shard_read_all_bytes(ambit_shard *shard, int field, int64_t *ends,
                                        uint8_t *bytes) {
    const int64_t steps = shard->root.steps;
    AMBIT_TRY(open_values(shard, field));
    if (steps > 0)
        AMBIT_TRY(ambit_hdf_read_rows(shard->ends[field], AMBIT_HDF_I64, 0, steps, ends));
    for (int64_t step = 0; step < steps; step++)
        AMBIT_TRY(check_place(shard, field, step, step > 0 ? ends[step - 1] : 0, ends[step]));
    if (shard->bytes[field] == 0)
        return AMBIT_OK;
    return ambit_hdf_read_rows(shard->values[field], AMBIT_HDF_U8, 0, shard->bytes[field], bytes);
}
