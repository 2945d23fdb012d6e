/* Whether a file can be loaded: whether all of it is there. */

#include "../core/base/digest.h"
#include "internal.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

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

ambit_status ambit_plugin_check_file(const char *path, const ambit_safe_file *file,
                                     uint64_t *digest) {
    const uint64_t size = (uint64_t)file->about.st_size;
    if (size == 0)
        return ambit_fail(AMBIT_UNAVAILABLE, "%s: is empty; build the plugin again", path);
    unsigned char *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file->descriptor, 0);
    if (bytes == MAP_FAILED)
        return ambit_fail_errno(AMBIT_UNAVAILABLE, errno, "%s: cannot be read", path);
    ambit_status status = ambit_plugin_check_bytes(path, bytes, size);
    *digest = ambit_digest(AMBIT_DIGEST_START, bytes, size);
    munmap(bytes, size);
    return status;
}
