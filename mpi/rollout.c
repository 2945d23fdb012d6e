#include "rollout.h"

#include "../core/base/crc32c.h"
#include "../datasets/files.h"
#include "crew.h"
#include "records/trial_record.h"
#include "shared_plugin.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A group of trials that run side by side on this rank. */
typedef struct {
    const ambit_rollout *rollout;
    const ambit_environment_description *about;
    int64_t batch, execute, observation_steps;
    int64_t first, count; /* trials [first, first + count) */
    ambit_world **worlds; /* [batch] */
    int *ended;
    int64_t *steps;
    float *history;     /* [batch × observation_steps × observation_size], oldest first */
    float *observation; /* [batch × the same]: what the policy normalises in place */
    float *reference;   /* [batch × action_size] */
    float *chunks;      /* [batch × horizon × action_size] */
    ambit_rng *streams; /* [batch] */
} group;

/* What is kept of a trial, in a row of numbers: success, steps, length of its drawing, metrics. */
enum { SUCCESS = 0, STEPS = 1, DRAWING = 2, METRICS = 3 };

static int64_t width_of(const ambit_environment_description *about) {
    return METRICS + (int64_t)about->metric_count;
}

static void close_group(group *g) {
    for (int64_t i = 0; g->worlds && i < g->batch; i++)
        if (g->worlds[i])
            ambit_world_destroy(g->worlds[i]);
    free(g->worlds);
    free(g->ended);
    free(g->steps);
    free(g->history);
    free(g->observation);
    free(g->reference);
    free(g->chunks);
    free(g->streams);
}

static ambit_status open_group(group *g) {
    const size_t batch = (size_t)g->batch, actions = (size_t)g->about->action_size;
    const size_t seen = (size_t)(g->observation_steps * g->about->observation_size);
    const size_t horizon = (size_t)g->rollout->settings->data.horizon;
    AMBIT_TRY(ambit_allocate(&g->worlds, batch, sizeof *g->worlds, "worlds"));
    AMBIT_TRY(ambit_allocate(&g->ended, batch, sizeof *g->ended, "worlds"));
    AMBIT_TRY(ambit_allocate(&g->steps, batch, sizeof *g->steps, "worlds"));
    AMBIT_TRY(ambit_allocate(&g->history, batch * seen, sizeof(float), "observations"));
    AMBIT_TRY(ambit_allocate(&g->observation, batch * seen, sizeof(float), "observations"));
    AMBIT_TRY(ambit_allocate(&g->reference, batch * actions, sizeof(float), "references"));
    AMBIT_TRY(ambit_allocate(&g->chunks, batch * horizon * actions, sizeof(float), "chunks"));
    AMBIT_TRY(ambit_allocate(&g->streams, batch, sizeof *g->streams, "random streams"));
    for (int64_t i = 0; i < g->batch; i++)
        AMBIT_TRY(ambit_world_create(g->rollout->environment, &g->worlds[i]));
    return AMBIT_OK;
}

/* Relative actions add to a reference: without one they would add to whatever was in memory. */
static ambit_status check_reference(const group *g, int64_t i) {
    const float *reference = g->reference + i * g->about->action_size;
    if (!g->rollout->settings->data.relative || !isnan(reference[0]))
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA,
                      "environment %s: trial %" PRId64 ": observe() wrote no reference, to which "
                      "the actions of this policy are relative (data.relative); write there what "
                      "an action of zero would keep, such as the present position",
                      g->rollout->settings->environment.plugin, g->first + i);
}

/* Takes a new observation of world `i` as the newest of its history; `all`: as every one of it. */
static ambit_status look(group *g, int64_t i, int all) {
    const int64_t size = g->about->observation_size, steps = g->observation_steps;
    float *history = g->history + i * steps * size, *newest = history + (steps - 1) * size;
    memmove(history, history + size, (size_t)((steps - 1) * size) * sizeof *history);
    AMBIT_TRY(ambit_world_observe(g->worlds[i], newest, g->reference + i * g->about->action_size));
    AMBIT_TRY(check_reference(g, i));
    for (int64_t step = 0; all && step + 1 < steps; step++)
        memcpy(history + step * size, newest, (size_t)size * sizeof *history);
    return AMBIT_OK;
}

static ambit_status begin_trials(group *g) {
    const uint64_t seed = (uint64_t)g->rollout->settings->eval.seed;
    for (int64_t i = 0; i < g->batch; i++) {
        g->ended[i] = i >= g->count;
        g->steps[i] = 0;
        if (g->ended[i])
            continue;
        AMBIT_TRY(ambit_world_reset(g->worlds[i], seed, (uint64_t)(g->first + i)));
        AMBIT_TRY(look(g, i, 1));
    }
    return AMBIT_OK;
}

