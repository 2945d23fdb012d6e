#include "tfrecord.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { HEADER = 12, FOOTER = 4, FRAME = HEADER + FOOTER };

int openx_record_fail(const openx_record *record, enum ambit_fault fault, const char *format, ...) {
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return record->host->fail(record->host->context, fault,
                              "%s: record %" PRId64 " at byte %" PRId64 ": %s", record->path,
                              record->number, record->offset, sentence);
}

static uint32_t masked_crc(const ambit_host *host, const void *data, size_t size) {
    uint32_t crc = host->crc32c(host->context, 0, data, size);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

/* ---------------------------------------------------------------- shards */

static int is_wanted(const openx_shard *shard) {
    return shard->to > shard->from;
}

/* Shards that are wanted, those of them that are there, and the longest run of these. */
typedef struct {
    int64_t wanted, there, run_start, run_end;
} census;

static census count_shards(const openx_records *records) {
    census c = {0};
    int64_t start = 0;
    for (int64_t s = 0; s < records->shard_count; ++s) {
        const int wanted = is_wanted(&records->shards[s]);
        const int there = wanted && !shared_file_is_absent(records->shards[s].path);
        c.wanted += wanted;
        c.there += there;
        if (!there)
            start = s + 1;
        else if (s + 1 - start > c.run_end - c.run_start) {
            c.run_start = start;
            c.run_end = s + 1;
        }
    }
    return c;
}

/* Opens a shard that something is wanted of; where it is not there, says how to read the others. */
static int open_shard(const openx_records *records, const openx_shard *shard, shared_file *file) {
    char remedy[512], start[32] = "";
    const census c = shared_file_is_absent(shard->path) ? count_shards(records) : (census){0};
    if (c.run_start > 0)
        snprintf(start, sizeof start, "%" PRId64 "shard", c.run_start);
    if (c.there > 0)
        snprintf(remedy, sizeof remedy,
                 "%" PRId64 " of the %" PRId64 " shards asked for are there: complete the copy, or "
                 "read what is there with missing=skip or split='%s[%s:%" PRId64 "shard]'",
                 c.there, c.wanted, records->split, start, c.run_end);
    else
        snprintf(remedy, sizeof remedy,
                 "dataset_info.json names this shard: complete the copy, or choose a split that is "
                 "there");
    return shared_file_open(records->host, shard->path, remedy, file);
}

static int check_shard(const openx_records *records, openx_shard *shard) {
    shared_file file;
    int code = open_shard(records, shard, &file);
    if (code)
        return code;
    shard->size = file.size;
    shared_file_close(&file);
    if (shard->count > shard->size / FRAME)
        return records->host->fail(records->host->context, AMBIT_FAULT_DATA,
                                   "%s: dataset_info.json promises %" PRId64 " records, but the "
                                   "file has only %" PRId64 " bytes; copy it again",
                                   shard->path, shard->count, shard->size);
    return 0;
}

/* Nothing is wanted any more of shards that are not there; at least one must be. */
static void leave_out_missing(const openx_records *records) {
    const census c = count_shards(records);
    const char *first = NULL;
    for (int64_t s = 0; c.there > 0 && s < records->shard_count; ++s) {
        openx_shard *shard = &records->shards[s];
        if (!is_wanted(shard) || !shared_file_is_absent(shard->path))
            continue;
        shard->to = shard->from;
        first = first ? first : shard->path;
    }
    if (first)
        records->host->log(records->host->context, AMBIT_LOG_WARNING,
                           "%" PRId64 " of %" PRId64 " shards are not there and are left out; the "
                           "first is %s",
                           c.wanted - c.there, c.wanted, first);
}

int openx_records_open(openx_records *records, const ambit_host *host, openx_shard *shards,
                       int64_t shard_count, const char *split, int skip_missing, int64_t *bytes) {
    *records = (openx_records){.host = host,
                               .split = split,
                               .shards = shards,
                               .shard_count = shard_count,
                               .file = SHARED_NO_FILE,
                               .file_shard = -1};
    int is_whole = 1;
    *bytes = 0;
    if (skip_missing)
        leave_out_missing(records);
    for (int64_t s = 0; s < shard_count; ++s) {
        int code = is_wanted(&shards[s]) ? check_shard(records, &shards[s]) : 0;
        if (code)
            return code;
        records->count += shards[s].to - shards[s].from;
        *bytes += shards[s].size - shards[s].count * FRAME;
        is_whole &= shards[s].to - shards[s].from == shards[s].count;
    }
    if (!is_whole)
        *bytes = -1;
    return 0;
}

/* Opens shard `s` in place of the one that is open. */
static int open_file(openx_records *records, int64_t s) {
    if (records->file_shard == s)
        return 0;
    shared_file_close(&records->file);
    records->file_shard = -1;
    int code = open_shard(records, &records->shards[s], &records->file);
    if (code)
        return code;
    records->file_shard = s;
    return 0;
}

static int refuse_compressed(const openx_record *record, const uint8_t header[HEADER]) {
    if (header[0] == 0x1f && header[1] == 0x8b)
        return openx_record_fail(record, AMBIT_FAULT_UNSUPPORTED,
                                 "the file as a whole is gzip; unpack it with gunzip");
    return openx_record_fail(record, AMBIT_FAULT_DATA,
                             "the checksum of its length is wrong, so the records after it cannot "
                             "be found; copy the file again");
}

/* The length of the record whose header is at record->offset. */
static int read_length(openx_records *records, const openx_record *record, int64_t size,
                       int64_t *length) {
    uint8_t header[HEADER];
    int64_t left = size - record->offset;
    if (left < HEADER)
        return openx_record_fail(record, AMBIT_FAULT_DATA,
                                 "cut short: %" PRId64 " of the %d bytes of its header are "
                                 "there; copy the file again",
                                 left, HEADER);
    int code = shared_file_read(record->host, &records->file, header, HEADER, record->offset);
    if (code)
        return code;
    if (masked_crc(record->host, header, 8) != openx_little32(header + 8))
        return refuse_compressed(record, header);
    uint64_t claimed = openx_little64(header);
    if (left < FRAME || claimed > (uint64_t)(left - FRAME))
        return openx_record_fail(record, AMBIT_FAULT_DATA,
                                 "cut short: it has %" PRIu64 " bytes and a frame of %d, but only "
                                 "%" PRId64 " bytes of the file are left; copy the file again",
                                 claimed, FRAME, left);
    *length = (int64_t)claimed;
    return 0;
}

static int walk_headers(openx_records *records, openx_shard *shard, int64_t *offsets) {
    openx_record record = {.host = records->host, .path = shard->path};
    for (; record.offset < shard->size; ++record.number) {
        int64_t length;
        int code = read_length(records, &record, shard->size, &length);
        if (code)
            return code;
        if (record.number < shard->count)
            offsets[record.number] = record.offset;
        record.offset += FRAME + length;
    }
    if (record.number != shard->count)
        return records->host->fail(records->host->context, AMBIT_FAULT_DATA,
                                   "%s: holds %" PRId64 " records, but dataset_info.json promises "
                                   "%" PRId64 " in shardLengths; copy both files again",
                                   shard->path, record.number, shard->count);
    return 0;
}

static int index_shard(openx_records *records, openx_shard *shard) {
    const ambit_host *host = records->host;
    if (shard->offsets)
        return 0;
    int64_t *offsets = host->allocate(host->context, (size_t)shard->count, sizeof *offsets);
    if (!offsets)
        return AMBIT_FAULT_MEMORY;
    int code = walk_headers(records, shard, offsets);
    if (code)
        shared_release(host, offsets);
    else
        shard->offsets = offsets;
    return code;
}

/* Reads the data and its CRC; the header was checked when the shard was walked. */
static int read_data(openx_records *records, const openx_shard *shard, openx_record *record) {
    int64_t length;
    int code = read_length(records, record, shard->size, &length);
    if (!code)
        code = shared_buffer_reserve(record->host, &records->data, (uint64_t)length + FOOTER, 1);
    if (!code)
        code = shared_file_read(record->host, &records->file, records->data.data,
                                (size_t)length + FOOTER, record->offset + HEADER);
    if (code)
        return code;
    record->data = (shared_span){records->data.data, (size_t)length};
    if (masked_crc(record->host, record->data.data, record->data.size) !=
        openx_little32(record->data.data + length))
        return openx_record_fail(record, AMBIT_FAULT_DATA,
                                 "the checksum of its %" PRId64 " bytes is wrong; copy the file "
                                 "again",
                                 length);
    return 0;
}

int openx_records_read(openx_records *records, int64_t index, openx_record *record) {
    int64_t s = 0;
    while (index >= records->shards[s].to - records->shards[s].from) {
        index -= records->shards[s].to - records->shards[s].from;
        ++s;
    }
    openx_shard *shard = &records->shards[s];
    index += shard->from;
    int code = open_file(records, s);
    if (!code)
        code = index_shard(records, shard);
    if (code)
        return code;
    *record = (openx_record){.host = records->host,
                             .path = shard->path,
                             .number = index,
                             .offset = shard->offsets[index]};
    return read_data(records, shard, record);
}

void openx_records_close(openx_records *records) {
    const ambit_host *host = records->host;
    if (!host)
        return;
    for (int64_t s = 0; s < records->shard_count; ++s) {
        shared_release(host, records->shards[s].path);
        shared_release(host, records->shards[s].offsets);
    }
    shared_release(host, records->shards);
    shared_buffer_free(host, &records->data);
    shared_file_close(&records->file);
    *records = (openx_records){.file = SHARED_NO_FILE};
}
