/* Pictures of plugins as pixels, JPEG and PNG: against the formulas they were made from, squeezed
 * and enlarged; and pictures that are damaged, or claim more than they have. */
#include "plugins/shared/picture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

enum { MOST = 256, COLOURS = 3 };

/* Colours rise along the sides: slowly, so that JPEG keeps them. */
static double colour(double x, double y, int c) {
    return c == 0 ? 230 * x + 10 : c == 1 ? 230 * y + 10 : 120 * (x + y);
}

/* ---------------------------------------------------------------- making pictures */

/* A JPEG of the formula; the caller frees it. grey: of its second colour alone. */
static shared_span make_jpeg(int width, int height, int grey) {
    static uint8_t line[MOST * COLOURS];
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &bytes, &size);
    jpeg.image_width = (JDIMENSION)width;
    jpeg.image_height = (JDIMENSION)height;
    jpeg.input_components = grey ? 1 : COLOURS;
    jpeg.in_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++)
            for (int c = 0; c < jpeg.input_components; c++)
                line[x * jpeg.input_components + c] =
                    (uint8_t)(colour((x + .5) / width, (y + .5) / height, grey ? 1 : c) + .5);
        JSAMPROW row = line;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    return (shared_span){bytes, size};
}

static void add_bytes(png_structp png, png_bytep data, size_t size) {
    shared_span *made = png_get_io_ptr(png);
    uint8_t *bytes = realloc((void *)made->data, made->size + size);
    assert_non_null(bytes);
    memcpy(bytes + made->size, data, size);
    *made = (shared_span){bytes, made->size + size};
}

/* A PNG whose lines put() makes, with `sample` bytes a sample; the caller frees it. */
static shared_span write_png(int width, int height, int type, int depth, int interlaced, int sample,
                             void (*put)(uint8_t *at, double x, double y)) {
    static uint8_t lines[MOST][MOST * 8];
    static png_bytep rows[MOST];
    shared_span made = {0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, &made, add_bytes, NULL);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, depth, type,
                 interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (type == PNG_COLOR_TYPE_PALETTE) {
        static png_color palette[256];
        for (int i = 0; i < 256; i++)
            palette[i] = (png_color){(png_byte)i, (png_byte)(255 - i), 40};
        png_set_PLTE(png, info, palette, 256);
    }
    png_write_info(png, info);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++)
            put(lines[y] + x * sample, (x + .5) / width, (y + .5) / height);
        rows[y] = lines[y];
    }
    if (depth < 8)
        png_set_packing(png);
    png_write_image(png, rows);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return made;
}

static void put_rgb(uint8_t *at, double x, double y) {
    for (int c = 0; c < COLOURS; c++)
        at[c] = (uint8_t)(colour(x, y, c) + .5);
}

static void put_rgba(uint8_t *at, double x, double y) {
    put_rgb(at, x, y);
    at[3] = (uint8_t)(255 * x);
}

static void put_rgb16(uint8_t *at, double x, double y) {
    for (int c = 0; c < COLOURS; c++) {
        const int value = (int)(colour(x, y, c) * 257);
        at[2 * c] = (uint8_t)(value >> 8);
        at[2 * c + 1] = (uint8_t)value;
    }
}

static void put_grey(uint8_t *at, double x, double y) {
    *at = (uint8_t)(colour(x, y, 1) + .5);
}

/* Half a metre to three, in millimetres. */
static int millimetres(double x, double y) {
    return (int)(500 + 2000 * x + 500 * y);
}

static void put_levels(uint8_t *at, double x, double y) {
    at[0] = (uint8_t)(millimetres(x, y) >> 8);
    at[1] = (uint8_t)millimetres(x, y);
}

static void put_few_levels(uint8_t *at, double x, double y) {
    *at = (uint8_t)(8 * x + 8 * y); /* of 16 */
}

static void put_float(uint8_t *at, double x, double y) {
    const float value = x < .2 ? NAN : y < .2 ? INFINITY : (float)(x - 2 * y);
    memcpy(at, &value, sizeof value); /* little-endian, as this machine */
}

/* ---------------------------------------------------------------- decoding */

