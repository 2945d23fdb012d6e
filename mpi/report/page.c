#include "page.h"

#include "../../core/base/text.h"
#include "../../datasets/files.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `more` bytes and a 0. */
static int reserve(ambit_page *page, size_t more) {
    const int64_t needed = (int64_t)(page->size + more) + 1;
    page->failed |= ambit_grow(&page->text, &page->room, needed, 1, "a page") != AMBIT_OK;
    return !page->failed;
}

static void add_bytes(ambit_page *page, const char *bytes, size_t size) {
    if (!reserve(page, size))
        return;
    memcpy(page->text + page->size, bytes, size);
    page->size += size;
    page->text[page->size] = 0;
}

void ambit_page_add(ambit_page *page, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length > 0 && reserve(page, (size_t)length)) {
        vsnprintf(page->text + page->size, (size_t)length + 1, format, again);
        page->size += (size_t)length;
    }
    va_end(again);
}

/* Bytes of the UTF-8 character at `text` that a page may hold; 0 where there is none. */
static size_t character_size(const char *text) {
    uint32_t point;
    int length = ambit_utf8_decode(text, &point);
    return length > 0 && ambit_point_is_printable(point) ? (size_t)length : 0;
}

static const char *reference(char character) {
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void ambit_page_escape(ambit_page *page, const char *text) {
    while (*text) {
        size_t size = character_size(text);
        const char *instead = size ? reference(*text) : "\xef\xbf\xbd";
        if (instead)
            add_bytes(page, instead, strlen(instead));
        else
            add_bytes(page, text, size);
        text += size ? size : 1;
    }
}

void ambit_page_escape_cut(ambit_page *page, const char *text, int characters) {
    char *copy = strdup(text);
    if (!copy) {
        page->failed = 1;
        return;
    }
    int cut = ambit_text_length(text) > characters;
    size_t size = 0;
    for (int left = characters - cut; copy[size]; size++)
        if ((copy[size] & 0xc0) != 0x80 && left-- == 0)
            break;
    copy[size] = 0;
    ambit_page_escape(page, copy);
    ambit_page_add(page, "%s", cut ? "…" : "");
    free(copy);
}

void ambit_page_cell(ambit_page *page, const char *text) {
    for (; *text; text++)
        add_bytes(page, strchr("\t\n\r", *text) ? " " : text, 1);
}

ambit_status ambit_page_write(const ambit_page *page, const char *path) {
    if (page->failed)
        return ambit_fail(AMBIT_SYSTEM,
                          "%s: no memory for a page of more than %zu bytes; report fewer runs",
                          path, page->size);
    return ambit_write_file(path, page->text ? page->text : "", page->size);
}

void ambit_page_free(ambit_page *page) {
    free(page->text);
    *page = (ambit_page){0};
}
