/* Which features of a step are read, and as what. */
#ifndef OPENX_SELECTION_H
#define OPENX_SELECTION_H

#include "features.h"

/* Keeps the features that are selected, sorted by name. What of them cannot be read is refused, all
 * of it at once, with the option that leaves it out; so are more than AMBIT_MAX_FIELDS, and none.
 * path: of features.json, for messages. */
int openx_select(const ambit_host *host, const char *path, const openx_selection *selection,
                 openx_features *features);

#endif
