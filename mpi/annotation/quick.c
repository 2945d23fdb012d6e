#include "quick.h"

#include "../../core/method/calibration.h"
#include "../../core/method/gaussian.h"
#include "../../core/method/spectrum.h"

#include "../records/say.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 4096, LEVELS = 35, PARTS = 4, REPLICATES = 200 };

static const double shares[AMBIT_QUICK_SHARES] = {1, .5, .25};

/* Samples of one kind. */
typedef struct {
    int64_t count, episodes;
    float *x;         /* [count × size] */
    int64_t *episode; /* [count] numbered from 0 in the order of the samples */
} sample_set;

typedef struct {
    const ambit_annotation_target *target;
    const ambit_settings *settings;
    ambit_mixture *mixture;
    const ambit_sample_shape *shape;
    int64_t size; /* numbers of a sample */
    sample_set sets[AMBIT_KINDS];
    float *scratch; /* [2 × size] */
    ambit_answers answers;
    ambit_quick *to;
} looker;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
say(ambit_quick *quick, const char *format, ...) {
    va_list arguments;
    if (quick->word_count == AMBIT_QUICK_WORDS)
        return;
    va_start(arguments, format);
    vsnprintf(quick->words[quick->word_count++], AMBIT_QUICK_WORD, format, arguments);
    va_end(arguments);
}

/* ---- reading ---- */

/* Which classes of the trained part are of a kind. */
static int is_of_kind(const looker *l, const ambit_class *class, int kind) {
    return kind == AMBIT_CLEAN ? ambit_target_is_clean(l->target, class->source)
                               : class->source == l->target->source;
}

static ambit_status read_class(looker *l, int class_index, int64_t all, int64_t count,
                               sample_set *set) {
    int64_t last = -1;
    for (int64_t i = 0; i < count; i++) {
        ambit_sample sample = {.chunk = set->x + set->count * l->size};
        float *unseen = l->scratch;
        const int64_t ordinal = all / count * i + all % count * i / count;
        sample.condition[AMBIT_CONDITION_STATE] = unseen;
        AMBIT_TRY(
            ambit_mixture_read(l->mixture, AMBIT_PART_TRAINED, class_index, ordinal, &sample));
        set->episodes += sample.episode != last;
        last = sample.episode;
        set->episode[set->count++] = set->episodes - 1;
    }
    return AMBIT_OK;
}

static ambit_status read_kind(looker *l, int kind, int64_t most) {
    int count;
    const ambit_class *classes = ambit_mixture_classes(l->mixture, AMBIT_PART_TRAINED, &count);
    sample_set *set = &l->sets[kind];
    int64_t all = 0;
    for (int c = 0; c < count; c++)
        all += is_of_kind(l, &classes[c], kind) ? classes[c].count : 0;
    const int64_t wanted = (all < most ? all : most) + count; /* rounding up a class */
    AMBIT_TRY(ambit_allocate(&set->x, (size_t)(wanted * l->size), sizeof *set->x, "samples"));
    AMBIT_TRY(ambit_allocate(&set->episode, (size_t)wanted, sizeof *set->episode, "samples"));
    for (int c = 0; c < count; c++) {
        if (!is_of_kind(l, &classes[c], kind))
            continue;
        const double share = (double)most * (double)classes[c].count / (double)all;
        const int64_t part = llround(fmin((double)classes[c].count, fmax(share, 1)));
        AMBIT_TRY(read_class(l, c, classes[c].count, part, set));
    }
    l->to->samples[kind] = set->count;
    return AMBIT_OK;
}

/* ---- the discriminant ---- */

static int part_of(const sample_set *set, int64_t i) {
    return (int)(set->episode[i] % PARTS);
}

static double logit_of(const looker *l, const ambit_gaussian gaussians[AMBIT_KINDS], double sigma,
                       const float *noisy) {
    float *w = l->scratch;
    return ambit_gaussian_log_density(&gaussians[AMBIT_CLEAN], sigma, noisy, w) -
           ambit_gaussian_log_density(&gaussians[AMBIT_BAD], sigma, noisy, w);
}

