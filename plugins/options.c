/* Options of plugins: the table that the plugin brings, and the values that the user gives. */

#include "../core/base/nearest.h"
#include "internal.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Errors so far, one a line. */
typedef struct {
    char text[AMBIT_MESSAGE_SIZE];
    size_t used;
} complaints;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
complain(complaints *all, const char *format, ...) {
    va_list arguments;
    if (all->used > 0 && all->used + 1 < sizeof all->text)
        all->text[all->used++] = '\n';
    va_start(arguments, format);
    int wanted = vsnprintf(all->text + all->used, sizeof all->text - all->used, format, arguments);
    va_end(arguments);
    size_t room = sizeof all->text - 1 - all->used;
    all->used += wanted < 0 ? 0 : (size_t)wanted < room ? (size_t)wanted : room;
}

static int within_bounds(const ambit_option *option, double value) {
    int bounded = option->minimum != 0 || option->maximum != 0;
    return !bounded || (value >= option->minimum && value <= option->maximum);
}

static int parse_boolean(const ambit_option *option, const char *text, ambit_option_value *value) {
    static const struct {
        const char *word;
        int value;
    } words[] = {{"true", 1}, {"yes", 1}, {"on", 1}, {"false", 0}, {"no", 0}, {"off", 0}};
    (void)option;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i].word) == 0) {
            value->boolean = words[i].value;
            return 1;
        }
    return 0;
}

static int parse_integer(const ambit_option *option, const char *text, ambit_option_value *value) {
    char *end;
    if (text[0] == '\0' || text[strspn(text, "+-0123456789")] != '\0')
        return 0;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (*end != '\0' || errno != 0 || !within_bounds(option, (double)number))
        return 0;
    value->integer = number;
    return 1;
}

static int parse_number(const ambit_option *option, const char *text, ambit_option_value *value) {
    char *end;
    if (text[0] == '\0' || text[strspn(text, "+-.eE0123456789")] != '\0')
        return 0;
    double number = strtod(text, &end);
    if (*end != '\0' || !isfinite(number) || !within_bounds(option, number))
        return 0;
    value->number = number;
    return 1;
}

static int parse_text(const ambit_option *option, const char *text, ambit_option_value *value) {
    size_t length = strlen(text);
    const char *choice = option->choices;
    value->text = text;
    while (choice) {
        size_t span = strcspn(choice, "|");
        if (span == length && memcmp(choice, text, length) == 0)
            return 1;
        choice = choice[span] ? choice + span + 1 : NULL;
    }
    return option->choices == NULL;
}

/* One row an enum ambit_option_type. */
static const struct {
    const char *expected;
    int (*parse)(const ambit_option *option, const char *text, ambit_option_value *value);
} types[] = {
    [AMBIT_OPTION_BOOLEAN] = {"true or false (or yes, no, on, off)", parse_boolean},
    [AMBIT_OPTION_INTEGER] = {"a whole number", parse_integer},
    [AMBIT_OPTION_NUMBER] = {"a number", parse_number},
    [AMBIT_OPTION_TEXT] = {"one of", parse_text},
};

static int is_type(uint32_t type) {
    return type >= AMBIT_OPTION_BOOLEAN && type <= AMBIT_OPTION_TEXT;
}

/* "a whole number from 1 to 40 (cells)" */
static const char *expected(const ambit_option *option, char *text, size_t size) {
    char range[80] = "", unit[80] = "";
    const int digits = option->type == AMBIT_OPTION_INTEGER ? DBL_DECIMAL_DIG : DBL_DIG;
    int numeric = option->type == AMBIT_OPTION_INTEGER || option->type == AMBIT_OPTION_NUMBER;
    if (numeric && (option->minimum != 0 || option->maximum != 0))
        snprintf(range, sizeof range, " from %.*g to %.*g", digits, option->minimum, digits,
                 option->maximum);
    if (option->unit)
        snprintf(unit, sizeof unit, " (%s)", option->unit);
    snprintf(text, size, "%s%s%s%s%s", types[option->type].expected, range, unit,
             option->choices ? " " : "", option->choices ? option->choices : "");
    return text;
}

