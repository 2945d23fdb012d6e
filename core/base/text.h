/* Text from outside, UTF-8 or not, on its way to a terminal.
 *
 * Names, units and sentences come from data and plugins. A terminal acts on some of their bytes:
 * escape sequences move the cursor, rewrite lines and set titles; line breaks forge messages;
 * controls of direction show words in another order than they are. What is printed of data goes
 * through ambit_text_shown() first.
 *
 * Nothing here fails or allocates.
 */
#ifndef AMBIT_CORE_BASE_TEXT_H
#define AMBIT_CORE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first code point of UTF-8 text, and its length in bytes, 1 to 4; 0 where it is not UTF-8
 * (overlong forms and surrogates are not). The byte that ends a text is the point 0. */
int ambit_utf8_decode(const char *text, uint32_t *point);

/* Whether a code point stands for itself on a page: no control character, line break of any
 * script, byte order mark or control of direction. */
bool ambit_point_is_printable(uint32_t point);

/* Characters of UTF-8, not bytes: the places it takes on most screens. */
int ambit_text_length(const char *text);

/* A byte becomes at most so many: the size of `out` that cuts nothing is this × length + 1. */
enum { AMBIT_TEXT_GROWTH = 4 };

/* Writes `text` into out[size] for a terminal and returns `out`: what is not printable as \n, \t,
 * \r, \xNN, \uNNNN or \UNNNNNNNN, a byte that is not UTF-8 as \xNN, the rest as it is, and so are
 * characters of `kept` ("\n" for a message of several lines, "" for a name). Text that does not fit
 * ends in "…"; `size` is at least 4. */
const char *ambit_text_shown(const char *text, const char *kept, char *out, size_t size);

#endif
