/* The sections of configuration and origin: in what runs differ, and where they come from. */
#include "section.h"

#include "number.h"
#include "style.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FEW = 5 };

static void draw_text_cell(const char *text, ambit_page *page) {
    ambit_page_add(page, "<td>");
    ambit_page_escape(page, text && text[0] ? text : "–");
    ambit_page_add(page, "</td>");
}

static void draw_number_cell(double value, ambit_page *page) {
    char text[AMBIT_NUMBER_SIZE];
    ambit_number_write(value, text);
    ambit_page_add(page, "<td>%s</td>", text);
}

static void draw_folder_head(const ambit_record *record, ambit_page *page) {
    ambit_page_add(page, "<th><span class=\"key s%d\"></span>", record->method % AMBIT_COLOURS);
    ambit_page_escape(page, record->name);
    ambit_page_add(page, "<small>");
    ambit_page_escape(page, record->folder);
    ambit_page_add(page, "</small></th>");
}

/* The values of a key in the runs of a method, each once. */
static void draw_values(const ambit_records *records, int method, const char *key,
                        ambit_page *page) {
    int written = 0;
    ambit_page_add(page, "<td>");
    for (int i = 0; i < records->count; i++) {
        const char *value = ambit_entries_find(&records->records[i].entries, key);
        int known = !value || records->records[i].method != method;
        for (int before = 0; before < i && !known; before++) {
            const char *other = ambit_entries_find(&records->records[before].entries, key);
            known = records->records[before].method == method && other && !strcmp(other, value);
        }
        if (known)
            continue;
        ambit_page_add(page, "%s", written++ ? ", " : "");
        ambit_page_escape(page, value);
    }
    ambit_page_add(page, written ? "</td>" : "–</td>");
}

static void draw_key_head(const char *key, ambit_page *page) {
    ambit_page_add(page, "<th><code>");
    ambit_page_escape(page, key);
    ambit_page_add(page, "</code></th>");
}

static void draw_method_head(const ambit_records *records, int method, ambit_page *page) {
    ambit_page_add(page, "<th><span class=\"key s%d\"></span>", method % AMBIT_COLOURS);
    ambit_page_escape(page, ambit_records_first(records, method)->name);
    ambit_page_add(page, "</th>");
}

/* Keys are rows, unless there are so many methods that a page is not wide enough for them. */
static void draw_differences(const ambit_records *records, const char *const *keys, int count,
                             ambit_page *page) {
    const int methods = records->method_count, by_method = methods > FEW && methods > count;
    ambit_page_add(page, "<div class=\"scroll\"><table><thead><tr><th>%s</th>",
                   by_method ? "method" : "key");
    for (int column = 0; column < (by_method ? count : methods); column++)
        if (by_method)
            draw_key_head(keys[column], page);
        else
            draw_method_head(records, column, page);
    ambit_page_add(page, "</tr></thead><tbody>\n");
    for (int row = 0; row < (by_method ? methods : count); row++) {
        ambit_page_add(page, "<tr>");
        if (by_method)
            draw_method_head(records, row, page);
        else
            draw_key_head(keys[row], page);
        for (int column = 0; column < (by_method ? count : methods); column++)
            draw_values(records, by_method ? row : column, keys[by_method ? column : row], page);
        ambit_page_add(page, "</tr>\n");
    }
    ambit_page_add(page, "</tbody></table></div>\n");
}

/* Whether `key` was met in the lists before `list`, or is the title, which names the method. */
static int is_old_key(const ambit_entries *const *lists, int list, const char *key) {
    for (int i = 0; i < list; i++)
        if (ambit_entries_find(lists[i], key))
            return 1;
    return strcmp(key, "run.title") == 0;
}

/* Finds the keys in which the lists differ, at most as many as there are entries. */
static int find_differences(const ambit_entries *const *lists, int list_count, const char **keys) {
    int count = 0;
    for (int list = 0; list < list_count; list++)
        for (int i = 0; i < lists[list]->count; i++) {
            const char *key = lists[list]->entries[i].key;
            if (!is_old_key(lists, list, key) && !ambit_entries_agree(lists, list_count, key))
                keys[count++] = key;
        }
    return count;
}

static ambit_status draw_configuration(ambit_section *section) {
    const ambit_records *records = section->records;
    const ambit_entries **lists = NULL;
    const char **keys = NULL;
    AMBIT_TRY(ambit_allocate(&lists, (size_t)records->count, sizeof *lists, "the differences"));
    int count = 0;
    size_t entries = 0;
    for (int i = 0; i < records->count; i++)
        if (records->records[i].has_entries) {
            lists[count++] = &records->records[i].entries;
            entries += (size_t)records->records[i].entries.count;
        }
    ambit_status status = ambit_allocate(&keys, entries, sizeof *keys, "the differences");
    const int differences = status == AMBIT_OK ? find_differences(lists, count, keys) : 0;
    if (differences > 0)
        draw_differences(records, keys, differences, &section->page);
    else
        ambit_section_note(section, count > 1 ? "No key differs."
                                              : "Fewer than two runs have a config.yaml.");
    if (count < records->count)
        ambit_section_note(section, "Runs without a config.yaml are left out.");
    free(keys);
    free(lists);
    return status;
}

const ambit_section_kind ambit_section_differences = {
    "Configuration",
    "Only what differs between the runs; all else is the same, and is in each run's config.yaml.",
    draw_configuration};

static void draw_origin(const ambit_record *record, ambit_page *page) {
    const ambit_history *history = &record->history;
    const char *seed = ambit_entries_find(&record->entries, "run.seed");
    char date[32] = "";
    int known = history->starts && history->time >= 0 && history->time < 1e12;
    time_t when = known ? (time_t)history->time : 0;
    struct tm parts;
    if (known && gmtime_r(&when, &parts))
        strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", &parts);
    ambit_page_add(page, "<tr>");
    draw_folder_head(record, page);
    draw_text_cell(date, page);
    draw_text_cell(history->commit, page);
    draw_text_cell(seed, page);
    if (history->starts) {
        draw_number_cell((double)history->ranks, page);
        draw_text_cell(history->hosts, page);
        draw_text_cell(history->processors, page);
        draw_number_cell((double)history->parameters, page);
        draw_number_cell((double)history->starts, page);
    } else {
        ambit_page_add(page, "<td colspan=\"5\">no metrics.jsonl</td>");
    }
    draw_text_cell(record->has_evaluation ? record->evaluation.checkpoint : "not evaluated", page);
    ambit_page_add(page, "</tr>\n");
}

static ambit_status draw_origins(ambit_section *section) {
    static const char *const heads[] = {"run",    "first start", "commit",    "seed",
                                        "ranks",  "hosts",       "processor", "parameters",
                                        "starts", "evaluated"};
    ambit_page *page = &section->page;
    ambit_page_add(page, "<div class=\"scroll\"><table><thead><tr>");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        ambit_page_add(page, "<th>%s</th>", heads[i]);
    ambit_page_add(page, "</tr></thead><tbody>\n");
    for (int i = 0; i < section->records->count; i++)
        draw_origin(&section->records->records[i], page);
    ambit_page_add(page, "</tbody></table></div>\n");
    return AMBIT_OK;
}

const ambit_section_kind ambit_section_provenance = {
    "Origin",
    "What made these runs. Results depend on configuration, data and seed only: not on the number "
    "of ranks, nor on how often a run was started again.",
    draw_origins};
