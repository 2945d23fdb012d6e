#include "fold.h"

#include "../records/json.h"
#include "../run.h"
#include "../trainer.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the configuration ---- */

enum { VALIDATIONS = 20, VALIDATED = 8192, MOST_OVERRIDES = 3 * AMBIT_MOST_SOURCES + 64 };

/* KEY=VALUE texts, which the list owns. */
typedef struct {
    char *texts[MOST_OVERRIDES];
    int count;
    int short_of_memory;
} overrides;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
add(overrides *list, const char *format, ...) {
    va_list arguments;
    char text[512];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    list->texts[list->count] = strdup(text);
    list->short_of_memory |= !list->texts[list->count++];
}

static void free_overrides(overrides *list) {
    for (int i = 0; i < list->count; i++)
        free(list->texts[i]);
}

int ambit_target_is_clean(const ambit_annotation_target *target, int source) {
    return ambit_config_settings(target->base->config)->data.sources[source].sigma_min == 0;
}

/* Clean sources and the one in hand weigh 1; what the others' bounds are does not matter. */
static void choose_sources(const ambit_annotation_target *target, overrides *list) {
    const ambit_settings *base = ambit_config_settings(target->base->config);
    for (int s = 0; s < base->data.source_count; s++) {
        const int clean = ambit_target_is_clean(target, s);
        add(list, "data.sources.%d.share=0", s);
        add(list, "data.sources.%d.weight=%d", s, clean || s == target->source);
        if (!clean)
            add(list, "data.sources.%d.sigma_min=0.5", s);
    }
}

static void choose_network(const ambit_settings *base, overrides *list) {
    add(list, "network.kind=%s", ambit_network_name(base->annotation.kind));
    add(list, "network.width=%" PRId64, base->annotation.width);
    add(list, "network.depth=%" PRId64, base->annotation.depth);
    add(list, "network.heads=%" PRId64, base->annotation.heads);
    add(list, "network.conditioning=auto");
    add(list, "network.precondition=none");
    add(list, "network.whiten=%s",
        base->annotation.kind == AMBIT_NETWORK_MLP && base->network.patch == 0 ? "true" : "false");
    if (base->annotation.observation)
        return;
    add(list, "data.observation=[]");
    add(list, "data.camera=[]");
    add(list, "data.text=[]");
    add(list, "data.caption=");
    add(list, "eval.caption=");
    add(list, "network.drop=0");
    add(list, "sampler.guidance=1");
}

static void choose_training(const ambit_settings *base, int number, overrides *list) {
    const int64_t steps = base->annotation.steps;
    const int64_t every = steps / VALIDATIONS > 0 ? steps / VALIDATIONS : 1;
    add(list, "train.task=classify");
    add(list, "data.holdout=0");
    add(list, "data.folds=%" PRId64, base->annotation.folds);
    add(list, "data.fold=%d", number);
    add(list, "train.steps=%" PRId64, steps);
    add(list, "train.warmup=%" PRId64, steps / 30);
    add(list, "train.batch=%" PRId64, base->annotation.batch);
    add(list, "train.lr=%.17g", base->annotation.rate);
    add(list, "train.final_lr=0");
    add(list, "train.decay=1e-4");
    add(list, "train.clip=1");
    add(list, "train.ema=0.999");
    add(list, "train.log_every=%" PRId64, every);
    add(list, "train.validate_every=%" PRId64, every);
    add(list, "train.validate_samples=%d", VALIDATED);
    add(list, "train.checkpoint_every=%" PRId64, every);
    add(list, "train.keep=%d", VALIDATIONS + 2); /* the best of them is chosen in the end */
}

static ambit_status configure(const ambit_ranks *ranks, const ambit_annotation_target *target,
                              int number, ambit_shared_config *shared) {
    const ambit_settings *base = ambit_config_settings(target->base->config);
    overrides list = {.count = 0};
    choose_sources(target, &list);
    choose_network(base, &list);
    choose_training(base, number, &list);
    add(&list, "run.title=%.200s, fold %d of %d", base->data.sources[target->source].name,
        number + 1, (int)base->annotation.folds);
    ambit_status status = AMBIT_OK;
    if (list.short_of_memory)
        status = ambit_fail(AMBIT_SYSTEM, "annotation: no memory for a configuration");
    status = ambit_agree(ranks, status);
    if (status == AMBIT_OK)
        status =
            ambit_shared_config_load(ranks, "configuration of the annotation", target->base->text,
                                     (const char *const *)list.texts, list.count, shared);
    free_overrides(&list);
    return status;
}

