#include "config_parts.h"

#include "../../datasets/files.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_FILE = 256 * 1024 };

/* ---------------------------------------------------------------- arguments */

static const char options_path[] = "environment.options.";

/* Applies `path=text` where the path names no list. */
static void apply_single(ambit_config *config, const char *path, const char *text,
                         ambit_place place) {
    int index;
    const ambit_schema_row *row = ambit_schema_find(path, &index);
    const int sources = config->settings.data.source_count;
    char suggestion[AMBIT_PROBLEM_SIZE];
    if (index >= sources)
        ambit_config_note(config, place, path,
                          "there are %d data sources, counted from 0; write the whole list to add "
                          "one: 'data.sources=[{path: STORE}, …]'",
                          sources);
    else if (row && ambit_value_is_null(text))
        ambit_config_set_absent(config, row, index, path, place);
    else if (row)
        ambit_config_set_value(config, row, index, path, text, place);
    else if (ambit_schema_is_section(path))
        ambit_config_note_section(config, place, path);
    else {
        ambit_schema_suggest(path, suggestion, sizeof suggestion);
        ambit_config_note(config, place, path, "unknown key%s", suggestion);
    }
}

static void apply_argument(ambit_config *config, int number) {
    const char *argument = config->arguments[number - 1], *equals = strchr(argument, '=');
    const ambit_place place = {.argument = number};
    char path[AMBIT_PATH_SIZE];
    int index;
    if (!equals || equals - argument >= AMBIT_PATH_SIZE || equals == argument) {
        ambit_config_note(config, place, "", "is no setting; write KEY=VALUE, as in train.lr=1e-3");
        return;
    }
    snprintf(path, sizeof path, "%.*s", (int)(equals - argument), argument);
    const ambit_schema_row *row = ambit_schema_find(path, &index);
    const size_t prefix = sizeof options_path - 1;
    if (strncmp(path, options_path, prefix) == 0 && path[prefix])
        ambit_config_set_option(config, path, path + prefix,
                                ambit_value_is_null(equals + 1) ? NULL : equals + 1, place);
    else if (row && row->type >= AMBIT_TYPE_LIST)
        ambit_config_apply_yaml(config, path, equals + 1, number);
    else
        apply_single(config, path, equals + 1, place);
}

/* ---------------------------------------------------------------- what follows from the rest */

/* Whether the user gave a key of a data source a value, be it the default. */
static bool is_given(const ambit_config *config, const char *path, int source) {
    int index;
    const ambit_place *place = ambit_config_place(config, ambit_schema_find(path, &index), source);
    return place->line || place->argument;
}

static void fill_source(ambit_config *config, int index) {
    ambit_source_settings *source = &config->settings.data.sources[index];
    char last[PATH_MAX];
    ambit_last_part(source->path, last, sizeof last);
    if (!*source->name)
        source->name = ambit_config_keep(config, last);
    /* Unless it is asked, the store has no say in the other side of a bound that shuts something
     * out. */
    const bool asked =
        (isnan(source->sigma_min) && is_given(config, "data.sources.0.sigma_min", index)) ||
        (isnan(source->sigma_max) && is_given(config, "data.sources.0.sigma_max", index));
    if (!asked && (source->sigma_min > 0 || source->sigma_min == AMBIT_ANNOTATED ||
                   (source->sigma_max > 0 && source->sigma_max < 1)))
        ambit_bounds_complete(&source->sigma_min, &source->sigma_max);
}

static void note_missing(ambit_config *config) {
    int count, index;
    const ambit_schema_row *rows = ambit_schema_rows(&count);
    const ambit_schema_row *path_row = ambit_schema_find("data.sources.0.path", &index);
    for (int i = 0; i < count; i++) {
        const ambit_place *place = ambit_config_place(config, &rows[i], -1);
        bool given = place->line || place->argument || &rows[i] == path_row;
        char expected[AMBIT_PROBLEM_SIZE];
        ambit_value_expected(&rows[i], expected, sizeof expected);
        if (!rows[i].initial && !given)
            ambit_config_note(config, (ambit_place){0}, rows[i].path, "is missing; add it: %s",
                              expected);
    }
    for (int i = 0; i < config->settings.data.source_count; i++)
        if (!*config->settings.data.sources[i].path &&
            !ambit_config_place(config, path_row, i)->faulty)
            ambit_config_note(config, config->source_places[i], "data.sources",
                              "source %d has no path; add the folder of its store", i);
}

