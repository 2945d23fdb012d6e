/* Whether a file may be loaded: who may change it, and whether all of it is there. */

#include "internal.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Code that somebody else may change runs with this user's rights, so it is not run. */
static ambit_status check_owner(const char *path, const struct stat *about, const char *what) {
    if (about->st_uid != 0 && about->st_uid != geteuid())
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because this %s belongs to user %ld, neither you nor root; "
                          "copy the plugin to a folder of your own",
                          path, what, (long)about->st_uid);
    if (about->st_mode & (S_IWGRP | S_IWOTH))
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because others than its owner may write to this %s (mode "
                          "%04o)%s; run chmod go-w on it, or copy the plugin elsewhere",
                          path, what, (unsigned)about->st_mode & 07777,
                          about->st_mode & S_ISVTX ? " and put plugins of their own into it" : "");
    return AMBIT_OK;
}

ambit_status ambit_plugin_check_folder(const char *folder) {
    struct stat about;
    if (stat(folder, &about) != 0)
        return ambit_fail_errno(AMBIT_UNAVAILABLE, errno, "%s", folder);
    if (!S_ISDIR(about.st_mode))
        return ambit_fail(AMBIT_UNAVAILABLE, "%s: is not a folder; correct AMBIT_PLUGIN_PATH",
                          folder);
    return check_owner(folder, &about, "folder");
}

static ambit_status check_folder_of(const char *path) {
    char copy[AMBIT_PLUGIN_PATH_SIZE];
    const size_t length = strlen(path);
    if (length >= sizeof copy)
        return ambit_fail(AMBIT_UNAVAILABLE, "%s: the path is too long; use a shorter one", path);
    memcpy(copy, path, length + 1);
    return ambit_plugin_check_folder(dirname(copy));
}

/* How many bytes the file must have for its headers to be true; 0: not a 64-bit ELF file of this
 * byte order, about which dlopen() says more. */
static uint64_t bytes_needed(const unsigned char *bytes, uint64_t size) {
    Elf64_Ehdr head;
    if (size < sizeof head)
        return sizeof head;
    memcpy(&head, bytes, sizeof head);
    const int order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != order)
        return 0;
    uint64_t sections_end = head.e_shoff + (uint64_t)head.e_shnum * head.e_shentsize;
    uint64_t segments_end = head.e_phoff + (uint64_t)head.e_phnum * sizeof(Elf64_Phdr);
    if (sections_end < head.e_shoff || segments_end < head.e_phoff)
        return UINT64_MAX;
    uint64_t needed = sections_end > segments_end ? sections_end : segments_end;
    for (int i = 0; i < head.e_phnum && segments_end <= size; i++) {
        Elf64_Phdr segment;
        memcpy(&segment, bytes + head.e_phoff + (uint64_t)i * sizeof segment, sizeof segment);
        uint64_t end = segment.p_offset + segment.p_filesz;
        if (end < segment.p_offset)
            return UINT64_MAX;
        needed = end > needed ? end : needed;
    }
    return needed;
}

/* dlopen() of a file that is cut short ends in SIGBUS, so this is found out before. */
ambit_status ambit_plugin_check_bytes(const char *path, const unsigned char *bytes, uint64_t size) {
    if (size < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG) != 0)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: is not a shared library (no ELF header); build the plugin again, or "
                          "remove the file",
                          path);
    uint64_t needed = bytes_needed(bytes, size);
    if (needed > size)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: is cut short (%" PRIu64 " bytes, its headers speak of %" PRIu64
                          "); copy or build it again",
                          path, size, needed);
    return AMBIT_OK;
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
static uint64_t digest_of(const unsigned char *bytes, uint64_t size) {
    uint64_t digest = 0xcbf29ce484222325u;
    for (uint64_t i = 0; i < size; i++)
        digest = (digest ^ bytes[i]) * 0x100000001b3u;
    return digest;
}

static ambit_status check_open_file(const char *path, int file, uint64_t *digest) {
    struct stat about;
    if (fstat(file, &about) != 0)
        return ambit_fail_errno(AMBIT_UNAVAILABLE, errno, "%s", path);
    if (!S_ISREG(about.st_mode))
        return ambit_fail(AMBIT_UNAVAILABLE, "%s: is not a regular file; build the plugin again",
                          path);
    AMBIT_TRY(check_owner(path, &about, "file"));
    uint64_t size = (uint64_t)about.st_size;
    if (size == 0)
        return ambit_fail(AMBIT_UNAVAILABLE, "%s: is empty; build the plugin again", path);
    unsigned char *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED)
        return ambit_fail_errno(AMBIT_UNAVAILABLE, errno, "%s: cannot be read", path);
    ambit_status status = ambit_plugin_check_bytes(path, bytes, size);
    *digest = digest_of(bytes, size);
    munmap(bytes, size);
    return status;
}

ambit_status ambit_plugin_check_file(const char *path, uint64_t *digest) {
    char real[PATH_MAX];
    if (!realpath(path, real))
        return ambit_fail_errno(AMBIT_UNAVAILABLE, errno, "%s", path);
    AMBIT_TRY(check_folder_of(path));
    AMBIT_TRY(check_folder_of(real)); /* where a symbolic link leads */
    int file = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return ambit_fail_errno(AMBIT_UNAVAILABLE, errno, "%s", path);
    ambit_status status = check_open_file(path, file, digest);
    close(file);
    return status;
}
