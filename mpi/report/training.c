/* The section of losses, learning rate and gradients. */
#include "curves.h"

#include <stdlib.h>

enum { WIDE = 520, NARROW = 380 };

static ambit_status draw_validation(ambit_section *section, int scored) {
    const ambit_records *records = section->records;
    ambit_series *series = NULL;
    AMBIT_TRY(ambit_allocate(&series, (size_t)records->count, sizeof *series, "a chart"));
    ambit_chart chart = {.file = "validation-loss",
                         .title = "Validation loss",
                         .caption = "On held-out episodes, with the averaged weights.",
                         .x_label = "step",
                         .y_label = "loss per element",
                         .logarithmic = 1,
                         .width = NARROW,
                         .height = 240,
                         .series = series};
    for (int i = 0; i < records->count; i++) {
        const ambit_record *record = &records->records[i];
        const ambit_rows *rows = &record->history.validate;
        if (record->scored == scored)
            series[chart.series_count++] =
                (ambit_series){.name = record->name,
                               .method = record->method,
                               .count = rows->count,
                               .x = ambit_rows_column(rows, AMBIT_VALIDATE_STEP),
                               .y = ambit_rows_column(rows, AMBIT_VALIDATE_LOSS)};
    }
    ambit_status status = ambit_section_scored_chart(section, &chart, scored);
    free(series);
    return status;
}

/* The largest unit of which the longest run took two or more. */
static ambit_curve_axis time_axis(const ambit_records *records, const char **label) {
    static const struct {
        double seconds;
        const char *label;
    } units[] = {{3600, "training time, hours"}, {60, "training time, minutes"}};
    double longest = 0;
    for (int i = 0; i < records->count; i++) {
        const ambit_rows *rows = &records->records[i].history.train;
        const double *seconds = ambit_rows_column(rows, AMBIT_TRAIN_SECONDS);
        if (rows->count > 0 && seconds[rows->count - 1] > longest)
            longest = seconds[rows->count - 1];
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (longest >= 2 * units[i].seconds) {
            *label = units[i].label;
            return (ambit_curve_axis){AMBIT_TRAIN_SECONDS, 1 / units[i].seconds};
        }
    *label = "training time, seconds";
    return (ambit_curve_axis){AMBIT_TRAIN_SECONDS, 1};
}

static ambit_status draw_loss(ambit_section *section) {
    const ambit_curve_axis loss = {AMBIT_TRAIN_LOSS, 1};
    ambit_chart chart = {.file = "loss",
                         .title = "Training loss by step",
                         .caption = "Pale: each line of metrics.jsonl. Strong: mean over 5 % of "
                                    "the run. Logarithmic.",
                         .x_label = "step",
                         .y_label = "loss per element",
                         .logarithmic = 1,
                         .width = WIDE,
                         .height = 320};
    AMBIT_TRY(ambit_curves_draw(section, &chart, (ambit_curve_axis){AMBIT_TRAIN_STEP, 1}, loss, 1));
    chart.file = "loss-by-time";
    chart.title = "Training loss by time";
    chart.caption = "The same over the time spent training, over all starts of a run.";
    const ambit_curve_axis time = time_axis(section->records, &chart.x_label);
    return ambit_curves_draw(section, &chart, time, loss, 1);
}

static ambit_status draw_training(ambit_section *section) {
    const ambit_chart rate = {.file = "learning-rate",
                              .title = "Learning rate",
                              .caption = "As the optimiser used it.",
                              .x_label = "step",
                              .y_label = "rate per step",
                              .zero = 1,
                              .width = NARROW,
                              .height = 240};
    const ambit_chart norm = {.file = "gradient-norm",
                              .title = "Gradient norm",
                              .caption = "Of all parameters, before clipping. Logarithmic.",
                              .x_label = "step",
                              .y_label = "norm",
                              .logarithmic = 1,
                              .width = NARROW,
                              .height = 240};
    ambit_section_key(section);
    ambit_page_add(&section->page, "<div class=\"figures two\">\n");
    AMBIT_TRY(draw_loss(section));
    ambit_page_add(&section->page, "</div>\n<div class=\"figures\">\n");
    AMBIT_TRY(ambit_curves_by_step(section, &norm, AMBIT_TRAIN_GRADIENT_NORM, 1, 1));
    AMBIT_TRY(ambit_curves_by_step(section, &rate, AMBIT_TRAIN_RATE, 1, 0));
    for (int scored = 0; scored < section->records->scored_count; scored++)
        AMBIT_TRY(draw_validation(section, scored));
    ambit_page_add(&section->page, "</div>\n");
    ambit_section_scored_note(section);
    return AMBIT_OK;
}

const ambit_section_kind ambit_section_training = {
    "Training",
    "Losses of runs compare only where the runs see the same data: a method that leaves hard "
    "samples out has a lower loss by that alone.",
    draw_training};
