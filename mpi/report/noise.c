/* The section of noise levels: loss by σ, and what was drawn at each σ from which source. */
#include "number.h"
#include "section.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double bin_width = 1.0 / AMBIT_METRIC_BINS;

/* Where the bins begin. */
static void bin_edges(ambit_bins edges) {
    for (int i = 0; i < AMBIT_METRIC_BINS; i++)
        edges[i] = i * bin_width;
}

static ambit_series bin_series(const ambit_record *record, const double *edges,
                               const double *values) {
    return (ambit_series){.kind = AMBIT_SERIES_STEPS,
                          .name = record->name,
                          .method = record->method,
                          .width = bin_width,
                          .count = AMBIT_METRIC_BINS,
                          .x = edges,
                          .y = values};
}

/* What a chart by σ shows of a run: fills `values` and returns whether there is anything. */
typedef int (*bin_values)(const ambit_record *record, ambit_bins values);

static int training_loss(const ambit_record *record, ambit_bins values) {
    ambit_bins count;
    const ambit_history *history = &record->history;
    ambit_history_bins(history, history->train.count * 9 / 10, values, count);
    return history->train.count > 0;
}

static int validation_loss(const ambit_record *record, ambit_bins values) {
    memcpy(values, record->history.validate_bin_loss, sizeof(ambit_bins));
    return record->history.validate.count > 0;
}

static int effective_samples(const ambit_record *record, ambit_bins values) {
    memcpy(values, record->history.effective_samples, sizeof(ambit_bins));
    return record->history.starts > 0;
}

/* Of the runs that scored the held-out samples number `scored`, or of all (-1). */
static ambit_status draw_bins(ambit_section *section, const ambit_chart *form, bin_values get,
                              int scored) {
    const ambit_records *records = section->records;
    ambit_bins edges, *values = NULL;
    ambit_series *series = NULL;
    bin_edges(edges);
    AMBIT_TRY(ambit_allocate(&values, (size_t)records->count, sizeof *values, "a chart"));
    ambit_status status =
        ambit_allocate(&series, (size_t)records->count, sizeof *series, "a chart");
    ambit_chart chart = *form;
    chart.series = series;
    for (int i = 0; status == AMBIT_OK && i < records->count; i++)
        if ((scored < 0 || records->records[i].scored == scored) &&
            get(&records->records[i], values[i]))
            series[chart.series_count++] = bin_series(&records->records[i], edges, values[i]);
    if (status == AMBIT_OK)
        status = scored < 0 ? ambit_section_chart(section, &chart)
                            : ambit_section_scored_chart(section, &chart, scored);
    free(series);
    free(values);
    return status;
}

/* Bars of what was drawn, and a line of what the schedule and the ambits promise. */
static ambit_status draw_counts(ambit_section *section, const ambit_record *record) {
    ambit_bins edges, loss, count, expected;
    char file[64], caption[160], drawn[AMBIT_NUMBER_SIZE];
    double total = 0;
    bin_edges(edges);
    ambit_history_bins(&record->history, 0, loss, count);
    for (int i = 0; i < AMBIT_METRIC_BINS; i++)
        total += count[i];
    for (int i = 0; i < AMBIT_METRIC_BINS; i++)
        expected[i] = total * record->history.bin_probability[i];
    ambit_series series[2] = {bin_series(record, edges, count),
                              bin_series(record, edges, expected)};
    series[0].kind = AMBIT_SERIES_BARS;
    series[0].detail = "drawn";
    series[1].detail = "expected";
    series[1].name = "expected";
    series[1].method = 4;
    snprintf(file, sizeof file, "samples-by-sigma-%d", record->method + 1);
    ambit_number_write(total, drawn);
    snprintf(caption, sizeof caption, "%s samples drawn.", drawn);
    const ambit_chart chart = {.file = file,
                               .title = record->name,
                               .caption = caption,
                               .x_label = "noise level σ",
                               .y_label = "samples",
                               .zero = 1,
                               .width = 380,
                               .height = 230,
                               .series_count = 2,
                               .series = series};
    return total > 0 ? ambit_section_chart(section, &chart) : AMBIT_OK;
}

