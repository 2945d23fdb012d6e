/* CRC-32C: the vectors of RFC 3720 appendix B.4, and both ways of computing it against each other.
 */
#include "core/base/crc32c.h"
#include "core/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void check_vector(const void *data, size_t size, uint32_t wanted) {
    assert_int_equal(ambit_crc32c(0, data, size), wanted);
    assert_int_equal(ambit_crc32c_tables(0, data, size), wanted);
}

static void test_vectors(void **state) {
    unsigned char bytes[32];
    (void)state;
    check_vector("123456789", 9, 0xE3069283u);
    check_vector(NULL, 0, 0);
    memset(bytes, 0, sizeof bytes);
    check_vector(bytes, sizeof bytes, 0x8A9136AAu);
    memset(bytes, 0xff, sizeof bytes);
    check_vector(bytes, sizeof bytes, 0x62A8AB43u);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    check_vector(bytes, sizeof bytes, 0x46DD794Eu);
}

/* Every length to 200 from every alignment, in one piece and in two. */
static void test_both_ways_agree(void **state) {
    unsigned char bytes[256];
    ambit_rng rng = ambit_rng_open(1, AMBIT_STREAM_PLUGIN, 0);
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)ambit_rng_word(&rng);
    for (size_t start = 0; start < 8; start++)
        for (size_t size = 0; size < 200; size++) {
            uint32_t whole = ambit_crc32c(7, bytes + start, size);
            assert_int_equal(whole, ambit_crc32c_tables(7, bytes + start, size));
            uint32_t part = ambit_crc32c(7, bytes + start, size / 3);
            assert_int_equal(whole, ambit_crc32c(part, bytes + start + size / 3, size - size / 3));
        }
}

/* The mask of TFRecord, from the eight length bytes of a real record of length 24. */
static void test_mask(void **state) {
    (void)state;
    assert_int_equal(ambit_crc32c_mask(0), 0xa282ead8u);
    assert_int_equal(ambit_crc32c_mask(0x00008000u), 0xa282ead9u);
    assert_int_equal(ambit_crc32c_mask(ambit_crc32c(0, "\x18\0\0\0\0\0\0\0", 8)), 0x224b7fa3u);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors),
                                       cmocka_unit_test(test_both_ways_agree),
                                       cmocka_unit_test(test_mask)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
