#include "episode.h"

#include "shared/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* One feature being decoded. */
typedef struct {
    const openx_record *record;
    const openx_field *field;
    const openx_feature *feature;
    openx_episode *episode;
    openx_column *column;
    int64_t at, steps; /* steps before this record, and in it */
} decoding;

static const ambit_host *host_of(const decoding *d) {
    return d->record->host;
}

/* The number of values in a feature of the wanted kind (an empty one may be of any). */
static int count_values(const openx_record *record, const char *key, const openx_feature *feature,
                        openx_list list, int64_t *count) {
    if (!feature)
        return openx_record_fail(record, AMBIT_FAULT_DATA,
                                 "has no feature '%s', which features.json promises; leave it out "
                                 "with option skip, or write the data set again",
                                 key);
    *count = feature->list == OPENX_EMPTY ? 0 : openx_feature_read(feature, NULL);
    if (*count < 0)
        return openx_record_fail(record, AMBIT_FAULT_DATA,
                                 "feature '%s': its list is malformed; write the data set again",
                                 key);
    if (*count > 0 && feature->list != list)
        return openx_record_fail(record, AMBIT_FAULT_DATA,
                                 "feature '%s': features.json promises %s, the record holds %s; "
                                 "correct features.json",
                                 key, openx_list_name(list), openx_list_name(feature->list));
    return 0;
}

/* As count_values(), and the count must be steps × per_step. */
static int expect_values(const decoding *d, openx_list list, int64_t per_step) {
    int64_t count = 0, wanted;
    int code = count_values(d->record, d->field->key, d->feature, list, &count);
    if (code)
        return code;
    if (__builtin_mul_overflow(d->steps, per_step, &wanted) || count != wanted)
        return openx_record_fail(d->record, AMBIT_FAULT_DATA,
                                 "feature '%s' has %" PRId64 " values, but %" PRId64 " steps of "
                                 "%" PRId64 " (features.json) are wanted; correct the shape in "
                                 "features.json, or write the data set again",
                                 d->field->key, count, d->steps, per_step);
    return 0;
}

/* Makes room for the values of this record behind those before it; *values is where they go. */
static int make_room(const decoding *d, uint8_t **values) {
    const size_t size = openx_dtype_size(d->field->dtype);
    int code = shared_buffer_grow(host_of(d), &d->column->values,
                                  (uint64_t)(d->at + d->steps) * (uint64_t)d->field->length, size);
    *values =
        code ? NULL : (uint8_t *)d->column->values.data + (size_t)(d->at * d->field->length) * size;
    return code;
}

static int decode_floats(const decoding *d) {
    uint8_t *values;
    int code = expect_values(d, OPENX_FLOATS, d->field->length);
    if (!code)
        code = make_room(d, &values);
    if (!code && d->steps)
        openx_feature_read(d->feature, values);
    return code;
}

/* Reads the integers of all steps into the scratch. */
static int read_integers(const decoding *d, const int64_t **integers) {
    shared_buffer *scratch = &d->episode->scratch;
    int code = expect_values(d, OPENX_INTEGERS, d->field->length);
    if (!code)
        code = shared_buffer_reserve(host_of(d), scratch, (uint64_t)(d->steps * d->field->length),
                                     sizeof(int64_t));
    if (!code && d->steps)
        openx_feature_read(d->feature, scratch->data);
    *integers = scratch->data;
    return code;
}

static int decode_integers(const decoding *d) {
    const int64_t *values;
    uint8_t *out;
    int code = read_integers(d, &values);
    if (!code)
        code = make_room(d, &out);
    if (code)
        return code;
    int64_t bad =
        openx_dtype_from_integers(d->field->dtype, values, d->steps * d->field->length, out);
    if (bad >= 0)
        return openx_record_fail(
            d->record, AMBIT_FAULT_DATA,
            "feature '%s': step %" PRId64 " holds %" PRId64 ", which is no %s; "
            "correct the dtype in features.json",
            d->field->key, bad / d->field->length, values[bad], d->field->dtype->name);
    return 0;
}

/* Reads one byte string a step into the scratch. */
static int read_strings(const decoding *d, const shared_span **strings) {
    shared_buffer *scratch = &d->episode->scratch;
    int code = expect_values(d, OPENX_BYTES, 1);
    if (!code)
        code = shared_buffer_reserve(host_of(d), scratch, (uint64_t)d->steps, sizeof(shared_span));
    if (!code && d->steps)
        openx_feature_read(d->feature, scratch->data);
    *strings = scratch->data;
    return code;
}

/* Makes room for `size` bytes in as many strings as the record has steps. *offsets is where the
 * record's begin: the first, the end of what stands before, is there. */
