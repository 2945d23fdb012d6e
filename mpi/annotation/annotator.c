#include "annotator.h"

#include "../../core/method/calibration.h"
#include "scorer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 35, REPEATS = 2, CURVE_REPEATS = 4, CALIBRATED = 4096 };

typedef struct {
    const ambit_ranks *ranks;
    const ambit_annotation_target *target;
    const ambit_settings *settings; /* of the annotation */
    ambit_annotated *to;
    ambit_answers *answers;
    ambit_fold fold;
    int number;                                /* of the fold in hand */
    int64_t first_episode[AMBIT_MOST_SOURCES]; /* of a source's, counted over sources of its kind */
    int64_t *places[AMBIT_KINDS]; /* row of each episode in the answers, −1: none yet */
    ambit_calibration calibrations[LEVELS];
} annotator;

/* ---- samples of a part, spread evenly ---- */

/* `count` samples of a class of the part in hand. */
typedef struct {
    ambit_part part;
    int class_index, source;
    ambit_kind kind;
    int64_t all, count;
} selection;

static int64_t ordinal_of(const selection *s, int64_t i) {
    return s->all / s->count * i + s->all % s->count * i / s->count; /* i·all/count */
}

/* The class's share of `most` samples of its kind. Sources that take no part weigh 0. */
static selection select_class(const annotator *a, ambit_part part, int class_index, int64_t most) {
    int count;
    const ambit_class *classes = ambit_mixture_classes(a->fold.mixture, part, &count);
    const ambit_class *class = &classes[class_index];
    const int clean = ambit_class_is_clean(class);
    selection s = {.part = part,
                   .class_index = class_index,
                   .source = class->source,
                   .kind = clean ? AMBIT_CLEAN : AMBIT_BAD,
                   .all = class->count};
    double kin = 0;
    for (int c = 0; c < count; c++)
        if (ambit_class_is_clean(&classes[c]) == clean && classes[c].weight > 0)
            kin += (double)classes[c].count;
    if (class->weight > 0)
        s.count = llround(fmin((double)class->count, (double)most * (double)class->count / kin));
    return s;
}

static int class_count(const annotator *a, ambit_part part) {
    int count;
    ambit_mixture_classes(a->fold.mixture, part, &count);
    return count;
}

/* This rank's share of `count` things in a row. */
static void own_share(const ambit_ranks *ranks, int64_t count, int64_t *first, int64_t *own) {
    *first = count / ranks->size * ranks->rank + count % ranks->size * ranks->rank / ranks->size;
    const int64_t next = ranks->rank + 1;
    *own = count / ranks->size * next + count % ranks->size * next / ranks->size - *first;
}

/* ---- episodes ---- */

/* Rows of the answers are given to episodes in the order in which their samples are selected, the
 * same on every rank. */
static void place_episodes(annotator *a, const selection *s) {
    for (int64_t i = 0; i < s->count; i++) {
        int64_t step, episode;
        ambit_mixture_locate(a->fold.mixture, s->part, s->class_index, ordinal_of(s, i), &step,
                             &episode);
        int64_t *place = &a->places[s->kind][a->first_episode[s->source] + episode];
        if (*place >= 0)
            continue;
        *place = a->answers->episodes[s->kind]++;
        a->to->folds[s->kind][*place] = (unsigned char)a->number;
    }
}

static ambit_status prepare_episodes(annotator *a) {
    int64_t episodes[AMBIT_KINDS] = {0}, rows[AMBIT_KINDS];
    double sigmas[LEVELS];
    const int64_t most = a->settings->annotation.samples + 2 * a->settings->annotation.folds;
    for (int s = 0; s < a->settings->data.source_count; s++) {
        const int clean = ambit_target_is_clean(a->target, s);
        const ambit_store *store = ambit_mixture_store(a->fold.mixture, s);
        a->first_episode[s] = episodes[clean ? AMBIT_CLEAN : AMBIT_BAD];
        if (clean || s == a->target->source)
            episodes[clean ? AMBIT_CLEAN : AMBIT_BAD] += ambit_store_episode_count(store);
    }
    for (int kind = 0; kind < AMBIT_KINDS; kind++) {
        rows[kind] = episodes[kind] < most ? episodes[kind] : most;
        AMBIT_TRY(
            ambit_allocate(&a->places[kind], (size_t)episodes[kind], sizeof(int64_t), "episodes"));
        AMBIT_TRY(ambit_allocate(&a->to->folds[kind], (size_t)rows[kind], 1, "episodes"));
        memset(a->places[kind], -1, (size_t)episodes[kind] * sizeof(int64_t));
    }
    ambit_levels(LEVELS, sigmas);
    AMBIT_TRY(ambit_answers_create(LEVELS, sigmas, rows[AMBIT_BAD], rows[AMBIT_CLEAN], a->answers));
    a->answers->episodes[AMBIT_BAD] = a->answers->episodes[AMBIT_CLEAN] = 0;
    return AMBIT_OK;
}

