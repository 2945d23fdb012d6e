/* An image, behind a byte that gives the side to decode it to, and one that says as what. */
#include "fuzz.h"
#include "plugins/shared/media.h"
#include "plugins/shared/picture.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_SIDE = 40, KINDS = SHARED_DEPTH + 1 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char why[SHARED_WHY] = "";
    if (size < 2)
        return 0;
    const shared_span image = {data + 2, size - 2};
    shared_pixels pixels = {.kind = (shared_pixel_kind)(data[1] % KINDS),
                            .side = 1 + data[0] % MOST_SIDE};
    const int64_t numbers = pixels.side * pixels.side * shared_pixel_channels(pixels.kind);
    const size_t bytes = (size_t)(pixels.side * pixels.side) * shared_pixel_size(pixels.kind);
    pixels.room = malloc((size_t)shared_pixels_room(pixels.side) * sizeof *pixels.room);
    pixels.pixels = malloc(bytes);
    FUZZ_REQUIRE(pixels.room && pixels.pixels);
    const int decoded = shared_picture_decode(image, &pixels, why);
    FUZZ_REQUIRE(decoded ? shared_picture_can(shared_media_sniff(image)) : why[0]);
    for (int64_t i = 0; decoded && pixels.kind != SHARED_COLOURS && i < numbers; i++)
        FUZZ_REQUIRE(isfinite(((float *)pixels.pixels)[i]));
    free(pixels.room);
    free(pixels.pixels);
    return 0;
}
