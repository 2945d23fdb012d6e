/* The folder of a store that is being made.
 *
 *     OUT.partial        what is written so far
 *     OUT.partial.lock   who writes it; locked (fcntl) by every rank of that job for as long as it
 *                        lives, however it ends
 *     OUT.replaced       while OUT is being replaced: the store that was there
 *
 * The store becomes OUT in one step, when it is whole: after a failure or a kill, OUT is as it was.
 * Nothing is touched that an ingestion did not make. A lock that somebody holds is another job at
 * work, which is left alone. A lock file that nobody holds is that of a job that was killed: what
 * it left is removed, and a replacement that it did not finish is taken back. An OUT.partial or
 * OUT.replaced without a lock file, or with files in it that no store has, is somebody else's.
 * Where the file system knows no locks, a lock file counts as held.
 *
 * Everything here is collective; rank 0 does the work.
 */
#ifndef AMBIT_MPI_STORE_FOLDER_H
#define AMBIT_MPI_STORE_FOLDER_H

#include "ranks.h"

#include <stdbool.h>

typedef struct ambit_store_folder ambit_store_folder;

/* Locks `out` against other jobs and makes its empty OUT.partial. `notice` (or NULL) hears, on rank
 * 0, of what was left by a killed job. On success every rank has *folder, which finish() or
 * abandon() frees; after a failure nothing is there that was not before.
 *
 * AMBIT_CANNOT_CREATE where OUT exists and `overwrite` is not set, or OUT is something other than a
 * store, or another job is at work. */
ambit_status ambit_store_folder_begin(const ambit_ranks *ranks, const char *out, bool overwrite,
                                      void (*notice)(const char *line),
                                      ambit_store_folder **folder);

/* Where to write: the path of OUT.partial. */
const char *ambit_store_folder_path(const ambit_store_folder *folder);

/* The store is whole: forces OUT.partial to disk and puts it in OUT's place. Frees `folder`, also
 * after a failure, which leaves OUT as it was. */
ambit_status ambit_store_folder_finish(ambit_store_folder *folder);

/* Removes what was written and frees `folder`. The thread's message stays as it was. */
void ambit_store_folder_abandon(ambit_store_folder *folder);

#endif
