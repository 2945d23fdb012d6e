/* Series made of the columns of histories: scaled and smoothed. */
#ifndef AMBIT_MPI_REPORT_CURVES_H
#define AMBIT_MPI_REPORT_CURVES_H

#include "section.h"

/* A column of the train lines, and what each of its values is multiplied by. */
typedef struct {
    ambit_train_column column;
    double scale;
} ambit_curve_axis;

/* Adds the chart `form` (its series are left to this function) of y over x, for all runs. With
 * `smoothed`, the values are pale, and over them lies their mean over 5 % of the run. */
ambit_status ambit_curves_draw(ambit_section *section, const ambit_chart *form, ambit_curve_axis x,
                               ambit_curve_axis y, int smoothed);

/* The same of a column over steps. */
ambit_status ambit_curves_by_step(ambit_section *section, const ambit_chart *form,
                                  ambit_train_column column, double scale, int smoothed);

#endif
