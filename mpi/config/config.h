/* The configuration: YAML files, command-line overrides and defaults, checked against one schema.
 *
 * All errors are found in one pass and reported together, one a line, as `file:line:col: path:
 * what; remedy` (command line: `argument 3: …`). An unknown key names the nearest key there is.
 * Types come from the schema: `1e-4` is a number where a number is expected. Duplicate keys are
 * errors. Keys below `environment.options` belong to the environment plugin and are checked against
 * its table.
 *
 * Not collective. (Rank 0 reads and checks; the other ranks are handed the resolved text.)
 */
#ifndef AMBIT_MPI_CONFIG_CONFIG_H
#define AMBIT_MPI_CONFIG_CONFIG_H

#include "settings.h"

#include <stdio.h>

typedef struct ambit_config ambit_config;

/* Reads `path` and applies `overrides` ("train.lr=1e-3", "data.sources.1.sigma_min=0.6"). */
ambit_status ambit_config_load(const char *path, const char *const *overrides, int override_count,
                               ambit_config **config);

/* The same from text; `name` stands for the file in messages. */
ambit_status ambit_config_parse(const char *name, const char *text, const char *const *overrides,
                                int override_count, ambit_config **config);

void ambit_config_destroy(ambit_config *config);

/* The values; valid until destroy. */
const ambit_settings *ambit_config_settings(const ambit_config *config);

/* The resolved configuration as YAML with every key, in the order of the schema. With `origins`,
 * each line ends in a comment that says where the value came from (default, file:line, argument).
 * Without, the text is canonical: equal settings give equal text. The caller frees *text with
 * free(). */
ambit_status ambit_config_write(const ambit_config *config, int origins, char **text);

/* Prints what the schema says of a key or of all keys below it: type, default, unit, bounds, help.
 */
ambit_status ambit_config_explain(const char *path, FILE *out);

#endif
