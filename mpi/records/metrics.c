#include "metrics.h"

#include "../../core/base/processor.h"
#include "../../datasets/files.h"
#include "json.h"
#include "tensorboard.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct ambit_metrics {
    int file;
    int64_t size;      /* of the file: whole lines only */
    int64_t validated; /* step of the last validation that was there when it was opened */
    char path[PATH_MAX];
    ambit_tensorboard *board;
};

int ambit_metrics_bin(double sigma) {
    int bin = sigma > 0 ? (int)(sigma * AMBIT_METRIC_BINS) : 0;
    return bin < AMBIT_METRIC_BINS ? bin : AMBIT_METRIC_BINS - 1;
}

typedef struct {
    int64_t resume_step;
    int64_t validated; /* step of the last line of a validation */
} known_lines;

/* Stops before the first line of a later step. */
static ambit_status check_line(void *context, const ambit_json_place *place, json_t *line,
                               int *stop) {
    known_lines *known = context;
    char kind[16];
    int64_t step;
    AMBIT_TRY(ambit_json_get_integer(place, line, "step", &step));
    AMBIT_TRY(ambit_json_get_text(place, line, "kind", kind, sizeof kind));
    *stop = step > known->resume_step;
    if (!*stop && strcmp(kind, "validate") == 0)
        known->validated = step;
    return AMBIT_OK;
}

/* How much of the file there is holds whole lines up to `resume_step`, and what is in them. */
static ambit_status measure(const char *path, known_lines *known, int64_t *size) {
    int exists;
    *size = 0;
    AMBIT_TRY(ambit_file_exists(path, &exists));
    if (known->resume_step == 0 || !exists)
        return AMBIT_OK;
    return ambit_json_each_line(path, check_line, known, size);
}

static ambit_status note_step(void *context, const ambit_json_place *place, json_t *line,
                              int *stop) {
    (void)stop;
    return ambit_json_get_integer(place, line, "step", context);
}

static ambit_status path_in(const char *folder, char path[PATH_MAX]) {
    if (snprintf(path, PATH_MAX, "%s/metrics.jsonl", folder) >= PATH_MAX)
        return ambit_fail(AMBIT_CANNOT_CREATE, "%s: the name is too long; use a shorter one",
                          folder);
    return AMBIT_OK;
}

ambit_status ambit_metrics_last_step(const char *folder, int64_t *step) {
    char path[PATH_MAX];
    int exists;
    *step = 0;
    AMBIT_TRY(path_in(folder, path));
    AMBIT_TRY(ambit_file_exists(path, &exists));
    if (!exists)
        return AMBIT_OK;
    const ambit_status status = ambit_json_each_line(path, note_step, step, NULL);
    return status == AMBIT_DATA ? AMBIT_OK : status; /* what stands before a damaged line holds */
}

