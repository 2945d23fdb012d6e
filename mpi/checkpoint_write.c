/* Writing the file of a checkpoint. */
#include "checkpoint_file.h"

#include "../core/base/crc32c.h"
#include "../datasets/hdf5_error.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Rank 0 lays the file out with HDF5; then every rank writes its parts at their places with the
 * system's own calls. MPI-IO is avoided on purpose: on a full disk Open MPI 4.1 tries a collective
 * write again for ever. */

/* Checksums of the blocks of a part that begins at a block's beginning. */
static void sum_blocks(const float *values, int64_t count, uint32_t *sums) {
    for (int64_t first = 0; first < count; first += AMBIT_CHECKPOINT_BLOCK) {
        int64_t size =
            count - first < AMBIT_CHECKPOINT_BLOCK ? count - first : AMBIT_CHECKPOINT_BLOCK;
        *sums++ = ambit_crc32c(0, values + first, (size_t)size * sizeof *values);
    }
}

/* Places in the file: of the arrays, and of /checksums. */
enum { CHECKSUMS = AMBIT_CHECKPOINT_ARRAYS, PLACES };

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
    const int version = AMBIT_CHECKPOINT_VERSION;
    const uint32_t sum = ambit_checkpoint_sum(c, version);
    const int64_t length = (int64_t)strlen(c->configuration);
    int failed = write_attribute(file, "ambit_checkpoint", H5T_NATIVE_INT, &version);
    failed |= write_attribute(file, "step", H5T_NATIVE_INT64, &c->step);
    failed |= write_attribute(file, "seconds", H5T_NATIVE_DOUBLE, &c->seconds);
    failed |= write_attribute(file, "observation_limit", H5T_NATIVE_FLOAT, &n->observation_limit);
    failed |= write_attribute(file, "chunk_limit", H5T_NATIVE_FLOAT, &n->chunk_limit);
    failed |= write_attribute(file, "description_checksum", H5T_NATIVE_UINT32, &sum);
    failed |= write_small(file, "configuration", H5T_NATIVE_CHAR, length, c->configuration);
    failed |= write_small(file, "shape", H5T_NATIVE_INT64, AMBIT_CHECKPOINT_SIZES, &c->shape);
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
    hsize_t shape[1] = {(hsize_t)count},
            table[2] = {AMBIT_CHECKPOINT_ARRAYS, (hsize_t)ambit_checkpoint_blocks(count)};
    int failed = 0;
    for (int i = 0; i < PLACES; i++) {
        hid_t set = i == CHECKSUMS ? create_array(file, "checksums", H5T_STD_U32LE, 2, table)
                                   : create_array(file, ambit_checkpoint_array_names[i],
                                                  H5T_IEEE_F32LE, 1, shape);
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
    const int64_t room = AMBIT_CHECKPOINT_ARRAYS * count * (int64_t)sizeof(float) + (1 << 20);
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
static ambit_status write_arrays(int file, const char *path, int64_t count,
                                 const ambit_checkpoint_part *mine, const int64_t places[PLACES],
                                 uint32_t *sums) {
    const int64_t blocks = ambit_checkpoint_blocks(mine->count), word = sizeof(float);
    for (int i = 0; i < AMBIT_CHECKPOINT_ARRAYS; i++) {
        int64_t row = i * ambit_checkpoint_blocks(count) + mine->first / AMBIT_CHECKPOINT_BLOCK;
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
    ambit_checkpoint_part mine = ambit_checkpoint_part_of(exchange);
    uint32_t *sums = NULL;
    AMBIT_TRY(ambit_allocate(&sums, (size_t)ambit_checkpoint_blocks(mine.count), sizeof *sums,
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

ambit_status ambit_checkpoint_file_write(const ambit_ranks *ranks, const char *path,
                                         const ambit_checkpoint *checkpoint,
                                         ambit_exchange *exchange) {
    int64_t places[PLACES] = {0};
    ambit_status status = AMBIT_OK;
    if (ranks->rank == 0)
        status = lay_out(path, checkpoint, ambit_exchange_count(exchange), places);
    AMBIT_TRY_ALL(ranks, status);
    MPI_Bcast(places, PLACES, MPI_INT64_T, 0, ranks->world);
    return ambit_agree(ranks, write_part(path, exchange, places));
}
