#include "rows.h"

#include <math.h>
#include <stdlib.h>

ambit_status ambit_rows_create(int columns, const ambit_join *joins, ambit_rows *rows) {
    const size_t size = (size_t)columns * AMBIT_ROWS_KEPT;
    *rows = (ambit_rows){.columns = columns, .joins = joins, .each = 1};
    AMBIT_TRY(ambit_allocate(&rows->values, size, sizeof *rows->values, "the metrics of a run"));
    return ambit_allocate(&rows->finite, size, sizeof *rows->finite, "the metrics of a run");
}

void ambit_rows_free(ambit_rows *rows) {
    free(rows->values);
    free(rows->finite);
    *rows = (ambit_rows){0};
}

/* Joins the value at place `to`, of n finite lines, with another behind it, of m. */
static void join(ambit_rows *rows, ambit_join how, int64_t to, double second, double m) {
    double *first = &rows->values[to], *n = &rows->finite[to];
    if (how == AMBIT_JOIN_LAST)
        *first = second;
    else if (how == AMBIT_JOIN_SUM)
        *first += second;
    else if (m > 0)
        *first = *n > 0 ? (*n * *first + m * second) / (*n + m) : second;
    *n += m;
}

static void halve(ambit_rows *rows) {
    for (int c = 0; c < rows->columns; c++)
        for (int64_t i = 0; i < rows->count / 2; i++) {
            const int64_t to = (int64_t)c * AMBIT_ROWS_KEPT + i, first = to + i;
            rows->values[to] = rows->values[first];
            rows->finite[to] = rows->finite[first];
            join(rows, rows->joins[c], to, rows->values[first + 1], rows->finite[first + 1]);
        }
    rows->count /= 2;
    rows->each *= 2;
    rows->last = rows->each;
}

void ambit_rows_add(ambit_rows *rows, const double *line) {
    const int is_new = rows->count == 0 || rows->last == rows->each;
    if (is_new && rows->count == AMBIT_ROWS_KEPT)
        halve(rows);
    rows->count += is_new;
    rows->last = is_new ? 1 : rows->last + 1;
    for (int c = 0; c < rows->columns; c++) {
        const int64_t to = (int64_t)c * AMBIT_ROWS_KEPT + rows->count - 1;
        const int finite = isfinite(line[c]) ? 1 : 0;
        if (is_new) {
            rows->values[to] = line[c];
            rows->finite[to] = finite;
        } else
            join(rows, rows->joins[c], to, line[c], finite);
    }
}

const double *ambit_rows_column(const ambit_rows *rows, int column) {
    return rows->values ? rows->values + (int64_t)column * AMBIT_ROWS_KEPT : NULL;
}
