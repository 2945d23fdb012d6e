/* The section of throughput and of where a step's time goes. */
#include "curves.h"

#include "number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS = 4 };

/* Adds the mean split of a run to its method's; returns whether it has one. */
static int add_split(const ambit_history *history, double values[PARTS]) {
    double data = ambit_history_mean(history, AMBIT_TRAIN_DATA_SHARE);
    double exchange = ambit_history_mean(history, AMBIT_TRAIN_EXCHANGE_SHARE);
    double wait = ambit_history_mean(history, AMBIT_TRAIN_WAIT_SHARE);
    if (!isfinite(data) || !isfinite(exchange))
        return 0;
    wait = isfinite(wait) ? wait : 0;
    values[0] += 1 - data - exchange - wait;
    values[1] += data;
    values[2] += exchange;
    values[3] += wait;
    return 1;
}

static ambit_status draw_split(ambit_section *section) {
    static const char *const parts[PARTS] = {"computing", "waiting for data", "exchange and update",
                                             "waiting for ranks"};
    const ambit_records *records = section->records;
    size_t methods = (size_t)records->method_count;
    double(*values)[PARTS] = NULL;
    ambit_share_row *rows = NULL;
    int known = 0;
    AMBIT_TRY(ambit_allocate(&values, methods, sizeof *values, "a chart"));
    ambit_status status = ambit_allocate(&rows, methods, sizeof *rows, "a chart");
    for (int i = 0; status == AMBIT_OK && i < records->count; i++) {
        int method = records->records[i].method;
        known += add_split(&records->records[i].history, values[method]);
        rows[method] = (ambit_share_row){records->records[i].name, values[method]};
    }
    const ambit_shares shares = {.file = "time-split",
                                 .title = "Time split of a step",
                                 .caption = "Mean over the run.",
                                 .unit = "share of the step, summed over runs",
                                 .width = 520,
                                 .part_count = PARTS,
                                 .row_count = records->method_count,
                                 .parts = parts,
                                 .rows = rows};
    if (status == AMBIT_OK && known > 0)
        status = ambit_section_shares(section, &shares);
    free(rows);
    free(values);
    return status;
}

/* Speeds compare on one kind of processor only. */
static void note_processors(ambit_section *section) {
    const ambit_records *records = section->records;
    const char *first = NULL;
    int differ = 0;
    for (int i = 0; i < records->count; i++) {
        const char *own = records->records[i].history.processors;
        first = first || !own[0] ? first : own;
        differ |= own[0] && (strcmp(own, first) != 0 || strstr(own, "; "));
    }
    if (differ)
        ambit_section_note(section,
                           "These figures come from different processors (the section Origin has "
                           "them): speeds, and what share of peak they are, do not compare between "
                           "them, and losses may differ in their last digits.");
}

static ambit_status draw_speed(ambit_section *section) {
    const ambit_chart speed = {.file = "samples-per-second",
                               .title = "Throughput",
                               .caption = "Of all ranks together.",
                               .x_label = "step",
                               .y_label = "samples per second",
                               .zero = 1,
                               .width = 520,
                               .height = 240};
    const ambit_chart peak = {.file = "peak-share",
                              .title = "Share of peak",
                              .caption = "Of what matrix products were measured to reach.",
                              .x_label = "step",
                              .y_label = "share of measured peak, %",
                              .zero = 1,
                              .width = 520,
                              .height = 240};
    note_processors(section);
    ambit_section_key(section);
    ambit_page_add(&section->page, "<div class=\"figures two\">\n");
    AMBIT_TRY(ambit_curves_by_step(section, &speed, AMBIT_TRAIN_SPEED, 1, 1));
    AMBIT_TRY(ambit_curves_by_step(section, &peak, AMBIT_TRAIN_PEAK_SHARE, 100, 1));
    ambit_page_add(&section->page, "</div>\n<div class=\"figures two\">\n");
    AMBIT_TRY(draw_split(section));
    ambit_page_add(&section->page, "</div>\n");
    return AMBIT_OK;
}

const ambit_section_kind ambit_section_speed = {
    "Speed", "How many samples a second the ranks trained on, and what they did in the meantime.",
    draw_speed};
