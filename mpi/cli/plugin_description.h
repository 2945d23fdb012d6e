/* What an opened plugin says of its data, or of its world, for `ambit plugin inspect`. */
#ifndef AMBIT_MPI_CLI_PLUGIN_DESCRIPTION_H
#define AMBIT_MPI_CLI_PLUGIN_DESCRIPTION_H

#include "../../plugins/loader.h"

#include <jansson.h>

/* Prints it to stdout; `location` is what the plugin was opened on. AMBIT_DATA where fields are not
 * such as a store could hold. */
ambit_status ambit_plugin_describe(const ambit_plugin *plugin, const char *location);

/* The same as JSON, which the caller releases. */
ambit_status ambit_plugin_describe_json(const ambit_plugin *plugin, json_t **description);

#endif
