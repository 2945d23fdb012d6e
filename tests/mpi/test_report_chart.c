/* Charts and tables that have too much to show: names, ticks and columns stay apart. */
#include "mpi/report/chart.h"
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

enum { MOST = 40 };

static int count_of(const char *text, const char *part) {
    int count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++)
        count++;
    return count;
}

/* `count` lines that all end in the same place. */
static ambit_page draw_lines(int count, double last) {
    static char names[MOST][32];
    static ambit_series series[MOST];
    static double x[] = {0, 0}, y[] = {1, 1};
    x[1] = last;
    for (int i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "line %d", i);
        series[i] = (ambit_series){.name = names[i], .method = i, .count = 2, .x = x, .y = y};
    }
    const ambit_chart chart = {.file = "lines",
                               .title = "Lines",
                               .caption = "",
                               .x_label = "step",
                               .y_label = "loss",
                               .width = 380,
                               .height = 240,
                               .series_count = count,
                               .series = series};
    ambit_page page = {0};
    ambit_chart_draw(&chart, &page);
    assert_false(page.failed);
    return page;
}

/* Names are inside the picture and a line apart, or there are none. */
static void names_have_room_or_are_left_to_the_key(void **state) {
    (void)state;
    for (int count = 1; count <= MOST; count++) {
        ambit_page page = draw_lines(count, 100);
        assert_int_equal(count_of(page.text, "class=\"name\""),
                         count <= AMBIT_CHART_NAMES ? count : 0);
        double before = 0, x, y;
        for (const char *at = page.text; (at = strstr(at, "class=\"name\"")); at++) {
            assert_int_equal(sscanf(at, "class=\"name\" x=\"%lf\" y=\"%lf\"", &x, &y), 2);
            assert_true(y >= before + 14.9 && y < 240);
            before = y;
        }
        ambit_page_free(&page);
    }
}

/* Numbers beneath the axis are further apart than they are wide. */
static void ticks_have_room(void **state) {
    static const double ends[] = {1, 50, 999, 8000, 123456, 3300000, 9e6, 1e9};
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (int names = 1; names <= MOST; names += MOST - 1) {
            ambit_page page = draw_lines(names, ends[i]);
            double before = -1000, x;
            char number[64];
            int ticks = 0;
            for (const char *at = page.text; (at = strstr(at, "text-anchor=\"middle\"")); at++) {
                assert_int_equal(
                    sscanf(at, "text-anchor=\"middle\" x=\"%lf\" y=\"%*f\">%63[^<]", &x, number),
                    2);
                assert_true(x - before > 6.5 * (double)strlen(number) / 1.4);
                before = x;
                ticks++;
            }
            assert_true(ticks >= 1);
            ambit_page_free(&page);
        }
}

static void many_methods_have_a_key(void **state) {
    const char *folder = *state;
    char *runs[AMBIT_CHART_NAMES + 1], *path = report_join(folder, "out.html"), *page;
    size_t size;
    for (int i = 0; i <= AMBIT_CHART_NAMES; i++) {
        char name[16], configuration[64];
        snprintf(name, sizeof name, "run-%02d", i);
        snprintf(configuration, sizeof configuration, "run: {title: Method %d}\n", i);
        runs[i] = report_run(folder, name, configuration, 900);
    }
    for (int count = AMBIT_CHART_NAMES; count <= AMBIT_CHART_NAMES + 1; count++) {
        ambit_records records = report_read(runs, count);
        report_succeeds(ambit_report_write(&records, NULL, path));
        ambit_records_free(&records);
        assert_int_equal(scratch_read(folder, "out.html", &page, &size), 0);
        assert_int_equal(count_of(page, "<p class=\"keys\">"), count > AMBIT_CHART_NAMES ? 3 : 0);
        free(page);
    }
    for (int i = 0; i <= AMBIT_CHART_NAMES; i++)
        free(runs[i]);
    free(path);
}

/* The bytes of a line before its second column, "90.0 …", in characters. */
static int column_of(const char *line) {
    int characters = 0;
    for (const char *at = line; at < strstr(line, "90.0 ["); at++)
        characters += (*at & 0xc0) != 0x80;
    return characters;
}

static void columns_of_the_table_stand_in_line(void **state) {
    const char *folder = *state;
    char *runs[] = {
        report_run(folder, "a", "run: {title: σ}\n", 900),
        report_run(folder, "b",
                   "run: {title: 'σ σ σ, a name that says everything that was done in this run'}\n",
                   900)};
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    ambit_records records = report_read(runs, 2);
    report_succeeds(ambit_report_table(&records, out));
    ambit_records_free(&records);
    assert_int_equal(fclose(out), 0);
    char *first = strchr(text, '\n') + 1, *second = strchr(first, '\n') + 1;
    assert_int_equal(column_of(first), column_of(second));
    report_holds(second, "σ σ σ, a name");
    report_holds(second, "… 90.0 [");
    free(text);
    free(runs[0]);
    free(runs[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_room_or_are_left_to_the_key),
        cmocka_unit_test(ticks_have_room),
        scratch_test(many_methods_have_a_key),
        scratch_test(columns_of_the_table_stand_in_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
