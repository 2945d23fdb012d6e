/* HDF5 files that are made in memory and written in one piece.
 *
 * HDF5 1.10 cannot be trusted with a disk that may fill: when closing a file fails it keeps a
 * handle to memory it has freed, and crashes when the program ends. So new files grow in memory
 * (its core driver), where nothing fails but memory itself, and their bytes are written by our own
 * code, which knows what failed and why, and leaves whole files or none.
 *
 * For datasets/ and mpi/checkpoint_*.c alone. Not collective.
 */
#ifndef AMBIT_DATASETS_MEMORY_FILE_H
#define AMBIT_DATASETS_MEMORY_FILE_H

#include "../core/base/status.h"

#include <hdf5.h>
#include <stdint.h>

typedef struct ambit_memory_file ambit_memory_file;

/* A new file, to be written to `path` (copied). */
ambit_status ambit_memory_file_create(const char *path, ambit_memory_file **file);

/* A new file around flat arrays (ambit_hdf_create_flat()) of at least `least` bytes each, whose
 * contents others write: made after all else, they begin at multiples of `alignment`, one behind
 * the other, and take no memory. All that HDF5 itself reads lies before the first of them. */
ambit_status ambit_memory_file_create_around(const char *path, int64_t alignment, int64_t least,
                                             ambit_memory_file **file);

/* The handle to write through; closed by the functions below. */
hid_t ambit_memory_file_id(const ambit_memory_file *file);

/* Closes the file and writes it, whole and flushed to disk, or not at all. Always frees it. */
ambit_status ambit_memory_file_write(ambit_memory_file *file);

/* Closes the file without writing it: *bytes[*size] are what was written through the handle, for
 * the caller to write; the file's until it is dropped. */
ambit_status ambit_memory_file_finish(ambit_memory_file *file, const uint8_t **bytes,
                                      int64_t *size);

/* Frees it unwritten; NULL is allowed. */
void ambit_memory_file_drop(ambit_memory_file *file);

#endif
