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
    size_t size;    /* of the memory: up to the end of what was written, and no flat array */
};

enum {
    GROWTH = 1 << 20,
    METADATA = 1 << 18, /* of a file around arrays: more than is needed, so that all of it */
    OBJECTS = 256       /* lies together; likewise, where each object is aligned */
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
    ambit_memory_file *owner = file;
    uint8_t *grown = realloc(bytes, size);
    (void)operation;
    if (!grown)
        return NULL;
    if (size > owner->size) /* what is written depends on the file's contents alone */
        memset(grown + owner->size, 0, size - owner->size);
    owner->size = size;
    return grown;
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

/* Where HDF5 puts flat arrays, and keeps everything else from among them. */
static void set_places(hid_t access, int64_t alignment, int64_t least) {
    const int small = least < alignment; /* then HDF5 aligns other objects too */
    H5Pset_fapl_core(access, (size_t)alignment, 0);
    H5Pset_alignment(access, (hsize_t)(small ? least : alignment), (hsize_t)alignment);
    H5Pset_meta_block_size(access, (hsize_t)(small ? OBJECTS * alignment : METADATA));
    H5Pset_small_data_block_size(access, 0);
}

static ambit_status begin(ambit_memory_file *file, int64_t alignment, int64_t least) {
    H5FD_file_image_callbacks_t callbacks = {.image_realloc = resize,
                                             .image_free = take_back,
                                             .udata_copy = same,
                                             .udata_free = nothing,
                                             .udata = file};
    hid_t access = ambit_hdf_file_access(), creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_obj_track_times(creation, 0); /* of the root group */
    if (alignment > 0)
        set_places(access, alignment, least);
    else
        H5Pset_fapl_core(access, GROWTH, 0);
    H5Pset_file_image_callbacks(access, &callbacks);
    file->id = H5Fcreate(file->path, H5F_ACC_TRUNC, creation, access);
    ambit_status status = AMBIT_OK;
    if (file->id < 0)
        status = ambit_fail_hdf5(AMBIT_SYSTEM, "%s: cannot be begun in memory", file->path);
    H5Pclose(access);
    H5Pclose(creation);
    return status;
}

ambit_status ambit_memory_file_create_around(const char *path, int64_t alignment, int64_t least,
                                             ambit_memory_file **file) {
    *file = NULL;
    ambit_memory_file *f;
    AMBIT_TRY(ambit_allocate(&f, 1, sizeof *f, path));
    f->id = -1;
    ambit_status status = ambit_allocate(&f->path, strlen(path) + 1, 1, path);
    if (status == AMBIT_OK) {
        memcpy(f->path, path, strlen(path));
        status = begin(f, alignment, least);
    }
    if (status == AMBIT_OK)
        *file = f;
    else
        ambit_memory_file_drop(f);
    return status;
}

ambit_status ambit_memory_file_create(const char *path, ambit_memory_file **file) {
    return ambit_memory_file_create_around(path, 0, 0, file);
}

hid_t ambit_memory_file_id(const ambit_memory_file *file) {
    return file->id;
}

ambit_status ambit_memory_file_finish(ambit_memory_file *file, const uint8_t **bytes,
                                      int64_t *size) {
    herr_t closed = H5Fclose(file->id);
    file->id = -1;
    *bytes = NULL;
    *size = 0;
    if (closed < 0 || !file->bytes)
        return ambit_fail_hdf5(AMBIT_SYSTEM, "%s: cannot be completed in memory", file->path);
    *bytes = file->bytes;
    *size = (int64_t)file->size;
    return AMBIT_OK;
}

ambit_status ambit_memory_file_write(ambit_memory_file *file) {
    const uint8_t *bytes;
    int64_t size;
    ambit_status status = ambit_memory_file_finish(file, &bytes, &size);
    if (status == AMBIT_OK)
        status = ambit_write_file(file->path, bytes, length_of(bytes));
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
