#include "example.h"

#include <string.h>

const char *openx_list_name(openx_list list) {
    static const char *const names[] = {"an empty list", "a list of byte strings",
                                        "a list of floats", "a list of integers"};
    return names[list];
}

/* Feature: at most one list. */
static int parse_feature(shared_span message, openx_feature *feature) {
    openx_wire wire = openx_wire_open(message);
    openx_wire_field field;
    openx_wire_state state;
    while ((state = openx_wire_next(&wire, &field)) == OPENX_WIRE_FIELD) {
        if (field.number < OPENX_BYTES || field.number > OPENX_INTEGERS)
            continue;
        if (field.type != OPENX_DELIMITED || feature->list != OPENX_EMPTY)
            return -1;
        feature->list = (openx_list)field.number;
        feature->values = field.bytes;
    }
    return state == OPENX_WIRE_END ? 0 : -1;
}

/* One entry of the map. */
static int parse_entry(shared_span message, openx_feature *feature) {
    openx_wire wire = openx_wire_open(message);
    openx_wire_field field;
    openx_wire_state state;
    *feature = (openx_feature){.key = {message.data, 0}, .values = {message.data, 0}};
    while ((state = openx_wire_next(&wire, &field)) == OPENX_WIRE_FIELD) {
        if (field.number > 2)
            continue;
        if (field.type != OPENX_DELIMITED)
            return -1;
        if (field.number == 1)
            feature->key = field.bytes;
        else if (parse_feature(field.bytes, feature))
            return -1;
    }
    return state == OPENX_WIRE_END ? 0 : -1;
}

/* Features: counts the entries and, where `features` is not NULL, parses them. */
static int64_t parse_map(shared_span message, openx_feature *features) {
    openx_wire wire = openx_wire_open(message);
    openx_wire_field field;
    openx_wire_state state;
    int64_t count = 0;
    while ((state = openx_wire_next(&wire, &field)) == OPENX_WIRE_FIELD) {
        if (field.number != 1)
            continue;
        if (field.type != OPENX_DELIMITED)
            return -1;
        if (features && parse_entry(field.bytes, &features[count]))
            return -1;
        ++count;
    }
    return state == OPENX_WIRE_END ? count : -1;
}

/* Example: as parse_map(); more than one Features message is the same as one after the other. */
static int64_t parse_example(shared_span message, openx_feature *features) {
    openx_wire wire = openx_wire_open(message);
    openx_wire_field field;
    openx_wire_state state;
    int64_t count = 0;
    while ((state = openx_wire_next(&wire, &field)) == OPENX_WIRE_FIELD) {
        if (field.number != 1)
            continue;
        int64_t added = field.type == OPENX_DELIMITED
                            ? parse_map(field.bytes, features ? features + count : NULL)
                            : -1;
        if (added < 0)
            return -1;
        count += added;
    }
    return state == OPENX_WIRE_END ? count : -1;
}

int openx_example_parse(openx_example *example, const openx_record *record) {
    int64_t count = parse_example(record->data, NULL);
    if (count >= 0) {
        int code = shared_buffer_reserve(record->host, &example->memory, (uint64_t)count,
                                         sizeof *example->features);
        if (code)
            return code;
        example->features = example->memory.data;
        example->count = count;
        count = parse_example(record->data, example->features);
    }
    if (count < 0)
        return openx_record_fail(record, AMBIT_FAULT_DATA,
                                 "its %zu bytes are not a tf.train.Example, though their checksum "
                                 "is right; the data set was written by something other than RLDS "
                                 "or TFDS: convert it",
                                 record->data.size);
    return 0;
}

const openx_feature *openx_example_find(const openx_example *example, const char *key) {
    size_t size = strlen(key);
    for (int64_t i = example->count; i-- > 0;)
        if (example->features[i].key.size == size &&
            memcmp(example->features[i].key.data, key, size) == 0)
            return &example->features[i];
    return NULL;
}

static int64_t read_floats(const openx_wire_field *field, float *values) {
    if ((field->type != OPENX_DELIMITED && field->type != OPENX_FIXED32) || field->bytes.size % 4)
        return -1;
    int64_t count = (int64_t)(field->bytes.size / 4);
    for (int64_t i = 0; values && i < count; ++i) {
        uint32_t word = openx_little32(field->bytes.data + 4 * i);
        memcpy(&values[i], &word, sizeof word);
    }
    return count;
}

static int64_t read_integers(const openx_wire_field *field, int64_t *values) {
    if (field->type == OPENX_VARINT) {
        if (values)
            *values = (int64_t)field->varint;
        return 1;
    }
    if (field->type != OPENX_DELIMITED)
        return -1;
    openx_wire wire = openx_wire_open(field->bytes);
    int64_t count = 0;
    for (uint64_t value; wire.at < wire.end; ++count) {
        if (openx_wire_varint(&wire, &value))
            return -1;
        if (values)
            values[count] = (int64_t)value;
    }
    return count;
}

static int64_t read_bytes(const openx_wire_field *field, shared_span *values) {
    if (field->type != OPENX_DELIMITED)
        return -1;
    if (values)
        *values = field->bytes;
    return 1;
}

/* The values that one field of a list holds; `at` is how many came before. */
static int64_t read_values(openx_list list, const openx_wire_field *field, void *values,
                           int64_t at) {
    switch (list) {
    case OPENX_BYTES:
        return read_bytes(field, values ? (shared_span *)values + at : NULL);
    case OPENX_FLOATS:
        return read_floats(field, values ? (float *)values + at : NULL);
    case OPENX_INTEGERS:
        return read_integers(field, values ? (int64_t *)values + at : NULL);
    case OPENX_EMPTY:
        break;
    }
    return -1;
}

int64_t openx_feature_read(const openx_feature *feature, void *values) {
    openx_wire wire = openx_wire_open(feature->values);
    openx_wire_field field;
    openx_wire_state state;
    int64_t count = 0;
    while ((state = openx_wire_next(&wire, &field)) == OPENX_WIRE_FIELD) {
        if (field.number != 1)
            continue;
        int64_t added = read_values(feature->list, &field, values, count);
        if (added < 0)
            return -1;
        count += added;
    }
    return state == OPENX_WIRE_END ? count : -1;
}

int openx_example_single(const openx_example *example, const char *key, openx_list list,
                         void *value) {
    const openx_feature *feature = openx_example_find(example, key);
    if (!feature || feature->list != list || openx_feature_read(feature, NULL) != 1)
        return 0;
    openx_feature_read(feature, value);
    return 1;
}