/* Decodes to `side`, with a byte behind that must stay. */
static int decode(shared_span image, shared_pixel_kind kind, int side, void *out,
                  char why[SHARED_WHY]) {
    float *room = malloc((size_t)shared_pixels_room(side) * sizeof *room);
    uint8_t *end = (uint8_t *)out + (size_t)(side * side) * shared_pixel_size(kind);
    assert_non_null(room);
    shared_pixels pixels = {.kind = kind, .side = side, .room = room, .pixels = out};
    *end = 99;
    const int done = shared_picture_decode(image, &pixels, why);
    assert_int_equal(*end, 99);
    free(room);
    return done;
}

/* Colours must be those of the formula; frees the image. grey: all three are its second colour. */
static void check(shared_span image, int width, int height, int side, int grey) {
    static uint8_t pixels[MOST * MOST * COLOURS + 1];
    char why[SHARED_WHY];
    if (!decode(image, SHARED_COLOURS, side, pixels, why))
        fail_msg("%d × %d to %d: %s", width, height, side, why);
    free((void *)image.data);
    /* enlarged pixels are flat over a pixel of the image, and so are those of a tiny one */
    const int least = width < height ? width : height;
    const double slack = 4 + (side > least || least < 8 ? 240.0 / least : 0);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            for (int c = 0; c < COLOURS; c++) {
                const double wanted = colour((x + .5) / side, (y + .5) / side, grey ? 1 : c);
                const double found = pixels[(y * side + x) * COLOURS + c];
                if (found < wanted - slack || found > wanted + slack)
                    fail_msg("%d × %d to %d: pixel %d, %d, colour %d is %g where %g is wanted",
                             width, height, side, x, y, c, found, wanted);
            }
}

static const struct {
    int width, height, side;
} sizes[] = {{256, 256, 64}, {256, 256, 60}, {64, 64, 64},  {200, 120, 32}, {120, 200, 50},
             {256, 256, 1},  {100, 40, 64},  {50, 60, 128}, {1, 1, 4},      {3, 2, 2}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void test_jpeg(void **state) {
    (void)state;
    for (int i = 0; i < SIZES; i++)
        check(make_jpeg(sizes[i].width, sizes[i].height, 0), sizes[i].width, sizes[i].height,
              sizes[i].side, 0);
    check(make_jpeg(256, 192, 1), 256, 192, 64, 1);
}

/* Every layout of colours, in one go and interlaced. */
static void test_png_colours(void **state) {
    static const struct {
        int type, depth, sample, grey;
        void (*put)(uint8_t *at, double x, double y);
    } layouts[] = {{PNG_COLOR_TYPE_RGB, 8, 3, 0, put_rgb},
                   {PNG_COLOR_TYPE_RGBA, 8, 4, 0, put_rgba},
                   {PNG_COLOR_TYPE_RGB, 16, 6, 0, put_rgb16},
                   {PNG_COLOR_TYPE_GRAY, 8, 1, 1, put_grey}};
    (void)state;
    for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++)
        for (int i = 0; i < 2 * SIZES; i++) {
            const int width = sizes[i / 2].width, height = sizes[i / 2].height;
            check(write_png(width, height, layouts[l].type, layouts[l].depth, i % 2,
                            layouts[l].sample, layouts[l].put),
                  width, height, sizes[i / 2].side, layouts[l].grey);
        }
}

/* Each index of a palette is one pixel; levels of 4 bits are scaled to 8. */
static void test_png_palette_and_bits(void **state) {
    static uint8_t pixels[16 * 16 * COLOURS + 1];
    char why[SHARED_WHY];
    (void)state;
    shared_span image = write_png(16, 16, PNG_COLOR_TYPE_PALETTE, 8, 0, 1, put_grey);
    assert_true(decode(image, SHARED_COLOURS, 16, pixels, why));
    for (int i = 0; i < 256; i++) {
        uint8_t index;
        put_grey(&index, (i % 16 + .5) / 16, (i / 16 + .5) / 16);
        assert_int_equal(pixels[COLOURS * i], index);
        assert_int_equal(pixels[COLOURS * i + 1], 255 - index);
        assert_int_equal(pixels[COLOURS * i + 2], 40);
    }
    free((void *)image.data);
    image = write_png(16, 16, PNG_COLOR_TYPE_GRAY, 4, 0, 1, put_few_levels);
    assert_true(decode(image, SHARED_COLOURS, 16, pixels, why));
    for (int i = 0; i < 256; i++) {
        uint8_t level;
        put_few_levels(&level, (i % 16 + .5) / 16, (i / 16 + .5) / 16);
        assert_int_equal(pixels[COLOURS * i + i % COLOURS], 17 * level);
    }
    free((void *)image.data);
}

