#include "command.h"

#include "../../core/products/blas.h"
#include "../annotation/quick.h"
#include "../annotation/summary.h"
#include "../stop.h"
#include "cores.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: ambit annotate CONFIG.yaml [KEY=VALUE…] [--quick]\n"
    "\n"
    "  mpirun -n 2 ambit annotate configs/maze.yaml\n"
    "  ambit annotate configs/maze.yaml annotation.path=runs/bounds annotation.threshold=0.48\n"
    "\n"
    "Finds σ_min of the sources whose sigma_min is `annotated`: trains classifiers of clean\n"
    "samples (sources of sigma_min 0) against theirs, cross-fitted over episodes, and asks from\n"
    "which noise level on they cannot tell. Writes a folder a source to annotation.path, which\n"
    "`ambit train` with the same configuration reads. Goes on where it stopped; any number of\n"
    "ranks gives the same result. The threshold may change afterwards without annotating again.\n"
    "\n"
    "  --quick   train nothing: a floor of σ_min from means and correlations, the difference in\n"
    "            power by frequency, and what else tells the sources apart, in seconds\n";

typedef struct {
    const char *config;
    const char *const *overrides;
    int override_count, quick;
} arguments;

static ambit_status check(const ambit_settings *settings) {
    int clean = 0, annotated = 0;
    for (int s = 0; s < settings->data.source_count; s++) {
        clean += settings->data.sources[s].sigma_min == 0;
        annotated += settings->data.sources[s].sigma_min == AMBIT_ANNOTATED;
    }
    if (annotated == 0)
        return ambit_fail(AMBIT_CONFIG, "data.sources: none has `sigma_min: annotated`, so there "
                                        "is nothing to find; write that for the bad sources");
    if (clean == 0)
        return ambit_fail(AMBIT_CONFIG,
                          "data.sources: none has `sigma_min: 0`, so there is nothing "
                          "to compare with; write that for the clean sources");
    return AMBIT_OK;
}

static ambit_status look_at_source(const ambit_ranks *ranks, const ambit_annotation_target *target,
                                   ambit_quick *quick) {
    const ambit_settings *settings = ambit_config_settings(target->base->config);
    if (ranks->rank != 0)
        return AMBIT_OK;
    AMBIT_TRY(ambit_quick_look(target, quick));
    ambit_quick_print(settings->data.sources[target->source].name, quick);
    return AMBIT_OK;
}

static ambit_status annotate_source(const ambit_ranks *ranks, const arguments *a,
                                    const ambit_shared_config *base, int source) {
    const ambit_settings *settings = ambit_config_settings(base->config);
    char folder[PATH_MAX];
    ambit_annotated annotated;
    ambit_annotation_summary summary;
    ambit_quick quick;
    AMBIT_TRY_ALL(ranks, ambit_experiment_annotation(settings, source, folder));
    const ambit_annotation_target target = {.base = base, .source = source, .folder = folder};
    AMBIT_TRY(ambit_agree_on_work(ranks, look_at_source(ranks, &target, &quick)));
    if (a->quick)
        return AMBIT_OK;
    ambit_status status = ambit_annotate(ranks, &target, &annotated);
    if (status == AMBIT_OK && ranks->rank == 0) {
        status = ambit_summary_make(&target, &annotated, &quick, &summary);
        if (status == AMBIT_OK)
            status = ambit_summary_write(folder, &annotated, &summary);
        if (status == AMBIT_OK)
            ambit_summary_print(&annotated, &summary);
    }
    status = ambit_agree_on_work(ranks, status);
    ambit_annotated_destroy(&annotated);
    return status;
}

static ambit_status annotate(const ambit_ranks *ranks, const arguments *a,
                             const ambit_shared_config *base) {
    const ambit_settings *settings = ambit_config_settings(base->config);
    AMBIT_TRY_ALL(ranks, check(settings));
    ambit_cores_warn(ranks, settings->train.threads);
    AMBIT_TRY_ALL(ranks, ambit_blas_start((int)settings->train.threads));
    for (int s = 0; s < settings->data.source_count; s++)
        if (settings->data.sources[s].sigma_min == AMBIT_ANNOTATED)
            AMBIT_TRY(annotate_source(ranks, a, base, s));
    return AMBIT_OK;
}

static ambit_status parse(int argc, char **argv, arguments *a) {
    static const struct option options[] = {{"quick", no_argument, NULL, 'q'}, {0}};
    memset(a, 0, sizeof *a);
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option != 'q')
            return ambit_bad_option(option, argv, options);
        a->quick = 1;
    }
    if (optind >= argc)
        return ambit_fail(AMBIT_USAGE,
                          "no configuration is named; give one, such as configs/maze.yaml");
    a->config = argv[optind];
    a->overrides = (const char *const *)argv + optind + 1;
    a->override_count = argc - optind - 1;
    return AMBIT_OK;
}

static ambit_status run(const ambit_ranks *ranks, int argc, char **argv) {
    arguments a;
    ambit_shared_config shared;
    AMBIT_TRY(parse(argc, argv, &a));
    ambit_status status =
        ambit_shared_config_load(ranks, a.config, NULL, a.overrides, a.override_count, &shared);
    if (status == AMBIT_OK)
        status = annotate(ranks, &a, &shared);
    ambit_shared_config_destroy(&shared);
    return status;
}

const ambit_command ambit_command_annotate = {
    .name = "annotate",
    .summary = "find the σ bounds of bad sources",
    .usage = usage,
    .run = run,
    .phase = AMBIT_PHASE_ANNOTATE,
};
