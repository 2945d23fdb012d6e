#include "section.h"

#include "style.h"

#include <limits.h>
#include <stdio.h>

enum { KEY_NAME = 40 }; /* characters */

void ambit_section_note(ambit_section *section, const char *text) {
    ambit_page_add(&section->page, "<p class=\"note\">");
    ambit_page_escape(&section->page, text);
    ambit_page_add(&section->page, "</p>\n");
}

void ambit_section_key(ambit_section *section) {
    const ambit_records *records = section->records;
    if (records->method_count <= AMBIT_CHART_NAMES)
        return;
    ambit_page_add(&section->page, "<p class=\"keys\">");
    for (int method = 0; method < records->method_count; method++) {
        ambit_page_add(&section->page,
                       "<span><svg width=\"36\" height=\"8\" aria-hidden=\"true\"><path "
                       "class=\"line s%d\" stroke-dasharray=\"%s\" d=\"M1 4H35\"/></svg>",
                       method % AMBIT_COLOURS, ambit_style_dash(method));
        ambit_page_escape_cut(&section->page, ambit_records_first(records, method)->name, KEY_NAME);
        ambit_page_add(&section->page, "</span>\n");
    }
    ambit_page_add(&section->page, "</p>\n");
}

ambit_status ambit_section_save(ambit_section *section, const char *name, const ambit_page *table) {
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s.tsv", section->data_folder, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return ambit_fail(AMBIT_CANNOT_CREATE, "%s: the name is too long; use a shorter one",
                          section->data_folder);
    return ambit_page_write(table, path);
}

ambit_status ambit_section_chart(ambit_section *section, const ambit_chart *chart) {
    if (!ambit_chart_has_values(chart)) {
        ambit_page_add(&section->page, "<p class=\"note\">");
        ambit_page_escape(&section->page, chart->title);
        ambit_page_add(&section->page, ": left out, since no run has logged it.</p>\n");
        return AMBIT_OK;
    }
    ambit_page table = {0};
    ambit_chart_draw(chart, &section->page);
    ambit_chart_list(chart, &table);
    ambit_status status = ambit_section_save(section, chart->file, &table);
    ambit_page_free(&table);
    return status;
}

ambit_status ambit_section_shares(ambit_section *section, const ambit_shares *shares) {
    ambit_page table = {0};
    ambit_shares_draw(shares, &section->page);
    ambit_shares_list(shares, &table);
    ambit_status status = ambit_section_save(section, shares->file, &table);
    ambit_page_free(&table);
    return status;
}

ambit_status ambit_section_scored_chart(ambit_section *section, const ambit_chart *chart,
                                        int scored) {
    char file[64], title[96];
    ambit_chart numbered = *chart;
    const int count = section->records->scored_count;
    if (count > 1) {
        snprintf(file, sizeof file, "%s-%d", chart->file, scored + 1);
        snprintf(title, sizeof title, "%s, samples %d of %d", chart->title, scored + 1, count);
        numbered.file = file;
        numbered.title = title;
    }
    return ambit_section_chart(section, &numbered);
}

void ambit_section_scored_note(ambit_section *section) {
    if (section->records->scored_count == 0)
        ambit_section_note(section, "Held-out losses: left out, since no run has logged them.");
    if (section->records->scored_count > 1)
        ambit_section_note(section,
                           "Runs that scored other held-out samples, at other noise levels or for "
                           "another task, are drawn apart, as are those that do not say what they "
                           "scored: their losses do not compare.");
}
