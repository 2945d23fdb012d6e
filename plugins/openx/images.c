#include "images.h"

#include "shared/media.h"
#include "shared/picture.h"

#include <inttypes.h>
#include <string.h>

static const char *learn_one(const openx_column *column, int64_t steps) {
    const char *media = NULL;
    for (int64_t t = 0; t < steps; ++t) {
        shared_span image = openx_column_at(column, t);
        if (!image.size)
            continue;
        const char *found = shared_media_sniff(image);
        if (media && found != media)
            return NULL;
        media = found;
    }
    return media;
}

void openx_images_learn(openx_images *images, const openx_episode *episode,
                        const openx_features *features) {
    for (int64_t f = 0; f < features->count; ++f)
        if (features->fields[f].kind == OPENX_IMAGE)
            images->media[f] = learn_one(&episode->columns[f], episode->steps);
}

int openx_images_check_kinds(const openx_images *images, const ambit_host *host,
                             const openx_features *features) {
    for (int64_t f = 0; f < features->count; ++f)
        if (openx_images_are_decoded(images, &features->fields[f]) && images->media[f] &&
            !shared_picture_can(images->media[f]))
            return host->fail(host->context, AMBIT_FAULT_UNSUPPORTED,
                              "openx: feature '%s' holds %s, and option decode reads JPEG and PNG; "
                              "leave the feature out with option skip, or decode out",
                              features->fields[f].key, images->media[f]);
    return 0;
}

int openx_images_check(const openx_images *images, const openx_episode *episode,
                       const openx_record *record, const openx_features *features) {
    for (int64_t f = 0; f < features->count; ++f) {
        const openx_field *field = &features->fields[f];
        const char *media = images->media[f];
        for (int64_t t = 0; field->kind == OPENX_IMAGE && t < episode->steps; ++t) {
            shared_span image = openx_column_at(&episode->columns[f], t);
            const char *found = image.size ? shared_media_sniff(image) : media;
            if (image.size && (!found || (media && found != media)))
                return openx_record_fail(
                    record, AMBIT_FAULT_DATA,
                    "feature '%s': the %zu bytes at step %" PRId64 " are %s, where the first "
                    "episode has %s; leave the feature out with option skip",
                    field->key, image.size, t, found ? found : "no image that is known",
                    media ? media : "images");
        }
    }
    return 0;
}

int openx_images_are_decoded(const openx_images *images, const openx_field *field) {
    return images->side > 0 && field->kind == OPENX_IMAGE;
}

int openx_images_decode(openx_images *images, const openx_episode *episode,
                        const openx_record *record, const openx_features *features, int64_t f,
                        int64_t first, int64_t steps) {
    const openx_field *field = &features->fields[f];
    const int64_t count = images->side * images->side; /* pixels an image */
    const size_t size = (size_t)count * shared_pixel_size(field->pixels);
    char why[SHARED_WHY];
    int code = shared_buffer_reserve(record->host, &images->pixels[f], (uint64_t)steps, size);
    if (!code)
        code = shared_buffer_reserve(record->host, &images->room,
                                     (uint64_t)shared_pixels_room(images->side), sizeof(float));
    for (int64_t t = 0; !code && t < steps; ++t) {
        const shared_span image = openx_column_at(&episode->columns[f], first + t);
        shared_pixels pixels = {.kind = field->pixels,
                                .side = images->side,
                                .room = images->room.data,
                                .pixels = (uint8_t *)images->pixels[f].data + (size_t)t * size};
        if (image.size == 0)
            memset(pixels.pixels, 0, size);
        else if (!shared_picture_decode(image, &pixels, why))
            code = openx_record_fail(record, AMBIT_FAULT_DATA,
                                     "feature '%s': the image at step %" PRId64 " cannot be "
                                     "decoded: %s; leave the feature out with option skip",
                                     field->key, first + t, why);
    }
    return code;
}

void openx_images_free(const ambit_host *host, openx_images *images) {
    shared_buffer_free(host, &images->room);
    for (int f = 0; f < AMBIT_MAX_FIELDS; ++f)
        shared_buffer_free(host, &images->pixels[f]);
}
