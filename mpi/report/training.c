/* The section of losses, learning rate and gradients. */
#include "curves.h"

#include <stdlib.h>

static ambit_status draw_validation(ambit_section *section) {
    const ambit_records *records = section->records;
    ambit_series *series = NULL;
    AMBIT_TRY(ambit_allocate(&series, (size_t)records->count, sizeof *series, "a chart"));
    for (int i = 0; i < records->count; i++)
        series[i] = (ambit_series){.name = records->records[i].name,
                                   .method = records->records[i].method,
                                   .count = records->records[i].history.validate_count,
                                   .x = records->records[i].history.validate_step,
                                   .y = records->records[i].history.validate_loss};
    const ambit_chart chart = {.file = "validation-loss",
                               .title = "Validation loss",
                               .caption = "On held-out episodes, with the averaged weights.",
                               .x_label = "step",
                               .y_label = "loss per element",
                               .logarithmic = 1,
                               .width = 380,
                               .height = 240,
                               .series_count = records->count,
                               .series = series};
    ambit_status status = ambit_section_chart(section, &chart);
    free(series);
    return status;
}

ambit_status ambit_section_training(ambit_section *section) {
    const ambit_chart loss = {.file = "loss",
                              .title = "Training loss",
                              .caption = "Pale: each line of metrics.jsonl. Strong: mean over 5 % "
                                         "of the run. Logarithmic.",
                              .x_label = "step",
                              .y_label = "loss per element",
                              .logarithmic = 1,
                              .width = 1080,
                              .height = 340};
    const ambit_chart rate = {.file = "learning-rate",
                              .title = "Learning rate",
                              .caption = "As the optimiser used it.",
                              .x_label = "step",
                              .y_label = "rate per step",
                              .zero = 1,
                              .width = 380,
                              .height = 240};
    const ambit_chart norm = {.file = "gradient-norm",
                              .title = "Gradient norm",
                              .caption = "Of all parameters, before clipping. Logarithmic.",
                              .x_label = "step",
                              .y_label = "norm",
                              .logarithmic = 1,
                              .width = 380,
                              .height = 240};
    ambit_section_begin(section, "Training",
                        "Losses of runs compare only where the runs see the same data: a method "
                        "that leaves hard samples out has a lower loss by that alone.");
    AMBIT_TRY(ambit_curves_of_column(section, &loss, AMBIT_TRAIN_LOSS, 1, 1));
    ambit_page_add(&section->page, "<div class=\"figures\">\n");
    AMBIT_TRY(draw_validation(section));
    AMBIT_TRY(ambit_curves_of_column(section, &norm, AMBIT_TRAIN_GRADIENT_NORM, 1, 1));
    AMBIT_TRY(ambit_curves_of_column(section, &rate, AMBIT_TRAIN_RATE, 1, 0));
    ambit_page_add(&section->page, "</div></section>\n");
    return AMBIT_OK;
}
