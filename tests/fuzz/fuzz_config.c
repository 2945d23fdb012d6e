/* A configuration: YAML text and, behind zero bytes, what the command line overrides.
 *
 * What is accepted is written out, and read again it is the same. */
#include "fuzz.h"
#include "mpi/config/config.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_OVERRIDES = 8 };

static void check_round_trip(const ambit_config *config) {
    ambit_config *again;
    char *text, *second, *origins;
    FUZZ_REQUIRE(ambit_config_write(config, 0, &text) == AMBIT_OK);
    FUZZ_REQUIRE(ambit_config_write(config, 1, &origins) == AMBIT_OK);
    FUZZ_REQUIRE(ambit_config_parse("again.yaml", text, NULL, 0, &again) == AMBIT_OK);
    FUZZ_REQUIRE(ambit_config_write(again, 0, &second) == AMBIT_OK);
    FUZZ_REQUIRE(strcmp(text, second) == 0);
    ambit_config_destroy(again);
    free(text);
    free(second);
    free(origins);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_text(data, size);
    const char *overrides[MOST_OVERRIDES], *end = text + size;
    ambit_config *config;
    int count = 0;
    for (const char *at = text + strlen(text); at < end && count < MOST_OVERRIDES; at += strlen(at))
        overrides[count++] = ++at;
    if (ambit_config_parse("fuzz.yaml", text, overrides, count, &config) == AMBIT_OK) {
        check_round_trip(config);
        ambit_config_destroy(config);
    }
    free(text);
    return 0;
}
