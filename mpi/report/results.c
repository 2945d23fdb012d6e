/* The section of results: one row a method, one column a quantity, the best of each in bold. */
#include "axis.h"
#include "comparison.h"
#include "number.h"
#include "section.h"
#include "style.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The scale that the intervals of a column are drawn on, from edge to edge of a cell's picture. */
static ambit_axis column_axis(const ambit_comparison *results, int column) {
    double low = NAN, high = NAN;
    for (int row = 0; row < results->row_count; row++) {
        const ambit_interval *is = ambit_comparison_at(results, row, column, 0);
        low = is ? fmin(low, fmin(is->low, is->mean)) : low;
        high = is ? fmax(high, fmax(is->high, is->mean)) : high;
    }
    ambit_axis axis = ambit_axis_fit(low, high, low > 0 && high / low > 8, 0);
    axis.from = 5;
    axis.to = 135;
    return axis;
}

static void draw_whisker(const ambit_interval *is, const ambit_axis *axis, int method,
                         ambit_page *page) {
    if (!isfinite(is->mean) || (axis->logarithmic && is->mean <= 0))
        return;
    int bounded = isfinite(is->low) && isfinite(is->high) && (!axis->logarithmic || is->low > 0);
    ambit_page_add(page,
                   "<svg width=\"140\" height=\"12\" aria-hidden=\"true\"><path class=\"grid\" "
                   "d=\"M%.1f 6H%.1f\"/><g class=\"s%d\">",
                   axis->from, axis->to, method % AMBIT_COLOURS);
    if (bounded)
        ambit_page_add(page, "<path class=\"whisker\" stroke-width=\"2\" d=\"M%.1f 6H%.1f\"/>",
                       ambit_axis_place(axis, is->low), ambit_axis_place(axis, is->high));
    ambit_page_add(page, "<circle class=\"dot\" cx=\"%.1f\" cy=\"6\" r=\"3.4\"/></g></svg>",
                   ambit_axis_place(axis, is->mean));
}

static void draw_cell(const ambit_comparison *results, int row, int column, ambit_page *page) {
    char mean[AMBIT_NUMBER_SIZE], bounds[AMBIT_NUMBER_SIZE];
    const ambit_interval *is = ambit_comparison_at(results, row, column, 0);
    const ambit_interval *all = ambit_comparison_at(results, row, column, 1);
    const double scale = results->columns[column].scale;
    const ambit_axis axis = column_axis(results, column);
    if (!is) {
        ambit_page_add(page, "<td>–</td>");
        return;
    }
    ambit_number_interval(is, scale, mean, bounds);
    ambit_page_add(page,
                   row == ambit_comparison_best(results, column) ? "<td><b>%s</b> %s" : "<td>%s %s",
                   mean, bounds);
    draw_whisker(is, &axis, results->rows[row].method, page);
    if (all != is) {
        ambit_number_interval(all, scale, mean, bounds);
        ambit_page_add(page, "<small>all: %s %s</small>", mean, bounds);
    }
    ambit_page_add(page, "</td>");
}

static void draw_head(const ambit_comparison *results, ambit_page *page) {
    ambit_page_add(page, "<thead><tr><th>method<small>&nbsp;</small></th>");
    for (int column = 0; column < results->column_count; column++) {
        const ambit_comparison_column *head = &results->columns[column];
        ambit_page_add(page, "<th>");
        ambit_page_escape(page, head->name);
        ambit_page_add(page, head->unit[0] ? ", " : "");
        ambit_page_escape(page, head->unit);
        ambit_page_add(page, "<small>%s is better%s</small></th>",
                       head->lower_is_better ? "lower" : "higher",
                       column > 0 ? "; successful trials, beneath: all" : "");
    }
    ambit_page_add(page, "</tr></thead>\n");
}

static void draw_name(const ambit_comparison_row *row, ambit_page *page) {
    char trials[AMBIT_NUMBER_SIZE];
    ambit_number_write((double)row->evaluation.trials, trials);
    ambit_page_add(page, "<tr><th><span class=\"key s%d\"></span>", row->method % AMBIT_COLOURS);
    ambit_page_escape(page, row->name);
    ambit_page_add(page, "<small>%s trials", trials);
    if (row->runs > 1)
        ambit_page_add(page, " of %d runs", row->runs);
    ambit_page_add(page, "</small></th>");
}

static void draw_table(const ambit_comparison *results, ambit_page *page) {
    ambit_page_add(page, "<div class=\"scroll\"><table class=\"results\">");
    draw_head(results, page);
    ambit_page_add(page, "<tbody>\n");
    for (int row = 0; row < results->row_count; row++) {
        draw_name(&results->rows[row], page);
        for (int column = 0; column < results->column_count; column++)
            draw_cell(results, row, column, page);
        ambit_page_add(page, "</tr>\n");
    }
    ambit_page_add(page, "</tbody></table></div>\n");
}

static void list_interval(const char *name, const char *quantity, const char *unit,
                          const char *over, const ambit_interval *is, ambit_page *table) {
    ambit_page_cell(table, name);
    ambit_page_add(table, "\t");
    ambit_page_cell(table, quantity);
    ambit_page_add(table, "\t");
    ambit_page_cell(table, unit);
    ambit_page_add(table, "\t%s\t%" PRId64 "\t%.9g\t%.9g\t%.9g\n", over, is->count, is->mean,
                   is->low, is->high);
}

static ambit_status save_table(ambit_section *section, const ambit_comparison *results) {
    ambit_page table = {0};
    ambit_page_add(&table, "method\tquantity\tunit\tover\tcount\tmean\tlow\thigh\n");
    for (int row = 0; row < results->row_count; row++) {
        const ambit_evaluation *evaluation = &results->rows[row].evaluation;
        const char *name = results->rows[row].name;
        list_interval(name, "success", "", "all", &evaluation->success, &table);
        for (int i = 0; i < evaluation->metric_count; i++) {
            const ambit_metric_summary *metric = &evaluation->metrics[i];
            list_interval(name, metric->name, metric->unit, "successful", &metric->successful,
                          &table);
            list_interval(name, metric->name, metric->unit, "all", &metric->all, &table);
        }
    }
    ambit_status status = ambit_section_save(section, "results", &table);
    ambit_page_free(&table);
    return status;
}

static void note_environments(ambit_section *section, const ambit_comparison *results) {
    for (int row = 1; row < results->row_count; row++)
        if (strcmp(results->rows[row].evaluation.environment,
                   results->rows[0].evaluation.environment) != 0) {
            ambit_section_note(section, "Not all were evaluated in the same environment: their "
                                        "rows do not compare.");
            return;
        }
}

static ambit_status draw_results(ambit_section *section) {
    ambit_comparison results;
    ambit_status status = ambit_comparison_make(section->records, &results);
    if (status == AMBIT_OK && results.row_count > 0) {
        draw_table(&results, &section->page);
        note_environments(section, &results);
        status = save_table(section, &results);
    } else {
        ambit_section_note(section, "Left out: no run has been evaluated; run `ambit eval` first.");
    }
    ambit_comparison_free(&results);
    return status;
}

const ambit_section_kind ambit_section_results = {
    "Results",
    "Closed loop: each policy acts in the environment. Brackets are 95 % intervals: Wilson's for "
    "success, normal ones for means. Metrics are means over successful trials, with all trials "
    "beneath; who fails at the hard trials has the easier ones left. Bold is what is better than "
    "all others by its interval and, of metrics, belongs to a method that no other surpasses in "
    "success. Dots and whiskers of a column share one scale.",
    draw_results};
