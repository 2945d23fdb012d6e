#include "chart.h"

#include "../../core/base/text.h"
#include "axis.h"
#include "number.h"
#include "style.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Room around the plot, in pixels. */
enum { TOP = 26, BOTTOM = 40, LEFT = 54, LINE_HEIGHT = 15, LETTER = 7, APART = 10 };

typedef struct {
    ambit_axis x, y;
} plane;

typedef struct {
    const ambit_series *series;
    double x, y;  /* the line's last point */
    double label; /* where the name's middle is */
} end_label;

static void widen(double value, double *low, double *high) {
    *low = fmin(*low, value); /* NaN gives way to the other */
    *high = fmax(*high, value);
}

static plane fit_frame(const ambit_chart *chart) {
    double low[2] = {NAN, NAN}, high[2] = {NAN, NAN};
    ambit_axis any = {.logarithmic = chart->logarithmic};
    for (int s = 0; s < chart->series_count; s++) {
        const ambit_series *series = &chart->series[s];
        for (int64_t i = 0; i < series->count; i++) {
            if (!ambit_axis_shows(&any, series->y[i]) || !isfinite(series->x[i]))
                continue;
            widen(series->x[i], &low[0], &high[0]);
            widen(series->x[i] + series->width, &low[0], &high[0]);
            widen(series->y[i], &low[1], &high[1]);
        }
    }
    plane frame = {ambit_axis_fit(low[0], high[0], 0, 0),
                   ambit_axis_fit(low[1], high[1], chart->logarithmic, chart->zero)};
    if (high[0] > low[0]) { /* the x axis ends where the values end */
        frame.x.low = low[0];
        frame.x.high = high[0];
    }
    return frame;
}

int ambit_chart_has_values(const ambit_chart *chart) {
    ambit_axis any = {.logarithmic = chart->logarithmic};
    for (int s = 0; s < chart->series_count; s++)
        for (int64_t i = 0; i < chart->series[s].count; i++)
            if (ambit_axis_shows(&any, chart->series[s].y[i]))
                return 1;
    return 0;
}

static int is_named(const ambit_chart *chart, int s) {
    if (chart->series[s].faint || chart->series[s].kind == AMBIT_SERIES_BARS)
        return 0;
    for (int before = 0; before < s; before++)
        if (!chart->series[before].faint &&
            strcmp(chart->series[before].name, chart->series[s].name) == 0)
            return 0;
    return 1;
}

/* Room for the names at the right. */
static double name_room(const ambit_chart *chart) {
    int longest = 0, count = 0;
    for (int s = 0; s < chart->series_count; s++)
        if (is_named(chart, s)) {
            const int length = ambit_text_length(chart->series[s].name);
            longest = length > longest ? length : longest;
            count++;
        }
    return longest && count <= AMBIT_CHART_NAMES ? fmin(20 + LETTER * longest, chart->width * 0.42)
                                                 : 12;
}

/* Every how many of the ticks has room for its number. */
static int tick_spacing(const double *ticks, int count, double width) {
    char text[AMBIT_NUMBER_SIZE];
    int longest = 0;
    for (int i = 0; i < count; i++) {
        ambit_number_write(ticks[i], text);
        const int length = ambit_text_length(text);
        longest = length > longest ? length : longest;
    }
    return (int)fmax(1, ceil(count * (LETTER * longest + APART) / width));
}

static void draw_x_axis(const ambit_chart *chart, const plane *frame, ambit_page *page) {
    double ticks[AMBIT_MAX_TICKS];
    char text[AMBIT_NUMBER_SIZE];
    const double width = frame->x.to - frame->x.from;
    int count = ambit_axis_ticks(&frame->x, (int)(width / 70), ticks);
    const int every = tick_spacing(ticks, count, width);
    for (int i = 0; i < count; i += every) {
        ambit_number_write(ticks[i], text);
        ambit_page_add(
            page,
            "<path class=\"grid\" d=\"M%.1f %.1fv4\"/>"
            "<text class=\"tick\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">%s</text>",
            ambit_axis_place(&frame->x, ticks[i]), frame->y.from,
            ambit_axis_place(&frame->x, ticks[i]), frame->y.from + 17, text);
    }
    ambit_page_add(page, "<text class=\"axis\" text-anchor=\"end\" x=\"%.1f\" y=\"%.1f\">",
                   frame->x.to, frame->y.from + 34);
    ambit_page_escape(page, chart->x_label);
    ambit_page_add(page, "</text>");
}

