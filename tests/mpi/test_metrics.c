/* metrics.jsonl, the TensorBoard files beside it, and the summary of an evaluation. */
#include "core/base/crc32c.h"
#include "core/base/processor.h"
#include "mpi/records/evaluation.h"
#include "mpi/records/json.h"
#include "mpi/records/metrics.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glob.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define assert_near(is, wanted, tolerance) assert_true(fabs((is) - (wanted)) <= (tolerance))

static char *read_text(const char *folder, const char *name) {
    char *text;
    size_t size;
    assert_int_equal(scratch_read(folder, name, &text, &size), 0);
    return text;
}

static void write_start(ambit_metrics *metrics, int64_t step) {
    const char *hosts[] = {"node \"1\""}, *sources[] = {"clean", "rrt"};
    ambit_metrics_start start = {.step = step,
                                 .time = 1.7e9,
                                 .ranks = 2,
                                 .hosts = hosts,
                                 .host_count = 1,
                                 .sources = sources,
                                 .source_count = 2,
                                 .parameters = 490784,
                                 .batch = 128,
                                 .steps = 8000};
    assert_int_equal(ambit_metrics_write_start(metrics, &start), AMBIT_OK);
}

static void write_train(ambit_metrics *metrics, int64_t step) {
    const int64_t source_count[] = {3, 5000000000};
    ambit_metrics_train train = {
        .step = step,
        .loss = 0.5,
        .source_count = source_count,
        .source_total = 2,
        .phase_seconds = {[AMBIT_PHASE_COMPUTE] = 1.5, [AMBIT_PHASE_WAIT] = 0.25},
        .gradient_norm = INFINITY};
    for (int i = 0; i < AMBIT_METRIC_BINS; i++) {
        train.bin_loss[i] = i ? 1.0 / i : NAN;
        train.bin_count[i] = i;
    }
    assert_int_equal(ambit_metrics_write_train(metrics, &train), AMBIT_OK);
}

static void write_validate(ambit_metrics *metrics, int64_t step) {
    ambit_metrics_validate validate = {.step = step, .loss = NAN, .scored = 0xf1};
    assert_int_equal(ambit_metrics_write_validate(metrics, &validate), AMBIT_OK);
}

/* A run of `last` steps, a train line each, a validation every second. */
static void write_run(const char *folder, int64_t resume, int64_t last) {
    ambit_metrics *metrics;
    assert_int_equal(ambit_metrics_open(folder, resume, &metrics), AMBIT_OK);
    write_start(metrics, resume);
    for (int64_t step = resume + 1; step <= last; step++) {
        write_train(metrics, step);
        if (step % 2 == 0)
            write_validate(metrics, step);
    }
    assert_int_equal(ambit_metrics_close(metrics), AMBIT_OK);
}

/* "s0 t1 t2 v2 …": kind and step of each line. */
static ambit_status add_kind(void *context, const ambit_json_place *place, json_t *line,
                             int *stop) {
    char *text = context, kind[16];
    int64_t step;
    (void)stop;
    AMBIT_TRY(ambit_json_get_text(place, line, "kind", kind, sizeof kind));
    AMBIT_TRY(ambit_json_get_integer(place, line, "step", &step));
    snprintf(text + strlen(text), 16, "%c%d ", kind[0], (int)step);
    return AMBIT_OK;
}

static void assert_lines(const char *folder, const char *wanted) {
    char path[4096], kinds[1024] = "";
    snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
    assert_int_equal(ambit_json_each_line(path, add_kind, kinds, NULL), AMBIT_OK);
    assert_string_equal(kinds, wanted);
}

