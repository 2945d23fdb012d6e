/* TFRecord files: framing, checksums and random access.
 *
 * A file is a run of records, with no header, index or footer:
 *
 *     u64 length | u32 masked CRC of these 8 bytes | byte data[length] | u32 masked CRC of data
 *
 * all little-endian; masked(c) = ((c >> 15) | (c << 17)) + 0xa282ead8 mod 2³², c a CRC-32C
 * (tensorflow/core/lib/io/record_writer.h). One record is one episode. The episodes of a split are
 * numbered through its shards in order; how many each shard holds is known from dataset_info.json,
 * so a shard is opened only when one of its episodes is asked for. Then its headers are walked
 * once and every length is checked: against its CRC, against what is left of the file, and the
 * number of records against the one promised. Memory holds 8 bytes an episode of the shards seen,
 * and one record.
 */
#ifndef OPENX_TFRECORD_H
#define OPENX_TFRECORD_H

#include "shared/file.h"
#include "wire.h"

/* One file. Whoever builds the table fills path (from host->allocate), count, from and to. */
typedef struct {
    char *path;
    int64_t count;    /* records it must hold */
    int64_t from, to; /* those of them that are wanted: none where from = to */
    int64_t size;     /* bytes of the file */
    int64_t *offsets; /* of its records; NULL until they were walked */
} openx_shard;

typedef struct {
    const ambit_host *host;
    const char *split; /* for messages */
    openx_shard *shards;
    int64_t shard_count, count; /* count: records wanted, of all shards */
    shared_file file;           /* the shard that is open */
    int64_t file_shard;
    shared_buffer data;
} openx_records;

/* A record's content, and the place it was read from for messages. */
typedef struct {
    const ambit_host *host;
    shared_span data; /* valid until the next read */
    const char *path; /* of the shard */
    int64_t number;   /* in the shard, from 0 */
    int64_t offset;   /* of its frame in the file */
} openx_record;

/* Takes over `shards` (an array from host->allocate, also on failure) of `split` and checks that
 * each file of which something is wanted is there and can hold its records. With skip_missing those
 * that are not there are left out, and a warning says so. `*bytes` becomes the size of all data
 * without framing, or -1 where it is not all there or not all wanted. The caller closes `records`
 * whether this succeeds or not. */
int openx_records_open(openx_records *records, const ambit_host *host, openx_shard *shards,
                       int64_t shard_count, const char *split, int skip_missing, int64_t *bytes);

/* Reads record `index` of those wanted, 0 ≤ index < count, and checks its CRC. */
int openx_records_read(openx_records *records, int64_t index, openx_record *record);

void openx_records_close(openx_records *records);

/* host->fail() with "PATH: record N at byte M: " before the sentence. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4), cold))
#endif
int openx_record_fail(const openx_record *record, enum ambit_fault fault, const char *format, ...);

#endif
