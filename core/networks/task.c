#include "task.h"

#include <string.h>

int ambit_class_is_clean(const ambit_class *class) {
    return class->sigma_min <= 0;
}

/* Lets steps [first_step, end_step) count; a row of none has no weight. */
static void mark_counted(const ambit_use *use, ambit_network *network, int64_t row) {
    const ambit_network_options *options = ambit_network_options_of(network);
    const int64_t steps = options->image.channels > 0 ? 1 : options->chunk_steps;
    float *counted = ambit_network_counted(network);
    for (int64_t s = 0; counted && s < steps; s++)
        counted[row * steps + s] = s >= use->first_step && s < use->end_step ? 1 : 0;
    if (counted && use->first_step >= use->end_step)
        ambit_network_weight(network)[row] = 0;
}

static void fill_denoise(const ambit_objective *objective, int64_t crop_side, const ambit_use *use,
                         ambit_network *network, int64_t row) {
    const int64_t size = use->size;
    (void)crop_side;
    ambit_objective_make(objective, use->clean, size, use->sigma, use->sigma_min, use->sigma_max,
                         use->visit, use->fixed, ambit_network_chunk(network) + row * size,
                         ambit_network_target(network) + row * size,
                         ambit_network_weight(network) + row);
    ambit_network_sigma(network)[row] = (float)use->sigma;
    mark_counted(use, network, row);
}

static void fill_classify(const ambit_objective *objective, int64_t crop_side, const ambit_use *use,
                          ambit_network *network, int64_t row) {
    const int64_t stride = ambit_network_data_size(ambit_network_options_of(network));
    float *seen = ambit_network_chunk(network) + row * stride;
    (void)objective;
    (void)crop_side;
    ambit_noise_add(use->clean, use->size, use->mirrored ? -use->sigma : use->sigma, use->visit,
                    seen);
    if (use->whitening)
        ambit_gaussian_whiten(use->whitening, use->sigma, seen, seen + use->size);
    ambit_network_target(network)[row] = use->is_clean ? 1 : 0;
    ambit_network_weight(network)[row] = 1;
    ambit_network_sigma(network)[row] = (float)use->sigma;
}

/* A window of `length` numbers in a line of `size` that lies at `first`. */
static void open_window(float *line, int64_t size, int64_t first, int64_t length) {
    for (int64_t i = 0; i < size; i++)
        line[i] = i >= first && i < first + length ? 1 : 0;
}

static int64_t random_place(ambit_rng *rng, int64_t size, int64_t length) {
    return length < size ? (int64_t)ambit_rng_below(rng, (uint64_t)(size - length + 1)) : 0;
}

static void fill_crop(const ambit_objective *objective, int64_t crop_side, const ambit_use *use,
                      ambit_network *network, int64_t row) {
    const ambit_network_options *options = ambit_network_options_of(network);
    float *crop = ambit_network_crop(network) + row * ambit_network_crop_size(options);
    fill_classify(objective, crop_side, use, network, row);
    if (options->image.channels == 0) {
        const int64_t place = random_place(use->visit, options->chunk_steps, crop_side);
        open_window(crop, options->chunk_steps, place, crop_side);
        return;
    }
    const int64_t height = options->image.height, width = options->image.width;
    const int64_t top = random_place(use->visit, height, crop_side);
    const int64_t left = random_place(use->visit, width, crop_side);
    for (int64_t y = 0; y < height; y++)
        open_window(crop + y * width, width, left, y >= top && y < top + crop_side ? crop_side : 0);
}

const ambit_task_row ambit_tasks[AMBIT_TASKS] = {
    [AMBIT_TASK_DENOISE] = {"denoise", "squared error", AMBIT_HEAD_PREDICTION, 0, fill_denoise},
    [AMBIT_TASK_CLASSIFY] = {"classify", "cross-entropy", AMBIT_HEAD_LOGIT, 0, fill_classify},
    [AMBIT_TASK_CLASSIFY_CROP] = {"classify_crop", "cross-entropy", AMBIT_HEAD_LOGIT, 1, fill_crop},
};

ambit_status ambit_task_classes(ambit_task task, const ambit_class *classes, int count,
                                ambit_class *to) {
    double sums[2] = {0};
    memmove(to, classes, (size_t)count * sizeof *to);
    if (ambit_tasks[task].head == AMBIT_HEAD_PREDICTION)
        return AMBIT_OK;
    for (int c = 0; c < count; c++)
        sums[ambit_class_is_clean(&to[c])] += (double)to[c].count * to[c].weight;
    if (!(sums[0] > 0 && sums[1] > 0))
        return ambit_fail(AMBIT_CONFIG,
                          "train.task: there are no %s samples of weight above 0, and it learns to "
                          "tell clean from bad; %s",
                          sums[1] > 0 ? "bad" : "clean",
                          sums[1] > 0 ? "give a source a sigma_min above 0"
                                      : "give the clean source sigma_min 0");
    for (int c = 0; c < count; c++) {
        to[c].weight /= sums[ambit_class_is_clean(&to[c])];
        to[c].sigma_min = 0;
        to[c].sigma_max = 1;
    }
    return AMBIT_OK;
}
