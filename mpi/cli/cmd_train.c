#include "command.h"

#include "../../core/products/product.h"
#include "../../datasets/files.h"
#include "../config/environment_check.h"
#include "../records/environment_record.h"
#include "../records/say.h"
#include "../room.h"
#include "../run.h"
#include "../shared_config.h"
#include "../trainer.h"
#include "cores.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: ambit train CONFIG.yaml [KEY=VALUE…] [--run FOLDER] [--dry-run]\n"
    "\n"
    "  mpirun -n 2 ambit train configs/maze.yaml --run runs/maze\n"
    "  srun --mpi=pmix ambit train configs/maze.yaml train.lr=1e-3 data.sources.1.sigma_min=0.8\n"
    "\n"
    "Trains, and goes on by itself where a job in the same folder stopped, with any number of\n"
    "ranks up to train.slots that is a power of two. `ambit config explain` lists the keys.\n"
    "A run goes on with other keys too where these change no weights (what is logged and kept,\n"
    "where the data lies, sampler, environment, eval), or with more train.steps; RUN/changes.tsv\n"
    "then says what was changed. Other changes, and other data, are refused.\n"
    "\n"
    "  --run FOLDER   the run's folder (default: runs/ and the name of CONFIG.yaml)\n"
    "  --dry-run      check everything, print memory a rank and steps an epoch, train nothing\n"
    "\n"
    "SIGUSR1, SIGUSR2, SIGTERM, SIGINT and SIGHUP end training with a checkpoint and exit code "
    "75:\n"
    "start the same command again. Under mpirun send USR1 to mpirun, which passes it on; TERM, "
    "INT\n"
    "(^C) and HUP make mpirun kill the ranks about a second later, with exit code 1, and what was\n"
    "not saved by then is lost. Ranks that wait for another one for longer than AMBIT_PATIENCE\n"
    "seconds (600) end the job and name it. Exit code 80: training diverged.\n";

typedef struct {
    const char *config, *run;
    int dry;
    char default_run[1024];
    const char *const *overrides;
    int override_count;
} arguments;

/* runs/NAME for any/where/NAME.yaml */
static void name_run(arguments *a) {
    char name[512];
    ambit_last_part(a->config, name, sizeof name);
    const char *dot = strrchr(name, '.');
    snprintf(a->default_run, sizeof a->default_run, "runs/%.*s",
             dot ? (int)(dot - name) : (int)strlen(name), name);
    a->run = a->default_run;
}

static ambit_status parse(int argc, char **argv, arguments *a) {
    static const struct option options[] = {
        {"run", required_argument, NULL, 'r'}, {"dry-run", no_argument, NULL, 'n'}, {0}};
    memset(a, 0, sizeof *a);
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option == 'r')
            a->run = optarg;
        else if (option == 'n')
            a->dry = 1;
        else
            return ambit_bad_option(option, argv, options);
    }
    if (optind >= argc)
        return ambit_fail(AMBIT_USAGE,
                          "no configuration is named; give one, such as configs/maze.yaml");
    a->config = argv[optind];
    a->overrides = (const char *const *)argv + optind + 1;
    a->override_count = argc - optind - 1;
    if (!a->run)
        name_run(a);
    return AMBIT_OK;
}

static ambit_status estimate(const ambit_ranks *ranks, const ambit_settings *settings) {
    ambit_training_estimate e;
    const double mib = 1.0 / (1 << 20);
    AMBIT_TRY(ambit_train_estimate(ranks, settings, &e));
    const double peak = ambit_product_peak(); /* on all ranks at once, as in training */
    if (ranks->rank != 0)
        return AMBIT_OK;
    printf("samples          %12" PRId64 "\n", e.samples);
    printf("steps an epoch   %12.1f\n", e.steps_per_epoch);
    printf("parameters       %12" PRId64 "\n", e.parameters);
    printf("work a step      %12.3g flops over all ranks\n", e.flops_per_step);
    const double cores = (double)ranks->size * (double)settings->train.threads;
    printf(
        "time             %12.3g s on %.0f cores at the measured peak of %.0f GF/s each; more in "
        "practice\n",
        e.flops_per_step * (double)settings->train.steps / (peak * cores), cores, peak * 1e-9);
    printf("memory of rank 0, MiB\n");
    printf("  parameters and their average, once a node %10.1f\n", (double)e.parameter_bytes * mib);
    printf("  gradients                                 %10.1f\n", (double)e.gradient_bytes * mib);
    printf("  optimiser                                 %10.1f\n", (double)e.optimizer_bytes * mib);
    printf("  activations                               %10.1f\n",
           (double)e.activation_bytes * mib);
    const ambit_room room = ambit_room_look();
    if (e.window_bytes > 0)
        printf("shared by the ranks of its node, in %-10s %8.1f MiB, of %.1f MiB free\n",
               room.folder, (double)e.window_bytes * mib, (double)room.shared * mib);
    return AMBIT_OK;
}

/* What to do next: `eval` has nowhere to act without an environment. */
static void print_end(const ambit_settings *settings, const char *run) {
    printf("%s: trained %" PRId64 " step%s; see it with ", run, settings->train.steps,
           ambit_plural(settings->train.steps));
    if (*settings->environment.plugin && settings->train.task == AMBIT_TASK_DENOISE)
        printf("`ambit eval %s` or ", run);
    printf("`ambit report %s`\n", run);
}

/* Rank 0. Results will come from this file of the environment, or from another one. */
static ambit_status record_environment(const ambit_settings *settings, const char *run) {
    ambit_plugin *environment;
    char difference[PATH_MAX + 512] = "";
    if (!*settings->environment.plugin)
        return AMBIT_OK;
    AMBIT_TRY(
        ambit_plugin_load(AMBIT_PLUGIN_ENVIRONMENT, settings->environment.plugin, &environment));
    ambit_status status = ambit_environment_record(run, environment, difference, sizeof difference);
    ambit_plugin_unload(environment);
    if (*difference)
        fprintf(stderr, "ambit train: %s\n", difference);
    return status;
}

static ambit_status run_training(const ambit_ranks *ranks, const arguments *a,
                                 const ambit_shared_config *shared) {
    const ambit_settings *settings = ambit_config_settings(shared->config);
    /* an environment that cannot be used would be noticed only when the run is evaluated */
    AMBIT_TRY_ALL(ranks, ambit_environment_check(settings));
    ambit_cores_warn(ranks, settings->train.threads);
    if (a->dry)
        return estimate(ranks, settings);
    AMBIT_TRY(ambit_run_claim(ranks, a->run, shared->text, shared->origins));
    AMBIT_TRY_ALL(ranks, ranks->rank == 0 ? record_environment(settings, a->run) : AMBIT_OK);
    ambit_training training = {.settings = settings,
                               .configuration = shared->text,
                               .origins = shared->origins,
                               .folder = a->run};
    AMBIT_TRY(ambit_train(ranks, &training));
    if (ranks->rank == 0)
        print_end(settings, a->run);
    return AMBIT_OK;
}

static ambit_status run(const ambit_ranks *ranks, int argc, char **argv) {
    arguments a;
    ambit_shared_config shared;
    AMBIT_TRY(parse(argc, argv, &a));
    ambit_status status =
        ambit_shared_config_load(ranks, a.config, NULL, a.overrides, a.override_count, &shared);
    if (status == AMBIT_OK)
        status = run_training(ranks, &a, &shared);
    ambit_shared_config_destroy(&shared);
    return status;
}

const ambit_command ambit_command_train = {
    .name = "train", .summary = "train a policy, or go on training it", .usage = usage, .run = run};
