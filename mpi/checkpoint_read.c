/* Reading the file of a checkpoint, which is trusted in nothing. */
#include "checkpoint_file.h"

#include "../core/base/crc32c.h"
#include "../datasets/hdf5_error.h"

#include <hdf5.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ambit_status damaged(const char *path, const char *what) {
    return ambit_fail_hdf5(AMBIT_DATA, "%s: %s; remove this file, an older checkpoint will be used",
                           path, what);
}

static ambit_status read_attribute(hid_t file, const char *path, const char *name, hid_t type,
                                   void *value) {
    hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    int failed = attribute < 0 || H5Aread(attribute, type, value) < 0;
    if (attribute >= 0)
        H5Aclose(attribute);
    return failed ? damaged(path, name) : AMBIT_OK;
}

/* The number of elements of a data set of `rank` dimensions, or -1. */
static int64_t extent_of(hid_t set, int rank) {
    hid_t space = set < 0 ? -1 : H5Dget_space(set);
    int64_t count = -1;
    if (space >= 0 && H5Sget_simple_extent_ndims(space) == rank)
        count = (int64_t)H5Sget_simple_extent_npoints(space);
    if (space >= 0)
        H5Sclose(space);
    return count;
}

/* Reads a whole small data set into *values (malloced, one zero element added). */
static ambit_status read_small(hid_t file, const char *path, const char *name, hid_t type,
                               size_t size, void *values, int64_t *count) {
    void *memory = NULL;
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    *count = extent_of(set, 1);
    ambit_status status = AMBIT_OK;
    if (*count < 0 || *count > INT64_C(1) << 24)
        status = damaged(path, name);
    if (status == AMBIT_OK)
        status = ambit_allocate(&memory, (size_t)*count + 1, size, path);
    if (status == AMBIT_OK && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, memory) < 0)
        status = damaged(path, name);
    if (set >= 0)
        H5Dclose(set);
    memcpy(values, &memory, sizeof memory);
    return status;
}

/* Sizes are held to what a description can be of; whether they fit the network shows when it is
 * built. */
static ambit_status read_shape(hid_t file, const char *path, ambit_sample_shape *shape) {
    int64_t *sizes, count;
    ambit_status status =
        read_small(file, path, "shape", H5T_NATIVE_INT64, sizeof *sizes, &sizes, &count);
    if (status == AMBIT_OK && count != AMBIT_CHECKPOINT_SIZES)
        status = damaged(path, "shape");
    for (int64_t i = 0; status == AMBIT_OK && i < count; i++)
        if (sizes[i] < 0 || sizes[i] > INT64_C(1) << 24)
            status = damaged(path, "shape");
    if (status == AMBIT_OK)
        memcpy(shape, sizes, sizeof *shape);
    free(sizes);
    return status;
}

