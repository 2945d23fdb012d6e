/* PNG images, decoded by libpng. */
#ifndef AMBIT_SHARED_PICTURE_PNG_H
#define AMBIT_SHARED_PICTURE_PNG_H

#include "pixels.h"

/* As shared_picture_decode(), for a PNG. */
int shared_png_decode(shared_span image, shared_pixels *pixels, char why[SHARED_WHY]);

#endif
