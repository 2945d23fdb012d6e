/* Files and folders that must be there after a crash. */
#ifndef AMBIT_DATASETS_FILES_H
#define AMBIT_DATASETS_FILES_H

#include "../core/base/status.h"

#include <stddef.h>

/* The last part of a path, without slashes behind, into name[size]: "b" of "a/b//", "/" of "/". */
void ambit_last_part(const char *path, char *name, size_t size);

/* The folder that a path is in, into folder[size]: "a" of "a/b", "." of "b", "/" of "/b". */
void ambit_folder_of(const char *path, char *folder, size_t size);

/* Whether there is something of that name, a link that leads nowhere included. An error that leaves
 * this open (a folder that may not be searched, a server that is away) is none of absence. */
ambit_status ambit_file_exists(const char *path, int *exists);

/* Creates a folder and those above it; success when it is there already. */
ambit_status ambit_make_folders(const char *path);

/* Forces a file's, or a folder's, contents to disk. */
ambit_status ambit_sync(const char *path);

/* Renames `from` to `to` in the same folder and forces the folder to disk. */
ambit_status ambit_rename_synced(const char *from, const char *to);

/* Writes `size` bytes to `path` by way of a temporary name, synced: the file is whole or as before.
 */
ambit_status ambit_write_file(const char *path, const void *bytes, size_t size);

/* Reads a whole file, or what comes out of a pipe, of at most `limit` bytes into *bytes (malloced,
 * a 0 byte added) and *size. */
ambit_status ambit_read_file(const char *path, size_t limit, char **bytes, size_t *size);

/* Removes a file, or a folder with all it holds; success when there is none. */
ambit_status ambit_remove_tree(const char *path);

#endif
