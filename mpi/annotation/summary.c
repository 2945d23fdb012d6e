#include "summary.h"

#include "../../datasets/files.h"
#include "../records/json.h"
#include "../records/say.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEW_EPISODES = 50 };

/* Differences from here on are worth a word. */
static const double wide = .1, far_apart = .05, badly_calibrated = .05;

void ambit_summary_say(ambit_annotation_summary *summary, const char *format, ...) {
    va_list arguments;
    if (summary->word_count == AMBIT_MOST_WORDS)
        return;
    va_start(arguments, format);
    vsnprintf(summary->words[summary->word_count++], AMBIT_WORDS_SIZE, format, arguments);
    va_end(arguments);
}

/* ---- words ---- */

static void say_extremes(ambit_annotation_summary *s, int levels) {
    if (s->bound <= 0)
        ambit_summary_say(
            s,
            "The classifier never tells the two apart (AUC %.3f at the lowest noise): "
            "either they are alike, and this source may be used everywhere, or the "
            "classifier is too weak; try more annotation.steps or another kind.",
            s->separation.auc[0]);
    if (s->bound >= 1)
        ambit_summary_say(s,
                          "The classifier tells the two apart at every noise level (AUC %.3f at "
                          "σ %.3f): something without noise gives the source away, or the "
                          "classifier knows the clean episodes by heart; this bound is useless.",
                          s->separation.auc[levels - 1], .9999);
}

static void say_doubts(const ambit_annotated *a, ambit_annotation_summary *s) {
    const ambit_answers *answers = &a->annotation.answers;
    double least = 1, most = 0, worst = 0, worst_sigma = 0;
    for (int f = 0; f < a->fold_count; f++) {
        least = fmin(least, s->folds[f]);
        most = fmax(most, s->folds[f]);
    }
    for (int level = 0; level < answers->level_count; level++)
        if (s->separation.miscalibration[level] > worst) {
            worst = s->separation.miscalibration[level];
            worst_sigma = answers->sigmas[level];
        }
    if (answers->episodes[AMBIT_CLEAN] < FEW_EPISODES)
        ambit_summary_say(s,
                          "Only %" PRId64 " clean episodes: a classifier may learn them by heart, "
                          "and the bound comes out too high.",
                          answers->episodes[AMBIT_CLEAN]);
    if (s->quick->has_discriminant && s->interval.high < s->quick->interval.low)
        ambit_summary_say(
            s,
            "A discriminant of means and correlations alone finds %.3f, more than the "
            "classifier: it is undertrained; try more annotation.steps.",
            s->quick->bound);
    if (s->interval.high - s->interval.low > wide)
        ambit_summary_say(s, "The interval is wide; more clean episodes would narrow it.");
    if (most - least > wide)
        ambit_summary_say(s, "Folds disagree: their bounds lie from %.3f to %.3f.", least, most);
    if (fabs(s->by_mean - s->bound) > far_apart)
        ambit_summary_say(s,
                          "The mean answer to bad samples says %.3f, Brier's score %.3f: the "
                          "classifier is overconfident or not calibrated.",
                          s->by_mean, s->bound);
    if (worst > badly_calibrated)
        ambit_summary_say(s,
                          "Answers are off by %.3f on average at σ %.3f, calibrated as they are.",
                          worst, worst_sigma);
}

/* ---- making ---- */

