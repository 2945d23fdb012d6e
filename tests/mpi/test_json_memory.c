/* Whichever allocation fails, a line of JSON is whole or its writing is an error, and no line of it
 * is in the file; and to read one is no fault of the line. */
#include "mpi/records/evaluation.h"
#include "mpi/records/json.h"
#include "mpi/records/metrics.h"
#include "scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static long left; /* allocations of jansson that succeed; -1: all */

static void *allocate(size_t size) {
    if (left == 0) {
        errno = ENOMEM;
        return NULL;
    }
    left -= left > 0;
    return malloc(size);
}

static ambit_status write_start(ambit_metrics *metrics) {
    const char *hosts[] = {"node 1", "not UTF-8: \xff"}, *sources[] = {"clean", "rrt"};
    const ambit_metrics_start start = {.hosts = hosts,
                                       .host_count = 2,
                                       .sources = sources,
                                       .source_count = 2,
                                       .ranks = 2,
                                       .time = 1.7e9};
    return ambit_metrics_write_start(metrics, &start);
}

static ambit_status write_train(ambit_metrics *metrics) {
    const int64_t source_count[] = {3, 5};
    const ambit_metrics_train train = {
        .step = 1, .loss = 0.5, .source_count = source_count, .source_total = 2};
    return ambit_metrics_write_train(metrics, &train);
}

static ambit_status write_validate(ambit_metrics *metrics) {
    const ambit_metrics_validate validate = {.step = 1, .loss = 0.25};
    return ambit_metrics_write_validate(metrics, &validate);
}

typedef ambit_status (*write_line)(ambit_metrics *metrics);

/* One line, with the n-th allocation and all later ones failing; returns its text, "" for none. */
static char *write_with(const char *folder, write_line write, long n, ambit_status *status) {
    ambit_metrics *metrics;
    char *text;
    size_t size;
    assert_int_equal(ambit_metrics_open(folder, 0, &metrics), AMBIT_OK);
    left = n;
    *status = write(metrics);
    left = -1;
    assert_int_equal(ambit_metrics_close(metrics), AMBIT_OK);
    assert_int_equal(scratch_read(folder, "metrics.jsonl", &text, &size), 0);
    return text;
}

static void test_metrics(void **state) {
    static const write_line writes[] = {write_start, write_train, write_validate};
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        ambit_status status;
        char *whole = write_with(*state, writes[i], -1, &status);
        assert_int_equal(status, AMBIT_OK);
        assert_non_null(strchr(whole, '\n'));
        long n = -1;
        do {
            char *text = write_with(*state, writes[i], ++n, &status);
            assert_true(status == AMBIT_OK || status == AMBIT_SYSTEM);
            assert_string_equal(text, status == AMBIT_OK ? whole : "");
            free(text);
        } while (status != AMBIT_OK);
        assert_true(n > 10);
        free(whole);
    }
}

static ambit_status count_line(void *context, const ambit_json_place *place, json_t *line,
                               int *stop) {
    (void)place, (void)line, (void)stop;
    ++*(int *)context;
    return AMBIT_OK;
}

static void test_reading(void **state) {
    char path[256];
    int lines = 0;
    ambit_status status;
    free(write_with(*state, write_train, -1, &status));
    snprintf(path, sizeof path, "%s/metrics.jsonl", (const char *)*state);
    long n = -1;
    do {
        left = ++n;
        status = ambit_json_each_line(path, count_line, &lines, NULL);
        left = -1;
        if (status != AMBIT_OK && status != AMBIT_SYSTEM)
            fail_msg("allocation %ld: %s", n, ambit_message());
        assert_int_equal(lines, status == AMBIT_OK);
    } while (status != AMBIT_OK);
    assert_true(n > 10);
}

/* A summary that cannot be written leaves the one before. */
static void test_evaluation(void **state) {
    ambit_evaluation evaluation = {.checkpoint = "step", .environment = "maze", .metric_count = 1};
    char *before, *after;
    size_t size;
    long n = -1;
    ambit_status status;
    snprintf(evaluation.metrics[0].name, sizeof evaluation.metrics[0].name, "path");
    assert_int_equal(ambit_evaluation_write(*state, &evaluation), AMBIT_OK);
    assert_int_equal(scratch_read(*state, "summary.json", &before, &size), 0);
    evaluation.trials = 7;
    do {
        left = ++n;
        status = ambit_evaluation_write(*state, &evaluation);
        left = -1;
        assert_int_equal(scratch_read(*state, "summary.json", &after, &size), 0);
        assert_int_equal(strcmp(before, after) != 0, status == AMBIT_OK);
        free(after);
    } while (status != AMBIT_OK);
    assert_true(n > 10);
    free(before);
}

static void test_printing(void **state) {
    (void)state;
    const double values[] = {1, 2, 3};
    char *text = NULL, *whole = NULL;
    ambit_status status = AMBIT_SYSTEM;
    for (long n = -1; n < 0 || status != AMBIT_OK; n++) {
        size_t size;
        FILE *out = open_memstream(&text, &size);
        left = n;
        json_t *value = json_object();
        ambit_json_set(&value, "numbers", ambit_json_reals(values, 3));
        ambit_json_set(&value, "name", ambit_json_text("maze"));
        status = ambit_json_print(value, "numbers", out);
        left = -1;
        fclose(out);
        if (!whole) {
            assert_int_equal(status, AMBIT_OK);
            whole = strdup(text);
        }
        assert_string_equal(text, status == AMBIT_OK ? whole : "");
        free(text);
    }
    free(whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(test_metrics),
        scratch_test(test_reading),
        scratch_test(test_evaluation),
        cmocka_unit_test(test_printing),
    };
    json_set_alloc_funcs(allocate, free);
    left = -1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
