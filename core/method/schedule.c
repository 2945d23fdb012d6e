#include "schedule.h"

#include "../base/bisect.h"
#include "../base/limits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* ᾱ of the squared-cosine schedule before its division by ᾱ(0), at t in [0, 1]. */
static double cosine_signal(double t) {
    static const double offset = 0.008;
    double c = cos((t + offset) / (1 + offset) * pi / 2);
    return c * c;
}

/* σ² = 1 − ∏(1 − β), β = min(1 − ᾱ(t + 1/T)/ᾱ(t), 0.999). */
static void fill_cosine(ambit_schedule *schedule) {
    const int count = schedule->count;
    double kept = 1;
    for (int k = 0; k < count; k++) {
        double now = cosine_signal((double)k / count), next = cosine_signal((k + 1.0) / count);
        kept *= 1 - fmin(1 - next / now, 0.999);
        schedule->low[k] = schedule->high[k] = sqrt(1 - kept);
        schedule->probability[k] = 1.0 / count;
    }
}

/* Bins of equal width in σ: an ambit then has the same resolution everywhere. */
static void fill_edges(ambit_schedule *schedule) {
    for (int k = 0; k < schedule->count; k++) {
        schedule->low[k] = (double)k / schedule->count;
        schedule->high[k] = (k + 1.0) / schedule->count;
    }
}

static void fill_uniform(ambit_schedule *schedule) {
    fill_edges(schedule);
    for (int k = 0; k < schedule->count; k++)
        schedule->probability[k] = 1.0 / schedule->count;
}

/* Where σ lies in the normal distribution of ln σ_VE, in standard deviations; ±∞ at the ends. */
static double standard_score(const ambit_schedule_options *options, double sigma) {
    double log_ve = log(sigma) - 0.5 * log((1 - sigma) * (1 + sigma));
    return (log_ve - options->mean) / options->std;
}

/* Φ(b) − Φ(a), taken in the tail that both are in, where the difference keeps its digits. */
static double normal_mass(double a, double b) {
    const double root_half = 0.70710678118654752440;
    if (a > 0)
        return 0.5 * (erfc(a * root_half) - erfc(b * root_half));
    return 0.5 * (erfc(-b * root_half) - erfc(-a * root_half));
}

static void fill_lognormal(ambit_schedule *schedule) {
    fill_edges(schedule);
    for (int k = 0; k < schedule->count; k++)
        schedule->probability[k] =
            normal_mass(standard_score(&schedule->options, schedule->low[k]),
                        standard_score(&schedule->options, schedule->high[k]));
}

static void (*const fill_by_kind[])(ambit_schedule *) = {
    [AMBIT_SCHEDULE_COSINE] = fill_cosine,
    [AMBIT_SCHEDULE_UNIFORM] = fill_uniform,
    [AMBIT_SCHEDULE_LOGNORMAL] = fill_lognormal,
};

ambit_status ambit_schedule_check(const ambit_schedule_options *options) {
    AMBIT_TRY(ambit_choice_check("schedule.kind", (int)options->kind,
                                 AMBIT_CHOICES(AMBIT_SCHEDULE_KINDS)));
    AMBIT_TRY(AMBIT_CHECK_LIMIT("schedule.bins", options->bins, BINS));
    if (options->kind != AMBIT_SCHEDULE_LOGNORMAL)
        return AMBIT_OK;
    AMBIT_TRY(AMBIT_CHECK_LIMIT("schedule.mean", options->mean, LOG_MEAN));
    return AMBIT_CHECK_ABOVE("schedule.std", options->std, LOG_STD);
}

static ambit_status allocate_schedule(const ambit_schedule_options *options,
                                      ambit_schedule **schedule) {
    ambit_schedule *made;
    AMBIT_TRY(ambit_allocate(&made, 1, sizeof *made, "schedule"));
    made->options = *options;
    made->count = options->bins;
    ambit_status status =
        ambit_allocate(&made->low, 3 * (size_t)made->count, sizeof *made->low, "schedule");
    if (status != AMBIT_OK) {
        free(made);
        return status;
    }
    made->high = made->low + made->count;
    made->probability = made->high + made->count;
    *schedule = made;
    return AMBIT_OK;
}

ambit_status ambit_schedule_create(const ambit_schedule_options *options,
                                   ambit_schedule **schedule) {
    *schedule = NULL;
    AMBIT_TRY(ambit_schedule_check(options));
    AMBIT_TRY(allocate_schedule(options, schedule));
    fill_by_kind[options->kind](*schedule);
    return AMBIT_OK;
}

ambit_status ambit_schedule_copy(const ambit_schedule *schedule, ambit_schedule **copy) {
    *copy = NULL;
    AMBIT_TRY(allocate_schedule(&schedule->options, copy));
    memcpy((*copy)->low, schedule->low, 3 * (size_t)schedule->count * sizeof *schedule->low);
    return AMBIT_OK;
}

void ambit_schedule_destroy(ambit_schedule *schedule) {
    if (!schedule)
        return;
    free(schedule->low);
    free(schedule);
}

double ambit_schedule_sigma(const ambit_schedule *schedule, int k, double u) {
    return schedule->low[k] + u * (schedule->high[k] - schedule->low[k]);
}

/* No bin begins at 1 or ends at 0, so a side that is closed needs no case of its own. */
int ambit_schedule_admits(const ambit_schedule *schedule, int k, double sigma_min,
                          double sigma_max) {
    return schedule->low[k] >= sigma_min || schedule->high[k] <= sigma_max;
}

typedef struct {
    const double *high;
    double sigma;
} level;

static int ends_above(const void *context, int64_t bin) {
    const level *l = context;
    return l->high[bin] > l->sigma;
}

int ambit_schedule_bin(const ambit_schedule *schedule, double sigma) {
    const level at = {schedule->high, sigma};
    int bin = (int)ambit_bisect(0, schedule->count - 1, ends_above, &at); /* or the last */
    /* Intervals touch, so that this can hold for single levels only. */
    if (bin > 0 && sigma - schedule->high[bin - 1] < schedule->low[bin] - sigma)
        bin--;
    return bin;
}

double ambit_sigma_to_ve(double sigma) {
    return sigma / sqrt((1 - sigma) * (1 + sigma));
}

double ambit_sigma_from_ve(double sigma_ve) {
    return isinf(sigma_ve) ? 1 : sigma_ve / hypot(1, sigma_ve);
}
