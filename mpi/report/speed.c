/* The section of throughput and of where a step's time goes. */
#include "curves.h"

#include "number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the ranks do while they train, and the phases that are that. What comes before training and
 * after it is left out. */
static const struct {
    const char *name;
    uint32_t phases;
} parts[] = {
#define PHASE(name) (UINT32_C(1) << AMBIT_PHASE_##name)
    {"computing", PHASE(COMPUTE)},
    {"reading samples", PHASE(READ)},
    {"exchange and update", PHASE(EXCHANGE) | PHASE(MESSAGE)},
    {"waiting for ranks", PHASE(WAIT) | PHASE(WAIT_FOR_WORK)},
    {"validation", PHASE(VALIDATE)},
    {"metrics and checkpoints", PHASE(METRICS) | PHASE(CHECKPOINT)},
#undef PHASE
};

enum { PARTS = sizeof parts / sizeof *parts };

/* Older metrics tell three shares, and the rest is computing. */
static void split_by_shares(const ambit_history *history, double values[PARTS]) {
    static const ambit_train_column columns[] = {AMBIT_TRAIN_DATA_SHARE, AMBIT_TRAIN_EXCHANGE_SHARE,
                                                 AMBIT_TRAIN_WAIT_SHARE};
    values[0] = history->train.count > 0;
    for (int i = 0; i < 3; i++) {
        const double share = ambit_history_mean(history, columns[i]);
        values[1 + i] = isfinite(share) ? share : 0;
        values[0] -= values[1 + i];
    }
}

static double sum_of(const double values[PARTS]) {
    double sum = 0;
    for (int i = 0; i < PARTS; i++)
        sum += values[i];
    return sum;
}

/* Adds the split of a run, as shares, to its method's; returns whether it has one. */
static int add_split(const ambit_history *history, double values[PARTS]) {
    double own[PARTS] = {0};
    for (int phase = 0; phase < AMBIT_PHASE_COUNT; phase++)
        for (int i = 0; i < PARTS; i++)
            own[i] += parts[i].phases >> phase & 1 ? history->phase_seconds[phase] : 0;
    if (!(sum_of(own) > 0))
        split_by_shares(history, own);
    const double sum = sum_of(own);
    for (int i = 0; sum > 0 && i < PARTS; i++)
        values[i] += own[i] / sum;
    return sum > 0;
}

static ambit_status draw_split(ambit_section *section) {
    const ambit_records *records = section->records;
    size_t methods = (size_t)records->method_count;
    const char *names[PARTS];
    double(*values)[PARTS] = NULL;
    ambit_share_row *rows = NULL;
    int known = 0;
    for (int i = 0; i < PARTS; i++)
        names[i] = parts[i].name;
    AMBIT_TRY(ambit_allocate(&values, methods, sizeof *values, "a chart"));
    ambit_status status = ambit_allocate(&rows, methods, sizeof *rows, "a chart");
    for (int i = 0; status == AMBIT_OK && i < records->count; i++) {
        int method = records->records[i].method;
        known += add_split(&records->records[i].history, values[method]);
        rows[method] = (ambit_share_row){records->records[i].name, values[method]};
    }
    const ambit_shares shares = {.file = "time-split",
                                 .title = "Where time goes",
                                 .caption = "Of the time spent training, mean over ranks and runs.",
                                 .unit = "share of the time, summed over runs",
                                 .width = 1080,
                                 .part_count = PARTS,
                                 .row_count = records->method_count,
                                 .parts = names,
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
    ambit_page_add(&section->page, "</div>\n");
    return draw_split(section);
}

const ambit_section_kind ambit_section_speed = {
    "Speed", "How many samples a second the ranks trained on, and what they did in the meantime.",
    draw_speed};
