/* What a checkpoint's file says besides its arrays: written, read and compared. Internal to
 * checkpoint*.c; the format is in checkpoint.h. Not collective.
 */
#ifndef AMBIT_MPI_CHECKPOINT_DESCRIPTION_H
#define AMBIT_MPI_CHECKPOINT_DESCRIPTION_H

#include "checkpoint.h"

#include <hdf5.h>

/* All but the version. */
ambit_status ambit_description_write(hid_t file, const ambit_checkpoint *checkpoint);
ambit_status ambit_description_read(hid_t file, ambit_checkpoint *checkpoint);

/* AMBIT_DATA unless every size in a description that was read fits every other one, and the
 * `count` elements of the arrays. */
ambit_status ambit_description_check(const char *path, const ambit_checkpoint *checkpoint,
                                     int64_t count);

/* AMBIT_CONFIG where a run that is `now` cannot go on from what a file says. */
ambit_status ambit_description_compare(const char *path, const ambit_checkpoint *there,
                                       const ambit_checkpoint *now);

#endif
