/* Ingestion: the episodes of a source plugin become a store.
 *
 * Shard k holds episodes [k·n, (k + 1)·n) of the source, less those left out, and is written by
 * rank k mod P. n depends on the number of episodes and the size of the first alone, so the shards
 * are the same, byte for byte, for any number of ranks; what differs from run to run (time, host)
 * stands in the index.
 *
 * Everything is written to OUT.partial, flushed to disk, and renamed to OUT when whole
 * (store_folder.h): after a failure or a kill, OUT is as it was before, and two jobs never write
 * one store.
 */
#ifndef AMBIT_MPI_INGEST_H
#define AMBIT_MPI_INGEST_H

#include "../plugins/loader.h"
#include "ranks.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *plugin, *location, *out;
    const ambit_plugin_setting *settings;
    int setting_count;
    int64_t shard_episodes; /* episodes a shard; 0: chosen from their number */
    bool overwrite;         /* replace the store OUT, once the new one is whole */
    bool leave_out_bad; /* leave out episodes that are bad (source_check.h), instead of failing */
    /* A line for the user: on rank 0 that an old OUT.partial was removed; on any rank that an
     * episode was left out, and why. */
    void (*notice)(const char *line);
} ambit_ingest_options;

typedef struct {
    int64_t shards, episodes, steps;
    int64_t empty, bad; /* episodes left out: of no steps, and bad ones */
    int64_t bytes;      /* of all shards */
    double seconds;
} ambit_ingest_summary;

/* Collective. On success all ranks have the summary. AMBIT_CANNOT_CREATE where OUT exists and
 * `overwrite` is not set, or OUT is something other than a store. */
ambit_status ambit_ingest(const ambit_ranks *ranks, const ambit_ingest_options *options,
                          ambit_ingest_summary *summary);

/* Episodes a shard for a source of so many, the first of so many bytes: 128 shards, of 8 to 1,024
 * episodes each, and less where that would come to more than 128 MiB, since a shard grows in
 * memory. */
int64_t ambit_ingest_shard_episodes(int64_t episodes, int64_t first_bytes);

#endif
