/* The section of bounds that were found from data: how far each annotated source is from clean data
 * at each noise level, and how far the classifier can be trusted. */
#include "../records/bounds_record.h"
#include "number.h"
#include "section.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SHOWN = 8, KEY_SIZE = 64 };

/* Annotations that the runs name, each folder once. */
typedef struct {
    int count;
    char folders[MOST_SHOWN][PATH_MAX];
    ambit_bounds_record *records; /* [count] */
} annotations;

static void add_folder(annotations *all, const char *path, const char *source) {
    char folder[PATH_MAX];
    if (snprintf(folder, sizeof folder, "%s/%s", path, source) >= PATH_MAX)
        return;
    for (int i = 0; i < all->count; i++)
        if (strcmp(all->folders[i], folder) == 0)
            return;
    if (all->count < MOST_SHOWN)
        memcpy(all->folders[all->count++], folder, sizeof folder);
}

static void gather_folders(const ambit_records *records, annotations *all) {
    for (int r = 0; r < records->count; r++) {
        const ambit_entries *entries = &records->records[r].entries;
        const char *path = ambit_entries_find(entries, "annotation.path");
        for (int s = 0; path && *path && s < AMBIT_MOST_SOURCES; s++) {
            char key[KEY_SIZE];
            snprintf(key, sizeof key, "data.sources.%d.sigma_min", s);
            const char *bound = ambit_entries_find(entries, key);
            snprintf(key, sizeof key, "data.sources.%d.name", s);
            const char *name = ambit_entries_find(entries, key);
            if (bound && name && strcmp(bound, "annotated") == 0)
                add_folder(all, path, name);
        }
    }
}

/* ---- pictures ---- */

static ambit_series line(const ambit_bounds_record *b, const char *name, int method, int faint,
                         const double *values) {
    return (ambit_series){.kind = AMBIT_SERIES_LINE,
                          .name = name,
                          .method = method,
                          .faint = faint,
                          .count = b->level_count,
                          .x = b->levels,
                          .y = values};
}

static ambit_status draw_apart(ambit_section *section, const ambit_bounds_record *b, int number) {
    const ambit_series series[] = {
        line(b, "TV, 95 %", 1, 1, b->variation_low), line(b, "TV, 95 %", 1, 1, b->variation_high),
        line(b, "total variation", 1, 0, b->variation), line(b, "1 − 4·Brier", 0, 0, b->apart)};
    char file[KEY_SIZE], low[AMBIT_NUMBER_SIZE], caption[256];
    snprintf(file, sizeof file, "bounds-%d", number);
    ambit_number_write(1 - 2 * b->threshold, low);
    snprintf(caption, sizeof caption,
             "Held out. σ_min is where 1 − 4·Brier falls to %s: %.3f [%.3f, %.3f].", low,
             b->sigma_min, b->low, b->high);
    const ambit_chart chart = {.file = file,
                               .title = b->source,
                               .caption = caption,
                               .x_label = "noise level σ",
                               .y_label = "distance from clean data",
                               .zero = 1,
                               .width = 520,
                               .height = 280,
                               .series_count = sizeof series / sizeof *series,
                               .series = series};
    return ambit_section_chart(section, &chart);
}

static ambit_status draw_trust(ambit_section *section, const ambit_bounds_record *b, int number) {
    const ambit_series series[] = {line(b, "AUC", 0, 0, b->auc),
                                   line(b, "miscalibration", 1, 0, b->miscalibration)};
    char file[KEY_SIZE], title[160];
    snprintf(file, sizeof file, "bounds-classifier-%d", number);
    snprintf(title, sizeof title, "%s: the classifier", b->source);
    const ambit_chart chart = {.file = file,
                               .title = title,
                               .caption = "Of answers to samples whose episodes it has not seen. "
                                          "AUC ½: it cannot tell.",
                               .x_label = "noise level σ",
                               .y_label = "",
                               .zero = 1,
                               .width = 520,
                               .height = 280,
                               .series_count = sizeof series / sizeof *series,
                               .series = series};
    return ambit_section_chart(section, &chart);
}

/* ---- the table ---- */

static void add_number(ambit_page *page, double value) {
    if (isnan(value))
        ambit_page_add(page, "<td>–</td>");
    else
        ambit_page_add(page, "<td>%.3f</td>", value);
}

static void draw_table(ambit_page *page, const annotations *all) {
    ambit_page_add(page, "<div class=\"scroll\"><table><thead><tr><th>source</th><th>σ_min</th>"
                         "<th>95 %%</th><th>by mean answer</th><th>quick: discriminant</th>"
                         "<th>quick: spectrum</th></tr></thead><tbody>\n");
    for (int i = 0; i < all->count; i++) {
        const ambit_bounds_record *b = &all->records[i];
        ambit_page_add(page, "<tr><td>");
        ambit_page_escape(page, b->source);
        ambit_page_add(page, "</td><td><b>%.3f</b></td><td>%.3f – %.3f</td>", b->sigma_min, b->low,
                       b->high);
        add_number(page, b->by_mean);
        add_number(page, b->discriminant);
        add_number(page, b->spectrum);
        ambit_page_add(page, "</tr>\n");
    }
    ambit_page_add(page, "</tbody></table></div>\n");
}

static void draw_words(ambit_section *section, const annotations *all) {
    for (int i = 0; i < all->count; i++)
        for (int w = 0; w < all->records[i].word_count; w++) {
            char text[AMBIT_BOUNDS_WORD + sizeof all->records[i].source + 2];
            snprintf(text, sizeof text, "%s: %s", all->records[i].source, all->records[i].words[w]);
            ambit_section_note(section, text);
        }
}

/* ---- the section ---- */

/* Those that are there; what cannot be read is said. */
static void read_all(ambit_section *section, annotations *all) {
    int kept = 0;
    for (int i = 0; i < all->count; i++) {
        if (ambit_bounds_record_read(all->folders[i], &all->records[kept]) == AMBIT_OK)
            kept++;
        else
            ambit_section_note(section, ambit_message());
    }
    all->count = kept;
}

static ambit_status draw_all(ambit_section *section, annotations *all) {
    read_all(section, all);
    if (all->count == 0)
        return AMBIT_OK;
    draw_table(&section->page, all);
    draw_words(section, all);
    ambit_page_add(&section->page, "<div class=\"figures two\">\n");
    for (int i = 0; i < all->count; i++) {
        AMBIT_TRY(draw_apart(section, &all->records[i], i + 1));
        AMBIT_TRY(draw_trust(section, &all->records[i], i + 1));
    }
    ambit_page_add(&section->page, "</div>\n");
    return AMBIT_OK;
}

static ambit_status draw_bounds(ambit_section *section) {
    annotations *all;
    AMBIT_TRY(ambit_allocate(&all, 1, sizeof *all, "a section"));
    gather_folders(section->records, all);
    if (all->count == 0)
        ambit_section_note(section, "No run takes bounds from an annotation.");
    ambit_status status =
        ambit_allocate(&all->records, (size_t)all->count, sizeof *all->records, "a section");
    if (status == AMBIT_OK)
        status = draw_all(section, all);
    free(all->records);
    free(all);
    return status;
}

const ambit_section_kind ambit_section_bounds = {
    "Bounds found from data",
    "A classifier tells clean from bad samples at each noise level; σ_min is the least at which it "
    "no longer can. What separates two sources may be how they were recorded: read the remarks.",
    draw_bounds};
