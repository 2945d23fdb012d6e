#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int ambit_utf8_decode(const char *text, uint32_t *point) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)text;
    int length = *at < 0x80 ? 1 : *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;
    if ((*at >= 0x80 && *at < 0xc0) || *at >= 0xf8)
        return 0;
    *point = length == 1 ? *at : *at & (0x7fu >> length);
    for (int i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        *point = *point << 6 | (at[i] & 0x3fu);
    }
    bool surrogate = *point >= 0xd800 && *point < 0xe000;
    return *point < smallest[length] || *point > 0x10ffff || surrogate ? 0 : length;
}

bool ambit_point_is_printable(uint32_t point) {
    static const struct {
        uint32_t first, last;
    } unprintable[] = {
        {0, 0x1f},        {0x7f, 0x9f},       /* controls */
        {0x61c, 0x61c},   {0x200e, 0x200f},   /* marks of direction */
        {0x2028, 0x202e}, {0x2066, 0x2069},   /* line breaks; embeddings, isolates */
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb},   /* byte order mark; annotations */
        {0xfffe, 0xffff}, {0xe0000, 0xe0fff}, /* no characters; invisible tags */
    };
    for (size_t i = 0; i < sizeof unprintable / sizeof unprintable[0]; i++)
        if (point >= unprintable[i].first && point <= unprintable[i].last)
            return false;
    return true;
}

int ambit_text_length(const char *text) {
    int length = 0;
    for (; *text; text++)
        length += (*text & 0xc0) != 0x80;
    return length;
}

/* How the first character of `text` is shown, in piece[12], and its length in bytes. */
static int show_one(const char *text, const char *kept, char piece[12]) {
    static const char named[] = "\n\t\r", letters[] = "ntr";
    uint32_t point;
    int length = ambit_utf8_decode(text, &point);
    const char *name = strchr(named, *text);
    if (length == 0)
        snprintf(piece, 12, "\\x%02x", (unsigned char)*text);
    else if (ambit_point_is_printable(point) || strchr(kept, *text))
        snprintf(piece, 12, "%.*s", length, text);
    else if (name)
        snprintf(piece, 12, "\\%c", letters[name - named]);
    else
        snprintf(piece, 12,
                 point < 0x100     ? "\\x%02" PRIx32
                 : point < 0x10000 ? "\\u%04" PRIx32
                                   : "\\U%08" PRIx32,
                 point);
    return length ? length : 1;
}

const char *ambit_text_shown(const char *text, const char *kept, char *out, size_t size) {
    static const char ellipsis[] = "…";
    size_t used = 0, last_fit = 0; /* last_fit: where an ellipsis still fits */
    while (*text) {
        char piece[12];
        text += show_one(text, kept, piece);
        size_t length = strlen(piece);
        if (used + length >= size) {
            memcpy(out + last_fit, ellipsis, sizeof ellipsis);
            return out;
        }
        memcpy(out + used, piece, length);
        used += length;
        if (used + sizeof ellipsis <= size)
            last_fit = used;
    }
    out[used] = '\0';
    return out;
}
