/* A run's folder as `report` reads it, and as training that goes on cuts its metrics back: four
 * files, a form feed between them. An empty one is not there. */
#include "datasets/files.h"
#include "fuzz.h"
#include "mpi/records/metrics.h"
#include "mpi/report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const files[] = {"run/config.yaml", "run/metrics.jsonl",
                                    "run/eval/drawings.jsonl", "run/eval/summary.json"};

static void make_run(const uint8_t *data, size_t size, const char *run) {
    char evaluation[512];
    snprintf(evaluation, sizeof evaluation, "%s/eval", run);
    FUZZ_REQUIRE(ambit_make_folders(evaluation) == AMBIT_OK);
    for (size_t i = 0; i < sizeof files / sizeof *files && size > 0; i++) {
        const uint8_t *end = memchr(data, '\f', size);
        const size_t length = end ? (size_t)(end - data) : size;
        if (length)
            fuzz_write(files[i], data, length);
        data += end ? length + 1 : length;
        size -= end ? length + 1 : length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char run[300], page[300], picture[300];
    ambit_metrics *metrics;
    snprintf(run, sizeof run, "%s/run", fuzz_folder());
    snprintf(page, sizeof page, "%s/page.html", fuzz_folder());
    snprintf(picture, sizeof picture, "%s/picture.svg", fuzz_folder());
    make_run(data, size, run);
    const char *const runs[] = {run, run};
    ambit_records records;
    if (ambit_records_read(runs, 2, &records) == AMBIT_OK) {
        (void)ambit_report_write(&records, NULL, page);
        (void)ambit_report_picture(&records, NULL, picture);
    }
    ambit_records_free(&records);
    if (ambit_metrics_open(run, 50, &metrics) == AMBIT_OK)
        FUZZ_REQUIRE(ambit_metrics_close(metrics) == AMBIT_OK);
    FUZZ_REQUIRE(ambit_remove_tree(run) == AMBIT_OK);
    return 0;
}