/* Sets an integer that the user did not. */
static void replace_default(ambit_config *config, const char *path, int64_t value) {
    int index;
    const ambit_schema_row *row = ambit_schema_find(path, &index);
    const ambit_place *place = ambit_config_place(config, row, -1);
    int64_t *member = ambit_schema_member(row, &config->settings, -1);
    if (!place->line && !place->argument)
        *member = value;
}

/* A default gives way where another setting leaves no room for it. */
static void shorten_default(ambit_config *config, const char *path, int64_t most) {
    int index;
    const int64_t *value =
        ambit_schema_member(ambit_schema_find(path, &index), &config->settings, -1);
    if (*value > most)
        replace_default(config, path, most);
}

/* What suits the network where nothing is given. */
static void suit_network(ambit_config *config) {
    ambit_conditioning *conditioning = &config->settings.network.conditioning;
    const ambit_network_way *way =
        ambit_network_find_way(config->settings.network.kind, *conditioning);
    if (!way)
        return;
    *conditioning = way->conditioning;
    replace_default(config, "network.width", way->width);
    replace_default(config, "network.depth", way->depth);
}

static void resolve(ambit_config *config) {
    suit_network(config);
    note_missing(config);
    for (int i = 0; i < config->settings.data.source_count; i++)
        fill_source(config, i);
    shorten_default(config, "train.warmup", config->settings.train.steps / 10);
    shorten_default(config, "sampler.steps", config->settings.schedule.bins);
    shorten_default(config, "eval.execute", config->settings.data.horizon);
    config->settings.train.optimizer.steps = config->settings.train.steps;
    ambit_config_check_rules(config);
}

/* ---------------------------------------------------------------- life */

static ambit_status create(const char *name, ambit_config **config) {
    int rows;
    AMBIT_TRY(ambit_allocate(config, 1, sizeof **config, "configuration"));
    ambit_schema_rows(&rows);
    ambit_status status = ambit_allocate(&(*config)->places, (size_t)rows * AMBIT_MOST_SOURCES,
                                         sizeof *(*config)->places, "configuration");
    (*config)->name = strdup(name);
    if (status == AMBIT_OK && !(*config)->name)
        status = ambit_fail(AMBIT_SYSTEM, "%s: no memory", name);
    if (status == AMBIT_OK)
        ambit_config_default(*config, -1);
    return status;
}

void ambit_config_destroy(ambit_config *config) {
    if (!config)
        return;
    for (int i = 0; i < config->fault_count; i++)
        free(config->faults[i].text);
    for (int i = 0; i < config->kept_count; i++)
        free(config->kept[i]);
    free(config->faults);
    free(config->kept);
    free(config->places);
    free(config->name);
    free(config);
}

ambit_status ambit_config_parse(const char *name, const char *text, const char *const *overrides,
                                int override_count, ambit_config **config) {
    ambit_status status = create(name, config);
    if (status == AMBIT_OK) {
        (*config)->arguments = overrides;
        if (ambit_config_apply_yaml(*config, "", text,
                                    0)) { /* else nothing more can be said of it */
            for (int i = 0; i < override_count; i++)
                apply_argument(*config, i + 1);
            resolve(*config);
        }
        status = ambit_config_report(*config);
    }
    if (status != AMBIT_OK) {
        ambit_config_destroy(*config);
        *config = NULL;
    }
    return status;
}

ambit_status ambit_config_load(const char *path, const char *const *overrides, int override_count,
                               ambit_config **config) {
    char *text;
    size_t size;
    *config = NULL;
    AMBIT_TRY(ambit_read_file(path, LARGEST_FILE, &text, &size));
    ambit_status status;
    if (strlen(text) == size)
        status = ambit_config_parse(path, text, overrides, override_count, config);
    else
        status = ambit_fail(AMBIT_CONFIG,
                            "%s: byte %zu is NUL, as in UTF-16 or where this is no text; write it "
                            "in UTF-8",
                            path, strlen(text));
    free(text);
    return status;
}

const ambit_settings *ambit_config_settings(const ambit_config *config) {
    return &config->settings;
}
