/* Charts of lines, steps and bars as inline SVG, and their numbers as tab-separated values. */
#ifndef AMBIT_MPI_REPORT_CHART_H
#define AMBIT_MPI_REPORT_CHART_H

#include "page.h"

#include <stdint.h>

/* More names than these have no room at the ends of lines: then none is written, and a key is
 * wanted. */
enum { AMBIT_CHART_NAMES = 11 };

typedef enum {
    AMBIT_SERIES_LINE,  /* through points (x, y) */
    AMBIT_SERIES_STEPS, /* level over [x, x + width) */
    AMBIT_SERIES_BARS   /* filled from zero over [x, x + width) */
} ambit_series_kind;

typedef struct {
    ambit_series_kind kind;
    const char *name;   /* written at the line's end, once for all lines of that name */
    const char *detail; /* what the values are, in the .tsv: "raw", "smoothed"; NULL: nothing */
    int method;         /* decides colour and dashes */
    int faint;          /* thin, pale, not named: raw values behind smoothed ones */
    double width;       /* of steps and bars */
    int64_t count;
    const double *x, *y; /* borrowed; a y that is not finite leaves a gap */
} ambit_series;

typedef struct {
    const char *file;  /* name of the .tsv without ending: "loss" */
    const char *title; /* heading */
    const char *caption;
    const char *x_label, *y_label; /* with units */
    int logarithmic;               /* y */
    int zero;                      /* y begins at zero */
    int width, height;             /* pixels; the page scales them */
    int series_count;
    const ambit_series *series;
} ambit_chart;

/* Whether there is at least one value to show. */
int ambit_chart_has_values(const ambit_chart *chart);

/* Adds a <figure> with heading, caption and picture. */
void ambit_chart_draw(const ambit_chart *chart, ambit_page *page);

/* Adds a table with a head: series, what, x, y; one line a point. */
void ambit_chart_list(const ambit_chart *chart, ambit_page *table);

#endif
