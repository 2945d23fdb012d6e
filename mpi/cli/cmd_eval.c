#include "command.h"

#include "../../core/products/blas.h"
#include "../../datasets/files.h"
#include "../checkpoint.h"
#include "../evaluation_folder.h"
#include "../records/environment_record.h"
#include "../records/say.h"
#include "../rollout.h"
#include "../shared_config.h"
#include "../shared_plugin.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: ambit eval RUN [KEY=VALUE…] [--checkpoint FILE] [--name NAME | --overwrite]\n"
    "\n"
    "  mpirun -n 2 ambit eval runs/maze eval.trials=1000\n"
    "  mpirun -n 2 ambit eval runs/maze sampler.kind=ancestral eval.seed=7 --name ancestral\n"
    "\n"
    "Lets a trained policy act in the environment of its configuration, trial after trial, and\n"
    "prints success and the environment's metrics with 95 % intervals. Any number of ranks gives\n"
    "the same result. Writes RUN/eval/: config.yaml, summary.json, trials.tsv, drawings.jsonl,\n"
    "which `ambit report` reads. Results of another evaluation that are there (other sampler.*,\n"
    "environment.* or eval.*, or another checkpoint where one is named) are not replaced.\n"
    "\n"
    "  --checkpoint FILE   one checkpoint (default: what RUN/checkpoints/last points at)\n"
    "  --name NAME         write RUN/eval/NAME/ instead, beside what is in RUN/eval/\n"
    "  --overwrite         replace the results of another evaluation\n";

typedef struct {
    const char *run;
    char checkpoint[PATH_MAX];
    const char *named; /* checkpoint, as it was asked for; NULL: the newest */
    const char *name;
    int overwrite;
    const char *const *overrides;
    int override_count;
} arguments;

static ambit_status parse(int argc, char **argv, arguments *a) {
    static const struct option options[] = {{"checkpoint", required_argument, NULL, 'c'},
                                            {"name", required_argument, NULL, 'n'},
                                            {"overwrite", no_argument, NULL, 'o'},
                                            {0}};
    memset(a, 0, sizeof *a);
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option == 'c')
            a->named = optarg;
        else if (option == 'n')
            a->name = optarg;
        else if (option == 'o')
            a->overwrite = 1;
        else
            return ambit_bad_option(option, argv, options);
    }
    if (optind >= argc)
        return ambit_fail(AMBIT_USAGE, "no run is named; give its folder, such as runs/maze");
    a->run = argv[optind];
    a->overrides = (const char *const *)argv + optind + 1;
    a->override_count = argc - optind - 1;
    return AMBIT_OK;
}

static ambit_status open_environment(const ambit_ranks *ranks, const ambit_settings *settings,
                                     ambit_plugin **plugin) {
    if (!settings->environment.plugin[0])
        return ambit_fail(AMBIT_CONFIG,
                          "environment.plugin: this run names no environment to act "
                          "in; add environment.plugin=NAME (`ambit plugin list` shows them)");
    return ambit_shared_plugin_open(ranks, AMBIT_PLUGIN_ENVIRONMENT, settings->environment.plugin,
                                    settings->environment.location, settings->environment.options,
                                    settings->environment.option_count, plugin);
}

static void print_interval(const char *name, const ambit_interval *i, double scale,
                           const char *unit) {
    if (isnan(i->mean)) /* of no trial */
        ambit_say(stdout, "  %-28s %10s\n", name, "none");
    else
        ambit_say(stdout, "  %-28s %10.4g  [%.4g, %.4g] %s\n", name, scale * i->mean,
                  scale * i->low, scale * i->high, unit);
}

static void print_evaluation(const ambit_evaluation *e) {
    ambit_say(stdout, "%s after step %" PRId64 ", %" PRId64 " trial%s in %s, 95 %% intervals\n",
              e->checkpoint, e->step, e->trials, ambit_plural(e->trials), e->environment);
    print_interval("success", &e->success, 100.0, "%");
    for (int i = 0; i < e->metric_count; i++) {
        char name[96];
        snprintf(name, sizeof name, "%s, successful", e->metrics[i].name);
        print_interval(name, &e->metrics[i].successful, 1.0, e->metrics[i].unit);
        snprintf(name, sizeof name, "%s, all", e->metrics[i].name);
        print_interval(name, &e->metrics[i].all, 1.0, e->metrics[i].unit);
    }
}

/* Everything that must be there before trials can run; released by the caller. */
typedef struct {
    ambit_checkpoint checkpoint;
    ambit_shared_config shared;
    ambit_plugin *environment;
    ambit_policy *policy;
    float *weights;
    int64_t count;
    char folder[PATH_MAX]; /* of the results; rank 0 */
} evaluator;