static ambit_status read_description(hid_t file, const char *path, ambit_checkpoint *c) {
    ambit_normaliser *n = &c->normaliser;
    int version = 0;
    uint32_t sum = 0;
    int64_t length;
    AMBIT_TRY(read_attribute(file, path, "ambit_checkpoint", H5T_NATIVE_INT, &version));
    if (version < AMBIT_CHECKPOINT_OLDEST || version > AMBIT_CHECKPOINT_VERSION)
        return ambit_fail(AMBIT_DATA,
                          "%s: is of checkpoint version %d, this program reads %d to %d; use "
                          "the version of Ambit that wrote it",
                          path, version, AMBIT_CHECKPOINT_OLDEST, AMBIT_CHECKPOINT_VERSION);
    AMBIT_TRY(read_attribute(file, path, "step", H5T_NATIVE_INT64, &c->step));
    AMBIT_TRY(read_attribute(file, path, "seconds", H5T_NATIVE_DOUBLE, &c->seconds));
    AMBIT_TRY(
        read_attribute(file, path, "observation_limit", H5T_NATIVE_FLOAT, &n->observation_limit));
    AMBIT_TRY(read_attribute(file, path, "chunk_limit", H5T_NATIVE_FLOAT, &n->chunk_limit));
    AMBIT_TRY(read_attribute(file, path, "description_checksum", H5T_NATIVE_UINT32, &sum));
    AMBIT_TRY(
        read_small(file, path, "configuration", H5T_NATIVE_CHAR, 1, &c->configuration, &length));
    const struct {
        const char *name;
        float **values;
        int64_t *count;
    } rows[] = {{"observation_shift", &n->observation_shift, &n->observation_size},
                {"observation_scale", &n->observation_scale, &n->observation_size},
                {"chunk_shift", &n->chunk_shift, &n->chunk_size},
                {"chunk_scale", &n->chunk_scale, &n->chunk_size}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t before = *rows[i].count;
        AMBIT_TRY(read_small(file, path, rows[i].name, H5T_NATIVE_FLOAT, sizeof(float),
                             rows[i].values, rows[i].count));
        if (i % 2 == 1 && *rows[i].count != before)
            return damaged(path, rows[i].name);
    }
    if (version >= 2)
        AMBIT_TRY(read_shape(file, path, &c->shape));
    else
        c->shape = (ambit_sample_shape){.observation_size = n->observation_size};
    if (sum != ambit_checkpoint_sum(c, version))
        return damaged(path, "the checksum of the description does not match");
    return AMBIT_OK;
}

/* Reads [first, first + count) of array `which` (first at a block's beginning) and checks it. With
 * `values` NULL nothing is kept: only the checksums are compared. */
static ambit_status read_array(hid_t file, const char *path, int which, int64_t first,
                               int64_t count, float *values) {
    hid_t set = H5Dopen2(file, ambit_checkpoint_array_names[which], H5P_DEFAULT);
    hid_t checks = H5Dopen2(file, "checksums", H5P_DEFAULT);
    hid_t space = set < 0 ? -1 : H5Dget_space(set);
    hid_t table = checks < 0 ? -1 : H5Dget_space(checks);
    ambit_status status = AMBIT_OK;
    int64_t total = extent_of(set, 1);
    if (total < first + count ||
        extent_of(checks, 2) != AMBIT_CHECKPOINT_ARRAYS * ambit_checkpoint_blocks(total))
        status = damaged(path, ambit_checkpoint_array_names[which]);
    float buffer[AMBIT_CHECKPOINT_BLOCK];
    for (int64_t at = first; status == AMBIT_OK && at < first + count;
         at += AMBIT_CHECKPOINT_BLOCK) {
        hsize_t size =
            (hsize_t)(first + count - at < AMBIT_CHECKPOINT_BLOCK ? first + count - at
                                                                  : AMBIT_CHECKPOINT_BLOCK);
        hsize_t start = (hsize_t)at, row[2] = {(hsize_t)which, start / AMBIT_CHECKPOINT_BLOCK},
                one[2] = {1, 1};
        hid_t memory = H5Screate_simple(1, &size, NULL), cell = H5Screate_simple(2, one, NULL);
        float *target = values ? values + (at - first) : buffer;
        uint32_t sum = 0;
        H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &size, NULL);
        H5Sselect_hyperslab(table, H5S_SELECT_SET, row, NULL, one, NULL);
        if (H5Dread(set, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, target) < 0 ||
            H5Dread(checks, H5T_NATIVE_UINT32, cell, table, H5P_DEFAULT, &sum) < 0)
            status = damaged(path, ambit_checkpoint_array_names[which]);
        else if (sum != ambit_crc32c(0, target, (size_t)size * sizeof *target))
            status =
                ambit_fail(AMBIT_DATA,
                           "%s: /%s: the checksum of elements %" PRId64 " to %" PRId64
                           " does not match; remove this file, an older checkpoint will be used",
                           path, ambit_checkpoint_array_names[which], at, at + (int64_t)size - 1);
        H5Sclose(memory);
        H5Sclose(cell);
    }
    const hid_t spaces[] = {space, table}, sets[] = {set, checks};
    for (int i = 0; i < 2; i++) {
        if (spaces[i] >= 0)
            H5Sclose(spaces[i]);
        if (sets[i] >= 0)
            H5Dclose(sets[i]);
    }
    return status;
}

