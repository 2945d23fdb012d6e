/* The table of results as lines of text, for a terminal. */
#include "report.h"

#include "../../core/base/text.h"
#include "comparison.h"
#include "number.h"

enum { CELL = 2 * AMBIT_NUMBER_SIZE, NAME_WIDTH = 40, COLUMN_WIDTH = 21 };

/* Writes text, cut where it is longer than `width` places on the screen, and blanks up to there and
 * one more. */
static void write_padded(FILE *out, const char *text, int width) {
    char shown[AMBIT_TEXT_GROWTH * CELL];
    ambit_text_shown(text, "", shown, sizeof shown);
    const int length = ambit_text_length(shown), cut = length > width;
    size_t bytes = 0;
    for (int left = cut ? width - 1 : length; shown[bytes]; bytes++)
        if ((shown[bytes] & 0xc0) != 0x80 && left-- == 0)
            break;
    fprintf(out, "%.*s%s%*s", (int)bytes, shown, cut ? "…" : "", cut ? 1 : width - length + 1, "");
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
