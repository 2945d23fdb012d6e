#include "picture_jpeg.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

enum { COLOURS = 3, FINEST_SCALE = 8 };
#define MOST_MEMORY (512L << 20) /* a progressive image is held as a whole: 6 bytes a pixel */

/* libjpeg's state, and where it jumps to when it gives up. */
typedef struct {
    struct jpeg_error_mgr errors; /* first: libjpeg hands it back */
    struct jpeg_decompress_struct jpeg;
    jmp_buf given_up;
    char *why;
} decoder;

static void give_up(j_common_ptr jpeg) {
    char text[JMSG_LENGTH_MAX];
    decoder *d = (decoder *)(void *)jpeg->err;
    jpeg->err->format_message(jpeg, text);
    snprintf(d->why, SHARED_WHY, "%s", text);
    longjmp(d->given_up, 1);
}

/* libjpeg fills in what is missing and warns; pixels that were made up are no data. Messages of
 * other levels are of no interest. */
static void take_message(j_common_ptr jpeg, int level) {
    if (level < 0)
        give_up(jpeg);
}

/* A block of 8 × 8 takes at least a bit: a header that claims more than twice what there can be is
 * refused before memory is taken for a progressive image. */
static int check_claim(const decoder *d, size_t size) {
    enum { PIXELS_OF_A_BYTE = 1024 };
    const int64_t width = d->jpeg.image_width, height = d->jpeg.image_height;
    if (width * height / PIXELS_OF_A_BYTE <= (int64_t)size)
        return 1;
    snprintf(d->why, SHARED_WHY, "it has too few bytes for the size it claims");
    return 0;
}

/* libjpeg leaves out what is finer than an eighth, two eighths, … of the image, for less work. */
static void choose_scale(struct jpeg_decompress_struct *jpeg, int64_t side) {
    jpeg->scale_denom = FINEST_SCALE;
    jpeg->scale_num = 1;
    while (jpeg->scale_num < FINEST_SCALE &&
           ((int64_t)jpeg->image_width * jpeg->scale_num < side * FINEST_SCALE ||
            (int64_t)jpeg->image_height * jpeg->scale_num < side * FINEST_SCALE))
        jpeg->scale_num *= 2;
}

/* The whole image is checked for its size; the pixels then come from the scaled one. */
static int decode(decoder *d, shared_span image, shared_pixels *pixels) {
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    jpeg_mem_src(jpeg, image.data, (unsigned long)image.size);
    jpeg_read_header(jpeg, TRUE);
    if (!shared_pixels_begin(pixels, jpeg->image_width, jpeg->image_height, COLOURS, d->why) ||
        !check_claim(d, image.size))
        return 0;
    choose_scale(jpeg, pixels->side);
    jpeg->out_color_space = JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    jpeg->mem->max_memory_to_use = MOST_MEMORY;
    jpeg_start_decompress(jpeg);
    if (!shared_pixels_begin(pixels, jpeg->output_width, jpeg->output_height, COLOURS, d->why))
        return 0;
    JSAMPARRAY line =
        jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, jpeg->output_width * COLOURS, 1);
    while (jpeg->output_scanline < jpeg->output_height) {
        const int64_t y = jpeg->output_scanline;
        jpeg_read_scanlines(jpeg, line, 1);
        shared_pixels_line(pixels, line[0], y, 0, 1);
    }
    jpeg_finish_decompress(jpeg);
    shared_pixels_end(pixels);
    return 1;
}

int shared_jpeg_decode(shared_span image, shared_pixels *pixels, char why[SHARED_WHY]) {
    decoder d = {.why = why};
    volatile int done = 0;
    if (pixels->kind != SHARED_COLOURS) {
        snprintf(why, SHARED_WHY, "it is a JPEG, which holds colours and no measurements");
        return 0;
    }
    d.jpeg.err = jpeg_std_error(&d.errors);
    d.errors.error_exit = give_up;
    d.errors.emit_message = take_message;
    if (setjmp(d.given_up) == 0) {
        jpeg_create_decompress(&d.jpeg);
        done = decode(&d, image, pixels);
    }
    jpeg_destroy_decompress(&d.jpeg);
    return done;
}
