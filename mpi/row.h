/* A sample as a row of a network's batch: where its conditions go, and which of them it has. Not
 * collective. */
#ifndef AMBIT_MPI_ROW_H
#define AMBIT_MPI_ROW_H

#include "../core/networks/network.h"
#include "../datasets/mixture.h"

/* Where a sample of this shape is to be read to: its conditions into row `row` of the network, its
 * chunk to `chunk`. */
ambit_sample ambit_row_place(ambit_network *network, const ambit_sample_shape *shape, int64_t row,
                             float *chunk);

/* After reading: tells the network which conditions the row has, those that the sample has and
 * `keeps` keeps (NULL: all). AMBIT_CONFIG where the sample misses one and the network cannot do
 * without. */
ambit_status ambit_row_mark(ambit_network *network, int64_t row, const ambit_sample *sample,
                            const int keeps[AMBIT_CONDITIONS]);

#endif