static ambit_status fit_part(const looker *l, int part, ambit_gaussian gaussians[AMBIT_KINDS]) {
    ambit_status status = AMBIT_OK;
    for (int kind = 0; kind < AMBIT_KINDS && status == AMBIT_OK; kind++) {
        const sample_set *set = &l->sets[kind];
        ambit_moments moments;
        status = ambit_moments_create(l->size, &moments);
        for (int64_t i = 0; i < set->count && status == AMBIT_OK; i++) {
            const int from = (part_of(set, i) - part + PARTS) % PARTS;
            if (from >= 2) /* 0 is scored, 1 calibrates */
                ambit_moments_add(&moments, 1, set->x + i * l->size);
        }
        if (status == AMBIT_OK && moments.weight == 0)
            status = ambit_fail(AMBIT_CONFIG,
                                "annotation: too few episodes to compare; there must "
                                "be %d of each kind at least",
                                PARTS);
        if (status == AMBIT_OK)
            status = ambit_gaussian_fit(&moments, &gaussians[kind]);
        ambit_moments_destroy(&moments);
    }
    return status;
}

/* Logits of the samples that stand `place` behind `part`, at one level; returns how many. */
static int64_t score_level(looker *l, const ambit_gaussian *gaussians, int part, int place,
                           int level, float *logits, int64_t *which, unsigned char *kinds) {
    float *noisy = l->scratch + l->size;
    const double sigma = l->answers.sigmas[level];
    int64_t count = 0;
    for (int kind = 0; kind < AMBIT_KINDS; kind++)
        for (int64_t i = 0; i < l->sets[kind].count; i++) {
            if ((part_of(&l->sets[kind], i) - part + PARTS) % PARTS != place)
                continue;
            ambit_rng noise =
                ambit_rng_open((uint64_t)level, AMBIT_STREAM_SCORE, (uint64_t)(2 * i + kind));
            ambit_noise_add(l->sets[kind].x + i * l->size, l->size, sigma, &noise, noisy);
            logits[count] = (float)logit_of(l, gaussians, sigma, noisy);
            kinds[count] = kind == AMBIT_CLEAN;
            which[count++] = i;
        }
    return count;
}

static ambit_status score_part(looker *l, int part) {
    const size_t most = (size_t)(l->sets[0].count + l->sets[1].count);
    ambit_gaussian gaussians[AMBIT_KINDS] = {{0}};
    float *logits = NULL;
    int64_t *which = NULL;
    unsigned char *kinds = NULL;
    ambit_status status = fit_part(l, part, gaussians);
    if (status == AMBIT_OK)
        status = ambit_allocate(&logits, most, sizeof *logits, "answers");
    if (status == AMBIT_OK)
        status = ambit_allocate(&which, most, sizeof *which, "answers");
    if (status == AMBIT_OK)
        status = ambit_allocate(&kinds, most, 1, "answers");
    for (int level = 0; level < LEVELS && status == AMBIT_OK; level++) {
        int64_t count = score_level(l, gaussians, part, 1, level, logits, which, kinds);
        const ambit_calibration calibration = ambit_calibrate(logits, kinds, count);
        count = score_level(l, gaussians, part, 0, level, logits, which, kinds);
        for (int64_t i = 0; i < count; i++)
            ambit_answers_add(&l->answers, kinds[i] ? AMBIT_CLEAN : AMBIT_BAD,
                              l->sets[kinds[i] ? AMBIT_CLEAN : AMBIT_BAD].episode[which[i]], level,
                              ambit_calibrated(&calibration, (double)logits[i]));
    }
    for (int kind = 0; kind < AMBIT_KINDS; kind++)
        ambit_gaussian_destroy(&gaussians[kind]);
    free(logits);
    free(which);
    free(kinds);
    return status;
}

static ambit_status discriminate(looker *l) {
    const double threshold = l->settings->annotation.threshold;
    double sigmas[LEVELS];
    ambit_range variation[AMBIT_MOST_LEVELS];
    ambit_separation separation;
    if (l->size > AMBIT_GAUSSIAN_MOST)
        return AMBIT_OK;
    ambit_levels(LEVELS, sigmas);
    AMBIT_TRY(ambit_answers_create(LEVELS, sigmas, l->sets[AMBIT_BAD].episodes,
                                   l->sets[AMBIT_CLEAN].episodes, &l->answers));
    for (int part = 0; part < PARTS; part++)
        AMBIT_TRY(score_part(l, part));
    ambit_separation_of(&l->answers, NULL, &separation);
    l->to->has_discriminant = 1;
    l->to->bound = ambit_separation_bound(&l->answers, &separation, threshold);
    return ambit_separation_intervals(&l->answers, threshold, REPLICATES,
                                      (uint64_t)l->settings->run.seed, &l->to->interval, variation);
}

