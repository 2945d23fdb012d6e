/* Checksums of a checkpoint's bytes, which do not wait for HDF5 to be right: blocks of 16 KiB (as
 * many as AMBIT_NORM_BLOCK floats), and behind the last block
 *
 *     u32 [blocks]                               CRC-32C of each block
 *     "ambitsum", i64 blocks, i64 head, u32 0, u32   a record, and the CRC-32C of the rest of it
 *
 * all little-endian. HDF5 passes over what lies behind its own end, so any HDF5 reads such a file.
 * Its first `head` blocks hold all that HDF5 itself reads: who has checked them may let it; what
 * follows are flat arrays, which everyone checks as far as he reads them. So each of many ranks
 * writes, and reads, a part of the file and its checksums, and none reads the whole.
 *
 * Internal to checkpoint*.c. Not collective. Functions name the file in their messages; where bytes
 * and checksum differ, or the disk cannot read them, the status is AMBIT_DATA.
 */
#ifndef AMBIT_MPI_CHECKPOINT_BLOCKS_H
#define AMBIT_MPI_CHECKPOINT_BLOCKS_H

#include "../core/base/status.h"
#include "../core/method/optimizer.h"

#include <stdint.h>

enum { AMBIT_BLOCK_BYTES = AMBIT_NORM_BLOCK * sizeof(float) };

typedef struct {
    const char *path; /* kept by pointer */
    int file;
    int64_t size;         /* of the file, in bytes */
    int64_t blocks, head; /* 0: the file has no checksums, or no record of them */
} ambit_blocks;

/* Blocks that hold so many bytes. */
int64_t ambit_blocks_of(int64_t bytes);

/* Makes a file of `blocks` blocks of zeros without checksums, replacing what is there; AMBIT_IO
 * where the disk has no room for it. */
ambit_status ambit_blocks_create(const char *path, int64_t blocks, int64_t head);

/* Opens a regular file to read it (writable 0), or to write to one that is being made, of `blocks`
 * blocks. AMBIT_NO_INPUT where there is none. Reading finds the record and fills in the rest. */
ambit_status ambit_blocks_open(const char *path, ambit_blocks *blocks);
ambit_status ambit_blocks_open_new(const char *path, int64_t count, ambit_blocks *blocks);
void ambit_blocks_close(ambit_blocks *blocks);

/* Writes bytes at `place`, a block's beginning, and the checksums of the blocks they fill. The last
 * block is filled up with zeros. */
ambit_status ambit_blocks_write(const ambit_blocks *blocks, int64_t place, const void *bytes,
                                int64_t size);
/* Flushes to disk what this rank wrote. */
ambit_status ambit_blocks_sync(const ambit_blocks *blocks);

/* Reads bytes at `place`, a block's beginning, and checks the blocks they are in. With `bytes` NULL
 * nothing is kept. */
ambit_status ambit_blocks_read(const ambit_blocks *blocks, int64_t place, int64_t size,
                               void *bytes);
/* The same where checksums lie elsewhere, at `sums`, and the last block ends with the bytes. */
ambit_status ambit_blocks_read_old(const ambit_blocks *blocks, int64_t place, int64_t size,
                                   int64_t sums, void *bytes);

/* Bytes as they are. */
ambit_status ambit_blocks_read_raw(const ambit_blocks *blocks, int64_t place, int64_t size,
                                   void *bytes);

/* Reads blocks [first, first + count) back and checks them, after asking the system to forget what
 * it has kept of them in memory. On a disk of this machine the bytes then come from the disk; from
 * a file server they come from the server, which may have them in memory of its own. A disk or
 * server that says that bytes are kept when they are not is not found out. */
ambit_status ambit_blocks_verify(const ambit_blocks *blocks, int64_t first, int64_t count);

#endif
