/* The report: what its page holds, what becomes of hostile names, missing parts and damaged files.
 */
#include "mpi/records/evaluation.h"
#include "mpi/records/metrics.h"
#include "mpi/report/axis.h"
#include "mpi/report/number.h"
#include "mpi/report/record.h"
#include "mpi/report/report.h"
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

static const char hostile[] = "<script>alert(\"x\")</script> & 'co'";

/* Reports `count` runs to folder/out.html and returns the page, which the caller frees. */
static char *report(const char *folder, char **runs, int count) {
    char *path = report_join(folder, "out.html"), *text;
    size_t size;
    ambit_records records = report_read(runs, count);
    report_succeeds(ambit_report_write(&records, NULL, path));
    ambit_records_free(&records);
    assert_int_equal(scratch_read(folder, "out.html", &text, &size), 0);
    free(path);
    return text;
}

/* Nothing that a reader's browser would fetch or run. */
static void assert_self_contained(const char *text) {
    static const char *const outside[] = {"http", "//www",   "<script",   "<link",
                                          "<img", "src=",    "@import",   "url(",
                                          "href", "<iframe", "javascript"};
    static const char space[] = "http://www.w3.org/2000/svg";
    char *copy = strdup(text);
    for (char *at = copy; (at = strstr(at, space));)
        memset(at, ' ', sizeof space - 1);
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        if (strstr(copy, outside[i]))
            print_error("holds %s\n", outside[i]);
        assert_null(strstr(copy, outside[i]));
    }
    free(copy);
}

static void a_report_has_all_sections(void **state) {
    const char *folder = *state;
    char *runs[] = {
        report_run(folder, "a", "run:\n  title: clean only\n  seed: 7\ntrain: {lr: 1e-3}\n", 682),
        report_run(folder, "b", "run:\n  title: gate\n  seed: 7\ntrain: {lr: 2e-3}\n", 989)};
    report_evaluation(runs[1], 989, 50);
    char *text = report(folder, runs, 2);
    static const char *const parts[] = {"clean only",
                                        "gate",
                                        "<td><b>98.9</b> [98.0, 99.4]",
                                        "<td>68.2 [65.2, 71.0]",
                                        "<td>30.0 [29.0, 31.0]",
                                        "<td>50.0 [49.0, 51.0]",
                                        "all: 99.0 [98.0, 100.0]",
                                        "1 of 2 drawn trials succeeded",
                                        "class=\"wall\"",
                                        "class=\"cross\"",
                                        "Training loss by step",
                                        "Training loss by time",
                                        "training time, minutes",
                                        "Validation loss",
                                        "Learning rate",
                                        "Gradient norm",
                                        "Effective samples",
                                        "Samples by source",
                                        "Throughput",
                                        "Where time goes",
                                        "<code>train.lr</code></th><td>1e-3</td><td>2e-3</td>",
                                        "490\u2009784",
                                        "60 %",
                                        "2023-11-14 22:13 UTC"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        report_holds(text, parts[i]);
    assert_null(strstr(text, "<code>run.seed"));
    assert_self_contained(text);
    free(text);
    free(runs[0]);
    free(runs[1]);
}

static void every_chart_has_its_numbers(void **state) {
    const char *folder = *state;
    char *run = report_run(folder, "a", "run: {title: clean}\n", 682), *text;
    size_t size;
    free(report(folder, &run, 1));
    static const struct {
        const char *file, *line;
    } tables[] = {
        {"out-data/results.tsv", "clean\tjerk2\tm²/s⁶\tsuccessful\t682\t30\t29\t31\n"},
        {"out-data/loss.tsv", "clean\traw\t2\t0.5\n"},
        {"out-data/loss-by-time.tsv", "clean\traw\t0.2\t0.166666667\n"},
        {"out-data/validation-loss.tsv", "clean\t\t60\t0.1\n"},
        {"out-data/gradient-norm.tsv", "clean\traw\t1\t1\n"},
        {"out-data/learning-rate.tsv", "clean\traw\t60\t0.001\n"},
        {"out-data/loss-by-sigma.tsv", "clean\t\t0\t\n"},
        {"out-data/effective-samples.tsv", "clean\t\t0.5\t5000\n"},
        {"out-data/samples-by-sigma-1.tsv", "clean\tdrawn\t0.5\t300\n"},
        {"out-data/samples-by-sigma-1.tsv", "expected\texpected\t0.5\t285\n"},
        {"out-data/samples-by-source.tsv", "clean\tclean\t6000\t1\n"},
        {"out-data/samples-per-second.tsv", "clean\traw\t1\t1000\n"},
        {"out-data/peak-share.tsv", "clean\traw\t1\t40\n"},
        {"out-data/time-split.tsv", "clean\texchange and update\t0.2\t0.2\n"},
        {"out-data/time-split.tsv", "clean\twaiting for ranks\t0.05\t0.05\n"},
        {"out-data/time-split.tsv", "clean\tcomputing\t0.6\t0.6\n"},
        {"out-data/time-split.tsv", "clean\tvalidation\t0.03\t0.03\n"},
        {"out-data/time-split.tsv", "clean\tmetrics and checkpoints\t0.02\t0.02\n"},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        assert_int_equal(scratch_read(folder, tables[i].file, &text, &size), 0);
        report_holds(text, tables[i].line);
        free(text);
    }
    free(run);
}

static void older_metrics_tell_shares_of_time(void **state) {
    const char *folder = *state;
    char *run = report_run(folder, "a", "run: {title: clean}\n", 682), *text;
    size_t size;
    assert_int_equal(scratch_read(run, "metrics.jsonl", &text, &size), 0);
    for (char *at = text; (at = strstr(at, "\"phases\""));)
        memcpy(at, "\"phasen\"", 8);
    scratch_write(run, "metrics.jsonl", text);
    free(text);
    free(report(folder, &run, 1));
    assert_int_equal(scratch_read(folder, "out-data/time-split.tsv", &text, &size), 0);
    report_holds(text, "clean\tcomputing\t0.65\t0.65\n");
    report_holds(text, "clean\texchange and update\t0.2\t0.2\n");
    report_holds(text, "clean\twaiting for ranks\t0.05\t0.05\n");
    free(text);
    free(run);
}

static void hostile_names_stay_text(void **state) {
    const char *folder = *state;
    char configuration[256], *text;
    snprintf(configuration, sizeof configuration, "run:\n  title: '%s'\n  seed: \"</td><b>\"\n",
             "<script>alert(\"x\")</script> & ''co''");
    char *runs[] = {report_run(folder, "<img src=x>", configuration, 10)};
    report_metrics(runs[0], hostile, 1);
    text = report(folder, runs, 1);
    report_holds(text, "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;co&#39;");
    report_holds(text, "&lt;img src=x&gt;");
    report_holds(text, "&lt;/td&gt;&lt;b&gt;");
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "<img"));
    free(text);
    free(runs[0]);
}