/* Plans for all worlds; the noise of a plan is named by its trial and its number in it. */
static ambit_status plan(group *g, int64_t number) {
    const uint64_t seed = (uint64_t)g->rollout->settings->eval.seed;
    const size_t seen = (size_t)(g->batch * g->observation_steps * g->about->observation_size);
    memcpy(g->observation, g->history, seen * sizeof(float));
    for (int64_t i = 0; i < g->batch; i++)
        g->streams[i] = ambit_rng_open(seed, AMBIT_STREAM_SAMPLER,
                                       (uint64_t)(g->first + i) << 24 | (uint64_t)number);
    return ambit_policy_act(g->rollout->policy, g->observation, g->reference, g->streams,
                            g->chunks);
}

/* Carries out the first steps of world `i`'s chunk. */
static ambit_status execute(group *g, int64_t i) {
    const int64_t actions = g->about->action_size;
    const float *chunk = g->chunks + i * g->rollout->settings->data.horizon * actions;
    for (int64_t step = 0; step < g->execute && !g->ended[i]; step++) {
        AMBIT_TRY(ambit_world_step(g->worlds[i], chunk + step * actions, &g->ended[i]));
        AMBIT_TRY(look(g, i, 0));
        if (++g->steps[i] >= g->about->step_limit)
            g->ended[i] = 1;
    }
    return AMBIT_OK;
}

static int all_ended(const group *g) {
    for (int64_t i = 0; i < g->count; i++)
        if (!g->ended[i])
            return 0;
    return 1;
}

/* Writes the group's rows of `results` and the drawings of its first trials. */
static ambit_status end_trials(group *g, double *results, char **drawings) {
    for (int64_t i = 0; i < g->count; i++) {
        const int64_t trial = g->first + i;
        double *row = results + trial * width_of(g->about);
        int success;
        AMBIT_TRY(ambit_world_result(g->worlds[i], &success, row + METRICS));
        row[SUCCESS] = success;
        row[STEPS] = (double)g->steps[i];
        if (trial >= g->rollout->settings->eval.drawn)
            continue;
        AMBIT_TRY(ambit_drawing_record(g->rollout->environment, g->worlds[i], trial, success,
                                       &drawings[trial]));
        row[DRAWING] = (double)strlen(drawings[trial]);
    }
    return AMBIT_OK;
}

static ambit_status run_group(group *g, double *results, char **drawings) {
    AMBIT_TRY(begin_trials(g));
    for (int64_t number = 0; !all_ended(g); number++) {
        AMBIT_TRY(plan(g, number));
        for (int64_t i = 0; i < g->count; i++)
            AMBIT_TRY(execute(g, i));
    }
    return end_trials(g, results, drawings);
}

static ambit_status check_fit(const ambit_rollout *rollout,
                              const ambit_environment_description *about) {
    const int64_t seen = rollout->settings->data.observation_steps * about->observation_size;
    if (seen != ambit_policy_observation_size(rollout->policy))
        return ambit_fail(AMBIT_CONFIG,
                          "environment %s: gives %" PRId64 " observations of %" PRId64
                          " numbers but the policy was trained on %" PRId64 " numbers in all; "
                          "choose the environment that the data was made in",
                          rollout->settings->environment.plugin,
                          rollout->settings->data.observation_steps, about->observation_size,
                          ambit_policy_observation_size(rollout->policy));
    if (about->action_size != ambit_policy_action_size(rollout->policy))
        return ambit_fail(AMBIT_CONFIG,
                          "environment %s: takes actions of %" PRId64 " numbers but the policy "
                          "gives %" PRId64 "; choose the environment that the data was made in",
                          rollout->settings->environment.plugin, about->action_size,
                          ambit_policy_action_size(rollout->policy));
    return AMBIT_OK;
}

/* Where trial 0 begins, as this rank sees it. */
static ambit_status look_at_start(const group *g, uint64_t digests[2]) {
    const size_t seen = (size_t)g->about->observation_size * sizeof(float);
    const size_t actions = (size_t)g->about->action_size * sizeof(float);
    AMBIT_TRY(ambit_world_reset(g->worlds[0], (uint64_t)g->rollout->settings->eval.seed, 0));
    AMBIT_TRY(ambit_world_observe(g->worlds[0], g->observation, g->reference));
    digests[0] = ambit_crc32c(0, g->observation, seen);
    digests[1] = ambit_crc32c(0, g->reference, actions);
    return AMBIT_OK;
}