static ambit_status open_at(ambit_metrics *metrics, const char *folder, int64_t resume_step) {
    AMBIT_TRY(path_in(folder, metrics->path));
    known_lines known = {.resume_step = resume_step};
    AMBIT_TRY(measure(metrics->path, &known, &metrics->size));
    metrics->validated = known.validated;
    metrics->file = open(metrics->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (metrics->file < 0 || ftruncate(metrics->file, (off_t)metrics->size) != 0)
        return ambit_fail_errno(AMBIT_CANNOT_CREATE, errno, "%s: cannot be opened for writing",
                                metrics->path);
    return ambit_tensorboard_open(folder, resume_step, &metrics->board);
}

ambit_status ambit_metrics_open(const char *folder, int64_t resume_step, ambit_metrics **metrics) {
    AMBIT_TRY(ambit_allocate(metrics, 1, sizeof **metrics, "the metrics file"));
    (*metrics)->file = -1;
    ambit_status status = open_at(*metrics, folder, resume_step);
    if (status != AMBIT_OK) {
        if ((*metrics)->file >= 0)
            close((*metrics)->file);
        free(*metrics);
        *metrics = NULL;
    }
    return status;
}

int64_t ambit_metrics_validated(const ambit_metrics *metrics) {
    return metrics->validated;
}

ambit_status ambit_metrics_in_place(const ambit_metrics *metrics) {
    struct stat open, there;
    if (fstat(metrics->file, &open) != 0)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot be looked at", metrics->path);
    if (stat(metrics->path, &there) == 0 && there.st_dev == open.st_dev &&
        there.st_ino == open.st_ino)
        return AMBIT_OK;
    return ambit_fail(AMBIT_IO,
                      "%s: was taken away or replaced while the run trains, so what it would still "
                      "write would be lost; start it again, in a folder that is left alone",
                      metrics->path);
}

/* Writes a line in one call, so that readers and other writers never meet half of it; a line that
 * did not fit on the disk is taken back. Releases `line`. */
static ambit_status write_line(ambit_metrics *metrics, json_t *line) {
    char *text;
    size_t size;
    ambit_status status = ambit_metrics_in_place(metrics);
    if (status == AMBIT_OK)
        status = ambit_json_line(line, metrics->path, &text, &size);
    json_decref(line);
    AMBIT_TRY(status);
    ssize_t wrote = write(metrics->file, text, size);
    free(text);
    if (wrote == (ssize_t)size) {
        metrics->size += (int64_t)size;
        return AMBIT_OK;
    }
    int error = wrote < 0 ? errno : ENOSPC;
    if (ftruncate(metrics->file, (off_t)metrics->size) != 0 && wrote < 0)
        error = errno;
    return ambit_fail_errno(AMBIT_IO, error, "%s: writing failed; free some space", metrics->path);
}

static json_t *texts_to_json(const char *const *texts, int count) {
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        ambit_json_append(&array, ambit_json_text(texts[i]));
    return array;
}

static json_t *edges_to_json(void) {
    json_t *array = json_array();
    for (int i = 0; i <= AMBIT_METRIC_BINS; i++)
        ambit_json_append(&array, json_real((double)i / AMBIT_METRIC_BINS));
    return array;
}

ambit_status ambit_metrics_write_start(ambit_metrics *metrics, const ambit_metrics_start *line) {
    char processor[AMBIT_PROCESSOR_SIZE];
    ambit_processor_name(processor);
    json_t *object = json_pack(
        "{s:s, s:I, s:I, s:s, s:i, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "kind", "start",
        "step", (json_int_t)line->step, "time", (json_int_t)line->time, "commit", AMBIT_COMMIT,
        "ranks", line->ranks, "hosts", texts_to_json(line->hosts, line->host_count), "processor",
        ambit_json_text(processor), "parameters", (json_int_t)line->parameters, "batch",
        (json_int_t)line->batch, "steps", (json_int_t)line->steps, "sources",
        texts_to_json(line->sources, line->source_count), "sigma_edges", edges_to_json(),
        "bin_probability", ambit_json_reals(line->bin_probability, AMBIT_METRIC_BINS),
        "effective_samples", ambit_json_reals(line->effective_samples, AMBIT_METRIC_BINS));
    return write_line(metrics, object);
}

/* The loss of each σ bin as a curve of its own. */
static ambit_status board_bins(ambit_metrics *metrics, int64_t step, const char *group,
                               const double *loss) {
    char tags[AMBIT_METRIC_BINS][64];
    ambit_scalar scalars[AMBIT_METRIC_BINS];
    for (int i = 0; i < AMBIT_METRIC_BINS; i++) {
        snprintf(tags[i], sizeof tags[i], "%s/%.2f-%.2f", group, (double)i / AMBIT_METRIC_BINS,
                 (double)(i + 1) / AMBIT_METRIC_BINS);
        scalars[i] = (ambit_scalar){tags[i], loss[i]};
    }
    return ambit_tensorboard_scalars(metrics->board, step, scalars, AMBIT_METRIC_BINS);
}

static ambit_status board_train(ambit_metrics *metrics, const ambit_metrics_train *line) {
    const ambit_scalar scalars[] = {
        {"loss/train", line->loss},
        {"optimizer/rate", line->rate},
        {"optimizer/gradient_norm", line->gradient_norm},
        {"speed/samples_per_second", line->samples_per_second},
        {"speed/peak_share", line->peak_share},
        {"speed/data_share", line->data_share},
        {"speed/exchange_share", line->exchange_share},
        {"speed/wait_share", line->wait_share},
    };
    AMBIT_TRY(ambit_tensorboard_scalars(metrics->board, line->step, scalars,
                                        (int)(sizeof scalars / sizeof *scalars)));
    AMBIT_TRY(board_bins(metrics, line->step, "loss_by_sigma", line->bin_loss));
    return ambit_tensorboard_histogram(metrics->board, line->step, "sigma/samples", 0, 1,
                                       line->bin_count, AMBIT_METRIC_BINS);
}

static json_t *phases_to_json(const double *seconds) {
    json_t *object = json_object();
    for (int i = 0; i < AMBIT_PHASE_COUNT; i++)
        if (seconds[i] > 0 && json_object_set_new(object, ambit_phase_text((ambit_phase)i),
                                                  ambit_json_real(seconds[i])) != 0) {
            json_decref(object);
            return NULL; /* no memory */
        }
    return object;
}

ambit_status ambit_metrics_write_train(ambit_metrics *metrics, const ambit_metrics_train *line) {
    json_t *object = json_pack(
        "{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kind",
        "train", "step", (json_int_t)line->step, "seconds", ambit_json_real(line->seconds), "loss",
        ambit_json_real(line->loss), "rate", ambit_json_real(line->rate), "gradient_norm",
        ambit_json_real(line->gradient_norm), "samples_per_second",
        ambit_json_real(line->samples_per_second), "peak_share", ambit_json_real(line->peak_share),
        "data_share", ambit_json_real(line->data_share), "exchange_share",
        ambit_json_real(line->exchange_share), "wait_share", ambit_json_real(line->wait_share),
        "phases", phases_to_json(line->phase_seconds), "bin_loss",
        ambit_json_reals(line->bin_loss, AMBIT_METRIC_BINS), "bin_count",
        ambit_json_integers(line->bin_count, AMBIT_METRIC_BINS), "source_count",
        ambit_json_integers(line->source_count, line->source_total));
    AMBIT_TRY(write_line(metrics, object));
    return board_train(metrics, line);
}

ambit_status ambit_metrics_write_validate(ambit_metrics *metrics,
                                          const ambit_metrics_validate *line) {
    char scored[24];
    snprintf(scored, sizeof scored, "%016" PRIx64, line->scored);
    json_t *object =
        json_pack("{s:s, s:I, s:o, s:o, s:o, s:s}", "kind", "validate", "step",
                  (json_int_t)line->step, "loss", ambit_json_real(line->loss), "bin_loss",
                  ambit_json_reals(line->bin_loss, AMBIT_METRIC_BINS), "bin_count",
                  ambit_json_integers(line->bin_count, AMBIT_METRIC_BINS), "scored", scored);
    AMBIT_TRY(write_line(metrics, object));
    const ambit_scalar loss = {"loss/validate", line->loss};
    AMBIT_TRY(ambit_tensorboard_scalars(metrics->board, line->step, &loss, 1));
    return board_bins(metrics, line->step, "validate_loss_by_sigma", line->bin_loss);
}

ambit_status ambit_metrics_close(ambit_metrics *metrics) {
    if (!metrics)
        return AMBIT_OK;
    ambit_status status = ambit_tensorboard_close(metrics->board);
    if (close(metrics->file) != 0)
        status = ambit_fail_errno(AMBIT_IO, errno, "%s: closing failed", metrics->path);
    free(metrics);
    return status;
}
