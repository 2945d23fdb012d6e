/* One shard, opened for reading.
 *
 * Opening checks the root, the table of fields and the table of episodes; a field's data sets are
 * checked against them when first read. Internal to datasets/; not collective.
 */
#ifndef AMBIT_DATASETS_SHARD_H
#define AMBIT_DATASETS_SHARD_H

#include "layout.h"

typedef struct ambit_shard ambit_shard;

/* A field read window by window keeps at most `cache_bytes` of its chunks (0: HDF5's default). */
ambit_status ambit_shard_open(const char *path, int64_t cache_bytes, ambit_shard **shard);
void ambit_shard_close(ambit_shard *shard);

int ambit_shard_field_count(const ambit_shard *shard);
const ambit_field_info *ambit_shard_fields(const ambit_shard *shard);
const ambit_layout_root *ambit_shard_root(const ambit_shard *shard);
const ambit_layout_episodes *ambit_shard_episodes(const ambit_shard *shard);
/* With sketch. The caller destroys it. */
ambit_status ambit_shard_statistics(ambit_shard *shard, int field, ambit_statistics *statistics);
ambit_status ambit_shard_episode_name(ambit_shard *shard, int64_t episode, char *name, size_t size);

/* Steps [first, first + count) of the shard, in range; numbers as floats, and those of a u8 field
 * as they are. */
ambit_status ambit_shard_read(ambit_shard *shard, int field, int64_t first, int64_t count,
                              float *values);
ambit_status ambit_shard_read_u8(ambit_shard *shard, int field, int64_t first, int64_t count,
                                 uint8_t *values);
/* A step's bytes into *buffer, which grows as needed (*room bytes; start with NULL and 0; the
 * caller frees it). */
ambit_status ambit_shard_read_bytes(ambit_shard *shard, int field, int64_t step, uint8_t **buffer,
                                    int64_t *room, int64_t *size);
/* All bytes of a bytes field: how many; and they themselves, with the end of each step's, which
 * rise from 0 to their number. */
ambit_status ambit_shard_count_bytes(ambit_shard *shard, int field, int64_t *count);
ambit_status ambit_shard_read_all_bytes(ambit_shard *shard, int field, int64_t *ends,
                                        uint8_t *bytes);

#endif
