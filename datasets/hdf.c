#include "hdf.h"

#include "hdf5_error.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_COMPACT = 64 };

static const char damaged[] =
    "is damaged or was not written by Ambit; copy it again or make it anew";

/* ------------------------------------------------------------------------------- errors
 *
 * Any call of HDF5 clears the stack of errors of the one before, closing calls too: failures are
 * told first, then handles are closed. */

static ambit_status fail_refused(int error, const char *file, const char *place) {
    H5Eclear2(H5E_DEFAULT);
    return ambit_fail_errno(error == ENOMEM ? AMBIT_SYSTEM : AMBIT_IO, error,
                            "%s: %scannot be read", file, place);
}

ambit_status ambit_hdf_fail_at(ambit_status status, hid_t parent, const char *name,
                               const char *what) {
    char file[1024] = "", path[512] = "";
    hid_t reasons = H5Eget_current_stack(); /* any call of HDF5 would clear it */
    H5Fget_name(parent, file, sizeof file);
    H5Iget_name(parent, path, sizeof path);
    H5Eset_current_stack(reasons);
    char place[1024] = "";
    const char *parent_path = strcmp(path, "/") == 0 ? "" : path;
    if (name || *parent_path)
        snprintf(place, sizeof place, "%s%s%s: ", parent_path, name ? "/" : "", name ? name : "");
    const int refused = status == AMBIT_DATA ? ambit_hdf5_system_error() : 0;
    if (refused) /* nothing is known of the file then */
        return fail_refused(refused, file, place);
    if (H5Eget_num(H5E_DEFAULT) > 0)
        return ambit_fail_hdf5(status, "%s: %s%s", file, place, what);
    return ambit_fail(status, "%s: %s%s", file, place, what);
}

static ambit_status fail_damaged(hid_t parent, const char *name) {
    return ambit_hdf_fail_at(AMBIT_DATA, parent, name, damaged);
}

/* New files grow in memory, so a failed write means that this is used up. */
static ambit_status fail_write(hid_t object, const char *name) {
    return ambit_hdf_fail_at(AMBIT_SYSTEM, object, name,
                             "cannot be held in memory; use fewer episodes a shard, or fewer ranks "
                             "on this node");
}

/* ------------------------------------------------------------------------------- types */

static hid_t file_type(ambit_hdf_type type) {
    switch (type) {
    case AMBIT_HDF_F32:
        return H5T_IEEE_F32LE;
    case AMBIT_HDF_F64:
        return H5T_IEEE_F64LE;
    case AMBIT_HDF_I64:
        return H5T_STD_I64LE;
    case AMBIT_HDF_U64:
        return H5T_STD_U64LE;
    case AMBIT_HDF_U16:
        return H5T_STD_U16LE;
    case AMBIT_HDF_I8:
        return H5T_STD_I8LE;
    case AMBIT_HDF_I32:
        return H5T_STD_I32LE;
    case AMBIT_HDF_U32:
        return H5T_STD_U32LE;
    default:
        return H5T_STD_U8LE;
    }
}

static hid_t memory_type(ambit_hdf_type type) {
    switch (type) {
    case AMBIT_HDF_F32:
        return H5T_NATIVE_FLOAT;
    case AMBIT_HDF_F64:
        return H5T_NATIVE_DOUBLE;
    case AMBIT_HDF_I64:
        return H5T_NATIVE_INT64;
    case AMBIT_HDF_U64:
        return H5T_NATIVE_UINT64;
    case AMBIT_HDF_U16:
        return H5T_NATIVE_UINT16;
    case AMBIT_HDF_I8:
        return H5T_NATIVE_INT8;
    case AMBIT_HDF_I32:
        return H5T_NATIVE_INT32;
    case AMBIT_HDF_U32:
        return H5T_NATIVE_UINT32;
    default:
        return H5T_NATIVE_UINT8;
    }
}

static int64_t type_size(ambit_hdf_type type) {
    static const int64_t sizes[] = {4, 8, 8, 8, 1, 2, 1, 4, 4};
    return sizes[type];
}

/* ------------------------------------------------------------------------------- files */

