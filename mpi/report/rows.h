/* Rows of numbers, of which there may be any number: where they become too many, neighbours are
 * joined, so that memory stays the same and a chart has no more points than can be told apart. */
#ifndef AMBIT_MPI_REPORT_ROWS_H
#define AMBIT_MPI_REPORT_ROWS_H

#include "../../core/base/status.h"

#include <stdint.h>

enum { AMBIT_ROWS_KEPT = 1024 };

/* What becomes of a column where rows are joined: the sum; the mean of the finite values, each line
 * counting once; the last value. */
typedef enum { AMBIT_JOIN_SUM, AMBIT_JOIN_MEAN, AMBIT_JOIN_LAST } ambit_join;

typedef struct {
    int columns;
    const ambit_join *joins; /* [columns], borrowed */
    int64_t count;           /* rows */
    int64_t each;            /* lines that a row stands for: a power of two */
    int64_t last;            /* lines that the last row stands for, up to `each` */
    double *values, *finite; /* [columns × AMBIT_ROWS_KEPT]; lines with a finite value */
} ambit_rows;

ambit_status ambit_rows_create(int columns, const ambit_join *joins, ambit_rows *rows);
void ambit_rows_free(ambit_rows *rows); /* zeros are allowed */

/* Adds a line of `columns` numbers. */
void ambit_rows_add(ambit_rows *rows, const double *line);

/* The `count` values of a column; NULL where nothing was created. */
const double *ambit_rows_column(const ambit_rows *rows, int column);

#endif
