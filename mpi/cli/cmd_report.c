#include "../records/say.h"
#include "../report/report.h"
#include "command.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: ambit report RUN… [--output FILE.html] [--title TEXT]\n"
    "       ambit report RUN… --picture FILE.svg [--metric NAME]\n"
    "\n"
    "Examples:\n"
    "  ambit report runs/maze/clean runs/maze/alike runs/maze/ambient -o maze.html\n"
    "  ambit report runs/maze/* --picture docs/maze.svg --metric jerk2\n"
    "\n"
    "Writes one HTML page of the runs: results with their intervals, drawn trials, losses, noise\n"
    "levels, speed, and in what the configurations differ. The page holds all it needs, has no\n"
    "script and fetches nothing. The numbers of each chart go to FILE-data/*.tsv. Runs that\n"
    "differ in nothing but run.seed are one method: they share a row of the table. What is "
    "damaged\n"
    "is left out and named on the page; the exit code is then 65.\n"
    "\n"
    "  -o, --output FILE    the page (default: report.html)\n"
    "      --title TEXT     its heading (default: the name of the folder the first run is in)\n"
    "      --picture FILE   writes a picture instead: drawn trials and the figures of each method\n"
    "      --metric NAME    the metric beneath the picture (default: the environment's first)\n";

typedef struct {
    const char *const *runs;
    int run_count;
    const char *output, *title, *picture, *metric;
} request;

static ambit_status parse(int argc, char **argv, request *wanted) {
    static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                            {"title", required_argument, NULL, 't'},
                                            {"picture", required_argument, NULL, 'p'},
                                            {"metric", required_argument, NULL, 'm'},
                                            {0}};
    const struct {
        int letter;
        const char **value;
    } values[] = {{'o', &wanted->output},
                  {'t', &wanted->title},
                  {'p', &wanted->picture},
                  {'m', &wanted->metric}};
    int found;
    optind = 1;
    while ((found = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
        if (found == '?' || found == ':')
            return ambit_bad_option(found, argv, options);
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            if (values[i].letter == found)
                *values[i].value = optarg;
    }
    if (optind == argc)
        return ambit_fail(AMBIT_USAGE, "no run is named; see `ambit report --help`");
    if (wanted->picture && (wanted->output || wanted->title))
        return ambit_fail(AMBIT_USAGE, "--picture writes no page; leave out --output and --title");
    if (wanted->metric && !wanted->picture)
        return ambit_fail(AMBIT_USAGE, "--metric belongs to --picture; the page has all metrics");
    wanted->runs = (const char *const *)argv + optind;
    wanted->run_count = argc - optind;
    return AMBIT_OK;
}

static ambit_status write(const request *wanted, const ambit_records *records) {
    const char *path = wanted->picture  ? wanted->picture
                       : wanted->output ? wanted->output
                                        : "report.html";
    if (wanted->picture) {
        AMBIT_TRY(ambit_report_picture(records, wanted->metric, path));
    } else {
        AMBIT_TRY(ambit_report_write(records, wanted->title, path));
        AMBIT_TRY(ambit_report_table(records, stdout));
    }
    ambit_say(stdout, "%s\n", path);
    return AMBIT_OK;
}

/* A failure where something was left out, though all else has been written. */
static ambit_status tell_damage(const ambit_records *records) {
    int damaged = 0;
    const ambit_record *first = NULL;
    for (int i = 0; i < records->count; i++)
        if (records->records[i].damage[0]) {
            first = first ? first : &records->records[i];
            damaged++;
        }
    if (!first)
        return AMBIT_OK;
    if (damaged == 1)
        return ambit_fail(AMBIT_DATA, "written without what is damaged: %s", first->damage);
    return ambit_fail(AMBIT_DATA, "written without what is damaged in %d runs, such as %s", damaged,
                      first->damage);
}

static ambit_status run(const ambit_ranks *ranks, int argc, char **argv) {
    request wanted = {0};
    ambit_records records;
    (void)ranks;
    AMBIT_TRY(parse(argc, argv, &wanted));
    ambit_status status = ambit_records_read(wanted.runs, wanted.run_count, &records);
    if (status == AMBIT_OK)
        status = write(&wanted, &records);
    if (status == AMBIT_OK)
        status = tell_damage(&records);
    ambit_records_free(&records);
    return status;
}

const ambit_command ambit_command_report = {
    .name = "report",
    .summary = "write a page of results and curves of runs",
    .usage = usage,
    .run = run,
    .alone = 1,
};