/* Which rank runs a trial depends on their number; what it is must not. Collective. */
static ambit_status compare_starts(const ambit_ranks *ranks, const group *g) {
    uint64_t digests[2] = {0};
    AMBIT_TRY_ALL(ranks, look_at_start(g, digests));
    int different = ambit_differs_from_first(ranks, digests, 2);
    ambit_status status = AMBIT_OK;
    if (different >= 0)
        status = ambit_fail(AMBIT_DATA,
                            "environment %s: trial 0: its first %s is other than on rank 0; ask "
                            "the plugin's author: nothing may depend on the rank, the host or the "
                            "time",
                            g->rollout->settings->environment.plugin,
                            different == 0 ? "observation" : "reference");
    return ambit_agree(ranks, status);
}

/* Runs this rank's groups: every size-th one. Collective: no rank works on when one has failed. */
static ambit_status run_groups(const ambit_ranks *ranks, group *g, double *results,
                               char **drawings) {
    const int64_t trials = g->rollout->settings->eval.trials, stride = g->batch * ranks->size;
    ambit_status status = AMBIT_OK;
    bool goes_on = true;
    ambit_crew crew;
    ambit_crew_begin(&crew, ranks, NULL, NULL);
    for (g->first = ranks->rank * g->batch; g->first < trials && status == AMBIT_OK && goes_on;
         g->first += stride) {
        g->count = trials - g->first < g->batch ? trials - g->first : g->batch;
        status = run_group(g, results, drawings);
        goes_on = ambit_crew_goes_on(&crew, g->count);
    }
    return ambit_crew_end(&crew, status);
}

/* Collective. */
static ambit_status run_trials(const ambit_ranks *ranks, const ambit_rollout *rollout,
                               double *results, char **drawings) {
    const ambit_settings *settings = rollout->settings;
    group g = {.rollout = rollout,
               .about = ambit_environment_describe(rollout->environment),
               .batch = settings->eval.batch,
               .execute = settings->eval.execute,
               .observation_steps = settings->data.observation_steps};
    const ambit_phase before = ambit_phase_enter(AMBIT_PHASE_TRIALS);
    ambit_status status = check_fit(rollout, g.about);
    if (status == AMBIT_OK)
        status = open_group(&g);
    status = ambit_agree(ranks, status);
    if (status == AMBIT_OK)
        status = compare_starts(ranks, &g);
    if (status == AMBIT_OK)
        status = run_groups(ranks, &g, results, drawings);
    close_group(&g);
    ambit_phase_leave(before);
    return status;
}

/* ---------------------------------------------------------------- results, on rank 0 */

static ambit_status summarise(const ambit_rollout *rollout, const double *results,
                              ambit_evaluation *evaluation) {
    const ambit_environment_description *about = ambit_environment_describe(rollout->environment);
    const int64_t trials = rollout->settings->eval.trials, width = width_of(about);
    double *values = NULL;
    int64_t successes = 0;
    AMBIT_TRY(ambit_allocate(&values, (size_t)trials, sizeof *values, "results"));
    for (int64_t trial = 0; trial < trials; trial++)
        successes += results[trial * width + SUCCESS] > 0;
    evaluation->trials = trials;
    evaluation->seed = rollout->settings->eval.seed;
    evaluation->success = ambit_wilson_interval(successes, trials);
    evaluation->metric_count = (int)about->metric_count;
    for (int m = 0; m < evaluation->metric_count; m++) {
        ambit_metric_summary *summary = &evaluation->metrics[m];
        snprintf(summary->name, sizeof summary->name, "%s", about->metrics[m].name);
        snprintf(summary->unit, sizeof summary->unit, "%s",
                 about->metrics[m].unit ? about->metrics[m].unit : "");
        summary->lower_is_better = about->metrics[m].lower_is_better;
        for (int only_successes = 0; only_successes < 2; only_successes++) {
            int64_t count = 0;
            for (int64_t trial = 0; trial < trials; trial++)
                if (!only_successes || results[trial * width + SUCCESS] > 0)
                    values[count++] = results[trial * width + METRICS + m];
            ambit_interval interval = ambit_mean_interval(values, count);
            *(only_successes ? &summary->successful : &summary->all) = interval;
        }
    }
    free(values);
    return AMBIT_OK;
}

