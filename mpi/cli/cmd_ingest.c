#include "../ingest.h"
#include "../records/progress.h"
#include "../records/say.h"
#include "command.h"
#include "plugin_settings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: ambit ingest PLUGIN LOCATION OUT [KEY=VALUE…] [--overwrite] [--bad fail|skip]\n"
    "                    [--shard-episodes N] [--shard-mib N]\n"
    "\n"
    "Examples:\n"
    "  mpirun -n 2 ambit ingest maze rrt data/maze-rrt count=5000\n"
    "  ambit ingest openx samples/oxe_bridge_rlds data/bridge\n"
    "\n"
    "Reads the episodes of a source with a plugin and writes them as a store: a folder of HDF5\n"
    "shards with an index. Any number of ranks writes the same shards. `ambit plugin inspect\n"
    "PLUGIN` shows what LOCATION and the options KEY=VALUE mean.\n"
    "\n"
    "  --overwrite          replace the store OUT, once the new one is whole\n"
    "  --bad fail|skip      episodes that are damaged, or hold values that are not finite: fail\n"
    "                       (default), or leave them out, say why, and count them\n"
    "  --shard-episodes N   episodes a shard at most (default: as make about 128 shards, 8 to\n"
    "                       1,024)\n"
    "  --shard-mib N        MiB a shard at most, unless one episode is larger (default: 128); a\n"
    "                       rank holds the shard it writes in memory, and for the statistics of\n"
    "                       numbers up to four times as much\n"
    "\n"
    "Everything is written to OUT.partial and renamed at the end: OUT is whole, or as it was.\n";

typedef struct {
    ambit_ingest_options options;
    ambit_plugin_settings settings;
} request;

static void notice(const char *line) {
    ambit_progress_clear();
    ambit_say(stderr, "ambit ingest: %s\n", line);
}

static ambit_status read_count(const char *option, const char *text, int64_t unit, int64_t *count) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < 1 || value > INT64_MAX / unit)
        return ambit_fail(AMBIT_USAGE, "%s %s: give a whole number of 1 or more", option, text);
    *count = value * unit;
    return AMBIT_OK;
}

static ambit_status read_bad(const char *text, bool *leave_out) {
    *leave_out = strcmp(text, "skip") == 0;
    if (*leave_out || strcmp(text, "fail") == 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_USAGE, "--bad %s: give fail or skip", text);
}

static ambit_status parse(int argc, char **argv, request *wanted) {
    static const struct option options[] = {{"overwrite", no_argument, NULL, 'o'},
                                            {"bad", required_argument, NULL, 'b'},
                                            {"shard-episodes", required_argument, NULL, 's'},
                                            {"shard-mib", required_argument, NULL, 'm'},
                                            {0}};
    int found;
    opterr = 0;
    optind = 1;
    while ((found = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (found == 'o')
            wanted->options.overwrite = true;
        else if (found == 'b')
            AMBIT_TRY(read_bad(optarg, &wanted->options.leave_out_bad));
        else if (found == 's')
            AMBIT_TRY(read_count("--shard-episodes", optarg, 1, &wanted->options.shard_episodes));
        else if (found == 'm')
            AMBIT_TRY(read_count("--shard-mib", optarg, 1 << 20, &wanted->options.shard_bytes));
        else
            return ambit_bad_option(found, argv, options);
    }
    if (argc - optind < 3)
        return ambit_fail(AMBIT_USAGE,
                          "ingest: %d of PLUGIN, LOCATION and OUT are given; see "
                          "`ambit ingest --help`",
                          argc - optind);
    wanted->options.plugin = argv[optind];
    wanted->options.location = argv[optind + 1];
    wanted->options.out = argv[optind + 2];
    AMBIT_TRY(ambit_plugin_settings_take(argc, argv, optind + 3, &wanted->settings));
    wanted->options.settings = wanted->settings.rows;
    wanted->options.setting_count = wanted->settings.count;
    wanted->options.notice = notice;
    wanted->options.progress = true;
    return AMBIT_OK;
}

static void print_left_out(const char *store, int64_t count, const char *bad, const char *why) {
    if (count > 0)
        printf("%s: %" PRId64 "%s episode%s%s %s left out\n", store, count, bad,
               ambit_plural(count), why, count == 1 ? "was" : "were");
}

static void print_summary(const ambit_ingest_options *options, const ambit_ingest_summary *s) {
    ambit_say(stdout, "%s: %" PRId64 " episode%s, %" PRId64 " step%s from %s %s; ", options->out,
              s->episodes, ambit_plural(s->episodes), s->steps, ambit_plural(s->steps),
              options->plugin, options->location);
    printf("%" PRId64 " shard%s, %.1f MB, %.1f s\n", s->shards, ambit_plural(s->shards),
           (double)s->bytes / 1e6, s->seconds);
    print_left_out(options->out, s->empty, "", " without a step");
    print_left_out(options->out, s->bad, " bad", "");
}

static ambit_status run(const ambit_ranks *ranks, int argc, char **argv) {
    static request wanted;
    ambit_ingest_summary summary;
    memset(&wanted, 0, sizeof wanted);
    AMBIT_TRY(parse(argc, argv, &wanted));
    AMBIT_TRY(ambit_ingest(ranks, &wanted.options, &summary));
    if (ranks->rank == 0)
        print_summary(&wanted.options, &summary);
    return AMBIT_OK;
}

const ambit_command ambit_command_ingest = {
    .name = "ingest",
    .summary = "read a source with a plugin and write a store",
    .usage = usage,
    .run = run,
    .phase = AMBIT_PHASE_INGEST,
};
