/* Opening a file that nobody else decides about.
 *
 * Code that somebody else can change, or put in another file's place, would run with this user's
 * rights. So a path is followed from the root, name by name, through links too, on descriptors:
 * what was checked cannot be exchanged for something else while the rest is followed. Each folder,
 * each link and the file must belong to this user or to root (whoever owns the root folder counts
 * as root: in a user namespace root may have another number), and no folder may be one that others
 * may write. A folder on the way where nobody may remove what belongs to another, such as /tmp, is
 * good enough; the file's own folder, and that of a link to it, may not be written by others at
 * all.
 *
 * After that the path, with its links resolved, can be handed to dlopen(): nobody else can change
 * what it means. It is better for that than a name of the descriptor in /proc, which would hide
 * from debuggers which file it is, and from the linker where $ORIGIN is.
 *
 * Internal to plugins/.
 */
#ifndef AMBIT_PLUGINS_SAFE_FILE_H
#define AMBIT_PLUGINS_SAFE_FILE_H

#include "../core/base/status.h"

#include <limits.h>
#include <sys/stat.h>

typedef struct {
    int descriptor; /* open for reading */
    struct stat about;
    char path[PATH_MAX]; /* without links */
} ambit_safe_file;

/* Opens the regular file that `path` leads to; the caller closes the descriptor. AMBIT_UNAVAILABLE
 * where it is refused; what fails for other reasons keeps its status (AMBIT_NO_INPUT where there is
 * no such file). Messages begin with `path` and name the folder, link or file at fault. */
ambit_status ambit_safe_file_open(const char *path, ambit_safe_file *file);

/* Whether file->path still leads to the file that was opened, and that unchanged. */
ambit_status ambit_safe_file_check(const char *path, const ambit_safe_file *file);

#endif
