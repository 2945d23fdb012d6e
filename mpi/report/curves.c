#include "curves.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* One run's curve, in memory of its own. */
typedef struct {
    int64_t count;
    double *x, *raw, *smooth; /* one allocation, freed by x */
    char detail[48];
} run_curve;

static double mean_of(const double *values, int64_t count) {
    double sum = 0;
    int64_t finite = 0;
    for (int64_t i = 0; i < count; i++)
        if (isfinite(values[i])) {
            sum += values[i];
            finite++;
        }
    return finite ? sum / (double)finite : NAN;
}

/* A centred mean over 5 % of the curve. It narrows towards the beginning, where curves are steep;
 * at the end it is cut off, so that the last value is a mean as well. */
static void smooth(run_curve *curve) {
    int64_t widest = curve->count / 40;
    for (int64_t i = 0; i < curve->count; i++) {
        int64_t before = i < widest ? i : widest;
        int64_t left = curve->count - 1 - i, after = left < before ? left : before;
        curve->smooth[i] = mean_of(curve->raw + i - before, before + 1 + after);
    }
}

static ambit_status make_curve(const ambit_rows *rows, ambit_curve_axis x, ambit_curve_axis y,
                               run_curve *curve) {
    const double *across = ambit_rows_column(rows, (int)x.column);
    const double *up = ambit_rows_column(rows, (int)y.column);
    curve->count = rows->count;
    AMBIT_TRY(ambit_allocate(&curve->x, (size_t)curve->count * 3, sizeof *curve->x, "a curve"));
    curve->raw = curve->x + curve->count;
    curve->smooth = curve->raw + curve->count;
    for (int64_t i = 0; i < curve->count; i++) {
        curve->x[i] = x.scale * across[i];
        curve->raw[i] = y.scale * up[i];
    }
    if (rows->each > 1)
        snprintf(curve->detail, sizeof curve->detail, "mean of %lld lines", (long long)rows->each);
    else
        snprintf(curve->detail, sizeof curve->detail, "raw");
    smooth(curve);
    return AMBIT_OK;
}

static ambit_series make_series(const ambit_record *record, const run_curve *curve,
                                const char *detail, const double *values) {
    return (ambit_series){.name = record->name,
                          .detail = detail,
                          .method = record->method,
                          .count = curve->count,
                          .x = curve->x,
                          .y = values};
}

/* Pale lines first, so that the others lie on them. */
static ambit_status draw(ambit_section *section, ambit_chart chart, ambit_curve_axis x,
                         ambit_curve_axis y, int smoothed, run_curve *curves,
                         ambit_series *series) {
    const ambit_records *records = section->records;
    int count = records->count;
    for (int i = 0; i < count; i++) {
        const ambit_record *record = &records->records[i];
        AMBIT_TRY(make_curve(&record->history.train, x, y, &curves[i]));
        series[i] = make_series(record, &curves[i], curves[i].detail, curves[i].raw);
        series[i].faint = smoothed;
        series[count + i] = make_series(record, &curves[i], "smoothed", curves[i].smooth);
    }
    chart.series = series;
    chart.series_count = smoothed ? 2 * count : count;
    return ambit_section_chart(section, &chart);
}

ambit_status ambit_curves_draw(ambit_section *section, const ambit_chart *form, ambit_curve_axis x,
                               ambit_curve_axis y, int smoothed) {
    size_t count = (size_t)section->records->count;
    run_curve *curves = NULL;
    ambit_series *series = NULL;
    AMBIT_TRY(ambit_allocate(&curves, count, sizeof *curves, "the curves of a chart"));
    ambit_status status =
        ambit_allocate(&series, 2 * count, sizeof *series, "the curves of a chart");
    if (status == AMBIT_OK)
        status = draw(section, *form, x, y, smoothed, curves, series);
    for (size_t i = 0; i < count; i++)
        free(curves[i].x);
    free(series);
    free(curves);
    return status;
}

ambit_status ambit_curves_by_step(ambit_section *section, const ambit_chart *form,
                                  ambit_train_column column, double scale, int smoothed) {
    return ambit_curves_draw(section, form, (ambit_curve_axis){AMBIT_TRAIN_STEP, 1},
                             (ambit_curve_axis){column, scale}, smoothed);
}
