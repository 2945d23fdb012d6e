/* What the files of the loader share; nothing outside this folder includes it. */
#ifndef AMBIT_PLUGINS_INTERNAL_H
#define AMBIT_PLUGINS_INTERNAL_H

#include "guard.h"
#include "loader.h"
#include "safe_file.h"

enum {
    AMBIT_PLUGIN_PATH_SIZE = 4096,
    AMBIT_PLUGIN_NAME_SIZE = 32, /* of plugins and options, with the final zero */
    AMBIT_PLUGIN_TABLE_MOST = 256,
    AMBIT_PLUGIN_LINE_MOST = 255
};

struct ambit_plugin {
    void *library; /* of dlopen */
    char path[AMBIT_PLUGIN_PATH_SIZE];
    uint64_t digest;
    char label[64]; /* "source maze" */

    /* What its functions are asked about, for messages: "episode" or "trial", and its number. */
    const char *subject; /* NULL: nothing in particular */
    uint64_t number;
    char place[128]; /* what ambit_plugin_place() wrote */

    /* Copies of what the plugin returned, as this program knows the structs. Their tables are ours,
     * so that they can be indexed whatever the size of a row in the plugin. */
    ambit_plugin_info info;
    ambit_option *options;

    ambit_host host;
    ambit_status failure; /* what the last call of host->fail() stands for */

    int opened;                 /* open() was called: it may not be again */
    int self_is_open;           /* it succeeded and its operations can be trusted: close() is due */
    ambit_option_value *values; /* one an option; text in `texts` */
    char **texts;
    void *self;
    union {
        ambit_source_ops source;
        ambit_environment_ops environment;
    } ops;
    union {
        ambit_source_description source;
        ambit_environment_description environment;
    } description;
    void *rows; /* the description's fields or metrics */
};

/* The size of a struct up to and with `member`, the last of version 1.0: the least there can be. */
#define AMBIT_SIZE_THROUGH(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

/* "source" or "environment"; NULL for a kind that does not exist. */
const char *ambit_plugin_kind_name(uint32_t kind);

/* [a-z][a-z0-9_]*, at most 31 characters. */
int ambit_plugin_is_name(const char *text);

/* Not NULL, not too long, no control characters: fit for a message. */
int ambit_plugin_is_line(const char *text);

/* Copies a struct of `from_size` bytes into one of `to_size`; a missing tail becomes zero. */
void ambit_plugin_copy(void *to, size_t to_size, const void *from, size_t from_size);

/* Copies `count` rows of `from_size` bytes into a new table of rows of `to_size` bytes, which the
 * caller frees. */
ambit_status ambit_plugin_copy_table(void *table, size_t to_size, const void *from,
                                     size_t from_size, uint32_t count, const char *what);

/* file.c: is the file whole? Stores its digest. */
ambit_status ambit_plugin_check_file(const char *path, const ambit_safe_file *file,
                                     uint64_t *digest);
/* Likewise of its bytes alone: whether the headers speak of no more than is there. */
ambit_status ambit_plugin_check_bytes(const char *path, const unsigned char *bytes, uint64_t size);

/* "source maze: episode 17", for messages: valid until the next call. */
const char *ambit_plugin_place(ambit_plugin *plugin);

/* host.c: fills in plugin->host. begin() stands before a call of a function of the plugin, which
 * `call` names ("episode()"); outcome() after it turns what it returned into a status. */
void ambit_host_make(ambit_plugin *plugin);
void ambit_host_begin(ambit_plugin *plugin, const char *call);
ambit_status ambit_host_outcome(ambit_plugin *plugin, int code, const char *call);

/* options.c: checks plugin->options themselves; turns settings into plugin->values. */
ambit_status ambit_options_check(const ambit_plugin *plugin);
ambit_status ambit_options_set(ambit_plugin *plugin, const ambit_plugin_setting *settings,
                               int count);
void ambit_options_free(ambit_plugin *plugin);

/* Calls function `name` of the opened plugin and gives the status of its outcome. */
#define AMBIT_PLUGIN_CALL(plugin, kind, name, ...)                                                 \
    (ambit_host_begin((plugin), #name "()"),                                                       \
     ambit_host_outcome((plugin), (plugin)->ops.kind.name(__VA_ARGS__), #name "()"))

/* source.c, environment.c: take over and check the operations, then the description. */
ambit_status ambit_source_begin(ambit_plugin *plugin, const void *ops);
ambit_status ambit_environment_begin(ambit_plugin *plugin, const void *ops);

/* What both ops structs begin with, checked: size between `least` and `most`, ABI known. */
ambit_status ambit_plugin_check_ops(const ambit_plugin *plugin, const void *ops, size_t least,
                                    size_t most);

/* Refuses a plugin without the operation `missing`; NULL: it has all that it must have. */
ambit_status ambit_plugin_check_missing(const ambit_plugin *plugin, const char *missing);

/* A struct_size or row size of the plugin lies between the one of version 1.0 and ours. */
ambit_status ambit_plugin_check_size(const char *where, const char *what, size_t size, size_t least,
                                     size_t most);

#endif
