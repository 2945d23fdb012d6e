/* What differs between the configuration that a run was started with and the one that it is to go
 * on with, and whether it may.
 *
 * A run may go on with other settings where these change no weights: what it costs, what is logged
 * and kept, how it is named, where its data lies (what the data is, is compared elsewhere), how the
 * trained policy is sampled and evaluated. It may be made longer: train.steps may grow, and
 * train.warmup, whose default depends on it, may then change. Everything else is refused.
 *
 * Not collective.
 */
#ifndef AMBIT_MPI_CONFIG_CONFIG_CHANGES_H
#define AMBIT_MPI_CONFIG_CONFIG_CHANGES_H

#include "schema.h"

/* A setting that differs; values as YAML, malloced; "-" of a data source that is not there. */
typedef struct {
    char path[AMBIT_PATH_SIZE];
    char *before, *now;
} ambit_config_change;

typedef struct {
    int count;
    ambit_config_change *list;
} ambit_config_changes;

/* Compares two configurations as YAML. `before` may be of an older build: settings it does not name
 * have their defaults; `name` stands for it in messages. On success *changes lists the differences,
 * all allowed, in the order of the schema; the caller frees them. AMBIT_CONFIG, with the settings
 * that may not change, where there are any. */
ambit_status ambit_config_compare(const char *name, const char *before, const char *now,
                                  ambit_config_changes *changes);
void ambit_config_changes_free(ambit_config_changes *changes);

#endif
