#include "run.h"

#include "../datasets/files.h"
#include "checkpoint.h"
#include "config/config_changes.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST_CONFIGURATION = 1 << 22 };

static ambit_status path_in(const char *folder, const char *name, char path[PATH_MAX]) {
    if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
        return ambit_fail(AMBIT_CANNOT_CREATE, "%.64s…: the path is too long", folder);
    return AMBIT_OK;
}

/* Two jobs in one folder would overwrite each other. The descriptor stays open on purpose: the lock
 * lives as long as the process. A file system without locks is no reason not to train. */
static ambit_status take_lock(const char *folder) {
    char path[PATH_MAX];
    AMBIT_TRY(path_in(folder, "lock", path));
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot create", path);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(file, F_SETLK, &whole) == 0 || errno == ENOLCK || errno == ENOSYS ||
        errno == EOPNOTSUPP || errno == EINVAL)
        return AMBIT_OK;
    const int reason = errno;
    close(file);
    if (reason != EACCES && reason != EAGAIN)
        return ambit_fail_errno(AMBIT_IO, reason,
                                "%s: cannot find out whether another job trains "
                                "in this folder",
                                path);
    return ambit_fail(AMBIT_UNAVAILABLE,
                      "%s: another job trains in this folder; wait for it, stop it, or choose "
                      "another folder with --run",
                      path);
}

/* Whether the run has anything to lose: one that never began, because its data was not found, say,
 * has not. */
static ambit_status has_begun(const char *folder, int *begun) {
    char metrics[PATH_MAX];
    AMBIT_TRY(path_in(folder, "metrics.jsonl", metrics));
    AMBIT_TRY(ambit_file_exists(metrics, begun));
    return *begun ? AMBIT_OK : ambit_checkpoint_exists(folder, begun);
}

static ambit_status write_configuration(const char *folder, const char *configuration,
                                        const char *origins) {
    char path[PATH_MAX];
    AMBIT_TRY(path_in(folder, "origins.yaml", path));
    AMBIT_TRY(ambit_write_file(path, origins, strlen(origins)));
    AMBIT_TRY(path_in(folder, "config.yaml", path));
    return ambit_write_file(path, configuration, strlen(configuration));
}

/* What differs from the folder's configuration: nothing where it has none (its checkpoints have).
 */
static ambit_status list_changes(const char *folder, const char *configuration, int *exists,
                                 ambit_config_changes *changes) {
    char path[PATH_MAX], *existing;
    size_t size;
    *changes = (ambit_config_changes){0};
    AMBIT_TRY(path_in(folder, "config.yaml", path));
    AMBIT_TRY(ambit_file_exists(path, exists));
    if (!*exists)
        return AMBIT_OK;
    AMBIT_TRY(ambit_read_file(path, LARGEST_CONFIGURATION, &existing, &size));
    ambit_status status = ambit_config_compare(path, existing, configuration, changes);
    free(existing);
    return status;
}

static ambit_status claim(const char *folder, const char *configuration, const char *origins) {
    ambit_config_changes changes;
    int begun, exists;
    AMBIT_TRY(ambit_make_folders(folder));
    AMBIT_TRY(take_lock(folder));
    AMBIT_TRY(has_begun(folder, &begun));
    if (!begun)
        return write_configuration(folder, configuration, origins);
    AMBIT_TRY(list_changes(folder, configuration, &exists, &changes));
    ambit_config_changes_free(&changes);
    return AMBIT_OK;
}

ambit_status ambit_run_claim(const ambit_ranks *ranks, const char *folder,
                             const char *configuration, const char *origins) {
    AMBIT_ASSERT_SAME(ranks, folder, strlen(folder));
    AMBIT_ASSERT_SAME(ranks, configuration, strlen(configuration));
    return ambit_agree(ranks, ranks->rank == 0 ? claim(folder, configuration, origins) : AMBIT_OK);
}

/* Adds the changes to changes.tsv. */
static ambit_status append_changes(const char *folder, const ambit_config_changes *changes,
                                   int64_t step) {
    char path[PATH_MAX], when[32];
    const time_t now = time(NULL);
    struct tm utc;
    int exists;
    AMBIT_TRY(path_in(folder, "changes.tsv", path));
    AMBIT_TRY(ambit_file_exists(path, &exists));
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    FILE *file = fopen(path, "ae");
    if (!file)
        return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot be opened", path);
    if (!exists)
        fputs("time\tstep\tkey\tfrom\tto\n", file);
    for (int i = 0; i < changes->count; i++)
        fprintf(file, "%s\t%" PRId64 "\t%s\t%s\t%s\n", when, step, changes->list[i].path,
                changes->list[i].before, changes->list[i].now);
    int failed = fflush(file) != 0 || ferror(file) || fsync(fileno(file)) != 0;
    const int reason = errno;
    failed |= fclose(file) != 0;
    return failed ? ambit_fail_errno(AMBIT_IO, reason, "%s: cannot be written", path) : AMBIT_OK;
}

ambit_status ambit_run_record(const char *folder, const char *configuration, const char *origins,
                              int64_t step) {
    ambit_config_changes changes;
    int exists;
    AMBIT_TRY(list_changes(folder, configuration, &exists, &changes));
    ambit_status status = AMBIT_OK;
    if (changes.count > 0)
        status = append_changes(folder, &changes, step);
    if (status == AMBIT_OK && (changes.count > 0 || !exists))
        status = write_configuration(folder, configuration, origins);
    ambit_config_changes_free(&changes);
    return status;
}
