/* Writing a store.
 *
 * The unit of work is the shard, and which episodes a shard holds depends on the data alone, so
 * that any number of ranks writes the same shards. Each rank writes its shards with ambit_shard_*;
 * then one rank writes the index over all of them with ambit_index_write(). Everything goes to a
 * folder with a temporary name, which the caller renames once whole. Not collective.
 */
#ifndef AMBIT_DATASETS_WRITER_H
#define AMBIT_DATASETS_WRITER_H

#include "field.h"

typedef struct ambit_shard_writer ambit_shard_writer;

/* Begins the shard `path`, which grows in memory until ambit_shard_finish(). Fields are copied. */
ambit_status ambit_shard_create(const char *path, const ambit_field_info *fields, int field_count,
                                ambit_shard_writer **writer);

/* One field of the episode being added. */
typedef struct {
    const void *values;      /* steps × elements; of bytes: all bytes */
    const uint64_t *offsets; /* of bytes: steps + 1 offsets; else NULL */
} ambit_store_column;

/* Appends an episode of steps ≥ 1. σ bounds may be NaN. Nothing is kept of the pointers. */
ambit_status ambit_shard_append(ambit_shard_writer *writer, const char *name, int64_t steps,
                                const ambit_store_column *columns, double sigma_min,
                                double sigma_max);

/* Adds statistics and writes the file, flushed to disk; after any failure there is none. Always
 * frees the writer. `abandon` instead writes nothing. */
ambit_status ambit_shard_finish(ambit_shard_writer *writer);
void ambit_shard_abandon(ambit_shard_writer *writer);

/* Reads the finished shards folder/shard-00000.h5 … and writes folder/index.h5. */
ambit_status ambit_index_write(const char *folder, int shard_count, double step_seconds,
                               const char *const *provenance_keys,
                               const char *const *provenance_values, int provenance_count);

/* Path of shard `number` in `folder`, into path[size]. */
void ambit_shard_path(const char *folder, int number, char *path, size_t size);

#endif
