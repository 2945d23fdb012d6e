/* Frames of an episode on a page: pictures, encoded or not, and sentences. */
#ifndef AMBIT_MPI_CLI_INSPECT_FRAMES_H
#define AMBIT_MPI_CLI_INSPECT_FRAMES_H

#include "../../datasets/store.h"
#include "../report/page.h"

/* Adds field `field` in steps [first, end) of the store: pictures spread over them, JPEG and PNG as
 * they are stored and u8 pictures as PNG, or the text of the first. Nothing of fields that are
 * neither. */
ambit_status ambit_inspect_frames(ambit_store *store, int field, int64_t first, int64_t end,
                                  ambit_page *page);

#endif
