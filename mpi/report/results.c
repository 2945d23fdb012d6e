/* The section of results: one row a method, one column a quantity, the best of each in bold. */
#include "section.h"

#include "axis.h"
#include "number.h"
#include "style.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* Methods with their pooled evaluations; those without are left out. */
typedef struct {
    int count;
    struct {
        const char *name;
        int method, runs;
        ambit_evaluation evaluation;
    } * rows;
} method_results;

static ambit_status gather(const ambit_records *records, method_results *results) {
    results->count = 0;
    AMBIT_TRY(ambit_allocate(&results->rows, (size_t)records->method_count, sizeof *results->rows,
                             "the table of results"));
    for (int method = 0; method < records->method_count; method++) {
        int runs = ambit_records_pool(records, method, &results->rows[results->count].evaluation);
        if (runs == 0)
            continue;
        results->rows[results->count].name = ambit_records_first(records, method)->name;
        results->rows[results->count].method = method;
        results->rows[results->count].runs = runs;
        results->count++;
    }
    return AMBIT_OK;
}

/* A quantity of a row: column -1 is success, the others are metrics. NULL where it has none. */
static const ambit_interval *interval_of(const method_results *results, int row, int column,
                                         int all) {
    const ambit_evaluation *evaluation = &results->rows[row].evaluation;
    if (column < 0)
        return &evaluation->success;
    if (column >= evaluation->metric_count)
        return NULL;
    return all ? &evaluation->metrics[column].all : &evaluation->metrics[column].successful;
}

static int find_best(const method_results *results, int column) {
    int best = -1;
    int lower = column >= 0 && results->rows[0].evaluation.metrics[column].lower_is_better;
    for (int row = 0; row < results->count; row++) {
        const ambit_interval *is = interval_of(results, row, column, 0);
        if (!is || !isfinite(is->mean))
            continue;
        const ambit_interval *was = best < 0 ? NULL : interval_of(results, best, column, 0);
        if (!was || (lower ? is->mean < was->mean : is->mean > was->mean))
            best = row;
    }
    return best;
}

/* The scale that the intervals of a column are drawn on, from edge to edge of a cell's picture. */
static ambit_axis column_axis(const method_results *results, int column) {
    double low = NAN, high = NAN;
    for (int row = 0; row < results->count; row++) {
        const ambit_interval *is = interval_of(results, row, column, 0);
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

static void draw_cell(const method_results *results, int row, int column, const ambit_axis *axis,
                      int best, ambit_page *page) {
    char mean[AMBIT_NUMBER_SIZE], bounds[AMBIT_NUMBER_SIZE];
    const ambit_interval *is = interval_of(results, row, column, 0);
    double scale = column < 0 ? 100 : 1;
    if (!is) {
        ambit_page_add(page, "<td>–</td>");
        return;
    }
    ambit_number_interval(is, scale, mean, bounds);
    ambit_page_add(page, row == best ? "<td><b>%s</b> %s" : "<td>%s %s", mean, bounds);
    draw_whisker(is, axis, results->rows[row].method, page);
    if (column >= 0) {
        ambit_number_interval(interval_of(results, row, column, 1), scale, mean, bounds);
        ambit_page_add(page, "<small>all trials: %s %s</small>", mean, bounds);
    }
    ambit_page_add(page, "</td>");
}

static void draw_head(const ambit_evaluation *first, ambit_page *page) {
    ambit_page_add(page, "<thead><tr><th>method<small>&nbsp;</small></th>"
                         "<th>success, %%<small>higher is better</small></th>");
    for (int i = 0; i < first->metric_count; i++) {
        ambit_page_add(page, "<th>");
        ambit_page_escape(page, first->metrics[i].name);
        if (first->metrics[i].unit[0]) {
            ambit_page_add(page, ", ");
            ambit_page_escape(page, first->metrics[i].unit);
        }
        ambit_page_add(page, "<small>%s is better</small></th>",
                       first->metrics[i].lower_is_better ? "lower" : "higher");
    }
    ambit_page_add(page, "</tr></thead>\n");
}

static void draw_name(const method_results *results, int row, ambit_page *page) {
    char trials[AMBIT_NUMBER_SIZE];
    ambit_number_write((double)results->rows[row].evaluation.trials, trials);
    ambit_page_add(page, "<tr><th><span class=\"key s%d\"></span>",
                   results->rows[row].method % AMBIT_COLOURS);
    ambit_page_escape(page, results->rows[row].name);
    ambit_page_add(page, "<small>%s trials", trials);
    if (results->rows[row].runs > 1)
        ambit_page_add(page, " of %d runs", results->rows[row].runs);
    ambit_page_add(page, "</small></th>");
}

static void draw_table(const method_results *results, ambit_page *page) {
    ambit_axis axes[AMBIT_MAX_METRICS + 1] = {0};
    int best[AMBIT_MAX_METRICS + 1] = {0};
    const ambit_evaluation *first = &results->rows[0].evaluation;
    for (int column = -1; column < first->metric_count; column++) {
        axes[column + 1] = column_axis(results, column);
        best[column + 1] = results->count > 1 ? find_best(results, column) : -1;
    }
    ambit_page_add(page, "<div class=\"scroll\"><table class=\"results\">");
    draw_head(first, page);
    ambit_page_add(page, "<tbody>\n");
    for (int row = 0; row < results->count; row++) {
        draw_name(results, row, page);
        for (int column = -1; column < first->metric_count; column++)
            draw_cell(results, row, column, &axes[column + 1], best[column + 1], page);
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

static ambit_status save_table(ambit_section *section, const method_results *results) {
    ambit_page table = {0};
    ambit_page_add(&table, "method\tquantity\tunit\tover\tcount\tmean\tlow\thigh\n");
    for (int row = 0; row < results->count; row++) {
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

ambit_status ambit_section_results(ambit_section *section) {
    method_results results;
    ambit_section_begin(section, "Results",
                        "Closed loop: each policy acts in the environment. Brackets are 95 % "
                        "intervals: Wilson's for success, normal ones for means. Metrics are means "
                        "over successful trials, with all trials beneath. The best of a column is "
                        "bold; dots and whiskers of a column share one scale.");
    AMBIT_TRY(gather(section->records, &results));
    ambit_status status = AMBIT_OK;
    if (results.count > 0) {
        draw_table(&results, &section->page);
        status = save_table(section, &results);
    } else {
        ambit_section_note(section, "Left out: no run has been evaluated; run `ambit eval` first.");
    }
    free(results.rows);
    ambit_page_add(&section->page, "</section>\n");
    return status;
}
