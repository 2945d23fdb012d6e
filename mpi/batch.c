#include "batch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Samples that the whitening is measured on, and the number of the first draw: past those of
 * training, before those of validation. */
enum { MEASURED = 16384 };
static const uint64_t first_measured = UINT64_C(1) << 61;

static ambit_status add_samples(ambit_batch *batch, const ambit_draw *draw,
                                ambit_moments *moments) {
    for (uint64_t i = 0; i < MEASURED; i++) {
        const ambit_drawn drawn =
            ambit_draw_at(draw, (uint64_t)batch->settings->run.seed, first_measured + i);
        ambit_sample sample;
        AMBIT_TRY(ambit_batch_read(batch, 0, AMBIT_PART_TRAINED, drawn.class_index, drawn.ordinal,
                                   &sample));
        ambit_moments_add(moments, 1, batch->clean);
    }
    return ambit_gaussian_fit(moments, &batch->whitening);
}

static ambit_status measure(ambit_batch *batch, const ambit_draw *draw) {
    ambit_moments moments;
    ambit_status status = ambit_moments_create(
        ambit_sample_chunk_size(ambit_mixture_shape(batch->mixture)), &moments);
    if (status == AMBIT_OK)
        status = add_samples(batch, draw, &moments);
    ambit_moments_destroy(&moments);
    return ambit_fail_within(status, "network.whiten");
}

ambit_status ambit_batch_create(const ambit_settings *settings, ambit_mixture *mixture,
                                const ambit_draw *draw, ambit_network *network, int64_t rows,
                                ambit_batch *batch) {
    const size_t size = (size_t)ambit_sample_chunk_size(ambit_mixture_shape(mixture));
    *batch =
        (ambit_batch){.settings = settings, .mixture = mixture, .network = network, .rows = rows};
    AMBIT_TRY(ambit_allocate(&batch->clean, size, sizeof *batch->clean, "a sample"));
    AMBIT_TRY(ambit_allocate(&batch->sources, (size_t)rows, sizeof *batch->sources, "a slot"));
    return settings->network.whiten ? measure(batch, draw) : AMBIT_OK;
}

void ambit_batch_destroy(ambit_batch *batch) {
    free(batch->clean);
    free(batch->sources);
    ambit_gaussian_destroy(&batch->whitening);
}

ambit_sample ambit_row_place(ambit_network *network, const ambit_sample_shape *shape, int64_t row,
                             float *chunk) {
    ambit_sample sample = {.chunk = chunk};
    for (int c = 0; c < AMBIT_CONDITIONS; c++) {
        float *first = ambit_network_condition(network, (ambit_condition)c);
        const int64_t size = ambit_sample_condition_size(shape, (ambit_condition)c);
        sample.condition[c] = first ? first + row * size : NULL;
    }
    return sample;
}

ambit_status ambit_row_mark(ambit_network *network, int64_t row, const ambit_sample *sample,
                            const int keeps[AMBIT_CONDITIONS]) {
    for (int c = 0; c < AMBIT_CONDITIONS; c++) {
        float *present = ambit_network_present(network, (ambit_condition)c);
        if (present)
            present[row] = sample->present[c] && (!keeps || keeps[c]);
        else if (sample->condition[c] && !sample->present[c])
            return ambit_fail(AMBIT_CONFIG,
                              "data.%s: sample %" PRIu64 " has none, and the network cannot do "
                              "without; set network.drop above 0, to 0.1 for instance",
                              ambit_condition_name((ambit_condition)c), sample->number);
    }
    return AMBIT_OK;
}

/* Which conditions the row keeps, where the network can do without. */
static void choose_kept(const ambit_batch *batch, const ambit_batch_source *from,
                        int keeps[AMBIT_CONDITIONS]) {
    double drop[AMBIT_CONDITIONS];
    for (int c = 0; c < AMBIT_CONDITIONS; c++)
        drop[c] = from->drops ? batch->settings->network.drop : 0;
    ambit_condition_drop(from->seed, from->number, drop, keeps);
}

ambit_status ambit_batch_read(ambit_batch *batch, int64_t row, ambit_part part, int class_index,
                              int64_t ordinal, ambit_sample *sample) {
    int count;
    const ambit_class *classes = ambit_mixture_classes(batch->mixture, part, &count);
    *sample =
        ambit_row_place(batch->network, ambit_mixture_shape(batch->mixture), row, batch->clean);
    AMBIT_TRY(ambit_mixture_read(batch->mixture, part, class_index, ordinal, sample));
    batch->class = classes[class_index];
    batch->number = sample->number;
    batch->first_step = sample->first_step;
    batch->end_step = sample->end_step;
    return AMBIT_OK;
}

/* Makes row `row` of the sample that was read. */
static void make_row(ambit_batch *batch, int64_t row, const ambit_batch_look *look) {
    const ambit_settings *settings = batch->settings;
    ambit_rng fixed =
        ambit_rng_open((uint64_t)settings->run.seed, AMBIT_STREAM_FIXED, batch->number);
    const ambit_use use = {.clean = batch->clean,
                           .size = ambit_sample_chunk_size(ambit_mixture_shape(batch->mixture)),
                           .whitening = batch->whitening.size > 0 ? &batch->whitening : NULL,
                           .sigma = look->sigma,
                           .sigma_min = batch->class.sigma_min,
                           .sigma_max = batch->class.sigma_max,
                           .first_step = batch->first_step,
                           .end_step = batch->end_step,
                           .is_clean = ambit_class_is_clean(&batch->class),
                           .mirrored = look->mirrored,
                           .visit = look->visit,
                           .fixed = &fixed};
    ambit_tasks[settings->train.task].fill(&settings->objective, settings->train.crop, &use,
                                           batch->network, row);
    batch->sources[row] = batch->class.source;
}

void ambit_batch_make(ambit_batch *batch, int64_t row, int64_t from, const ambit_batch_look *look) {
    const ambit_sample_shape *shape = ambit_mixture_shape(batch->mixture);
    for (int c = 0; c < AMBIT_CONDITIONS && row != from; c++) {
        float *numbers = ambit_network_condition(batch->network, (ambit_condition)c);
        float *present = ambit_network_present(batch->network, (ambit_condition)c);
        const int64_t size = ambit_sample_condition_size(shape, (ambit_condition)c);
        if (numbers)
            memcpy(numbers + row * size, numbers + from * size, (size_t)size * sizeof *numbers);
        if (present)
            present[row] = present[from];
    }
    make_row(batch, row, look);
}

ambit_status ambit_batch_fill(ambit_batch *batch, int64_t row, const ambit_batch_source *from) {
    int keeps[AMBIT_CONDITIONS];
    ambit_sample sample;
    const ambit_drawn drawn = ambit_draw_at(from->draw, from->seed, from->number);
    AMBIT_TRY(ambit_batch_read(batch, row, from->part, drawn.class_index, drawn.ordinal, &sample));
    choose_kept(batch, from, keeps);
    AMBIT_TRY(ambit_row_mark(batch->network, row, &sample, keeps));
    ambit_rng visit = ambit_rng_open(from->seed, AMBIT_STREAM_NOISE, from->number);
    make_row(batch, row, &(ambit_batch_look){.sigma = drawn.sigma, .visit = &visit});
    return AMBIT_OK;
}
