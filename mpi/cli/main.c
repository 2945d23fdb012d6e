/* The program: finds the command, starts MPI where it needs ranks, prints what failed, once. */
#include "../../core/base/nearest.h"
#include "../../core/base/text.h"
#include "../../core/products/blas.h"
#include "../../datasets/hdf5_error.h"
#include "../../plugins/loader.h"
#include "../records/progress.h"
#include "../records/say.h"
#include "../watch.h"
#include "command.h"
#include "version.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const ambit_command *const commands[] = {
    &ambit_command_ingest, &ambit_command_inspect, &ambit_command_annotate, &ambit_command_train,
    &ambit_command_eval,   &ambit_command_report,  &ambit_command_config,   &ambit_command_plugin,
    &ambit_command_doctor, &ambit_command_bench,
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

/* ---------------------------------------------------------------- help */

static void print_help(FILE *out) {
    fputs("Ambit trains diffusion models on data of mixed quality, on CPU clusters.\n\n"
          "Usage: ambit COMMAND …, alone, or on N ranks by mpirun -n N or srun --mpi=pmix\n\n"
          "Examples:\n"
          "  mpirun -n 2 ambit train configs/maze.yaml\n"
          "  ambit config explain train\n\n"
          "Commands:\n",
          out);
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n`ambit COMMAND --help` explains a command, `ambit --version` prints versions.\n"
          "Exit codes are those of sysexits.h; 75: stopped after a good checkpoint, start again; "
          "80: diverged.\n",
          out);
}

static void print_version(void) {
    ambit_versions versions;
    ambit_versions_find(&versions);
    printf("ambit     %s\ncompiler  %s\nMPI       %s\nHDF5      %s\nBLAS      %s\nlibyaml   %s\n",
           versions.ambit, versions.compiler, versions.mpi, versions.hdf5, versions.blas,
           versions.yaml);
}

static int is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Whether --help stands behind a command, before a "--". */
static int wants_help(int argc, char **argv) {
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (is_help(argv[i]))
            return 1;
    return 0;
}

/* ---------------------------------------------------------------- ends */

/* A stop that was asked for is no error. */
static void print_failure(const char *command, const char *where, ambit_status status) {
    ambit_say(stderr, "ambit%s%s: %s%s%s\n", *command ? " " : "", command,
              status == AMBIT_REQUEUE ? "" : "error: ", where, ambit_message());
}

/* A full disk behind stdout shows only now. */
static ambit_status flush_output(void) {
    if (fflush(stdout) != 0 || ferror(stdout))
        return ambit_fail_errno(AMBIT_IO, errno, "standard output: cannot be written");
    return AMBIT_OK;
}

/* A rank that failed waits no longer than this: the others may be waiting for it in a collective
 * call, not knowing that it failed. */
static const double seconds_to_leave = 10;

static const ambit_command *running; /* the command */

static void say_wait(const char *line) {
    fprintf(stderr, "ambit %s: %s\n", running->name, line);
}

static void end_wait(const char *reason) {
    ambit_message_set(reason);
    print_failure(running->name, "", AMBIT_SYSTEM);
    ambit_ranks_abort(ambit_exit_code(AMBIT_SYSTEM));
}

/* As the launcher would have asked this rank to leave. */
static void leave_alone(void) {
    kill(getpid(), SIGTERM);
}

static const ambit_watch_acts acts = {.say = say_wait, .end = end_wait, .orphaned = leave_alone};

/* ---------------------------------------------------------------- running a command */

static int speaks; /* whether this process prints lines of plugins: rank 0 does */

static void log_plugin_line(enum ambit_log_level level, const char *plugin, const char *text) {
    char line[AMBIT_MESSAGE_SIZE]; /* its line breaks are shown too: it is one line */
    if (!speaks || level < AMBIT_LOG_INFO)
        return;
    ambit_progress_clear();
    ambit_say(stderr, "%s: %s%s\n", plugin, level == AMBIT_LOG_WARNING ? "warning: " : "",
              ambit_text_shown(text, "", line, sizeof line));
}