/* ---- calibration ---- */

/* Logits of the samples of all classes one after the other, [samples][levels × repeats]. */
typedef struct {
    const selection *selection;
    float *logits;
    unsigned char *labels; /* [samples] */
} gathering;

static int64_t gathered_ordinal(const void *context, int64_t i) {
    return ordinal_of(((const gathering *)context)->selection, i);
}

static void gather_logits(void *context, int64_t i, const ambit_sample *sample,
                          const float *logits) {
    gathering *g = context;
    (void)sample;
    memcpy(g->logits + i * LEVELS * REPEATS, logits, LEVELS * REPEATS * sizeof *logits);
    g->labels[i] = g->selection->kind == AMBIT_CLEAN;
}

/* Fits each level's calibration to what all ranks gathered. */
static ambit_status fit_levels(annotator *a, const gathering *all, int64_t samples) {
    float *logits = NULL;
    unsigned char *labels = NULL;
    ambit_status status =
        ambit_allocate(&logits, (size_t)samples * REPEATS, sizeof *logits, "answers to calibrate");
    if (status == AMBIT_OK)
        status = ambit_allocate(&labels, (size_t)samples * REPEATS, 1, "answers to calibrate");
    for (int level = 0; level < LEVELS && status == AMBIT_OK; level++) {
        for (int64_t i = 0; i < samples * REPEATS; i++) {
            logits[i] = all->logits[(i / REPEATS * LEVELS + level) * REPEATS + i % REPEATS];
            labels[i] = all->labels[i / REPEATS];
        }
        a->calibrations[level] = ambit_calibrate(logits, labels, samples * REPEATS);
    }
    free(logits);
    free(labels);
    return status;
}

/* Every rank scores its share; the sum over ranks, each of which has zeros elsewhere, is all. */
static ambit_status calibrate_by(annotator *a, ambit_scorer *scorer, gathering *all,
                                 int64_t samples) {
    const int classes = class_count(a, AMBIT_PART_HELDOUT);
    ambit_status status = AMBIT_OK;
    gathering part = *all;
    for (int c = 0; c < classes && status == AMBIT_OK; c++) {
        const selection s = select_class(a, AMBIT_PART_HELDOUT, c, CALIBRATED);
        ambit_scoring scoring = {.part = s.part,
                                 .class_index = c,
                                 .at = gathered_ordinal,
                                 .take = gather_logits,
                                 .context = &part};
        part.selection = &s;
        own_share(a->ranks, s.count, &scoring.first, &scoring.count);
        status = ambit_scorer_run(scorer, &scoring);
        part.logits += s.count * LEVELS * REPEATS;
        part.labels += s.count;
    }
    AMBIT_TRY(ambit_agree_on_work(a->ranks, status));
    AMBIT_WAIT(MPI_Allreduce(MPI_IN_PLACE, all->logits, (int)(samples * LEVELS * REPEATS),
                             MPI_FLOAT, MPI_SUM, a->ranks->world));
    AMBIT_WAIT(MPI_Allreduce(MPI_IN_PLACE, all->labels, (int)samples, MPI_UNSIGNED_CHAR, MPI_SUM,
                             a->ranks->world));
    return ambit_agree(a->ranks, fit_levels(a, all, samples));
}

