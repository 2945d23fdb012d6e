#include "wire.h"

openx_wire openx_wire_open(shared_span span) {
    return (openx_wire){span.data, span.data + span.size};
}

int openx_wire_varint(openx_wire *wire, uint64_t *value) {
    uint64_t result = 0;
    const uint8_t *at = wire->at;
    for (unsigned shift = 0; shift < 70 && at < wire->end; shift += 7) {
        uint8_t byte = *at++;
        if (shift == 63 && byte > 1)
            return -1;
        result |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            wire->at = at;
            *value = result;
            return 0;
        }
    }
    return -1;
}

/* The bytes of a value of a type other than varint. */
static int take_bytes(openx_wire *wire, uint64_t size, shared_span *bytes) {
    if (size > (uint64_t)(wire->end - wire->at))
        return -1;
    *bytes = (shared_span){wire->at, (size_t)size};
    wire->at += size;
    return 0;
}

static int take_value(openx_wire *wire, openx_wire_field *field) {
    uint64_t size;
    switch (field->type) {
    case OPENX_VARINT:
        return openx_wire_varint(wire, &field->varint);
    case OPENX_FIXED64:
        return take_bytes(wire, 8, &field->bytes);
    case OPENX_FIXED32:
        return take_bytes(wire, 4, &field->bytes);
    case OPENX_DELIMITED:
        return openx_wire_varint(wire, &size) ? -1 : take_bytes(wire, size, &field->bytes);
    default:
        return -1;
    }
}

openx_wire_state openx_wire_next(openx_wire *wire, openx_wire_field *field) {
    if (wire->at == wire->end)
        return OPENX_WIRE_END;
    const uint8_t *start = wire->at;
    uint64_t tag;
    *field = (openx_wire_field){0};
    if (openx_wire_varint(wire, &tag) == 0 && tag >> 3 != 0 && tag <= UINT32_MAX) {
        field->number = (uint32_t)(tag >> 3);
        field->type = (uint32_t)(tag & 7);
        if (take_value(wire, field) == 0)
            return OPENX_WIRE_FIELD;
    }
    wire->at = start;
    return OPENX_WIRE_BAD;
}

uint32_t openx_little32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

uint64_t openx_little64(const uint8_t *bytes) {
    return openx_little32(bytes) | (uint64_t)openx_little32(bytes + 4) << 32;
}
