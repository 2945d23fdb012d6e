#include "meter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A row: weighted loss, samples, then losses of bins, counts of bins, counts of sources. */
enum { LOSS = 0, SAMPLES = 1, BIN_LOSS = 2, BIN_COUNT = BIN_LOSS + AMBIT_METRIC_BINS };
enum { SOURCE_COUNT = BIN_COUNT + AMBIT_METRIC_BINS };

ambit_status ambit_meter_create(const ambit_ranks *ranks, int64_t slots, int sources,
                                ambit_meter *meter) {
    *meter = (ambit_meter){.slots = slots, .width = SOURCE_COUNT + sources, .sources = sources};
    size_t numbers = (size_t)(slots * meter->width);
    AMBIT_TRY_ALL(ranks, ambit_allocate(&meter->rows, numbers, sizeof(double), "metrics"));
    size_t all = ranks->rank == 0 ? numbers * (size_t)ranks->size : 0;
    return ambit_agree(ranks, ambit_allocate(&meter->all, all, sizeof(double), "metrics"));
}

void ambit_meter_destroy(ambit_meter *meter) {
    free(meter->rows);
    free(meter->all);
}

void ambit_meter_add(ambit_meter *meter, int64_t slot, int source, double sigma, double loss,
                     double weight) {
    if (weight == 0)
        return;
    double *row = meter->rows + slot * meter->width;
    int bin = ambit_metrics_bin(sigma);
    row[LOSS] += weight * loss;
    row[SAMPLES] += 1;
    row[BIN_LOSS + bin] += loss;
    row[BIN_COUNT + bin] += 1;
    row[SOURCE_COUNT + source] += 1;
}

static void add_row(ambit_meter_sum *sum, const double *row, int sources) {
    sum->weighted_loss += row[LOSS];
    sum->count += row[SAMPLES];
    for (int bin = 0; bin < AMBIT_METRIC_BINS; bin++) {
        sum->bin_loss[bin] += row[BIN_LOSS + bin];
        sum->bin_count[bin] += (int64_t)row[BIN_COUNT + bin];
    }
    for (int source = 0; source < sources; source++)
        sum->source_count[source] += (int64_t)row[SOURCE_COUNT + source];
}

void ambit_meter_collect(const ambit_ranks *ranks, ambit_meter *meter, ambit_meter_sum *sum) {
    const int64_t row = meter->width * (int64_t)sizeof(double);
    memset(sum, 0, sizeof *sum);
    ambit_gather(ranks, meter->rows, meter->slots, row, meter->all);
    memset(meter->rows, 0, (size_t)(meter->slots * row));
    for (int64_t slot = 0; ranks->rank == 0 && slot < meter->slots * ranks->size; slot++)
        add_row(sum, meter->all + slot * meter->width, meter->sources);
}

void ambit_meter_bin_means(const ambit_meter_sum *sum, double means[AMBIT_METRIC_BINS]) {
    for (int bin = 0; bin < AMBIT_METRIC_BINS; bin++)
        means[bin] = sum->bin_count[bin] ? sum->bin_loss[bin] / (double)sum->bin_count[bin] : NAN;
}
