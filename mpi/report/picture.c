/* The picture of a set of runs: panels of trials with their figures beneath. */
#include "number.h"
#include "record.h"
#include "report.h"
#include "style.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PANEL = 300, GAP = 28, EDGE = 20, HEAD = 36, FOOT = 72, A_ROW = 4, OVERLAID = 12 };

/* The metric called `name`, or the first; -1 where there is none. */
static int find_metric(const ambit_evaluation *evaluation, const char *name) {
    for (int i = 0; i < evaluation->metric_count; i++)
        if (!name || strcmp(evaluation->metrics[i].name, name) == 0)
            return i;
    return -1;
}

static void draw_figure(const char *label, const char *unit, const ambit_interval *is, double scale,
                        double x, double y, ambit_page *page) {
    char mean[AMBIT_NUMBER_SIZE], bounds[AMBIT_NUMBER_SIZE];
    ambit_number_interval(is, scale, mean, bounds);
    ambit_page_add(page, "<text class=\"figure\" x=\"%.1f\" y=\"%.1f\"><tspan>", x, y);
    ambit_page_escape(page, label);
    ambit_page_add(page, "</tspan> <tspan style=\"fill:var(--ink);font-weight:600\">%s</tspan> ",
                   mean);
    ambit_page_escape(page, unit);
    ambit_page_add(page, " <tspan>%s</tspan></text>\n", bounds);
}

static void draw_method(const ambit_records *records, const ambit_record *record,
                        const char *metric, double x, double y, double height, ambit_page *page) {
    const ambit_drawings *drawings = &record->drawings;
    ambit_evaluation pooled;
    int together = ambit_drawings_share_walls(drawings) ? OVERLAID : 1;
    ambit_page_add(page, "<text class=\"title\" x=\"%.1f\" y=\"%.1f\">", x, y + 18);
    ambit_page_escape(page, record->name);
    ambit_page_add(page, "</text>\n");
    ambit_panel_draw(drawings, 0, drawings->count < together ? drawings->count : together, x,
                     y + HEAD - 6, PANEL, page);
    if (!ambit_records_pool(records, record->method, &pooled))
        return;
    draw_figure("success", "%", &pooled.success, 100, x, y + HEAD + height + 20, page);
    int index = find_metric(&pooled, metric);
    if (index < 0)
        return;
    const ambit_metric_summary *shown = &pooled.metrics[index];
    char label[sizeof shown->name + 16]; /* who fails at the hard trials has the easier ones left */
    snprintf(label, sizeof label, "%s of successes", shown->name);
    draw_figure(label, shown->unit, &shown->successful, 1, x, y + HEAD + height + 42, page);
}

/* Whether some evaluated run has the metric that is wanted. */
static ambit_status check_metric(const ambit_records *records, const char *metric) {
    const ambit_evaluation *first = NULL;
    char names[AMBIT_MAX_METRICS * sizeof first->metrics[0].name] = " none";
    for (int i = 0; i < records->count; i++) {
        const ambit_evaluation *evaluation = &records->records[i].evaluation;
        if (!records->records[i].has_evaluation)
            continue;
        first = first ? first : evaluation;
        if (find_metric(evaluation, metric) >= 0)
            return AMBIT_OK;
    }
    for (int m = 0, used = 0; first && m < first->metric_count; m++)
        used += snprintf(names + used, sizeof names - (size_t)used, " %s", first->metrics[m].name);
    return !metric
               ? AMBIT_OK
               : ambit_fail(AMBIT_USAGE, "%s: no run has this metric; there are:%s", metric, names);
}

/* The first run of each method that has drawings; returns how many. */
static int find_drawn(const ambit_records *records, const ambit_record **drawn) {
    int count = 0;
    for (int method = 0; method < records->method_count; method++) {
        const ambit_record *record = ambit_records_first(records, method);
        if (record->drawings.count > 0)
            drawn[count++] = record;
    }
    return count;
}

static void draw_picture(const ambit_records *records, const ambit_record *const *drawn, int count,
                         const char *metric, ambit_page *page) {
    int columns = count < A_ROW ? count : A_ROW, rows = (count + A_ROW - 1) / A_ROW;
    double height = 0;
    for (int i = 0; i < count; i++) {
        double own = ambit_panel_height(&drawn[i]->drawings.trials[0], PANEL);
        height = own > height ? own : height;
    }
    double whole_width = 2 * EDGE + columns * PANEL + (columns - 1) * GAP;
    double whole_height = 2 * EDGE + rows * (HEAD + height + FOOT) - 26;
    ambit_page_add(page,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
                   "width=\"%.0f\" height=\"%.0f\" role=\"img\">\n<style>\n%s</style>\n"
                   "<rect width=\"100%%\" height=\"100%%\" rx=\"10\" "
                   "style=\"fill:var(--paper)\"/>\n",
                   whole_width, whole_height, whole_width, whole_height, ambit_style_drawing);
    for (int i = 0; i < count; i++) {
        int column = i % A_ROW, row = i / A_ROW;
        draw_method(records, drawn[i], metric, EDGE + column * (PANEL + GAP),
                    EDGE + row * (HEAD + height + FOOT), height, page);
    }
    ambit_page_add(page, "</svg>\n");
}

ambit_status ambit_report_picture(const ambit_records *records, const char *metric,
                                  const char *path) {
    const ambit_record **drawn = NULL;
    ambit_page page = {0};
    AMBIT_TRY(check_metric(records, metric));
    AMBIT_TRY(ambit_allocate(&drawn, (size_t)records->method_count, sizeof *drawn, "the picture"));
    int count = find_drawn(records, drawn);
    ambit_status status = AMBIT_OK;
    if (count == 0)
        status = ambit_fail(AMBIT_NO_INPUT,
                            "%s: no trials are drawn in eval/drawings.jsonl; run `ambit eval` with "
                            "eval.drawn above 0",
                            records->records[0].folder);
    else {
        draw_picture(records, drawn, count, metric, &page);
        status = ambit_page_write(&page, path);
    }
    ambit_page_free(&page);
    free(drawn);
    return status;
}