static void lines_are_whole_and_null_where_not_finite(void **state) {
    const char *folder = *state;
    write_run(folder, 0, 2);
    assert_lines(folder, "s0 t1 t2 v2 ");
    char *text = read_text(folder, "metrics.jsonl");
    assert_non_null(strstr(text, "\"gradient_norm\":null"));
    assert_non_null(strstr(text, "\"bin_loss\":[null,1.0,0.5,0.333333333,"));
    assert_non_null(strstr(text, "\"source_count\":[3,5000000000]"));
    assert_non_null(strstr(text, "\"kind\":\"validate\",\"step\":2,\"loss\":null"));
    assert_non_null(strstr(text, "\"scored\":\"00000000000000f1\""));
    assert_non_null(
        strstr(text, "\"phases\":{\"computing\":1.5,\"waiting for other ranks\":0.25}"));
    char processor[AMBIT_PROCESSOR_SIZE], wanted[96];
    ambit_processor_name(processor);
    assert_true(strlen(processor) > 2);
    snprintf(wanted, sizeof wanted, "\"processor\":\"%s\"", processor);
    assert_non_null(strstr(text, wanted));
    assert_non_null(strstr(text, "\"hosts\":[\"node \\\"1\\\"\"]"));
    assert_non_null(strstr(text, "\"time\":1700000000,\"commit\":\""));
    assert_null(strstr(text, "nan"));
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
}

static void resuming_cuts_back(void **state) {
    const char *folder = *state;
    write_run(folder, 0, 5);
    scratch_append(folder, "metrics.jsonl", "{\"kind\":\"train\",\"step\":6,\"lo");
    write_run(folder, 3, 4);
    assert_lines(folder, "s0 t1 t2 v2 t3 s3 t4 v4 ");
    char *text = read_text(folder, "metrics.jsonl");
    assert_null(strstr(text, "\"lo{"));
    free(text);
}

static void a_partial_line_is_cut_also_where_its_step_is_early(void **state) {
    const char *folder = *state;
    write_run(folder, 0, 1);
    scratch_append(folder, "metrics.jsonl", "{\"kind\":\"train\",\"step\":2}");
    write_run(folder, 9, 9);
    assert_lines(folder, "s0 t1 s9 ");
}

static void step_0_starts_anew(void **state) {
    const char *folder = *state;
    write_run(folder, 0, 5);
    write_run(folder, 0, 1);
    assert_lines(folder, "s0 t1 ");
}

static void a_damaged_line_is_named(void **state) {
    const char *folder = *state;
    ambit_metrics *metrics = NULL;
    write_run(folder, 0, 1);
    scratch_append(folder, "metrics.jsonl", "{\"kind\":\n");
    assert_int_equal(ambit_metrics_open(folder, 7, &metrics), AMBIT_DATA);
    assert_null(metrics);
    assert_non_null(strstr(ambit_message(), "/metrics.jsonl:3: not JSON at column"));
}

/* A full disk: part of the line is written, then nothing more. */
static void a_line_that_does_not_fit_is_taken_back(void **state) {
    const char *folder = *state;
    ambit_metrics *metrics;
    assert_int_equal(ambit_metrics_open(folder, 0, &metrics), AMBIT_OK);
    write_start(metrics, 0);
    char *text = read_text(folder, "metrics.jsonl");
    struct rlimit unlimited, full;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
    full = unlimited;
    full.rlim_cur = strlen(text) + 10;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    const ambit_metrics_validate line = {.step = 1};
    ambit_status status = ambit_metrics_write_validate(metrics, &line);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    assert_int_equal(status, AMBIT_IO);
    assert_non_null(strstr(ambit_message(), "/metrics.jsonl: writing failed"));
    free(text);
    assert_lines(folder, "s0 ");
    write_validate(metrics, 2);
    assert_lines(folder, "s0 v2 ");
    assert_int_equal(ambit_metrics_close(metrics), AMBIT_OK);
}

static void a_missing_folder_is_named(void **state) {
    ambit_metrics *metrics = NULL;
    (void)state;
    assert_int_equal(ambit_metrics_open("/nonexistent/run", 0, &metrics), AMBIT_NO_INPUT);
    assert_non_null(strstr(ambit_message(), "/nonexistent/run/metrics.jsonl"));
}

