#include "inspect_frames.h"

#include "../report/png.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Pictures larger than LARGEST are shown with every second, third … pixel. */
enum { FRAMES_SHOWN = 8, TEXT_SHOWN = 200, LARGEST = 256 };

/* ------------------------------------------------------------------------------- encoded */

/* The media type that the first bytes show: a declaration may be missing or wrong. */
static const char *image_type(const uint8_t *bytes, size_t size) {
    static const struct {
        const char *magic, *type;
        size_t size;
    } kinds[] = {{"\xff\xd8\xff", "image/jpeg", 3}, {"\x89PNG\r\n\x1a\n", "image/png", 8}};
    for (size_t i = 0; i < 2; i++)
        if (size > kinds[i].size && memcmp(bytes, kinds[i].magic, kinds[i].size) == 0)
            return kinds[i].type;
    return NULL;
}

static void add_base64(ambit_page *page, const uint8_t *bytes, size_t size) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        uint32_t left = (uint32_t)(size - i), three = (uint32_t)bytes[i] << 16;
        three |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        three |= left > 2 ? bytes[i + 2] : 0;
        ambit_page_add(page, "%c%c%c%c", letters[three >> 18], letters[three >> 12 & 63],
                       left > 1 ? letters[three >> 6 & 63] : '=',
                       left > 2 ? letters[three & 63] : '=');
    }
}

static void add_figure(ambit_page *page, int64_t step, const char *type, const uint8_t *bytes,
                       size_t size) {
    ambit_page_add(page, "<figure><img alt=\"\" src=\"data:%s;base64,", type);
    add_base64(page, bytes, size);
    ambit_page_add(page, "\"><figcaption>step %" PRId64 "</figcaption></figure>", step);
}

/* ------------------------------------------------------------------------------- raw */

/* Every stride-th pixel of the first picture of a step, of two channels as red and green. */
static ambit_status encode(const ambit_picture *picture, const float *values, uint8_t **file,
                           size_t *size) {
    const int64_t larger = picture->height > picture->width ? picture->height : picture->width;
    const int64_t stride = (larger + LARGEST - 1) / LARGEST, channels = picture->channels;
    const int64_t height = (picture->height + stride - 1) / stride;
    const int64_t width = (picture->width + stride - 1) / stride,
                  all = channels == 2 ? 3 : channels;
    const int64_t plane = picture->height * picture->width;
    uint8_t *pixels;
    AMBIT_TRY(ambit_allocate(&pixels, (size_t)(height * width), (size_t)all, "a picture"));
    for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++)
            for (int64_t c = 0; c < channels; c++) {
                const int64_t at = (y * picture->width + x) * stride;
                pixels[(y * width + x) * all + c] =
                    (uint8_t)values[picture->channels_last ? at * channels + c : c * plane + at];
            }
    const ambit_status status = ambit_png_encode(pixels, height, width, (int)all, file, size);
    free(pixels);
    return status;
}

static ambit_status add_raw(ambit_store *store, int field, int64_t first, int64_t step,
                            const ambit_picture *picture, ambit_page *page) {
    const int64_t elements = ambit_field_elements(ambit_store_field(store, field));
    float *values;
    uint8_t *file = NULL;
    size_t size = 0;
    AMBIT_TRY(ambit_allocate(&values, (size_t)elements, sizeof *values, "a picture"));
    ambit_status status = ambit_store_read(store, field, first + step, 1, values);
    if (status == AMBIT_OK)
        status = encode(picture, values, &file, &size);
    if (status == AMBIT_OK)
        add_figure(page, step, "image/png", file, size);
    free(file);
    free(values);
    return status;
}

/* ------------------------------------------------------------------------------- frames */

static void add_text(ambit_page *page, const uint8_t *bytes, size_t size) {
    char text[4 * TEXT_SHOWN + 4];
    size_t length = size < sizeof text - 1 ? size : sizeof text - 1;
    memcpy(text, bytes, length);
    text[length] = '\0';
    ambit_page_add(page, "<p>“");
    ambit_page_escape_cut(page, text, TEXT_SHOWN);
    ambit_page_add(page, "”</p>");
}

/* *more: whether other steps are worth a look. */
static ambit_status add_bytes(ambit_store *store, int field, int64_t first, int64_t step, int *more,
                              ambit_page *page) {
    const uint8_t *bytes;
    size_t size;
    AMBIT_TRY(ambit_store_read_bytes(store, field, first + step, &bytes, &size));
    const char *type = image_type(bytes, size);
    *more = type || size == 0;
    if (type)
        add_figure(page, step, type, bytes, size);
    else if (size == 0)
        ambit_page_add(page, "<p class=\"note\">step %" PRId64 ": none</p>", step);
    else if (strncmp(ambit_store_field(store, field)->media, "text/", 5) == 0)
        add_text(page, bytes, size);
    else
        ambit_page_add(page, "<p class=\"note\">%zu bytes a step, no image</p>", size);
    return AMBIT_OK;
}

ambit_status ambit_inspect_frames(ambit_store *store, int field, int64_t first, int64_t end,
                                  ambit_page *page) {
    const ambit_field_info *info = ambit_store_field(store, field);
    const int64_t shown = end - first < FRAMES_SHOWN ? end - first : FRAMES_SHOWN;
    const int encoded = info->element == AMBIT_STORE_BYTES;
    ambit_picture picture;
    if (!encoded && (info->element != AMBIT_STORE_U8 ||
                     !ambit_field_picture(info, AMBIT_PICTURE_SIDE, &picture)))
        return AMBIT_OK;
    ambit_page_add(page, "<h3>");
    ambit_page_escape(page, info->name);
    ambit_page_add(page, "</h3>\n<div class=\"frames\">");
    int more = 1;
    for (int64_t i = 0; i < shown && more; i++) {
        const int64_t step = shown > 1 ? i * (end - first - 1) / (shown - 1) : 0;
        AMBIT_TRY(encoded ? add_bytes(store, field, first, step, &more, page)
                          : add_raw(store, field, first, step, &picture, page));
    }
    ambit_page_add(page, "</div>\n");
    return AMBIT_OK;
}
