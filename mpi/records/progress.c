#include "progress.h"

#include "../../core/base/clock.h"
#include "say.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void ambit_progress_start(ambit_progress *progress, const char *title, int64_t first_step) {
    double now = ambit_clock();
    *progress = (ambit_progress){.title = title,
                                 .terminal = isatty(STDERR_FILENO),
                                 .started = now,
                                 .last = now,
                                 .interval = 5.0,
                                 .first_step = first_step};
}

/* "1:02:03" or "2:03". */
static void write_time(double seconds, char *text, size_t size) {
    long whole = (long)(seconds + 0.5);
    if (whole >= 3600)
        snprintf(text, size, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(text, size, "%ld:%02ld", whole / 60, whole % 60);
}

/* Whether it is time for a line. */
static int is_due(ambit_progress *progress) {
    const double now = ambit_clock(), longest = 300.0;
    if (now - progress->last < (progress->terminal ? 0.25 : progress->interval))
        return 0;
    progress->last = now;
    if (!progress->terminal && progress->interval < longest)
        progress->interval *= 1.5;
    return 1;
}

static void write_line(const ambit_progress *progress, const char *unit, int64_t done, int64_t all,
                       const char *rest) {
    const double since = (double)(done - progress->first_step);
    char left_text[32] = "?";
    if (since > 0)
        write_time((progress->last - progress->started) / since * (double)(all - done), left_text,
                   sizeof left_text);
    fputs(progress->terminal ? "\r\033[K" : "", stderr);
    ambit_say(stderr, "%s  %s %lld/%lld%s  %s left%s", progress->title, unit, (long long)done,
              (long long)all, rest, left_text, progress->terminal ? "" : "\n");
    fflush(stderr);
}

/* Adds a share of time to a text, where it is notable. */
static void add_share(char *text, size_t size, double share, const char *what) {
    const double notable = 0.1;
    const size_t used = strlen(text);
    if (share >= notable)
        snprintf(text + used, size - used, "  %.0f %% %s", 100 * share, what);
}

void ambit_progress_show(ambit_progress *progress, int64_t step, int64_t steps,
                         const ambit_progress_numbers *numbers) {
    char rest[128] = "";
    if (!is_due(progress))
        return;
    if (numbers->samples_per_second > 0) /* nothing is known before the first line of metrics */
        snprintf(rest, sizeof rest, "  loss %.4f  %.0f samples/s  %.0f %% of peak", numbers->loss,
                 numbers->samples_per_second, 100 * numbers->peak_share);
    add_share(rest, sizeof rest, numbers->data_share, "reading");
    add_share(rest, sizeof rest, numbers->wait_share, "waiting");
    write_line(progress, "step", step, steps, rest);
}

void ambit_progress_count(ambit_progress *progress, const char *unit, int64_t done, int64_t all) {
    char rest[96];
    if (!is_due(progress))
        return;
    snprintf(rest, sizeof rest, "  %.3g %ss/s",
             (double)(done - progress->first_step) / (progress->last - progress->started), unit);
    write_line(progress, unit, done, all, rest);
}

void ambit_progress_clear(void) {
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
}

void ambit_progress_end(ambit_progress *progress) {
    if (progress->terminal)
        ambit_progress_clear();
}
