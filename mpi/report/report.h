/* Reports of runs: a page for people, a picture for a README.
 *
 * The page is one HTML file that holds all it needs: drawings are inline SVG, there is no script
 * and nothing is fetched. It follows the reader's light or dark setting and prints in light. The
 * numbers of every chart go beside it, NAME-data/CHART.tsv for NAME.html.
 *
 * One process makes a report. Not collective.
 */
#ifndef AMBIT_MPI_REPORT_REPORT_H
#define AMBIT_MPI_REPORT_REPORT_H

#include "record.h"

#include <stdio.h>

/* Writes the page of the runs to `path`, with `title` as its heading (NULL: the name of the folder
 * that the first run is in). Runs without an evaluation, metrics or a configuration are shown with
 * what they have, and damage is named. */
ambit_status ambit_report_write(const ambit_records *records, const char *title, const char *path);

/* Writes one SVG: a panel of drawn trials a method, and beneath it the success and the mean of
 * `metric` (NULL: the first) over successful trials. AMBIT_NO_INPUT where no trials were drawn,
 * AMBIT_USAGE where no run has the metric. */
ambit_status ambit_report_picture(const ambit_records *records, const char *metric,
                                  const char *path);

/* Writes the table of results as text: a row a method, success and each metric with its interval.
 * Nothing where no run has been evaluated. */
ambit_status ambit_report_table(const ambit_records *records, FILE *out);

#endif
