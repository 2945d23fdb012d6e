/* The sections of configuration and origin: in what runs differ, and where they come from. */
#include "section.h"

#include "number.h"
#include "style.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* Whether `key` was met in the lists before `list`, or is the title, which heads the column. */
static int is_old_key(const ambit_entries *const *lists, int list, const char *key) {
    for (int i = 0; i < list; i++)
        if (ambit_entries_find(lists[i], key))
            return 1;
    return strcmp(key, "run.title") == 0;
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

static void draw_key_row(const ambit_records *records, const char *key, ambit_page *page) {
    ambit_page_add(page, "<tr><th><code>");
    ambit_page_escape(page, key);
    ambit_page_add(page, "</code></th>");
    for (int method = 0; method < records->method_count; method++)
        draw_values(records, method, key, page);
    ambit_page_add(page, "</tr>\n");
}

static int draw_differences(const ambit_records *records, const ambit_entries *const *lists,
                            int count, ambit_page *page) {
    int rows = 0;
    for (int list = 0; list < count; list++)
        for (int i = 0; i < lists[list]->count; i++) {
            const char *key = lists[list]->entries[i].key;
            if (is_old_key(lists, list, key) || ambit_entries_agree(lists, count, key))
                continue;
            draw_key_row(records, key, page);
            rows++;
        }
    return rows;
}

static void draw_method_heads(const ambit_records *records, ambit_page *page) {
    ambit_page_add(page, "<thead><tr><th>key</th>");
    for (int method = 0; method < records->method_count; method++) {
        ambit_page_add(page, "<th><span class=\"key s%d\"></span>", method % AMBIT_COLOURS);
        ambit_page_escape(page, ambit_records_first(records, method)->name);
        ambit_page_add(page, "</th>");
    }
    ambit_page_add(page, "</tr></thead>");
}

static ambit_status draw_configuration(ambit_section *section) {
    const ambit_records *records = section->records;
    const ambit_entries **lists = NULL;
    AMBIT_TRY(ambit_allocate(&lists, (size_t)records->count, sizeof *lists, "the differences"));
    int count = 0;
    for (int i = 0; i < records->count; i++)
        if (records->records[i].has_entries)
            lists[count++] = &records->records[i].entries;
    ambit_page rows = {0};
    if (draw_differences(records, lists, count, &rows) > 0) {
        ambit_page_add(&section->page, "<div class=\"scroll\"><table>");
        draw_method_heads(records, &section->page);
        ambit_page_add(&section->page, "<tbody>\n%s</tbody></table></div>\n",
                       rows.text ? rows.text : "");
    } else {
        ambit_section_note(section, count > 1 ? "No key differs."
                                              : "Fewer than two runs have a config.yaml.");
    }
    section->page.failed |= rows.failed;
    ambit_page_free(&rows);
    if (count < records->count)
        ambit_section_note(section, "Runs without a config.yaml are left out.");
    free(lists);
    return AMBIT_OK;
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
