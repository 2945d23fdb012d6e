/* Episodes that are spread over several records.
 *
 * RLDS has one episode a record. Home-made converters write a record a step, or a few steps: then
 * steps/is_first is true in the first record of an episode alone. Such records are seen in passing
 * and warned of, and joined on request: a record whose first step is not one that is_first marks
 * goes on with the episode before it, across shards as well. A part of a split (slice.h) is counted
 * in records, and what it begins with begins an episode.
 */
#ifndef OPENX_JOIN_H
#define OPENX_JOIN_H

#include "features.h"
#include "tfrecord.h"

/* Which records an episode has. Starts as zeros: one each. Ended with openx_join_free(). */
typedef struct {
    int64_t count;        /* episodes, once joined */
    shared_buffer starts; /* int64_t [count + 1]: the first record of each, and the number of
                             records behind the last; empty: episode i is record i */
} openx_join;

/* Reads all records of the data set to find where episodes begin. */
int openx_join_find(openx_join *join, openx_records *records);

/* Records from *first to *end (not part of it) make up this episode. */
void openx_join_records(const openx_join *join, int64_t episode, int64_t *first, int64_t *end);

/* Episodes of these records. */
int64_t openx_join_count(const openx_join *join, const openx_records *records);

/* Looks at the first few records, and warns where they seem to be parts of episodes. */
int openx_join_suspect(openx_records *records);

void openx_join_free(const ambit_host *host, openx_join *join);

#endif
