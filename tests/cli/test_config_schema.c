/* The schema: every row is sound, and its bounds are those of the rooms that take the values. */
#include "config_fixture.h"
#include "mpi/config/schema.h"
#include "mpi/config/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* Every row has a default that its own bounds admit, help, and a place of its own. */
static void test_schema(void **state) {
    int count, index;
    const ambit_schema_row *rows = ambit_schema_rows(&count);
    (void)state;
    for (int i = 0; i < count; i++) {
        char problem[AMBIT_PROBLEM_SIZE];
        int64_t member[2];
        assert_ptr_equal(ambit_schema_find(rows[i].path, &index), &rows[i]);
        assert_true(strlen(rows[i].help) > 10);
        if (rows[i].initial && rows[i].type < AMBIT_TYPE_LIST &&
            !ambit_value_read(&rows[i], rows[i].initial, member, problem))
            fail_msg("%s: %s", rows[i].path, problem);
        for (int k = 0; k < i; k++)
            assert_true(rows[k].offset != rows[i].offset || rows[k].type == AMBIT_TYPE_SOURCES);
    }
    assert_ptr_equal(ambit_schema_find("data.sources.12.path", &index),
                     ambit_schema_find("data.sources.N.path", &count));
    assert_int_equal(ambit_schema_find("data.sources.12.path", &index) ? index : -1, 12);
    assert_null(ambit_schema_find("data.sources.-1.path", &index));
    assert_null(ambit_schema_find("data.sources.99999999999.path", &index));
}

/* What the schema admits, core admits: a value at a bound may be refused for what another setting
 * is, but not for being out of core's own bounds. */
static void test_bounds_agree(void **state) {
    int count, tried = 0;
    const ambit_schema_row *rows = ambit_schema_rows(&count);
    (void)state;
    for (int i = 0; i < count; i++) {
        const double bounds[2] = {rows[i].least, rows[i].most};
        if ((rows[i].type != AMBIT_TYPE_INTEGER && rows[i].type != AMBIT_TYPE_NUMBER) ||
            (rows[i].least == 0 && rows[i].most == 0))
            continue;
        for (int end = rows[i].above ? 1 : 0; end < 2; end++, tried++) {
            char path[AMBIT_PATH_SIZE], argument[256];
            ambit_config *config;
            ambit_schema_path(&rows[i], strstr(rows[i].path, ".N.") ? 0 : -1, path);
            snprintf(argument, sizeof argument, "%s=%.17g", path, bounds[end]);
            const ambit_status status =
                parse(LEAST "  camera: [a]\n  text: [b]\n  caption: c\n",
                      ARGUMENTS("network.precondition=full", "schedule.kind=lognormal",
                                "train.slots=16", argument),
                      &config);
            if (status != AMBIT_OK && strstr(ambit_message(), "; give a number"))
                fail_msg("%s: %s", argument, ambit_message());
            ambit_config_destroy(config);
        }
    }
    assert_true(tried > 80);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema),
        cmocka_unit_test(test_bounds_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
