#include "command.h"
#include "inspect.h"

#include <string.h>

static const char usage[] =
    "Usage: ambit inspect STORE [--json] [--html FILE]\n"
    "\n"
    "Examples:\n"
    "  ambit inspect data/bridge\n"
    "  ambit inspect data/bridge --html bridge.html\n"
    "\n"
    "Shows what a store holds: fields with their ranges, lengths of episodes, sigma bounds, and\n"
    "where the data came from.\n"
    "\n"
    "  --json        as JSON\n"
    "  --html FILE   writes a page instead, with the first frames and curves; it holds all it\n"
    "                needs and fetches nothing\n";

typedef struct {
    const char *folder, *page;
    int json;
} request;

static ambit_status parse(int argc, char **argv, request *wanted) {
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"html", required_argument, NULL, 'h'}, {0}};
    int found;
    opterr = 0;
    optind = 1;
    while ((found = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (found == 'j')
            wanted->json = 1;
        else if (found == 'h')
            wanted->page = optarg;
        else
            return ambit_bad_option(found, argv, options);
    }
    if (argc - optind != 1)
        return ambit_fail(AMBIT_USAGE, "inspect: give one store, such as data/bridge; see `ambit "
                                       "inspect --help`");
    wanted->folder = argv[optind];
    return AMBIT_OK;
}

static ambit_status answer(const request *wanted, ambit_store *store) {
    ambit_store_summary summary;
    ambit_store_summarise(store, &summary);
    if (wanted->page)
        AMBIT_TRY(ambit_inspect_page(store, &summary, wanted->page));
    if (wanted->json)
        return ambit_inspect_json(store, &summary, stdout);
    if (!wanted->page)
        ambit_inspect_text(store, &summary, stdout);
    return AMBIT_OK;
}

static ambit_status run(const ambit_ranks *ranks, int argc, char **argv) {
    request wanted = {0};
    ambit_store *store;
    (void)ranks;
    AMBIT_TRY(parse(argc, argv, &wanted));
    AMBIT_TRY(ambit_store_open(wanted.folder, 0, &store));
    ambit_status status = answer(&wanted, store);
    ambit_store_close(store);
    return status;
}

const ambit_command ambit_command_inspect = {
    .name = "inspect",
    .summary = "show what a store holds",
    .usage = usage,
    .run = run,
    .alone = 1,
};
