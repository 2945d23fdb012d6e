#include "tensorboard.h"

#include "../../core/base/crc32c.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct ambit_tensorboard {
    int file;
    char path[PATH_MAX];
};

/* A message being put together. Growing may fail: then `bytes` is NULL and stays so. */
typedef struct {
    uint8_t *bytes;
    size_t size;
    int64_t room;
    int failed;
} message;

static void put_bytes(message *to, const void *bytes, size_t size) {
    const int64_t needed = (int64_t)(to->size + size);
    to->failed |= ambit_grow(&to->bytes, &to->room, needed, 1, "TensorBoard") != AMBIT_OK;
    if (to->failed || size == 0)
        return;
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

static void put_varint(message *to, uint64_t value) {
    uint8_t bytes[10];
    size_t size = 0;
    do {
        bytes[size++] = (uint8_t)((value & 127) | (value > 127 ? 128 : 0));
        value >>= 7;
    } while (value);
    put_bytes(to, bytes, size);
}

/* Protocol buffers' wire types. */
enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static void put_key(message *to, int field, int wire) {
    put_varint(to, (uint64_t)field << 3 | (uint64_t)wire);
}

static void put_little_endian(message *to, uint64_t bits, int size) {
    uint8_t bytes[8];
    for (int i = 0; i < size; i++)
        bytes[i] = (uint8_t)(bits >> (8 * i));
    put_bytes(to, bytes, (size_t)size);
}

static void put_raw_double(message *to, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_little_endian(to, bits, 8);
}

static void put_double(message *to, int field, double value) {
    put_key(to, field, WIRE_FIXED64);
    put_raw_double(to, value);
}

static void put_float(message *to, int field, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(to, field, WIRE_FIXED32);
    put_little_endian(to, bits, 4);
}

static void put_integer(message *to, int field, int64_t value) {
    put_key(to, field, WIRE_VARINT);
    put_varint(to, (uint64_t)value);
}

static void put_text(message *to, int field, const char *text) {
    put_key(to, field, WIRE_BYTES);
    put_varint(to, strlen(text));
    put_bytes(to, text, strlen(text));
}

/* Puts a finished message into another and frees it. */
static void put_message(message *to, int field, message *inner) {
    put_key(to, field, WIRE_BYTES);
    put_varint(to, inner->size);
    put_bytes(to, inner->bytes, inner->size);
    to->failed |= inner->failed;
    free(inner->bytes);
}

/* Field numbers of event.proto and summary.proto. */
enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5, EVENT_SESSION = 7 };
enum { SESSION_STATUS = 1, SESSION_START = 1 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_HISTOGRAM = 5 };
enum {
    HISTOGRAM_MIN = 1,
    HISTOGRAM_MAX,
    HISTOGRAM_COUNT,
    HISTOGRAM_SUM,
    HISTOGRAM_SQUARES,
    HISTOGRAM_LIMITS,
    HISTOGRAM_BUCKETS
};