static ambit_status claim_folder(const ambit_ranks *ranks, const arguments *a, evaluator *e) {
    char file[256];
    ambit_last_part(a->checkpoint, file, sizeof file);
    const ambit_evaluation_claim claim = {.run = a->run,
                                          .name = a->name,
                                          .checkpoint = a->named ? file : NULL,
                                          .configuration = e->shared.text,
                                          .overwrite = a->overwrite};
    return ambit_evaluation_claim_folder(ranks, &claim, e->folder);
}

static ambit_status record_environment(const char *run, const ambit_plugin *environment) {
    char difference[PATH_MAX + 512];
    AMBIT_TRY(ambit_environment_record(run, environment, difference, sizeof difference));
    if (*difference)
        fprintf(stderr, "ambit eval: %s\n", difference);
    return AMBIT_OK;
}

/* The one that was named, or the run's. */
static ambit_status read_checkpoint(const ambit_ranks *ranks, arguments *a, evaluator *e) {
    char *warning;
    if (a->named) {
        snprintf(a->checkpoint, sizeof a->checkpoint, "%s", a->named);
        return ambit_agree(
            ranks, ambit_checkpoint_read(a->checkpoint, &e->checkpoint, &e->weights, &e->count));
    }
    ambit_status status =
        ambit_checkpoint_read_last(ranks, a->run, a->checkpoint, sizeof a->checkpoint,
                                   &e->checkpoint, &e->weights, &e->count, &warning);
    if (status == AMBIT_OK && warning)
        ambit_say(stderr, "warning: %s\n", warning);
    free(warning);
    return status;
}

static ambit_status prepare(const ambit_ranks *ranks, arguments *a, evaluator *e) {
    AMBIT_TRY(read_checkpoint(ranks, a, e));
    AMBIT_TRY(ambit_shared_config_load(ranks, a->checkpoint, e->checkpoint.configuration,
                                       a->overrides, a->override_count, &e->shared));
    const ambit_settings *settings = ambit_config_settings(e->shared.config);
    AMBIT_TRY(open_environment(ranks, settings, &e->environment));
    AMBIT_TRY_ALL(ranks, ambit_blas_start(1));
    AMBIT_TRY_ALL(ranks, ambit_policy_create(settings, &e->checkpoint, e->weights, e->count,
                                             settings->eval.batch, &e->policy));
    AMBIT_TRY(claim_folder(ranks, a, e));
    return ambit_agree(ranks,
                       ranks->rank == 0 ? record_environment(a->run, e->environment) : AMBIT_OK);
}

static ambit_status evaluate(const ambit_ranks *ranks, const arguments *a, const evaluator *e) {
    const ambit_settings *settings = ambit_config_settings(e->shared.config);
    ambit_evaluation evaluation = {.step = e->checkpoint.step};
    ambit_last_part(a->checkpoint, evaluation.checkpoint, sizeof evaluation.checkpoint);
    snprintf(evaluation.environment, sizeof evaluation.environment, "%.63s",
             settings->environment.plugin);
    ambit_rollout rollout = {.settings = settings,
                             .environment = e->environment,
                             .policy = e->policy,
                             .folder = e->folder};
    AMBIT_TRY(ambit_rollout_run(ranks, &rollout, &evaluation));
    ambit_status status = AMBIT_OK;
    if (ranks->rank == 0) {
        status = ambit_evaluation_record_claim(e->folder, e->shared.text);
        if (status == AMBIT_OK)
            status = ambit_evaluation_write(e->folder, &evaluation);
        if (status == AMBIT_OK)
            print_evaluation(&evaluation);
    }
    return ambit_agree(ranks, status);
}

static ambit_status run(const ambit_ranks *ranks, int argc, char **argv) {
    arguments a;
    evaluator e;
    memset(&e, 0, sizeof e);
    AMBIT_TRY(parse(argc, argv, &a));
    ambit_status status = prepare(ranks, &a, &e);
    if (status == AMBIT_OK)
        status = evaluate(ranks, &a, &e);
    ambit_policy_destroy(e.policy);
    ambit_plugin_unload(e.environment);
    ambit_shared_config_destroy(&e.shared);
    ambit_checkpoint_clear(&e.checkpoint);
    free(e.weights);
    return status;
}

const ambit_command ambit_command_eval = {.name = "eval",
                                          .summary = "let a trained policy act, and score it",
                                          .usage = usage,
                                          .run = run};