/* ---- training and opening ---- */

static ambit_status open_data(ambit_fold *fold) {
    AMBIT_TRY(ambit_schedule_create(&fold->settings->schedule, &fold->schedule));
    AMBIT_TRY(ambit_experiment_mixture(fold->settings, &fold->mixture));
    AMBIT_TRY(ambit_experiment_draw(fold->settings, fold->schedule, fold->mixture, &fold->draw));
    return ambit_team_create((int)fold->settings->train.threads, &fold->team);
}

/* ---- early stopping: the checkpoint with the least held-out loss ---- */

typedef struct {
    double step, loss; /* numbers that ranks are told together */
} best_step;

static ambit_status visit_line(void *context, const ambit_json_place *place, json_t *line,
                               int *stop) {
    best_step *best = context;
    char kind[32];
    double step, loss;
    (void)stop;
    AMBIT_TRY(ambit_json_get_text(place, line, "kind", kind, sizeof kind));
    if (strcmp(kind, "validate") != 0)
        return AMBIT_OK;
    AMBIT_TRY(ambit_json_get_number(place, line, "step", &step));
    AMBIT_TRY(ambit_json_get_number(place, line, "loss", &loss));
    if (loss < best->loss)
        *best = (best_step){step, loss};
    return AMBIT_OK;
}

/* Checkpoints are written wherever losses are measured, and all are kept (choose_training). */
static ambit_status find_best(const char *folder, best_step *best) {
    char path[PATH_MAX];
    *best = (best_step){0, INFINITY};
    snprintf(path, sizeof path, "%.4000s/metrics.jsonl", folder);
    AMBIT_TRY(ambit_json_each_line(path, visit_line, best, NULL));
    if (best->step > 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA,
                      "%s: holds no held-out loss that is a number; are there NaNs in the data? "
                      "Otherwise remove this fold's folder and annotate again",
                      path);
}

static ambit_status open_weights(const ambit_ranks *ranks, const char *folder, ambit_fold *fold) {
    char path[PATH_MAX];
    best_step best;
    AMBIT_TRY_ALL(ranks, ranks->rank == 0 ? find_best(folder, &best) : AMBIT_OK);
    ambit_broadcast(ranks, &best, sizeof best);
    fold->loss = best.loss;
    snprintf(path, sizeof path, "%.4000s/checkpoints/step-%08" PRId64 ".h5", folder,
             (int64_t)best.step);
    return ambit_agree(
        ranks, ambit_checkpoint_read(path, &fold->checkpoint, &fold->weights, &fold->weight_count));
}

ambit_status ambit_fold_open(const ambit_ranks *ranks, const ambit_annotation_target *target,
                             int number, ambit_fold *fold) {
    char folder[PATH_MAX];
    memset(fold, 0, sizeof *fold);
    AMBIT_TRY(configure(ranks, target, number, &fold->shared));
    fold->settings = ambit_config_settings(fold->shared.config);
    /* a longer run is another one: going on with a shorter one would give other weights */
    snprintf(folder, sizeof folder, "%.4000s/fold-%d-of-%" PRId64 "-%" PRId64, target->folder,
             number, fold->settings->data.folds, fold->settings->train.steps);
    const ambit_status claimed =
        ambit_run_claim(ranks, folder, fold->shared.text, fold->shared.origins);
    if (claimed == AMBIT_CONFIG)
        return ambit_fail_within(claimed,
                                 "annotation.path: was begun with other settings; give another, or "
                                 "remove %s to annotate anew",
                                 target->folder);
    AMBIT_TRY(claimed);
    const ambit_training training = {.settings = fold->settings,
                                     .configuration = fold->shared.text,
                                     .origins = fold->shared.origins,
                                     .folder = folder};
    AMBIT_TRY(ambit_train(ranks, &training));
    AMBIT_TRY_ALL(ranks, open_data(fold));
    return open_weights(ranks, folder, fold);
}

void ambit_fold_close(ambit_fold *fold) {
    ambit_team_destroy(fold->team);
    ambit_draw_destroy(fold->draw);
    ambit_mixture_close(fold->mixture);
    ambit_schedule_destroy(fold->schedule);
    ambit_checkpoint_clear(&fold->checkpoint);
    ambit_shared_config_destroy(&fold->shared);
    free(fold->weights);
    memset(fold, 0, sizeof *fold);
}
