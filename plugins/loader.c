#include "internal.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *ambit_plugin_kind_name(uint32_t kind) {
    static const char *const names[] = {
        [AMBIT_PLUGIN_SOURCE] = "source",
        [AMBIT_PLUGIN_ENVIRONMENT] = "environment",
    };
    return kind < sizeof names / sizeof names[0] ? names[kind] : NULL;
}

int ambit_plugin_is_name(const char *text) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    return text && text[0] >= 'a' && text[0] <= 'z' && text[strspn(text, letters)] == '\0' &&
           strlen(text) < AMBIT_PLUGIN_NAME_SIZE;
}

int ambit_plugin_is_line(const char *text) {
    if (!text || strnlen(text, AMBIT_PLUGIN_LINE_MOST + 1) > AMBIT_PLUGIN_LINE_MOST)
        return 0;
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return 0;
    return 1;
}

void ambit_plugin_copy(void *to, size_t to_size, const void *from, size_t from_size) {
    memset(to, 0, to_size);
    memcpy(to, from, from_size < to_size ? from_size : to_size);
}

ambit_status ambit_plugin_copy_table(void *table, size_t to_size, const void *from,
                                     size_t from_size, uint32_t count, const char *what) {
    char *rows;
    AMBIT_TRY(ambit_allocate(&rows, count, to_size, what));
    for (size_t i = 0; i < count; i++)
        ambit_plugin_copy(rows + i * to_size, to_size, (const char *)from + i * from_size,
                          from_size);
    memcpy(table, &rows, sizeof rows);
    return AMBIT_OK;
}

const char *ambit_plugin_place(ambit_plugin *plugin) {
    if (!plugin->subject)
        return plugin->label[0] ? plugin->label : plugin->path;
    snprintf(plugin->place, sizeof plugin->place, "%s: %s %" PRIu64, plugin->label, plugin->subject,
             plugin->number);
    return plugin->place;
}

/* ---------------------------------------------------------------- checks */

ambit_status ambit_plugin_check_size(const char *where, const char *what, size_t size, size_t least,
                                     size_t most) {
    if (size >= least && size <= most)
        return AMBIT_OK;
    return ambit_fail(AMBIT_UNAVAILABLE,
                      "%s: refused, because its %s says it has %zu bytes, where ABI %d.%d has %zu; "
                      "compile the plugin again with Ambit's ambit_plugin.h",
                      where, what, size, AMBIT_ABI_MAJOR, AMBIT_ABI_MINOR, most);
}

static ambit_status check_abi(const char *where, const char *what, unsigned major, unsigned minor) {
    if (major != AMBIT_ABI_MAJOR)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because its %s is of ABI %u.%u, and this Ambit has %d.%d; "
                          "compile the plugin again with Ambit's ambit_plugin.h",
                          where, what, major, minor, AMBIT_ABI_MAJOR, AMBIT_ABI_MINOR);
    if (minor > AMBIT_ABI_MINOR)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because its %s is of ABI %u.%u, newer than this Ambit's "
                          "%d.%d; update Ambit, or compile the plugin with this one's "
                          "ambit_plugin.h",
                          where, what, major, minor, AMBIT_ABI_MAJOR, AMBIT_ABI_MINOR);
    return AMBIT_OK;
}

ambit_status ambit_plugin_check_ops(const ambit_plugin *plugin, const void *ops, size_t least,
                                    size_t most) {
    /* Both kinds begin like this. */
    struct {
        uint32_t struct_size;
        uint16_t abi_major, abi_minor;
    } head;
    if (!ops)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because open() stored no operations; ask the plugin's "
                          "author",
                          plugin->path);
    memcpy(&head, ops, sizeof head);
    AMBIT_TRY(check_abi(plugin->path, "operations", head.abi_major, head.abi_minor));
    return ambit_plugin_check_size(plugin->path, "table of operations", head.struct_size, least,
                                   most);
}

ambit_status ambit_plugin_check_missing(const ambit_plugin *plugin, const char *missing) {
    return missing ? ambit_fail(AMBIT_UNAVAILABLE,
                                "%s: refused, because it has no %s(); ask the plugin's author",
                                plugin->path, missing)
                   : AMBIT_OK;
}

