/* The element types that features.json can name, and what becomes of them.
 *
 * In a list every float is a float32 (float64 too: TFDS narrows it when it writes) and every
 * integer an int64. In byte strings (encodings "bytes" and "zlib") an element has its own size,
 * little-endian. Fields of Ambit are float32, int64 or, for bool and uint8, bytes.
 */
#ifndef OPENX_DTYPE_H
#define OPENX_DTYPE_H

#include "example.h"

typedef struct {
    const char *name;           /* as in features.json */
    enum ambit_element element; /* of the field */
    openx_list list;            /* that holds it under encoding "none" */
    size_t raw_size;            /* bytes an element in a byte string; 0: not supported there */
    int64_t low, high;          /* range of an integer */
} openx_dtype;

/* The type with this name, or NULL. */
const openx_dtype *openx_dtype_find(const char *name);

/* Bytes of one element of a field of this type. */
size_t openx_dtype_size(const openx_dtype *dtype);

/* Writes `count` elements of a byte string as the field has them. */
void openx_dtype_from_raw(const openx_dtype *dtype, const uint8_t *raw, int64_t count, void *out);

/* Writes integers as the field has them. Returns the place of the first that the type cannot hold,
 * or -1. */
int64_t openx_dtype_from_integers(const openx_dtype *dtype, const int64_t *values, int64_t count,
                                  void *out);

#endif