static void draw_y_axis(const ambit_chart *chart, const plane *frame, ambit_page *page) {
    double ticks[AMBIT_MAX_TICKS];
    char text[AMBIT_NUMBER_SIZE];
    int count = ambit_axis_ticks(&frame->y, 4, ticks);
    for (int i = 0; i < count; i++) {
        double y = ambit_axis_place(&frame->y, ticks[i]);
        ambit_number_write(ticks[i], text);
        ambit_page_add(page,
                       "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>"
                       "<text class=\"tick\" text-anchor=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>",
                       frame->x.from, y, frame->x.to, frame->x.from - 7, y + 4, text);
    }
    ambit_page_add(page, "<text class=\"axis\" x=\"0\" y=\"12\">");
    ambit_page_escape(page, chart->y_label);
    ambit_page_add(page, "</text>\n");
}

static void draw_bars(const plane *frame, const ambit_series *series, ambit_page *page) {
    ambit_page_add(page, "<path class=\"bar s%d\" d=\"", series->method % AMBIT_COLOURS);
    for (int64_t i = 0; i < series->count; i++) {
        if (!ambit_axis_shows(&frame->y, series->y[i]))
            continue;
        double left = ambit_axis_place(&frame->x, series->x[i]) + 0.5;
        double right = ambit_axis_place(&frame->x, series->x[i] + series->width) - 0.5;
        ambit_page_add(page, "M%.1f %.1fV%.1fH%.1fV%.1fZ", left, frame->y.from,
                       ambit_axis_place(&frame->y, series->y[i]), right, frame->y.from);
    }
    ambit_page_add(page, "\"/>\n");
}

static void draw_line(const plane *frame, const ambit_series *series, ambit_page *page) {
    int pen_down = 0;
    ambit_page_add(page, "<path class=\"line s%d%s\" stroke-dasharray=\"%s\" d=\"",
                   series->method % AMBIT_COLOURS, series->faint ? " faint" : "",
                   ambit_style_dash(series->method));
    for (int64_t i = 0; i < series->count; i++) {
        if (!ambit_axis_shows(&frame->y, series->y[i])) {
            pen_down = 0;
            continue;
        }
        ambit_page_add(page, "%s%.1f %.1f", pen_down ? "L" : "M",
                       ambit_axis_place(&frame->x, series->x[i]),
                       ambit_axis_place(&frame->y, series->y[i]));
        pen_down = 1;
        if (series->kind == AMBIT_SERIES_STEPS)
            ambit_page_add(page, "H%.1f",
                           ambit_axis_place(&frame->x, series->x[i] + series->width));
    }
    ambit_page_add(page, "\"/>\n");
}

/* Few measurements are shown as such. */
static void draw_dots(const plane *frame, const ambit_series *series, ambit_page *page) {
    if (series->kind != AMBIT_SERIES_LINE || series->count > 20 || series->faint)
        return;
    for (int64_t i = 0; i < series->count; i++)
        if (ambit_axis_shows(&frame->y, series->y[i]))
            ambit_page_add(page, "<circle class=\"dot s%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\"/>",
                           series->method % AMBIT_COLOURS,
                           ambit_axis_place(&frame->x, series->x[i]),
                           ambit_axis_place(&frame->y, series->y[i]));
}

/* Finds the names' places and returns how many there are, which may be more than have room. */
static int find_labels(const ambit_chart *chart, const plane *frame,
                       end_label labels[AMBIT_CHART_NAMES]) {
    int count = 0;
    for (int s = 0; s < chart->series_count; s++) {
        const ambit_series *series = &chart->series[s];
        int64_t last = series->count - 1;
        while (last >= 0 && !ambit_axis_shows(&frame->y, series->y[last]))
            last--;
        if (last < 0 || !is_named(chart, s))
            continue;
        double y = ambit_axis_place(&frame->y, series->y[last]);
        if (count < AMBIT_CHART_NAMES)
            labels[count] = (end_label){
                series, ambit_axis_place(&frame->x, series->x[last] + series->width), y, y};
        count++;
    }
    return count;
}