static ambit_status bound_folds(const ambit_annotated *a, ambit_annotation_summary *s) {
    const ambit_answers *answers = &a->annotation.answers;
    int64_t *times[AMBIT_KINDS] = {NULL};
    ambit_status status = AMBIT_OK;
    for (int kind = 0; kind < AMBIT_KINDS && status == AMBIT_OK; kind++)
        status =
            ambit_allocate(&times[kind], (size_t)answers->episodes[kind], sizeof(int64_t), "folds");
    for (int f = 0; f < a->fold_count && status == AMBIT_OK; f++) {
        const int64_t *const of_fold[AMBIT_KINDS] = {times[0], times[1]};
        ambit_separation separation;
        for (int kind = 0; kind < AMBIT_KINDS; kind++)
            for (int64_t e = 0; e < answers->episodes[kind]; e++)
                times[kind][e] = a->folds[kind][e] == f;
        ambit_separation_of(answers, of_fold, &separation);
        s->folds[f] = ambit_separation_bound(answers, &separation, s->threshold);
    }
    free(times[0]);
    free(times[1]);
    return status;
}

ambit_status ambit_summary_make(const ambit_annotation_target *target,
                                const ambit_annotated *annotated, const ambit_quick *quick,
                                ambit_annotation_summary *summary) {
    const ambit_settings *settings = ambit_config_settings(target->base->config);
    const ambit_answers *answers = &annotated->annotation.answers;
    *summary = (ambit_annotation_summary){.source = settings->data.sources[target->source].name,
                                          .clean = "",
                                          .quick = quick,
                                          .threshold = settings->annotation.threshold};
    for (int s = settings->data.source_count - 1; s >= 0; s--)
        if (ambit_target_is_clean(target, s))
            summary->clean = settings->data.sources[s].name;
    for (int kind = 0; kind < AMBIT_KINDS; kind++)
        for (int64_t e = 0; e < answers->episodes[kind]; e++)
            summary->samples[kind] += answers->sums[kind][e * answers->level_count].count;
    ambit_separation_of(answers, NULL, &summary->separation);
    summary->bound = ambit_separation_bound(answers, &summary->separation, summary->threshold);
    summary->by_mean =
        ambit_separation_bound_by_mean(answers, &summary->separation, summary->threshold);
    AMBIT_TRY(ambit_separation_intervals(
        answers, summary->threshold, (int)settings->annotation.replicates,
        (uint64_t)settings->run.seed, &summary->interval, summary->variation));
    AMBIT_TRY(bound_folds(annotated, summary));
    say_extremes(summary, answers->level_count);
    say_doubts(annotated, summary);
    return AMBIT_OK;
}

/* ---- writing ---- */

static json_t *words_to_json(int count, const char *words, size_t stride) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        ambit_json_append(&list, ambit_json_text(words + (size_t)i * stride));
    return list;
}

static json_t *quick_to_json(const ambit_quick *q) {
    const double none = NAN;
    const int has = q->has_discriminant;
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "discriminant",
                     ambit_json_real(has ? q->bound : none), "low",
                     ambit_json_real(has ? q->interval.low : none), "high",
                     ambit_json_real(has ? q->interval.high : none), "spectrum",
                     ambit_json_reals(q->spectrum, AMBIT_QUICK_SHARES), "speed_auc",
                     ambit_json_real(q->speed_auc), "padding_auc", ambit_json_real(q->padding_auc),
                     "words", words_to_json(q->word_count, q->words[0], AMBIT_QUICK_WORD));
}

