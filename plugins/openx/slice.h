/* A split or a part of one, in the syntax of TFDS (core/splits.py):
 *
 *     train   train[10:20]   train[-5:]   train[:50%]   train[2shard:4shard]   train[0shard]
 *
 * Numbers are of episodes, of hundredths of the split (rounded to the nearest episode, halves to
 * the even one) or of shards; those below zero count from the end. The end is not part of it.
 */
#ifndef OPENX_SLICE_H
#define OPENX_SLICE_H

#include "tfrecord.h"

enum { OPENX_SPLIT_SIZE = 128 };

typedef enum { OPENX_EPISODES, OPENX_PERCENT, OPENX_SHARDS } openx_slice_unit;

typedef struct {
    const char *text; /* as the user wrote it */
    char split[OPENX_SPLIT_SIZE];
    int is_whole; /* a split without a part */
    openx_slice_unit unit;
    int64_t from, to; /* in units; `to` INT64_MAX: to the end */
} openx_slice;

/* Reads `text`, which must outlive the slice. */
int openx_slice_parse(const ambit_host *host, const char *text, openx_slice *slice);

/* Sets `from` and `to` of each shard of the split, whose counts are known. */
int openx_slice_apply(const ambit_host *host, const openx_slice *slice, openx_shard *shards,
                      int64_t shard_count);

#endif
