/* Images of the source plugin openx as pixels: against the formula they were made from, squeezed
 * and enlarged; and images that are damaged. */
#include "plugins/openx/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

enum { MOST = 256, COLOURS = OPENX_PICTURE_COLOURS };

/* Colours rise along the sides: slowly, so that JPEG keeps them. */
static double colour(double x, double y, int c) {
    return c == 0 ? 230 * x + 10 : c == 1 ? 230 * y + 10 : 120 * (x + y);
}

/* A JPEG of the formula; the caller frees it. grey: of its second colour alone. */
static openx_span make(int width, int height, int grey) {
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
    return (openx_span){bytes, size};
}

/* Decodes to `side`, with a byte behind that must stay. */
static int decode(openx_span image, int side, uint8_t *pixels, char why[OPENX_PICTURE_WHY]) {
    float *room = malloc((size_t)openx_picture_room(side) * sizeof *room);
    assert_non_null(room);
    pixels[side * side * COLOURS] = 99;
    const int done = openx_picture_decode(image, side, room, pixels, why);
    assert_int_equal(pixels[side * side * COLOURS], 99);
    free(room);
    return done;
}

static void check(int width, int height, int side, int grey) {
    static uint8_t pixels[MOST * MOST * COLOURS + 1];
    char why[OPENX_PICTURE_WHY];
    const openx_span image = make(width, height, grey);
    if (!decode(image, side, pixels, why))
        fail_msg("%d × %d to %d: %s", width, height, side, why);
    free((void *)image.data);
    /* enlarged pixels are flat over a pixel of the image */
    const int least = width < height ? width : height;
    const double slack = 4 + (side > least ? 240.0 / least : 0);
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

static void test_sizes(void **state) {
    (void)state;
    check(256, 256, 64, 0);
    check(256, 256, 60, 0);
    check(64, 64, 64, 0);
    check(200, 120, 32, 0);
    check(120, 200, 50, 0);
    check(256, 256, 1, 0);
    check(100, 40, 64, 0);
    check(50, 60, 128, 0);
    check(256, 192, 64, 1);
}

/* What libjpeg would make up of half an image is no data. */
static void test_damage(void **state) {
    static uint8_t pixels[16 * 16 * COLOURS + 1];
    char why[OPENX_PICTURE_WHY];
    (void)state;
    const openx_span image = make(64, 64, 0);
    assert_true(decode(image, 16, pixels, why));
    for (size_t size = 0; size + 2 < image.size; size += size < 700 ? 1 : 97) {
        *why = '\0';
        assert_false(decode((openx_span){image.data, size}, 16, pixels, why));
        assert_true(*why);
    }
    free((void *)image.data);
    const uint8_t png[] = "\x89PNG\r\n\x1a\n and more";
    assert_false(decode((openx_span){png, sizeof png}, 16, pixels, why));
    assert_non_null(strstr(why, "Not a JPEG file"));
}

/* A header may claim 65,500 × 65,500 pixels. */
static void test_large_claims(void **state) {
    static uint8_t pixels[16 * 16 * COLOURS + 1];
    char why[OPENX_PICTURE_WHY];
    (void)state;
    const openx_span image = make(64, 64, 0);
    uint8_t *bytes = (uint8_t *)image.data;
    size_t at = 0;
    while (bytes[at] != 0xff || bytes[at + 1] != 0xc0)
        at++;
    bytes[at + 5] = bytes[at + 7] = 0xff; /* height and width */
    assert_false(decode(image, 16, pixels, why));
    assert_string_equal(why, "it has 65344 × 65344 pixels");
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_large_claims),
    };
    return cmocka_run_group_tests_name("openx_picture", tests, NULL, NULL);
}
