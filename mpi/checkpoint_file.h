/* The file of a checkpoint: its layout, writing, reading. Internal to checkpoint*.c; the format is
 * in checkpoint.h.
 */
#ifndef AMBIT_MPI_CHECKPOINT_FILE_H
#define AMBIT_MPI_CHECKPOINT_FILE_H

#include "checkpoint.h"

enum {
    AMBIT_CHECKPOINT_VERSION = 2,
    AMBIT_CHECKPOINT_OLDEST = 1, /* version that can be read */
    AMBIT_CHECKPOINT_SIZES = sizeof(ambit_sample_shape) / sizeof(int64_t), /* of /shape */
    AMBIT_CHECKPOINT_ARRAYS = 4,
    AMBIT_CHECKPOINT_AVERAGE = 1,             /* which of the arrays */
    AMBIT_CHECKPOINT_BLOCK = AMBIT_NORM_BLOCK /* elements a checksum covers */
};

/* "parameters", "average", "first", "second": the names of the arrays, in order. */
extern const char *const ambit_checkpoint_array_names[AMBIT_CHECKPOINT_ARRAYS];

/* Where a rank's part of each array is in memory. */
typedef struct {
    int64_t first, count; /* elements of the whole */
    float *arrays[AMBIT_CHECKPOINT_ARRAYS];
} ambit_checkpoint_part;

ambit_checkpoint_part ambit_checkpoint_part_of(ambit_exchange *exchange);

/* The number of checksums that `count` elements have. */
int64_t ambit_checkpoint_blocks(int64_t count);

/* A checksum of all that is not an array, as files of that version have it. */
uint32_t ambit_checkpoint_sum(const ambit_checkpoint *checkpoint, int version);

/* Collective. Writes the whole file, synced to disk. After a failure there may be a part of it. */
ambit_status ambit_checkpoint_file_write(const ambit_ranks *ranks, const char *path,
                                         const ambit_checkpoint *checkpoint,
                                         ambit_exchange *exchange);

/* Compares what is on disk of a part with its checksums. Not collective. */
ambit_status ambit_checkpoint_file_verify(const char *path, const ambit_checkpoint_part *part);

/* Reads this rank's moments, its share of its node's parameters and averages, and the description.
 * Not collective. AMBIT_CONFIG where the file is of another network. */
ambit_status ambit_checkpoint_file_restore(const char *path, ambit_exchange *exchange,
                                           ambit_checkpoint *checkpoint);

#endif
