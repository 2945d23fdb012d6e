/* Files of checkpoints of versions 1 and 2, as they were written before version 3:
 *
 *     /parameters /average /first /second   float32 [count]
 *     /checksums                            uint32 [4, blocks]  CRC-32C of each 4,096 elements
 *     /configuration                        int8: the resolved YAML
 *     /shape                                int64: the members of ambit_sample_shape at that time
 *     /observation_shift, _scale; /chunk_shift, _scale          float32: the normaliser
 *     attributes of /: ambit_checkpoint (version), step, seconds, observation_limit, chunk_limit,
 *                      description_checksum (CRC-32C of all but the arrays)
 *
 * all contiguous, in HDF5's oldest format. Version 1 has no /shape: its runs knew no other
 * condition than the state. Internal to checkpoint*.c; not collective.
 */
#ifndef AMBIT_MPI_CHECKPOINT_OLD_H
#define AMBIT_MPI_CHECKPOINT_OLD_H

#include "checkpoint_file.h"

#include <hdf5.h>

/* Whether the file, which has no checksums of its blocks, may be such a one, by its first bytes. */
int ambit_checkpoint_may_be_old(const ambit_blocks *blocks);

/* Reads the description, and where the checksums of the arrays are. checkpoint->version is set. */
ambit_status ambit_checkpoint_read_old(hid_t file, ambit_checkpoint_file *to,
                                       ambit_checkpoint *checkpoint);

#endif
