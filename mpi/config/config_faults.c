#include "config_parts.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_FAULTS = 200, /* kept; a file that is no configuration has more */
    REPORT_SIZE = AMBIT_MESSAGE_SIZE - 256
};

void ambit_config_no_memory(ambit_config *config) {
    config->status = ambit_fail(AMBIT_SYSTEM, "%s: no memory to read it; free some", config->name);
}

/* Room for one more element; false when memory ran out. */
static bool grow(ambit_config *config, void *array, int count, int64_t *room, size_t size) {
    const ambit_status status = ambit_grow(array, room, count + 1, size, config->name);
    if (status != AMBIT_OK)
        config->status = status;
    return status == AMBIT_OK;
}

const char *ambit_config_keep(ambit_config *config, const char *text) {
    if (!grow(config, &config->kept, config->kept_count, &config->kept_room, sizeof *config->kept))
        return "";
    char *copy = strdup(text);
    if (!copy) {
        ambit_config_no_memory(config);
        return "";
    }
    return config->kept[config->kept_count++] = copy;
}

ambit_place *ambit_config_place(const ambit_config *config, const ambit_schema_row *row,
                                int index) {
    int count;
    ptrdiff_t number = row - ambit_schema_rows(&count);
    return &config->places[number * AMBIT_MOST_SOURCES + (index > 0 ? index : 0)];
}

void ambit_config_note(ambit_config *config, ambit_place place, const char *path,
                       const char *format, ...) {
    char what[2 * AMBIT_PROBLEM_SIZE], line[4 * AMBIT_PROBLEM_SIZE];
    va_list arguments;
    if (config->fault_count >= MOST_FAULTS || !grow(config, &config->faults, config->fault_count,
                                                    &config->fault_room, sizeof *config->faults))
        return;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(line, sizeof line, "%.*s%s%s", AMBIT_PATH_SIZE, path, *path ? ": " : "", what);
    char *copy = strdup(line);
    if (!copy) {
        ambit_config_no_memory(config);
        return;
    }
    config->faults[config->fault_count++] = (ambit_config_fault){place, copy};
}

void ambit_config_describe(const ambit_config *config, ambit_place place, char *text, size_t size) {
    if (place.argument)
        snprintf(text, size, "argument \"%s\"", config->arguments[place.argument - 1]);
    else if (place.line)
        snprintf(text, size, "%s:%d:%d", config->name, place.line, place.column);
    else
        snprintf(text, size, "%s", config->name);
}

static int compare_places(const void *one, const void *other) {
    const ambit_place *a = &((const ambit_config_fault *)one)->place,
                      *b = &((const ambit_config_fault *)other)->place;
    const int keys[][2] = {{a->argument, b->argument}, {a->line, b->line}, {a->column, b->column}};
    for (int i = 0; i < 3; i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    return strcmp(((const ambit_config_fault *)one)->text,
                  ((const ambit_config_fault *)other)->text);
}

ambit_status ambit_config_report(ambit_config *config) {
    char report[AMBIT_MESSAGE_SIZE] = "", where[4 * AMBIT_PROBLEM_SIZE];
    if (config->status != AMBIT_OK || config->fault_count == 0)
        return config->status;
    qsort(config->faults, (size_t)config->fault_count, sizeof *config->faults, compare_places);
    size_t used = 0;
    if (config->fault_count > 1)
        used = (size_t)snprintf(report, sizeof report, "the configuration has %s%d errors\n",
                                config->fault_count == MOST_FAULTS ? "at least " : "",
                                config->fault_count);
    for (int i = 0; i < config->fault_count; i++) {
        char line[8 * AMBIT_PROBLEM_SIZE];
        ambit_config_describe(config, config->faults[i].place, where, sizeof where);
        int length =
            snprintf(line, sizeof line, "%s%s: %s", i ? "\n" : "", where, config->faults[i].text);
        if (used + (size_t)length >= REPORT_SIZE) {
            snprintf(report + used, sizeof report - used, "\n… and %d more",
                     config->fault_count - i);
            break;
        }
        used += (size_t)snprintf(report + used, sizeof report - used, "%s", line);
    }
    return ambit_fail(AMBIT_CONFIG, "%s", report);
}
