/* The store: a folder of HDF5 shards with an index, as described byte for byte in FORMAT.md.
 *
 *     OUT/index.h5          fields, episodes of each shard, merged statistics, provenance
 *     OUT/shard-00000.h5    episodes, one data set a field
 *
 * A store is written once by `ambit ingest` and only read afterwards. What a file claims is checked
 * when it is opened: counts against the extents of its data sets, σ bounds, external links and
 * filters other than fletcher32, deflate and shuffle (refused: they can open other files or load
 * code).
 *
 * Reading is not collective: every rank opens the store for itself, and one thread of a rank owns
 * it (the HDF5 library is not thread-safe).
 */
#ifndef AMBIT_DATASETS_STORE_H
#define AMBIT_DATASETS_STORE_H

#include "field.h"
#include "statistics.h"

#include <stddef.h>

typedef struct ambit_store ambit_store;

/* Opens a store for reading. `cache_bytes`: fields that fit are kept in memory whole once read,
 * those of bytes too; larger ones are read window by window through a chunk cache. */
ambit_status ambit_store_open(const char *folder, int64_t cache_bytes, ambit_store **store);
void ambit_store_close(ambit_store *store);

const char *ambit_store_folder(const ambit_store *store);
int ambit_store_field_count(const ambit_store *store);
const ambit_field_info *ambit_store_field(const ambit_store *store, int field);
/* Index of the field of that name, or −1. */
int ambit_store_look_up(const ambit_store *store, const char *name);
/* Likewise; the error lists the names there are, nearest first. */
ambit_status ambit_store_find(const ambit_store *store, const char *name, int *field);
/* Without sketch; and a copy with it, to merge with others, which the caller destroys. */
const ambit_statistics *ambit_store_statistics(const ambit_store *store, int field);
ambit_status ambit_store_read_statistics(const ambit_store *store, int field,
                                         ambit_statistics *statistics);

int64_t ambit_store_episode_count(const ambit_store *store);
int64_t ambit_store_step_count(const ambit_store *store);
int ambit_store_shard_count(const ambit_store *store);
double ambit_store_step_seconds(const ambit_store *store);

/* The episode's first step (counted over the store) and one past its last; its bounds (NaN: none
 * given); its name, which stands in a shard (valid until the next call). */
void ambit_store_episode_range(const ambit_store *store, int64_t episode, int64_t *first,
                               int64_t *end);
void ambit_store_episode_ambit(const ambit_store *store, int64_t episode, double *sigma_min,
                               double *sigma_max);
ambit_status ambit_store_episode_name(ambit_store *store, int64_t episode, const char **name);
/* The episode that holds a step. */
int64_t ambit_store_episode_of(const ambit_store *store, int64_t step);

/* Steps [first, first + count) of a numeric field as floats, count × elements of them. All steps
 * must belong to one episode. Errors name shard and data set (a flipped bit fails fletcher32), or
 * episode and field where a number is NaN or infinite. */
ambit_status ambit_store_read(ambit_store *store, int field, int64_t first, int64_t count,
                              float *values);

/* What is left of `cache_bytes`. */
int64_t ambit_store_cache_left(const ambit_store *store);

/* One step of a bytes field; the bytes belong to the store and hold until the next call. */
ambit_status ambit_store_read_bytes(ambit_store *store, int field, int64_t step,
                                    const uint8_t **bytes, size_t *size);

/* Key-value pairs of provenance: plugin, version, location, options, time, commit, host. NULL past
 * the end. */
const char *ambit_store_provenance(const ambit_store *store, int index, const char **value);

#endif