static int find_option(const ambit_plugin *plugin, const char *name) {
    for (uint32_t i = 0; i < plugin->info.option_count; i++)
        if (strcmp(plugin->options[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* ---------------------------------------------------------------- the table */

static const char *fault_of_option(const ambit_plugin *plugin, uint32_t index) {
    const ambit_option *option = &plugin->options[index];
    ambit_option_value value;
    if (find_option(plugin, option->name) != (int)index)
        return "stands twice in the table";
    if (!is_type(option->type))
        return "has a type that does not exist";
    if (!ambit_plugin_is_line(option->help))
        return "has no help, or one of more than a line";
    if (option->unit && !ambit_plugin_is_line(option->unit))
        return "has a unit of more than a line";
    if (!(option->minimum <= option->maximum))
        return "has a minimum above its maximum";
    if (option->choices &&
        (option->type != AMBIT_OPTION_TEXT || !ambit_plugin_is_line(option->choices)))
        return "has choices but is not text, or they are more than a line";
    if (!option->initial)
        return "has no default";
    if (!types[option->type].parse(option, option->initial, &value))
        return "has a default that it would not accept";
    return NULL;
}

ambit_status ambit_options_check(const ambit_plugin *plugin) {
    for (uint32_t i = 0; i < plugin->info.option_count; i++)
        if (!ambit_plugin_is_name(plugin->options[i].name))
            return ambit_fail(AMBIT_UNAVAILABLE,
                              "%s: refused, because the name of option %u is missing or not made "
                              "of [a-z0-9_] in at most 31 characters; ask the plugin's author",
                              plugin->path, (unsigned)i + 1);
    for (uint32_t i = 0; i < plugin->info.option_count; i++) {
        const char *fault = fault_of_option(plugin, i);
        if (fault)
            return ambit_fail(AMBIT_UNAVAILABLE,
                              "%s: refused, because option '%s' %s; ask the plugin's author",
                              plugin->path, plugin->options[i].name, fault);
    }
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- the values */

static void complain_unknown(const ambit_plugin *plugin, const ambit_plugin_setting *setting,
                             complaints *all) {
    const char *names[AMBIT_PLUGIN_TABLE_MOST],
        *where = setting->where ? setting->where : "options";
    char known[1024] = "";
    size_t used = 0;
    int count = (int)plugin->info.option_count;
    for (int i = 0; i < count; i++) {
        names[i] = plugin->options[i].name;
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                     names[i]);
    }
    int nearest = ambit_nearest(setting->name, names, count);
    if (nearest >= 0)
        complain(all, "%s: %s has no option '%s'; did you mean '%s'?", where, plugin->label,
                 setting->name, names[nearest]);
    else
        complain(all, "%s: %s has no option '%s'; %s%s", where, plugin->label, setting->name,
                 count ? "it knows " : "it takes none", known);
}

static void take_setting(const ambit_plugin *plugin, const ambit_plugin_setting *setting,
                         ambit_option_value *values, unsigned char *given, complaints *all) {
    const char *where = setting->where ? setting->where : "options";
    const int index = find_option(plugin, setting->name);
    if (index < 0) {
        complain_unknown(plugin, setting, all);
        return;
    }
    const ambit_option *option = &plugin->options[index];
    char text[512];
    if (given[index]++)
        complain(all, "%s: option '%s' of %s is given twice; leave one out", where, option->name,
                 plugin->label);
    else if (!types[option->type].parse(option, setting->value, &values[index]))
        complain(all, "%s: option '%s' of %s is '%s', not %s; its default is '%s'", where,
                 option->name, plugin->label, setting->value, expected(option, text, sizeof text),
                 option->initial);
}

/* Fills values[] from the defaults and then the settings. */
static ambit_status read_settings(const ambit_plugin *plugin, const ambit_plugin_setting *settings,
                                  int count, ambit_option_value *values) {
    unsigned char given[AMBIT_PLUGIN_TABLE_MOST] = {0};
    complaints all = {.used = 0};
    for (uint32_t i = 0; i < plugin->info.option_count; i++) {
        const ambit_option *option = &plugin->options[i];
        types[option->type].parse(option, option->initial, &values[i]);
    }
    for (int i = 0; i < count; i++)
        take_setting(plugin, &settings[i], values, given, &all);
    return all.used ? ambit_fail(AMBIT_CONFIG, "%s", all.text) : AMBIT_OK;
}

ambit_status ambit_plugin_check_settings(const ambit_plugin *plugin,
                                         const ambit_plugin_setting *settings, int count) {
    ambit_option_value values[AMBIT_PLUGIN_TABLE_MOST];
    return read_settings(plugin, settings, count, values);
}

ambit_status ambit_options_set(ambit_plugin *plugin, const ambit_plugin_setting *settings,
                               int count) {
    const uint32_t options = plugin->info.option_count;
    AMBIT_TRY(ambit_allocate(&plugin->values, options, sizeof *plugin->values, plugin->label));
    AMBIT_TRY(ambit_allocate(&plugin->texts, options, sizeof *plugin->texts, plugin->label));
    AMBIT_TRY(read_settings(plugin, settings, count, plugin->values));
    for (uint32_t i = 0; i < options; i++) {
        if (plugin->options[i].type != AMBIT_OPTION_TEXT)
            continue;
        size_t size = strlen(plugin->values[i].text) + 1;
        AMBIT_TRY(ambit_allocate(&plugin->texts[i], size, 1, plugin->label));
        memcpy(plugin->texts[i], plugin->values[i].text, size);
        plugin->values[i].text = plugin->texts[i];
    }
    return AMBIT_OK;
}

void ambit_options_free(ambit_plugin *plugin) {
    for (uint32_t i = 0; plugin->texts && i < plugin->info.option_count; i++)
        free(plugin->texts[i]);
    free(plugin->texts);
    free(plugin->values);
    plugin->texts = NULL;
    plugin->values = NULL;
}
