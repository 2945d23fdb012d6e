#include "evaluation_folder.h"

#include "../datasets/files.h"
#include "config/config_changes.h"
#include "records/evaluation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_CONFIGURATION = 1 << 22 };

static ambit_status check_name(const char *name) {
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    if (!name || (*name && name[strspn(name, letters)] == '\0'))
        return AMBIT_OK;
    return ambit_fail(AMBIT_USAGE,
                      "--name %.80s: is not made of letters, digits, _ and -; choose "
                      "another",
                      name);
}

/* Whether a setting says what an evaluation is of. */
static int is_telling(const char *path) {
    static const char *const sections[] = {"sampler.", "environment.", "eval."};
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (strncmp(path, sections[i], strlen(sections[i])) == 0)
            return strcmp(path, "eval.batch") != 0;
    return 0;
}

/* Writes what differs between the evaluation that is recorded at `path` and the claim. */
static ambit_status list_differences(const ambit_evaluation_claim *claim, const char *path,
                                     char *text, size_t size) {
    char *recorded;
    size_t length, used = strlen(text);
    ambit_config_changes changes;
    AMBIT_TRY(ambit_read_file(path, LARGEST_CONFIGURATION, &recorded, &length));
    const ambit_status status =
        ambit_config_list_changes(path, recorded, claim->configuration, &changes);
    free(recorded);
    AMBIT_TRY(status);
    for (int i = 0; i < changes.count && used < size; i++)
        if (is_telling(changes.list[i].path))
            used += (size_t)ambit_config_change_show(&changes.list[i], text + used, size - used);
    ambit_config_changes_free(&changes);
    return AMBIT_OK;
}

static ambit_status look_for(const char *folder, const char *name, char path[PATH_MAX],
                             int *exists) {
    snprintf(path, PATH_MAX, "%.*s/%s", PATH_MAX - 32, folder, name);
    return ambit_file_exists(path, exists);
}

/* Looks at the results that are there. */
static ambit_status compare(const ambit_evaluation_claim *claim, const char *folder) {
    char path[PATH_MAX], text[2560] = "";
    int recorded;
    ambit_evaluation there;
    AMBIT_TRY(ambit_fail_within(ambit_evaluation_read(folder, &there),
                                "results that are there (--overwrite replaces them)"));
    AMBIT_TRY(look_for(folder, "config.yaml", path, &recorded));
    if (claim->checkpoint && strcmp(claim->checkpoint, there.checkpoint) != 0)
        snprintf(text, sizeof text, "\n  there: %s\n  here:  %s", there.checkpoint,
                 claim->checkpoint);
    if (recorded)
        AMBIT_TRY(list_differences(claim, path, text, sizeof text));
    if (recorded && !*text)
        return AMBIT_OK;
    return ambit_fail(
        AMBIT_CANNOT_CREATE,
        "%s: holds the results of another evaluation%s; give --name NAME to put these "
        "beside them, in %s/eval/NAME, or --overwrite to replace those%s%s",
        folder, recorded ? "" : ", which does not say how it was made", claim->run,
        *text ? ":" : "", text);
}

static ambit_status claim_folder(const ambit_evaluation_claim *claim, char folder[PATH_MAX]) {
    char path[PATH_MAX];
    int there;
    AMBIT_TRY(check_name(claim->name));
    AMBIT_TRY(ambit_evaluation_folder(claim->run, claim->name, folder));
    AMBIT_TRY(ambit_make_folders(folder));
    AMBIT_TRY(look_for(folder, "summary.json", path, &there));
    return there && !claim->overwrite ? compare(claim, folder) : AMBIT_OK;
}

ambit_status ambit_evaluation_claim_folder(const ambit_ranks *ranks,
                                           const ambit_evaluation_claim *claim,
                                           char folder[PATH_MAX]) {
    return ambit_agree(ranks, ranks->rank == 0 ? claim_folder(claim, folder) : AMBIT_OK);
}

ambit_status ambit_evaluation_record_claim(const char *folder, const char *configuration) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s/config.yaml", PATH_MAX - 32, folder);
    return ambit_write_file(path, configuration, strlen(configuration));
}
