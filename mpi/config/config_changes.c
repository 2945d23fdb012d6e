#include "config_changes.h"

#include "config_parts.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- what may change */

typedef enum {
    FIXED,
    FREE,
    GROWS,     /* may become larger */
    WITH_STEPS /* may change where train.steps grows */
} rule;

/* Settings, or sections, and their rules; those that are not named are fixed. */
static const struct {
    const char *path;
    rule rule;
} rules[] = {
    {"run.title", FREE},
    {"data.sources.N.path", FREE},
    {"data.sources.N.name", FREE},
    {"data.cache_mib", FREE},
    {"annotation", FREE}, /* the bounds that it leads to are data */
    {"network.recompute", FREE},
    {"train.steps", GROWS},
    {"train.warmup", WITH_STEPS},
    {"train.threads", FREE},
    {"train.log_every", FREE},
    {"train.checkpoint_every", FREE},
    {"train.validate_every", FREE},
    {"train.validate_samples", FREE},
    {"train.keep", FREE},
    {"sampler", FREE},
    {"environment", FREE},
    {"eval", FREE},
};

static rule rule_of(const char *path) {
    int index;
    const ambit_schema_row *row = ambit_schema_find(path, &index);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (ambit_schema_is_within(row, rules[i].path))
            return rules[i].rule;
    return FIXED;
}

static bool grows(const ambit_config_change *change) {
    return strtoll(change->now, NULL, 10) > strtoll(change->before, NULL, 10);
}

/* ---------------------------------------------------------------- listing */

/* A setting's value as YAML, malloced; NULL without memory. */
static char *value_of(const ambit_schema_row *row, ambit_settings *settings, int index) {
    if (index >= settings->data.source_count)
        return strdup("-");
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    ambit_config_write_value(row, settings, index, out);
    const bool failed = ferror(out);
    if (fclose(out) == 0 && !failed)
        return text;
    free(text);
    return NULL;
}

static ambit_status compare_setting(const ambit_schema_row *row, int index, ambit_settings *before,
                                    ambit_settings *now, ambit_config_changes *changes) {
    ambit_config_change *change = &changes->list[changes->count++];
    ambit_schema_path(row, index, change->path);
    change->before = value_of(row, before, index);
    change->now = value_of(row, now, index);
    if (!change->before || !change->now)
        return ambit_fail(AMBIT_SYSTEM, "%s: no memory", change->path);
    if (strcmp(change->before, change->now) != 0)
        return AMBIT_OK;
    free(change->before);
    free(change->now);
    *change = (ambit_config_change){.path = ""};
    changes->count--;
    return AMBIT_OK;
}

static ambit_status list_changes(ambit_settings *before, ambit_settings *now,
                                 ambit_config_changes *changes) {
    int count;
    const ambit_schema_row *rows = ambit_schema_rows(&count);
    const int sources = before->data.source_count > now->data.source_count
                            ? before->data.source_count
                            : now->data.source_count;
    AMBIT_TRY(ambit_allocate(&changes->list, (size_t)count * (size_t)(sources + 1),
                             sizeof *changes->list, "changes of the configuration"));
    for (int i = 0; i < count; i++) {
        const bool of_source = ambit_schema_is_within(&rows[i], "data.sources.N");
        if (rows[i].type == AMBIT_TYPE_SOURCES)
            continue;
        for (int index = of_source ? 0 : -1; index < (of_source ? sources : 0); index++)
            AMBIT_TRY(compare_setting(&rows[i], index, before, now, changes));
    }
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- judging */

static bool is_allowed(const ambit_config_change *change, bool longer) {
    switch (rule_of(change->path)) {
    case FREE:
        return true;
    case GROWS:
        return grows(change);
    case WITH_STEPS:
        return longer;
    default:
        return false;
    }
}

static bool is_longer(const ambit_config_changes *changes) {
    for (int i = 0; i < changes->count; i++)
        if (strcmp(changes->list[i].path, "train.steps") == 0)
            return grows(&changes->list[i]);
    return false;
}

/* Refuses with the first changes that are not allowed. */
static ambit_status check_changes(const char *name, const ambit_config_changes *changes) {
    enum { SHOWN = 8 };
    char text[2560] = "";
    size_t used = 0;
    int refused = 0;
    const bool longer = is_longer(changes);
    for (int i = 0; i < changes->count; i++) {
        const ambit_config_change *c = &changes->list[i];
        if (is_allowed(c, longer) || refused++ >= SHOWN || used >= sizeof text)
            continue;
        used += (size_t)ambit_config_change_show(c, text + used, sizeof text - used);
        if (rule_of(c->path) == GROWS && used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, " (it may only grow)");
    }
    if (refused == 0)
        return AMBIT_OK;
    return ambit_fail(
        AMBIT_CONFIG,
        "%s: this folder belongs to a run with another configuration; choose another "
        "folder with --run, or give the same configuration to go on with it (%d of %d "
        "settings that differ may not):%s",
        name, refused, changes->count, text);
}

int ambit_config_change_show(const ambit_config_change *change, char *text, size_t size) {
    return snprintf(text, size, "\n  there: %s: %.80s\n  here:  %s: %.80s", change->path,
                    change->before, change->path, change->now);
}

ambit_status ambit_config_list_changes(const char *name, const char *before, const char *now,
                                       ambit_config_changes *changes) {
    ambit_config *configs[2] = {NULL, NULL};
    *changes = (ambit_config_changes){0};
    ambit_status status = ambit_config_parse(name, before, NULL, 0, &configs[0]);
    if (status == AMBIT_OK)
        status = ambit_config_parse("the configuration", now, NULL, 0, &configs[1]);
    if (status == AMBIT_OK)
        status = list_changes(&configs[0]->settings, &configs[1]->settings, changes);
    for (int i = 0; i < 2; i++)
        ambit_config_destroy(configs[i]);
    if (status != AMBIT_OK)
        ambit_config_changes_free(changes);
    return status;
}

ambit_status ambit_config_compare(const char *name, const char *before, const char *now,
                                  ambit_config_changes *changes) {
    AMBIT_TRY(ambit_config_list_changes(name, before, now, changes));
    const ambit_status status = check_changes(name, changes);
    if (status != AMBIT_OK)
        ambit_config_changes_free(changes);
    return status;
}

void ambit_config_changes_free(ambit_config_changes *changes) {
    for (int i = 0; i < changes->count; i++) {
        free(changes->list[i].before);
        free(changes->list[i].now);
    }
    free(changes->list);
    *changes = (ambit_config_changes){0};
}
