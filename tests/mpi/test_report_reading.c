/* Reading runs for a report: damage is named and left out, and any number of lines has room. */
#include "mpi/report/report.h"
#include "mpi/report/rows.h"
#include "report_runs.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRIAL "{\"trial\":0,\"success\":true,\"bounds\":[0,0,5,5],\"shapes\":["

/* Each damage, and what is said of it. */
static void damage_is_named_and_left_out(void **state) {
    const char *folder = *state;
    static const struct {
        const char *file, *text, *fault;
    } cases[] = {
        {"metrics.jsonl", "{\"kind\":\"train\",\"step\":1}\n", "metrics.jsonl:1: comes before any"},
        {"metrics.jsonl", "nonsense\n", "metrics.jsonl:1: not JSON"},
        {"metrics.jsonl", "{\"kind\":\"odd\"}\n", "metrics.jsonl:1: kind: is none of start"},
        {"metrics.jsonl", "{\"kind\":\"odd\",\"kind\":\"odd\"}\n", "metrics.jsonl:1: not JSON"},
        {"metrics.jsonl", "{\"kind\":\"validate\",\"step\":1,\"loss\":\"x\"}\n",
         "metrics.jsonl:1: loss: is not a number"},
        {"metrics.jsonl", "{\"kind\":\"validate\",\"step\":1,\"loss\":1,\"bin_loss\":[1,2]}\n",
         "metrics.jsonl:1: bin_loss: has 2 numbers where 20 are meant"},
        {"eval/summary.json", "{\"checkpoint\":1}\n", "summary.json: checkpoint: is not a text"},
        {"eval/drawings.jsonl", "{\"trial\":0,\"success\":1}\n",
         "drawings.jsonl:1: success: is not"},
        {"eval/drawings.jsonl",
         "{\"trial\":0,\"success\":true,\"bounds\":[0,0,0,5],\"shapes\":[]}\n",
         "drawings.jsonl:1: bounds: is not"},
        {"eval/drawings.jsonl", TRIAL "{\"paint\":\"wall\",\"points\":[1,2,3]}]}\n",
         "drawings.jsonl:1: points: has an odd number"},
        {"eval/drawings.jsonl", TRIAL "{\"paint\":\"wall\",\"points\":[1,null]}]}\n",
         "drawings.jsonl:1: points: item 1 is not a finite number"},
        {"config.yaml", "a: [1, 2\n", "config.yaml:2:1: "},
        {"config.yaml", "- &x 1\n- *x\n", "config.yaml:2:3: aliases"},
        {"config.yaml", "a: 1\nb: 2\na: 3\n", "config.yaml:3:4: the key is given twice"},
        {"config.yaml", "a: {b: 1}\na.b: 2\n", "config.yaml:2:6: the key is given twice"},
        {"config.yaml", "a: 1\n---\na: 2\n", "config.yaml:2:1: a second document"},
        {"config.yaml", "? {a: 1}\n: 2\n", "config.yaml:1:3: a key is a word"},
        {"config.yaml", "\"a\\0b\": 1\n", "config.yaml:1:1: a zero byte"},
    };
    char *run = report_run(folder, "a", "run: {seed: 1}\n", 682);
    char *path = report_join(folder, "out.html"), *page;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *before;
        size_t size;
        assert_int_equal(scratch_read(run, cases[i].file, &before, &size), 0);
        scratch_write(run, cases[i].file, cases[i].text);
        ambit_records records = report_read(&run, 1);
        report_holds(records.records[0].damage, cases[i].fault);
        report_succeeds(ambit_report_write(&records, NULL, path));
        assert_int_equal(scratch_read(folder, "out.html", &page, &size), 0);
        report_holds(page, "Damaged, and left out: ");
        report_holds(page, cases[i].fault);
        ambit_records_free(&records);
        scratch_write(run, cases[i].file, before);
        free(before);
        free(page);
    }
    ambit_records records = report_read(&run, 1);
    assert_string_equal(records.records[0].damage, "");
    ambit_records_free(&records);
    free(path);
    free(run);
}

static void lines_before_the_damage_are_kept(void **state) {
    const char *folder = *state;
    char *run = report_run(folder, "a", "run: {seed: 1}\n", 682);
    scratch_append(run, "metrics.jsonl", "{\"kind\":\"tr\n");
    scratch_append(run, "eval/drawings.jsonl", TRIAL "{\"paint\":\"wall\",\"points\":[1]}]}\n");
    ambit_records records = report_read(&run, 1);
    report_holds(records.records[0].damage, "metrics.jsonl:63: not JSON");
    report_holds(records.records[0].damage, "\n");
    report_holds(records.records[0].damage, "drawings.jsonl:3: points");
    assert_int_equal(records.records[0].history.train.count, 60);
    assert_int_equal(records.records[0].drawings.count, 2);
    ambit_records_free(&records);
    free(run);
}

/* A run folder of practice, of which nothing is left. */
static void a_key_given_twice_is_refused(void **state) {
    static const char *const run = AMBIT_SAMPLES "/../cases/dupkey";
    ambit_records records;
    (void)state;
    if (access(run, F_OK) != 0) {
        print_message("%s is not there\n", run);
        skip();
    }
    assert_int_equal(ambit_records_read(&run, 1, &records), AMBIT_DATA);
    ambit_records_free(&records);
    report_holds(ambit_message(), "config.yaml:2:4: the key is given twice");
}

/* Line n has the values n, 2·n, 1, and NaN where n is even. */
static void rows_are_joined_when_they_are_too_many(void **state) {
    static const ambit_join joins[] = {AMBIT_JOIN_LAST, AMBIT_JOIN_MEAN, AMBIT_JOIN_SUM,
                                       AMBIT_JOIN_MEAN};
    static const int64_t counts[] = {1, 1023, 1024, 1025, 1026, 2048, 2049, 100001};
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        ambit_rows rows;
        report_succeeds(ambit_rows_create(4, joins, &rows));
        for (int64_t n = 0; n < counts[i]; n++) {
            const double line[] = {(double)n, 2 * (double)n, 1, n % 2 ? (double)n : NAN};
            ambit_rows_add(&rows, line);
        }
        assert_true(rows.count <= AMBIT_ROWS_KEPT && 2 * rows.count * rows.each > counts[i]);
        assert_int_equal((rows.count - 1) * rows.each + rows.last, counts[i]);
        for (int64_t row = 0; row < rows.count; row++) {
            const int64_t lines = row + 1 < rows.count ? rows.each : rows.last;
            const double first = (double)(row * rows.each), last = first + (double)lines - 1;
            assert_true(ambit_rows_column(&rows, 0)[row] == last);
            assert_true(ambit_rows_column(&rows, 1)[row] == first + last);
            assert_true(ambit_rows_column(&rows, 2)[row] == (double)lines);
            assert_true(lines % 2 == 1 ||
                        ambit_rows_column(&rows, 3)[row] == (first + last + 1) / 2);
        }
        ambit_rows_free(&rows);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(damage_is_named_and_left_out),
        scratch_test(lines_before_the_damage_are_kept),
        cmocka_unit_test(a_key_given_twice_is_refused),
        cmocka_unit_test(rows_are_joined_when_they_are_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