/* ---- spectra ---- */

static ambit_spectrum_shape spectrum_shape(const looker *l) {
    if (l->settings->network.patch == 0)
        return (ambit_spectrum_shape){0, l->shape->chunk_steps, l->shape->chunk_width};
    return (ambit_spectrum_shape){l->shape->image.channels, l->shape->image.height,
                                  l->shape->image.width};
}

/* The interval: between the bounds of halves of the episodes, widened to what 95 % of a normal
 * error would be (± 1.96/√2 times their distance). */
static ambit_range halves_range(double middle, double one, double other) {
    const double reach = 1.96 / sqrt(2) * fabs(one - other) / sqrt(2);
    return (ambit_range){fmax(middle - reach, 0), fmin(middle + reach, 1)};
}

/* The frequency whose power has changed by the largest factor. */
static void say_where(looker *l, const ambit_spectrum s[AMBIT_KINDS]) {
    int64_t part = 0, frequency = 0;
    double most = 0;
    for (int64_t p = 0; p < s->parts; p++)
        for (int64_t k = 0; k < s->frequencies; k++) {
            const double one = ambit_spectrum_power(&s[AMBIT_CLEAN], p, k);
            const double other = ambit_spectrum_power(&s[AMBIT_BAD], p, k);
            const double change = fabs(log((one + 1e-9) / (other + 1e-9)));
            if (change <= most)
                continue;
            most = change;
            part = p;
            frequency = k;
        }
    const double clean = ambit_spectrum_power(&s[AMBIT_CLEAN], part, frequency);
    const double bad = ambit_spectrum_power(&s[AMBIT_BAD], part, frequency);
    say(l->to,
        "Power has changed most at %s %" PRId64 ", frequency %" PRId64 " of %" PRId64
        ": %.3g times that of clean data (%.3g against %.3g).",
        s->shape.channels ? "channel" : "element", part, frequency, s->frequencies - 1,
        clean > 0 ? bad / clean : INFINITY, bad, clean);
}

/* Spectra of both kinds from the samples of even episodes, of odd ones, and of all. */
static ambit_status compare_spectra(looker *l) {
    enum { EVEN, ODD, ALL, SUBSETS };
    const ambit_spectrum_shape shape = spectrum_shape(l);
    ambit_spectrum s[SUBSETS][AMBIT_KINDS];
    ambit_status status = AMBIT_OK;
    memset(s, 0, sizeof s);
    for (int i = 0; i < SUBSETS * AMBIT_KINDS && status == AMBIT_OK; i++)
        status = ambit_spectrum_create(&shape, &s[i / AMBIT_KINDS][i % AMBIT_KINDS]);
    for (int kind = 0; kind < AMBIT_KINDS && status == AMBIT_OK; kind++)
        for (int64_t i = 0; i < l->sets[kind].count; i++) {
            const float *x = l->sets[kind].x + i * l->size;
            ambit_spectrum_add(&s[l->sets[kind].episode[i] % 2 ? ODD : EVEN][kind], x);
            ambit_spectrum_add(&s[ALL][kind], x);
        }
    if (status == AMBIT_OK) {
        double half[SUBSETS];
        for (int subset = 0; subset < SUBSETS; subset++)
            half[subset] = ambit_spectrum_bound(&s[subset][0], &s[subset][1], .5);
        for (int i = 0; i < AMBIT_QUICK_SHARES; i++)
            l->to->spectrum[i] = ambit_spectrum_bound(&s[ALL][0], &s[ALL][1], shares[i]);
        l->to->spectrum_interval = halves_range(half[ALL], half[EVEN], half[ODD]);
        say_where(l, s[ALL]);
    }
    for (int i = 0; i < SUBSETS * AMBIT_KINDS; i++)
        ambit_spectrum_destroy(&s[i / AMBIT_KINDS][i % AMBIT_KINDS]);
    return status;
}

/* ---- differences of recording ---- */

/* Mean distance from one step of the chunk to the next. */
static double speed_of(const looker *l, const float *x) {
    const int64_t width = l->shape->chunk_width;
    double sum = 0;
    for (int64_t t = 1; t < l->shape->chunk_steps; t++) {
        double square = 0;
        for (int64_t e = 0; e < width; e++) {
            const double d = (double)x[t * width + e] - (double)x[(t - 1) * width + e];
            square += d * d;
        }
        sum += sqrt(square);
    }
    return sum;
}

