/* TensorBoard event files: scalars and histograms of a run, as TensorBoard and W&B read them.
 *
 * A file is a row of TFRecords, each
 *
 *     uint64 length, uint32 masked CRC-32C of the length, the bytes, uint32 masked CRC-32C of them
 *
 * (little endian), and the bytes are an Event message of tensorflow/core/util/event.proto. The
 * first event is the version, "brain.Event:2". The second says that a session starts at the step
 * after `resume_step`, upon which readers drop what older files of the folder hold from there on.
 *
 * One rank writes. Not collective.
 */
#ifndef AMBIT_MPI_RECORDS_TENSORBOARD_H
#define AMBIT_MPI_RECORDS_TENSORBOARD_H

#include "../../core/base/status.h"

#include <stdint.h>

typedef struct ambit_tensorboard ambit_tensorboard;

typedef struct {
    const char *tag; /* "loss/train": the part before the slash groups charts */
    double value;    /* left out where it is not finite */
} ambit_scalar;

/* Makes a new file in `folder`, which must exist. */
ambit_status ambit_tensorboard_open(const char *folder, int64_t resume_step,
                                    ambit_tensorboard **board);

/* Appends one event; a reader sees it whole or not at all. */
ambit_status ambit_tensorboard_scalars(ambit_tensorboard *board, int64_t step,
                                       const ambit_scalar *scalars, int count);

/* Appends a histogram of `bins` equal intervals of [low, high]. */
ambit_status ambit_tensorboard_histogram(ambit_tensorboard *board, int64_t step, const char *tag,
                                         double low, double high, const int64_t *counts, int bins);

/* NULL is allowed. */
ambit_status ambit_tensorboard_close(ambit_tensorboard *board);

#endif
