#include "report_runs.h"

#include "datasets/files.h"
#include "mpi/records/metrics.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *report_join(const char *folder, const char *name) {
    char *path = malloc(strlen(folder) + strlen(name) + 2);
    assert_non_null(path);
    sprintf(path, "%s/%s", folder, name);
    return path;
}

void report_metrics(const char *run, const char *source, uint64_t scored) {
    const char *hosts[] = {source};
    const int64_t source_count[] = {100};
    ambit_metrics *metrics;
    ambit_metrics_start start = {.time = 1.7e9,
                                 .ranks = 2,
                                 .hosts = hosts,
                                 .host_count = 1,
                                 .sources = &source,
                                 .source_count = 1,
                                 .parameters = 490784,
                                 .batch = 10,
                                 .steps = 60};
    for (int i = 0; i < AMBIT_METRIC_BINS; i++) {
        start.bin_probability[i] = 1.0 / AMBIT_METRIC_BINS;
        start.effective_samples[i] = 5000;
    }
    assert_int_equal(ambit_metrics_open(run, 0, &metrics), AMBIT_OK);
    assert_int_equal(ambit_metrics_write_start(metrics, &start), AMBIT_OK);
    for (int64_t step = 1; step <= 60; step++) {
        ambit_metrics_train train = {.step = step,
                                     .seconds = 2 * (double)step,
                                     .loss = 1.0 / (double)step,
                                     .rate = 1e-3,
                                     .gradient_norm = 1,
                                     .samples_per_second = 1000,
                                     .peak_share = 0.4,
                                     .data_share = 0.1,
                                     .exchange_share = 0.2,
                                     .wait_share = 0.05,
                                     .phase_seconds = {[AMBIT_PHASE_START] = 100,
                                                       [AMBIT_PHASE_COMPUTE] = 1.2,
                                                       [AMBIT_PHASE_READ] = 0.2,
                                                       [AMBIT_PHASE_EXCHANGE] = 0.3,
                                                       [AMBIT_PHASE_MESSAGE] = 0.1,
                                                       [AMBIT_PHASE_WAIT] = 0.1,
                                                       [AMBIT_PHASE_VALIDATE] = 0.06,
                                                       [AMBIT_PHASE_CHECKPOINT] = 0.04},
                                     .source_count = source_count,
                                     .source_total = 1};
        for (int i = 0; i < AMBIT_METRIC_BINS; i++) {
            train.bin_loss[i] = i ? train.loss : NAN;
            train.bin_count[i] = 5 * (i > 0);
        }
        assert_int_equal(ambit_metrics_write_train(metrics, &train), AMBIT_OK);
    }
    ambit_metrics_validate validate = {.step = 60, .loss = 0.1, .scored = scored};
    for (int i = 0; i < AMBIT_METRIC_BINS; i++)
        validate.bin_loss[i] = 0.1;
    assert_int_equal(ambit_metrics_write_validate(metrics, &validate), AMBIT_OK);
    assert_int_equal(ambit_metrics_close(metrics), AMBIT_OK);
}

void report_evaluation(const char *run, int64_t successes, double jerk) {
    ambit_evaluation evaluation = {.checkpoint = "step-00000060.h5",
                                   .environment = "maze",
                                   .step = 60,
                                   .trials = 1000,
                                   .seed = 1,
                                   .metric_count = 1,
                                   .success = ambit_wilson_interval(successes, 1000)};
    evaluation.metrics[0] = (ambit_metric_summary){
        "jerk2", "m²/s⁶", 1, {successes, jerk, jerk - 1, jerk + 1}, {1000, 99, 98, 100}};
    char results[PATH_MAX];
    assert_int_equal(ambit_evaluation_folder(run, NULL, results), AMBIT_OK);
    assert_int_equal(ambit_make_folders(results), AMBIT_OK);
    assert_int_equal(ambit_evaluation_write(results, &evaluation), AMBIT_OK);
}

static const char drawings[] =
    "{\"trial\":0,\"success\":true,\"bounds\":[0,0,5,5],\"shapes\":["
    "{\"paint\":\"wall\",\"points\":[0,0,5,0]},{\"paint\":\"path\",\"points\":[1,1,2,2,3,2]},"
    "{\"paint\":\"goal\",\"circle\":[3,2,0.15]}]}\n"
    "{\"trial\":1,\"success\":false,\"bounds\":[0,0,5,5],\"shapes\":["
    "{\"paint\":\"wall\",\"points\":[0,0,5,0]},{\"paint\":\"path\",\"points\":[4,4,4.5,4]}]}\n";

char *report_run(const char *folder, const char *name, const char *configuration,
                 int64_t successes) {
    char *run = report_join(folder, name);
    scratch_folder(folder, name);
    scratch_write(run, "config.yaml", configuration);
    report_metrics(run, "clean", 1);
    report_evaluation(run, successes, 30);
    scratch_write(run, "eval/drawings.jsonl", drawings);
    return run;
}

void report_holds(const char *text, const char *part) {
    if (!strstr(text, part))
        print_error("missing: %s\n", part);
    assert_non_null(strstr(text, part));
}

void report_succeeds(ambit_status status) {
    if (status != AMBIT_OK)
        print_error("%s\n", ambit_message());
    assert_int_equal(status, AMBIT_OK);
}

ambit_records report_read(char *const *runs, int count) {
    ambit_records records;
    report_succeeds(ambit_records_read((const char *const *)runs, count, &records));
    return records;
}