/* Steps at the end that are all alike, or all 0. Normalisation differs from step to step, so that
 * a repeated value is found by its neighbours' ratio only where it is 0; chunks are compared as
 * stored. */
static double padding_of(const looker *l, const float *x) {
    const ambit_normaliser *n = ambit_mixture_normaliser(l->mixture);
    const int64_t width = l->shape->chunk_width;
    for (int64_t t = l->shape->chunk_steps - 1; t > 0; t--)
        for (int64_t e = 0; e < width; e++) {
            const int64_t here = t * width + e, before = here - width;
            const double now =
                n->chunk_scale[here] != 0
                    ? (double)x[here] / (double)n->chunk_scale[here] + (double)n->chunk_shift[here]
                    : 0;
            const double then = n->chunk_scale[before] != 0
                                    ? (double)x[before] / (double)n->chunk_scale[before] +
                                          (double)n->chunk_shift[before]
                                    : 0;
            if (fabs(now - then) > 1e-5 * (fabs(now) + fabs(then)) + 1e-9)
                return (double)(l->shape->chunk_steps - 1 - t);
        }
    return (double)l->shape->chunk_steps;
}

typedef struct {
    double value;
    int kind;
} ranked;

static int by_value(const void *a, const void *b) {
    const double x = ((const ranked *)a)->value, y = ((const ranked *)b)->value;
    return (x > y) - (x < y);
}

/* P(value of a bad sample > value of a clean one), ties by half. */
static ambit_status auc_of(const looker *l, double (*value)(const looker *, const float *),
                           double *auc) {
    const int64_t count = l->sets[0].count + l->sets[1].count;
    ranked *all;
    int64_t n = 0;
    double pairs = 0, clean_below = 0;
    AMBIT_TRY(ambit_allocate(&all, (size_t)count, sizeof *all, "ranks"));
    for (int kind = 0; kind < AMBIT_KINDS; kind++)
        for (int64_t i = 0; i < l->sets[kind].count; i++)
            all[n++] = (ranked){value(l, l->sets[kind].x + i * l->size), kind};
    qsort(all, (size_t)count, sizeof *all, by_value);
    for (int64_t i = 0; i < count;) {
        double tied[AMBIT_KINDS] = {0};
        int64_t end = i;
        for (; end < count && all[end].value == all[i].value; end++)
            tied[all[end].kind] += 1;
        pairs += tied[AMBIT_BAD] * (clean_below + .5 * tied[AMBIT_CLEAN]);
        clean_below += tied[AMBIT_CLEAN];
        i = end;
    }
    free(all);
    *auc = pairs / ((double)l->sets[AMBIT_BAD].count * (double)l->sets[AMBIT_CLEAN].count);
    return AMBIT_OK;
}

static void say_auc(looker *l, const char *what, const char *more, const char *less, double auc) {
    static const double telling = .9;
    const double either = fmax(auc, 1 - auc);
    if (either > telling)
        say(l->to,
            "%s alone tells them apart (AUC %.3f): bad samples are %s than clean ones. Is that "
            "what "
            "makes them bad, or how they were recorded?",
            what, either, auc > .5 ? more : less);
}

/* An element whose values have another mean or another spread in all of the chunk. */
static void say_elements(looker *l) {
    const int64_t width = l->shape->chunk_width, steps = l->shape->chunk_steps;
    for (int64_t e = 0; e < width; e++) {
        double mean[AMBIT_KINDS], spread[AMBIT_KINDS];
        for (int kind = 0; kind < AMBIT_KINDS; kind++) {
            double sum = 0, square = 0;
            const sample_set *set = &l->sets[kind];
            for (int64_t i = 0; i < set->count; i++)
                for (int64_t t = 0; t < steps; t++) {
                    const double x = (double)set->x[i * l->size + t * width + e];
                    sum += x;
                    square += x * x;
                }
            const double count = (double)(set->count * steps);
            mean[kind] = sum / count;
            spread[kind] = sqrt(fmax(square / count - mean[kind] * mean[kind], 0));
        }
        const double wide = fmax(spread[0], spread[1]), narrow = fmin(spread[0], spread[1]);
        if (fabs(mean[0] - mean[1]) > .5 * wide && wide > 0)
            say(l->to,
                "Element %" PRId64
                " lies elsewhere: its mean is %.3g in bad samples, %.3g in clean "
                "ones (normalised). Is its origin or its unit the same?",
                e, mean[AMBIT_BAD], mean[AMBIT_CLEAN]);
        else if (wide > 1.4 * narrow)
            say(l->to,
                "Element %" PRId64 " has another scale: it spreads %.3g in bad samples, %.3g in "
                "clean ones (normalised). Is its unit, or the time between steps, the same?",
                e, spread[AMBIT_BAD], spread[AMBIT_CLEAN]);
    }
}

