#include "checkpoint.h"

#include "../core/crc32c.h"
#include "../datasets/files.h"
#include "../datasets/hdf5_error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VERSION = 1, ARRAYS = 4, BLOCK = AMBIT_NORM_BLOCK };
static const char *const array_names[ARRAYS] = {"parameters", "average", "first", "second"};

/* Where this rank's part of each array is in memory. */
typedef struct {
    int64_t first, count; /* elements of the whole */
    float *arrays[ARRAYS];
} part;

static part owned_part(ambit_exchange *exchange) {
    ambit_owned owned = ambit_exchange_owned(exchange);
    return (part){.first = owned.first,
                  .count = owned.count,
                  .arrays = {ambit_exchange_parameters(exchange) + owned.first,
                             ambit_exchange_average(exchange) + owned.first, owned.moment_first,
                             owned.moment_second}};
}

static int64_t blocks_of(int64_t count) {
    return (count + BLOCK - 1) / BLOCK;
}

/* Checksums of the blocks of a part that begins at a block's beginning. */
static void sum_blocks(const float *values, int64_t count, uint32_t *sums) {
    for (int64_t first = 0; first < count; first += BLOCK) {
        int64_t size = count - first < BLOCK ? count - first : BLOCK;
        *sums++ = ambit_crc32c(0, values + first, (size_t)size * sizeof *values);
    }
}

/* A checksum of all that is not an array. */
static uint32_t sum_description(const ambit_checkpoint *c) {
    const ambit_normaliser *n = &c->normaliser;
    size_t observation = (size_t)n->observation_size * sizeof(float);
    size_t chunk = (size_t)n->chunk_size * sizeof(float);
    uint32_t crc = ambit_crc32c(0, &c->step, sizeof c->step);
    crc = ambit_crc32c(crc, &c->seconds, sizeof c->seconds);
    crc = ambit_crc32c(crc, c->configuration, strlen(c->configuration));
    crc = ambit_crc32c(crc, n->observation_shift, observation);
    crc = ambit_crc32c(crc, n->observation_scale, observation);
    crc = ambit_crc32c(crc, n->chunk_shift, chunk);
    crc = ambit_crc32c(crc, n->chunk_scale, chunk);
    crc = ambit_crc32c(crc, &n->observation_limit, sizeof(float));
    return ambit_crc32c(crc, &n->chunk_limit, sizeof(float));
}

void ambit_checkpoint_clear(ambit_checkpoint *checkpoint) {
    free(checkpoint->configuration);
    free(checkpoint->normaliser.observation_shift);
    free(checkpoint->normaliser.observation_scale);
    free(checkpoint->normaliser.chunk_shift);
    free(checkpoint->normaliser.chunk_scale);
    memset(checkpoint, 0, sizeof *checkpoint);
}

/* ---------------------------------------------------------------- writing */

/* Rank 0 lays the file out with HDF5; then every rank writes its parts at their places with the
 * system's own calls. MPI-IO is avoided on purpose: on a full disk Open MPI 4.1 tries a collective
 * write again for ever. */

enum { CHECKSUMS = ARRAYS, PLACES = ARRAYS + 1 }; /* places of the arrays, and of /checksums */

