/* From records to columns: every selected feature of every step. Most data sets have one record an
 * episode; the steps of further ones are added to it.
 *
 * The number of steps T of a record is that of `steps/is_first`; is_last is no help, for some data
 * never sets it. Each feature must hold exactly T × (elements a step) values of the kind
 * features.json says. Anything else is an error that names file, record, feature and both numbers,
 * since a wrong count would shift every value after it.
 */
#ifndef OPENX_EPISODE_H
#define OPENX_EPISODE_H

#include "features.h"

/* One decoded feature: steps × elements in `values`; of byte strings also steps + 1 `offsets`. */
typedef struct {
    shared_buffer values, offsets;
} openx_column;

/* Starts as zeros; used again from episode to episode; ended with openx_episode_free(). */
typedef struct {
    openx_example example; /* of the record added last */
    shared_buffer scratch, inflated;
    openx_column columns[AMBIT_MAX_FIELDS]; /* in the order of the features */
    int64_t steps;
    char name[256]; /* PATH#ID of the first record's metadata, or shard and record; a line */
} openx_episode;

/* The byte string of a column at a step. */
shared_span openx_column_at(const openx_column *column, int64_t step);

/* Begins an episode without steps. */
void openx_episode_begin(openx_episode *episode);

/* Adds the steps of a record. After a failure the episode is to be begun anew. */
int openx_episode_add(openx_episode *episode, const openx_record *record,
                      const openx_features *features);

void openx_episode_free(const ambit_host *host, openx_episode *episode);

#endif
