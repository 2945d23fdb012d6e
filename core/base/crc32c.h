/* CRC-32C (Castagnoli, polynomial 0x1EDC6F41, reflected), as RFC 3720 appendix B.4 defines it: the
 * check sum of TFRecord and of TensorBoard's event files.
 *
 * Uses the processor's own instruction where it has one (SSE4.2); both ways give the same value.
 */
#ifndef AMBIT_CORE_BASE_CRC32C_H
#define AMBIT_CORE_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The check sum of `size` bytes, going on from `crc`, that of the bytes before (0 to start). `data`
 * may be NULL when `size` is 0. Cannot fail. */
uint32_t ambit_crc32c(uint32_t crc, const void *data, size_t size);

/* As ambit_crc32c(), without the processor's instruction (tests compare the two). */
uint32_t ambit_crc32c_tables(uint32_t crc, const void *data, size_t size);

/* TFRecord's mask, so that a check sum stored among data does not spoil the check sum of that data:
 * rotated right by 15 bits, plus a constant. */
uint32_t ambit_crc32c_mask(uint32_t crc);

#endif
