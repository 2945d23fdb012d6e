/* From an encoded image to pixels of a size that is the same for all: JPEG, by libjpeg. */
#ifndef OPENX_PICTURE_H
#define OPENX_PICTURE_H

#include "wire.h"

enum { OPENX_PICTURE_COLOURS = 3, OPENX_PICTURE_WHY = 256 };

/* Numbers that decoding to `side` × `side` pixels needs room for. */
int64_t openx_picture_room(int64_t side);

/* Decodes a JPEG to side × side × 3 bytes, red green blue. Each pixel is the mean of the part of
 * the image that it covers; an image that is no square is squeezed. room: openx_picture_room()
 * numbers. Returns 0 with the reason in `why` where the image is damaged or of more than 2²⁸
 * pixels. */
int openx_picture_decode(openx_span image, int64_t side, float *room, uint8_t *pixels,
                         char why[OPENX_PICTURE_WHY]);

#endif
