#include "picture_png.h"

#include <stdio.h>
#include <string.h>

#include <png.h>

/* libpng's state; `line` is freed however decoding ends. */
typedef struct {
    png_structp png;
    png_infop info;
    shared_span rest; /* of the image's bytes */
    shared_pixels *pixels;
    png_bytep line;
    char *why;
} decoder;

static void give_up(png_structp png, png_const_charp text) {
    const decoder *d = png_get_error_ptr(png);
    snprintf(d->why, SHARED_WHY, "%s", text);
    png_longjmp(png, 1);
}

/* Warnings are about colour profiles and the like: the samples are what they are. */
static void ignore(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void give_bytes(png_structp png, png_bytep bytes, size_t size) {
    decoder *d = png_get_io_ptr(png);
    if (size > d->rest.size)
        png_error(png, "it is cut short");
    memcpy(bytes, d->rest.data, size);
    d->rest = (shared_span){d->rest.data + size, d->rest.size - size};
}

/* ---------------------------------------------------------------- samples */

/* Any image as samples of red, green, blue. */
static const char *want_colours(png_structp png, int type, int depth) {
    (void)depth;
    if (type == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(png);
    else if (!(type & PNG_COLOR_MASK_COLOR))
        png_set_expand_gray_1_2_4_to_8(png);
    png_set_gray_to_rgb(png);
    png_set_scale_16(png);
    png_set_strip_alpha(png);
    return NULL;
}

/* Levels keep their values: bits are unpacked and not scaled. */
static const char *want_levels(png_structp png, int type, int depth) {
    (void)depth;
    png_set_packing(png);
    png_set_strip_alpha(png);
    return type & (PNG_COLOR_MASK_COLOR | PNG_COLOR_MASK_PALETTE)
               ? "it has colours, where grey levels are wanted"
               : NULL;
}

static const char *want_depth(png_structp png, int type, int depth) {
    (void)png;
    return type == PNG_COLOR_TYPE_RGB_ALPHA && depth == 8
               ? NULL
               : "it does not have red, green, blue and alpha of 8 bits, which together are a "
                 "float";
}

/* ---------------------------------------------------------------- lines */

/* Deflate makes at most 1,032 bytes of one: a header that claims more than there can be is refused
 * before memory is taken for a line of it. */
static void check_claim(const decoder *d, int64_t width, int64_t height, int64_t bits) {
    enum { DEFLATE_MOST = 1032 };
    if (width * bits / 8 > (int64_t)d->rest.size * DEFLATE_MOST / height)
        png_error(d->png, "it has too few bytes for the size it claims");
}

/* Lines of an image that is not interlaced, or of one pass after the other. */
static void read_lines(decoder *d, int64_t width, int64_t height, int passes) {
    for (int pass = 0; pass < passes; ++pass) {
        const int64_t first_x = passes == 1 ? 0 : PNG_PASS_START_COL(pass),
                      first_y = passes == 1 ? 0 : PNG_PASS_START_ROW(pass),
                      step_x = passes == 1 ? 1 : PNG_PASS_COL_OFFSET(pass),
                      step_y = passes == 1 ? 1 : PNG_PASS_ROW_OFFSET(pass);
        for (int64_t y = first_y; first_x < width && y < height; y += step_y) {
            png_read_row(d->png, d->line, NULL);
            shared_pixels_line(d->pixels, d->line, y, first_x, step_x);
        }
    }
}

static int decode(decoder *d, shared_span image) {
    static const char *(*const want[])(png_structp png, int type,
                                       int depth) = {[SHARED_COLOURS] = want_colours,
                                                     [SHARED_LEVELS] = want_levels,
                                                     [SHARED_DEPTH] = want_depth};
    d->rest = image;
    png_set_read_fn(d->png, d, give_bytes);
    png_read_info(d->png, d->info);
    const int64_t width = png_get_image_width(d->png, d->info),
                  height = png_get_image_height(d->png, d->info);
    const int type = png_get_color_type(d->png, d->info),
              depth = png_get_bit_depth(d->png, d->info);
    const int passes = png_get_interlace_type(d->png, d->info) == PNG_INTERLACE_ADAM7
                           ? PNG_INTERLACE_ADAM7_PASSES
                           : 1;
    check_claim(d, width, height, (int64_t)depth * png_get_channels(d->png, d->info));
    const char *problem = want[d->pixels->kind](d->png, type, depth);
    if (problem)
        png_error(d->png, problem);
    png_read_update_info(d->png, d->info);
    const size_t line_size = png_get_rowbytes(d->png, d->info);
    if (!shared_pixels_begin(d->pixels, width, height, line_size / (size_t)width, d->why))
        return 0;
    d->line = png_malloc(d->png, line_size);
    read_lines(d, width, height, passes);
    png_read_end(d->png, NULL);
    shared_pixels_end(d->pixels);
    return 1;
}

int shared_png_decode(shared_span image, shared_pixels *pixels, char why[SHARED_WHY]) {
    decoder d = {.pixels = pixels, .why = why};
    volatile int done = 0;
    d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, give_up, ignore);
    d.info = d.png ? png_create_info_struct(d.png) : NULL;
    if (!d.info)
        snprintf(why, SHARED_WHY, "libpng cannot be started");
    else if (setjmp(png_jmpbuf(d.png)) == 0)
        done = decode(&d, image);
    if (d.info)
        png_free(d.png, d.line);
    png_destroy_read_struct(&d.png, &d.info, NULL);
    return done;
}