static int make_string_room(const decoding *d, uint64_t size, uint64_t **offsets) {
    int code = shared_buffer_grow(host_of(d), &d->column->offsets, (uint64_t)(d->at + d->steps) + 1,
                                  sizeof(uint64_t));
    if (code)
        return code;
    *offsets = (uint64_t *)d->column->offsets.data + d->at;
    if (d->at == 0)
        **offsets = 0;
    return shared_buffer_grow(host_of(d), &d->column->values, **offsets + size, 1);
}

static int decode_strings(const decoding *d) {
    const shared_span *strings;
    uint64_t *offsets, total = 0;
    int code = read_strings(d, &strings);
    for (int64_t t = 0; !code && t < d->steps; ++t)
        total += strings[t].size;
    if (!code)
        code = make_string_room(d, total, &offsets);
    if (code)
        return code;
    uint8_t *values = d->column->values.data;
    for (int64_t t = 0; t < d->steps; ++t) {
        if (strings[t].size)
            memcpy(values + offsets[t], strings[t].data, strings[t].size);
        offsets[t + 1] = offsets[t] + strings[t].size;
    }
    return 0;
}

/* Writes a row of integers as UTF-8; returns the size, or -1 with the place of what is no character
 * in *bad. Language-table's own reader takes the integers for bytes of UTF-8, others write code
 * points. Both are the same but beyond 127, where what is not UTF-8 is code points. */
static int64_t write_characters(const int64_t *row, int64_t length, uint8_t *out, int64_t *bad) {
    size_t size = 0;
    int64_t i = 0;
    for (; i < length && row[i] >= 0 && row[i] <= UINT8_MAX; ++i)
        if (row[i])
            out[size++] = (uint8_t)row[i];
    if (i == length && shared_utf8_is_valid(out, size))
        return (int64_t)size;
    size = 0;
    for (i = 0; i < length; ++i) {
        const size_t added = row[i] ? shared_utf8_put(row[i], out + size) : 0;
        *bad = i;
        if (row[i] && !added)
            return -1;
        size += added;
    }
    return (int64_t)size;
}

static int decode_code_points(const decoding *d) {
    const int64_t length = d->field->length, *integers;
    uint64_t *offsets;
    int code = read_integers(d, &integers);
    if (!code)
        code = make_string_room(d, (uint64_t)(d->steps * length) * SHARED_UTF8_MOST, &offsets);
    for (int64_t t = 0; !code && t < d->steps; ++t) {
        int64_t bad = 0;
        const int64_t size = write_characters(integers + t * length, length,
                                              (uint8_t *)d->column->values.data + offsets[t], &bad);
        if (size < 0)
            code = openx_record_fail(d->record, AMBIT_FAULT_DATA,
                                     "feature '%s': step %" PRId64 " holds %" PRId64 ", which is "
                                     "no character; set text=none to read numbers",
                                     d->field->key, t, integers[t * length + bad]);
        else
            offsets[t + 1] = offsets[t] + (uint64_t)size;
    }
    return code;
}

static int fail_raw(const decoding *d, int64_t step, const char *what, uint64_t have,
                    uint64_t wanted) {
    return openx_record_fail(d->record, AMBIT_FAULT_DATA,
                             "feature '%s': step %" PRId64 " %s (%" PRIu64 " bytes where "
                             "features.json wants %" PRIu64 "); correct its shape, dtype or "
                             "encoding in features.json",
                             d->field->key, step, what, have, wanted);
}

/* Unpacks one zlib stream that must make exactly `size` bytes, in place of *raw. */
static int inflate_step(const decoding *d, int64_t step, uint64_t size, shared_span *raw) {
    shared_buffer *inflated = &d->episode->inflated;
    int code = shared_buffer_reserve(host_of(d), inflated, size, 1);
    if (code)
        return code;
    uLongf made = (uLongf)size;
    int result = uncompress(inflated->data, &made, raw->data, (uLong)raw->size);
    if (result != Z_OK || made != size)
        return fail_raw(d, step, "is not a zlib stream of the right length", made, size);
    *raw = (shared_span){inflated->data, (size_t)size};
    return 0;
}

static int decode_raw_step(const decoding *d, int64_t step, shared_span raw, uint8_t *out) {
    const openx_dtype *dtype = d->field->dtype;
    uint64_t size = (uint64_t)d->field->length * dtype->raw_size;
    if (d->field->encoding == OPENX_ZLIB) {
        int code = inflate_step(d, step, size, &raw);
        if (code)
            return code;
    }
    if (raw.size != size)
        return fail_raw(d, step, "has another size", raw.size, size);
    openx_dtype_from_raw(dtype, raw.data, d->field->length, out);
    return 0;
}

