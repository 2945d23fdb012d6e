#include "history.h"

#include "../records/json.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const column_keys[] = {
#define AMBIT_TRAIN_KEY(member, key, how) key,
    AMBIT_TRAIN_COLUMN_LIST(AMBIT_TRAIN_KEY)
#undef AMBIT_TRAIN_KEY
};

/* Behind the columns of the list: of each bin the samples drawn, those whose loss is known, and the
 * sum of their losses. */
enum {
    BIN_COUNT = AMBIT_TRAIN_COLUMNS,
    BIN_KNOWN = BIN_COUNT + AMBIT_METRIC_BINS,
    BIN_LOSS = BIN_KNOWN + AMBIT_METRIC_BINS,
    ALL_COLUMNS = BIN_LOSS + AMBIT_METRIC_BINS
};

/* Those of the bins are sums. */
static const ambit_join train_joins[ALL_COLUMNS] = {
#define AMBIT_TRAIN_JOIN(member, key, how) [AMBIT_TRAIN_##member] = AMBIT_JOIN_##how,
    AMBIT_TRAIN_COLUMN_LIST(AMBIT_TRAIN_JOIN)
#undef AMBIT_TRAIN_JOIN
};
static const ambit_join validate_joins[] = {
    [AMBIT_VALIDATE_STEP] = AMBIT_JOIN_LAST, [AMBIT_VALIDATE_LOSS] = AMBIT_JOIN_MEAN};

/* "a", or "a and 3 more". */
static ambit_status read_hosts(const ambit_json_place *place, const json_t *line,
                               ambit_history *history) {
    json_t *hosts = NULL;
    AMBIT_TRY(ambit_json_get_array(place, line, "hosts", &hosts));
    for (size_t i = 0; i < json_array_size(hosts); i++)
        if (!json_is_string(json_array_get(hosts, i)))
            return ambit_json_fault(place, "hosts", "item %zu is not a text", i);
    const size_t count = json_array_size(hosts);
    const char *first = count ? json_string_value(json_array_get(hosts, 0)) : "";
    if (count > 1)
        snprintf(history->hosts, sizeof history->hosts, "%.200s and %zu more", first, count - 1);
    else
        snprintf(history->hosts, sizeof history->hosts, "%s", first);
    return AMBIT_OK;
}

static ambit_status read_sources(const ambit_json_place *place, const json_t *line,
                                 ambit_history *history) {
    json_t *sources = NULL;
    AMBIT_TRY(ambit_json_get_array(place, line, "sources", &sources));
    if (json_array_size(sources) > AMBIT_MOST_SOURCES)
        return ambit_json_fault(place, "sources", "has %zu items where at most %d are meant",
                                json_array_size(sources), AMBIT_MOST_SOURCES);
    history->source_count = (int)json_array_size(sources);
    for (int i = 0; i < history->source_count; i++) {
        const char *name = json_string_value(json_array_get(sources, (size_t)i));
        if (!name)
            return ambit_json_fault(place, "sources", "item %d is not a text", i);
        snprintf(history->sources[i], sizeof history->sources[i], "%s", name);
    }
    return AMBIT_OK;
}

/* A text that older versions do not write. */
static ambit_status read_newer_text(const ambit_json_place *place, const json_t *line,
                                    const char *key, char *text, size_t size) {
    text[0] = 0;
    return json_object_get(line, key) ? ambit_json_get_text(place, line, key, text, size)
                                      : AMBIT_OK;
}

/* Adds the processor of this start where it is another one. */
static ambit_status read_processor(const ambit_json_place *place, const json_t *line,
                                   ambit_history *history) {
    char name[64];
    size_t used = strlen(history->processors);
    AMBIT_TRY(read_newer_text(place, line, "processor", name, sizeof name));
    if (!strstr(history->processors, name))
        snprintf(history->processors + used, sizeof history->processors - used, "%s%s",
                 used ? "; " : "", name);
    return AMBIT_OK;
}

static ambit_status read_start(const ambit_json_place *place, const json_t *line,
                               ambit_history *history) {
    double time;
    AMBIT_TRY(ambit_json_get_number(place, line, "time", &time));
    history->time = history->starts ? history->time : time;
    AMBIT_TRY(ambit_json_get_text(place, line, "commit", history->commit, sizeof history->commit));
    AMBIT_TRY(ambit_json_get_integer(place, line, "ranks", &history->ranks));
    AMBIT_TRY(ambit_json_get_integer(place, line, "parameters", &history->parameters));
    AMBIT_TRY(ambit_json_get_integer(place, line, "batch", &history->batch));
    AMBIT_TRY(ambit_json_get_integer(place, line, "steps", &history->steps));
    AMBIT_TRY(read_hosts(place, line, history));
    AMBIT_TRY(read_processor(place, line, history));
    AMBIT_TRY(read_sources(place, line, history));
    AMBIT_TRY(ambit_json_get_numbers(place, line, "bin_probability", history->bin_probability,
                                     AMBIT_METRIC_BINS));
    AMBIT_TRY(ambit_json_get_numbers(place, line, "effective_samples", history->effective_samples,
                                     AMBIT_METRIC_BINS));
    history->starts++;
    return AMBIT_OK;
}

static ambit_status read_bins(const ambit_json_place *place, const json_t *line, double *row) {
    ambit_bins loss, count;
    AMBIT_TRY(ambit_json_get_numbers(place, line, "bin_loss", loss, AMBIT_METRIC_BINS));
    AMBIT_TRY(ambit_json_get_numbers(place, line, "bin_count", count, AMBIT_METRIC_BINS));
    for (int bin = 0; bin < AMBIT_METRIC_BINS; bin++) {
        const double n = count[bin] > 0 && isfinite(count[bin]) ? count[bin] : 0;
        const int known = isfinite(loss[bin]);
        row[BIN_COUNT + bin] = n;
        row[BIN_KNOWN + bin] = known ? n : 0;
        row[BIN_LOSS + bin] = known ? n * loss[bin] : 0;
    }
    return AMBIT_OK;
}

