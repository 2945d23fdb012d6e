/* Files that are either whole or as they were: written beside, flushed, renamed.
 *
 * For small files that one rank writes (summaries, reports). Not collective.
 */
#ifndef AMBIT_MPI_WHOLE_FILE_H
#define AMBIT_MPI_WHOLE_FILE_H

#include "../core/status.h"

/* Puts `size` bytes in place of what `path` held. On failure the old file is still there and no
 * other is left. */
ambit_status ambit_whole_file_write(const char *path, const char *data, size_t size);

/* Makes a folder where there is none; its parent must exist. */
ambit_status ambit_make_folder(const char *path);

#endif
