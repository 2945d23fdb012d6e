#include "picture.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

enum { COLOURS = OPENX_PICTURE_COLOURS, MOST_PIXELS = 1 << 28, FINEST_SCALE = 8 };

/* libjpeg's state, and where it jumps to when it gives up. */
typedef struct {
    struct jpeg_error_mgr errors; /* first: libjpeg hands it back */
    struct jpeg_decompress_struct jpeg;
    jmp_buf given_up;
    char *why;
} decoder;

static void describe(j_common_ptr jpeg) {
    char text[JMSG_LENGTH_MAX];
    decoder *d = (decoder *)(void *)jpeg->err;
    jpeg->err->format_message(jpeg, text);
    snprintf(d->why, OPENX_PICTURE_WHY, "%s", text);
}

static void give_up(j_common_ptr jpeg) {
    decoder *d = (decoder *)(void *)jpeg->err;
    describe(jpeg);
    longjmp(d->given_up, 1);
}

/* libjpeg fills in what is missing and warns; pixels that were made up are no data. Messages of
 * other levels are of no interest. */
static void take_message(j_common_ptr jpeg, int level) {
    if (level < 0)
        give_up(jpeg);
}

/* ---------------------------------------------------------------- means */

static float overlap(float low, float high, float other_low, float other_high) {
    const float from = low > other_low ? low : other_low,
                to = high < other_high ? high : other_high;
    return to > from ? to - from : 0;
}

/* Sums of the pixels of a line that each of `side` columns covers, with the parts covered. */
static void sum_line(const uint8_t *line, int64_t width, int64_t side, float *sums) {
    memset(sums, 0, (size_t)(side * COLOURS) * sizeof *sums);
    for (int64_t column = 0; column < side; ++column) {
        const float low = (float)(column * width) / (float)side;
        const float high = (float)((column + 1) * width) / (float)side;
        for (int64_t x = (int64_t)low; x < width && (float)x < high; ++x)
            for (int64_t c = 0; c < COLOURS; ++c)
                sums[column * COLOURS + c] +=
                    overlap((float)x, (float)(x + 1), low, high) * (float)line[x * COLOURS + c];
    }
}

/* Adds line `y` of `height` to the rows that cover it. */
static void add_line(const float *sums, int64_t y, int64_t height, int64_t side, float *rows) {
    const float low = (float)(y * side) / (float)height;
    const float high = (float)((y + 1) * side) / (float)height;
    for (int64_t row = (int64_t)low; row < side && (float)row < high; ++row) {
        const float part = overlap((float)row, (float)(row + 1), low, high);
        for (int64_t i = 0; i < side * COLOURS; ++i)
            rows[row * side * COLOURS + i] += part * sums[i];
    }
}

/* ---------------------------------------------------------------- decoding */

/* libjpeg leaves out what is finer than an eighth, two eighths, … of the image, for less work. */
static void choose_scale(struct jpeg_decompress_struct *jpeg, int64_t side) {
    jpeg->scale_denom = FINEST_SCALE;
    jpeg->scale_num = 1;
    while (jpeg->scale_num < FINEST_SCALE &&
           ((int64_t)jpeg->image_width * jpeg->scale_num < side * FINEST_SCALE ||
            (int64_t)jpeg->image_height * jpeg->scale_num < side * FINEST_SCALE))
        jpeg->scale_num *= 2;
}

/* Lines one by one; sums: side × 3; rows: side × side × 3, zeros to start with. */
static void read_lines(struct jpeg_decompress_struct *jpeg, int64_t side, float *sums,
                       float *rows) {
    JSAMPARRAY line =
        jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, jpeg->output_width * COLOURS, 1);
    while (jpeg->output_scanline < jpeg->output_height) {
        const int64_t y = jpeg->output_scanline;
        jpeg_read_scanlines(jpeg, line, 1);
        sum_line(line[0], jpeg->output_width, side, sums);
        add_line(sums, y, jpeg->output_height, side, rows);
    }
}

static int decode(decoder *d, openx_span image, int64_t side, float *room, uint8_t *pixels) {
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    float *rows = room + side * COLOURS;
    memset(rows, 0, (size_t)(side * side * COLOURS) * sizeof *rows);
    jpeg_mem_src(jpeg, image.data, (unsigned long)image.size);
    jpeg_read_header(jpeg, TRUE);
    if ((int64_t)jpeg->image_width * jpeg->image_height > MOST_PIXELS) {
        snprintf(d->why, OPENX_PICTURE_WHY, "it has %u × %u pixels", jpeg->image_width,
                 jpeg->image_height);
        return 0;
    }
    choose_scale(jpeg, side);
    jpeg->out_color_space = JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    jpeg_start_decompress(jpeg);
    read_lines(jpeg, side, room, rows);
    jpeg_finish_decompress(jpeg);
    /* a line of `height` adds side/height of itself to the rows */
    const float area = (float)jpeg->output_width / (float)side;
    for (int64_t i = 0; i < side * side * COLOURS; ++i)
        pixels[i] = (uint8_t)(rows[i] / area + 0.5f);
    return 1;
}

int64_t openx_picture_room(int64_t side) {
    return (side + 1) * side * COLOURS;
}

int openx_picture_decode(openx_span image, int64_t side, float *room, uint8_t *pixels,
                         char why[OPENX_PICTURE_WHY]) {
    decoder d = {.why = why};
    volatile int done = 0;
    d.jpeg.err = jpeg_std_error(&d.errors);
    d.errors.error_exit = give_up;
    d.errors.emit_message = take_message;
    if (setjmp(d.given_up) == 0) {
        jpeg_create_decompress(&d.jpeg);
        done = decode(&d, image, side, room, pixels);
    }
    jpeg_destroy_decompress(&d.jpeg);
    return done;
}