/* Creates a contiguous data set whose place in the file is known at once. */
static hid_t create_array(hid_t file, const char *name, hid_t type, int rank,
                          const hsize_t *shape) {
    hid_t space = H5Screate_simple(rank, shape, NULL), create = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_alloc_time(create, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(create, H5D_FILL_TIME_NEVER);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    H5Pclose(create);
    H5Sclose(space);
    return set;
}

static int write_attribute(hid_t file, const char *name, hid_t type, const void *value) {
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    int failed = attribute < 0 || H5Awrite(attribute, type, value) < 0;
    failed |= attribute >= 0 && H5Aclose(attribute) < 0;
    H5Sclose(space);
    return failed;
}

static int write_small(hid_t file, const char *name, hid_t type, int64_t count,
                       const void *values) {
    hsize_t shape[1] = {(hsize_t)count};
    hid_t set = create_array(file, name, type, 1, shape);
    int failed = set < 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0;
    return failed | (set < 0 || H5Dclose(set) < 0);
}

static int write_description(hid_t file, const ambit_checkpoint *c) {
    const ambit_normaliser *n = &c->normaliser;
    const int version = VERSION;
    const uint32_t sum = sum_description(c);
    const int64_t length = (int64_t)strlen(c->configuration);
    int failed = write_attribute(file, "ambit_checkpoint", H5T_NATIVE_INT, &version);
    failed |= write_attribute(file, "step", H5T_NATIVE_INT64, &c->step);
    failed |= write_attribute(file, "seconds", H5T_NATIVE_DOUBLE, &c->seconds);
    failed |= write_attribute(file, "observation_limit", H5T_NATIVE_FLOAT, &n->observation_limit);
    failed |= write_attribute(file, "chunk_limit", H5T_NATIVE_FLOAT, &n->chunk_limit);
    failed |= write_attribute(file, "description_checksum", H5T_NATIVE_UINT32, &sum);
    failed |= write_small(file, "configuration", H5T_NATIVE_CHAR, length, c->configuration);
    failed |= write_small(file, "observation_shift", H5T_NATIVE_FLOAT, n->observation_size,
                          n->observation_shift);
    failed |= write_small(file, "observation_scale", H5T_NATIVE_FLOAT, n->observation_size,
                          n->observation_scale);
    failed |= write_small(file, "chunk_shift", H5T_NATIVE_FLOAT, n->chunk_size, n->chunk_shift);
    return failed |
           write_small(file, "chunk_scale", H5T_NATIVE_FLOAT, n->chunk_size, n->chunk_scale);
}

/* Creates the arrays; places[i] is where in the file each begins. */
static int lay_out_arrays(hid_t file, int64_t count, int64_t places[PLACES]) {
    hsize_t shape[1] = {(hsize_t)count}, table[2] = {ARRAYS, (hsize_t)blocks_of(count)};
    int failed = 0;
    for (int i = 0; i < PLACES; i++) {
        hid_t set = i == CHECKSUMS ? create_array(file, "checksums", H5T_STD_U32LE, 2, table)
                                   : create_array(file, array_names[i], H5T_IEEE_F32LE, 1, shape);
        haddr_t place = set < 0 ? HADDR_UNDEF : H5Dget_offset(set);
        places[i] = (int64_t)place;
        failed |= place == HADDR_UNDEF || H5Dclose(set) < 0;
    }
    return failed;
}

/* Makes sure that the disk has room for a file of `size` bytes, so that nothing fails half-way.
 * With `flags` O_CREAT | O_TRUNC the file is new. */
static ambit_status reserve(const char *path, int flags, int64_t size) {
    int file = open(path, O_WRONLY | O_CLOEXEC | flags, 0666);
    if (file < 0)
        return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot create the checkpoint",
                                path);
    int reason = posix_fallocate(file, 0, size);
    close(file);
    if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG)
        return ambit_fail_errno(AMBIT_IO, reason,
                                "%s: the disk has no room for a checkpoint of %" PRId64
                                " bytes; make room or lower train.keep",
                                path, size);
    return AMBIT_OK; /* some file systems cannot reserve: writing will tell */
}

/* Rank 0: makes the file with everything but the arrays' contents. */
static ambit_status lay_out(const char *path, const ambit_checkpoint *checkpoint, int64_t count,
                            int64_t places[PLACES]) {
    const int64_t room = ARRAYS * count * (int64_t)sizeof(float) + (1 << 20);
    hsize_t size = 0;
    AMBIT_TRY(reserve(path, O_CREAT | O_TRUNC, room));
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (file < 0)
        return ambit_fail_hdf5(AMBIT_CANNOT_CREATE, "%s: cannot create the checkpoint", path);
    int failed = lay_out_arrays(file, count, places);
    failed |= write_description(file, checkpoint);
    failed |= H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 || H5Fget_filesize(file, &size) < 0;
    failed |= H5Fclose(file) < 0;
    if (failed)
        return ambit_fail_hdf5(AMBIT_IO, "%s: cannot write the checkpoint; is the disk full?",
                               path);
    return reserve(path, 0, (int64_t)size);
}

static ambit_status write_at(int file, const char *path, const void *data, int64_t size,
                             int64_t place) {
    const char *from = data;
    while (size > 0) {
        ssize_t written = pwrite(file, from, (size_t)size, (off_t)place);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return ambit_fail_errno(AMBIT_IO, written < 0 ? errno : EIO,
                                    "%s: cannot write the checkpoint", path);
        from += written;
        place += written;
        size -= written;
    }
    return AMBIT_OK;
}

