/* The section of drawn trials: one panel a method, or a few where each trial has other walls. */
#include "section.h"

#include "style.h"

#include <stdio.h>

enum { PANEL = 340, MARGIN = 3, OVERLAID = 12, APART = 4 };

/* A panel of `count` trials from `first` on, as a picture of its own. */
static void draw_panel(const ambit_record *record, int first, int count, ambit_page *page) {
    double height = ambit_panel_height(&record->drawings.trials[first], PANEL - 2 * MARGIN);
    ambit_page_add(page, "<svg viewBox=\"0 0 %d %.1f\" role=\"img\" aria-label=\"trials of ", PANEL,
                   height + 2 * MARGIN);
    ambit_page_escape(page, record->name);
    ambit_page_add(page, "\">\n");
    ambit_panel_draw(&record->drawings, first, count, MARGIN, MARGIN, PANEL - 2 * MARGIN, page);
    ambit_page_add(page, "</svg>");
}

static void draw_figure(const ambit_record *record, int first, int count, ambit_page *page) {
    int successes = 0;
    for (int i = first; i < first + count; i++)
        successes += record->drawings.trials[i].success;
    ambit_page_add(page, "<figure><h3><span class=\"key s%d\"></span>",
                   record->method % AMBIT_COLOURS);
    ambit_page_escape(page, record->name);
    if (count > 1)
        ambit_page_add(page, "</h3><figcaption>%d of %d drawn trials succeeded</figcaption>",
                       successes, count);
    else
        ambit_page_add(page, "</h3><figcaption>trial %lld: %s</figcaption>",
                       (long long)record->drawings.trials[first].trial,
                       successes ? "success" : "failure");
    draw_panel(record, first, count, page);
    ambit_page_add(page, "</figure>\n");
}

static void draw_method(const ambit_record *record, ambit_page *page) {
    int count = record->drawings.count;
    if (ambit_drawings_share_walls(&record->drawings)) {
        draw_figure(record, 0, count < OVERLAID ? count : OVERLAID, page);
        return;
    }
    for (int i = 0; i < count && i < APART; i++)
        draw_figure(record, i, 1, page);
}

static ambit_status draw_trials(ambit_section *section) {
    const ambit_records *records = section->records;
    int drawn = 0;
    ambit_page_add(&section->page, "<div class=\"figures\">\n");
    for (int method = 0; method < records->method_count; method++) {
        const ambit_record *record = ambit_records_first(records, method);
        if (record->drawings.count == 0)
            continue;
        draw_method(record, &section->page);
        drawn++;
    }
    ambit_page_add(&section->page, "</div>\n");
    if (drawn < records->method_count)
        ambit_section_note(section, drawn ? "Some methods are left out: their first run has no "
                                            "eval/drawings.jsonl."
                                          : "Left out: no run has an eval/drawings.jsonl; run "
                                            "`ambit eval` first.");
    return AMBIT_OK;
}

const ambit_section_kind ambit_section_trials = {
    "Trials",
    "The first drawn trials of each method; with one seed of evaluation they are the same ones. "
    "Blue: reached the goal (the disc) from the start (the ring). Vermilion: failed, at the cross.",
    draw_trials};