hid_t ambit_hdf_file_access(void) {
    ambit_hdf5_quiet();
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    H5Pset_file_locking(access, 0, 1);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    return access;
}

/* Whether the system lets the file be opened and read: HDF5 does not tell what it refused from
 * damage. */
static ambit_status check_readable(const char *path) {
    struct stat about;
    char byte;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* of a pipe it would wait */
    if (file < 0 || fstat(file, &about) != 0) {
        ambit_status status = ambit_fail_errno(AMBIT_IO, errno, "%s: cannot be opened", path);
        if (file >= 0)
            close(file);
        return status;
    }
    ambit_status status = AMBIT_OK;
    if (!S_ISREG(about.st_mode))
        status = ambit_fail(AMBIT_DATA, "%s: is not a regular file; name another one", path);
    else if (about.st_size == 0)
        status = ambit_fail(AMBIT_DATA, "%s: is empty; copy it again or make it anew", path);
    else if (pread(file, &byte, 1, 0) < 0)
        status = ambit_fail_errno(AMBIT_IO, errno, "%s: cannot be read", path);
    close(file);
    return status;
}

ambit_status ambit_hdf_open_file(const char *path, hid_t *file) {
    AMBIT_TRY(check_readable(path));
    hid_t access = ambit_hdf_file_access();
    *file = H5Fopen(path, H5F_ACC_RDONLY, access);
    ambit_status status = AMBIT_OK;
    const int refused = *file < 0 ? ambit_hdf5_system_error() : 0;
    if (refused)
        status = fail_refused(refused, path, "");
    else if (*file < 0)
        status = ambit_fail_hdf5(AMBIT_DATA, "%s: %s", path, damaged);
    H5Pclose(access);
    return status;
}

/* ------------------------------------------------------------------------------- groups */

