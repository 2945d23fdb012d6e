/* From an encoded image to pixels of a size that is the same for all: JPEG by libjpeg, PNG by
 * libpng, told apart by how they begin. */
#ifndef AMBIT_SHARED_PICTURE_H
#define AMBIT_SHARED_PICTURE_H

#include "pixels.h"

/* Decodes `image` into pixels->pixels; kind, side, room and pixels are set. Returns 0 with the
 * reason in `why` where the image is damaged in any part, too large (pixels.h), or cannot be what
 * pixels->kind says:
 *
 *     SHARED_COLOURS   any JPEG or PNG; 16 bits are scaled to 8, transparency is left out
 *     SHARED_LEVELS    a PNG of grey levels, with up to 16 bits
 *     SHARED_DEPTH     a PNG of red, green, blue and alpha, with 8 bits each
 */
int shared_picture_decode(shared_span image, shared_pixels *pixels, char why[SHARED_WHY]);

/* 1 when images of this media type (media.h) can be decoded. */
int shared_picture_can(const char *media);

#endif
