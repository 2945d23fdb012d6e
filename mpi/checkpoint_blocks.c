#include "checkpoint_blocks.h"

#include "../core/base/crc32c.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = AMBIT_BLOCK_BYTES, MOST = 64 /* blocks at once: 1 MiB */ };

typedef struct {
    char name[8];
    int64_t blocks, head;
    uint32_t zero, sum;
} record;

static const char record_name[8] = "ambitsum";
static const int64_t word = sizeof(uint32_t);

int64_t ambit_blocks_of(int64_t bytes) {
    return (bytes + BLOCK - 1) / BLOCK;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Length of a file of so many blocks. */
static int64_t length_of(int64_t blocks) {
    return blocks * (BLOCK + word) + (int64_t)sizeof(record);
}

static uint32_t sum_of_record(const record *r) {
    return ambit_crc32c(0, r, offsetof(record, sum));
}

/* ---------------------------------------------------------------- bytes */

static ambit_status write_raw(const ambit_blocks *blocks, int64_t place, const void *bytes,
                              int64_t size) {
    const char *from = bytes;
    while (size > 0) {
        ssize_t written = pwrite(blocks->file, from, (size_t)size, (off_t)place);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return ambit_fail_errno(AMBIT_IO, written < 0 ? errno : EIO,
                                    "%s: cannot write the checkpoint", blocks->path);
        from += written;
        place += written;
        size -= written;
    }
    return AMBIT_OK;
}

ambit_status ambit_blocks_read_raw(const ambit_blocks *blocks, int64_t place, int64_t size,
                                   void *bytes) {
    char *to = bytes;
    while (size > 0) {
        ssize_t got = pread(blocks->file, to, (size_t)size, (off_t)place);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno != EIO)
            return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot read the checkpoint",
                                    blocks->path);
        if (got <= 0)
            return ambit_fail(
                AMBIT_DATA,
                "%s: %s at byte %" PRId64 "; put a copy back, or let an older one be used",
                blocks->path, got < 0 ? "the disk cannot read it" : "is cut short", place);
        to += got;
        place += got;
        size -= got;
    }
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- files */

/* Gives a new file its length, so that nothing fails half-way for want of room. */
static ambit_status reserve(const ambit_blocks *blocks) {
    int reason = posix_fallocate(blocks->file, 0, (off_t)blocks->size);
    if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG)
        return ambit_fail_errno(AMBIT_IO, reason,
                                "%s: the disk has no room for a checkpoint of %" PRId64
                                " bytes; make room or lower train.keep",
                                blocks->path, blocks->size);
    return AMBIT_OK; /* some file systems cannot reserve: writing will tell */
}

ambit_status ambit_blocks_create(const char *path, int64_t count, int64_t head) {
    ambit_blocks blocks = {.path = path, .size = length_of(count), .blocks = count, .head = head};
    record r = {.blocks = count, .head = head};
    memcpy(r.name, record_name, sizeof r.name);
    r.sum = sum_of_record(&r);
    blocks.file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (blocks.file < 0)
        return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot create the checkpoint",
                                path);
    ambit_status status = reserve(&blocks);
    if (status == AMBIT_OK)
        status = write_raw(&blocks, blocks.size - (int64_t)sizeof r, &r, sizeof r);
    if (close(blocks.file) != 0 && status == AMBIT_OK)
        status = ambit_fail_errno(AMBIT_IO, errno, "%s: cannot close the checkpoint", path);
    return status;
}

static ambit_status read_record(ambit_blocks *blocks) {
    record r;
    if (blocks->size < (int64_t)sizeof r)
        return AMBIT_OK;
    AMBIT_TRY(ambit_blocks_read_raw(blocks, blocks->size - (int64_t)sizeof r, sizeof r, &r));
    if (memcmp(r.name, record_name, sizeof r.name) != 0 || r.sum != sum_of_record(&r))
        return AMBIT_OK;
    if (r.blocks < 1 || r.blocks > blocks->size / BLOCK || length_of(r.blocks) != blocks->size ||
        r.head < 1 || r.head > r.blocks)
        return ambit_fail(AMBIT_DATA,
                          "%s: is %" PRId64 " bytes long, which does not fit its record of %" PRId64
                          " blocks; put a copy back, or let an older one be used",
                          blocks->path, blocks->size, r.blocks);
    blocks->blocks = r.blocks;
    blocks->head = r.head;
    return AMBIT_OK;
}

