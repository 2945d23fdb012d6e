/* Characters as UTF-8 (RFC 3629). */
#ifndef AMBIT_SHARED_UTF8_H
#define AMBIT_SHARED_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum { SHARED_UTF8_MOST = 4 }; /* bytes a character */

/* Writes a code point; returns the bytes it takes, or 0 when it is no character. */
size_t shared_utf8_put(int64_t code, uint8_t out[SHARED_UTF8_MOST]);

/* Are all bytes characters, each in its shortest form? */
int shared_utf8_is_valid(const uint8_t *bytes, size_t size);

#endif
