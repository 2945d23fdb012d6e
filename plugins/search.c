/* Where plugins are looked for. */

#include "../core/base/nearest.h"
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char path[AMBIT_PLUGIN_PATH_SIZE];
    int exists;
} folder;

/* The folders to search, in order, each once. */
typedef struct {
    folder *rows;
    int count;
} folders;

static void add_folder(folders *all, const char *path) {
    char real[PATH_MAX];
    folder *row = &all->rows[all->count];
    if (path[0] == '\0' || strlen(path) >= sizeof row->path)
        return; /* an empty part of AMBIT_PLUGIN_PATH does not mean the folder one happens to be in
                 */
    errno = 0;
    const int found = realpath(path, real) != NULL && strlen(real) < sizeof row->path;
    const char *kept = found ? real : path;
    row->exists = found || (errno != ENOENT && errno != ENOTDIR);
    memcpy(row->path, kept, strlen(kept) + 1);
    for (int i = 0; i < all->count; i++)
        if (strcmp(all->rows[i].path, row->path) == 0)
            return;
    all->count++;
}

/* A folder named from the one the running program is in; "" when that cannot be told. */
static void beside_program(const char *relative, char path[AMBIT_PLUGIN_PATH_SIZE]) {
    const size_t room = AMBIT_PLUGIN_PATH_SIZE - strlen(relative) - 1;
    ssize_t length = readlink("/proc/self/exe", path, room);
    path[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        memcpy(slash + 1, relative, strlen(relative) + 1);
}

/* The caller frees all->rows. */
static ambit_status find_folders(folders *all) {
    const char *variable = getenv("AMBIT_PLUGIN_PATH");
    size_t parts = 4;
    for (const char *c = variable; c && *c; c++)
        parts += *c == ':';
    all->count = 0;
    AMBIT_TRY(ambit_allocate(&all->rows, parts, sizeof *all->rows, "AMBIT_PLUGIN_PATH"));
    char path[AMBIT_PLUGIN_PATH_SIZE];
    while (variable && *variable) {
        size_t span = strcspn(variable, ":");
        if (span < sizeof path) {
            memcpy(path, variable, span);
            path[span] = '\0';
            add_folder(all, path);
        }
        variable += span + (variable[span] == ':');
    }
    /* where they were installed to, wherever that was moved since, and the folder of a build */
    static const char *const relatives[] = {AMBIT_PLUGIN_SUBFOLDER, "plugins"};
    add_folder(all, AMBIT_PLUGIN_FOLDER);
    for (int i = 0; i < 2; i++) {
        beside_program(relatives[i], path);
        add_folder(all, path);
    }
    return AMBIT_OK;
}

static int is_plugin_file(const struct dirent *entry) {
    const char *name = entry->d_name;
    size_t length = strlen(name);
    return length > strlen("ambit_.so") && strncmp(name, "ambit_", 6) == 0 &&
           strcmp(name + length - 3, ".so") == 0;
}

static int by_bytes(const struct dirent **one, const struct dirent **other) {
    return strcmp((*one)->d_name, (*other)->d_name);
}

static void free_entries(struct dirent **entries, int count) {
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

/* Kind and name that a file's name speaks of; 0 when it speaks of none. */
static uint32_t parse_file_name(const char *file, char name[AMBIT_PLUGIN_NAME_SIZE]) {
    for (uint32_t kind = AMBIT_PLUGIN_SOURCE; kind <= AMBIT_PLUGIN_ENVIRONMENT; kind++) {
        char prefix[32];
        int length = snprintf(prefix, sizeof prefix, "ambit_%s_", ambit_plugin_kind_name(kind));
        if (strncmp(file, prefix, (size_t)length) != 0)
            continue;
        size_t rest = strlen(file) - (size_t)length - strlen(".so");
        if (rest >= AMBIT_PLUGIN_NAME_SIZE)
            continue;
        memcpy(name, file + length, rest);
        name[rest] = '\0';
        return ambit_plugin_is_name(name) ? kind : 0;
    }
    return 0;
}

/* ---------------------------------------------------------------- one, by name */

enum { NEAR_MOST = 256 };

/* Names of plugins of this kind that exist, for a suggestion. */
static int collect_names(const folders *all, uint32_t kind,
                         char names[NEAR_MOST][AMBIT_PLUGIN_NAME_SIZE]) {
    int count = 0;
    for (int f = 0; f < all->count; f++) {
        struct dirent **entries;
        int found = scandir(all->rows[f].path, &entries, is_plugin_file, by_bytes);
        for (int i = 0; i < found && count < NEAR_MOST; i++)
            count += parse_file_name(entries[i]->d_name, names[count]) == kind;
        if (found >= 0)
            free_entries(entries, found);
    }
    return count;
}

static ambit_status not_found(const folders *all, uint32_t kind, const char *name) {
    char names[NEAR_MOST][AMBIT_PLUGIN_NAME_SIZE], searched[2048] = "", near[64] = "";
    const char *candidates[NEAR_MOST];
    size_t used = 0;
    int count = collect_names(all, kind, names);
    for (int i = 0; i < count; i++)
        candidates[i] = names[i];
    int nearest = ambit_nearest(name, candidates, count);
    if (nearest >= 0)
        snprintf(near, sizeof near, "did you mean '%s'? Else ", names[nearest]);
    for (int i = 0; i < all->count && used < sizeof searched; i++)
        used += (size_t)snprintf(searched + used, sizeof searched - used, "%s%s%s", i ? ", " : "",
                                 all->rows[i].path, all->rows[i].exists ? "" : " (absent)");
    return ambit_fail(AMBIT_UNAVAILABLE,
                      "%s '%s': there is no plugin ambit_%s_%s.so in %s; %sadd its folder to "
                      "AMBIT_PLUGIN_PATH, or see what `ambit plugin list` shows",
                      ambit_plugin_kind_name(kind), name, ambit_plugin_kind_name(kind), name,
                      searched, near);
}

static ambit_status load_from(const folders *all, uint32_t kind, const char *name,
                              ambit_plugin **plugin) {
    for (int i = 0; i < all->count; i++) {
        char path[AMBIT_PLUGIN_PATH_SIZE + 64];
        struct stat about;
        snprintf(path, sizeof path, "%s/ambit_%s_%s.so", all->rows[i].path,
                 ambit_plugin_kind_name(kind), name);
        if (lstat(path, &about) == 0)
            return ambit_plugin_load_file(path, plugin);
        if (errno != ENOENT && errno != ENOTDIR)
            return ambit_fail_errno(AMBIT_UNAVAILABLE, errno, "%s", path);
    }
    return not_found(all, kind, name);
}

ambit_status ambit_plugin_load(uint32_t kind, const char *name, ambit_plugin **plugin) {
    *plugin = NULL;
    if (!ambit_plugin_kind_name(kind))
        return ambit_fail(AMBIT_INTERNAL, "plugin '%s': kind %u does not exist", name,
                          (unsigned)kind);
    if (!ambit_plugin_is_name(name))
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s '%s': is not a plugin's name, which is made of [a-z0-9_] in at most "
                          "31 characters; see what `ambit plugin list` shows",
                          ambit_plugin_kind_name(kind), name);
    folders all;
    AMBIT_TRY(find_folders(&all));
    ambit_status status = load_from(&all, kind, name, plugin);
    free(all.rows);
    return status;
}

/* ---------------------------------------------------------------- all of them */

typedef struct {
    ambit_plugin_found *rows;
    int count;
    int64_t room;
} listing;

/* A new row, zeroed; NULL, with a message, when there is no memory. */
static ambit_plugin_found *add_row(listing *list) {
    if (ambit_grow(&list->rows, &list->room, list->count + 1, sizeof *list->rows,
                   "list of plugins") != AMBIT_OK)
        return NULL;
    ambit_plugin_found *row = &list->rows[list->count++];
    memset(row, 0, sizeof *row);
    return row;
}

static const ambit_plugin_found *found_before(const listing *list, uint32_t kind,
                                              const char *name) {
    for (int i = 0; kind && i + 1 < list->count; i++)
        if (list->rows[i].kind == kind && strcmp(list->rows[i].name, name) == 0)
            return &list->rows[i];
    return NULL;
}

static ambit_status describe_file(const listing *list, ambit_plugin_found *row, const char *file) {
    ambit_plugin *plugin;
    row->kind = parse_file_name(file, row->name);
    if (!row->kind) {
        row->name[0] = '\0';
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: is called neither ambit_source_NAME.so nor "
                          "ambit_environment_NAME.so; rename it, or remove it from the folder",
                          row->path);
    }
    const ambit_plugin_found *before = found_before(list, row->kind, row->name);
    if (before)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: is never used, because %s comes first in the search path; remove "
                          "one, or change AMBIT_PLUGIN_PATH",
                          row->path, before->path);
    AMBIT_TRY(ambit_plugin_load_file(row->path, &plugin));
    snprintf(row->version, sizeof row->version, "%.63s", plugin->info.version);
    snprintf(row->summary, sizeof row->summary, "%s", plugin->info.summary);
    ambit_plugin_unload(plugin);
    return AMBIT_OK;
}