static ambit_status look_at(ambit_blocks *blocks) {
    struct stat about;
    if (fstat(blocks->file, &about) != 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s", blocks->path);
    if (!S_ISREG(about.st_mode))
        return ambit_fail(AMBIT_DATA, "%s: is not a regular file; remove it", blocks->path);
    blocks->size = (int64_t)about.st_size;
    return read_record(blocks);
}

ambit_status ambit_blocks_open(const char *path, ambit_blocks *blocks) {
    *blocks = (ambit_blocks){.path = path};
    blocks->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would be waited for */
    if (blocks->file < 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot open this checkpoint", path);
    ambit_status status = look_at(blocks);
    if (status != AMBIT_OK)
        ambit_blocks_close(blocks);
    return status;
}

ambit_status ambit_blocks_open_new(const char *path, int64_t count, ambit_blocks *blocks) {
    *blocks = (ambit_blocks){.path = path, .size = length_of(count), .blocks = count};
    blocks->file = open(path, O_RDWR | O_CLOEXEC);
    if (blocks->file >= 0)
        return AMBIT_OK;
    return ambit_fail_errno(AMBIT_IO, errno,
                            "%s: rank 0 made this checkpoint, but it cannot be opened here; is the "
                            "folder on a file system that all nodes share?",
                            path);
}

void ambit_blocks_close(ambit_blocks *blocks) {
    close(blocks->file);
    blocks->file = -1;
}

/* ---------------------------------------------------------------- blocks */

/* Where the checksum of the block at `place` is. */
static int64_t place_of_sum(const ambit_blocks *blocks, int64_t place) {
    return blocks->blocks * BLOCK + place / BLOCK * word;
}

/* Checksums of blocks; the last one is filled up with zeros. */
static void sum_blocks(const char *bytes, int64_t size, uint32_t *sums) {
    static const char zeros[BLOCK];
    for (int64_t at = 0; at < size; at += BLOCK) {
        const int64_t here = least(size - at, BLOCK);
        *sums++ =
            ambit_crc32c(ambit_crc32c(0, bytes + at, (size_t)here), zeros, (size_t)(BLOCK - here));
    }
}

ambit_status ambit_blocks_write(const ambit_blocks *blocks, int64_t place, const void *bytes,
                                int64_t size) {
    const char *from = bytes;
    uint32_t sums[MOST];
    for (int64_t at = 0; at < size; at += MOST * BLOCK) {
        const int64_t here = least(size - at, MOST * BLOCK);
        sum_blocks(from + at, here, sums);
        AMBIT_TRY(write_raw(blocks, place + at, from + at, here));
        AMBIT_TRY(write_raw(blocks, place_of_sum(blocks, place + at), sums,
                            ambit_blocks_of(here) * word));
    }
    return AMBIT_OK;
}

ambit_status ambit_blocks_sync(const ambit_blocks *blocks) {
    if (fsync(blocks->file) != 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot sync the checkpoint to disk",
                                blocks->path);
    return AMBIT_OK;
}

/* Compares `size` bytes that were read from `place` with the checksums of their blocks. */
static ambit_status compare(const ambit_blocks *blocks, int64_t place, const char *bytes,
                            int64_t size, const uint32_t *sums) {
    for (int64_t at = 0; at < size; at += BLOCK) {
        const int64_t here = least(size - at, BLOCK);
        if (*sums++ != ambit_crc32c(0, bytes + at, (size_t)here))
            return ambit_fail(
                AMBIT_DATA,
                "%s: bytes %" PRId64 " to %" PRId64
                " do not match their checksum; put a copy back, or let an older one be used",
                blocks->path, place + at, place + at + here - 1);
    }
    return AMBIT_OK;
}

/* Reads `size` bytes, checking the `covered` from `place` on that their checksums speak of. */
static ambit_status read_checked(const ambit_blocks *blocks, int64_t place, int64_t size,
                                 int64_t covered, int64_t place_of_sums, char *bytes) {
    char *buffer;
    uint32_t sums[MOST];
    ambit_status status = ambit_allocate(&buffer, MOST, BLOCK, "reading a checkpoint");
    for (int64_t at = 0; at < covered && status == AMBIT_OK; at += MOST * BLOCK) {
        const int64_t here = least(covered - at, MOST * BLOCK);
        status = ambit_blocks_read_raw(blocks, place + at, here, buffer);
        if (status == AMBIT_OK)
            status = ambit_blocks_read_raw(blocks, place_of_sums + at / BLOCK * word,
                                           ambit_blocks_of(here) * word, sums);
        if (status == AMBIT_OK)
            status = compare(blocks, place + at, buffer, here, sums);
        if (status == AMBIT_OK && bytes)
            memcpy(bytes + at, buffer, (size_t)least(size - at, here));
    }
    free(buffer);
    return status;
}

ambit_status ambit_blocks_read(const ambit_blocks *blocks, int64_t place, int64_t size,
                               void *bytes) {
    return read_checked(blocks, place, size, ambit_blocks_of(size) * BLOCK,
                        place_of_sum(blocks, place), bytes);
}

ambit_status ambit_blocks_read_old(const ambit_blocks *blocks, int64_t place, int64_t size,
                                   int64_t sums, void *bytes) {
    return read_checked(blocks, place, size, size, sums, bytes);
}

/* What is advised need not be followed, so its failure says nothing. */
static void forget(const ambit_blocks *blocks, int64_t place, int64_t size) {
    posix_fadvise(blocks->file, (off_t)place, (off_t)size, POSIX_FADV_DONTNEED);
}

ambit_status ambit_blocks_verify(const ambit_blocks *blocks, int64_t first, int64_t count) {
    forget(blocks, first * BLOCK, count * BLOCK);
    forget(blocks, place_of_sum(blocks, first * BLOCK), count * word);
    return ambit_blocks_read(blocks, first * BLOCK, count * BLOCK, NULL);
}
