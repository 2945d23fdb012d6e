#include "media.h"

#include <inttypes.h>
#include <string.h>

const char *openx_media_sniff(openx_span image) {
    static const struct {
        const char *magic;
        size_t size;
        const char *media;
    } kinds[] = {{"\xff\xd8\xff", 3, "image/jpeg"},
                 {"\x89PNG", 4, "image/png"},
                 {"GIF8", 4, "image/gif"},
                 {"BM", 2, "image/bmp"}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; ++k)
        if (image.size >= kinds[k].size && memcmp(image.data, kinds[k].magic, kinds[k].size) == 0)
            return kinds[k].media;
    return NULL;
}

openx_span openx_column_at(const openx_column *column, int64_t step) {
    const uint64_t *offsets = column->offsets.data;
    const uint8_t *values = column->values.data;
    return (openx_span){values + offsets[step], (size_t)(offsets[step + 1] - offsets[step])};
}

static const char *learn_one(const openx_column *column, int64_t steps) {
    const char *media = NULL;
    for (int64_t t = 0; t < steps; ++t) {
        openx_span image = openx_column_at(column, t);
        if (!image.size)
            continue;
        const char *found = openx_media_sniff(image);
        if (media && found != media)
            return NULL;
        media = found;
    }
    return media;
}

void openx_media_learn(const openx_episode *episode, const openx_features *features,
                       const char **media) {
    for (int64_t f = 0; f < features->count; ++f)
        if (features->fields[f].kind == OPENX_IMAGE)
            media[f] = learn_one(&episode->columns[f], episode->steps);
}

int openx_media_check(const openx_episode *episode, const openx_record *record,
                      const openx_features *features, const char *const *media) {
    for (int64_t f = 0; f < features->count; ++f) {
        const openx_field *field = &features->fields[f];
        for (int64_t t = 0; field->kind == OPENX_IMAGE && t < episode->steps; ++t) {
            openx_span image = openx_column_at(&episode->columns[f], t);
            const char *found = image.size ? openx_media_sniff(image) : media[f];
            if (image.size && (!found || (media[f] && found != media[f])))
                return openx_record_fail(
                    record, AMBIT_FAULT_DATA,
                    "feature '%s': the %zu bytes at step %" PRId64 " are %s, where the first "
                    "episode has %s; leave the feature out with option skip",
                    field->key, image.size, t, found ? found : "no image that is known",
                    media[f] ? media[f] : "images");
        }
    }
    return 0;
}
