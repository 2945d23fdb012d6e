#include "history.h"

#include "../records/json.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const column_keys[] = {
#define AMBIT_TRAIN_KEY(member, key) key,
    AMBIT_TRAIN_COLUMN_LIST(AMBIT_TRAIN_KEY)
#undef AMBIT_TRAIN_KEY
};

/* Makes *pointer hold `room` elements, keeping what it holds. */
static ambit_status grow(void *pointer, int64_t room, size_t size) {
    void *memory;
    memcpy(&memory, pointer, sizeof memory);
    void *grown = (uint64_t)room <= SIZE_MAX / size ? realloc(memory, (size_t)room * size) : NULL;
    if (!grown)
        return ambit_fail(AMBIT_SYSTEM, "the metrics: no memory for %lld lines; report fewer runs",
                          (long long)room);
    memcpy(pointer, &grown, sizeof grown);
    return AMBIT_OK;
}

static ambit_status reserve_train(ambit_history *history) {
    if (history->train_count < history->train_room)
        return AMBIT_OK;
    int64_t room = 2 * history->train_room + 256;
    for (int i = 0; i < AMBIT_TRAIN_COLUMNS; i++)
        AMBIT_TRY(grow(&history->train[i], room, sizeof *history->train[i]));
    AMBIT_TRY(grow(&history->bin_loss, room, sizeof *history->bin_loss));
    AMBIT_TRY(grow(&history->bin_count, room, sizeof *history->bin_count));
    history->train_room = room;
    return AMBIT_OK;
}

static ambit_status reserve_validate(ambit_history *history) {
    if (history->validate_count < history->validate_room)
        return AMBIT_OK;
    int64_t room = 2 * history->validate_room + 64;
    AMBIT_TRY(grow(&history->validate_step, room, sizeof *history->validate_step));
    AMBIT_TRY(grow(&history->validate_loss, room, sizeof *history->validate_loss));
    history->validate_room = room;
    return AMBIT_OK;
}

/* "a, b, c", cut where it does not fit. */
static ambit_status read_hosts(const ambit_json_place *place, const json_t *line,
                               ambit_history *history) {
    json_t *hosts = NULL;
    AMBIT_TRY(ambit_json_get_array(place, line, "hosts", &hosts));
    history->hosts[0] = 0;
    for (size_t i = 0; i < json_array_size(hosts); i++) {
        const char *host = json_string_value(json_array_get(hosts, i));
        size_t at = strlen(history->hosts);
        if (!host)
            return ambit_json_fault(place, "hosts", "item %zu is not a text", i);
        snprintf(history->hosts + at, sizeof history->hosts - at, "%s%s", i ? ", " : "", host);
    }
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
    AMBIT_TRY(read_sources(place, line, history));
    AMBIT_TRY(ambit_json_get_numbers(place, line, "bin_probability", history->bin_probability,
                                     AMBIT_METRIC_BINS));
    AMBIT_TRY(ambit_json_get_numbers(place, line, "effective_samples", history->effective_samples,
                                     AMBIT_METRIC_BINS));
    history->starts++;
    return AMBIT_OK;
}

static ambit_status read_train(const ambit_json_place *place, const json_t *line,
                               ambit_history *history) {
    double sources[AMBIT_MOST_SOURCES];
    if (!history->starts)
        return ambit_json_fault(place, "", "comes before any line of kind start");
    AMBIT_TRY(reserve_train(history));
    int64_t row = history->train_count;
    for (int i = 0; i < AMBIT_TRAIN_COLUMNS; i++) {
        double *value = &history->train[i][row];
        if (i == AMBIT_TRAIN_WAIT_SHARE && !json_object_get(line, column_keys[i]))
            *value = NAN; /* older runs count waiting as exchange */
        else
            AMBIT_TRY(ambit_json_get_number(place, line, column_keys[i], value));
    }
    AMBIT_TRY(
        ambit_json_get_numbers(place, line, "bin_loss", history->bin_loss[row], AMBIT_METRIC_BINS));
    AMBIT_TRY(ambit_json_get_numbers(place, line, "bin_count", history->bin_count[row],
                                     AMBIT_METRIC_BINS));
    AMBIT_TRY(ambit_json_get_numbers(place, line, "source_count", sources, history->source_count));
    for (int i = 0; i < history->source_count; i++)
        history->source_total[i] += sources[i];
    history->train_count++;
    return AMBIT_OK;
}

static ambit_status read_validate(const ambit_json_place *place, const json_t *line,
                                  ambit_history *history) {
    AMBIT_TRY(reserve_validate(history));
    int64_t row = history->validate_count;
    AMBIT_TRY(ambit_json_get_number(place, line, "step", &history->validate_step[row]));
    AMBIT_TRY(ambit_json_get_number(place, line, "loss", &history->validate_loss[row]));
    AMBIT_TRY(ambit_json_get_numbers(place, line, "bin_loss", history->validate_bin_loss,
                                     AMBIT_METRIC_BINS));
    history->validate_count++;
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
    return ambit_json_each_line(path, read_line, history, NULL);
}

void ambit_history_free(ambit_history *history) {
    for (int i = 0; i < AMBIT_TRAIN_COLUMNS; i++)
        free(history->train[i]);
    free(history->bin_loss);
    free(history->bin_count);
    free(history->validate_step);
    free(history->validate_loss);
    *history = (ambit_history){0};
}

void ambit_history_bins(const ambit_history *history, int64_t first, ambit_bins loss,
                        ambit_bins count) {
    for (int bin = 0; bin < AMBIT_METRIC_BINS; bin++) {
        double sum = 0, samples = 0;
        count[bin] = 0;
        for (int64_t row = first; row < history->train_count; row++) {
            double n = history->bin_count[row][bin], mean = history->bin_loss[row][bin];
            count[bin] += isfinite(n) ? n : 0;
            if (n > 0 && isfinite(mean)) {
                sum += n * mean;
                samples += n;
            }
        }
        loss[bin] = samples > 0 ? sum / samples : NAN;
    }
}

double ambit_history_mean(const ambit_history *history, ambit_train_column column) {
    double sum = 0;
    int64_t count = 0;
    for (int64_t row = 0; row < history->train_count; row++)
        if (isfinite(history->train[column][row])) {
            sum += history->train[column][row];
            count++;
        }
    return count ? sum / (double)count : NAN;
}