/* Writes this rank's parts of the arrays, and the checksums of their blocks. */
static ambit_status write_arrays(int file, const char *path, int64_t count, const part *mine,
                                 const int64_t places[PLACES], uint32_t *sums) {
    const int64_t blocks = blocks_of(mine->count), word = sizeof(float);
    for (int i = 0; i < ARRAYS; i++) {
        int64_t row = i * blocks_of(count) + mine->first / BLOCK;
        sum_blocks(mine->arrays[i], mine->count, sums);
        AMBIT_TRY(write_at(file, path, mine->arrays[i], mine->count * word,
                           places[i] + mine->first * word));
        AMBIT_TRY(write_at(file, path, sums, blocks * (int64_t)sizeof *sums,
                           places[CHECKSUMS] + row * (int64_t)sizeof *sums));
    }
    return AMBIT_OK;
}

static ambit_status write_part(const char *path, ambit_exchange *exchange,
                               const int64_t places[PLACES]) {
    part mine = owned_part(exchange);
    uint32_t *sums = NULL;
    AMBIT_TRY(ambit_allocate(&sums, (size_t)blocks_of(mine.count), sizeof *sums,
                             "checksums of a checkpoint"));
    int file = open(path, O_WRONLY | O_CLOEXEC);
    ambit_status status =
        file < 0
            ? ambit_fail_errno(AMBIT_IO, errno,
                               "%s: rank 0 made this checkpoint, but it cannot be opened here; "
                               "is the folder on a file system that all nodes share?",
                               path)
            : write_arrays(file, path, ambit_exchange_count(exchange), &mine, places, sums);
    if (status == AMBIT_OK && fsync(file) != 0)
        status = ambit_fail_errno(AMBIT_IO, errno, "%s: cannot sync the checkpoint to disk", path);
    if (file >= 0 && close(file) != 0 && status == AMBIT_OK)
        status = ambit_fail_errno(AMBIT_IO, errno, "%s: cannot close the checkpoint", path);
    free(sums);
    return status;
}

static ambit_status write_file(const ambit_ranks *ranks, const char *path,
                               const ambit_checkpoint *checkpoint, ambit_exchange *exchange) {
    int64_t places[PLACES] = {0};
    ambit_status status = AMBIT_OK;
    if (ranks->rank == 0)
        status = lay_out(path, checkpoint, ambit_exchange_count(exchange), places);
    AMBIT_TRY_ALL(ranks, status);
    MPI_Bcast(places, PLACES, MPI_INT64_T, 0, ranks->world);
    return ambit_agree(ranks, write_part(path, exchange, places));
}

/* ---------------------------------------------------------------- reading */

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

static ambit_status read_description(hid_t file, const char *path, ambit_checkpoint *c) {
    ambit_normaliser *n = &c->normaliser;
    int version = 0;
    uint32_t sum = 0;
    int64_t length;
    AMBIT_TRY(read_attribute(file, path, "ambit_checkpoint", H5T_NATIVE_INT, &version));
    if (version != VERSION)
        return ambit_fail(AMBIT_DATA,
                          "%s: is of checkpoint version %d, this program reads %d; use "
                          "the version of Ambit that wrote it",
                          path, version, VERSION);
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
    if (sum != sum_description(c))
        return damaged(path, "the checksum of the description does not match");
    return AMBIT_OK;
}

/* Reads [first, first + count) of array `which` (first at a block's beginning) and checks it. With
 * `values` NULL nothing is kept: only the checksums are compared. */
