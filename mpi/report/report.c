#include "report.h"

#include "../../datasets/files.h"
#include "number.h"
#include "section.h"
#include "style.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ambit_status (*const sections[])(ambit_section *) = {
    ambit_section_results, ambit_section_trials,      ambit_section_training,   ambit_section_noise,
    ambit_section_speed,   ambit_section_differences, ambit_section_provenance,
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
static void default_title(const ambit_report_options *options, char title[PATH_MAX]) {
    char whole[PATH_MAX];
    snprintf(title, PATH_MAX, "Runs");
    if (!realpath(options->runs[0], whole))
        return;
    char *last = strrchr(whole, '/');
    if (!last || last == whole)
        return;
    *last = 0;
    snprintf(title, PATH_MAX, "%s", strrchr(whole, '/') + 1);
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
                   records->count == 1 ? "" : "s", records->method_count,
                   records->method_count == 1 ? "" : "s");
    if (environment) {
        ambit_number_write((double)trials, text);
        ambit_page_add(page, ", %s trials in the environment ", text);
        ambit_page_escape(page, environment);
    }
    ambit_page_add(page, ".</p>\n");
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
}

static void end_page(const char *data_folder, ambit_page *page) {
    const char *slash = strrchr(data_folder, '/');
    ambit_page_add(page, "<footer><p class=\"note\">Written by ambit report. The numbers of each "
                         "chart are in <code>");
    ambit_page_escape(page, slash ? slash + 1 : data_folder);
    ambit_page_add(page, "/</code>, one .tsv a chart.</p></footer>\n</body></html>\n");
}

static ambit_status write_page(const ambit_records *records, const char *title, const char *path) {
    char data_folder[PATH_MAX];
    AMBIT_TRY(make_data_folder(path, data_folder));
    ambit_section section = {.data_folder = data_folder, .records = records};
    begin_page(records, title, &section.page);
    ambit_status status = AMBIT_OK;
    for (size_t i = 0; status == AMBIT_OK && i < sizeof sections / sizeof *sections; i++)
        status = sections[i](&section);
    end_page(data_folder, &section.page);
    if (status == AMBIT_OK)
        status = ambit_page_write(&section.page, path);
    ambit_page_free(&section.page);
    return status;
}

ambit_status ambit_report_write(const ambit_report_options *options, const char *path) {
    ambit_records records;
    char title[PATH_MAX];
    default_title(options, title);
    ambit_status status = ambit_records_read(options->runs, options->run_count, &records);
    if (status == AMBIT_OK)
        status = write_page(&records, options->title ? options->title : title, path);
    ambit_records_free(&records);
    return status;
}
