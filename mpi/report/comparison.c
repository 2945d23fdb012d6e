#include "comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS };

/* Adds the columns that no row before had. */
static void add_columns(ambit_comparison *comparison, const ambit_evaluation *evaluation) {
    for (int i = 0; i < evaluation->metric_count; i++) {
        const ambit_metric_summary *metric = &evaluation->metrics[i];
        int known = 1;
        while (known < comparison->column_count &&
               strcmp(comparison->columns[known].name, metric->name) != 0)
            known++;
        if (known < comparison->column_count || known == AMBIT_MAX_COLUMNS)
            continue;
        comparison->columns[comparison->column_count++] =
            (ambit_comparison_column){metric->name, metric->unit, 1, metric->lower_is_better};
    }
}

ambit_status ambit_comparison_make(const ambit_records *records, ambit_comparison *comparison) {
    *comparison = (ambit_comparison){.column_count = 1, .columns = {{"success", "%", 100, 0}}};
    AMBIT_TRY(ambit_allocate(&comparison->rows, (size_t)records->method_count,
                             sizeof *comparison->rows, "the table of results"));
    for (int method = 0; method < records->method_count; method++) {
        ambit_comparison_row *row = &comparison->rows[comparison->row_count];
        row->runs = ambit_records_pool(records, method, &row->evaluation);
        if (row->runs == 0)
            continue;
        row->name = ambit_records_first(records, method)->name;
        row->method = method;
        comparison->row_count++;
        add_columns(comparison, &row->evaluation);
    }
    return AMBIT_OK;
}

void ambit_comparison_free(ambit_comparison *comparison) {
    free(comparison->rows);
    *comparison = (ambit_comparison){0};
}

const ambit_interval *ambit_comparison_at(const ambit_comparison *comparison, int row, int column,
                                          int all) {
    const ambit_evaluation *evaluation = &comparison->rows[row].evaluation;
    if (column == SUCCESS)
        return &evaluation->success;
    for (int i = 0; i < evaluation->metric_count; i++)
        if (strcmp(evaluation->metrics[i].name, comparison->columns[column].name) == 0)
            return all ? &evaluation->metrics[i].all : &evaluation->metrics[i].successful;
    return NULL;
}

static int is_above(const ambit_interval *a, const ambit_interval *b) {
    return a->low > b->high; /* false where either is not known */
}

/* Whether `row` beats every other row that has the quantity, of which there is one at least. */
static int beats_all(const ambit_comparison *comparison, int row, int column) {
    const ambit_interval *mine = ambit_comparison_at(comparison, row, column, 0);
    const ambit_interval *my_success = ambit_comparison_at(comparison, row, SUCCESS, 0);
    int beaten = 0;
    for (int other = 0; mine && other < comparison->row_count; other++) {
        const ambit_interval *is = ambit_comparison_at(comparison, other, column, 0);
        const ambit_interval *success = ambit_comparison_at(comparison, other, SUCCESS, 0);
        if (other == row || !is || !isfinite(is->mean))
            continue;
        const int better =
            comparison->columns[column].lower_is_better ? is_above(is, mine) : is_above(mine, is);
        if (!better || (column != SUCCESS && is_above(success, my_success)))
            return 0;
        beaten++;
    }
    return beaten > 0;
}

int ambit_comparison_best(const ambit_comparison *comparison, int column) {
    for (int row = 0; row < comparison->row_count; row++)
        if (beats_all(comparison, row, column))
            return row;
    return -1;
}
