#include "command.h"

#include "../../core/base/nearest.h"

#include <stdio.h>
#include <string.h>

enum { MOST_NAMES = 64 };

/* "; did you mean --json?" or nothing. */
static void suggest(const char *word, const char *const *names, int count, const char *lead,
                    char *text, size_t size) {
    int near = ambit_nearest(word, names, count);
    *text = '\0';
    if (near >= 0)
        snprintf(text, size, "; did you mean %s%s?", lead, names[near]);
}

ambit_status ambit_bad_option(int found, char *const *argv, const struct option *options) {
    const char *names[MOST_NAMES], *word = argv[optind - 1];
    char suggestion[128] = "", letter[3] = {'-', (char)optopt, '\0'};
    int count = 0;
    while (count < MOST_NAMES && options[count].name) {
        names[count] = options[count].name;
        count++;
    }
    const char *option = strncmp(word, "--", 2) == 0 ? word : letter;
    if (found == ':')
        return ambit_fail(AMBIT_USAGE, "%s: needs a value; see --help", word);
    if (option == word && strchr(word, '=') && optopt)
        return ambit_fail(AMBIT_USAGE, "%s: takes no value; see --help", word);
    if (option == word)
        suggest(word + 2, names, count, "--", suggestion, sizeof suggestion);
    return ambit_fail(AMBIT_USAGE, "%s: unknown option%s%s", option, suggestion,
                      *suggestion ? "" : "; see --help");
}

ambit_status ambit_run_subcommand(const ambit_subcommand *table, int count, int argc, char **argv) {
    const char *names[MOST_NAMES];
    char suggestion[128], list[512] = "";
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        names[i] = table[i].name;
        if (used < sizeof list)
            used +=
                (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    }
    if (argc < 2)
        return ambit_fail(AMBIT_USAGE, "a word is missing: one of %s; see --help", list);
    for (int i = 0; i < count; i++)
        if (strcmp(argv[1], names[i]) == 0)
            return table[i].run(argc - 1, argv + 1);
    suggest(argv[1], names, count, "", suggestion, sizeof suggestion);
    return ambit_fail(AMBIT_USAGE, "%s: is none of %s%s", argv[1], list, suggestion);
}