static ambit_status read_array(hid_t file, const char *path, int which, int64_t first,
                               int64_t count, float *values) {
    hid_t set = H5Dopen2(file, array_names[which], H5P_DEFAULT);
    hid_t checks = H5Dopen2(file, "checksums", H5P_DEFAULT);
    hid_t space = set < 0 ? -1 : H5Dget_space(set);
    hid_t table = checks < 0 ? -1 : H5Dget_space(checks);
    ambit_status status = AMBIT_OK;
    int64_t total = extent_of(set, 1);
    if (total < first + count || extent_of(checks, 2) != ARRAYS * blocks_of(total))
        status = damaged(path, array_names[which]);
    float buffer[BLOCK];
    for (int64_t at = first; status == AMBIT_OK && at < first + count; at += BLOCK) {
        hsize_t size = (hsize_t)(first + count - at < BLOCK ? first + count - at : BLOCK);
        hsize_t start = (hsize_t)at, row[2] = {(hsize_t)which, start / BLOCK}, one[2] = {1, 1};
        hid_t memory = H5Screate_simple(1, &size, NULL), cell = H5Screate_simple(2, one, NULL);
        float *target = values ? values + (at - first) : buffer;
        uint32_t sum = 0;
        H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &size, NULL);
        H5Sselect_hyperslab(table, H5S_SELECT_SET, row, NULL, one, NULL);
        if (H5Dread(set, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, target) < 0 ||
            H5Dread(checks, H5T_NATIVE_UINT32, cell, table, H5P_DEFAULT, &sum) < 0)
            status = damaged(path, array_names[which]);
        else if (sum != ambit_crc32c(0, target, (size_t)size * sizeof *target))
            status =
                ambit_fail(AMBIT_DATA,
                           "%s: /%s: the checksum of elements %" PRId64 " to %" PRId64
                           " does not match; remove this file, an older checkpoint will be used",
                           path, array_names[which], at, at + (int64_t)size - 1);
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
        hid_t set = H5Dopen2(file, array_names[1], H5P_DEFAULT);
        *count = extent_of(set, 1);
        if (set >= 0)
            H5Dclose(set);
        status = *count < 0 ? damaged(path, array_names[1])
                            : ambit_allocate(average, (size_t)*count, sizeof(float), path);
        if (status == AMBIT_OK)
            status = read_array(file, path, 1, 0, *count, *average);
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
static ambit_status verify_part(const char *path, const part *mine) {
    hid_t file;
    AMBIT_TRY(open_file(path, &file));
    ambit_status status = AMBIT_OK;
    for (int i = 0; i < ARRAYS && status == AMBIT_OK; i++)
        status = read_array(file, path, i, mine->first, mine->count, NULL);
    H5Fclose(file);
    return status;
}

/* ---------------------------------------------------------------- files of a run */

static ambit_status folder_of(const char *run, char *folder, size_t size) {
    if (snprintf(folder, size, "%s/checkpoints", run) >= (int)size)
        return ambit_fail(AMBIT_CANNOT_CREATE, "%.64s…: the path is too long", run);
    return AMBIT_OK;
}

/* The step in the name of a checkpoint, or -1. */
static int64_t step_of_name(const char *name) {
    long long step;
    int length = 0;
    if (sscanf(name, "step-%lld.h5%n", &step, &length) != 1 || name[length] != '\0' || length == 0)
        return -1;
    return step;
}

static int newest_first(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left < right) - (left > right);
}

/* Steps of the checkpoints in a folder, newest first, at most `limit`. */
static int list_steps(const char *folder, int64_t *steps, int limit) {
    DIR *list = opendir(folder);
    int count = 0;
    for (struct dirent *entry; list && (entry = readdir(list)) != NULL;) {
        int64_t step = step_of_name(entry->d_name);
        if (step >= 0 && count < limit)
            steps[count++] = step;
    }
    if (list)
        closedir(list);
    qsort(steps, (size_t)count, sizeof *steps, newest_first);
    return count;
}

static void path_of_step(const char *folder, int64_t step, char *path, size_t size) {
    snprintf(path, size, "%.4000s/step-%08" PRId64 ".h5", folder, step);
}