/* Adds the seconds that a line tells, which older ones do not. */
static ambit_status read_phases(const ambit_json_place *place, const json_t *line,
                                ambit_history *history) {
    json_t *phases = NULL;
    if (!json_object_get(line, "phases"))
        return AMBIT_OK;
    AMBIT_TRY(ambit_json_get_object(place, line, "phases", &phases));
    for (int phase = 0; phase < AMBIT_PHASE_COUNT; phase++) {
        const char *key = ambit_phase_text((ambit_phase)phase);
        double seconds = 0;
        if (json_object_get(phases, key))
            AMBIT_TRY(ambit_json_get_number(place, phases, key, &seconds));
        history->phase_seconds[phase] += isfinite(seconds) && seconds > 0 ? seconds : 0;
    }
    return AMBIT_OK;
}

static ambit_status read_train(const ambit_json_place *place, const json_t *line,
                               ambit_history *history) {
    double sources[AMBIT_MOST_SOURCES], row[ALL_COLUMNS];
    if (!history->starts)
        return ambit_json_fault(place, "", "comes before any line of kind start");
    for (int i = 0; i < AMBIT_TRAIN_COLUMNS; i++)
        if (i == AMBIT_TRAIN_WAIT_SHARE && !json_object_get(line, column_keys[i]))
            row[i] = NAN; /* older runs count waiting as exchange */
        else
            AMBIT_TRY(ambit_json_get_number(place, line, column_keys[i], &row[i]));
    AMBIT_TRY(read_bins(place, line, row));
    AMBIT_TRY(read_phases(place, line, history));
    AMBIT_TRY(ambit_json_get_numbers(place, line, "source_count", sources, history->source_count));
    for (int i = 0; i < history->source_count; i++)
        history->source_total[i] += sources[i];
    ambit_rows_add(&history->train, row);
    return AMBIT_OK;
}

static ambit_status read_validate(const ambit_json_place *place, const json_t *line,
                                  ambit_history *history) {
    double row[AMBIT_VALIDATE_COLUMNS];
    AMBIT_TRY(ambit_json_get_number(place, line, "step", &row[AMBIT_VALIDATE_STEP]));
    AMBIT_TRY(ambit_json_get_number(place, line, "loss", &row[AMBIT_VALIDATE_LOSS]));
    AMBIT_TRY(ambit_json_get_numbers(place, line, "bin_loss", history->validate_bin_loss,
                                     AMBIT_METRIC_BINS));
    AMBIT_TRY(read_newer_text(place, line, "scored", history->scored, sizeof history->scored));
    ambit_rows_add(&history->validate, row);
    return AMBIT_OK;
}

static ambit_status read_line(void *context, const ambit_json_place *place, json_t *line,
                              int *stop) {
    static const struct {
        const char *kind;
        ambit_status (*read)(const ambit_json_place *, const json_t *, ambit_history *);
    } kinds[] = {{"start", read_start}, {"train", read_train}, {"validate", read_validate}};
    char kind[16];
    (void)stop;
    AMBIT_TRY(ambit_json_get_text(place, line, "kind", kind, sizeof kind));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i].kind) == 0)
            return kinds[i].read(place, line, context);
    return ambit_json_fault(place, "kind", "is none of start, train, validate");
}

ambit_status ambit_history_read(const char *run, ambit_history *history) {
    char path[PATH_MAX];
    *history = (ambit_history){0};
    int length = snprintf(path, sizeof path, "%s/metrics.jsonl", run);
    if (length < 0 || (size_t)length >= sizeof path)
        return ambit_fail(AMBIT_USAGE, "%s: the name is too long; use a shorter one", run);
    AMBIT_TRY(ambit_rows_create(ALL_COLUMNS, train_joins, &history->train));
    AMBIT_TRY(ambit_rows_create(AMBIT_VALIDATE_COLUMNS, validate_joins, &history->validate));
    return ambit_json_each_line(path, read_line, history, NULL);
}

void ambit_history_free(ambit_history *history) {
    ambit_rows_free(&history->train);
    ambit_rows_free(&history->validate);
    *history = (ambit_history){0};
}

static double sum_from(const ambit_rows *rows, int column, int64_t first) {
    const double *values = ambit_rows_column(rows, column);
    double sum = 0;
    for (int64_t row = first; row < rows->count; row++)
        sum += values[row];
    return sum;
}

void ambit_history_bins(const ambit_history *history, int64_t first, ambit_bins loss,
                        ambit_bins count) {
    for (int bin = 0; bin < AMBIT_METRIC_BINS; bin++) {
        const double known = sum_from(&history->train, BIN_KNOWN + bin, first);
        count[bin] = sum_from(&history->train, BIN_COUNT + bin, first);
        loss[bin] = known > 0 ? sum_from(&history->train, BIN_LOSS + bin, first) / known : NAN;
    }
}

double ambit_history_mean(const ambit_history *history, ambit_train_column column) {
    const double *values = ambit_rows_column(&history->train, (int)column);
    double sum = 0, lines = 0;
    for (int64_t row = 0; row < history->train.count; row++) {
        const int64_t here =
            row + 1 < history->train.count ? history->train.each : history->train.last;
        if (isfinite(values[row])) {
            sum += (double)here * values[row];
            lines += (double)here;
        }
    }
    return lines > 0 ? sum / lines : NAN;
}