static ambit_status calibrate(annotator *a, ambit_scorer *scorer) {
    int64_t samples = 0;
    gathering all = {.logits = NULL};
    for (int c = 0; c < class_count(a, AMBIT_PART_HELDOUT); c++)
        samples += select_class(a, AMBIT_PART_HELDOUT, c, CALIBRATED).count;
    ambit_status status = ambit_allocate(&all.logits, (size_t)samples * LEVELS * REPEATS,
                                         sizeof *all.logits, "answers to calibrate");
    if (status == AMBIT_OK)
        status = ambit_allocate(&all.labels, (size_t)samples, 1, "answers to calibrate");
    status = ambit_agree(a->ranks, status);
    if (status == AMBIT_OK)
        status = calibrate_by(a, scorer, &all, samples);
    free(all.logits);
    free(all.labels);
    return status;
}

/* ---- the source's answers ---- */

typedef struct {
    annotator *annotator;
    const selection *selection;
} scored;

static int64_t scored_ordinal(const void *context, int64_t i) {
    return ordinal_of(((const scored *)context)->selection, i);
}

static void take_answers(void *context, int64_t i, const ambit_sample *sample,
                         const float *logits) {
    const scored *s = context;
    annotator *a = s->annotator;
    const int kind = s->selection->kind;
    const int64_t first = a->first_episode[s->selection->source];
    const int64_t row = a->places[kind][first + sample->episode];
    (void)i;
    for (int level = 0; level < LEVELS; level++)
        for (int repeat = 0; repeat < REPEATS; repeat++)
            ambit_answers_add(a->answers, (ambit_kind)kind, row, level,
                              ambit_calibrated(&a->calibrations[level],
                                               (double)logits[level * REPEATS + repeat]));
}

static ambit_status score_source(annotator *a, ambit_scorer *scorer) {
    const int64_t most = a->settings->annotation.samples / a->settings->annotation.folds + 1;
    for (int c = 0; c < class_count(a, AMBIT_PART_SCORED); c++) {
        const selection s = select_class(a, AMBIT_PART_SCORED, c, most);
        scored context = {a, &s};
        ambit_scoring scoring = {.part = s.part,
                                 .class_index = c,
                                 .at = scored_ordinal,
                                 .take = take_answers,
                                 .context = &context};
        place_episodes(a, &s);
        own_share(a->ranks, s.count, &scoring.first, &scoring.count);
        AMBIT_TRY(ambit_scorer_run(scorer, &scoring));
    }
    return AMBIT_OK;
}

/* ---- curves of bad samples ---- */

typedef struct {
    const ambit_calibration *calibrations; /* [AMBIT_CURVE_LEVELS] */
    uint16_t *curves;                      /* of this rank's samples, from `first` on */
    int64_t first;
} curves;

static void take_curve(void *context, int64_t i, const ambit_sample *sample, const float *logits) {
    const curves *to = context;
    uint16_t *curve = to->curves + (i - to->first) * AMBIT_CURVE_LEVELS;
    (void)sample;
    for (int level = 0; level < AMBIT_CURVE_LEVELS; level++) {
        double sum = 0;
        for (int repeat = 0; repeat < CURVE_REPEATS; repeat++)
            sum += ambit_calibrated(&to->calibrations[level],
                                    (double)logits[level * CURVE_REPEATS + repeat]);
        curve[level] = (uint16_t)lround(sum / CURVE_REPEATS * AMBIT_ANSWER_UNIT);
    }
}

/* Calibrations between levels lie straight between theirs. */
static void interpolate(const annotator *a, const double sigmas[AMBIT_CURVE_LEVELS],
                        ambit_calibration to[AMBIT_CURVE_LEVELS]) {
    const double *levels = a->answers->sigmas;
    for (int i = 0; i < AMBIT_CURVE_LEVELS; i++) {
        int k = 1;
        while (k < LEVELS - 1 && levels[k] < sigmas[i])
            k++;
        const double u = (sigmas[i] - levels[k - 1]) / (levels[k] - levels[k - 1]);
        const ambit_calibration *low = &a->calibrations[k - 1], *high = &a->calibrations[k];
        to[i].slope = low->slope + u * (high->slope - low->slope);
        to[i].offset = low->offset + u * (high->offset - low->offset);
    }
}

