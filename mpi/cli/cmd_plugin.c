#include "../../plugins/loader.h"
#include "../records/json.h"
#include "../records/say.h"
#include "command.h"
#include "plugin_description.h"
#include "plugin_settings.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: ambit plugin list [--json]\n"
    "       ambit plugin inspect NAME [LOCATION [KEY=VALUE…]] [--kind source|environment]\n"
    "                            [--json]\n"
    "\n"
    "Examples:\n"
    "  ambit plugin list\n"
    "  ambit plugin inspect maze --kind environment\n"
    "  ambit plugin inspect openx samples/oxe_bridge_rlds decode=32\n"
    "\n"
    "  list     every plugin found, and for each that cannot be used the reason\n"
    "  inspect  what a plugin says of itself, what LOCATION means to it, and its options; with a\n"
    "           LOCATION, opened with options as for `ambit ingest`: the fields and the number of\n"
    "           episodes that are there, or what an environment observes and takes (\"\" where no\n"
    "           location is needed)\n"
    "\n"
    "  --kind KIND  only the source or the environment of that name (with LOCATION: the source)\n"
    "  --json       as JSON\n"
    "\n"
    "Plugins are looked for in the folders of AMBIT_PLUGIN_PATH, then where Ambit was installed,\n"
    "then beside a program that was only built. AMBIT_PLUGIN_SECONDS (60) is how long one may "
    "give\n"
    "no sign of life, AMBIT_PLUGIN_MEGABYTES (three quarters of the node, over its ranks) how "
    "much\n"
    "memory the program may come to hold while one runs; 0: no limit.\n";

enum { KIND_COUNT = 2 };

static const char *const kind_names[] = {
    "unknown", [AMBIT_PLUGIN_SOURCE] = "source", [AMBIT_PLUGIN_ENVIRONMENT] = "environment"};
static const char *const type_names[] = {[AMBIT_OPTION_BOOLEAN] = "true or false",
                                         [AMBIT_OPTION_INTEGER] = "a whole number",
                                         [AMBIT_OPTION_NUMBER] = "a number",
                                         [AMBIT_OPTION_TEXT] = "text"};

typedef struct {
    int json;
    uint32_t kind; /* 0: any */
    const char *name, *location;
    ambit_plugin_settings settings;
} request;

static ambit_status read_kind(const char *word, uint32_t *kind) {
    for (*kind = 1; *kind <= KIND_COUNT; ++*kind)
        if (strcmp(word, kind_names[*kind]) == 0)
            return AMBIT_OK;
    return ambit_fail(AMBIT_USAGE, "--kind %s: no such kind; write source or environment", word);
}

static ambit_status parse(int argc, char **argv, request *wanted) {
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"kind", required_argument, NULL, 'k'}, {0}};
    int found;
    while ((found = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (found == 'j')
            wanted->json = 1;
        else if (found == 'k')
            AMBIT_TRY(read_kind(optarg, &wanted->kind));
        else
            return ambit_bad_option(found, argv, options);
    }
    wanted->name = optind < argc ? argv[optind] : NULL;
    wanted->location = optind + 1 < argc ? argv[optind + 1] : NULL;
    if (wanted->location && !wanted->kind)
        wanted->kind = AMBIT_PLUGIN_SOURCE;
    return ambit_plugin_settings_take(argc, argv, optind + 2, &wanted->settings);
}

/* ---------------------------------------------------------------- list */

static json_t *found_as_json(const ambit_plugin_found *found) {
    json_t *row = json_pack("{s:s, s:b}", "path", found->path, "usable", found->status == AMBIT_OK);
    if (found->status != AMBIT_OK) {
        ambit_json_set(&row, "reason", ambit_json_text(found->reason));
        return row;
    }
    ambit_json_set(&row, "kind", ambit_json_text(kind_names[found->kind]));
    ambit_json_set(&row, "name", ambit_json_text(found->name));
    ambit_json_set(&row, "version", ambit_json_text(found->version));
    ambit_json_set(&row, "summary", ambit_json_text(found->summary));
    return row;
}

static void print_found(const ambit_plugin_found *found) {
    if (found->status == AMBIT_OK)
        ambit_say(stdout, "%-12s %-12s %-8s %s\n%26s%s\n", kind_names[found->kind], found->name,
                  found->version, found->summary, "", found->path);
    else
        ambit_say(stdout, "%-12s %s\n%26s%s\n", "refused", found->path, "", found->reason);
}

static ambit_status list(int argc, char **argv) {
    static request wanted;
    ambit_plugin_found *found;
    int count;
    memset(&wanted, 0, sizeof wanted);
    AMBIT_TRY(parse(argc, argv, &wanted));
    if (wanted.name)
        return ambit_fail(AMBIT_USAGE,
                          "%s: list takes no name; did you mean `ambit plugin inspect "
                          "%s`?",
                          wanted.name, wanted.name);
    AMBIT_TRY(ambit_plugin_list(&found, &count));
    json_t *rows = json_array();
    for (int i = 0; i < count; i++) {
        if (wanted.kind && found[i].status == AMBIT_OK && found[i].kind != wanted.kind)
            continue;
        if (wanted.json)
            ambit_json_append(&rows, found_as_json(&found[i]));
        else
            print_found(&found[i]);
    }
    free(found);
    if (wanted.json)
        return ambit_json_print(rows, "plugin list", stdout);
    if (count == 0)
        fputs("No plugins found; set AMBIT_PLUGIN_PATH to their folder.\n", stderr);
    json_decref(rows);
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- inspect */

static int is_bounded(const ambit_option *option) {
    return option->minimum != 0 || option->maximum != 0;
}

static const char *or_empty(const char *text) {
    return text ? text : "";
}

/* A bound that is infinite is none. */
static void set_bound(json_t **row, const char *key, const ambit_option *option, double bound) {
    const int whole = option->type == AMBIT_OPTION_INTEGER && fabs(bound) < 0x1p63;
    if (isfinite(bound))
        ambit_json_set(row, key, whole ? json_integer((json_int_t)bound) : json_real(bound));
}

static json_t *option_as_json(const ambit_option *option) {
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", option->name, "type",
                            type_names[option->type], "default", option->initial, "unit",
                            or_empty(option->unit), "help", or_empty(option->help));
    if (is_bounded(option)) {
        set_bound(&row, "least", option, option->minimum);
        set_bound(&row, "most", option, option->maximum);
    }
    if (option->choices)
        ambit_json_set(&row, "choices", ambit_json_text(option->choices));
    return row;
}

