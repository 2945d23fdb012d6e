/* The image features: what kind of file they hold, and their pixels where they are wanted.
 *
 * features.json often does not say the kind (encodingFormat), so the first episode tells what a
 * field holds, and every later image must be of the same kind. An empty string is a padding image:
 * it fits all, and is black.
 */
#ifndef OPENX_IMAGES_H
#define OPENX_IMAGES_H

#include "episode.h"

/* Starts as zeros but for side; ended with openx_images_free(). */
typedef struct {
    int64_t side;                        /* of decoded images, pixels; 0: they stay encoded */
    const char *media[AMBIT_MAX_FIELDS]; /* of each feature; NULL: no image, mixed or not known */
    shared_buffer room, pixels[AMBIT_MAX_FIELDS];
} openx_images;

/* Learns the kind of each image feature from an episode: the one that all its images share, or
 * NULL. */
void openx_images_learn(openx_images *images, const openx_episode *episode,
                        const openx_features *features);

/* Checks that all kinds learned can be decoded, if that is wanted. */
int openx_images_check_kinds(const openx_images *images, const ambit_host *host,
                             const openx_features *features);

/* Checks that the images of an episode are images, and of the kind learned. */
int openx_images_check(const openx_images *images, const openx_episode *episode,
                       const openx_record *record, const openx_features *features);

/* Is this feature one that becomes pixels? */
int openx_images_are_decoded(const openx_images *images, const openx_field *field);

/* Decodes images `first` to first + steps of feature f to images->pixels[f]: a row of side × side ×
 * channels a step (shared/pixels.h). */
int openx_images_decode(openx_images *images, const openx_episode *episode,
                        const openx_record *record, const openx_features *features, int64_t f,
                        int64_t first, int64_t steps);

void openx_images_free(const ambit_host *host, openx_images *images);

#endif
