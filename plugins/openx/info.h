/* dataset_info.json: which data set this is, and which files hold a split's episodes.
 *
 * proto3 JSON, so whole numbers are strings. Read are name, fileFormat (it must be "tfrecord"),
 * and of the wanted split (of which slice.h may take a part) filepathTemplate (default
 * {DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}), shardLengths (episodes a shard, which numbers the
 * episodes without reading them) and numBytes. Source of the template's words: tfds core/naming.py.
 */
#ifndef OPENX_INFO_H
#define OPENX_INFO_H

#include "slice.h"

typedef struct {
    char name[128];      /* of the data set */
    int64_t bytes;       /* of the split's data without framing; -1: not said */
    openx_shard *shards; /* from host->allocate, filled in; hand them on */
    int64_t shard_count;
} openx_info;

/* Reads FOLDER/dataset_info.json for the split of `slice`. On failure nothing is left to free. */
int openx_info_read(const ambit_host *host, const char *folder, const openx_slice *slice,
                    openx_info *info);

#endif
