#include "config_parts.h"

#include <stdlib.h>
#include <string.h>

/* What is being written, and where the values came from (NULL: without comments). */
typedef struct {
    const ambit_config *config;
    ambit_settings *settings;
    FILE *out;
    bool origins;
} writer;

static void end_line(const writer *to, ambit_place place) {
    if (to->origins && place.argument)
        fprintf(to->out, "  # argument");
    else if (to->origins && place.line)
        fprintf(to->out, "  # %s:%d", to->config->name, place.line);
    else if (to->origins)
        fprintf(to->out, "  # default");
    fputc('\n', to->out);
}

static void write_list(const ambit_field_list *list, FILE *out) {
    fputc('[', out);
    for (int i = 0; i < list->count; i++) {
        fputs(i ? ", " : "", out);
        ambit_value_quote(list->names[i], out);
    }
    fputc(']', out);
}

static void write_map(const ambit_plugin_setting *options, int count, FILE *out) {
    fputc('{', out);
    for (int i = 0; i < count; i++) {
        fputs(i ? ", " : "", out);
        ambit_value_quote(options[i].name, out);
        fputs(": ", out);
        ambit_value_quote(options[i].value, out);
    }
    fputc('}', out);
}

void ambit_config_write_value(const ambit_schema_row *row, ambit_settings *settings, int index,
                              FILE *out) {
    const void *member = ambit_schema_member(row, settings, index);
    if (row->type == AMBIT_TYPE_LIST)
        write_list(member, out);
    else if (row->type == AMBIT_TYPE_OPTIONS)
        write_map(settings->environment.options, settings->environment.option_count, out);
    else
        ambit_value_write(row, member, out);
}

static void write_sources(const writer *to, const ambit_schema_row *list) {
    int count;
    const ambit_schema_row *rows = ambit_schema_rows(&count);
    fprintf(to->out, "  %s:\n", ambit_schema_key(list->path));
    for (int source = 0; source < to->settings->data.source_count; source++) {
        const char *lead = "    - ";
        for (int i = 0; i < count; i++) {
            if (!ambit_schema_is_within(&rows[i], "data.sources.N"))
                continue;
            fprintf(to->out, "%s%s: ", lead, ambit_schema_key(rows[i].path));
            ambit_config_write_value(&rows[i], to->settings, source, to->out);
            end_line(to, *ambit_config_place(to->config, &rows[i], source));
            lead = "      ";
        }
    }
}

static void write_options(const writer *to, const ambit_schema_row *row) {
    const int count = to->settings->environment.option_count;
    fprintf(to->out, "  %s:\n", ambit_schema_key(row->path));
    for (int i = 0; i < count; i++) {
        const ambit_plugin_setting *option = &to->settings->environment.options[i];
        fputs("    ", to->out);
        ambit_value_quote(option->name, to->out);
        fputs(": ", to->out);
        ambit_value_quote(option->value, to->out);
        if (to->origins && strncmp(option->where, "argument ", 9) == 0)
            fputs("  # argument", to->out);
        else if (to->origins)
            fprintf(to->out, "  # %s", option->where);
        fputc('\n', to->out);
    }
}

static void write_row(const writer *to, const ambit_schema_row *row) {
    if (row->type == AMBIT_TYPE_SOURCES) {
        write_sources(to, row);
    } else if (row->type == AMBIT_TYPE_OPTIONS && to->settings->environment.option_count > 0) {
        write_options(to, row);
    } else {
        fprintf(to->out, "  %s: ", ambit_schema_key(row->path));
        ambit_config_write_value(row, to->settings, -1, to->out);
        end_line(to, *ambit_config_place(to->config, row, -1));
    }
}

ambit_status ambit_config_write(const ambit_config *config, int origins, char **text) {
    size_t size;
    int count;
    const ambit_schema_row *rows = ambit_schema_rows(&count);
    *text = NULL;
    ambit_settings settings = config->settings;
    const writer to = {config, &settings, open_memstream(text, &size), origins != 0};
    if (!to.out)
        return ambit_fail(AMBIT_SYSTEM, "%s: no memory", config->name);
    const char *section = "";
    size_t length = 0;
    for (int i = 0; i < count; i++) {
        if (ambit_schema_is_within(&rows[i], "data.sources.N"))
            continue;
        if (length == 0 || strncmp(rows[i].path, section, length + 1) != 0) {
            section = rows[i].path;
            length = strcspn(section, ".");
            fprintf(to.out, "%s%.*s:\n", i ? "\n" : "", (int)length, section);
        }
        write_row(&to, &rows[i]);
    }
    int fault = ferror(to.out);
    if (fclose(to.out) != 0 || fault) {
        free(*text);
        *text = NULL;
        return ambit_fail(AMBIT_SYSTEM, "%s: no memory", config->name);
    }
    return AMBIT_OK;
}

/* Help in lines of at most 76 letters, indented. */
static void print_wrapped(const char *text, FILE *out) {
    int column = 0;
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column > 0 && column + 1 + length > 76) {
            fputc('\n', out);
            column = 0;
        }
        fprintf(out, "%s%.*s", column ? " " : "    ", length, text);
        column += length + 1;
        text += length + strspn(text + length, " ");
    }
    fputc('\n', out);
}

static void explain_row(const ambit_schema_row *row, FILE *out) {
    char expected[AMBIT_PROBLEM_SIZE];
    ambit_value_expected(row, expected, sizeof expected);
    fprintf(out, "%s\n    %s; ", row->path, expected);
    if (!row->initial)
        fprintf(out, "required\n");
    else if (!*row->initial)
        fprintf(out, "default: empty\n");
    else
        fprintf(out, "default: %s\n", row->initial);
    print_wrapped(row->help, out);
}

ambit_status ambit_config_explain(const char *path, FILE *out) {
    int count, shown = 0;
    const ambit_schema_row *rows = ambit_schema_rows(&count);
    for (int i = 0; i < count; i++)
        if (ambit_schema_is_within(&rows[i], path)) {
            fputs(shown++ ? "\n" : "", out);
            explain_row(&rows[i], out);
        }
    if (shown)
        return AMBIT_OK;
    char suggestion[AMBIT_PROBLEM_SIZE];
    ambit_schema_suggest(path, suggestion, sizeof suggestion);
    return ambit_fail(AMBIT_USAGE, "%.100s: unknown key%s", path, suggestion);
}
