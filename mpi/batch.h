/* A network's batch, filled with samples of a mixture: the one place where a draw becomes a row of
 * the network's inputs, for whatever trains, validates or scores.
 *
 * A row is filled in four moves: the sample is read, normalised, its conditions straight into the
 * network's; conditions are marked as there, missing or dropped; the task (task.h) makes what the
 * network sees and what it is to say out of x₀, σ and noise; the row's source and weight are kept
 * for whoever adds up losses. Nothing is allocated. Not collective.
 */
#ifndef AMBIT_MPI_BATCH_H
#define AMBIT_MPI_BATCH_H

#include "config/settings.h"

typedef struct {
    const ambit_settings *settings;
    ambit_mixture *mixture;
    ambit_network *network; /* made for `rows` rows, to be trained */
    int64_t rows;
    int *sources; /* [rows] source of each row's sample */
    float *clean; /* x₀ of the sample that was read last, its class and its number */
    ambit_class class;
    uint64_t number;
    int64_t first_step, end_step; /* of its chunk, which lie in the episode */
    ambit_gaussian whitening;     /* with network.whiten, of the data; its size is otherwise 0 */
} ambit_batch;

/* Settings, mixture and network outlive the batch. With network.whiten, measures the data: samples
 * of `draw`, which is over what is trained on; otherwise `draw` may be NULL. Destroy after success
 * and failure alike. */
ambit_status ambit_batch_create(const ambit_settings *settings, ambit_mixture *mixture,
                                const ambit_draw *draw, ambit_network *network, int64_t rows,
                                ambit_batch *batch);
void ambit_batch_destroy(ambit_batch *batch);

/* Which draw a row is filled from. */
typedef struct {
    const ambit_draw *draw; /* over the classes of `part` */
    ambit_part part;
    uint64_t seed, number; /* of the draw, which name its noise too */
    int drops;             /* conditions are dropped as network.drop says */
} ambit_batch_source;

/* Fills row `row`. Its weight is the objective's. AMBIT_CONFIG where the sample misses a condition
 * that the network cannot do without. */
ambit_status ambit_batch_fill(ambit_batch *batch, int64_t row, const ambit_batch_source *from);

/* The same in two moves, for those that look at one sample more than once: reads it, its conditions
 * to row `row`, its x₀ to where the next call finds it; then makes rows of it, at noise levels and
 * with noise of the caller's. A row that the sample was not read to gets its conditions from the
 * row that it was (`from`). */
ambit_status ambit_batch_read(ambit_batch *batch, int64_t row, ambit_part part, int class_index,
                              int64_t ordinal, ambit_sample *sample);

typedef struct {
    double sigma;
    int mirrored; /* −ε in place of ε */
    ambit_rng *visit;
} ambit_batch_look;

void ambit_batch_make(ambit_batch *batch, int64_t row, int64_t from, const ambit_batch_look *look);

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
