/* PNG files, read back by hand: chunks, checksums, compressed rows. */
#include "mpi/report/png.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static uint32_t number_at(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The data of the chunk at *at, which must be of this type and whole; *at moves on. */
static const uint8_t *take_chunk(const uint8_t **at, const char *type, size_t *size) {
    const uint8_t *chunk = *at;
    *size = number_at(chunk);
    assert_memory_equal(chunk + 4, type, 4);
    assert_int_equal(number_at(chunk + 8 + *size), crc32(0, chunk + 4, (uInt)(4 + *size)));
    *at += 12 + *size;
    return chunk + 8;
}

static void check_picture(int64_t height, int64_t width, int channels, uint8_t kind) {
    const size_t row = (size_t)(width * channels), length = (size_t)height * (row + 1);
    uint8_t *pixels = calloc((size_t)height, row), *rows = calloc(length, 1), *file;
    size_t size, part;
    for (size_t i = 0; i < (size_t)height * row; i++)
        pixels[i] = (uint8_t)(i * i / 7);
    assert_int_equal(ambit_png_encode(pixels, height, width, channels, &file, &size), AMBIT_OK);
    assert_memory_equal(file, "\x89PNG\r\n\x1a\n", 8);
    const uint8_t *at = file + 8, *head = take_chunk(&at, "IHDR", &part);
    const uint8_t rest[] = {8, kind, 0, 0, 0};
    assert_int_equal(part, 13);
    assert_int_equal(number_at(head), width);
    assert_int_equal(number_at(head + 4), height);
    assert_memory_equal(head + 8, rest, sizeof rest);
    const uint8_t *packed = take_chunk(&at, "IDAT", &part);
    uLongf unpacked = (uLongf)length;
    assert_int_equal(uncompress(rows, &unpacked, packed, (uLong)part), Z_OK);
    assert_int_equal(unpacked, length);
    for (int64_t y = 0; y < height; y++) {
        assert_int_equal(rows[(size_t)y * (row + 1)], 0);
        assert_memory_equal(rows + (size_t)y * (row + 1) + 1, pixels + (size_t)y * row, row);
    }
    take_chunk(&at, "IEND", &part);
    assert_int_equal(part, 0);
    assert_ptr_equal(at, file + size);
    free(file);
    free(rows);
    free(pixels);
}

static void pictures(void **state) {
    (void)state;
    check_picture(1, 1, 1, 0);
    check_picture(480, 640, 1, 0);
    check_picture(7, 5, 3, 2);
    check_picture(96, 128, 3, 2);
    check_picture(9, 8, 4, 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(pictures)};
    return cmocka_run_group_tests_name("png", tests, NULL, NULL);
}
