#include "progress.h"

#include "../../core/base/clock.h"
#include "say.h"

#include <stdio.h>
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

void ambit_progress_show(ambit_progress *progress, int64_t step, int64_t steps, double loss,
                         double samples_per_second, double peak_share) {
    const double now = ambit_clock(), longest = 300.0;
    if (now - progress->last < (progress->terminal ? 0.25 : progress->interval))
        return;
    progress->last = now;
    if (!progress->terminal && progress->interval < longest)
        progress->interval *= 1.5;
    double done = (double)(step - progress->first_step);
    double left = done > 0 ? (now - progress->started) / done * (double)(steps - step) : 0.0;
    char left_text[32];
    write_time(left, left_text, sizeof left_text);
    fputs(progress->terminal ? "\r\033[K" : "", stderr);
    ambit_say(stderr, "%s  step %lld/%lld", progress->title, (long long)step, (long long)steps);
    if (samples_per_second > 0) /* nothing is known before the first line of metrics */
        fprintf(stderr, "  loss %.4f  %.0f samples/s  %.0f %% of peak", loss, samples_per_second,
                100.0 * peak_share);
    fprintf(stderr, "  %s left%s", left_text, progress->terminal ? "" : "\n");
    fflush(stderr);
}

void ambit_progress_end(ambit_progress *progress) {
    if (progress->terminal)
        fprintf(stderr, "\r\033[K");
}