/* Points the link `last` at a step's file. */
static ambit_status link_last(const char *folder, int64_t step) {
    char temporary[PATH_MAX], last[PATH_MAX], name[64];
    snprintf(name, sizeof name, "step-%08" PRId64 ".h5", step);
    snprintf(temporary, sizeof temporary, "%.4000s/last.partial", folder);
    snprintf(last, sizeof last, "%.4000s/last", folder);
    unlink(temporary);
    if (symlink(name, temporary) != 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot make this link", temporary);
    return ambit_rename_synced(temporary, last);
}

enum { MOST_FILES = 4096 };

static void remove_old(const char *folder, int64_t keep) {
    int64_t steps[MOST_FILES];
    char path[PATH_MAX];
    int count = list_steps(folder, steps, MOST_FILES);
    for (int i = (int)keep; i < count; i++) {
        path_of_step(folder, steps[i], path, sizeof path);
        unlink(path);
    }
}

ambit_status ambit_checkpoint_write(const ambit_ranks *ranks, const char *run,
                                    const ambit_checkpoint *checkpoint, ambit_exchange *exchange,
                                    int64_t keep) {
    char folder[PATH_MAX - 64], path[PATH_MAX], partial[PATH_MAX];
    ambit_hdf5_quiet();
    AMBIT_TRY_ALL(ranks, folder_of(run, folder, sizeof folder));
    AMBIT_TRY_ALL(ranks, ranks->rank == 0 ? ambit_make_folders(folder) : AMBIT_OK);
    path_of_step(folder, checkpoint->step, path, sizeof path);
    snprintf(partial, sizeof partial, "%.4080s.partial", path);
    ambit_status status = write_file(ranks, partial, checkpoint, exchange);
    if (status == AMBIT_OK) {
        part mine = owned_part(exchange);
        status = ambit_agree(ranks, verify_part(partial, &mine));
    }
    if (ranks->rank == 0 && status != AMBIT_OK)
        unlink(partial);
    AMBIT_TRY(status);
    if (ranks->rank == 0) {
        status = ambit_rename_synced(partial, path);
        if (status == AMBIT_OK)
            status = link_last(folder, checkpoint->step);
        if (status == AMBIT_OK)
            remove_old(folder, keep);
    }
    return ambit_agree(ranks, status);
}

/* Fills this rank's part of the exchange: its moments, and its node's parameters and averages (the
 * first rank of a node reads those for all). */
static ambit_status read_exchange(const char *path, ambit_exchange *exchange,
                                  ambit_checkpoint *checkpoint) {
    part mine = owned_part(exchange);
    int64_t count = ambit_exchange_count(exchange);
    hid_t file;
    AMBIT_TRY(open_file(path, &file));
    ambit_status status = read_description(file, path, checkpoint);
    hid_t set = H5Dopen2(file, array_names[0], H5P_DEFAULT);
    if (status == AMBIT_OK && extent_of(set, 1) != count)
        status = ambit_fail(AMBIT_CONFIG,
                            "%s: holds %" PRId64 " parameters but this network has %" PRId64
                            "; use the configuration that the run was started with",
                            path, extent_of(set, 1), count);
    if (set >= 0)
        H5Dclose(set);
    for (int i = 2; i < ARRAYS && status == AMBIT_OK; i++)
        status = read_array(file, path, i, mine.first, mine.count, mine.arrays[i]);
    int64_t first, size;
    ambit_exchange_share(exchange, &first, &size);
    if (status == AMBIT_OK)
        status =
            read_array(file, path, 0, first, size, ambit_exchange_parameters(exchange) + first);
    if (status == AMBIT_OK)
        status = read_array(file, path, 1, first, size, ambit_exchange_average(exchange) + first);
    H5Fclose(file);
    return status;
}

ambit_status ambit_checkpoint_resume(const ambit_ranks *ranks, const char *run,
                                     ambit_exchange *exchange, ambit_checkpoint *checkpoint,
                                     int *found, char **warning) {
    char folder[PATH_MAX - 64], path[PATH_MAX];
    int64_t steps[MOST_FILES];
    memset(checkpoint, 0, sizeof *checkpoint);
    *found = 0;
    *warning = NULL;
    AMBIT_TRY_ALL(ranks, folder_of(run, folder, sizeof folder));
    int count = ranks->rank == 0 ? list_steps(folder, steps, MOST_FILES) : 0;
    MPI_Bcast(&count, 1, MPI_INT, 0, ranks->world);
    MPI_Bcast(steps, count, MPI_INT64_T, 0, ranks->world);
    ambit_status status = AMBIT_OK;
    for (int i = 0; i < count; i++) {
        path_of_step(folder, steps[i], path, sizeof path);
        status = ambit_agree(ranks, read_exchange(path, exchange, checkpoint));
        if (status == AMBIT_OK) {
            ambit_exchange_publish(exchange);
            *found = 1;
            return AMBIT_OK;
        }
        ambit_checkpoint_clear(checkpoint);
        if (status == AMBIT_CONFIG)
            return status;
        free(*warning);
        *warning = ranks->rank == 0 ? strdup(ambit_message()) : NULL;
    }
    return status;
}

ambit_status ambit_checkpoint_last(const char *run, char *path, size_t size) {
    char folder[PATH_MAX - 64];
    int64_t steps[MOST_FILES];
    AMBIT_TRY(folder_of(run, folder, sizeof folder));
    if (list_steps(folder, steps, MOST_FILES) == 0)
        return ambit_fail(AMBIT_NO_INPUT,
                          "%s: has no checkpoint; is this the folder of a run that has trained?",
                          run);
    path_of_step(folder, steps[0], path, size);
    return AMBIT_OK;
}
