#include "../records/json.h"
#include "../records/say.h"
#include "command.h"
#include "doctor.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: ambit doctor [--json]\n"
    "\n"
    "Examples:\n"
    "  mpirun -n 4 ambit doctor\n"
    "  srun --mpi=pmix --nodes=2 --ntasks-per-node=16 ambit doctor\n"
    "\n"
    "Looks at this machine, or at all nodes of a job when started as the job would be: versions,\n"
    "HDF5, products, threads, cores, launcher, shared memory, plugins, and the file system of the\n"
    "working directory. One line each, with what to do about it. Of several ranks the worst\n"
    "finding is shown. Exit code 69 when something is at fault, 0 otherwise.\n"
    "\n"
    "  --json  as JSON\n";

static const char *const levels[] = {
    [AMBIT_DOCTOR_OK] = "ok", [AMBIT_DOCTOR_WARNING] = "warning", [AMBIT_DOCTOR_FAULT] = "fault"};

static ambit_status parse(int argc, char **argv, int *json) {
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
    int found;
    while ((found = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (found != 'j')
            return ambit_bad_option(found, argv, options);
        *json = 1;
    }
    if (optind < argc)
        return ambit_fail(AMBIT_USAGE, "%s: doctor takes no names; see `ambit doctor --help`",
                          argv[optind]);
    return AMBIT_OK;
}

static void print_line(const ambit_finding *finding) {
    ambit_say(stdout, "%-8s %-9s %s", levels[finding->level], finding->check, finding->what);
    if (finding->rank > 0)
        printf(" [rank %d %s]", finding->rank, finding->host);
    ambit_say(stdout, "%s%s\n", *finding->remedy ? "; " : "", finding->remedy);
}

static json_t *as_json(const ambit_finding *finding) {
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "check", finding->check, "level",
                     levels[finding->level], "what", finding->what, "remedy", finding->remedy,
                     "rank", finding->rank, "host", finding->host);
}

static ambit_status print_json(const ambit_finding *findings, int count) {
    json_t *rows = json_array();
    for (int i = 0; i < count; i++)
        ambit_json_append(&rows, as_json(&findings[i]));
    return ambit_json_print(rows, "doctor", stdout);
}

static ambit_status run(const ambit_ranks *ranks, int argc, char **argv) {
    ambit_finding findings[AMBIT_DOCTOR_MOST];
    int json = 0, faults = 0;
    AMBIT_TRY(parse(argc, argv, &json));
    const int count = ambit_doctor_examine(ranks, findings);
    for (int i = 0; i < count; i++) {
        faults += findings[i].level == AMBIT_DOCTOR_FAULT;
        if (ranks->rank == 0 && !json)
            print_line(&findings[i]);
    }
    if (ranks->rank == 0 && json)
        AMBIT_TRY(print_json(findings, count));
    if (faults)
        return ambit_fail(AMBIT_UNAVAILABLE, "%d of %d checks found a fault; see above", faults,
                          count);
    return AMBIT_OK;
}

const ambit_command ambit_command_doctor = {
    .name = "doctor",
    .summary = "check this machine, or the nodes of a job",
    .usage = usage,
    .run = run,
};
