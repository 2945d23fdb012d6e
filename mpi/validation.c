#include "validation.h"

#include "../core/base/crc32c.h"
#include "meter.h"

#include <math.h>
#include <string.h>

/* Draws of validation are numbered from here on, where training never gets. */
static const uint64_t first_draw = UINT64_C(1) << 62;

/* A digest of what the row that was filled last is scored on: added up over rows, it does not
 * depend on who scored which. σ is rounded, since its last bits may depend on the processor. */
static uint64_t digest_row(const ambit_batch *batch, int64_t row, uint64_t number) {
    const ambit_settings *settings = batch->settings;
    const int64_t chunk = ambit_sample_chunk_size(ambit_mixture_shape(batch->mixture));
    const int64_t head[] = {(int64_t)settings->train.task, (int64_t)settings->objective.prediction,
                            (int64_t)number,
                            llround((double)ambit_network_sigma(batch->network)[row] * 0x1p20)};
    return ambit_crc32c(ambit_crc32c(0, head, sizeof head), batch->clean,
                        (size_t)chunk * sizeof *batch->clean);
}

/* Scores draws [first, first + count) as the rank's row `group` of the meter. Rows past `count`
 * repeat what was there: the network's batch is fixed. */
static ambit_status score_group(ambit_batch *batch, const ambit_draw *draw, int64_t group,
                                int64_t first, int64_t count, ambit_meter *meter,
                                uint64_t *scored) {
    ambit_batch_source from = {
        .draw = draw, .part = AMBIT_PART_HELDOUT, .seed = (uint64_t)batch->settings->run.seed};
    for (int64_t row = 0; row < count; row++) {
        from.number = first_draw + (uint64_t)(first + row);
        AMBIT_TRY(ambit_batch_fill(batch, row, &from));
        *scored += digest_row(batch, row, from.number);
    }
    ambit_network_forward(batch->network);
    const float *loss = ambit_network_row_loss(batch->network);
    for (int64_t row = 0; row < count; row++)
        ambit_meter_add(meter, group, 0, ambit_network_sigma(batch->network)[row], loss[row],
                        ambit_network_weight(batch->network)[row] > 0);
    return AMBIT_OK;
}

/* A rank's groups are neighbours, so that sums over groups are taken in the order of the draws. */
static ambit_status score_own(ambit_batch *batch, const ambit_draw *draw, int rank, int64_t groups,
                              ambit_meter *meter, uint64_t *scored) {
    const int64_t samples = batch->settings->train.validate_samples;
    for (int64_t group = 0; group < groups; group++) {
        const int64_t first = (rank * groups + group) * batch->rows, left = samples - first;
        if (left > 0)
            AMBIT_TRY(score_group(batch, draw, group, first,
                                  left < batch->rows ? left : batch->rows, meter, scored));
    }
    return AMBIT_OK;
}

ambit_status ambit_validate(const ambit_ranks *ranks, ambit_batch *batch, const ambit_draw *draw,
                            ambit_metrics_validate *line) {
    const int64_t share = batch->rows * ranks->size;
    const int64_t groups = (batch->settings->train.validate_samples + share - 1) / share;
    ambit_meter meter;
    uint64_t scored = 0;
    AMBIT_ASSERT_SAME(ranks, &groups, sizeof groups);
    AMBIT_TRY(ambit_meter_create(ranks, groups, 1, &meter));
    ambit_status status = ambit_agree(
        ranks, draw ? score_own(batch, draw, ranks->rank, groups, &meter, &scored) : AMBIT_OK);
    if (status == AMBIT_OK) {
        ambit_meter_sum sum;
        ambit_meter_collect(ranks, &meter, &sum);
        AMBIT_WAIT(MPI_Reduce(&scored, &line->scored, 1, MPI_UINT64_T, MPI_SUM, 0, ranks->world));
        line->loss = sum.count > 0 ? sum.weighted_loss / sum.count : NAN;
        ambit_meter_bin_means(&sum, line->bin_loss);
        memcpy(line->bin_count, sum.bin_count, sizeof line->bin_count);
    }
    ambit_meter_destroy(&meter);
    return status;
}
