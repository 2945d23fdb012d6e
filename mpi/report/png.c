#include "png.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void put_number(uint8_t *at, uint32_t number) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(number >> (24 - 8 * i));
}

/* Adds a chunk: length, type, data, and the CRC of type and data. `data` may lie where it goes. */
static uint8_t *put_chunk(uint8_t *at, const char *type, const uint8_t *data, size_t size) {
    put_number(at, (uint32_t)size);
    memcpy(at + 4, type, 4);
    memmove(at + 8, data, size);
    put_number(at + 8 + size, (uint32_t)crc32(0, at + 4, (uInt)(4 + size)));
    return at + 12 + size;
}

/* Rows as they are compressed: each behind the number of its filter, 0 for none. */
static ambit_status lay_rows(const uint8_t *pixels, int64_t height, int64_t row, uint8_t **rows) {
    AMBIT_TRY(ambit_allocate(rows, (size_t)height, (size_t)(row + 1), "a picture"));
    for (int64_t y = 0; y < height; y++)
        memcpy(*rows + y * (row + 1) + 1, pixels + y * row, (size_t)row);
    return AMBIT_OK;
}

ambit_status ambit_png_encode(const uint8_t *pixels, int64_t height, int64_t width, int channels,
                              uint8_t **file, size_t *size) {
    static const uint8_t signature[8] = "\x89PNG\r\n\x1a\n", kinds[] = {0, 0, 4, 2, 6};
    const int64_t row = width * channels;
    uint8_t head[13] = {[8] = 8, [9] = kinds[channels]}, *rows = NULL;
    const size_t length = (size_t)(height * (row + 1));
    uLongf packed = compressBound((uLong)length);
    *file = NULL;
    AMBIT_TRY(lay_rows(pixels, height, row, &rows));
    ambit_status status =
        ambit_allocate(file, sizeof signature + sizeof head + 3 * 12 + packed, 1, "a picture");
    if (status == AMBIT_OK) {
        uint8_t *at = *file + sizeof signature;
        memcpy(*file, signature, sizeof signature);
        put_number(head, (uint32_t)width);
        put_number(head + 4, (uint32_t)height);
        at = put_chunk(at, "IHDR", head, sizeof head);
        if (compress2(at + 8, &packed, rows, (uLong)length, Z_BEST_SPEED) != Z_OK)
            status = ambit_fail(AMBIT_SYSTEM, "a picture: no memory to compress it");
        at = put_chunk(at, "IDAT", at + 8, packed);
        *size = (size_t)(put_chunk(at, "IEND", at, 0) - *file);
    }
    free(rows);
    if (status != AMBIT_OK) {
        free(*file);
        *file = NULL;
    }
    return status;
}
