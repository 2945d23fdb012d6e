/* The headers of a plugin's file, read before dlopen() sees it. */
#include "fuzz.h"
#include "plugins/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const ambit_status status = ambit_plugin_check_bytes("plugin.so", data, size);
    FUZZ_REQUIRE(status == AMBIT_OK || status == AMBIT_UNAVAILABLE);
    return 0;
}