static message begin_event(int64_t step) {
    message event = {0};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    put_double(&event, EVENT_TIME, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
    if (step)
        put_integer(&event, EVENT_STEP, step);
    return event;
}

/* Frames the event, writes it in one call and frees it. */
static ambit_status end_event(ambit_tensorboard *board, message *event) {
    message record = {0};
    put_little_endian(&record, event->size, 8);
    if (!record.failed)
        put_little_endian(&record, ambit_crc32c_mask(ambit_crc32c(0, record.bytes, 8)), 4);
    put_bytes(&record, event->bytes, event->size);
    put_little_endian(&record, ambit_crc32c_mask(ambit_crc32c(0, event->bytes, event->size)), 4);
    ambit_status status = AMBIT_OK;
    if (record.failed || event->failed)
        status = ambit_fail(
            AMBIT_SYSTEM, "%s: no memory for an event; use fewer ranks on this node", board->path);
    else if (write(board->file, record.bytes, record.size) != (ssize_t)record.size)
        status = ambit_fail_errno(AMBIT_IO, errno ? errno : ENOSPC,
                                  "%s: writing failed; free some space", board->path);
    free(record.bytes);
    free(event->bytes);
    return status;
}

static ambit_status write_head(ambit_tensorboard *board, int64_t resume_step) {
    message version = begin_event(0);
    put_text(&version, EVENT_VERSION, "brain.Event:2");
    AMBIT_TRY(end_event(board, &version));
    message start = begin_event(resume_step + 1), session = {0};
    put_integer(&session, SESSION_STATUS, SESSION_START);
    put_message(&start, EVENT_SESSION, &session);
    return end_event(board, &start);
}

/* Readers take the files of a folder in the order of their names, which therefore begin with the
 * time; a number is added where several files are made in one second. */
static ambit_status create_file(ambit_tensorboard *board, const char *folder) {
    char host[64] = "host";
    gethostname(host, sizeof host - 1);
    for (int number = 0; number < 1000; number++) {
        int length =
            snprintf(board->path, sizeof board->path, "%s/events.out.tfevents.%010lld.%03d.%s",
                     folder, (long long)time(NULL), number, host);
        if (length < 0 || (size_t)length >= sizeof board->path)
            return ambit_fail(AMBIT_CANNOT_CREATE, "%s: the name is too long; use a shorter one",
                              folder);
        board->file = open(board->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
        if (board->file >= 0)
            return AMBIT_OK;
        if (errno != EEXIST)
            break;
    }
    return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot be created", board->path);
}

ambit_status ambit_tensorboard_open(const char *folder, int64_t resume_step,
                                    ambit_tensorboard **board) {
    AMBIT_TRY(ambit_allocate(board, 1, sizeof **board, "the TensorBoard file"));
    (*board)->file = -1;
    ambit_status status = create_file(*board, folder);
    if (status == AMBIT_OK)
        status = write_head(*board, resume_step);
    if (status != AMBIT_OK) {
        if ((*board)->file >= 0)
            close((*board)->file);
        free(*board);
        *board = NULL;
    }
    return status;
}

ambit_status ambit_tensorboard_scalars(ambit_tensorboard *board, int64_t step,
                                       const ambit_scalar *scalars, int count) {
    message summary = {0};
    for (int i = 0; i < count; i++) {
        if (!isfinite(scalars[i].value))
            continue;
        message value = {0};
        put_text(&value, VALUE_TAG, scalars[i].tag);
        put_float(&value, VALUE_SIMPLE, (float)scalars[i].value);
        put_message(&summary, SUMMARY_VALUE, &value);
    }
    message event = begin_event(step);
    put_message(&event, EVENT_SUMMARY, &summary);
    return end_event(board, &event);
}

/* The moments are those of the intervals' middles. */
static void put_moments(message *to, double low, double width, const int64_t *counts, int bins) {
    double count = 0, sum = 0, squares = 0;
    for (int i = 0; i < bins; i++) {
        double n = (double)counts[i], middle = low + (i + 0.5) * width;
        count += n;
        sum += n * middle;
        squares += n * middle * middle;
    }
    put_double(to, HISTOGRAM_MIN, low);
    put_double(to, HISTOGRAM_MAX, low + bins * width);
    put_double(to, HISTOGRAM_COUNT, count);
    put_double(to, HISTOGRAM_SUM, sum);
    put_double(to, HISTOGRAM_SQUARES, squares);
}

ambit_status ambit_tensorboard_histogram(ambit_tensorboard *board, int64_t step, const char *tag,
                                         double low, double high, const int64_t *counts, int bins) {
    double width = (high - low) / bins;
    message histogram = {0}, limits = {0}, buckets = {0}, value = {0}, summary = {0};
    put_moments(&histogram, low, width, counts, bins);
    for (int i = 0; i < bins; i++) {
        put_raw_double(&limits, low + (i + 1) * width);
        put_raw_double(&buckets, (double)counts[i]);
    }
    put_message(&histogram, HISTOGRAM_LIMITS, &limits);
    put_message(&histogram, HISTOGRAM_BUCKETS, &buckets);
    put_text(&value, VALUE_TAG, tag);
    put_message(&value, VALUE_HISTOGRAM, &histogram);
    put_message(&summary, SUMMARY_VALUE, &value);
    message event = begin_event(step);
    put_message(&event, EVENT_SUMMARY, &summary);
    return end_event(board, &event);
}

ambit_status ambit_tensorboard_close(ambit_tensorboard *board) {
    if (!board)
        return AMBIT_OK;
    ambit_status status = AMBIT_OK;
    if (close(board->file) != 0)
        status = ambit_fail_errno(AMBIT_IO, errno, "%s: closing failed", board->path);
    free(board);
    return status;
}
