#include "hdf_edits.h"

#include "fuzz.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OBJECTS = 256, NAME_SIZE = 128, MOST_EDITS = 16, MOST_ROWS = 4096 };

typedef struct {
    uint8_t what, object;
    uint16_t index;
    int64_t value;
} edit;

enum { EDIT_SIZE = 12 };

typedef struct {
    int count;
    char names[MOST_OBJECTS][NAME_SIZE];
} listing;

static herr_t list_object(hid_t root, const char *name, const H5O_info_t *about, void *context) {
    listing *objects = context;
    (void)root, (void)about;
    if (objects->count < MOST_OBJECTS)
        snprintf(objects->names[objects->count++], NAME_SIZE, "%s", name);
    return 0;
}

static hid_t open_file(const char *path) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
    H5Pclose(access);
    FUZZ_REQUIRE(file >= 0);
    return file;
}

/* ---- values ---- */

/* The type in which `value` is handed over to be stored as `type`: whole numbers and floating point
 * ones from the same 64 bits, texts of those eight bytes. */
static hid_t memory_type(hid_t type) {
    const H5T_class_t kind = H5Tget_class(type);
    hid_t memory = H5Tcopy(kind == H5T_FLOAT    ? H5T_NATIVE_DOUBLE
                           : kind == H5T_STRING ? H5T_C_S1
                                                : H5T_NATIVE_INT64);
    if (kind == H5T_STRING)
        H5Tset_size(memory, sizeof(int64_t));
    return memory;
}

/* All elements of the index-th attribute become the value. */
static void set_attribute(hid_t object, const edit *e) {
    const int count = H5Aget_num_attrs(object);
    if (count <= 0)
        return;
    hid_t attribute = H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC,
                                     (hsize_t)(e->index % count), H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Aget_space(attribute), type = H5Aget_type(attribute);
    hid_t memory = memory_type(type);
    const hssize_t points = H5Sget_simple_extent_npoints(space);
    int64_t *values = malloc((size_t)(points + 1) * sizeof *values);
    FUZZ_REQUIRE(values);
    for (hssize_t i = 0; i < points; i++)
        values[i] = e->value;
    H5Awrite(attribute, memory, values);
    free(values);
    H5Tclose(memory);
    H5Tclose(type);
    H5Sclose(space);
    H5Aclose(attribute);
}

static void set_element(hid_t set, uint64_t index, int64_t value) {
    hsize_t dims[H5S_MAX_RANK], at[H5S_MAX_RANK];
    hid_t space = H5Dget_space(set), type = H5Dget_type(set), memory = memory_type(type);
    const int rank = H5Sget_simple_extent_dims(space, dims, NULL);
    const hssize_t points = H5Sget_simple_extent_npoints(space);
    if (points > 0 && rank > 0) {
        index %= (uint64_t)points;
        for (int d = rank - 1; d >= 0; index /= dims[d], d--)
            at[d] = index % dims[d];
        hid_t one = H5Screate(H5S_SCALAR);
        H5Sselect_elements(space, H5S_SELECT_SET, 1, at);
        H5Dwrite(set, memory, one, space, H5P_DEFAULT, &value);
        H5Sclose(one);
    }
    H5Tclose(memory);
    H5Tclose(type);
    H5Sclose(space);
}

void fuzz_set_element(const char *path, const char *set, uint64_t index, int64_t value) {
    hid_t file = open_file(path), array = H5Dopen2(file, set, H5P_DEFAULT);
    if (array >= 0) {
        set_element(array, index, value);
        H5Dclose(array);
    }
    H5Fclose(file);
}

/* ---- kinds of edits ---- */

static void edit_attribute(hid_t file, const char *name, const edit *e) {
    hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    set_attribute(object, e);
    H5Oclose(object);
}

static void edit_element(hid_t file, const char *name, const edit *e) {
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    if (set < 0)
        return;
    set_element(set, e->index, e->value);
    H5Dclose(set);
}

/* Adds or takes away rows. */
static void edit_extent(hid_t file, const char *name, const edit *e) {
    hsize_t dims[H5S_MAX_RANK];
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = set < 0 ? -1 : H5Dget_space(set);
    if (set < 0)
        return;
    if (H5Sget_simple_extent_dims(space, dims, NULL) > 0) {
        dims[0] = (hsize_t)((uint64_t)e->value % MOST_ROWS);
        H5Dset_extent(set, dims);
    }
    H5Sclose(space);
    H5Dclose(set);
}

static void edit_link(hid_t file, const char *name, const edit *e) {
    if (H5Ldelete(file, name, H5P_DEFAULT) < 0)
        return;
    switch (e->index % 4) {
    case 0:
        break;
    case 1:
        H5Lcreate_soft("/", file, name, H5P_DEFAULT, H5P_DEFAULT);
        break;
    case 2:
        H5Lcreate_external("shard-00001.h5", "/", file, name, H5P_DEFAULT, H5P_DEFAULT);
        break;
    default:
        H5Lcreate_hard(file, "/", file, name, H5P_DEFAULT, H5P_DEFAULT);
    }
}

static void edit_bytes(const char *path, const edit *e) {
    FILE *file = fopen(path, "r+b");
    FUZZ_REQUIRE(file && fseek(file, 0, SEEK_END) == 0);
    const long at = (long)((uint64_t)e->value % (uint64_t)ftell(file));
    FUZZ_REQUIRE(fseek(file, at, SEEK_SET) == 0);
    const int byte = fgetc(file);
    FUZZ_REQUIRE(fseek(file, at, SEEK_SET) == 0);
    FUZZ_REQUIRE(fputc(byte ^ (e->index & 0xff), file) != EOF && fclose(file) == 0);
}

/* Every kind but edit_bytes(), which goes past HDF5. */
static void (*const kinds[])(hid_t file, const char *name, const edit *e) = {
    edit_attribute, edit_element, edit_extent, edit_link};
enum { KINDS = sizeof kinds / sizeof *kinds };

static edit read_edit(const uint8_t *bytes) {
    edit e = {.what = bytes[0], .object = bytes[1]};
    memcpy(&e.index, bytes + 2, sizeof e.index);
    memcpy(&e.value, bytes + 4, sizeof e.value);
    return e;
}

static size_t count_edits(size_t size) {
    return size / EDIT_SIZE < MOST_EDITS ? size / EDIT_SIZE : MOST_EDITS;
}

void fuzz_edit_hdf(const char *path, const uint8_t *edits, size_t size) {
    listing *objects = calloc(1, sizeof *objects);
    FUZZ_REQUIRE(objects);
    hid_t file = open_file(path);
    H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, list_object, objects, H5O_INFO_BASIC);
    for (size_t i = 0; i < count_edits(size); i++) {
        const edit e = read_edit(edits + i * EDIT_SIZE);
        const char *name = objects->names[e.object % objects->count];
        if (e.what % (KINDS + 1) < KINDS && H5Lexists(file, name, H5P_DEFAULT) > 0)
            kinds[e.what % (KINDS + 1)](file, name, &e);
    }
    H5Fclose(file);
    free(objects);
}

void fuzz_flip_bytes(const char *path, const uint8_t *edits, size_t size) {
    for (size_t i = 0; i < count_edits(size); i++) {
        const edit e = read_edit(edits + i * EDIT_SIZE);
        if (e.what % (KINDS + 1) == KINDS)
            edit_bytes(path, &e);
    }
}