/* Puts the curves of rank `rank`'s samples where their steps are. */
static void put_curves(const annotator *a, const selection *s, int64_t first, int64_t count,
                       const uint16_t *from) {
    for (int64_t i = 0; i < count; i++) {
        int64_t step, episode;
        ambit_mixture_locate(a->fold.mixture, s->part, s->class_index, first + i, &step, &episode);
        memcpy(a->to->annotation.curves + step * AMBIT_CURVE_LEVELS, from + i * AMBIT_CURVE_LEVELS,
               AMBIT_CURVE_LEVELS * sizeof *from);
    }
}

enum { PIECE = 1 << 20 }; /* samples whose curves are gathered at a time */

/* Rank 0 takes the others' curves in pieces, in the order of ranks. */
static void collect_curves(const annotator *a, const selection *s, const curves *own,
                           int64_t own_count, uint16_t *room) {
    for (int rank = 0; rank < a->ranks->size; rank++) {
        ambit_ranks as = *a->ranks;
        int64_t first, count;
        as.rank = rank;
        own_share(&as, s->count, &first, &count);
        if (rank == 0 && a->ranks->rank == 0)
            put_curves(a, s, first, own_count, own->curves);
        for (int64_t done = 0; rank > 0 && done < count; done += PIECE) {
            const int64_t piece = count - done < PIECE ? count - done : PIECE;
            const int64_t numbers = piece * AMBIT_CURVE_LEVELS;
            if (a->ranks->rank == rank || a->ranks->rank == 0)
                ambit_hand_over(a->ranks, rank, own->curves + done * AMBIT_CURVE_LEVELS, room,
                                numbers * (int64_t)sizeof *room);
            if (a->ranks->rank == 0)
                put_curves(a, s, first + done, piece, room);
        }
    }
}

static ambit_status score_class_curves(annotator *a, ambit_scorer *scorer, const selection *s,
                                       const ambit_calibration *calibrations) {
    curves own = {.calibrations = calibrations};
    ambit_scoring scoring = {
        .part = s->part, .class_index = s->class_index, .take = take_curve, .context = &own};
    uint16_t *room = NULL;
    own_share(a->ranks, s->count, &scoring.first, &scoring.count);
    own.first = scoring.first;
    const size_t width = AMBIT_CURVE_LEVELS * sizeof *own.curves;
    ambit_status status = ambit_allocate(&own.curves, (size_t)scoring.count, width, "curves");
    if (status == AMBIT_OK && a->ranks->rank == 0 && a->ranks->size > 1)
        status = ambit_allocate(&room, PIECE, width, "curves");
    if (status == AMBIT_OK)
        status = ambit_scorer_run(scorer, &scoring);
    status = ambit_agree_on_work(a->ranks, status);
    if (status == AMBIT_OK)
        collect_curves(a, s, &own, scoring.count, room);
    free(own.curves);
    free(room);
    return status;
}

static ambit_status score_curves(annotator *a) {
    ambit_calibration calibrations[AMBIT_CURVE_LEVELS];
    ambit_passes passes = {.levels = AMBIT_CURVE_LEVELS, .repeats = CURVE_REPEATS};
    ambit_scorer scorer;
    ambit_levels(AMBIT_CURVE_LEVELS, passes.sigmas);
    interpolate(a, passes.sigmas, calibrations);
    ambit_status status =
        ambit_scorer_create(a->fold.settings, a->fold.mixture, a->fold.draw, a->fold.weights,
                            a->fold.weight_count, a->fold.team, &passes, &scorer);
    status = ambit_agree(a->ranks, status);
    for (int c = 0; c < class_count(a, AMBIT_PART_SCORED) && status == AMBIT_OK; c++) {
        const selection s = select_class(a, AMBIT_PART_SCORED, c, INT64_MAX);
        if (s.kind == AMBIT_BAD && s.count > 0)
            status = score_class_curves(a, &scorer, &s, calibrations);
    }
    ambit_scorer_destroy(&scorer);
    return status;
}

/* ---- all folds ---- */

