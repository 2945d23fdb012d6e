/* One axis of a chart: from values to pixels, and where its ticks are. */
#ifndef AMBIT_MPI_REPORT_AXIS_H
#define AMBIT_MPI_REPORT_AXIS_H

typedef struct {
    int logarithmic;
    double low, high; /* values; low < high */
    double from, to;  /* pixels of low and high */
} ambit_axis;

/* An axis for values in [low, high]. Linear ones end on round numbers, and begin at zero where
 * `zero`; logarithmic ones (0 < low) get a little air. Any low and high are made usable. */
ambit_axis ambit_axis_fit(double low, double high, int logarithmic, int zero);

double ambit_axis_place(const ambit_axis *axis, double value);

/* Whether the axis can show the value. */
int ambit_axis_shows(const ambit_axis *axis, double value);

enum { AMBIT_MAX_TICKS = 24 };

/* Writes at most AMBIT_MAX_TICKS values, about `wanted`, and returns their number. */
int ambit_axis_ticks(const ambit_axis *axis, int wanted, double ticks[AMBIT_MAX_TICKS]);

#endif