/* Names of all sources of all runs, each once. */
static int gather_sources(const ambit_records *records, const char *names[AMBIT_MOST_SOURCES]) {
    int count = 0;
    for (int i = 0; i < records->count; i++) {
        const ambit_history *history = &records->records[i].history;
        for (int s = 0; s < history->source_count; s++) {
            int known = 0;
            while (known < count && strcmp(names[known], history->sources[s]) != 0)
                known++;
            if (known == count && count < AMBIT_MOST_SOURCES)
                names[count++] = history->sources[s];
        }
    }
    return count;
}

/* Adds a run's samples to those of its method. */
static void fill_sources(const ambit_history *history, const char *const *names, int count,
                         double *values) {
    for (int s = 0; s < history->source_count; s++)
        for (int k = 0; k < count; k++)
            if (strcmp(names[k], history->sources[s]) == 0)
                values[k] += history->source_total[s];
}

static ambit_status draw_sources(ambit_section *section) {
    const ambit_records *records = section->records;
    const char *names[AMBIT_MOST_SOURCES];
    int count = gather_sources(records, names);
    size_t methods = (size_t)records->method_count;
    double *values = NULL;
    ambit_share_row *rows = NULL;
    AMBIT_TRY(ambit_allocate(&values, methods * (size_t)count, sizeof *values, "a chart"));
    ambit_status status = ambit_allocate(&rows, methods, sizeof *rows, "a chart");
    for (int i = 0; status == AMBIT_OK && i < records->count; i++) {
        int method = records->records[i].method;
        double *sums = values + (size_t)method * (size_t)count;
        fill_sources(&records->records[i].history, names, count, sums);
        rows[method] = (ambit_share_row){records->records[i].name, sums};
    }
    const ambit_shares shares = {.file = "samples-by-source",
                                 .title = "Samples by source",
                                 .caption = "Of all samples that were drawn in training.",
                                 .unit = "samples",
                                 .width = 520,
                                 .part_count = count,
                                 .row_count = records->method_count,
                                 .parts = names,
                                 .rows = rows};
    if (status == AMBIT_OK && count > 0)
        status = ambit_section_shares(section, &shares);
    free(rows);
    free(values);
    return status;
}

static const ambit_chart by_sigma = {.x_label = "noise level σ",
                                     .y_label = "loss per element",
                                     .logarithmic = 1,
                                     .width = 520,
                                     .height = 280};

static ambit_status draw_overlays(ambit_section *section) {
    ambit_chart training = by_sigma, validation = by_sigma, effective = by_sigma;
    training.file = "loss-by-sigma";
    training.title = "Training loss by noise level";
    training.caption = "Mean over the last tenth of the run. Logarithmic.";
    validation.file = "validation-loss-by-sigma";
    validation.title = "Validation loss by noise level";
    validation.caption = "The last validation. Logarithmic.";
    effective.file = "effective-samples";
    effective.title = "Effective samples";
    effective.caption = "Number of equally weighted samples with the same variance. Logarithmic.";
    effective.y_label = "samples";
    AMBIT_TRY(draw_bins(section, &training, training_loss, -1));
    AMBIT_TRY(draw_bins(section, &effective, effective_samples, -1));
    for (int scored = 0; scored < section->records->scored_count; scored++)
        AMBIT_TRY(draw_bins(section, &validation, validation_loss, scored));
    return AMBIT_OK;
}

static ambit_status draw_noise(ambit_section *section) {
    ambit_section_key(section);
    ambit_page_add(&section->page, "<div class=\"figures two\">\n");
    AMBIT_TRY(draw_overlays(section));
    ambit_page_add(&section->page, "</div>\n");
    ambit_section_scored_note(section);
    ambit_page_add(&section->page, "<div class=\"figures two\">\n");
    AMBIT_TRY(draw_sources(section));
    ambit_page_add(&section->page, "</div>\n");
    ambit_page_add(&section->page,
                   "<h3 style=\"margin-top:2rem\">Samples drawn at each noise level</h3>"
                   "<p class=\"note\">Bars: drawn. Line: expected from the schedule and the "
                   "ambits. The first run of each method.</p>\n<div class=\"figures\">\n");
    for (int method = 0; method < section->records->method_count; method++)
        AMBIT_TRY(draw_counts(section, ambit_records_first(section->records, method)));
    ambit_page_add(&section->page, "</div>\n");
    return AMBIT_OK;
}

const ambit_section_kind ambit_section_noise = {
    "Noise levels",
    "A sample's ambit is the set of noise levels σ at which it may be used; σ = 0 is data, σ = 1 "
    "is noise. Where bad data is shut out, fewer samples carry the loss.",
    draw_noise};
