/* The wire format of protocol buffers: a message is a run of (tag, value) pairs.
 *
 * Only reads, copies nothing, allocates nothing: spans point into the message. Every length is
 * checked against the bytes that are there before it is used. Groups (types 3 and 4), which no
 * writer has made for years, are refused.
 * Format: https://protobuf.dev/programming-guides/encoding
 */
#ifndef OPENX_WIRE_H
#define OPENX_WIRE_H

#include "shared/buffer.h"

/* A position in a message. */
typedef struct {
    const uint8_t *at, *end;
} openx_wire;

enum { OPENX_VARINT = 0, OPENX_FIXED64 = 1, OPENX_DELIMITED = 2, OPENX_FIXED32 = 5 };

typedef struct {
    uint32_t number, type; /* type: one of those above */
    uint64_t varint;       /* of OPENX_VARINT */
    shared_span bytes;     /* of the other types: the value's bytes */
} openx_wire_field;

typedef enum { OPENX_WIRE_END, OPENX_WIRE_FIELD, OPENX_WIRE_BAD } openx_wire_state;

/* The beginning of the message in `span`. */
openx_wire openx_wire_open(shared_span span);

/* Reads one field and moves past it. At OPENX_WIRE_BAD the position stays where the fault is. */
openx_wire_state openx_wire_next(openx_wire *wire, openx_wire_field *field);

/* Reads one varint and moves past it. 0, or -1 when it is cut short or longer than 64 bits. */
int openx_wire_varint(openx_wire *wire, uint64_t *value);

/* Little-endian words at `bytes`, aligned or not. */
uint32_t openx_little32(const uint8_t *bytes);
uint64_t openx_little64(const uint8_t *bytes);

#endif
