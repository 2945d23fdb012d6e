#include "memory_file.h"

#include "files.h"
#include "hdf.h"
#include "hdf5_error.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct ambit_memory_file {
    char *path;
    hid_t id;
    uint8_t *bytes; /* HDF5 hands them back when it closes the file */
};

/* ------------------------------------------------------------------------------- HDF5's memory */

static void *same(void *file) {
    return file;
}

static herr_t nothing(void *file) {
    (void)file;
    return 0;
}

static void *resize(void *bytes, size_t size, H5FD_file_image_op_t operation, void *file) {
    (void)operation, (void)file;
    return realloc(bytes, size);
}

static herr_t take_back(void *bytes, H5FD_file_image_op_t operation, void *file) {
    if (operation == H5FD_FILE_IMAGE_OP_FILE_CLOSE)
        ((ambit_memory_file *)file)->bytes = bytes;
    else
        free(bytes);
    return 0;
}

/* The length as the superblock gives it: version 3 has it in bytes 28 to 35, lowest first. */
static size_t length_of(const uint8_t *bytes) {
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--)
        length = length << 8 | bytes[28 + i];
    return (size_t)length;
}

/* ------------------------------------------------------------------------------- the file */

static ambit_status begin(ambit_memory_file *file) {
    H5FD_file_image_callbacks_t callbacks = {.image_realloc = resize,
                                             .image_free = take_back,
                                             .udata_copy = same,
                                             .udata_free = nothing,
                                             .udata = file};
    hid_t access = ambit_hdf_file_access(), creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_obj_track_times(creation, 0); /* of the root group */
    H5Pset_fapl_core(access, 1 << 20, 0);
    H5Pset_file_image_callbacks(access, &callbacks);
    file->id = H5Fcreate(file->path, H5F_ACC_TRUNC, creation, access);
    ambit_status status = AMBIT_OK;
    if (file->id < 0)
        status = ambit_fail_hdf5(AMBIT_SYSTEM, "%s: cannot be begun in memory", file->path);
    H5Pclose(access);
    H5Pclose(creation);
    return status;
}

ambit_status ambit_memory_file_create(const char *path, ambit_memory_file **file) {
    *file = NULL;
    ambit_memory_file *f;
    AMBIT_TRY(ambit_allocate(&f, 1, sizeof *f, path));
    f->id = -1;
    ambit_status status = ambit_allocate(&f->path, strlen(path) + 1, 1, path);
    if (status == AMBIT_OK) {
        memcpy(f->path, path, strlen(path));
        status = begin(f);
    }
    if (status == AMBIT_OK)
        *file = f;
    else
        ambit_memory_file_drop(f);
    return status;
}

hid_t ambit_memory_file_id(const ambit_memory_file *file) {
    return file->id;
}

ambit_status ambit_memory_file_write(ambit_memory_file *file) {
    ambit_status status = AMBIT_OK;
    herr_t closed = H5Fclose(file->id);
    file->id = -1;
    if (closed < 0 || !file->bytes)
        status = ambit_fail_hdf5(AMBIT_SYSTEM, "%s: cannot be completed in memory", file->path);
    else
        status = ambit_write_file(file->path, file->bytes, length_of(file->bytes));
    ambit_memory_file_drop(file);
    return status;
}

void ambit_memory_file_drop(ambit_memory_file *file) {
    if (!file)
        return;
    if (file->id >= 0)
        H5Fclose(file->id);
    free(file->bytes);
    free(file->path);
    free(file);
}
