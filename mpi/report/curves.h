/* Series made of the columns of histories: scaled, thinned, smoothed. */
#ifndef AMBIT_MPI_REPORT_CURVES_H
#define AMBIT_MPI_REPORT_CURVES_H

#include "section.h"

/* Adds the chart `form` (its series are left to this function) of a train column over steps, for
 * all runs: `scale` times each value. With `smoothed`, the values are pale, and over them lies
 * their mean over 5 % of the run. */
ambit_status ambit_curves_of_column(ambit_section *section, const ambit_chart *form,
                                    ambit_train_column column, double scale, int smoothed);

#endif