static ambit_status write_trials(const ambit_rollout *rollout, const double *results) {
    const ambit_environment_description *about = ambit_environment_describe(rollout->environment);
    const int64_t width = width_of(about);
    char path[PATH_MAX], *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return ambit_fail(AMBIT_SYSTEM, "trials: no memory");
    fputs("trial\tsuccess\tsteps", out);
    for (uint32_t m = 0; m < about->metric_count; m++)
        fprintf(out, "\t%s", about->metrics[m].name);
    for (int64_t trial = 0; trial < rollout->settings->eval.trials; trial++) {
        const double *row = results + trial * width;
        fprintf(out, "\n%" PRId64 "\t%.0f\t%.0f", trial, row[SUCCESS], row[STEPS]);
        for (int64_t m = METRICS; m < width; m++)
            fprintf(out, "\t%.9g", row[m]);
    }
    fputc('\n', out);
    ambit_status status =
        fclose(out) == 0 ? AMBIT_OK : ambit_fail(AMBIT_SYSTEM, "trials: no memory");
    snprintf(path, sizeof path, "%.4000s/trials.tsv", rollout->folder);
    if (status == AMBIT_OK)
        status = ambit_write_file(path, text, size);
    free(text);
    return status;
}

/* Rank 0 puts the drawings, which have come in the order of the trials, into a file. */
static ambit_status write_drawings(const ambit_rollout *rollout, const char *all, int64_t size) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.4000s/drawings.jsonl", rollout->folder);
    return ambit_write_file(path, all, (size_t)size);
}

/* Collective. `rows` are the results: rank 0 has those of all trials. */
static ambit_status gather_drawings(const ambit_ranks *ranks, const ambit_rollout *rollout,
                                    char **drawings, const double *rows, int64_t drawn) {
    const int64_t width = width_of(ambit_environment_describe(rollout->environment));
    int64_t size = 0;
    char *all = NULL;
    for (int64_t trial = 0; trial < drawn; trial++)
        size += (int64_t)rows[trial * width + DRAWING];
    AMBIT_TRY_ALL(ranks, ambit_allocate(&all, (size_t)size, 1, "drawings"));
    char *at = all;
    for (int64_t trial = 0; trial < drawn; trial++) {
        const int owner = (int)(trial / rollout->settings->eval.batch % ranks->size);
        const int64_t length = (int64_t)rows[trial * width + DRAWING];
        if (ranks->rank == 0 || ranks->rank == owner)
            ambit_hand_over(ranks, owner, drawings[trial], at, length);
        at += length;
    }
    const ambit_status status = ranks->rank == 0 ? write_drawings(rollout, all, size) : AMBIT_OK;
    free(all);
    return ambit_agree(ranks, status);
}

static ambit_status write_results(const ambit_rollout *rollout, const double *results,
                                  ambit_evaluation *evaluation) {
    AMBIT_TRY(write_trials(rollout, results));
    return summarise(rollout, results, evaluation);
}

ambit_status ambit_rollout_run(const ambit_ranks *ranks, const ambit_rollout *rollout,
                               ambit_evaluation *evaluation) {
    const ambit_environment_description *about = ambit_environment_describe(rollout->environment);
    const int64_t trials = rollout->settings->eval.trials;
    AMBIT_ASSERT_SAME(ranks, &trials, sizeof trials);
    AMBIT_ASSERT_SAME(ranks, &rollout->settings->eval.batch, sizeof(int64_t));
    int64_t drawn = rollout->settings->eval.drawn;
    drawn = drawn < trials ? drawn : trials;
    const int64_t numbers = trials * width_of(about);
    double *results = NULL, *all = NULL;
    char **drawings = NULL;
    ambit_status status = ambit_allocate(&results, (size_t)numbers, sizeof *results, "results");
    if (status == AMBIT_OK)
        status =
            ambit_allocate(&all, ranks->rank == 0 ? (size_t)numbers : 0, sizeof *all, "results");
    if (status == AMBIT_OK)
        status = ambit_allocate(&drawings, (size_t)drawn, sizeof *drawings, "drawings");
    status = ambit_agree(ranks, status);
    if (status == AMBIT_OK)
        status = run_trials(ranks, rollout, results, drawings);
    if (status == AMBIT_OK) {
        /* every number has one writer and is zero on the other ranks, so the sum is exact */
        ambit_sum(ranks, results, numbers, all);
        status = gather_drawings(ranks, rollout, drawings, ranks->rank == 0 ? all : results, drawn);
    }
    if (status == AMBIT_OK)
        status = ambit_agree(ranks,
                             ranks->rank == 0 ? write_results(rollout, all, evaluation) : AMBIT_OK);
    for (int64_t i = 0; drawings && i < drawn; i++)
        free(drawings[i]);
    free(drawings);
    free(results);
    free(all);
    return status;
}
