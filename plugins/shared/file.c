#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An error of the disk means damage; a file that cannot be had otherwise is a missing input. */
static int fail_errno(const ambit_host *host, const char *path, const char *what,
                      const char *remedy) {
    const enum ambit_fault fault =
        errno == EIO || errno == ESTALE ? AMBIT_FAULT_DATA : AMBIT_FAULT_NO_INPUT;
    return host->fail(host->context, fault, "%s: cannot be %s: %s; %s", path, what, strerror(errno),
                      remedy);
}

/* Waits for no writer where the path is a pipe. */
static int open_to_read(const char *path) {
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* A pointer is a text of less than 1,024 bytes whose first line names the specification.
 * https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md */
static int is_pointer(int descriptor, int64_t size) {
    enum { POINTER_END = 1024 };
    static const char first_line[] = "version https://git-lfs.github.com/spec/v";
    char head[sizeof first_line - 1];
    return size < POINTER_END && pread(descriptor, head, sizeof head, 0) == (ssize_t)sizeof head &&
           memcmp(head, first_line, sizeof head) == 0;
}

int shared_file_open(const ambit_host *host, const char *path, const char *remedy,
                     shared_file *file) {
    struct stat facts = {0};
    *file = (shared_file){.path = path, .descriptor = open_to_read(path)};
    if (file->descriptor < 0)
        return fail_errno(host, path, "opened", remedy);
    const int known = fstat(file->descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
    file->size = facts.st_size;
    if (known && !is_pointer(file->descriptor, file->size))
        return 0;
    shared_file_close(file);
    if (known)
        return host->fail(host->context, AMBIT_FAULT_NO_INPUT,
                          "%s: is only a pointer to the file, which Git LFS has; fetch the file "
                          "itself with `git lfs pull`",
                          path);
    return host->fail(host->context, AMBIT_FAULT_NO_INPUT, "%s: is not a regular file; %s", path,
                      remedy);
}

int shared_file_read(const ambit_host *host, const shared_file *file, void *data, size_t size,
                     int64_t offset) {
    for (size_t done = 0; done < size;) {
        const ssize_t got =
            pread(file->descriptor, (char *)data + done, size - done, offset + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(host, file->path, "read", "copy it again");
        if (got == 0)
            return host->fail(host->context, AMBIT_FAULT_DATA,
                              "%s: byte %" PRId64 ": the file became shorter while it was read; "
                              "let whatever writes it finish",
                              file->path, offset + (int64_t)done);
        done += (size_t)got;
    }
    return 0;
}

int shared_file_load(const ambit_host *host, const char *path, const char *remedy,
                     shared_buffer *buffer, shared_span *content) {
    shared_file file;
    int code = shared_file_open(host, path, remedy, &file);
    if (code)
        return code;
    code = shared_buffer_reserve(host, buffer, (uint64_t)file.size, 1);
    if (!code)
        code = shared_file_read(host, &file, buffer->data, (size_t)file.size, 0);
    *content = (shared_span){buffer->data, (size_t)file.size};
    shared_file_close(&file);
    return code;
}

void shared_file_close(shared_file *file) {
    if (file->descriptor >= 0)
        close(file->descriptor);
    *file = SHARED_NO_FILE;
}

int shared_file_is_absent(const char *path) {
    struct stat facts;
    const int descriptor = open_to_read(path);
    if (descriptor < 0)
        return errno == ENOENT;
    const int absent = fstat(descriptor, &facts) == 0 && is_pointer(descriptor, facts.st_size);
    close(descriptor);
    return absent;
}
