#include "batch.h"

#include <inttypes.h>
#include <stdlib.h>

ambit_status ambit_batch_create(const ambit_settings *settings, ambit_mixture *mixture,
                                ambit_network *network, int64_t rows, ambit_batch *batch) {
    const size_t size = (size_t)ambit_sample_chunk_size(ambit_mixture_shape(mixture));
    *batch =
        (ambit_batch){.settings = settings, .mixture = mixture, .network = network, .rows = rows};
    AMBIT_TRY(ambit_allocate(&batch->clean, size, sizeof *batch->clean, "a sample"));
    return ambit_allocate(&batch->sources, (size_t)rows, sizeof *batch->sources, "a slot");
}

void ambit_batch_destroy(ambit_batch *batch) {
    free(batch->clean);
    free(batch->sources);
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

ambit_status ambit_batch_fill(ambit_batch *batch, int64_t row, const ambit_batch_source *from) {
    const ambit_settings *settings = batch->settings;
    int count, keeps[AMBIT_CONDITIONS];
    const ambit_drawn drawn = ambit_draw_at(from->draw, from->seed, from->number);
    const ambit_class *classes = ambit_mixture_classes(batch->mixture, from->part, &count);
    const ambit_class *class = &classes[drawn.class_index];
    ambit_sample sample =
        ambit_row_place(batch->network, ambit_mixture_shape(batch->mixture), row, batch->clean);
    AMBIT_TRY(
        ambit_mixture_read(batch->mixture, from->part, drawn.class_index, drawn.ordinal, &sample));
    choose_kept(batch, from, keeps);
    AMBIT_TRY(ambit_row_mark(batch->network, row, &sample, keeps));
    ambit_rng visit = ambit_rng_open(from->seed, AMBIT_STREAM_NOISE, from->number);
    ambit_rng fixed = ambit_rng_open(from->seed, AMBIT_STREAM_FIXED, sample.number);
    const ambit_use use = {.clean = batch->clean,
                           .sigma = drawn.sigma,
                           .sigma_min = class->sigma_min,
                           .sigma_max = class->sigma_max,
                           .is_clean = ambit_class_is_clean(class),
                           .visit = &visit,
                           .fixed = &fixed};
    ambit_tasks[settings->train.task].fill(&settings->objective, settings->train.crop, &use,
                                           batch->network, row);
    batch->sources[row] = class->source;
    return AMBIT_OK;
}
