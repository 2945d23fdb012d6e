/* FNV-1a (Fowler, Noll and Vo) of 64 bits: tells whether two runs of bytes are the same, where
 * nobody has an interest in making them seem so. */
#ifndef AMBIT_CORE_BASE_DIGEST_H
#define AMBIT_CORE_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define AMBIT_DIGEST_START UINT64_C(0xcbf29ce484222325)

/* The digest of `size` bytes, going on from `digest`, that of the bytes before (AMBIT_DIGEST_START
 * to start). Cannot fail. */
uint64_t ambit_digest(uint64_t digest, const void *bytes, size_t size);

#endif
