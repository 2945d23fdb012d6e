/* Ingestion: the episodes of a source plugin become a store.
 *
 * The source is cut into ranges of n episodes, which the ranks take in turn. The episodes of a
 * range, less those left out, go to one shard, or to several where they are large: a shard is
 * ended before it would grow beyond `shard_bytes`, so a rank holds that much, or one episode,
 * whatever the sizes of episodes are (and up to four times as much for the statistics of numbers).
 * n depends on their number alone, so the shards are the same, byte for byte, for any number of
 * ranks; what differs from run to run (time, host) stands in the index. Each rank works at its own
 * pace (crew.h).
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
    int64_t shard_episodes; /* at most so many episodes a shard; 0: chosen from their number */
    int64_t shard_bytes;    /* and at most so many bytes of values, or one episode; 0: 128 MiB */
    bool progress;          /* show how far it is, on rank 0's stderr */
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

#endif
