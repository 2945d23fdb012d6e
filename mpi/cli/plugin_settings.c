#include "plugin_settings.h"

#include <stdio.h>
#include <string.h>

static ambit_status take(char *word, int place, ambit_plugin_settings *settings) {
    char *equals = strchr(word, '='), *name = settings->places[settings->count];
    if (!equals || equals == word)
        return ambit_fail(AMBIT_USAGE,
                          "argument %d: %s: give options of the plugin as KEY=VALUE; see --help",
                          place, word);
    *equals = '\0';
    snprintf(name, sizeof settings->places[0], "argument %d", place);
    settings->rows[settings->count++] = (ambit_plugin_setting){word, equals + 1, name};
    return AMBIT_OK;
}

ambit_status ambit_plugin_settings_take(int argc, char **argv, int first,
                                        ambit_plugin_settings *settings) {
    settings->count = 0;
    for (int i = first; i < argc; i++) {
        if (settings->count == AMBIT_MOST_PLUGIN_SETTINGS)
            return ambit_fail(AMBIT_USAGE, "argument %d: more than %d options", i,
                              AMBIT_MOST_PLUGIN_SETTINGS);
        AMBIT_TRY(take(argv[i], i, settings));
    }
    return AMBIT_OK;
}
