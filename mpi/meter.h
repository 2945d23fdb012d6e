/* Running sums of what happened in training, kept slot by slot and added in the order of the slots,
 * so that the metrics are the same for any number of ranks.
 */
#ifndef AMBIT_MPI_METER_H
#define AMBIT_MPI_METER_H

#include "ranks.h"
#include "records/metrics.h"

typedef struct {
    int64_t slots; /* of this rank */
    int64_t width; /* numbers a slot */
    int sources;
    double *rows; /* [slots × width] */
    double *all;  /* rank 0: [all slots × width] */
} ambit_meter;

/* Sums over all slots since the last collect; on rank 0. */
typedef struct {
    double weighted_loss; /* Σ weight · loss */
    double count;
    double bin_loss[AMBIT_METRIC_BINS]; /* Σ loss, not weighted */
    int64_t bin_count[AMBIT_METRIC_BINS];
    int64_t source_count[64];
} ambit_meter_sum;

/* Collective. */
ambit_status ambit_meter_create(const ambit_ranks *ranks, int64_t slots, int sources,
                                ambit_meter *meter);
void ambit_meter_destroy(ambit_meter *meter);

/* One sample of the rank's slot `slot`; of weight 0: none, nothing of it counts. */
void ambit_meter_add(ambit_meter *meter, int64_t slot, int source, double sigma, double loss,
                     double weight);

/* Collective. Sums everything on rank 0 and starts anew. */
void ambit_meter_collect(const ambit_ranks *ranks, ambit_meter *meter, ambit_meter_sum *sum);

/* Means of the bins; NaN where nothing fell. */
void ambit_meter_bin_means(const ambit_meter_sum *sum, double means[AMBIT_METRIC_BINS]);

#endif