static int higher_first(const void *a, const void *b) {
    double difference = ((const end_label *)a)->y - ((const end_label *)b)->y;
    return (difference > 0) - (difference < 0);
}

/* Names that would lie on one another move apart: down first, then up from the plot's foot. */
static void spread_labels(end_label *labels, int count, double foot) {
    qsort(labels, (size_t)count, sizeof *labels, higher_first);
    for (int i = 1; i < count; i++)
        labels[i].label = fmax(labels[i].label, labels[i - 1].label + LINE_HEIGHT);
    for (int i = count - 1; i >= 0; i--) {
        double below = i + 1 < count ? labels[i + 1].label - LINE_HEIGHT : foot;
        labels[i].label = fmin(labels[i].label, below);
    }
}

static void draw_labels(const ambit_chart *chart, const plane *frame, ambit_page *page) {
    end_label labels[AMBIT_CHART_NAMES];
    int count = find_labels(chart, frame, labels);
    if (count > AMBIT_CHART_NAMES)
        return;
    spread_labels(labels, count, frame->y.from);
    int most = (int)((chart->width - frame->x.to - 14) / LETTER);
    for (int i = 0; i < count; i++) {
        int colour = labels[i].series->method % AMBIT_COLOURS;
        ambit_page_add(page,
                       "<path class=\"leader s%d\" d=\"M%.1f %.1fL%.1f "
                       "%.1f\"/><text class=\"name\" x=\"%.1f\" y=\"%.1f\">",
                       colour, labels[i].x + 2, labels[i].y, frame->x.to + 11, labels[i].label,
                       frame->x.to + 14, labels[i].label + 4);
        ambit_page_escape_cut(page, labels[i].series->name, most);
        ambit_page_add(page, "</text>\n");
    }
}

static void draw_picture(const ambit_chart *chart, ambit_page *page) {
    plane frame = fit_frame(chart);
    frame.x.from = LEFT;
    frame.x.to = chart->width - name_room(chart);
    frame.y.from = chart->height - BOTTOM;
    frame.y.to = TOP;
    ambit_page_add(page, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", chart->width,
                   chart->height);
    ambit_page_escape(page, chart->title);
    ambit_page_add(page, "\">\n");
    draw_y_axis(chart, &frame, page);
    draw_x_axis(chart, &frame, page);
    for (int s = 0; s < chart->series_count; s++) {
        if (chart->series[s].kind == AMBIT_SERIES_BARS)
            draw_bars(&frame, &chart->series[s], page);
        else
            draw_line(&frame, &chart->series[s], page);
        draw_dots(&frame, &chart->series[s], page);
    }
    draw_labels(chart, &frame, page);
    ambit_page_add(page, "</svg>\n");
}

void ambit_chart_draw(const ambit_chart *chart, ambit_page *page) {
    ambit_page_add(page, "<figure><h3>");
    ambit_page_escape(page, chart->title);
    ambit_page_add(page, "</h3><figcaption>");
    ambit_page_escape(page, chart->caption);
    ambit_page_add(page, "</figcaption>\n");
    draw_picture(chart, page);
    ambit_page_add(page, "</figure>\n");
}

void ambit_chart_list(const ambit_chart *chart, ambit_page *table) {
    ambit_page_add(table, "series\twhat\t");
    ambit_page_cell(table, chart->x_label);
    ambit_page_add(table, "\t");
    ambit_page_cell(table, chart->y_label);
    ambit_page_add(table, "\n");
    for (int s = 0; s < chart->series_count; s++) {
        const ambit_series *series = &chart->series[s];
        for (int64_t i = 0; i < series->count; i++) {
            ambit_page_cell(table, series->name);
            ambit_page_add(table, "\t");
            ambit_page_cell(table, series->detail ? series->detail : "");
            ambit_page_add(table, "\t%.9g\t", series->x[i]);
            if (isfinite(series->y[i]))
                ambit_page_add(table, "%.9g", series->y[i]);
            ambit_page_add(table, "\n");
        }
    }
}
