#include "report.h"

#include "../../datasets/files.h"
#include "../records/say.h"
#include "number.h"
#include "section.h"
#include "style.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of the page. */
static const ambit_section_kind *const sections[] = {
    &ambit_section_results,     &ambit_section_trials,     &ambit_section_training,
    &ambit_section_noise,       &ambit_section_bounds,     &ambit_section_speed,
    &ambit_section_differences, &ambit_section_provenance,
};

/* "runs/maze.html" → "runs/maze-data", which is made. */
static ambit_status make_data_folder(const char *path, char folder[PATH_MAX]) {
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t stem =
        dot && dot > path && (!slash || dot > slash + 1) ? (size_t)(dot - path) : strlen(path);
    int length = snprintf(folder, PATH_MAX, "%.*s-data", (int)stem, path);
    if (length < 0 || length >= PATH_MAX)
        return ambit_fail(AMBIT_CANNOT_CREATE, "%s: the name is too long; use a shorter one", path);
    return ambit_make_folders(folder);
}

/* The name of the folder that holds the first run. */
static void default_title(const ambit_records *records, char title[PATH_MAX]) {
    char whole[PATH_MAX];
    snprintf(title, PATH_MAX, "Runs");
    if (!realpath(records->records[0].folder, whole))
        return;
    char *last = strrchr(whole, '/');
    if (!last || last == whole)
        return;
    *last = 0;
    ambit_last_part(whole, title, PATH_MAX);
}

static void draw_summary(const ambit_records *records, ambit_page *page) {
    int64_t trials = 0;
    char text[AMBIT_NUMBER_SIZE];
    const char *environment = NULL;
    for (int i = 0; i < records->count; i++)
        if (records->records[i].has_evaluation) {
            trials += records->records[i].evaluation.trials;
            environment = records->records[i].evaluation.environment;
        }
    ambit_page_add(page, "<p class=\"lead\">%d run%s of %d method%s", records->count,
                   ambit_plural(records->count), records->method_count,
                   ambit_plural(records->method_count));
    if (environment) {
        ambit_number_write((double)trials, text);
        ambit_page_add(page, ", %s trials in the environment ", text);
        ambit_page_escape(page, environment);
    }
    ambit_page_add(page, ".</p>\n");
}

/* What could not be read, before all else. */
static void draw_damage(const ambit_records *records, ambit_page *page) {
    for (int i = 0; i < records->count; i++)
        if (records->records[i].damage[0]) {
            ambit_page_add(page, "<p class=\"damage\">Damaged, and left out: ");
            ambit_page_escape(page, records->records[i].damage);
            ambit_page_add(page, "</p>\n");
        }
}

static void begin_page(const ambit_records *records, const char *title, ambit_page *page) {
    ambit_page_add(page, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                         "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    ambit_page_escape(page, title);
    ambit_page_add(page, "</title>\n<style>\n%s%s</style></head><body>\n<h1>", ambit_style_drawing,
                   ambit_style_page);
    ambit_page_escape(page, title);
    ambit_page_add(page, "</h1>\n");
    draw_summary(records, page);
    draw_damage(records, page);
}

static void end_page(const char *data_folder, ambit_page *page) {
    char name[PATH_MAX];
    ambit_last_part(data_folder, name, sizeof name);
    ambit_page_add(page, "<footer><p class=\"note\">Written by ambit report. The numbers of each "
                         "chart are in <code>");
    ambit_page_escape(page, name);
    ambit_page_add(page, "/</code>, one .tsv a chart.</p></footer>\n</body></html>\n");
}

static ambit_status draw_section(ambit_section *section, const ambit_section_kind *kind) {
    ambit_page_add(&section->page, "<section><h2>");
    ambit_page_escape(&section->page, kind->heading);
    ambit_page_add(&section->page, "</h2>\n<p class=\"lead\">");
    ambit_page_escape(&section->page, kind->lead);
    ambit_page_add(&section->page, "</p>\n");
    AMBIT_TRY(kind->draw(section));
    ambit_page_add(&section->page, "</section>\n");
    return AMBIT_OK;
}

ambit_status ambit_report_write(const ambit_records *records, const char *title, const char *path) {
    char data_folder[PATH_MAX], own_title[PATH_MAX];
    AMBIT_TRY(make_data_folder(path, data_folder));
    ambit_section section = {.data_folder = data_folder, .records = records};
    default_title(records, own_title);
    begin_page(records, title ? title : own_title, &section.page);
    ambit_status status = AMBIT_OK;
    for (size_t i = 0; status == AMBIT_OK && i < sizeof sections / sizeof *sections; i++)
        status = draw_section(&section, sections[i]);
    end_page(data_folder, &section.page);
    if (status == AMBIT_OK)
        status = ambit_page_write(&section.page, path);
    ambit_page_free(&section.page);
    return status;
}
