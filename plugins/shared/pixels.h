/* From the lines of an image of any size to side × side pixels, line by line, so that no image is
 * ever held as a whole. An image that is no square is squeezed.
 *
 * Colours are averaged: a pixel is the mean of the part of the image that it covers. Measurements
 * are not, since the mean of a near and a far surface is neither: a pixel is the sample that its
 * centre lies in.
 *
 * Memory is checked before it is taken: shared_pixels_begin() refuses images of more than 2²⁶
 * pixels, and what is taken here depends on the side alone.
 */
#ifndef AMBIT_SHARED_PIXELS_H
#define AMBIT_SHARED_PIXELS_H

#include "buffer.h"

enum { SHARED_WHY = 256 }; /* bytes of a reason */

/* What a pixel is, and what samples lines have. */
typedef enum {
    SHARED_COLOURS, /* 3 bytes, red green blue, from samples of 3 bytes */
    SHARED_LEVELS,  /* 1 float, the grey level as stored, from samples of 1 or 2 bytes */
    SHARED_DEPTH    /* 1 float, from samples of 4 bytes: a float32, little-endian, which TFDS stores
                     * as red, green, blue and alpha. Not finite: no measurement, becomes 0 */
} shared_pixel_kind;

/* Channels of a pixel, and bytes of it. */
int64_t shared_pixel_channels(shared_pixel_kind kind);
size_t shared_pixel_size(shared_pixel_kind kind);

/* One image being received. Set kind, side, room and pixels; the rest is begin()'s. */
typedef struct {
    shared_pixel_kind kind;
    int64_t side;
    float *room;  /* shared_pixels_room(side) floats, for sums */
    void *pixels; /* side × side pixels */
    int64_t width, height;
    size_t sample; /* bytes */
} shared_pixels;

int64_t shared_pixels_room(int64_t side);

/* Begins an image of this size. 1, or 0 with the reason in `why` when it is empty or too large. */
int shared_pixels_begin(shared_pixels *pixels, int64_t width, int64_t height, size_t sample,
                        char why[SHARED_WHY]);

/* Takes samples of line y: columns first, first + step, …; each sample of the image must come once,
 * in any order of lines. Samples of 2 bytes are big-endian. */
void shared_pixels_line(shared_pixels *pixels, const uint8_t *line, int64_t y, int64_t first,
                        int64_t step);

/* Finishes the pixels. */
void shared_pixels_end(shared_pixels *pixels);

#endif
