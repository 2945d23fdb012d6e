#include "plugin_description.h"

#include "../records/json.h"
#include "../records/say.h"
#include "../source_fields.h"

#include <inttypes.h>
#include <stdio.h>

static const char *or_empty(const char *text) {
    return text ? text : "";
}

/* ---------------------------------------------------------------- sources */

static void print_seconds(double seconds) {
    if (seconds > 0)
        printf(", a step every %g s", seconds);
    putchar('\n');
}

static ambit_status print_source(const ambit_source_description *about, const char *location) {
    ambit_field_info fields[AMBIT_STORE_MAX_FIELDS];
    AMBIT_TRY(ambit_source_fields(about, fields));
    ambit_say(stdout, "%s%s%" PRId64 " episode%s of %" PRIu32 " field%s", location,
              *location ? ": " : "", about->episode_count, ambit_plural(about->episode_count),
              about->field_count, ambit_plural(about->field_count));
    print_seconds(about->step_seconds);
    for (uint32_t f = 0; f < about->field_count; f++) {
        const ambit_field_info *field = &fields[f];
        char type[AMBIT_FIELD_TYPE];
        ambit_field_type(field, type);
        ambit_say(stdout, "  %s\n    %s%s%s\n", field->name, type, *field->unit ? ", " : "",
                  field->unit);
        if (*field->help)
            ambit_say(stdout, "    %s\n", field->help);
    }
    return AMBIT_OK;
}

static json_t *field_as_json(const ambit_field_info *field) {
    json_t *shape = json_array();
    for (int d = 0; d < field->rank; d++)
        ambit_json_append(&shape, json_integer(field->shape[d]));
    return json_pack("{s:s, s:s, s:o, s:s, s:s, s:s}", "name", field->name, "element",
                     ambit_store_element_name(field->element), "shape", shape, "media",
                     field->media, "unit", field->unit, "help", field->help);
}

static ambit_status source_as_json(const ambit_source_description *about, json_t **description) {
    ambit_field_info fields[AMBIT_STORE_MAX_FIELDS];
    json_t *rows = json_array();
    AMBIT_TRY(ambit_source_fields(about, fields));
    for (uint32_t f = 0; f < about->field_count; f++)
        ambit_json_append(&rows, field_as_json(&fields[f]));
    *description = json_pack("{s:I, s:f, s:o}", "episodes", (json_int_t)about->episode_count,
                             "step_seconds", about->step_seconds, "fields", rows);
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- environments */

static void print_environment(const ambit_environment_description *about) {
    printf("observation of %" PRId64 " number%s, action of %" PRId64 ", at most %" PRId64
           " step%s a trial",
           about->observation_size, ambit_plural(about->observation_size), about->action_size,
           about->step_limit, ambit_plural(about->step_limit));
    print_seconds(about->step_seconds);
    for (uint32_t m = 0; m < about->metric_count; m++) {
        const ambit_metric *metric = &about->metrics[m];
        ambit_say(stdout, "  %s%s%s\n    %s; %s is better\n", metric->name,
                  metric->unit ? ", " : "", or_empty(metric->unit), metric->help,
                  metric->lower_is_better ? "less" : "more");
    }
}

static json_t *environment_as_json(const ambit_environment_description *about) {
    json_t *rows = json_array();
    for (uint32_t m = 0; m < about->metric_count; m++)
        ambit_json_append(&rows, json_pack("{s:s, s:s, s:s, s:b}", "name", about->metrics[m].name,
                                           "unit", or_empty(about->metrics[m].unit), "help",
                                           about->metrics[m].help, "lower_is_better",
                                           about->metrics[m].lower_is_better));
    return json_pack("{s:I, s:I, s:I, s:f, s:o}", "observation_size",
                     (json_int_t)about->observation_size, "action_size",
                     (json_int_t)about->action_size, "step_limit", (json_int_t)about->step_limit,
                     "step_seconds", about->step_seconds, "metrics", rows);
}

/* ---------------------------------------------------------------- either */

ambit_status ambit_plugin_describe(const ambit_plugin *plugin, const char *location) {
    const ambit_source_description *source = ambit_source_describe(plugin);
    if (source)
        return print_source(source, location);
    print_environment(ambit_environment_describe(plugin));
    return AMBIT_OK;
}

ambit_status ambit_plugin_describe_json(const ambit_plugin *plugin, json_t **description) {
    const ambit_source_description *source = ambit_source_describe(plugin);
    if (source)
        return source_as_json(source, description);
    *description = environment_as_json(ambit_environment_describe(plugin));
    return AMBIT_OK;
}
