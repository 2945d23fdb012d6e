/* Options of a plugin on the command line: KEY=VALUE words. */
#ifndef AMBIT_MPI_CLI_PLUGIN_SETTINGS_H
#define AMBIT_MPI_CLI_PLUGIN_SETTINGS_H

#include "../../plugins/loader.h"

enum { AMBIT_MOST_PLUGIN_SETTINGS = 256 };

typedef struct {
    ambit_plugin_setting rows[AMBIT_MOST_PLUGIN_SETTINGS];
    int count;
    char places[AMBIT_MOST_PLUGIN_SETTINGS][24]; /* "argument 5", for messages */
} ambit_plugin_settings;

/* Takes argv[first] to argv[argc - 1], which must be KEY=VALUE and are split where they stand. The
 * settings point to them and to `settings` itself, which must not be copied. AMBIT_USAGE. */
ambit_status ambit_plugin_settings_take(int argc, char **argv, int first,
                                        ambit_plugin_settings *settings);

#endif
