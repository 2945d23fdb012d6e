#include "config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

ambit_status parse(const char *text, const char *const *arguments, ambit_config **config) {
    int count = 0;
    while (arguments && count < MOST_ARGUMENTS && arguments[count])
        count++;
    return ambit_config_parse("m.yaml", text, arguments, count, config);
}

ambit_config *good(const char *text, const char *const *arguments) {
    ambit_config *config;
    if (parse(text, arguments, &config) != AMBIT_OK)
        fail_msg("refused: %s", ambit_message());
    return config;
}

void refuse(const char *text, const char *const *arguments, const char *message) {
    ambit_config *config;
    assert_int_equal(parse(text, arguments, &config), AMBIT_CONFIG);
    assert_null(config);
    assert_string_equal(ambit_message(), message);
}

void round_trip(const char *text, const char *const *arguments) {
    ambit_config *config = good(text, arguments), *again;
    char *first, *second, *commented;
    assert_int_equal(ambit_config_write(config, 0, &first), AMBIT_OK);
    assert_int_equal(ambit_config_write(config, 1, &commented), AMBIT_OK);
    ambit_config_destroy(config);
    const char *const both[] = {first, commented};
    for (int i = 0; i < 2; i++) {
        again = good(both[i], NULL);
        assert_int_equal(ambit_config_write(again, 0, &second), AMBIT_OK);
        assert_string_equal(first, second);
        ambit_config_destroy(again);
        free(second);
    }
    free(first);
    free(commented);
}
