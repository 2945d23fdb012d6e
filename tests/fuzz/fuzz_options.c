/* Options as a user gives them to a plugin: NAME=VALUE, one a line. */
#include "fuzz.h"
#include "plugins/internal.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SETTINGS = 16 };

static ambit_option table[] = {
    {"flag", AMBIT_OPTION_BOOLEAN, "true", 0, 0, NULL, NULL, "a switch"},
    {"count", AMBIT_OPTION_INTEGER, "10", 1, 1e6, NULL, "episodes", "bounded"},
    {"seed", AMBIT_OPTION_INTEGER, "0", 0, 0, NULL, NULL, "unbounded"},
    {"rate", AMBIT_OPTION_NUMBER, "0.5", 0, 1, NULL, "m/s", "bounded"},
    {"mode", AMBIT_OPTION_TEXT, "gcs", 0, 0, "gcs|rrt|both", NULL, "of three"},
    {"skip", AMBIT_OPTION_TEXT, "", 0, 0, NULL, NULL, "any text"},
};
enum { OPTIONS = sizeof table / sizeof *table };

static void check_values(const ambit_option_value *values) {
    FUZZ_REQUIRE(values[0].boolean == 0 || values[0].boolean == 1);
    FUZZ_REQUIRE(values[1].integer >= 1 && values[1].integer <= 1000000);
    FUZZ_REQUIRE(values[3].number >= 0 && values[3].number <= 1);
    FUZZ_REQUIRE(strcmp(values[4].text, "gcs") == 0 || strcmp(values[4].text, "rrt") == 0 ||
                 strcmp(values[4].text, "both") == 0);
    FUZZ_REQUIRE(values[5].text);
}

/* Cuts the text into settings; how many. */
static int cut(char *text, ambit_plugin_setting *settings) {
    int count = 0;
    for (char *line = strtok(text, "\n"); line && count < MOST_SETTINGS;
         line = strtok(NULL, "\n")) {
        char *equals = strchr(line, '=');
        if (!equals)
            continue;
        *equals = '\0';
        const char *where = count % 2 ? "a.yaml:1:1" : NULL;
        settings[count++] = (ambit_plugin_setting){line, equals + 1, where};
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ambit_plugin plugin = {.label = "source fuzz",
                           .info = {.name = "fuzz", .option_count = OPTIONS},
                           .options = table};
    ambit_plugin_setting settings[MOST_SETTINGS];
    char *text = fuzz_text(data, size);
    const int count = cut(text, settings);
    FUZZ_REQUIRE(ambit_options_check(&plugin) == AMBIT_OK);
    const ambit_status checked = ambit_plugin_check_settings(&plugin, settings, count);
    FUZZ_REQUIRE(checked == AMBIT_OK || checked == AMBIT_CONFIG);
    FUZZ_REQUIRE(ambit_options_set(&plugin, settings, count) == checked);
    if (checked == AMBIT_OK)
        check_values(plugin.values);
    ambit_options_free(&plugin);
    free(text);
    return 0;
}