static void print_option(const ambit_option *option) {
    const int digits = option->type == AMBIT_OPTION_INTEGER ? DBL_DECIMAL_DIG : DBL_DIG;
    ambit_say(stdout, "\n  %s\n    %s", option->name, type_names[option->type]);
    if (option->choices)
        ambit_say(stdout, ", one of %s", option->choices);
    if (is_bounded(option))
        printf(" from %.*g to %.*g", digits, option->minimum, digits, option->maximum);
    ambit_say(stdout, "%s%s; default: %s\n    %s\n", option->unit ? " " : "",
              or_empty(option->unit), *option->initial ? option->initial : "empty",
              or_empty(option->help));
}

static json_t *plugin_as_json(const ambit_plugin *plugin) {
    const ambit_plugin_info *about = ambit_plugin_about(plugin);
    json_t *options = json_array();
    char digest[24];
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)ambit_plugin_digest(plugin));
    for (uint32_t i = 0; i < about->option_count; i++)
        ambit_json_append(&options, option_as_json(&about->options[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:s, s:s, s:o}", "kind",
                     kind_names[about->kind], "name", about->name, "version", about->version,
                     "licence", about->licence, "summary", about->summary, "location",
                     about->location, "path", ambit_plugin_path(plugin), "digest", digest,
                     "options", options);
}

static void print_plugin(const ambit_plugin *plugin) {
    const ambit_plugin_info *about = ambit_plugin_about(plugin);
    ambit_say(stdout,
              "%s %s, version %s, %s, plugin interface %d.%d\n  %s\n  %s\n  digest %016llx\n",
              kind_names[about->kind], about->name, about->version, about->licence,
              about->abi_major, about->abi_minor, about->summary, ambit_plugin_path(plugin),
              (unsigned long long)ambit_plugin_digest(plugin));
    ambit_say(stdout, "\nLOCATION: %s\n",
              !about->location   ? "the plugin does not say what it is"
              : *about->location ? about->location
                                 : "none is needed");
    printf(about->option_count ? "\nOptions:\n" : "\nNo options.\n");
    for (uint32_t i = 0; i < about->option_count; i++)
        print_option(&about->options[i]);
    putchar('\n');
}

static ambit_status show_plugin(const request *wanted, ambit_plugin *plugin, json_t **rows) {
    if (wanted->location)
        AMBIT_TRY(ambit_plugin_open(plugin, wanted->location, wanted->settings.rows,
                                    wanted->settings.count));
    if (!wanted->json) {
        print_plugin(plugin);
        return wanted->location ? ambit_plugin_describe(plugin, wanted->location) : AMBIT_OK;
    }
    json_t *row = plugin_as_json(plugin), *description = NULL;
    ambit_status status = AMBIT_OK;
    if (wanted->location) {
        status = ambit_plugin_describe_json(plugin, &description);
        ambit_json_set(&row, "description", description);
    }
    ambit_json_append(rows, row);
    return status;
}

/* Shows the plugin of each kind that is wanted. A kind that has none is a fault where no other has
 * one either. */
static ambit_status show_kinds(const request *wanted, json_t **rows) {
    char reasons[AMBIT_MESSAGE_SIZE] = "";
    size_t used = 0;
    int shown = 0;
    for (uint32_t kind = 1; kind <= KIND_COUNT; kind++) {
        ambit_plugin *plugin;
        if (wanted->kind && wanted->kind != kind)
            continue;
        if (ambit_plugin_load(kind, wanted->name, &plugin) == AMBIT_OK) {
            ambit_status status = show_plugin(wanted, plugin, rows);
            ambit_plugin_unload(plugin);
            AMBIT_TRY(status);
            shown++;
        } else if (used < sizeof reasons)
            used += (size_t)snprintf(reasons + used, sizeof reasons - used, "%s%s",
                                     used ? "\n" : "", ambit_message());
    }
    return shown ? AMBIT_OK : ambit_fail(AMBIT_UNAVAILABLE, "%s", reasons);
}

static ambit_status inspect(int argc, char **argv) {
    static request wanted;
    memset(&wanted, 0, sizeof wanted);
    AMBIT_TRY(parse(argc, argv, &wanted));
    if (!wanted.name)
        return ambit_fail(AMBIT_USAGE, "which plugin? `ambit plugin list` shows what there is");
    json_t *rows = json_array();
    ambit_status status = show_kinds(&wanted, &rows);
    if (wanted.json && status == AMBIT_OK)
        return ambit_json_print(rows, wanted.name, stdout);
    json_decref(rows);
    return status;
}

static ambit_status run(const ambit_ranks *ranks, int argc, char **argv) {
    static const ambit_subcommand table[] = {{"list", list}, {"inspect", inspect}};
    (void)ranks;
    return ambit_run_subcommand(table, sizeof table / sizeof table[0], argc, argv);
}

const ambit_command ambit_command_plugin = {
    .name = "plugin",
    .summary = "list plugins, or inspect one",
    .usage = usage,
    .run = run,
    .alone = 1,
};
