#include "run.h"

#include "../datasets/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGEST_CONFIGURATION = 1 << 22 };

static ambit_status path_in(const char *folder, const char *name, char path[PATH_MAX]) {
    if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
        return ambit_fail(AMBIT_CANNOT_CREATE, "%.64s…: the path is too long", folder);
    return AMBIT_OK;
}

/* Two jobs in one folder would overwrite each other. The descriptor stays open on purpose: the lock
 * lives as long as the process. */
static ambit_status take_lock(const char *folder) {
    char path[PATH_MAX];
    AMBIT_TRY(path_in(folder, "lock", path));
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot create", path);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(file, F_SETLK, &whole) != 0 && (errno == EACCES || errno == EAGAIN)) {
        close(file);
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: another job trains in this folder; wait for it, stop it, or choose "
                          "another folder with --run",
                          path);
    }
    return AMBIT_OK; /* a file system without locks is no reason not to train */
}

/* Keys that change what a run costs but not what it computes: a job may go on with other ones. */
static int is_free(const char *line, size_t length) {
    static const char *const keys[] = {"threads:", "recompute:", "cache_mib:", "keep:"};
    size_t indent = strspn(line, " ");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (length > indent && strncmp(line + indent, keys[i], strlen(keys[i])) == 0)
            return 1;
    return 0;
}

/* Counts the lines that differ between two texts of one key a line, and writes down the first. */
static int list_differences(const char *theirs, const char *ours, char *text, size_t size) {
    size_t used = 0;
    int count = 0;
    while (*theirs || *ours) {
        size_t their_length = strcspn(theirs, "\n"), our_length = strcspn(ours, "\n");
        int same = their_length == our_length && memcmp(theirs, ours, our_length) == 0;
        if (!same && !(is_free(theirs, their_length) && is_free(ours, our_length)) && count++ < 8 &&
            used < size)
            used += (size_t)snprintf(text + used, size - used, "\n  there: %.*s\n  here:  %.*s",
                                     (int)their_length, theirs, (int)our_length, ours);
        theirs += their_length + (theirs[their_length] == '\n');
        ours += our_length + (ours[our_length] == '\n');
    }
    return count;
}

static ambit_status check_same(const char *path, const char *configuration) {
    char *existing, difference[2048] = "";
    size_t size;
    AMBIT_TRY(ambit_read_file(path, LARGEST_CONFIGURATION, &existing, &size));
    int count = list_differences(existing, configuration, difference, sizeof difference);
    free(existing);
    if (count == 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG,
                      "%s: this folder belongs to a run with another configuration; choose another "
                      "folder with --run, or give the same configuration to go on with it:%s",
                      path, difference);
}

static ambit_status claim(const char *folder, const char *configuration, const char *origins) {
    char path[PATH_MAX], origins_path[PATH_MAX], metrics[PATH_MAX];
    AMBIT_TRY(path_in(folder, "config.yaml", path));
    AMBIT_TRY(path_in(folder, "origins.yaml", origins_path));
    AMBIT_TRY(path_in(folder, "metrics.jsonl", metrics));
    AMBIT_TRY(ambit_make_folders(folder));
    AMBIT_TRY(take_lock(folder));
    /* a run that never began, because its data was not found, say, has nothing to lose */
    if (access(path, F_OK) == 0 && access(metrics, F_OK) == 0)
        return check_same(path, configuration);
    AMBIT_TRY(ambit_write_file(origins_path, origins, strlen(origins)));
    return ambit_write_file(path, configuration, strlen(configuration));
}

ambit_status ambit_run_claim(const ambit_ranks *ranks, const char *folder,
                             const char *configuration, const char *origins) {
    return ambit_agree(ranks, ranks->rank == 0 ? claim(folder, configuration, origins) : AMBIT_OK);
}
