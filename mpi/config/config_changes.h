/* What differs between two configurations; and whether it may, between the one that a run was
 * started with and the one that it is to go on with.
 *
 * A run may go on with other settings where these change no weights: what it costs, what is logged
 * and kept, how it is named, where its data and their annotation lie (what data they give is
 * compared elsewhere: ambit_experiment_digests()), how the trained policy is sampled and evaluated.
 * It may be made longer: train.steps may grow, and train.warmup, whose default depends on it, may
 * then change. Everything else is refused.
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

/* Lists what differs between two configurations as YAML, in the order of the schema. `before` may
 * be of an older build: settings it does not name have their defaults; `name` stands for it in
 * messages. The caller frees *changes, which is empty after a failure. */
ambit_status ambit_config_list_changes(const char *name, const char *before, const char *now,
                                       ambit_config_changes *changes);

/* The same for a run that is to go on. AMBIT_CONFIG, with the settings that may not change, where
 * there are any. */
ambit_status ambit_config_compare(const char *name, const char *before, const char *now,
                                  ambit_config_changes *changes);

/* Writes a change as two lines for a message, "\n  there: PATH: BEFORE\n  here:  PATH: NOW";
 * returns the length, as snprintf does. */
int ambit_config_change_show(const ambit_config_change *change, char *text, size_t size);
void ambit_config_changes_free(ambit_config_changes *changes);

#endif
