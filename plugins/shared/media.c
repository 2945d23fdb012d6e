#include "media.h"

#include <string.h>

const char *shared_media_sniff(shared_span bytes) {
    static const struct {
        const char *magic;
        size_t size;
        const char *media;
    } kinds[] = {{"\xff\xd8\xff", 3, "image/jpeg"},
                 {"\x89PNG", 4, "image/png"},
                 {"GIF8", 4, "image/gif"},
                 {"BM", 2, "image/bmp"}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; ++k)
        if (bytes.size >= kinds[k].size && memcmp(bytes.data, kinds[k].magic, kinds[k].size) == 0)
            return kinds[k].media;
    return NULL;
}
