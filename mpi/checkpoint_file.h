/* The file of a checkpoint as a whole: its layout, writing, reading. Internal to checkpoint*.c; the
 * format is in checkpoint.h.
 */
#ifndef AMBIT_MPI_CHECKPOINT_FILE_H
#define AMBIT_MPI_CHECKPOINT_FILE_H

#include "checkpoint.h"
#include "checkpoint_blocks.h"

enum {
    AMBIT_CHECKPOINT_VERSION = 3,
    AMBIT_CHECKPOINT_ARRAYS = 4,
    AMBIT_CHECKPOINT_AVERAGE = 1 /* which of the arrays */
};

/* "parameters", "average", "first", "second": the names of the arrays, in order. */
extern const char *const ambit_checkpoint_array_names[AMBIT_CHECKPOINT_ARRAYS];

/* A file that is open for reading. */
typedef struct {
    ambit_blocks blocks;
    int64_t count;                           /* elements of each array */
    int64_t places[AMBIT_CHECKPOINT_ARRAYS]; /* where in the file each begins */
    int64_t sums; /* before version 3: where the checksums of the arrays are */
} ambit_checkpoint_file;

/* Collective. Writes the whole file, synced to disk, reads it back and checks it. After a failure
 * there may be a part of it. */
ambit_status ambit_checkpoint_file_write(const ambit_ranks *ranks, const char *path,
                                         const ambit_checkpoint *checkpoint,
                                         ambit_exchange *exchange);

/* Opens a file, checks what HDF5 is to read of it, and reads the description, whose sizes all fit
 * each other. AMBIT_DATA where it is damaged; AMBIT_UNAVAILABLE where a newer version wrote it. */
ambit_status ambit_checkpoint_file_open(const char *path, ambit_checkpoint_file *file,
                                        ambit_checkpoint *checkpoint);
void ambit_checkpoint_file_close(ambit_checkpoint_file *file);

/* Reads [first, first + count) of an array, first at a block's beginning, and checks it. */
ambit_status ambit_checkpoint_file_read(const ambit_checkpoint_file *file, int which, int64_t first,
                                        int64_t count, float *values);

/* Opens a file and reads this rank's moments, its share of its node's parameters and averages, and
 * the description, which must fit `now` (NULL: is not asked). Not collective. */
ambit_status ambit_checkpoint_file_restore(const char *path, const ambit_checkpoint *now,
                                           ambit_exchange *exchange, ambit_checkpoint *checkpoint);

/* AMBIT_OK where the file has its full length and what HDF5 reads of it is undamaged. */
ambit_status ambit_checkpoint_file_glance(const char *path);

#endif
