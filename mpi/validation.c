#include "validation.h"

#include "meter.h"
#include "row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const ambit_settings *settings;
    const ambit_schedule *schedule;
    ambit_mixture *mixture;
    ambit_network *network;
    int64_t rows;
    int64_t counts[AMBIT_MAX_SOURCES]; /* held-out samples of each source that is scored */
    int64_t total;
} validation;

/* Sources that are trusted at all noise levels. */
static void count_sources(validation *v, int trusted_only) {
    v->total = 0;
    for (int i = 0; i < v->settings->data.source_count; i++) {
        double sigma_min = v->settings->data.sources[i].sigma_min;
        int trusted = isnan(sigma_min) || sigma_min <= 0;
        v->counts[i] = trusted || !trusted_only ? ambit_mixture_heldout_count(v->mixture, i) : 0;
        v->total += v->counts[i];
    }
}

/* Fills row `row` with held-out sample `index` (over the scored sources). */
static ambit_status fill_row(validation *v, int64_t row, int64_t index, float *clean,
                             double *sigma) {
    const uint64_t seed = (uint64_t)v->settings->run.seed;
    const ambit_sample_shape *shape = ambit_mixture_shape(v->mixture);
    const int64_t size = ambit_sample_chunk_size(shape);
    ambit_sample sample = ambit_row_place(v->network, shape, row, clean);
    int source = 0;
    while (index >= v->counts[source])
        index -= v->counts[source++];
    AMBIT_TRY(ambit_mixture_read_heldout(v->mixture, source, index, &sample));
    ambit_rng stream = ambit_rng_open(seed, AMBIT_STREAM_VALIDATE, sample.number);
    double u = ambit_rng_uniform(&stream), cumulative = 0.0;
    int k = 0;
    while (k + 1 < v->schedule->count && u >= cumulative + v->schedule->probability[k])
        cumulative += v->schedule->probability[k++];
    *sigma = ambit_schedule_sigma(v->schedule, k, ambit_rng_uniform(&stream));
    ambit_objective_make(&v->settings->objective, clean, size, *sigma, 0.0, 1.0, &stream, &stream,
                         ambit_network_chunk(v->network) + row * size,
                         ambit_network_target(v->network) + row * size,
                         ambit_network_weight(v->network) + row);
    ambit_network_sigma(v->network)[row] = (float)*sigma;
    return ambit_row_mark(v->network, row, &sample, NULL);
}

/* Scores samples [first, first + count) of the shuffled held-out set as the rank's row `group` of
 * the meter. Rows past `count` repeat what was there: the network's batch is fixed. */
static ambit_status score_group(validation *v, int64_t group, int64_t first, int64_t count,
                                float *clean, ambit_meter *meter) {
    const uint64_t seed = (uint64_t)v->settings->run.seed;
    double sigma = 0.5;
    for (int64_t row = 0; row < count; row++) {
        int64_t index = (int64_t)ambit_permute(seed, (uint64_t)v->total, (uint64_t)(first + row));
        AMBIT_TRY(fill_row(v, row, index, clean, &sigma));
    }
    ambit_network_forward(v->network);
    const float *loss = ambit_network_row_loss(v->network);
    for (int64_t row = 0; row < count; row++)
        ambit_meter_add(meter, group, 0, ambit_network_sigma(v->network)[row], loss[row], 1.0);
    return AMBIT_OK;
}

/* A rank's groups are neighbours, so that sums over groups are taken in the order of the samples.
 */
static ambit_status score_own(validation *v, const ambit_ranks *ranks, int64_t groups,
                              int64_t samples, ambit_meter *meter) {
    const size_t size = (size_t)ambit_sample_chunk_size(ambit_mixture_shape(v->mixture));
    float *clean = NULL;
    AMBIT_TRY(ambit_allocate(&clean, size, sizeof *clean, "a held-out sample"));
    ambit_status status = AMBIT_OK;
    for (int64_t group = 0; group < groups && status == AMBIT_OK; group++) {
        int64_t first = (ranks->rank * groups + group) * v->rows;
        int64_t count = samples - first < v->rows ? samples - first : v->rows;
        if (count > 0)
            status = score_group(v, group, first, count, clean, meter);
    }
    free(clean);
    return status;
}

ambit_status ambit_validate(const ambit_ranks *ranks, const ambit_settings *settings,
                            const ambit_schedule *schedule, ambit_mixture *mixture,
                            ambit_network *network, int64_t rows, ambit_metrics_validate *line) {
    validation v = {.settings = settings,
                    .schedule = schedule,
                    .mixture = mixture,
                    .network = network,
                    .rows = rows};
    count_sources(&v, 1);
    if (v.total == 0)
        count_sources(&v, 0);
    int64_t most = settings->train.validate_samples;
    int64_t samples = v.total < most ? v.total : most;
    int64_t all_groups = (samples + rows - 1) / rows;
    int64_t groups = (all_groups + ranks->size - 1) / ranks->size;
    ambit_meter meter;
    AMBIT_TRY(ambit_meter_create(ranks, groups > 0 ? groups : 1, 1, &meter));
    ambit_status status = ambit_agree(ranks, score_own(&v, ranks, groups, samples, &meter));
    if (status == AMBIT_OK) {
        ambit_meter_sum sum;
        ambit_meter_collect(ranks, &meter, &sum);
        line->loss = sum.count > 0 ? sum.weighted_loss / sum.count : NAN;
        ambit_meter_bin_means(&sum, line->bin_loss);
        memcpy(line->bin_count, sum.bin_count, sizeof line->bin_count);
    }
    ambit_meter_destroy(&meter);
    return status;
}
