/* What the first episode shows that a user should know, said once in the log.
 *
 * Published data sets hold things that are not what their names say: has_image_0 is 0 though there
 * are images, a camera that was not there is one black image all along, is_last is never set.
 * None of these is trusted or refused.
 */
#ifndef OPENX_NOTICE_H
#define OPENX_NOTICE_H

#include "episode.h"

void openx_notice(const ambit_host *host, const openx_episode *episode,
                  const openx_features *features);

#endif
