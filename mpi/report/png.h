/* Pictures as PNG files (ISO/IEC 15948), for pages that hold all they need. */
#ifndef AMBIT_MPI_REPORT_PNG_H
#define AMBIT_MPI_REPORT_PNG_H

#include "../../core/base/status.h"

#include <stdint.h>

/* Encodes pixels [height][width][channels] of 8 bits: 1 channel is grey, 3 are red, green and blue,
 * 4 have opacity too. The caller frees *file. AMBIT_SYSTEM without memory. */
ambit_status ambit_png_encode(const uint8_t *pixels, int64_t height, int64_t width, int channels,
                              uint8_t **file, size_t *size);

#endif
