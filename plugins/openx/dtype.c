#include "dtype.h"

#include <string.h>

/* uint64 is stored bit for bit in an int64, so it has no range to check. */
static const openx_dtype dtypes[] = {
    {"float32", AMBIT_F32, OPENX_FLOATS, 4, 0, 0},
    {"float64", AMBIT_F32, OPENX_FLOATS, 8, 0, 0},
    {"float16", AMBIT_F32, OPENX_FLOATS, 0, 0, 0},
    {"bfloat16", AMBIT_F32, OPENX_FLOATS, 0, 0, 0},
    {"bool", AMBIT_U8, OPENX_INTEGERS, 1, 0, 1},
    {"uint8", AMBIT_U8, OPENX_INTEGERS, 1, 0, UINT8_MAX},
    {"int8", AMBIT_I64, OPENX_INTEGERS, 1, INT8_MIN, INT8_MAX},
    {"int16", AMBIT_I64, OPENX_INTEGERS, 2, INT16_MIN, INT16_MAX},
    {"uint16", AMBIT_I64, OPENX_INTEGERS, 2, 0, UINT16_MAX},
    {"int32", AMBIT_I64, OPENX_INTEGERS, 4, INT32_MIN, INT32_MAX},
    {"uint32", AMBIT_I64, OPENX_INTEGERS, 4, 0, UINT32_MAX},
    {"int64", AMBIT_I64, OPENX_INTEGERS, 8, INT64_MIN, INT64_MAX},
    {"uint64", AMBIT_I64, OPENX_INTEGERS, 8, INT64_MIN, INT64_MAX},
    {"string", AMBIT_BYTES, OPENX_BYTES, 0, 0, 0},
};

const openx_dtype *openx_dtype_find(const char *name) {
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; ++i)
        if (strcmp(dtypes[i].name, name) == 0)
            return &dtypes[i];
    return NULL;
}

size_t openx_dtype_size(const openx_dtype *dtype) {
    static const size_t sizes[] = {
        [AMBIT_F32] = sizeof(float), [AMBIT_I64] = sizeof(int64_t), [AMBIT_U8] = 1};
    return dtype->element == AMBIT_BYTES ? 1 : sizes[dtype->element];
}

static float raw_float(const uint8_t *raw, size_t size) {
    float narrow;
    double wide;
    if (size == 4) {
        uint32_t word = openx_little32(raw);
        memcpy(&narrow, &word, sizeof narrow);
        return narrow;
    }
    uint64_t word = openx_little64(raw);
    memcpy(&wide, &word, sizeof wide);
    return (float)wide;
}

/* An integer of `size` bytes; the sign is taken from the type's range. */
static int64_t raw_integer(const uint8_t *raw, size_t size, int is_signed) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i)
        value |= (uint64_t)raw[i] << (8 * i);
    uint64_t sign = UINT64_C(1) << (8 * size - 1);
    return (int64_t)(is_signed ? (value ^ sign) - sign : value);
}

void openx_dtype_from_raw(const openx_dtype *dtype, const uint8_t *raw, int64_t count, void *out) {
    size_t size = dtype->raw_size;
    for (int64_t i = 0; i < count; ++i, raw += size) {
        if (dtype->element == AMBIT_F32)
            ((float *)out)[i] = raw_float(raw, size);
        else if (dtype->element == AMBIT_U8)
            ((uint8_t *)out)[i] = *raw;
        else
            ((int64_t *)out)[i] = raw_integer(raw, size, dtype->low < 0);
    }
}

int64_t openx_dtype_from_integers(const openx_dtype *dtype, const int64_t *values, int64_t count,
                                  void *out) {
    for (int64_t i = 0; i < count; ++i) {
        if (values[i] < dtype->low || values[i] > dtype->high)
            return i;
        if (dtype->element == AMBIT_U8)
            ((uint8_t *)out)[i] = (uint8_t)values[i];
        else
            ((int64_t *)out)[i] = values[i];
    }
    return -1;
}
