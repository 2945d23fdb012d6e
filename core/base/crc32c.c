#include "crc32c.h"

#include <pthread.h>
#include <string.h>

static uint32_t tables[8][256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

/* tables[k][b]: the check sum of byte b followed by k zero bytes. */
static void make_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78u : 0);
        tables[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t crc = tables[k - 1][byte];
            tables[k][byte] = (crc >> 8) ^ tables[0][crc & 255];
        }
}

static uint32_t little_endian(const unsigned char *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

uint32_t ambit_crc32c_tables(uint32_t crc, const void *data, size_t size) {
    const unsigned char *byte = data;
    pthread_once(&tables_once, make_tables);
    crc = ~crc;
    for (; size >= 8; size -= 8, byte += 8) {
        uint32_t low = crc ^ little_endian(byte), high = little_endian(byte + 4);
        crc = tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^ tables[5][low >> 16 & 255] ^
              tables[4][low >> 24] ^ tables[3][high & 255] ^ tables[2][high >> 8 & 255] ^
              tables[1][high >> 16 & 255] ^ tables[0][high >> 24];
    }
    for (; size > 0; size--, byte++)
        crc = (crc >> 8) ^ tables[0][(crc ^ *byte) & 255];
    return ~crc;
}

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const void *data,
                                                                 size_t size) {
    const unsigned char *byte = data;
    uint64_t state = ~crc;
    for (; size >= 8; size -= 8, byte += 8) {
        uint64_t word;
        memcpy(&word, byte, sizeof word);
        state = __builtin_ia32_crc32di(state, word);
    }
    for (; size > 0; size--, byte++)
        state = __builtin_ia32_crc32qi((uint32_t)state, *byte);
    return ~(uint32_t)state;
}

uint32_t ambit_crc32c(uint32_t crc, const void *data, size_t size) {
    return __builtin_cpu_supports("sse4.2") ? by_instruction(crc, data, size)
                                            : ambit_crc32c_tables(crc, data, size);
}
#else
uint32_t ambit_crc32c(uint32_t crc, const void *data, size_t size) {
    return ambit_crc32c_tables(crc, data, size);
}
#endif

uint32_t ambit_crc32c_mask(uint32_t crc) {
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}
