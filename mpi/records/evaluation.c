#include "evaluation.h"

#include "../../datasets/files.h"
#include "json.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* No evaluation has more; sums of many stay within 64 bits. */
#define MOST_TRIALS (INT64_C(1) << 40)

/* Φ⁻¹(0.975): 95 % lie within so many standard deviations of the mean. */
static const double z95 = 1.959963984540054;

ambit_interval ambit_wilson_interval(int64_t successes, int64_t trials) {
    ambit_interval interval = {successes, NAN, 0, 1};
    if (trials <= 0)
        return interval;
    double n = (double)trials, p = (double)successes / n, z2n = z95 * z95 / n;
    double centre = (p + z2n / 2) / (1 + z2n);
    double half = z95 * sqrt(p * (1 - p) / n + z2n / (4 * n)) / (1 + z2n);
    interval.mean = p;
    interval.low = successes > 0 ? centre - half : 0;
    interval.high = successes < trials ? centre + half : 1;
    return interval;
}

ambit_interval ambit_mean_interval(const double *values, int64_t count) {
    ambit_interval interval = {0, NAN, NAN, NAN};
    double mean = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) { /* Welford 1962 */
        if (!isfinite(values[i]))
            continue;
        double delta = values[i] - mean;
        mean += delta / (double)++interval.count;
        squares += delta * (values[i] - mean);
    }
    if (interval.count == 0)
        return interval;
    interval.mean = mean;
    if (interval.count == 1)
        return interval;
    double n = (double)interval.count;
    double half = z95 * sqrt(squares / (n - 1) / n);
    interval.low = mean - half;
    interval.high = mean + half;
    return interval;
}

static json_t *interval_to_json(const ambit_interval *interval, const char *mean) {
    return json_pack("{s:I, s:o, s:o, s:o}", "count", (json_int_t)interval->count, mean,
                     ambit_json_real(interval->mean), "low", ambit_json_real(interval->low), "high",
                     ambit_json_real(interval->high));
}

static json_t *metric_to_json(const ambit_metric_summary *metric) {
    return json_pack("{s:o, s:o, s:b, s:o, s:o}", "name", ambit_json_text(metric->name), "unit",
                     ambit_json_text(metric->unit), "lower_is_better", metric->lower_is_better,
                     "successful", interval_to_json(&metric->successful, "mean"), "all",
                     interval_to_json(&metric->all, "mean"));
}

static json_t *evaluation_to_json(const ambit_evaluation *evaluation) {
    json_t *metrics = json_array();
    for (int i = 0; i < evaluation->metric_count; i++)
        ambit_json_append(&metrics, metric_to_json(&evaluation->metrics[i]));
    return json_pack("{s:o, s:I, s:o, s:I, s:I, s:o, s:o}", "checkpoint",
                     ambit_json_text(evaluation->checkpoint), "step", (json_int_t)evaluation->step,
                     "environment", ambit_json_text(evaluation->environment), "trials",
                     (json_int_t)evaluation->trials, "seed", (json_int_t)evaluation->seed,
                     "success", interval_to_json(&evaluation->success, "rate"), "metrics", metrics);
}

ambit_status ambit_evaluation_folder(const char *run, const char *name, char folder[PATH_MAX]) {
    int length = snprintf(folder, PATH_MAX, "%s/eval%s%s", run, name ? "/" : "", name ? name : "");
    if (length < 0 || length >= PATH_MAX - 64) /* for the names of the files */
        return ambit_fail(AMBIT_USAGE, "%.64s…: the name is too long; use a shorter one", run);
    return AMBIT_OK;
}

static ambit_status summary_path(const char *folder, char path[PATH_MAX]) {
    int length = snprintf(path, PATH_MAX, "%s/summary.json", folder);
    if (length < 0 || length >= PATH_MAX)
        return ambit_fail(AMBIT_USAGE, "%s: the name is too long; use a shorter one", folder);
    return AMBIT_OK;
}