static ambit_status compare_recording(looker *l) {
    if (l->settings->network.patch > 0)
        return AMBIT_OK;
    AMBIT_TRY(auc_of(l, speed_of, &l->to->speed_auc));
    AMBIT_TRY(auc_of(l, padding_of, &l->to->padding_auc));
    say_auc(l, "Speed", "faster", "slower", l->to->speed_auc);
    say_auc(l, "Padding", "padded more", "padded less", l->to->padding_auc);
    say_elements(l);
    return AMBIT_OK;
}

/* ---- all of it ---- */

static ambit_status look(looker *l) {
    /* two densities of size² operations for each sample, level and use */
    const double affordable = 1e10 / (4.0 * LEVELS * (double)l->size * (double)l->size);
    const int64_t most = affordable > SAMPLES ? SAMPLES
                         : affordable < 512   ? 512
                                              : (int64_t)affordable;
    const int64_t unseen = ambit_sample_condition_size(l->shape, AMBIT_CONDITION_STATE);
    AMBIT_TRY(ambit_allocate(&l->scratch, (size_t)(2 * l->size + unseen), sizeof *l->scratch,
                             "a sample"));
    AMBIT_TRY(read_kind(l, AMBIT_BAD, most));
    AMBIT_TRY(read_kind(l, AMBIT_CLEAN, most));
    AMBIT_TRY(discriminate(l));
    AMBIT_TRY(compare_spectra(l));
    return compare_recording(l);
}

ambit_status ambit_quick_look(const ambit_annotation_target *target, ambit_quick *quick) {
    ambit_settings settings = *ambit_config_settings(target->base->config);
    looker l = {.target = target, .settings = &settings, .to = quick};
    memset(quick, 0, sizeof *quick);
    settings.data.camera.count = settings.data.text.count = 0; /* nothing but chunks is looked at */
    settings.data.caption = "";
    for (int s = 0; s < settings.data.source_count; s++)
        if (!ambit_target_is_clean(target, s))
            settings.data.sources[s].sigma_min = .5; /* not what it is, but that it is not clean */
    ambit_status status = ambit_experiment_mixture(&settings, &l.mixture);
    if (status == AMBIT_OK) {
        l.shape = ambit_mixture_shape(l.mixture);
        l.size = ambit_sample_chunk_size(l.shape);
        status = look(&l);
    }
    for (int kind = 0; kind < AMBIT_KINDS; kind++) {
        free(l.sets[kind].x);
        free(l.sets[kind].episode);
    }
    free(l.scratch);
    ambit_answers_destroy(&l.answers);
    ambit_mixture_close(l.mixture);
    return status;
}

void ambit_quick_print(const char *source, const ambit_quick *q) {
    ambit_say(stdout, "%s: a quick look at %" PRId64 " bad and %" PRId64 " clean samples\n", source,
              q->samples[AMBIT_BAD], q->samples[AMBIT_CLEAN]);
    if (q->has_discriminant)
        ambit_say(stdout,
                  "  quadratic discriminant  σ_min %.3f  [%.3f, %.3f]  a floor: it sees means and "
                  "correlations alone\n",
                  q->bound, q->interval.low, q->interval.high);
    else
        ambit_say(stdout, "  quadratic discriminant  none: samples have more than %d numbers\n",
                  AMBIT_GAUSSIAN_MOST);
    ambit_say(
        stdout,
        "  spectrum                σ_min %.3f  [%.3f, %.3f]  noise twice the difference in power; "
        "%.3f where it equals that, %.3f where it is four times\n",
        q->spectrum[1], q->spectrum_interval.low, q->spectrum_interval.high, q->spectrum[0],
        q->spectrum[2]);
    for (int i = 0; i < q->word_count; i++)
        ambit_say(stdout, "  ! %s\n", q->words[i]);
}
