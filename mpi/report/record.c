#include "record.h"

#include "../../datasets/files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A part that does not exist, or is damaged, is no failure. */
static ambit_status optional(ambit_status status, ambit_record *record, int *has) {
    size_t used = strlen(record->damage);
    *has = status == AMBIT_OK;
    if (status == AMBIT_DATA)
        snprintf(record->damage + used, sizeof record->damage - used, "%s%s", used ? "\n" : "",
                 ambit_message());
    return status == AMBIT_NO_INPUT || status == AMBIT_DATA ? AMBIT_OK : status;
}

static ambit_status read_parts(ambit_record *record) {
    const char *folder = record->folder;
    char results[PATH_MAX];
    AMBIT_TRY(ambit_evaluation_folder(folder, NULL, results));
    AMBIT_TRY(optional(ambit_entries_read(folder, &record->entries), record, &record->has_entries));
    AMBIT_TRY(optional(ambit_history_read(folder, &record->history), record, &record->has_history));
    AMBIT_TRY(optional(ambit_evaluation_read(results, &record->evaluation), record,
                       &record->has_evaluation));
    AMBIT_TRY(
        optional(ambit_drawings_read(folder, &record->drawings), record, &record->has_drawings));
    if (!record->has_entries)
        ambit_entries_free(&record->entries);
    record->has_history |= record->history.starts > 0;
    return AMBIT_OK;
}

static ambit_status read_record(const char *folder, ambit_record *record) {
    record->folder = folder;
    AMBIT_TRY(read_parts(record));
    if (!record->has_entries && !record->has_history && !record->has_evaluation)
        return record->damage[0]
                   ? ambit_fail(AMBIT_DATA, "%s", record->damage)
                   : ambit_fail(AMBIT_NO_INPUT,
                                "%s: is no run folder (no config.yaml, metrics.jsonl or "
                                "eval/summary.json in it); name the folders that `ambit train` "
                                "made",
                                folder);
    const char *title = ambit_entries_find(&record->entries, "run.title");
    if (title && title[0])
        snprintf(record->title, sizeof record->title, "%s", title);
    else
        ambit_last_part(folder, record->title, sizeof record->title);
    return AMBIT_OK;
}

static int is_part_of(const ambit_entries *part, const ambit_entries *whole) {
    for (int i = 0; i < part->count; i++) {
        const char *key = part->entries[i].key, *value = ambit_entries_find(whole, key);
        if (strcmp(key, "run.seed") != 0 && (!value || strcmp(value, part->entries[i].value) != 0))
            return 0;
    }
    return 1;
}

/* Whether two runs are seeds of one method. */
static int same_method(const ambit_record *a, const ambit_record *b) {
    return strcmp(a->title, b->title) == 0 && is_part_of(&a->entries, &b->entries) &&
           is_part_of(&b->entries, &a->entries);
}

static void number_methods(ambit_records *records) {
    for (int i = 0; i < records->count; i++) {
        int same = 0;
        while (same < i && !same_method(&records->records[same], &records->records[i]))
            same++;
        records->records[i].method =
            same < i ? records->records[same].method : records->method_count++;
    }
}

/* Runs that do not say what they scored share it with none. */
static int same_scored(const ambit_record *a, const ambit_record *b) {
    return a->history.scored[0] && strcmp(a->history.scored, b->history.scored) == 0;
}

static void number_scored(ambit_records *records) {
    for (int i = 0; i < records->count; i++) {
        ambit_record *record = &records->records[i];
        int same = 0;
        record->scored = -1;
        if (record->history.validate.count == 0)
            continue;
        while (same < i && !same_scored(&records->records[same], record))
            same++;
        record->scored = same < i ? records->records[same].scored : records->scored_count++;
    }
}

/* A title that was not changed with the configuration cannot tell methods apart. */
static void name_method(const ambit_records *records, ambit_record *record) {
    snprintf(record->name, sizeof record->name, "%s", record->title);
    for (int i = 0; i < records->count; i++)
        if (records->records[i].method != record->method &&
            strcmp(records->records[i].title, record->title) == 0)
            ambit_last_part(ambit_records_first(records, record->method)->folder, record->name,
                            sizeof record->name);
}

