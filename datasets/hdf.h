/* The little of HDF5 that stores and checkpoints are made of: attributes, data sets whose rows are
 * steps, and flat arrays that ranks fill side by side.
 *
 * Every data set but those flat arrays is chunked by rows (about 64 KiB a chunk, at least one row)
 * and carries fletcher32 checksums; files are written in the format of HDF5 1.10, whose metadata
 * has checksums of its own, so a flipped bit is found wherever it falls. Nothing in a file depends
 * on the time.
 *
 * Reading trusts nothing: a link must be a hard link (others can lead into other files), a data set
 * must have the type, rank and extents asked for, lie in its own file, hold as much as its extents
 * promise in chunks of at most 16 MiB (or one row), and use no filters but fletcher32, deflate and
 * shuffle (others load code). Messages name file and object, and end in HDF5's own innermost words.
 * What the system refuses (files, memory, reading) is AMBIT_IO or AMBIT_SYSTEM, never damage.
 *
 * For datasets/ and mpi/checkpoint_*.c alone. Not collective. Handles are closed by the caller with
 * the H5?close that fits.
 */
#ifndef AMBIT_DATASETS_HDF_H
#define AMBIT_DATASETS_HDF_H

#include "field.h"

#include <hdf5.h>

typedef enum {
    AMBIT_HDF_F32,
    AMBIT_HDF_F64,
    AMBIT_HDF_I64,
    AMBIT_HDF_U64,
    AMBIT_HDF_U8,
    AMBIT_HDF_U16,
    AMBIT_HDF_I8, /* these three in checkpoints */
    AMBIT_HDF_I32,
    AMBIT_HDF_U32
} ambit_hdf_type;

enum { AMBIT_HDF_MAX_RANK = AMBIT_STORE_MAX_RANK + 1, AMBIT_HDF_CHUNK_BYTES = 64 * 1024 };

/* A failure about `name` in `parent` (NULL: parent itself): "FILE: /path/name: WHAT [HDF5: …]". */
ambit_status ambit_hdf_fail_at(ambit_status status, hid_t parent, const char *name,
                               const char *what);

/* An existing file, read-only. AMBIT_NO_INPUT where there is none. */
ambit_status ambit_hdf_open_file(const char *path, hid_t *file);

/* How files are opened and made: in formats of HDF5 1.10 (checksums in all metadata), without file
 * locks (many parallel file systems have none, and a store is never written and read at once), and
 * so that no handle outlives its file. The caller closes it with H5Pclose(). */
hid_t ambit_hdf_file_access(void);

ambit_status ambit_hdf_create_group(hid_t parent, const char *name, hid_t *group);
ambit_status ambit_hdf_open_group(hid_t parent, const char *name, hid_t *group);

/* Attributes: `count` numbers (a scalar where count is 1), or text of fixed length. Reading wants
 * exactly `count`, and text shorter than `size`. */
ambit_status ambit_hdf_write_numbers(hid_t object, const char *name, ambit_hdf_type type,
                                     int64_t count, const void *values);
ambit_status ambit_hdf_read_numbers(hid_t object, const char *name, ambit_hdf_type type,
                                    int64_t count, void *values);
ambit_status ambit_hdf_write_text(hid_t object, const char *name, const char *text);
ambit_status ambit_hdf_read_text(hid_t object, const char *name, char *text, size_t size);

/* Rows of about AMBIT_HDF_CHUNK_BYTES, at least one. */
int64_t ambit_hdf_chunk_rows(int64_t row_bytes);

/* An array [rows, shape…] that can grow by rows, `chunk_rows` a chunk; it starts with no rows. */
ambit_status ambit_hdf_create_array(hid_t parent, const char *name, ambit_hdf_type type,
                                    int64_t chunk_rows, int rank, const int64_t *shape,
                                    hid_t *array);
/* Adds rows after row `first`, the number of rows so far. */
ambit_status ambit_hdf_append(hid_t array, ambit_hdf_type type, int64_t first, int64_t count,
                              const void *values);
/* All at once. */
ambit_status ambit_hdf_write_array(hid_t parent, const char *name, ambit_hdf_type type, int rank,
                                   const int64_t *dims, const void *values);

/* Opens an array and checks it. dims[0] < 0 takes any number of rows and is set to it. At most
 * `cache_bytes` of chunks are kept (0: HDF5's default). */
ambit_status ambit_hdf_open_array(hid_t parent, const char *name, ambit_hdf_type type, int rank,
                                  int64_t *dims, int64_t cache_bytes, hid_t *array);
/* Rows [first, first + count) as `memory` numbers (converted from what the file holds). The caller
 * has checked the range. */
ambit_status ambit_hdf_read_rows(hid_t array, ambit_hdf_type memory, int64_t first, int64_t count,
                                 void *values);
/* All of an array of known dims into `values`. */
ambit_status ambit_hdf_read_array(hid_t parent, const char *name, ambit_hdf_type type, int rank,
                                  const int64_t *dims, void *values);
/* All of an array of rows of `shape` (rank 0: of single numbers), of *rows rows, or of any number
 * up to `most` where *rows is negative, which is set. *values (a pointer of the type) is malloced,
 * with a zero byte behind. */
ambit_status ambit_hdf_read_whole(hid_t parent, const char *name, ambit_hdf_type type, int rank,
                                  const int64_t *shape, int64_t most, int64_t *rows, void *values);

/* A flat array: `count` numbers in one piece, which others write and read at *place, its first byte
 * in the file. Made last in a file of ambit_memory_file_create_around(), it lies behind all else.
 * Finding checks it, its storage and its extents as ambit_hdf_open_array() does. */
ambit_status ambit_hdf_create_flat(hid_t parent, const char *name, ambit_hdf_type type,
                                   int64_t count, int64_t *place);
ambit_status ambit_hdf_find_flat(hid_t parent, const char *name, ambit_hdf_type type, int rank,
                                 int64_t *dims, int64_t *place);

#endif