/* The part of the information that must be right before the rest can be read. */
static ambit_status check_head(const char *path, const ambit_plugin_info *raw) {
    if (!raw)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because ambit_plugin_query() returned NULL; ask the "
                          "plugin's author",
                          path);
    if (raw->magic != AMBIT_PLUGIN_MAGIC)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because its magic is 0x%08" PRIx32 ", not 0x%08" PRIx32
                          ": it is not a plugin of Ambit; remove it from the folder",
                          path, raw->magic, AMBIT_PLUGIN_MAGIC);
    AMBIT_TRY(check_abi(path, "information", raw->abi_major, raw->abi_minor));
    return ambit_plugin_check_size(path, "information", raw->struct_size,
                                   AMBIT_SIZE_THROUGH(ambit_plugin_info, open),
                                   sizeof(ambit_plugin_info));
}

static ambit_status check_texts(const ambit_plugin *plugin) {
    const ambit_plugin_info *info = &plugin->info;
    const struct {
        const char *what, *text;
    } lines[] = {
        {"version", info->version}, {"licence", info->licence}, {"summary", info->summary}};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (!ambit_plugin_is_line(lines[i].text) || lines[i].text[0] == '\0')
            return ambit_fail(AMBIT_UNAVAILABLE,
                              "%s: refused, because it gives no %s, or one of more than a line; "
                              "ask the plugin's author",
                              plugin->path, lines[i].what);
    if (info->location && !ambit_plugin_is_line(info->location))
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because it explains its location in more than a line; ask "
                          "the plugin's author",
                          plugin->path);
    if (!info->open)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because it has no open(); ask the plugin's author",
                          plugin->path);
    return AMBIT_OK;
}

/* Kind and name agree with the file's name. */
static ambit_status check_identity(const ambit_plugin *plugin) {
    const char *kind = ambit_plugin_kind_name(plugin->info.kind);
    if (!kind)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because it is of kind %" PRIu32 ", which does not exist; "
                          "compile the plugin again with Ambit's ambit_plugin.h",
                          plugin->path, plugin->info.kind);
    if (!ambit_plugin_is_name(plugin->info.name))
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because its name is missing or not made of [a-z0-9_] in at "
                          "most 31 characters; ask the plugin's author",
                          plugin->path);
    char should[96], path[AMBIT_PLUGIN_PATH_SIZE];
    snprintf(should, sizeof should, "ambit_%s_%s.so", kind, plugin->info.name);
    memcpy(path, plugin->path, sizeof path);
    if (strcmp(basename(path), should) != 0)
        return ambit_fail(
            AMBIT_UNAVAILABLE,
            "%s: refused, because inside it is the %s '%s', whose file must be called "
            "%s; rename the file",
            plugin->path, kind, plugin->info.name, should);
    return AMBIT_OK;
}

static ambit_status take_options(ambit_plugin *plugin) {
    ambit_plugin_info *info = &plugin->info;
    if (info->capabilities != 0)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because it needs capabilities 0x%" PRIx64
                          " that this Ambit does not know; update Ambit",
                          plugin->path, info->capabilities);
    if (info->option_count > AMBIT_PLUGIN_TABLE_MOST || (info->option_count && !info->options))
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because it speaks of %" PRIu32 " options (at most %d) and "
                          "%s a table; ask the plugin's author",
                          plugin->path, info->option_count, AMBIT_PLUGIN_TABLE_MOST,
                          info->options ? "has" : "has not");
    if (info->option_count > 0)
        AMBIT_TRY(ambit_plugin_check_size(plugin->path, "row of options", info->option_size,
                                          AMBIT_SIZE_THROUGH(ambit_option, help),
                                          sizeof(ambit_option)));
    AMBIT_TRY(ambit_plugin_copy_table(&plugin->options, sizeof(ambit_option), info->options,
                                      info->option_size, info->option_count, plugin->path));
    info->options = plugin->options;
    info->option_size = sizeof(ambit_option);
    return ambit_options_check(plugin);
}

static ambit_status take_info(ambit_plugin *plugin, const ambit_plugin_info *raw) {
    AMBIT_TRY(check_head(plugin->path, raw));
    ambit_plugin_copy(&plugin->info, sizeof plugin->info, raw, raw->struct_size);
    AMBIT_TRY(check_identity(plugin));
    snprintf(plugin->label, sizeof plugin->label, "%s %s",
             ambit_plugin_kind_name(plugin->info.kind), plugin->info.name);
    AMBIT_TRY(check_texts(plugin));
    return take_options(plugin);
}

/* ---------------------------------------------------------------- loading */

/* Opens the library. It is the file that was checked, since nobody else may put another one there;
 * that its owner did not, meanwhile, is looked up afterwards. */