static ambit_status score_fold(annotator *a) {
    ambit_passes passes = {.levels = LEVELS, .repeats = REPEATS};
    ambit_scorer scorer;
    memcpy(passes.sigmas, a->answers->sigmas, LEVELS * sizeof *passes.sigmas);
    ambit_status status =
        ambit_scorer_create(a->fold.settings, a->fold.mixture, a->fold.draw, a->fold.weights,
                            a->fold.weight_count, a->fold.team, &passes, &scorer);
    status = ambit_agree(a->ranks, status);
    if (status == AMBIT_OK)
        status = calibrate(a, &scorer);
    if (status == AMBIT_OK)
        status = ambit_agree_on_work(a->ranks, score_source(a, &scorer));
    ambit_scorer_destroy(&scorer);
    return status;
}

/* What only the first fold's data can tell. */
static ambit_status prepare(annotator *a) {
    ambit_annotation *to = &a->to->annotation;
    ambit_store *store = ambit_mixture_store(a->fold.mixture, a->target->source);
    snprintf(to->store, sizeof to->store, "%.1023s", ambit_store_folder(store));
    ambit_experiment_chunks(a->settings, to->chunks, sizeof to->chunks);
    to->steps = ambit_store_step_count(store);
    to->episodes = ambit_store_episode_count(store);
    ambit_levels(AMBIT_CURVE_LEVELS, to->curve_sigmas);
    if (a->settings->annotation.curves && a->ranks->rank == 0)
        AMBIT_TRY(ambit_allocate(&to->curves, (size_t)to->steps,
                                 AMBIT_CURVE_LEVELS * sizeof *to->curves, "curves of samples"));
    return prepare_episodes(a);
}

static ambit_status annotate_fold(annotator *a) {
    AMBIT_TRY(ambit_fold_open(a->ranks, a->target, a->number, &a->fold));
    if (a->number == 0)
        AMBIT_TRY_ALL(a->ranks, prepare(a));
    a->to->fold_losses[a->number] = a->fold.loss;
    AMBIT_TRY(score_fold(a));
    return a->settings->annotation.curves ? score_curves(a) : AMBIT_OK;
}

/* Adds up on rank 0 what ranks have: whole numbers, so the order does not matter. */
static void reduce(const ambit_ranks *ranks, void *numbers, int64_t count) {
    enum { AT_ONCE = 1 << 24 };
    for (int64_t done = 0; done < count; done += AT_ONCE) {
        int64_t *from = (int64_t *)numbers + done;
        const int piece = (int)(count - done < AT_ONCE ? count - done : AT_ONCE);
        AMBIT_WAIT(MPI_Reduce(ranks->rank == 0 ? MPI_IN_PLACE : from, from, piece, MPI_INT64_T,
                              MPI_SUM, 0, ranks->world));
    }
}

static void reduce_answers(const annotator *a) {
    const int64_t sums = sizeof(ambit_answer_sums) / sizeof(int64_t);
    for (int kind = 0; kind < AMBIT_KINDS; kind++)
        reduce(a->ranks, a->answers->sums[kind], a->answers->episodes[kind] * LEVELS * sums);
    reduce(a->ranks, a->answers->histogram, (int64_t)AMBIT_KINDS * LEVELS * AMBIT_ANSWER_BINS);
}

ambit_status ambit_annotate(const ambit_ranks *ranks, const ambit_annotation_target *target,
                            ambit_annotated *annotated) {
    annotator a = {.ranks = ranks,
                   .target = target,
                   .settings = ambit_config_settings(target->base->config),
                   .to = annotated,
                   .answers = &annotated->annotation.answers};
    ambit_status status = AMBIT_OK;
    memset(annotated, 0, sizeof *annotated);
    annotated->fold_count = (int)a.settings->annotation.folds;
    for (; a.number < annotated->fold_count && status == AMBIT_OK; a.number++) {
        status = annotate_fold(&a);
        ambit_fold_close(&a.fold);
    }
    if (status == AMBIT_OK) {
        reduce_answers(&a);
        status = ambit_agree(
            ranks, ranks->rank == 0 ? ambit_annotation_write(target->folder, &annotated->annotation)
                                    : AMBIT_OK);
    }
    for (int kind = 0; kind < AMBIT_KINDS; kind++)
        free(a.places[kind]);
    return status;
}

void ambit_annotated_destroy(ambit_annotated *annotated) {
    ambit_annotation_destroy(&annotated->annotation);
    for (int kind = 0; kind < AMBIT_KINDS; kind++)
        free(annotated->folds[kind]);
}