/* ---------------------------------------------------------------- measurements */

/* The centre of the sample that the centre of pixel i lies in. */
static double sample_at(int i, int side, int count) {
    return ((2 * i + 1) * count / (2 * side) + .5) / count;
}

/* Levels are those of samples, never means; with 16 bits and with fewer. */
static void test_levels(void **state) {
    static float pixels[MOST * MOST + 1];
    char why[SHARED_WHY];
    (void)state;
    for (int i = 0; i < 4 * SIZES; i++) {
        const int width = sizes[i / 4].width, height = sizes[i / 4].height,
                  side = sizes[i / 4].side, few = i / 2 % 2;
        shared_span image = write_png(width, height, PNG_COLOR_TYPE_GRAY, few ? 4 : 16, i % 2,
                                      few ? 1 : 2, few ? put_few_levels : put_levels);
        if (!decode(image, SHARED_LEVELS, side, pixels, why))
            fail_msg("%s", why);
        for (int p = 0; p < side * side; p++) {
            const double x = sample_at(p % side, side, width),
                         y = sample_at(p / side, side, height);
            uint8_t level;
            put_few_levels(&level, x, y);
            assert_int_equal(pixels[p], few ? level : millimetres(x, y));
        }
        free((void *)image.data);
    }
}

static void test_depth(void **state) {
    static float pixels[MOST * MOST + 1];
    char why[SHARED_WHY];
    (void)state;
    for (int i = 0; i < 2 * SIZES; i++) {
        const int width = sizes[i / 2].width, height = sizes[i / 2].height,
                  side = sizes[i / 2].side;
        shared_span image = write_png(width, height, PNG_COLOR_TYPE_RGBA, 8, i % 2, 4, put_float);
        if (!decode(image, SHARED_DEPTH, side, pixels, why))
            fail_msg("%s", why);
        for (int p = 0; p < side * side; p++) {
            const double x = sample_at(p % side, side, width),
                         y = sample_at(p / side, side, height);
            assert_true(pixels[p] == (x < .2 || y < .2 ? 0 : (float)(x - 2 * y)));
        }
        free((void *)image.data);
    }
}

/* What is no measurement is not taken for one. */
static void test_kinds_are_not_mixed_up(void **state) {
    static float pixels[16 * 16 + 1];
    char why[SHARED_WHY];
    shared_span images[] = {make_jpeg(16, 16, 0),
                            write_png(16, 16, PNG_COLOR_TYPE_RGB, 8, 0, 3, put_rgb),
                            write_png(16, 16, PNG_COLOR_TYPE_PALETTE, 8, 0, 1, put_grey),
                            write_png(16, 16, PNG_COLOR_TYPE_GRAY, 16, 0, 2, put_levels)};
    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_false(decode(images[i], SHARED_DEPTH, 16, pixels, why));
        assert_true(i == 3 || !decode(images[i], SHARED_LEVELS, 16, pixels, why));
        assert_non_null(strstr(why, i == 0 ? "a JPEG" : i < 3 ? "grey levels" : "alpha"));
        free((void *)images[i].data);
    }
}

/* ---------------------------------------------------------------- damage */

/* What libjpeg and libpng would make up of half an image is no data. */
static void test_cut_short(void **state) {
    static uint8_t pixels[16 * 16 * COLOURS + 1];
    char why[SHARED_WHY];
    shared_span images[] = {make_jpeg(64, 64, 0),
                            write_png(64, 64, PNG_COLOR_TYPE_RGB, 8, 0, 3, put_rgb),
                            write_png(64, 64, PNG_COLOR_TYPE_RGB, 8, 1, 3, put_rgb)};
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(decode(images[i], SHARED_COLOURS, 16, pixels, why));
        for (size_t size = 0; size + 2 < images[i].size; size += size < 700 ? 1 : 97) {
            *why = '\0';
            assert_false(
                decode((shared_span){images[i].data, size}, SHARED_COLOURS, 16, pixels, why));
            assert_true(*why);
        }
        free((void *)images[i].data);
    }
}

