#include "../config/config.h"
#include "../config/environment_check.h"
#include "command.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "Usage: ambit config show FILE [KEY=VALUE…]\n"
    "       ambit config check FILE [KEY=VALUE…]\n"
    "       ambit config explain [KEY]\n"
    "\n"
    "Examples:\n"
    "  ambit config check configs/maze.yaml\n"
    "  ambit config show configs/maze.yaml train.lr=2e-3 data.sources.1.sigma_min=0.6\n"
    "\n"
    "  show     prints the whole configuration, with a comment on where each value came from:\n"
    "           the default, a line of the file, or an argument\n"
    "  check    prints every error with its line and column, and what to do about it; exit code\n"
    "           78 when there are errors. Keys below environment.options are checked against\n"
    "           the plugin's own table\n"
    "  explain  prints type, default, bounds and meaning of a key, of a section such as `train`,\n"
    "           or of all keys\n"
    "\n"
    "KEY=VALUE changes a setting that exists: train.steps=2e4, data.sources.0.weight=2,\n"
    "'data.observation=[state, goal]'. null and ~, unquoted, stand for no value: the default.\n";

static ambit_status load(int argc, char **argv, ambit_config **config) {
    if (argc < 2)
        return ambit_fail(AMBIT_USAGE, "which file? Write `ambit config %s FILE`", argv[0]);
    return ambit_config_load(argv[1], (const char *const *)argv + 2, argc - 2, config);
}

static ambit_status show(int argc, char **argv) {
    ambit_config *config = NULL;
    char *text = NULL;
    AMBIT_TRY(load(argc, argv, &config));
    ambit_status status = ambit_config_write(config, 1, &text);
    if (status == AMBIT_OK)
        fputs(text, stdout);
    free(text);
    ambit_config_destroy(config);
    return status;
}

static ambit_status check(int argc, char **argv) {
    ambit_config *config = NULL;
    AMBIT_TRY(load(argc, argv, &config));
    ambit_status status = ambit_environment_check(ambit_config_settings(config));
    if (status == AMBIT_OK)
        printf("%s: no errors\n", argv[1]);
    ambit_config_destroy(config);
    return status;
}

static ambit_status explain(int argc, char **argv) {
    if (argc > 2)
        return ambit_fail(AMBIT_USAGE, "%s: one key at a time; see `ambit config --help`", argv[2]);
    return ambit_config_explain(argc > 1 ? argv[1] : "", stdout);
}

static ambit_status run(const ambit_ranks *ranks, int argc, char **argv) {
    static const ambit_subcommand table[] = {
        {"show", show}, {"check", check}, {"explain", explain}};
    (void)ranks;
    return ambit_run_subcommand(table, sizeof table / sizeof table[0], argc, argv);
}

const ambit_command ambit_command_config = {
    .name = "config",
    .summary = "show, check or explain a configuration",
    .usage = usage,
    .run = run,
    .alone = 1,
};
