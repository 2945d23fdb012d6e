/* Checkpoints: RUN/checkpoints/step-00005000.h5, and the link `last`.
 *
 * A checkpoint holds flat arrays that know nothing of ranks, so a run goes on with any number of
 * them:
 *
 *     /parameters /average /first /second   float32 [count]     weights, their EMA, AdamW's moments
 *     /checksums                            uint32 [4, blocks]  CRC-32C of each 4,096 elements
 *     /configuration                        the resolved YAML
 *     /shape                                int64: ambit_sample_shape, member by member
 *     /observation_shift, _scale; /chunk_shift, _scale          float32: the normaliser
 *     attributes of /: ambit_checkpoint (version), step, seconds (of training), observation_limit,
 * chunk_limit
 *
 * That is version 2. Version 1 has no /shape: its runs knew no other condition than the state.
 *
 * Written by all ranks into a file with a temporary name, flushed and fsynced, read back and
 * compared with its checksums, renamed, and the folder fsynced; only then are older ones removed. A
 * job that dies at any moment leaves whole checkpoints, and at most one file *.partial.
 */
#ifndef AMBIT_MPI_CHECKPOINT_H
#define AMBIT_MPI_CHECKPOINT_H

#include "../datasets/mixture.h"
#include "exchange.h"

/* What a checkpoint says besides the arrays. */
typedef struct {
    int64_t step;
    double seconds;      /* of training so far */
    char *configuration; /* YAML text */
    ambit_sample_shape shape;
    ambit_normaliser normaliser;
} ambit_checkpoint;

/* Frees what a read allocated. */
void ambit_checkpoint_clear(ambit_checkpoint *checkpoint);

/* Collective. Writes RUN/checkpoints/step-….h5 and keeps the newest `keep`. */
ambit_status ambit_checkpoint_write(const ambit_ranks *ranks, const char *run,
                                    const ambit_checkpoint *checkpoint, ambit_exchange *exchange,
                                    int64_t keep);

/* Collective. Finds the newest checkpoint of the run that is whole and reads it into the exchange;
 * damaged ones are passed over and named in *warning (malloced, NULL if none; on rank 0). *found =
 * 0 when there is none at all; when there are some but all are damaged, that is an error. */
ambit_status ambit_checkpoint_resume(const ambit_ranks *ranks, const char *run,
                                     ambit_exchange *exchange, ambit_checkpoint *checkpoint,
                                     int *found, char **warning);

/* Not collective. Reads the description, and when `average` is not NULL the averaged weights
 * (malloced; *count of them) of one file. */
ambit_status ambit_checkpoint_read(const char *path, ambit_checkpoint *checkpoint, float **average,
                                   int64_t *count);

/* Path of the newest checkpoint of a run (what the link `last` points at), into path[size].
 * AMBIT_NO_INPUT if none. */
ambit_status ambit_checkpoint_last(const char *run, char *path, size_t size);

#endif
