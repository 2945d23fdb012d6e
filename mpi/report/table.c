/* The table of results as lines of text, for a terminal. */
#include "report.h"

#include "../../core/base/text.h"
#include "number.h"
#include "record.h"

#include <stdlib.h>
#include <string.h>

enum { CELL = 2 * AMBIT_NUMBER_SIZE, NAME_WIDTH = 34, COLUMN_WIDTH = 22 };

/* Writes text and blanks up to `width` places on the screen. */
static void write_padded(FILE *out, const char *text, int width) {
    char shown[AMBIT_TEXT_GROWTH * CELL];
    int places = ambit_text_length(ambit_text_shown(text, "", shown, sizeof shown));
    fprintf(out, "%s%*s", shown, places < width ? width - places : 1, "");
}

static void write_interval(FILE *out, const ambit_interval *is, double scale) {
    char mean[AMBIT_NUMBER_SIZE], bounds[AMBIT_NUMBER_SIZE], cell[CELL];
    ambit_number_interval(is, scale, mean, bounds);
    snprintf(cell, sizeof cell, "%s %s", mean, bounds);
    write_padded(out, cell, COLUMN_WIDTH);
}

static void write_head(FILE *out, const ambit_evaluation *first) {
    char cell[CELL];
    write_padded(out, "method", NAME_WIDTH);
    write_padded(out, "success, %", COLUMN_WIDTH);
    for (int i = 0; i < first->metric_count; i++) {
        const ambit_metric_summary *metric = &first->metrics[i];
        snprintf(cell, sizeof cell, "%s%s%s", metric->name, metric->unit[0] ? ", " : "",
                 metric->unit);
        write_padded(out, cell, COLUMN_WIDTH);
    }
    fputc('\n', out);
}

ambit_status ambit_report_table(const ambit_report_options *options, FILE *out) {
    ambit_records records;
    ambit_evaluation pooled;
    int rows = 0;
    ambit_status status = ambit_records_read(options->runs, options->run_count, &records);
    for (int method = 0; status == AMBIT_OK && method < records.method_count; method++) {
        if (ambit_records_pool(&records, method, &pooled) == 0)
            continue;
        if (rows++ == 0)
            write_head(out, &pooled);
        write_padded(out, ambit_records_first(&records, method)->name, NAME_WIDTH);
        write_interval(out, &pooled.success, 100);
        for (int i = 0; i < pooled.metric_count; i++)
            write_interval(out, &pooled.metrics[i].successful, 1);
        fputc('\n', out);
    }
    if (rows > 0)
        fputs("95 % intervals; metrics are means over successful trials\n", out);
    ambit_records_free(&records);
    return status;
}