/* A shape that claims more than the strings can hold is refused before memory is taken for it; zlib
 * packs at most 1032:1. */
static int check_raw_sizes(const decoding *d, const shared_span *strings) {
    uint64_t size = (uint64_t)d->field->length * d->field->dtype->raw_size;
    uint64_t ratio = d->field->encoding == OPENX_ZLIB ? 1032 : 1;
    for (int64_t t = 0; t < d->steps; ++t)
        if (size / ratio > strings[t].size)
            return fail_raw(d, t, "is too small", strings[t].size, size);
    return 0;
}

static int decode_raw(const decoding *d) {
    const size_t size = (size_t)d->field->length * openx_dtype_size(d->field->dtype);
    const shared_span *strings;
    uint8_t *values;
    int code = read_strings(d, &strings);
    if (!code)
        code = check_raw_sizes(d, strings);
    if (!code)
        code = make_room(d, &values);
    for (int64_t t = 0; !code && t < d->steps; ++t)
        code = decode_raw_step(d, t, strings[t], values + (size_t)t * size);
    return code;
}

static int decode_field(const decoding *d) {
    if (openx_field_is_code_points(d->field))
        return decode_code_points(d);
    if (d->field->dtype->element == AMBIT_BYTES)
        return decode_strings(d);
    if (d->field->encoding != OPENX_LIST)
        return decode_raw(d);
    return d->field->dtype->list == OPENX_FLOATS ? decode_floats(d) : decode_integers(d);
}

/* Writes the end of `text`, which tells episodes apart better than its beginning. */
static void write_end(char *out, size_t room, const char *text, size_t size) {
    static const char ellipsis[] = "…";
    size_t fits = room - sizeof ellipsis;
    const char *from = size > fits ? text + size - fits : text;
    while (from > text && ((unsigned char)*from & 0xc0) == 0x80)
        ++from;
    snprintf(out, room, "%s%.*s", from > text ? ellipsis : "", (int)(text + size - from), from);
}

static void name_episode(openx_episode *episode, const openx_record *record) {
    shared_span path;
    int64_t id;
    enum { ROOM_FOR_ID = 24 };
    size_t room = sizeof episode->name - ROOM_FOR_ID;
    if (openx_example_single(&episode->example, "episode_metadata/file_path", OPENX_BYTES, &path) &&
        path.size > 0)
        write_end(episode->name, room, (const char *)path.data, path.size);
    else
        write_end(episode->name, room, record->path, strlen(record->path));
    int has_id =
        openx_example_single(&episode->example, "episode_metadata/episode_id", OPENX_INTEGERS, &id);
    snprintf(episode->name + strlen(episode->name), ROOM_FOR_ID, "#%" PRId64,
             has_id ? id : record->number);
    for (char *c = episode->name; *c; ++c)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}

shared_span openx_column_at(const openx_column *column, int64_t step) {
    const uint64_t *offsets = column->offsets.data;
    const uint8_t *values = column->values.data;
    return (shared_span){values + offsets[step], (size_t)(offsets[step + 1] - offsets[step])};
}

void openx_episode_begin(openx_episode *episode) {
    episode->steps = 0;
    episode->name[0] = 0;
}

int openx_episode_add(openx_episode *episode, const openx_record *record,
                      const openx_features *features) {
    int64_t steps = 0;
    int code = openx_example_parse(&episode->example, record);
    if (!code)
        code = count_values(record, OPENX_LENGTH_KEY,
                            openx_example_find(&episode->example, OPENX_LENGTH_KEY), OPENX_INTEGERS,
                            &steps);
    if (!code && !episode->name[0])
        name_episode(episode, record);
    for (int64_t f = 0; !code && f < features->count; ++f) {
        const openx_field *field = &features->fields[f];
        code =
            decode_field(&(decoding){.record = record,
                                     .field = field,
                                     .feature = openx_example_find(&episode->example, field->key),
                                     .episode = episode,
                                     .column = &episode->columns[f],
                                     .at = episode->steps,
                                     .steps = steps});
    }
    if (!code)
        episode->steps += steps;
    return code;
}

void openx_episode_free(const ambit_host *host, openx_episode *episode) {
    for (int f = 0; f < AMBIT_MAX_FIELDS; ++f) {
        shared_buffer_free(host, &episode->columns[f].values);
        shared_buffer_free(host, &episode->columns[f].offsets);
    }
    shared_buffer_free(host, &episode->scratch);
    shared_buffer_free(host, &episode->inflated);
    shared_buffer_free(host, &episode->example.memory);
}
