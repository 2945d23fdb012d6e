#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static ambit_status write_all(int file, const char *path, const char *data, size_t size) {
    while (size > 0) {
        ssize_t wrote = write(file, data, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return ambit_fail_errno(AMBIT_IO, errno, "%s: writing failed; free some space", path);
        data += wrote;
        size -= (size_t)wrote;
    }
    if (fsync(file) != 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: flushing failed; free some space", path);
    return AMBIT_OK;
}

ambit_status ambit_whole_file_write(const char *path, const char *data, size_t size) {
    char beside[PATH_MAX];
    int length = snprintf(beside, sizeof beside, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof beside)
        return ambit_fail(AMBIT_CANNOT_CREATE, "%s: the name is too long; use a shorter one", path);
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot be created", beside);
    ambit_status status = write_all(file, beside, data, size);
    if (close(file) != 0 && status == AMBIT_OK)
        status = ambit_fail_errno(AMBIT_IO, errno, "%s: closing failed", beside);
    if (status == AMBIT_OK && rename(beside, path) != 0)
        status = ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot be replaced", path);
    if (status != AMBIT_OK)
        unlink(beside);
    return status;
}

ambit_status ambit_make_folder(const char *path) {
    struct stat found;
    if (mkdir(path, 0777) == 0 ||
        (errno == EEXIST && stat(path, &found) == 0 && S_ISDIR(found.st_mode)))
        return AMBIT_OK;
    return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: the folder cannot be created", path);
}