ambit_status ambit_evaluation_write(const char *folder, const ambit_evaluation *evaluation) {
    char path[PATH_MAX];
    AMBIT_TRY(summary_path(folder, path));
    json_t *object = evaluation_to_json(evaluation);
    char *text;
    size_t size;
    ambit_status status = ambit_json_line(object, path, &text, &size);
    if (status == AMBIT_OK)
        status = ambit_write_file(path, text, size);
    free(text);
    json_decref(object);
    return status;
}

static ambit_status read_interval(const ambit_json_place *place, const json_t *object,
                                  const char *key, const char *mean, ambit_interval *interval) {
    json_t *inner;
    AMBIT_TRY(ambit_json_get_object(place, object, key, &inner));
    AMBIT_TRY(ambit_json_get_integer(place, inner, "count", &interval->count));
    if (interval->count < 0 || interval->count > MOST_TRIALS)
        return ambit_json_fault(place, key, "counts %" PRId64, interval->count);
    AMBIT_TRY(ambit_json_get_number(place, inner, mean, &interval->mean));
    AMBIT_TRY(ambit_json_get_number(place, inner, "low", &interval->low));
    return ambit_json_get_number(place, inner, "high", &interval->high);
}

static ambit_status read_metric(const ambit_json_place *place, const json_t *object,
                                ambit_metric_summary *metric) {
    AMBIT_TRY(ambit_json_get_text(place, object, "name", metric->name, sizeof metric->name));
    AMBIT_TRY(ambit_json_get_text(place, object, "unit", metric->unit, sizeof metric->unit));
    AMBIT_TRY(ambit_json_get_boolean(place, object, "lower_is_better", &metric->lower_is_better));
    AMBIT_TRY(read_interval(place, object, "successful", "mean", &metric->successful));
    return read_interval(place, object, "all", "mean", &metric->all);
}

static ambit_status read_metrics(const ambit_json_place *place, const json_t *object,
                                 ambit_evaluation *evaluation) {
    json_t *metrics;
    AMBIT_TRY(ambit_json_get_array(place, object, "metrics", &metrics));
    if (json_array_size(metrics) > AMBIT_MAX_METRICS)
        return ambit_json_fault(place, "metrics", "has %zu items where at most %d are meant",
                                json_array_size(metrics), AMBIT_MAX_METRICS);
    evaluation->metric_count = (int)json_array_size(metrics);
    for (int i = 0; i < evaluation->metric_count; i++)
        AMBIT_TRY(ambit_fail_within(
            read_metric(place, json_array_get(metrics, (size_t)i), &evaluation->metrics[i]),
            "metric %d", i));
    return AMBIT_OK;
}

static ambit_status read_evaluation(const ambit_json_place *place, const json_t *object,
                                    ambit_evaluation *to) {
    AMBIT_TRY(
        ambit_json_get_text(place, object, "checkpoint", to->checkpoint, sizeof to->checkpoint));
    AMBIT_TRY(
        ambit_json_get_text(place, object, "environment", to->environment, sizeof to->environment));
    AMBIT_TRY(ambit_json_get_integer(place, object, "step", &to->step));
    AMBIT_TRY(ambit_json_get_integer(place, object, "trials", &to->trials));
    AMBIT_TRY(ambit_json_get_integer(place, object, "seed", &to->seed));
    AMBIT_TRY(read_interval(place, object, "success", "rate", &to->success));
    if (to->trials > MOST_TRIALS || to->success.count > to->trials)
        return ambit_json_fault(place, "success",
                                "counts more successes than trials, or impossibly many");
    return read_metrics(place, object, to);
}

ambit_status ambit_evaluation_read(const char *folder, ambit_evaluation *evaluation) {
    char path[PATH_MAX];
    json_t *object;
    AMBIT_TRY(summary_path(folder, path));
    AMBIT_TRY(ambit_json_read(path, &object));
    ambit_json_place place = {.path = path};
    *evaluation = (ambit_evaluation){0};
    ambit_status status = read_evaluation(&place, object, evaluation);
    json_decref(object);
    return status;
}