static json_t *to_json(const ambit_annotated *a, const ambit_annotation_summary *s) {
    const ambit_answers *answers = &a->annotation.answers;
    const ambit_separation *is = &s->separation;
    const int levels = answers->level_count;
    double low[AMBIT_MOST_LEVELS], high[AMBIT_MOST_LEVELS];
    for (int i = 0; i < levels; i++) {
        low[i] = s->variation[i].low;
        high[i] = s->variation[i].high;
    }
    return json_pack(
        "{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:{s:I,s:I},s:{s:I,s:I},s:o,s:o,s:o,s:o,s:o,s:o,s:o,"
        "s:o,s:o,s:o,s:o}",
        "source", ambit_json_text(s->source), "clean", ambit_json_text(s->clean), "threshold",
        ambit_json_real(s->threshold), "sigma_min", ambit_json_real(s->bound), "low",
        ambit_json_real(s->interval.low), "high", ambit_json_real(s->interval.high), "by_mean",
        ambit_json_real(s->by_mean), "folds", ambit_json_reals(s->folds, a->fold_count),
        "fold_losses", ambit_json_reals(a->fold_losses, a->fold_count), "episodes", "bad",
        (json_int_t)answers->episodes[AMBIT_BAD], "clean",
        (json_int_t)answers->episodes[AMBIT_CLEAN], "samples", "bad",
        (json_int_t)s->samples[AMBIT_BAD], "clean", (json_int_t)s->samples[AMBIT_CLEAN], "levels",
        ambit_json_reals(answers->sigmas, levels), "apart", ambit_json_reals(is->apart, levels),
        "variation", ambit_json_reals(is->variation, levels), "variation_low",
        ambit_json_reals(low, levels), "variation_high", ambit_json_reals(high, levels), "auc",
        ambit_json_reals(is->auc, levels), "miscalibration",
        ambit_json_reals(is->miscalibration, levels), "clean_mean",
        ambit_json_reals(is->clean_mean, levels), "bad_mean",
        ambit_json_reals(is->bad_mean, levels), "quick", quick_to_json(s->quick), "words",
        words_to_json(s->word_count, s->words[0], AMBIT_WORDS_SIZE));
}

ambit_status ambit_summary_write(const char *folder, const ambit_annotated *annotated,
                                 const ambit_annotation_summary *summary) {
    char path[PATH_MAX], *text = NULL;
    size_t size;
    json_t *value = to_json(annotated, summary);
    snprintf(path, sizeof path, "%.4000s/summary.json", folder);
    ambit_status status = ambit_json_line(value, path, &text, &size);
    if (status == AMBIT_OK)
        status = ambit_write_file(path, text, size);
    free(text);
    json_decref(value);
    return status;
}

/* ---- printing ---- */

static void print_levels(const ambit_annotated *a, const ambit_annotation_summary *s) {
    const ambit_answers *answers = &a->annotation.answers;
    ambit_say(stdout, "  %8s %10s %22s %8s %14s\n", "σ", "1-4·Brier", "total variation", "AUC",
              "miscalibration");
    for (int level = 2; level < answers->level_count; level += 4)
        ambit_say(stdout, "  %7.3f %10.3f     %5.3f [%5.3f, %5.3f] %8.3f %14.3f\n",
                  answers->sigmas[level], s->separation.apart[level],
                  s->separation.variation[level], s->variation[level].low, s->variation[level].high,
                  s->separation.auc[level], s->separation.miscalibration[level]);
}

void ambit_summary_print(const ambit_annotated *a, const ambit_annotation_summary *s) {
    const ambit_answers *answers = &a->annotation.answers;
    double loss = 0;
    for (int f = 0; f < a->fold_count; f++)
        loss += a->fold_losses[f] / a->fold_count;
    ambit_say(stdout, "%s: σ_min %.3f  [%.3f, %.3f]  at threshold %.3g\n", s->source, s->bound,
              s->interval.low, s->interval.high, s->threshold);
    ambit_say(stdout,
              "  from %" PRId64 " answers to bad samples of %" PRId64 " episodes and %" PRId64
              " to clean ones of %" PRId64 ", none by a classifier that saw the episode\n"
              "  σ_min is where 1 − 4·Brier, 0 for data that are alike, falls to %.3g\n",
              s->samples[AMBIT_BAD], answers->episodes[AMBIT_BAD], s->samples[AMBIT_CLEAN],
              answers->episodes[AMBIT_CLEAN], 1 - 2 * s->threshold);
    ambit_say(stdout,
              "  held-out cross-entropy of the folds' classifiers %.3f (undecided: 0.693)\n", loss);
    print_levels(a, s);
    for (int i = 0; i < s->word_count; i++)
        ambit_say(stdout, "  ! %s\n", s->words[i]);
}
