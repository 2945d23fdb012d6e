/* JPEG images, decoded by libjpeg. */
#ifndef AMBIT_SHARED_PICTURE_JPEG_H
#define AMBIT_SHARED_PICTURE_JPEG_H

#include "pixels.h"

/* As shared_picture_decode(), for a JPEG. */
int shared_jpeg_decode(shared_span image, shared_pixels *pixels, char why[SHARED_WHY]);

#endif