static void bytes_that_are_no_text_are_replaced(void **state) {
    (void)state;
    ambit_page page = {0};
    ambit_page_escape(&page, "a\xff\xc0\x80σ\x01\xed\xa0\x80\xf0\x9f\x98\x80");
    assert_string_equal(page.text, "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdσ\xef\xbf\xbd\xef\xbf\xbd"
                                   "\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80");
    ambit_page_free(&page);
}

static void seeds_of_a_method_are_pooled(void **state) {
    const char *folder = *state;
    char *runs[] = {report_run(folder, "a1", "run: {title: gate, seed: 1}\n", 980),
                    report_run(folder, "a2", "run: {title: gate, seed: 2}\n", 990)};
    ambit_records records;
    ambit_evaluation pooled;
    assert_int_equal(ambit_records_read((const char *const *)runs, 2, &records), AMBIT_OK);
    assert_int_equal(records.method_count, 1);
    assert_int_equal(ambit_records_pool(&records, 0, &pooled), 2);
    assert_int_equal(pooled.trials, 2000);
    assert_int_equal(pooled.success.count, 1970);
    const ambit_interval wilson = ambit_wilson_interval(1970, 2000);
    assert_true(pooled.success.low == wilson.low);
    const ambit_interval *jerk = &pooled.metrics[0].successful;
    double half = sqrt(980.0 * 980 + 990.0 * 990) / 1970; /* both have half width 1 */
    assert_int_equal(jerk->count, 1970);
    assert_true(fabs(jerk->mean - 30) < 1e-9 && fabs(jerk->high - 30 - half) < 1e-9);
    ambit_records_free(&records);
    free(runs[0]);
    free(runs[1]);
}

static void methods_of_one_title_take_their_folders_names(void **state) {
    const char *folder = *state;
    char *runs[] = {
        report_run(folder, "gate", "run: {title: maze, seed: 1}\ntrain: {lr: 1}\n", 980),
        report_run(folder, "gate-2", "run: {title: maze, seed: 2}\ntrain: {lr: 1}\n", 9),
        report_run(folder, "alike", "run: {title: maze, seed: 1}\ntrain: {lr: 2}\n", 9)};
    static const char *const names[] = {"gate", "gate", "alike"};
    ambit_records records;
    assert_int_equal(ambit_records_read((const char *const *)runs, 3, &records), AMBIT_OK);
    assert_int_equal(records.method_count, 2);
    for (int i = 0; i < 3; i++)
        assert_string_equal(records.records[i].name, names[i]);
    ambit_records_free(&records);
    for (int i = 0; i < 3; i++)
        free(runs[i]);
}

