/* What kind of file an image is, from its first bytes.
 *
 * features.json often does not say (encodingFormat), so the first episode tells what a field holds,
 * and every later image must be of the same kind. An empty string is a padding image and fits all.
 */
#ifndef OPENX_MEDIA_H
#define OPENX_MEDIA_H

#include "episode.h"

/* "image/jpeg", "image/png", "image/gif", "image/bmp", or NULL for none of these. */
const char *openx_media_sniff(openx_span image);

/* Learns the kind of each image feature from an episode: media[f] becomes the kind that all its
 * images share, or NULL. */
void openx_media_learn(const openx_episode *episode, const openx_features *features,
                       const char **media);

/* Checks that the images of an episode are images, and of the kind learned. */
int openx_media_check(const openx_episode *episode, const openx_record *record,
                      const openx_features *features, const char *const *media);

/* Byte string of column `column` at step `step`. */
openx_span openx_column_at(const openx_column *column, int64_t step);

#endif
