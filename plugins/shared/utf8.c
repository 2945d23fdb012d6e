#include "utf8.h"

#include <string.h>

/* Characters below `end` take `size` bytes, the first with the bits `mark` set. */
static const struct {
    int64_t end;
    size_t size;
    uint8_t mark;
} forms[] = {{0x80, 1, 0x00}, {0x800, 2, 0xc0}, {0x10000, 3, 0xe0}, {0x110000, 4, 0xf0}};
enum { FORMS = sizeof forms / sizeof *forms };

size_t shared_utf8_put(int64_t code, uint8_t out[SHARED_UTF8_MOST]) {
    int form = 0;
    while (form < FORMS && code >= forms[form].end)
        ++form;
    if (code < 0 || form == FORMS || (code >= 0xd800 && code < 0xe000))
        return 0;
    const size_t size = forms[form].size;
    for (size_t i = size; i-- > 1; code >>= 6)
        out[i] = (uint8_t)(0x80 | (code & 0x3f));
    out[0] = (uint8_t)(forms[form].mark | code);
    return size;
}

/* The bytes of the character at `bytes`, or 0 when there is none: what its bits say, written again,
 * must be the same bytes. */
static size_t character(const uint8_t *bytes, size_t size) {
    uint8_t again[SHARED_UTF8_MOST];
    int form = FORMS;
    while (form > 0 && (bytes[0] & forms[form - 1].mark) != forms[form - 1].mark)
        --form;
    if (form == 0 || forms[form - 1].size > size)
        return 0;
    const size_t length = forms[form - 1].size;
    int64_t code = bytes[0] ^ forms[form - 1].mark;
    for (size_t i = 1; i < length; ++i)
        code = code << 6 | (bytes[i] & 0x3f);
    return shared_utf8_put(code, again) == length && memcmp(again, bytes, length) == 0 ? length : 0;
}

int shared_utf8_is_valid(const uint8_t *bytes, size_t size) {
    for (size_t at = 0, length; at < size; at += length)
        if (!(length = character(bytes + at, size - at)))
            return 0;
    return 1;
}