/* PNG has a checksum over each part, so a bit that flips in what matters is noticed. */
static void test_flipped_bits_of_png(void **state) {
    static uint8_t whole[16 * 16 * COLOURS + 1], pixels[16 * 16 * COLOURS + 1];
    char why[SHARED_WHY];
    int refused = 0;
    (void)state;
    shared_span image = write_png(32, 32, PNG_COLOR_TYPE_RGB, 8, 0, 3, put_rgb);
    uint8_t *bytes = (uint8_t *)image.data;
    assert_true(decode(image, SHARED_COLOURS, 16, whole, why));
    for (size_t bit = 0; bit < 8 * image.size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (!decode(image, SHARED_COLOURS, 16, pixels, why))
            refused++;
        else
            assert_memory_equal(pixels, whole, 16 * 16 * COLOURS);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(refused > (int)(7 * image.size));
    free(bytes);
}

static void test_what_is_no_picture(void **state) {
    static uint8_t pixels[16 * 16 * COLOURS + 1];
    char why[SHARED_WHY];
    (void)state;
    const uint8_t png[] = "\x89PNG\r\n\x1a\n and more", gif[] = "GIF89a and more", text[] = "text";
    assert_false(decode((shared_span){png, sizeof png}, SHARED_COLOURS, 16, pixels, why));
    assert_false(decode((shared_span){gif, sizeof gif}, SHARED_COLOURS, 16, pixels, why));
    assert_string_equal(why, "it is image/gif, and JPEG and PNG can be decoded");
    assert_false(decode((shared_span){text, sizeof text}, SHARED_COLOURS, 16, pixels, why));
    assert_non_null(strstr(why, "no image that is known"));
}

/* A header may claim 65,500 × 65,500 pixels, and more: no memory is taken for them. */
static void test_large_claims(void **state) {
    static uint8_t pixels[16 * 16 * COLOURS + 1];
    char why[SHARED_WHY];
    (void)state;
    shared_span image = make_jpeg(64, 64, 0);
    uint8_t *bytes = (uint8_t *)image.data;
    size_t at = 0;
    while (bytes[at] != 0xff || bytes[at + 1] != 0xc0)
        at++;
    bytes[at + 5] = bytes[at + 7] = 0xff; /* height and width */
    assert_false(decode(image, SHARED_COLOURS, 16, pixels, why));
    assert_non_null(strstr(why, "it claims 65344 × 65344 pixels"));
    bytes[at + 5] = bytes[at + 7] = 0x1f;
    assert_false(decode(image, SHARED_COLOURS, 16, pixels, why));
    assert_non_null(strstr(why, "too few bytes for the size it claims"));
    free(bytes);

    static const uint32_t claims[][2] = {
        {65535, 65535}, {999999, 999999}, {999999, 1}, {1, 999999}};
    for (int i = 0; i < 4; i++) {
        enum { WIDTH = 16, CRC = 29, COVERED = 17 };
        image = write_png(64, 64, PNG_COLOR_TYPE_RGB, 8, 0, 3, put_rgb);
        bytes = (uint8_t *)image.data;
        for (int b = 0; b < 8; b++)
            bytes[WIDTH + b] = (uint8_t)(claims[i][b / 4] >> (24 - 8 * (b % 4)));
        const uint32_t crc = (uint32_t)crc32(0, bytes + 12, COVERED);
        for (int b = 0; b < 4; b++)
            bytes[CRC + b] = (uint8_t)(crc >> (24 - 8 * b));
        assert_false(decode(image, SHARED_COLOURS, 16, pixels, why));
        assert_non_null(strstr(why, "too few bytes for the size it claims"));
        free(bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jpeg),
        cmocka_unit_test(test_png_colours),
        cmocka_unit_test(test_png_palette_and_bits),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_kinds_are_not_mixed_up),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_flipped_bits_of_png),
        cmocka_unit_test(test_what_is_no_picture),
        cmocka_unit_test(test_large_claims),
    };
    return cmocka_run_group_tests_name("shared_picture", tests, NULL, NULL);
}