ambit_status ambit_records_read(const char *const *folders, int count, ambit_records *records) {
    *records = (ambit_records){0};
    AMBIT_TRY(ambit_allocate(&records->records, (size_t)count, sizeof *records->records,
                             "the runs of a report"));
    records->count = count;
    for (int i = 0; i < count; i++)
        AMBIT_TRY(read_record(folders[i], &records->records[i]));
    number_methods(records);
    number_scored(records);
    for (int i = 0; i < count; i++)
        name_method(records, &records->records[i]);
    return AMBIT_OK;
}

void ambit_records_free(ambit_records *records) {
    for (int i = 0; i < records->count; i++) {
        ambit_entries_free(&records->records[i].entries);
        ambit_history_free(&records->records[i].history);
        ambit_drawings_free(&records->records[i].drawings);
    }
    free(records->records);
    *records = (ambit_records){0};
}

const ambit_record *ambit_records_first(const ambit_records *records, int method) {
    int i = 0;
    while (records->records[i].method != method)
        i++;
    return &records->records[i];
}

/* Adds a run's mean to a pooled one: n·mean to .mean and (n·half width)² to .low, to be divided by
 * finish_interval() when all runs are in. */
static void add_interval(ambit_interval *pooled, const ambit_interval *interval) {
    double n = (double)interval->count;
    if (interval->count == 0)
        return;
    double weighted = n * (interval->high - interval->low) / 2;
    pooled->count += interval->count;
    pooled->mean += n * interval->mean;
    pooled->low += weighted * weighted;
}

static void finish_interval(ambit_interval *pooled) {
    double n = (double)pooled->count, half = sqrt(pooled->low) / n;
    pooled->mean /= n; /* NaN where nothing was counted */
    pooled->low = pooled->mean - half;
    pooled->high = pooled->mean + half;
}

static int same_metrics(const ambit_evaluation *a, const ambit_evaluation *b) {
    if (a->metric_count != b->metric_count)
        return 0;
    for (int i = 0; i < a->metric_count; i++)
        if (strcmp(a->metrics[i].name, b->metrics[i].name) != 0)
            return 0;
    return 1;
}

static void add_evaluation(ambit_evaluation *pooled, const ambit_evaluation *evaluation) {
    pooled->trials += evaluation->trials;
    pooled->success.count += evaluation->success.count;
    for (int i = 0; same_metrics(pooled, evaluation) && i < pooled->metric_count; i++) {
        add_interval(&pooled->metrics[i].successful, &evaluation->metrics[i].successful);
        add_interval(&pooled->metrics[i].all, &evaluation->metrics[i].all);
    }
}

/* The first run's names and units, with all sums at zero. */
static void begin_pool(ambit_evaluation *pooled, const ambit_evaluation *first) {
    *pooled = *first;
    pooled->trials = 0;
    pooled->success = (ambit_interval){0};
    for (int i = 0; i < pooled->metric_count; i++)
        pooled->metrics[i].successful = pooled->metrics[i].all = (ambit_interval){0};
}

int ambit_records_pool(const ambit_records *records, int method, ambit_evaluation *pooled) {
    int runs = 0;
    *pooled = (ambit_evaluation){0};
    for (int i = 0; i < records->count; i++) {
        const ambit_record *record = &records->records[i];
        if (record->method != method || !record->has_evaluation)
            continue;
        if (runs++ == 0)
            begin_pool(pooled, &record->evaluation);
        add_evaluation(pooled, &record->evaluation);
    }
    if (runs == 0)
        return 0;
    pooled->success = ambit_wilson_interval(pooled->success.count, pooled->trials);
    for (int i = 0; i < pooled->metric_count; i++) {
        finish_interval(&pooled->metrics[i].successful);
        finish_interval(&pooled->metrics[i].all);
    }
    return runs;
}
