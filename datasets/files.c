#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void ambit_last_part(const char *path, char *name, size_t size) {
    size_t end = strlen(path), begin;
    while (end > 1 && path[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && path[begin - 1] != '/'; begin--)
        ;
    if (begin == end && begin > 0)
        begin--; /* the root */
    snprintf(name, size, "%.*s", (int)(end - begin), path + begin);
}

ambit_status ambit_file_exists(const char *path, int *exists) {
    struct stat about;
    *exists = lstat(path, &about) == 0;
    if (*exists || errno == ENOENT || errno == ENOTDIR)
        return AMBIT_OK;
    return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot find out whether this is there", path);
}

ambit_status ambit_make_folders(const char *path) {
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
        return ambit_fail(AMBIT_CANNOT_CREATE, "%.64s…: the path is too long", path);
    for (char *end = part + 1; *end; end++) {
        if (*end != '/')
            continue;
        *end = '\0';
        mkdir(part, 0777); /* only the last one's failure tells anything */
        *end = '/';
    }
    struct stat about;
    if (mkdir(part, 0777) != 0 &&
        !(errno == EEXIST && stat(part, &about) == 0 && S_ISDIR(about.st_mode)))
        return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot create this folder", path);
    return AMBIT_OK;
}

ambit_status ambit_sync(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot open to sync", path);
    int failed =
        fsync(file) != 0 && errno != EINVAL; /* EINVAL: this file system has no such need */
    int reason = errno;
    close(file);
    return failed ? ambit_fail_errno(AMBIT_IO, reason, "%s: cannot sync to disk", path) : AMBIT_OK;
}

void ambit_folder_of(const char *path, char *folder, size_t size) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        snprintf(folder, size, ".");
    else
        snprintf(folder, size, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

ambit_status ambit_rename_synced(const char *from, const char *to) {
    char folder[PATH_MAX];
    if (rename(from, to) != 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot rename to %s", from, to);
    ambit_folder_of(to, folder, sizeof folder);
    return ambit_sync(folder);
}

static ambit_status write_whole(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    if (!file)
        return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot create", path);
    int failed =
        fwrite(bytes, 1, size, file) != size || fflush(file) != 0 || fsync(fileno(file)) != 0;
    int reason = errno;
    if (fclose(file) != 0 && !failed) {
        failed = 1;
        reason = errno;
    }
    return failed ? ambit_fail_errno(AMBIT_IO, reason, "%s: cannot write %zu bytes", path, size)
                  : AMBIT_OK;
}

ambit_status ambit_write_file(const char *path, const void *bytes, size_t size) {
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.partial", path) >= (int)sizeof temporary)
        return ambit_fail(AMBIT_CANNOT_CREATE, "%.64s…: the path is too long", path);
    ambit_status status = write_whole(temporary, bytes, size);
    if (status == AMBIT_OK)
        status = ambit_rename_synced(temporary, path);
    if (status != AMBIT_OK)
        unlink(temporary);
    return status;
}

static ambit_status read_whole(FILE *file, const char *path, size_t limit, char **bytes,
                               size_t *size) {
    enum { PIECE = 1 << 16 };
    int64_t room = 0;
    *size = 0;
    while (!feof(file)) {
        AMBIT_TRY(ambit_grow(bytes, &room, (int64_t)*size + PIECE, 1, path));
        *size += fread(*bytes + *size, 1, (size_t)room - 1 - *size, file);
        if (ferror(file))
            return ambit_fail_errno(errno == EISDIR ? AMBIT_NO_INPUT : AMBIT_IO, errno,
                                    "%s: cannot read", path);
        if (*size > limit)
            return ambit_fail(AMBIT_DATA,
                              "%s: more than the %zu bytes that such a file may have; is it the "
                              "right one?",
                              path, limit);
    }
    (*bytes)[*size] = '\0';
    return AMBIT_OK;
}

ambit_status ambit_read_file(const char *path, size_t limit, char **bytes, size_t *size) {
    *bytes = NULL;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot be opened", path);
    const ambit_status status = read_whole(file, path, limit, bytes, size);
    fclose(file);
    if (status != AMBIT_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk) {
    (void)about;
    (void)type;
    (void)walk;
    return remove(path);
}

ambit_status ambit_remove_tree(const char *path) {
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot remove", path);
    return AMBIT_OK;
}
