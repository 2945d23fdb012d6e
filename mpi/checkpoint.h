/* Checkpoints: RUN/checkpoints/step-00005000.h5, and the link `last` to the newest.
 *
 * A checkpoint holds flat arrays that know nothing of ranks, so a run goes on with any number of
 * them, and nothing of what the network is for. It is an HDF5 file:
 *
 *     /parameters, average, first, second   f32 [count]: weights, their EMA, AdamW's moments
 *     /tensors/name, name_ends              what these arrays consist of, in their order: names end
 *                                           to end (u8), and where each ends (i64)
 *     /tensors/shape                        i64 [tensors, 4], 0 past the tensor's rank
 *     /tensors/offset                       i64 [tensors]: its first element in each array
 *     /configuration                        u8: the resolved YAML
 *     /data_digests                         u64 [sources], in the order of the configuration
 *     /sample                               attributes: the members of ambit_sample_shape (i64)
 *     /normaliser/observation_shift, …      f32: the arrays of ambit_normaliser; attributes: limits
 *     attributes of /                       ambit_checkpoint (the version, 3), step, seconds (of
 *                                           training), configuration_digest (digest.h)
 *
 * and behind it are checksums of all its bytes, which are compared before HDF5 sees any
 * (checkpoint_blocks.h). Reading with h5py:
 *
 *     f = h5py.File("step-00005000.h5")
 *     names, start = {}, 0
 *     for i, end in enumerate(f["tensors/name_ends"]):
 *         names[bytes(f["tensors/name"][start:end]).decode()], start = i, end
 *     shape = [n for n in f["tensors/shape"][names["block0.weight"]] if n]
 *     first = f["tensors/offset"][names["block0.weight"]]
 *     weight = f["average"][first:first + prod(shape)].reshape(shape)
 *
 * Versions 1 and 2 are read too (checkpoint_old.h). They have no table of tensors, no digests, and
 * no checksums of what HDF5 itself reads.
 *
 * Written by all ranks into a file with a temporary name, synced to disk, read back and compared
 * with its checksums, renamed, and the folder synced; only then are older ones removed. A job that
 * dies at any moment leaves whole checkpoints, and at most one file *.partial.
 *
 * Which one is used: training goes on from the newest that is whole, evaluation takes what `last`
 * points at. A damaged one is passed over, never removed for that; what cannot be read for another
 * reason (permission, too many open files, a server that is away) is an error, since it may be
 * whole. Training mends `last`.
 */
#ifndef AMBIT_MPI_CHECKPOINT_H
#define AMBIT_MPI_CHECKPOINT_H

#include "../datasets/mixture.h"
#include "exchange.h"

/* What a checkpoint says besides the arrays. */
typedef struct {
    int64_t step;
    double seconds;      /* of training so far */
    char *configuration; /* canonical YAML text */
    ambit_sample_shape shape;
    ambit_normaliser normaliser;
    const ambit_parameter *tensors; /* name, rank, shape, offset, count */
    int tensor_count;
    const uint64_t *data_digests; /* of the sources (ambit_experiment_digests()) */
    int64_t source_count;
    int version;        /* of the file it was read from */
    char *tensor_names; /* read: what the tensors' names point into */
} ambit_checkpoint;

/* Frees what a read allocated. */
void ambit_checkpoint_clear(ambit_checkpoint *checkpoint);

/* Collective. Writes RUN/checkpoints/step-….h5, points `last` at it, and keeps `keep` in all: this
 * one and those before it that look whole. The tensors are those of the exchange. */
ambit_status ambit_checkpoint_write(const ambit_ranks *ranks, const char *run,
                                    const ambit_checkpoint *checkpoint, ambit_exchange *exchange,
                                    int64_t keep);

/* Collective. Finds the newest checkpoint of the run that is whole, and reads it into the exchange;
 * damaged ones are passed over and named in *warning (malloced, NULL if none; on rank 0). *found =
 * 0 when there is none at all; when there are some but all are damaged, that is an error.
 *
 * `now` is what the run is now (step and seconds do not matter). AMBIT_CONFIG where the checkpoint
 * is of other tensors, samples, normalisation or data, or of a configuration that cannot be gone on
 * with (config_changes.h). */
ambit_status ambit_checkpoint_resume(const ambit_ranks *ranks, const char *run,
                                     const ambit_checkpoint *now, ambit_exchange *exchange,
                                     ambit_checkpoint *checkpoint, int *found, char **warning);

/* Not collective. Whether the run has any checkpoint, whole or not. */
ambit_status ambit_checkpoint_exists(const char *run, int *exists);

/* Not collective. Reads the description, and when `average` is not NULL the averaged weights
 * (malloced; *count of them) of one file. */
ambit_status ambit_checkpoint_read(const char *path, ambit_checkpoint *checkpoint, float **average,
                                   int64_t *count);

/* Collective. The same of the checkpoint that a run's link `last` points at; where that leads
 * nowhere or to a damaged one, of the newest that is whole, and *warning (malloced, on rank 0) says
 * so. All ranks read the same one, whose path goes to path[size]. AMBIT_NO_INPUT if there is none.
 */
ambit_status ambit_checkpoint_read_last(const ambit_ranks *ranks, const char *run, char *path,
                                        size_t size, ambit_checkpoint *checkpoint, float **average,
                                        int64_t *count, char **warning);

/* AMBIT_CONFIG unless the checkpoint's tensors are those of `table`, in name, shape and order. A
 * checkpoint that has no table, or one of older versions, is taken to fit. */
ambit_status ambit_checkpoint_check_tensors(const ambit_checkpoint *checkpoint,
                                            const ambit_parameter *table, int count);

#endif
