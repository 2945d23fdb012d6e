/* The table of results as lines of text, for a terminal. */
#include "report.h"

#include "../../core/base/text.h"
#include "comparison.h"
#include "number.h"

enum { CELL = 2 * AMBIT_NUMBER_SIZE, NAME_WIDTH = 34, COLUMN_WIDTH = 22 };

/* Writes text and blanks up to `width` places on the screen. */
static void write_padded(FILE *out, const char *text, int width) {
    char shown[AMBIT_TEXT_GROWTH * CELL];
    int places = ambit_text_length(ambit_text_shown(text, "", shown, sizeof shown));
    fprintf(out, "%s%*s", shown, places < width ? width - places : 1, "");
}

static void write_head(FILE *out, const ambit_comparison *results) {
    char cell[CELL];
    write_padded(out, "method", NAME_WIDTH);
    for (int column = 0; column < results->column_count; column++) {
        const ambit_comparison_column *head = &results->columns[column];
        snprintf(cell, sizeof cell, "%s%s%s", head->name, head->unit[0] ? ", " : "", head->unit);
        write_padded(out, cell, COLUMN_WIDTH);
    }
    fputc('\n', out);
}

static void write_interval(FILE *out, const ambit_interval *is, double scale) {
    char mean[AMBIT_NUMBER_SIZE] = "–", bounds[AMBIT_NUMBER_SIZE] = "", cell[CELL];
    if (is)
        ambit_number_interval(is, scale, mean, bounds);
    snprintf(cell, sizeof cell, "%s %s", mean, bounds);
    write_padded(out, cell, COLUMN_WIDTH);
}

ambit_status ambit_report_table(const ambit_records *records, FILE *out) {
    ambit_comparison results;
    ambit_status status = ambit_comparison_make(records, &results);
    if (status == AMBIT_OK && results.row_count > 0) {
        write_head(out, &results);
        for (int row = 0; row < results.row_count; row++) {
            write_padded(out, results.rows[row].name, NAME_WIDTH);
            for (int column = 0; column < results.column_count; column++)
                write_interval(out, ambit_comparison_at(&results, row, column, 0),
                               results.columns[column].scale);
            fputc('\n', out);
        }
        fputs("95 % intervals; metrics are means over successful trials\n", out);
    }
    ambit_comparison_free(&results);
    return status;
}
