/* Stacked bars: how a whole divides, one row a method. */
#ifndef AMBIT_MPI_REPORT_SHARES_H
#define AMBIT_MPI_REPORT_SHARES_H

#include "page.h"

typedef struct {
    const char *label;    /* the method's name */
    const double *values; /* one a part, ≥ 0; those that are not finite count as 0 */
} ambit_share_row;

typedef struct {
    const char *file, *title, *caption;
    const char *unit; /* of the values, for the .tsv */
    int width;        /* pixels; the page scales them */
    int part_count, row_count;
    const char *const *parts; /* names */
    const ambit_share_row *rows;
} ambit_shares;

/* Adds a <figure>: a legend, and a row with bar and percentages. */
void ambit_shares_draw(const ambit_shares *shares, ambit_page *page);

/* Adds a table with a head: method, part, value, share. */
void ambit_shares_list(const ambit_shares *shares, ambit_page *table);

#endif
