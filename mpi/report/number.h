/* Numbers as people read them. */
#ifndef AMBIT_MPI_REPORT_NUMBER_H
#define AMBIT_MPI_REPORT_NUMBER_H

#include "../records/evaluation.h"

enum { AMBIT_NUMBER_SIZE = 96 };

/* Three significant digits, thin spaces between thousands: "0.00198", "35.1", "490 784" (whole
 * numbers below 10⁷ are written out), "3.1·10¹²"; "–" where not finite. */
void ambit_number_write(double value, char text[AMBIT_NUMBER_SIZE]);

/* As many decimals as the interval deserves: "35.1 [34.0, 36.2]" has two significant digits in its
 * half width, one where the first is 3 or more. Both parts apart; without bounds `bounds` is "". */
void ambit_number_interval(const ambit_interval *interval, double scale,
                           char mean[AMBIT_NUMBER_SIZE], char bounds[AMBIT_NUMBER_SIZE]);

/* The largest of 1, 2, 5 × 10ⁿ that divides `span` into at least `pieces`. */
double ambit_number_step(double span, int pieces);

#endif
