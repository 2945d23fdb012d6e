#include "picture.h"

#include "media.h"
#include "picture_jpeg.h"
#include "picture_png.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *media;
    int (*decode)(shared_span image, shared_pixels *pixels, char why[SHARED_WHY]);
} formats[] = {{"image/jpeg", shared_jpeg_decode}, {"image/png", shared_png_decode}};
enum { FORMATS = sizeof formats / sizeof *formats };

static int find(const char *media) {
    int format = 0;
    while (format < FORMATS && (!media || strcmp(formats[format].media, media) != 0))
        ++format;
    return format;
}

int shared_picture_can(const char *media) {
    return find(media) < FORMATS;
}

int shared_picture_decode(shared_span image, shared_pixels *pixels, char why[SHARED_WHY]) {
    const char *media = shared_media_sniff(image);
    const int format = find(media);
    if (format < FORMATS)
        return formats[format].decode(image, pixels, why);
    snprintf(why, SHARED_WHY, "it is %s, and JPEG and PNG can be decoded",
             media ? media : "no image that is known");
    return 0;
}
