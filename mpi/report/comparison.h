/* The results of methods side by side: one row a method, one column a quantity, and which is best.
 */
#ifndef AMBIT_MPI_REPORT_COMPARISON_H
#define AMBIT_MPI_REPORT_COMPARISON_H

#include "record.h"

enum { AMBIT_MAX_COLUMNS = 1 + 2 * AMBIT_MAX_METRICS };

typedef struct {
    const char *name;
    int method, runs;
    ambit_evaluation evaluation; /* of all its runs together */
} ambit_comparison_row;

typedef struct {
    const char *name, *unit; /* "success", "%": the first column; then metrics, by name */
    double scale;            /* values are shown as so many times what they are */
    int lower_is_better;
} ambit_comparison_column;

typedef struct {
    int row_count, column_count;
    ambit_comparison_row *rows; /* those that were evaluated */
    ambit_comparison_column columns[AMBIT_MAX_COLUMNS];
} ambit_comparison;

/* The records outlive it. Free with ambit_comparison_free, also after a failure. */
ambit_status ambit_comparison_make(const ambit_records *records, ambit_comparison *comparison);
void ambit_comparison_free(ambit_comparison *comparison);

/* A quantity of a row: of success, and of metrics over successful trials or over all; NULL where
 * the row has none. */
const ambit_interval *ambit_comparison_at(const ambit_comparison *comparison, int row, int column,
                                          int all);

/* The row that is better than every other by its interval: the two do not overlap. A mean over
 * successful trials is not the best where another row succeeds more often, by its interval: who
 * fails at the hard trials has the easier ones left. -1 where no row is. */
int ambit_comparison_best(const ambit_comparison *comparison, int column);

#endif