static ambit_status open_file(const char *path, hid_t *file) {
    ambit_hdf5_quiet();
    *file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (*file < 0)
        return ambit_fail_hdf5(access(path, R_OK) == 0 ? AMBIT_DATA : AMBIT_NO_INPUT,
                               "%s: cannot open this checkpoint", path);
    return AMBIT_OK;
}

ambit_status ambit_checkpoint_read(const char *path, ambit_checkpoint *checkpoint, float **average,
                                   int64_t *count) {
    hid_t file;
    memset(checkpoint, 0, sizeof *checkpoint);
    AMBIT_TRY(open_file(path, &file));
    ambit_status status = read_description(file, path, checkpoint);
    if (status == AMBIT_OK && average) {
        hid_t set =
            H5Dopen2(file, ambit_checkpoint_array_names[AMBIT_CHECKPOINT_AVERAGE], H5P_DEFAULT);
        *count = extent_of(set, 1);
        if (set >= 0)
            H5Dclose(set);
        status = *count < 0 ? damaged(path, ambit_checkpoint_array_names[AMBIT_CHECKPOINT_AVERAGE])
                            : ambit_allocate(average, (size_t)*count, sizeof(float), path);
        if (status == AMBIT_OK)
            status = read_array(file, path, AMBIT_CHECKPOINT_AVERAGE, 0, *count, *average);
        if (status != AMBIT_OK) {
            free(*average);
            *average = NULL;
        }
    }
    H5Fclose(file);
    if (status != AMBIT_OK)
        ambit_checkpoint_clear(checkpoint);
    return status;
}

/* Compares what is on disk of this rank's part with its checksums. */
ambit_status ambit_checkpoint_file_verify(const char *path, const ambit_checkpoint_part *mine) {
    hid_t file;
    AMBIT_TRY(open_file(path, &file));
    ambit_status status = AMBIT_OK;
    for (int i = 0; i < AMBIT_CHECKPOINT_ARRAYS && status == AMBIT_OK; i++)
        status = read_array(file, path, i, mine->first, mine->count, NULL);
    H5Fclose(file);
    return status;
}

/* Fills this rank's part of the exchange: its moments, and its node's parameters and averages (the
 * first rank of a node reads those for all). */
ambit_status ambit_checkpoint_file_restore(const char *path, ambit_exchange *exchange,
                                           ambit_checkpoint *checkpoint) {
    ambit_checkpoint_part mine = ambit_checkpoint_part_of(exchange);
    int64_t count = ambit_exchange_count(exchange);
    hid_t file;
    AMBIT_TRY(open_file(path, &file));
    ambit_status status = read_description(file, path, checkpoint);
    hid_t set = H5Dopen2(file, ambit_checkpoint_array_names[0], H5P_DEFAULT);
    if (status == AMBIT_OK && extent_of(set, 1) != count)
        status = ambit_fail(AMBIT_CONFIG,
                            "%s: holds %" PRId64 " parameters but this network has %" PRId64
                            "; use the configuration that the run was started with",
                            path, extent_of(set, 1), count);
    if (set >= 0)
        H5Dclose(set);
    for (int i = 2; i < AMBIT_CHECKPOINT_ARRAYS && status == AMBIT_OK; i++)
        status = read_array(file, path, i, mine.first, mine.count, mine.arrays[i]);
    int64_t first, size;
    ambit_exchange_share(exchange, &first, &size);
    if (status == AMBIT_OK)
        status =
            read_array(file, path, 0, first, size, ambit_exchange_parameters(exchange) + first);
    if (status == AMBIT_OK)
        status = read_array(file, path, AMBIT_CHECKPOINT_AVERAGE, first, size,
                            ambit_exchange_average(exchange) + first);
    H5Fclose(file);
    return status;
}