static void give_reason(ambit_plugin_found *row, ambit_status status) {
    row->status = status;
    if (status != AMBIT_OK)
        snprintf(row->reason, sizeof row->reason, "%.*s", (int)sizeof row->reason - 1,
                 ambit_message());
}

static ambit_status list_file(listing *list, const char *path, const char *file) {
    ambit_plugin_found *row = add_row(list);
    if (!row)
        return AMBIT_SYSTEM;
    int length = snprintf(row->path, sizeof row->path, "%s/%s", path, file);
    if (length < (int)sizeof row->path)
        give_reason(row, describe_file(list, row, file));
    else
        give_reason(row, ambit_fail(AMBIT_UNAVAILABLE,
                                    "%s: the path is too long; use a shorter one", path));
    return AMBIT_OK;
}

static ambit_status list_unreadable(listing *list, const char *path, int error_number) {
    ambit_status status = ambit_fail_errno(AMBIT_UNAVAILABLE, error_number, "%s", path);
    ambit_plugin_found *row = add_row(list);
    if (!row)
        return AMBIT_SYSTEM;
    snprintf(row->path, sizeof row->path, "%s", path);
    give_reason(row, status);
    return AMBIT_OK;
}

static ambit_status list_folder(listing *list, const char *path) {
    struct dirent **entries;
    int found = scandir(path, &entries, is_plugin_file, by_bytes);
    if (found < 0)
        return list_unreadable(list, path, errno);
    ambit_status status = AMBIT_OK;
    for (int i = 0; i < found && status == AMBIT_OK; i++)
        status = list_file(list, path, entries[i]->d_name);
    free_entries(entries, found);
    return status;
}

ambit_status ambit_plugin_list(ambit_plugin_found **found, int *count) {
    folders all;
    listing list = {NULL, 0, 0};
    *found = NULL;
    *count = 0;
    AMBIT_TRY(find_folders(&all));
    ambit_status status = AMBIT_OK;
    for (int i = 0; i < all.count && status == AMBIT_OK; i++)
        if (all.rows[i].exists)
            status = list_folder(&list, all.rows[i].path);
    free(all.rows);
    if (status != AMBIT_OK) {
        free(list.rows);
        return status;
    }
    *found = list.rows;
    *count = list.count;
    return AMBIT_OK;
}
