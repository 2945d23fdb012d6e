/* What kind of file some bytes are, by how they begin; names and declarations are not asked. */
#ifndef AMBIT_SHARED_MEDIA_H
#define AMBIT_SHARED_MEDIA_H

#include "buffer.h"

/* "image/jpeg", "image/png", "image/gif", "image/bmp", or NULL for none of these. Constants: equal
 * kinds are equal pointers. */
const char *shared_media_sniff(shared_span bytes);

#endif