ambit_status ambit_hdf_create_group(hid_t parent, const char *name, hid_t *group) {
    hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(creation, 0);
    H5Pset_attr_phase_change(creation, MOST_COMPACT,
                             0); /* in one place, not in a heap and a tree */
    *group = H5Gcreate2(parent, name, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Pclose(creation);
    return *group < 0 ? fail_write(parent, name) : AMBIT_OK;
}

/* Soft, external and user-defined links lead elsewhere; only hard links are followed. */
static ambit_status check_link(hid_t parent, const char *name) {
    H5L_info_t link;
    if (H5Lget_info(parent, name, &link, H5P_DEFAULT) < 0)
        return ambit_hdf_fail_at(AMBIT_DATA, parent, name,
                                 "is missing: the file is damaged or was not written by Ambit; "
                                 "copy it again or make it anew");
    if (link.type != H5L_TYPE_HARD)
        return ambit_hdf_fail_at(AMBIT_DATA, parent, name,
                                 "is a link to another place, which Ambit never writes; do not "
                                 "trust this file, make it anew");
    return AMBIT_OK;
}

ambit_status ambit_hdf_open_group(hid_t parent, const char *name, hid_t *group) {
    AMBIT_TRY(check_link(parent, name));
    *group = H5Gopen2(parent, name, H5P_DEFAULT);
    return *group < 0 ? fail_damaged(parent, name) : AMBIT_OK;
}

/* ------------------------------------------------------------------------------- attributes */

static ambit_status write_attribute(hid_t object, const char *name, hid_t stored, hid_t memory,
                                    hid_t space, const void *values) {
    hid_t attribute = H5Acreate2(object, name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t written = attribute < 0 ? -1 : H5Awrite(attribute, memory, values);
    if (attribute >= 0)
        H5Aclose(attribute);
    return written < 0 ? fail_write(object, name) : AMBIT_OK;
}

ambit_status ambit_hdf_write_numbers(hid_t object, const char *name, ambit_hdf_type type,
                                     int64_t count, const void *values) {
    hsize_t extent = (hsize_t)count;
    hid_t space = count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, NULL);
    ambit_status status =
        write_attribute(object, name, file_type(type), memory_type(type), space, values);
    H5Sclose(space);
    return status;
}

static hid_t text_type(size_t size) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

ambit_status ambit_hdf_write_text(hid_t object, const char *name, const char *text) {
    size_t length = strlen(text);
    hid_t space = H5Screate(H5S_SCALAR), type = text_type(length ? length : 1);
    ambit_status status = write_attribute(object, name, type, type, space, text);
    H5Tclose(type);
    H5Sclose(space);
    return status;
}

/* Opens the attribute only where it holds `count` values of `type`. */
static ambit_status open_attribute(hid_t object, const char *name, int64_t count,
                                   hid_t *attribute) {
    if (H5Aexists(object, name) <= 0)
        return ambit_hdf_fail_at(AMBIT_DATA, object, name,
                                 "attribute is missing: the file is damaged or was not written by "
                                 "Ambit; copy it again or make it anew");
    *attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (*attribute < 0)
        return fail_damaged(object, name);
    hid_t space = H5Aget_space(*attribute);
    hssize_t there = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    if (there == count)
        return AMBIT_OK;
    H5Aclose(*attribute);
    return fail_damaged(object, name);
}

ambit_status ambit_hdf_read_numbers(hid_t object, const char *name, ambit_hdf_type type,
                                    int64_t count, void *values) {
    hid_t attribute = -1;
    AMBIT_TRY(open_attribute(object, name, count, &attribute));
    hid_t stored = H5Aget_type(attribute);
    int fine =
        H5Tequal(stored, file_type(type)) > 0 && H5Aread(attribute, memory_type(type), values) >= 0;
    H5Tclose(stored);
    H5Aclose(attribute);
    return fine ? AMBIT_OK : fail_damaged(object, name);
}

ambit_status ambit_hdf_read_text(hid_t object, const char *name, char *text, size_t size) {
    hid_t attribute = -1;
    AMBIT_TRY(open_attribute(object, name, 1, &attribute));
    hid_t stored = H5Aget_type(attribute);
    int fine = H5Tget_class(stored) == H5T_STRING && H5Tis_variable_str(stored) == 0 &&
               H5Tget_size(stored) < size;
    if (fine) {
        hid_t memory = text_type(size - 1);
        H5Tset_strpad(memory, H5T_STR_NULLPAD);
        memset(text, 0, size);
        H5Tset_cset(memory, H5Tget_cset(stored));
        fine = H5Aread(attribute, memory, text) >= 0;
        H5Tclose(memory);
    }
    H5Tclose(stored);
    H5Aclose(attribute);
    return fine ? AMBIT_OK : fail_damaged(object, name);
}

/* ------------------------------------------------------------------------------- arrays */

int64_t ambit_hdf_chunk_rows(int64_t row_bytes) {
    return row_bytes < AMBIT_HDF_CHUNK_BYTES ? AMBIT_HDF_CHUNK_BYTES / row_bytes : 1;
}

ambit_status ambit_hdf_create_array(hid_t parent, const char *name, ambit_hdf_type type,
                                    int64_t chunk_rows, int rank, const int64_t *shape,
                                    hid_t *array) {
    hsize_t dims[AMBIT_HDF_MAX_RANK] = {0}, limits[AMBIT_HDF_MAX_RANK] = {H5S_UNLIMITED},
            chunk[AMBIT_HDF_MAX_RANK] = {(hsize_t)chunk_rows};
    for (int d = 1; d <= rank; d++)
        dims[d] = limits[d] = chunk[d] = (hsize_t)shape[d - 1];
    hid_t space = H5Screate_simple(rank + 1, dims, limits);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, rank + 1, chunk);
    H5Pset_fletcher32(creation);
    H5Pset_obj_track_times(creation, 0);
    *array = H5Dcreate2(parent, name, file_type(type), space, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Pclose(creation);
    H5Sclose(space);
    return *array < 0 ? fail_write(parent, name) : AMBIT_OK;
}

/* The file's and the memory's selection of rows [first, first + count). */
static ambit_status select_rows(hid_t array, int64_t first, int64_t count, hid_t *file,
                                hid_t *memory) {
    hsize_t dims[AMBIT_HDF_MAX_RANK], start[AMBIT_HDF_MAX_RANK] = {(hsize_t)first};
    *file = H5Dget_space(array);
    int rank = H5Sget_simple_extent_dims(*file, dims, NULL);
    if (rank < 1)
        return fail_damaged(array, NULL);
    dims[0] = (hsize_t)count;
    H5Sselect_hyperslab(*file, H5S_SELECT_SET, start, NULL, dims, NULL);
    *memory = H5Screate_simple(rank, dims, NULL);
    return AMBIT_OK;
}

static ambit_status grow(hid_t array, int64_t rows) {
    hsize_t dims[AMBIT_HDF_MAX_RANK];
    hid_t space = H5Dget_space(array);
    H5Sget_simple_extent_dims(space, dims, NULL);
    H5Sclose(space);
    dims[0] = (hsize_t)rows;
    return H5Dset_extent(array, dims) < 0 ? fail_write(array, NULL) : AMBIT_OK;
}

ambit_status ambit_hdf_append(hid_t array, ambit_hdf_type type, int64_t first, int64_t count,
                              const void *values) {
    hid_t file = -1, memory = -1;
    if (count == 0)
        return AMBIT_OK;
    AMBIT_TRY(grow(array, first + count));
    AMBIT_TRY(select_rows(array, first, count, &file, &memory));
    ambit_status status = AMBIT_OK;
    if (H5Dwrite(array, memory_type(type), memory, file, H5P_DEFAULT, values) < 0)
        status = fail_write(array, NULL);
    H5Sclose(memory);
    H5Sclose(file);
    return status;
}

ambit_status ambit_hdf_write_array(hid_t parent, const char *name, ambit_hdf_type type, int rank,
                                   const int64_t *dims, const void *values) {
    int64_t row = type_size(type), rows = dims[0] > 0 ? dims[0] : 1;
    for (int d = 1; d < rank; d++)
        row *= dims[d];
    /* as few chunks as hold it, and those as full as can be */
    int64_t chunk = ambit_hdf_chunk_rows(row), chunks = (rows + chunk - 1) / chunk;
    hid_t array;
    AMBIT_TRY(ambit_hdf_create_array(parent, name, type, (rows + chunks - 1) / chunks, rank - 1,
                                     dims + 1, &array));
    ambit_status status = ambit_hdf_append(array, type, 0, dims[0], values);
    H5Dclose(array);
    return status;
}

static ambit_status check_storage(hid_t array, H5D_layout_t layout) {
    hid_t creation = H5Dget_create_plist(array);
    int fine = H5Pget_layout(creation) == layout && H5Pget_external_count(creation) == 0;
    int filters = fine ? H5Pget_nfilters(creation) : 0;
    for (int f = 0; f < filters; f++) {
        unsigned flags, settings;
        size_t none = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(creation, (unsigned)f, &flags, &none, NULL, 0, NULL, &settings);
        fine = fine && (filter == H5Z_FILTER_FLETCHER32 || filter == H5Z_FILTER_DEFLATE ||
                        filter == H5Z_FILTER_SHUFFLE);
    }
    H5Pclose(creation);
    if (fine)
        return AMBIT_OK;
    return ambit_hdf_fail_at(AMBIT_DATA, array, NULL,
                             "is not stored in its own file as Ambit writes it, or uses a filter "
                             "other than fletcher32, deflate and shuffle; do not trust this file, "
                             "make it anew");
}

static ambit_status check_extents(hid_t array, int rank, int64_t *dims) {
    hsize_t there[AMBIT_HDF_MAX_RANK] = {0};
    hid_t space = H5Dget_space(array);
    int rank_there = H5Sget_simple_extent_ndims(space);
    int fine = rank_there == rank && H5Sget_simple_extent_dims(space, there, NULL) == rank &&
               there[0] <= INT64_MAX;
    H5Sclose(space);
    if (fine && dims[0] < 0)
        dims[0] = (int64_t)there[0];
    char what[256];
    for (int d = 0; d < rank; d++) {
        if (fine && (hsize_t)dims[d] == there[d])
            continue;
        snprintf(what, sizeof what,
                 "has rank %d and extent %" PRIuHSIZE " in dimension %d where rank %d and "
                 "%" PRId64 " are promised; copy the file again or make it anew",
                 rank_there, there[d], d, rank, dims[d]);
        return ambit_hdf_fail_at(AMBIT_DATA, array, NULL, what);
    }
    return AMBIT_OK;
}

/* Rows of so many bytes that so many stored bytes can hold; deflate makes 1,032 of one at most, as
 * zlib's manual has it. */
static int64_t most_rows(int compressed, int64_t stored, int64_t row) {
    return compressed && stored > 0 ? (stored / row + 1) * 1032 : stored / row;
}

/* What is in memory of a chunk at once, and what an extent promises, must be in proportion to the
 * file: a header alone must not make a reader ask for gigabytes. `array` is chunked. */
static ambit_status check_sizes(hid_t array, ambit_hdf_type type, int rank, const int64_t *dims) {
    static const int64_t most_bytes = 16 << 20;
    hid_t creation = H5Dget_create_plist(array), file = H5Iget_file_id(array);
    hsize_t chunk[AMBIT_HDF_MAX_RANK] = {0}, file_size = 0;
    int fine = H5Pget_chunk(creation, AMBIT_HDF_MAX_RANK, chunk) == rank;
    const int compressed = H5Pget_nfilters(creation) > 1; /* one is fletcher32 */
    int64_t row = type_size(type);
    for (int d = 1; d < rank; d++) {
        fine = fine && chunk[d] == (hsize_t)dims[d];
        row *= dims[d];
    }
    H5Fget_filesize(file, &file_size);
    H5Fclose(file);
    H5Pclose(creation);
    /* last: it is 0 where it fails, which the stack of errors then tells */
    const int64_t stored = (int64_t)H5Dget_storage_size(array);
    fine = fine && chunk[0] <= (hsize_t)(row < most_bytes ? most_bytes / row : 1) &&
           stored <= (int64_t)file_size && dims[0] <= most_rows(compressed, stored, row);
    if (fine)
        return AMBIT_OK;
    char what[256];
    snprintf(what, sizeof what,
             "promises %" PRId64 " rows of %" PRId64 " bytes in chunks of %" PRIuHSIZE
             " rows, and stores %" PRId64 " bytes in a file of %" PRIuHSIZE
             "; copy the file again or make it anew",
             dims[0], row, chunk[0], stored, file_size);
    return ambit_hdf_fail_at(AMBIT_DATA, array, NULL, what);
}

static ambit_status check_type(hid_t array, ambit_hdf_type type) {
    hid_t stored = H5Dget_type(array);
    htri_t same = H5Tequal(stored, file_type(type));
    H5Tclose(stored);
    if (same > 0)
        return AMBIT_OK;
    return ambit_hdf_fail_at(AMBIT_DATA, array, NULL,
                             "has another number type than it should; copy the file again or make "
                             "it anew");
}

static ambit_status open_with_cache(hid_t parent, const char *name, int64_t cache_bytes,
                                    hid_t *array) {
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    if (cache_bytes >
        0) /* 1009: a prime well above the number of chunks, as HDF5's manual advises */
        H5Pset_chunk_cache(access, 1009, (size_t)cache_bytes, 0.75);
    *array = H5Dopen2(parent, name, access);
    ambit_status status = *array < 0 ? fail_damaged(parent, name) : AMBIT_OK;
    H5Pclose(access);
    return status;
}

static ambit_status open_checked(hid_t parent, const char *name, ambit_hdf_type type,
                                 H5D_layout_t layout, int rank, int64_t *dims, int64_t cache_bytes,
                                 hid_t *array) {
    AMBIT_TRY(check_link(parent, name));
    AMBIT_TRY(open_with_cache(parent, name, cache_bytes, array));
    ambit_status status = check_storage(*array, layout);
    if (status == AMBIT_OK)
        status = check_type(*array, type);
    if (status == AMBIT_OK)
        status = check_extents(*array, rank, dims);
    if (status == AMBIT_OK && layout == H5D_CHUNKED)
        status = check_sizes(*array, type, rank, dims);
    if (status != AMBIT_OK) {
        H5Dclose(*array);
        *array = -1;
    }
    return status;
}

ambit_status ambit_hdf_open_array(hid_t parent, const char *name, ambit_hdf_type type, int rank,
                                  int64_t *dims, int64_t cache_bytes, hid_t *array) {
    return open_checked(parent, name, type, H5D_CHUNKED, rank, dims, cache_bytes, array);
}

ambit_status ambit_hdf_read_rows(hid_t array, ambit_hdf_type memory_kind, int64_t first,
                                 int64_t count, void *values) {
    hid_t file = -1, memory = -1;
    if (count == 0)
        return AMBIT_OK;
    AMBIT_TRY(select_rows(array, first, count, &file, &memory));
    ambit_status status = AMBIT_OK;
    if (H5Dread(array, memory_type(memory_kind), memory, file, H5P_DEFAULT, values) < 0)
        status = fail_damaged(array, NULL);
    H5Sclose(memory);
    H5Sclose(file);
    return status;
}

ambit_status ambit_hdf_read_array(hid_t parent, const char *name, ambit_hdf_type type, int rank,
                                  const int64_t *dims, void *values) {
    hid_t array;
    int64_t wanted[AMBIT_HDF_MAX_RANK];
    memcpy(wanted, dims, sizeof *dims * (size_t)rank);
    AMBIT_TRY(ambit_hdf_open_array(parent, name, type, rank, wanted, 0, &array));
    ambit_status status = ambit_hdf_read_rows(array, type, 0, dims[0], values);
    H5Dclose(array);
    return status;
}

ambit_status ambit_hdf_read_whole(hid_t parent, const char *name, ambit_hdf_type type, int rank,
                                  const int64_t *shape, int64_t most, int64_t *rows, void *values) {
    hid_t array;
    void *memory = NULL;
    int64_t dims[AMBIT_HDF_MAX_RANK] = {*rows}, row = type_size(type);
    for (int d = 1; d <= rank; d++)
        row *= dims[d] = shape[d - 1];
    AMBIT_TRY(ambit_hdf_open_array(parent, name, type, rank + 1, dims, 0, &array));
    ambit_status status =
        dims[0] > most ? ambit_hdf_fail_at(AMBIT_DATA, array, NULL, damaged) : AMBIT_OK;
    if (status == AMBIT_OK)
        status = ambit_allocate(&memory, (size_t)(dims[0] * row) + 1, 1, name);
    if (status == AMBIT_OK)
        status = ambit_hdf_read_rows(array, type, 0, dims[0], memory);
    H5Dclose(array);
    if (status != AMBIT_OK) {
        free(memory);
        memory = NULL;
    }
    *rows = status == AMBIT_OK ? dims[0] : 0;
    memcpy(values, &memory, sizeof memory);
    return status;
}

/* ------------------------------------------------------------------------------- flat arrays */

ambit_status ambit_hdf_create_flat(hid_t parent, const char *name, ambit_hdf_type type,
                                   int64_t count, int64_t *place) {
    const hsize_t extent = (hsize_t)count;
    hid_t space = H5Screate_simple(1, &extent, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
    H5Pset_obj_track_times(creation, 0);
    hid_t array =
        H5Dcreate2(parent, name, file_type(type), space, H5P_DEFAULT, creation, H5P_DEFAULT);
    haddr_t at = array < 0 ? HADDR_UNDEF : H5Dget_offset(array);
    ambit_status status = at == HADDR_UNDEF ? fail_write(parent, name) : AMBIT_OK;
    if (array >= 0)
        H5Dclose(array);
    H5Pclose(creation);
    H5Sclose(space);
    *place = (int64_t)at;
    return status;
}

ambit_status ambit_hdf_find_flat(hid_t parent, const char *name, ambit_hdf_type type, int rank,
                                 int64_t *dims, int64_t *place) {
    hid_t array;
    AMBIT_TRY(open_checked(parent, name, type, H5D_CONTIGUOUS, rank, dims, 0, &array));
    haddr_t at = H5Dget_offset(array);
    ambit_status status = at > INT64_MAX ? fail_damaged(parent, name) : AMBIT_OK;
    H5Dclose(array);
    *place = (int64_t)at;
    return status;
}