static void empty_runs_are_shown_with_what_they_have(void **state) {
    const char *folder = *state;
    char *run = report_join(folder, "fresh");
    scratch_folder(folder, "fresh");
    scratch_write(run, "config.yaml", "run: {seed: 1}\n");
    scratch_write(run, "metrics.jsonl", "");
    char *text = report(folder, &run, 1);
    report_holds(text, "Left out: no run has been evaluated");
    report_holds(text, "Left out: no run has an eval/drawings.jsonl");
    report_holds(text, "Training loss by step: left out, since no run has logged it.");
    report_holds(text, "fresh");
    assert_self_contained(text);
    free(text);
    free(run);
}

static void a_folder_that_is_no_run_is_refused(void **state) {
    const char *folder = *state, *run = folder;
    ambit_records records;
    char *path = report_join(folder, "out.html"), *text;
    size_t size;
    assert_int_equal(ambit_records_read(&run, 1, &records), AMBIT_NO_INPUT);
    ambit_records_free(&records);
    report_holds(ambit_message(), "is no run folder");
    assert_int_equal(scratch_read(folder, "out.html", &text, &size), -1);
    free(path);
}

static void a_picture_stands_alone(void **state) {
    const char *folder = *state;
    char *run = report_run(folder, "a", "run: {title: gate}\n", 989), *text;
    char *path = report_join(folder, "a.svg");
    size_t size;
    ambit_records records = report_read(&run, 1);
    assert_int_equal(ambit_report_picture(&records, "jerk2", path), AMBIT_OK);
    assert_int_equal(scratch_read(folder, "a.svg", &text, &size), 0);
    assert_int_equal(strncmp(text, "<svg xmlns=\"http://www.w3.org/2000/svg\"", 39), 0);
    report_holds(text, "gate");
    report_holds(text, ">98.9</tspan> %");
    report_holds(text, ">jerk2 of successes</tspan>");
    report_holds(text, ">30.0</tspan> m²/s⁶");
    assert_self_contained(text);
    assert_int_equal(ambit_report_picture(&records, "jerk", path), AMBIT_USAGE);
    report_holds(ambit_message(), "jerk: no run has this metric; there are: jerk2");
    ambit_records_free(&records);
    scratch_write(run, "eval/drawings.jsonl", "");
    records = report_read(&run, 1);
    assert_int_equal(ambit_report_picture(&records, "jerk2", path), AMBIT_NO_INPUT);
    ambit_records_free(&records);
    report_holds(ambit_message(), "no trials are drawn");
    free(text);
    free(path);
    free(run);
}

static void numbers_are_readable(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},
                 {0.00198, "0.00198"},
                 {35.12, "35.1"},
                 {999.7, "1000"},
                 {490784, "490\xe2\x80\x89"
                          "784"},
                 {-20000, "-20\xe2\x80\x89"
                          "000"},
                 {3.1e12, "3.1·10¹²"},
                 {1e-7, "10⁻⁷"},
                 {NAN, "–"},
                 {INFINITY, "–"}};
    char text[AMBIT_NUMBER_SIZE], bounds[AMBIT_NUMBER_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ambit_number_write(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
    const ambit_interval jerk = {10, 438.4, 400, 477}, one = {1, 5, NAN, NAN};
    ambit_number_interval(&jerk, 1, text, bounds);
    assert_string_equal(text, "438");
    assert_string_equal(bounds, "[400, 477]");
    ambit_number_interval(&one, 1, text, bounds);
    assert_string_equal(text, "5");
    assert_string_equal(bounds, "");
}

/* Whatever the values, an axis has room and at least two ticks inside it. */
static void axes_are_usable(void **state) {
    (void)state;
    static const double ranges[][2] = {{0, 1},         {5, 5},          {0, 0},         {-3, 8},
                                       {1e-9, 1e9},    {0.1, 0.12},     {1e-30, 1e30},  {NAN, NAN},
                                       {1e300, 1e300}, {-1e308, 1e308}, {5e-324, 1e308}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        for (int logarithmic = 0; logarithmic <= (ranges[i][0] > 0); logarithmic++) {
            double ticks[AMBIT_MAX_TICKS];
            ambit_axis axis = ambit_axis_fit(ranges[i][0], ranges[i][1], logarithmic, 0);
            int count = ambit_axis_ticks(&axis, 5, ticks);
            assert_true(axis.low < axis.high && count >= 2 && count <= AMBIT_MAX_TICKS);
            double slack = 1e-6 * (axis.high - axis.low);
            for (int k = 0; k < count; k++)
                assert_true(ticks[k] >= axis.low - slack && ticks[k] <= axis.high + slack);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(a_report_has_all_sections),
        scratch_test(every_chart_has_its_numbers),
        scratch_test(older_metrics_tell_shares_of_time),
        scratch_test(hostile_names_stay_text),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced),
        scratch_test(seeds_of_a_method_are_pooled),
        scratch_test(methods_of_one_title_take_their_folders_names),
        scratch_test(empty_runs_are_shown_with_what_they_have),
        scratch_test(a_folder_that_is_no_run_is_refused),
        scratch_test(a_picture_stands_alone),
        cmocka_unit_test(numbers_are_readable),
        cmocka_unit_test(axes_are_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