static ambit_status run_command(const ambit_ranks *ranks, int argc, char **argv) {
    ambit_watch_share(ranks);
    ambit_phase_enter(running->phase);
    ambit_status status = running->run(ranks, argc, argv);
    if (status == AMBIT_OK)
        status = flush_output();
    ambit_phase_enter(AMBIT_PHASE_END);
    return status;
}

static int run_on_ranks(int argc, char **argv) {
    ambit_ranks ranks;
    MPI_Comm leaving;
    ambit_status status = ambit_watch_start(&acts);
    if (status == AMBIT_OK)
        status = ambit_ranks_start(&ranks);
    if (status != AMBIT_OK) {
        if (ambit_launched_rank() <= 0)
            print_failure(running->name, "", status);
        return ambit_exit_code(status);
    }
    speaks = ranks.rank == 0;
    AMBIT_WAIT(MPI_Comm_dup(ranks.world, &leaving));
    status = run_command(&ranks, argc, argv);
    if (!ambit_ranks_meet(leaving, status == AMBIT_OK ? HUGE_VAL : seconds_to_leave)) {
        char where[96];
        snprintf(where, sizeof where, "[rank %d %s] ", ranks.rank, ranks.host);
        print_failure(running->name, ranks.size > 1 ? where : "", status);
        ambit_ranks_abort(ambit_exit_code(status));
    }
    status = ambit_agree(&ranks, status);
    if (status != AMBIT_OK && ranks.rank == 0)
        print_failure(running->name, "", status);
    ambit_watch_part();
    MPI_Comm_free(&leaving);
    ambit_ranks_stop(&ranks);
    return ambit_exit_code(status);
}

static const ambit_command *find_command(const char *name) {
    const char *names[COMMAND_COUNT];
    for (int i = 0; i < COMMAND_COUNT; i++) {
        names[i] = commands[i]->name;
        if (strcmp(name, names[i]) == 0)
            return commands[i];
    }
    int near = ambit_nearest(name, names, COMMAND_COUNT);
    if (near >= 0)
        ambit_fail(AMBIT_USAGE, "%s: unknown command; did you mean %s?", name, names[near]);
    else
        ambit_fail(AMBIT_USAGE, "%s: unknown command; see `ambit --help`", name);
    return NULL;
}

/* What needs no command to run: help, the version, and words that are no command. */
static ambit_status answer(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "--help";
    const int help = strcmp(word, "help") == 0;
    if (strcmp(word, "--version") == 0) {
        print_version();
        return AMBIT_OK;
    }
    if (is_help(word) || (help && argc < 3)) {
        print_help(stdout);
        return argc > 1 ? AMBIT_OK : ambit_fail(AMBIT_USAGE, "which command? The list is above");
    }
    const ambit_command *command = find_command(argv[1 + help]);
    if (!command)
        return AMBIT_USAGE;
    fputs(command->usage, stdout);
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- the beginning */

/* Sanitizers are not ready as early as this, nor do they run where address space is limited. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* Runs before libraries are initialised: OpenBLAS would never come back from that. */
static void check_before_libraries(void) {
    if (ambit_blas_check(1) == AMBIT_OK)
        return;
    print_failure("", "", AMBIT_SYSTEM);
    _exit(ambit_exit_code(AMBIT_SYSTEM));
}

__attribute__((section(".preinit_array"),
               used)) static void (*const at_first)(void) = check_before_libraries;
#endif

int main(int argc, char **argv) {
    const ambit_command *command = argc > 1 ? find_command(argv[1]) : NULL;
    const int helps = wants_help(argc, argv);
    ambit_hdf5_start();
    ambit_plugin_log_to(log_plugin_line);
    opterr = 0; /* commands say themselves what is wrong with an option */
    running = command;
    if (command && !command->alone && !helps)
        return run_on_ranks(argc - 1, argv + 1);
    if (ambit_launched_rank() > 0) /* one process of a launch is enough for the rest */
        return 0;
    speaks = 1;
    ambit_status status =
        command && !helps ? command->run(NULL, argc - 1, argv + 1) : answer(argc, argv);
    if (status == AMBIT_OK)
        status = flush_output();
    if (status != AMBIT_OK)
        print_failure(command ? command->name : "", "", status);
    return ambit_exit_code(status);
}