static void bins_cover_sigma(void **state) {
    (void)state;
    const struct {
        double sigma;
        int bin;
    } cases[] = {{0, 0},      {0.049, 0}, {0.0501, 1}, {0.5001, 10},
                 {0.999, 19}, {1, 19},    {NAN, 0},    {-1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(ambit_metrics_bin(cases[i].sigma), cases[i].bin);
}

/* ---------------------------------------------------------------- TensorBoard */

static uint64_t little_endian(const uint8_t *bytes, int size) {
    uint64_t value = 0;
    for (int i = size - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static void assert_checked(const uint8_t *bytes, size_t size) {
    uint32_t crc = ambit_crc32c(0, bytes, size);
    uint32_t masked = ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
    assert_int_equal(little_endian(bytes + size, 4), masked);
}

/* The next record: checks both sums and moves *at behind it. */
static const uint8_t *next_record(const uint8_t **at, const uint8_t *end, size_t *size) {
    assert_true(end - *at >= 16);
    assert_checked(*at, 8);
    *size = little_endian(*at, 8);
    assert_true((size_t)(end - *at) >= 16 + *size);
    const uint8_t *record = *at + 12;
    assert_checked(record, *size);
    *at = record + *size + 4;
    return record;
}

static uint64_t read_varint(const uint8_t **at) {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return value;
    }
}

/* The first field `number` of a message: its value, or the bytes it begins at and their size. */
static int find_field(const uint8_t *at, size_t size, uint64_t number, uint64_t *value,
                      const uint8_t **bytes) {
    const uint8_t *end = at + size;
    while (at < end) {
        uint64_t key = read_varint(&at);
        int wire = (int)(key & 7);
        *bytes = at;
        if (wire == 0)
            *value = read_varint(&at);
        else if (wire == 2)
            *value = read_varint(&at);
        else
            *value = little_endian(at, wire == 1 ? 8 : 4);
        *bytes = wire == 2 ? at : *bytes;
        at += wire == 2 ? *value : wire == 1 ? 8u : wire == 5 ? 4u : 0u;
        assert_true(at <= end);
        if (key >> 3 == number)
            return 1;
    }
    return 0;
}

static void assert_version_and_start(const uint8_t **at, const uint8_t *end, uint64_t step) {
    size_t size;
    uint64_t value;
    const uint8_t *bytes, *record = next_record(at, end, &size);
    assert_true(find_field(record, size, 3, &value, &bytes));
    assert_memory_equal(bytes, "brain.Event:2", value);
    record = next_record(at, end, &size);
    assert_true(find_field(record, size, 2, &value, &bytes));
    assert_int_equal(value, step);
    assert_true(find_field(record, size, 7, &value, &bytes));
}

/* The first scalar of the event that follows. */
static void assert_scalar(const uint8_t **at, const uint8_t *end, uint64_t step, const char *tag,
                          float wanted) {
    size_t size;
    uint64_t value, inner;
    const uint8_t *bytes, *record = next_record(at, end, &size);
    assert_true(find_field(record, size, 2, &value, &bytes));
    assert_int_equal(value, step);
    assert_true(find_field(record, size, 5, &value, &bytes));
    const uint8_t *summary = bytes;
    assert_true(find_field(summary, value, 1, &inner, &bytes));
    const uint8_t *entry = bytes;
    assert_true(find_field(entry, inner, 1, &value, &bytes));
    assert_int_equal(value, strlen(tag));
    assert_memory_equal(bytes, tag, value);
    assert_true(find_field(entry, inner, 2, &value, &bytes));
    uint32_t bits = (uint32_t)value;
    float scalar;
    memcpy(&scalar, &bits, sizeof scalar);
    assert_true(scalar == wanted);
}

static void event_files_read_back(void **state) {
    const char *folder = *state;
    write_run(folder, 0, 1);
    write_run(folder, 1, 2);
    char pattern[4096];
    snprintf(pattern, sizeof pattern, "%s/events.out.tfevents.*", folder);
    glob_t found;
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 2);
    for (size_t i = 0; i < 2; i++) {
        char *text;
        size_t size;
        assert_int_equal(scratch_read(folder, strrchr(found.gl_pathv[i], '/') + 1, &text, &size),
                         0);
        const uint8_t *at = (const uint8_t *)text, *end = at + size;
        assert_version_and_start(&at, end, i + 1);
        assert_scalar(&at, end, i + 1, "loss/train", 0.5f);
        int records = 0;
        for (size_t record_size; at < end; records++)
            next_record(&at, end, &record_size);
        assert_int_equal(records, i == 0 ? 2 : 4);
        free(text);
    }
    globfree(&found);
}

/* ---------------------------------------------------------------- evaluation */

static void wilson_has_known_values(void **state) {
    (void)state;
    const struct { /* computed apart from this code, from the formula */
        int64_t successes, trials;
        double low, high;
    } cases[] = {{989, 1000, 0.9804106042992, 0.9938468259019},
                 {0, 10, 0, 0.2775327998629},
                 {10, 10, 0.7224672001371, 1},
                 {1, 2, 0.0945312057342, 0.9054687942658},
                 {0, 0, 0, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ambit_interval is = ambit_wilson_interval(cases[i].successes, cases[i].trials);
        assert_near(is.low, cases[i].low, 1e-12);
        assert_near(is.high, cases[i].high, 1e-12);
        assert_int_equal(is.count, cases[i].successes);
    }
}

static void mean_has_known_values(void **state) {
    (void)state;
    const double values[] = {1, 2, NAN, 3, 4};
    ambit_interval is = ambit_mean_interval(values, 5);
    double half = 1.959963984540054 * sqrt(5.0 / 3 / 4);
    assert_int_equal(is.count, 4);
    assert_near(is.mean, 2.5, 1e-12);
    assert_near(is.low, 2.5 - half, 1e-12);
    assert_near(is.high, 2.5 + half, 1e-12);
    is = ambit_mean_interval(values, 1);
    assert_true(is.mean == 1 && isnan(is.low) && isnan(is.high));
    assert_true(isnan(ambit_mean_interval(values, 0).mean));
}

static void evaluation_reads_back(void **state) {
    ambit_evaluation wrote = {.checkpoint = "step-00008000.h5",
                              .environment = "maze",
                              .step = 8000,
                              .trials = 1000,
                              .seed = 1,
                              .metric_count = 1,
                              .success = ambit_wilson_interval(989, 1000)},
                     is;
    wrote.metrics[0] = (ambit_metric_summary){
        "jerk2", "m²/s⁶", 1, {989, 35.125, 34, 36.25}, {1000, NAN, NAN, NAN}};
    assert_int_equal(ambit_evaluation_write(*state, &wrote), AMBIT_OK);
    assert_int_equal(ambit_evaluation_read(*state, &is), AMBIT_OK);
    assert_string_equal(is.checkpoint, wrote.checkpoint);
    assert_int_equal(is.trials, 1000);
    assert_int_equal(is.success.count, 989);
    assert_near(is.success.low, wrote.success.low, 1e-8);
    assert_string_equal(is.metrics[0].unit, "m²/s⁶");
    assert_true(is.metrics[0].successful.high == 36.25);
    assert_true(isnan(is.metrics[0].all.mean));
}

static void a_wrong_evaluation_is_named(void **state) {
    const char *folder = *state;
    ambit_evaluation is;
    assert_int_equal(ambit_evaluation_read(folder, &is), AMBIT_NO_INPUT);
    const struct {
        const char *text, *fault;
    } cases[] = {
        {"", "not JSON"},
        {"[1]", "not an object"},
        {"{\"checkpoint\":3}", "summary.json: checkpoint: is not a text"},
        {"{\"checkpoint\":\"\",\"environment\":\"\",\"step\":1,\"trials\":1,\"seed\":1,"
         "\"success\":{\"count\":2,\"rate\":1,\"low\":1,\"high\":1},\"metrics\":[]}",
         "more successes than trials"},
        {"{\"checkpoint\":\"\",\"environment\":\"\",\"step\":1,\"trials\":1,\"seed\":1,"
         "\"success\":{\"count\":1,\"rate\":1,\"low\":1,\"high\":1},\"metrics\":[{}]}",
         "metric 0: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scratch_write(folder, "summary.json", cases[i].text);
        assert_int_equal(ambit_evaluation_read(folder, &is), AMBIT_DATA);
        assert_non_null(strstr(ambit_message(), cases[i].fault));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        scratch_test(lines_are_whole_and_null_where_not_finite),
        scratch_test(resuming_cuts_back),
        scratch_test(a_partial_line_is_cut_also_where_its_step_is_early),
        scratch_test(step_0_starts_anew),
        scratch_test(a_damaged_line_is_named),
        scratch_test(a_line_that_does_not_fit_is_taken_back),
        cmocka_unit_test(a_missing_folder_is_named),
        cmocka_unit_test(bins_cover_sigma),
        scratch_test(event_files_read_back),
        cmocka_unit_test(wilson_has_known_values),
        cmocka_unit_test(mean_has_known_values),
        scratch_test(evaluation_reads_back),
        scratch_test(a_wrong_evaluation_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
