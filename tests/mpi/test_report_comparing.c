/* What a report says of runs side by side: which is best, and what does not compare. */
#include "mpi/report/comparison.h"
#include "mpi/report/report.h"
#include "report_runs.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS, JERK };

/* A run of its own title that was evaluated. */
static char *evaluated(const char *folder, const char *name, int64_t successes, double jerk) {
    char configuration[64];
    snprintf(configuration, sizeof configuration, "run: {title: %s}\n", name);
    char *run = report_run(folder, name, configuration, successes);
    report_evaluation(run, successes, jerk);
    return run;
}

/* 1,000 trials each; jerk is ± 1. */
static void the_best_is_better_by_its_interval(void **state) {
    static const struct {
        int64_t successes[3];
        double jerk[3];
        int success, quiet; /* which is best */
    } cases[] = {
        {{989, 682, 500}, {30, 40, 50}, 0, 0},
        {{989, 980, 500}, {30, 31, 50}, -1, -1}, /* they overlap */
        {{980, 989, 985}, {50, 40, 30}, -1, 2},  /* success alike */
        {{682, 989, 980}, {30, 40, 50}, -1, -1}, /* survivors alone are quieter */
        {{989, 0, 500}, {50, 30, 30}, 0, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *runs[3];
        for (int k = 0; k < 3; k++) {
            const char name[] = {(char)('a' + k), (char)('0' + i), 0};
            runs[k] = evaluated(*state, name, cases[i].successes[k], cases[i].jerk[k]);
        }
        ambit_comparison comparison;
        ambit_records records = report_read(runs, 3);
        report_succeeds(ambit_comparison_make(&records, &comparison));
        assert_int_equal(comparison.column_count, 2);
        assert_int_equal(ambit_comparison_best(&comparison, SUCCESS), cases[i].success);
        assert_int_equal(ambit_comparison_best(&comparison, JERK), cases[i].quiet);
        ambit_comparison_free(&comparison);
        ambit_records_free(&records);
        for (int k = 0; k < 3; k++)
            free(runs[k]);
    }
}

/* Alone, a method is not the best of anything. */
static void one_method_is_not_the_best(void **state) {
    char *run = evaluated(*state, "a", 989, 30);
    ambit_comparison comparison;
    ambit_records records = report_read(&run, 1);
    report_succeeds(ambit_comparison_make(&records, &comparison));
    assert_int_equal(ambit_comparison_best(&comparison, SUCCESS), -1);
    ambit_comparison_free(&comparison);
    ambit_records_free(&records);
    free(run);
}

/* Columns go by name: a metric that the first method has not is in a column of its own. */
static void metrics_are_found_by_name(void **state) {
    const char *folder = *state;
    char *runs[] = {evaluated(folder, "a", 989, 30), evaluated(folder, "b", 989, 40)};
    ambit_evaluation other;
    char results[PATH_MAX];
    report_succeeds(ambit_evaluation_folder(runs[1], NULL, results));
    report_succeeds(ambit_evaluation_read(results, &other));
    snprintf(other.metrics[0].name, sizeof other.metrics[0].name, "energy");
    snprintf(other.environment, sizeof other.environment, "arm");
    report_succeeds(ambit_evaluation_write(results, &other));
    ambit_comparison comparison;
    ambit_records records = report_read(runs, 2);
    report_succeeds(ambit_comparison_make(&records, &comparison));
    assert_int_equal(comparison.column_count, 3);
    assert_string_equal(comparison.columns[2].name, "energy");
    assert_null(ambit_comparison_at(&comparison, 0, 2, 0));
    assert_null(ambit_comparison_at(&comparison, 1, 1, 0));
    assert_true(ambit_comparison_at(&comparison, 1, 2, 0)->mean == 40);
    ambit_comparison_free(&comparison);
    char *path = report_join(folder, "out.html"), *page;
    size_t size;
    report_succeeds(ambit_report_write(&records, NULL, path));
    assert_int_equal(scratch_read(folder, "out.html", &page, &size), 0);
    report_holds(page, "Not all were evaluated in the same environment");
    ambit_records_free(&records);
    free(page);
    free(path);
    free(runs[0]);
    free(runs[1]);
}

static int count_of(const char *text, const char *part) {
    int count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++)
        count++;
    return count;
}

/* The page of two runs, which the caller frees. */
static char *page_of(const char *folder, char *const *runs) {
    char *path = report_join(folder, "out.html"), *page;
    size_t size;
    ambit_records records = report_read(runs, 2);
    report_succeeds(ambit_report_write(&records, NULL, path));
    ambit_records_free(&records);
    assert_int_equal(scratch_read(folder, "out.html", &page, &size), 0);
    free(path);
    return page;
}

static void held_out_losses_share_an_axis_where_samples_are_the_same(void **state) {
    const char *folder = *state;
    char *runs[] = {report_run(folder, "a", "run: {title: one}\n", 9),
                    report_run(folder, "b", "run: {title: two}\n", 9)};
    char *page = page_of(folder, runs), *table;
    size_t size;
    assert_int_equal(count_of(page, "<h3>Validation loss"), 2); /* by step and by noise level */
    assert_null(strstr(page, "are drawn apart"));
    assert_int_equal(scratch_read(folder, "out-data/validation-loss.tsv", &table, &size), 0);
    report_holds(table, "one\t\t60\t0.1\n");
    report_holds(table, "two\t\t60\t0.1\n");
    free(table);
    free(page);
    report_metrics(runs[1], "clean", 2);
    page = page_of(folder, runs);
    assert_int_equal(count_of(page, "<h3>Validation loss"), 4);
    report_holds(page, "<h3>Validation loss, samples 1 of 2");
    report_holds(page, "are drawn apart");
    assert_int_equal(scratch_read(folder, "out-data/validation-loss-2.tsv", &table, &size), 0);
    report_holds(table, "two\t\t60\t0.1\n");
    assert_null(strstr(table, "one"));
    free(table);
    free(page);
    free(runs[0]);
    free(runs[1]);
}

/* Replaces what stands for the processor in a run's metrics. */
static void change_processor(const char *run, const char *name) {
    static const char key[] = "\"processor\":\"";
    char *text, *changed;
    size_t size;
    assert_int_equal(scratch_read(run, "metrics.jsonl", &text, &size), 0);
    char *begin = strstr(text, key);
    assert_non_null(begin);
    begin += strlen(key);
    changed = malloc(size + strlen(name) + 1);
    assert_non_null(changed);
    sprintf(changed, "%.*s%s%s", (int)(begin - text), text, name, strchr(begin, '"'));
    scratch_write(run, "metrics.jsonl", changed);
    free(changed);
    free(text);
}

static void different_processors_are_mentioned(void **state) {
    const char *folder = *state, *note = "come from different processors";
    char *runs[] = {report_run(folder, "a", "run: {title: one}\n", 9),
                    report_run(folder, "b", "run: {title: two}\n", 9)};
    char *page = page_of(folder, runs);
    assert_null(strstr(page, note));
    free(page);
    change_processor(runs[1], "Analytical Engine");
    page = page_of(folder, runs);
    report_holds(page, note);
    report_holds(page, "<td>Analytical Engine</td>");
    free(page);
    free(runs[0]);
    free(runs[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(the_best_is_better_by_its_interval),
        scratch_test(one_method_is_not_the_best),
        scratch_test(metrics_are_found_by_name),
        scratch_test(held_out_losses_share_an_axis_where_samples_are_the_same),
        scratch_test(different_processors_are_mentioned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