static ambit_status open_library(ambit_plugin *plugin, const ambit_safe_file *file) {
    AMBIT_TRY(ambit_plugin_check_file(plugin->path, file, &plugin->digest));
    ambit_guard_enter(plugin, "its start-up code");
    plugin->library = dlopen(file->path, RTLD_NOW | RTLD_LOCAL);
    ambit_guard_leave();
    if (!plugin->library)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: cannot be loaded: %s; build the plugin again on this machine, with "
                          "the libraries it needs",
                          plugin->path, dlerror());
    return ambit_safe_file_check(plugin->path, file);
}

static ambit_status load_checked(ambit_plugin *plugin) {
    ambit_safe_file file;
    AMBIT_TRY(ambit_safe_file_open(plugin->path, &file));
    ambit_status status = open_library(plugin, &file);
    close(file.descriptor);
    AMBIT_TRY(status);
    const ambit_plugin_info *(*query)(void);
    void *symbol = dlsym(plugin->library, "ambit_plugin_query");
    if (!symbol)
        return ambit_fail(AMBIT_UNAVAILABLE,
                          "%s: refused, because it is not a plugin of Ambit: %s; export that "
                          "function with AMBIT_PLUGIN_EXPORT",
                          plugin->path, dlerror());
    memcpy(&query, &symbol, sizeof query); /* C has no cast from void * to function */
    ambit_guard_enter(plugin, "ambit_plugin_query()");
    const ambit_plugin_info *raw = query();
    ambit_guard_leave();
    return take_info(plugin, raw);
}

ambit_status ambit_plugin_load_file(const char *path, ambit_plugin **plugin) {
    *plugin = NULL;
    ambit_plugin *made;
    /* A name without a slash would make dlopen() search the system's folders. */
    const char *prefix = strchr(path, '/') ? "" : "./";
    if (strlen(prefix) + strlen(path) >= AMBIT_PLUGIN_PATH_SIZE)
        return ambit_fail(AMBIT_UNAVAILABLE, "%s: the path is too long; use a shorter one", path);
    AMBIT_TRY(ambit_guard_start());
    ambit_status status = ambit_allocate(&made, 1, sizeof *made, path);
    if (status != AMBIT_OK) {
        ambit_guard_stop();
        return status;
    }
    snprintf(made->path, sizeof made->path, "%s%s", prefix, path);
    ambit_host_make(made);
    status = load_checked(made);
    if (status == AMBIT_OK)
        *plugin = made;
    else
        ambit_plugin_unload(made);
    return status;
}

static void close_plugin(ambit_plugin *plugin) {
    void (*close)(void *self) = plugin->info.kind == AMBIT_PLUGIN_SOURCE
                                    ? plugin->ops.source.close
                                    : plugin->ops.environment.close;
    plugin->subject = NULL;
    ambit_guard_enter(plugin, "close()");
    if (close)
        close(plugin->self);
    ambit_guard_leave();
}

void ambit_plugin_unload(ambit_plugin *plugin) {
    if (!plugin)
        return;
    if (plugin->self_is_open)
        close_plugin(plugin);
    ambit_options_free(plugin);
    free(plugin->rows);
    free(plugin->options);
    ambit_guard_enter(plugin, "its clean-up code");
    if (plugin->library)
        dlclose(plugin->library);
    ambit_guard_leave();
    ambit_guard_stop();
    free(plugin);
}

ambit_status ambit_plugin_open(ambit_plugin *plugin, const char *location,
                               const ambit_plugin_setting *settings, int count) {
    const void *ops = NULL;
    if (plugin->opened)
        return ambit_fail(AMBIT_INTERNAL, "%s: is opened a second time; load it again instead",
                          plugin->label);
    plugin->opened = 1;
    AMBIT_TRY(ambit_options_set(plugin, settings, count));
    ambit_host_begin(plugin, "open()");
    int code = plugin->info.open(&plugin->host, location ? location : "", plugin->values, &ops,
                                 &plugin->self);
    AMBIT_TRY(ambit_host_outcome(plugin, code, "open()"));
    return plugin->info.kind == AMBIT_PLUGIN_SOURCE ? ambit_source_begin(plugin, ops)
                                                    : ambit_environment_begin(plugin, ops);
}

const ambit_plugin_info *ambit_plugin_about(const ambit_plugin *plugin) {
    return &plugin->info;
}

const char *ambit_plugin_path(const ambit_plugin *plugin) {
    return plugin->path;
}

uint64_t ambit_plugin_digest(const ambit_plugin *plugin) {
    return plugin->digest;
}
