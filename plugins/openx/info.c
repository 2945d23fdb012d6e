#include "info.h"

#include "shared/json.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* What the template's words stand for, for one split. */
typedef struct {
    const char *dataset, *split, *format;
    int64_t shard, shard_count;
} shard_name;

/* Writes what `word` stands for; returns the number of bytes, or -1 for an unknown word. */
static int expand_word(const shard_name *name, const char *word, size_t size, char *out,
                       size_t room) {
    static const char *const words[] = {"DATASET",     "SPLIT",      "FILEFORMAT",
                                        "SHARD_INDEX", "NUM_SHARDS", "SHARD_X_OF_Y"};
    size_t which = 0;
    while (which < 6 && (strlen(words[which]) != size || memcmp(words[which], word, size) != 0))
        ++which;
    switch (which) {
    case 0:
        return snprintf(out, room, "%s", name->dataset);
    case 1:
        return snprintf(out, room, "%s", name->split);
    case 2:
        return snprintf(out, room, "%s", name->format);
    case 3:
        return snprintf(out, room, "%05" PRId64, name->shard);
    case 4:
        return snprintf(out, room, "%05" PRId64, name->shard_count);
    case 5:
        return snprintf(out, room, "%05" PRId64 "-of-%05" PRId64, name->shard, name->shard_count);
    default:
        return -1;
    }
}

/* Expands `template` into a file name of this folder: no slash in it. 0 or -1. */
static int expand(const shard_name *name, const char *template, char out[NAME_MAX + 1]) {
    size_t used = 0, room = NAME_MAX + 1;
    while (*template) {
        int added = 1;
        if (*template == '{') {
            const char *end = strchr(template, '}');
            added = end ? expand_word(name, template + 1, (size_t)(end - template - 1), out + used,
                                      room - used)
                        : -1;
            template = end;
        } else {
            out[used] = *template;
        }
        if (added < 0 || (size_t)added >= room - used)
            return -1;
        ++template;
        used += (size_t)added;
    }
    out[used] = 0;
    return used && !strchr(out, '/') ? 0 : -1;
}

static int fill_shard(const ambit_host *host, const char *folder, const char *template,
                      const shard_name *name, openx_shard *shard) {
    char file[NAME_MAX + 1];
    if (expand(name, template, file))
        return host->fail(host->context, AMBIT_FAULT_UNSUPPORTED,
                          "%s/dataset_info.json: split '%s': filepathTemplate '%s' does not make "
                          "a file name; its words are {DATASET}, {SPLIT}, {FILEFORMAT}, "
                          "{SHARD_INDEX}, {NUM_SHARDS} and {SHARD_X_OF_Y}",
                          folder, name->split, template);
    size_t size = strlen(folder) + 1 + strlen(file) + 1;
    shard->path = host->allocate(host->context, size, 1);
    if (!shard->path)
        return AMBIT_FAULT_MEMORY;
    snprintf(shard->path, size, "%s/%s", folder, file);
    return 0;
}

static void free_shards(const ambit_host *host, openx_info *info) {
    for (int64_t s = 0; s < info->shard_count; ++s)
        shared_release(host, info->shards[s].path);
    shared_release(host, info->shards);
    info->shards = NULL;
    info->shard_count = 0;
}

static int fill_shards(const ambit_host *host, const char *folder, const char *split,
                       const json_t *entry, openx_info *info) {
    const json_t *lengths = json_object_get(entry, "shardLengths");
    const char *template = json_string_value(json_object_get(entry, "filepathTemplate"));
    int64_t total = 0;
    for (int64_t s = 0; s < info->shard_count; ++s) {
        openx_shard *shard = &info->shards[s];
        const shard_name name = {info->name, split, "tfrecord", s, info->shard_count};
        if (shared_json_integer(json_array_get(lengths, (size_t)s), 0, &shard->count) ||
            shard->count > INT64_MAX - total)
            return host->fail(host->context, AMBIT_FAULT_DATA,
                              "%s/dataset_info.json: split '%s': shardLengths[%" PRId64
                              "] is not a count of episodes; copy the file again",
                              folder, split, s);
        total += shard->count;
        int code = fill_shard(host, folder,
                              template ? template : "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
                              &name, shard);
        if (code)
            return code;
    }
    return 0;
}

/* Reads the entry of the slice's split. */
static int read_split(const ambit_host *host, const char *folder, const openx_slice *slice,
                      const json_t *entry, openx_info *info) {
    const char *split = slice->split;
    const json_t *lengths = json_object_get(entry, "shardLengths");
    if (json_array_size(lengths) == 0)
        return host->fail(host->context, AMBIT_FAULT_DATA,
                          "%s/dataset_info.json: split '%s' has no shardLengths; choose another "
                          "split, or write the data set with a TFDS of 2021 or later",
                          folder, split);
    if (shared_json_integer(json_object_get(entry, "numBytes"), 0, &info->bytes))
        info->bytes = -1;
    info->shard_count = (int64_t)json_array_size(lengths);
    info->shards = host->allocate(host->context, json_array_size(lengths), sizeof *info->shards);
    if (!info->shards)
        return AMBIT_FAULT_MEMORY;
    int code = fill_shards(host, folder, split, entry, info);
    if (!code)
        code = openx_slice_apply(host, slice, info->shards, info->shard_count);
    if (code)
        free_shards(host, info);
    return code;
}

/* "train, val": the splits there are, for messages. */
static void list_splits(const json_t *splits, char *text, size_t size) {
    size_t used = 0, i;
    json_t *entry;
    *text = 0;
    json_array_foreach(splits, i, entry) {
        const char *name = json_string_value(json_object_get(entry, "name"));
        if (name && used + strlen(name) + 3 < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", name);
    }
}

static int find_split(const ambit_host *host, const char *folder, const openx_slice *slice,
                      const json_t *root, openx_info *info) {
    const json_t *splits = json_object_get(root, "splits");
    size_t i;
    json_t *entry;
    json_array_foreach(splits, i, entry) {
        const char *name = json_string_value(json_object_get(entry, "name"));
        if (name && strcmp(name, slice->split) == 0)
            return read_split(host, folder, slice, entry, info);
    }
    char names[512];
    list_splits(splits, names, sizeof names);
    return host->fail(host->context, AMBIT_FAULT_OPTION,
                      "%s/dataset_info.json: has no split '%s'; set option split to one of: %s",
                      folder, slice->split, *names ? names : "(none)");
}

static int read_root(const ambit_host *host, const char *folder, const openx_slice *slice,
                     const json_t *root, openx_info *info) {
    const char *format = json_string_value(json_object_get(root, "fileFormat"));
    const char *name = json_string_value(json_object_get(root, "name"));
    if (format && strcmp(format, "tfrecord") != 0)
        return host->fail(host->context, AMBIT_FAULT_UNSUPPORTED,
                          "%s/dataset_info.json: fileFormat is '%s', and only 'tfrecord' can be "
                          "read; convert it with tfds convert_format",
                          folder, format);
    if (!name || !*name || strlen(name) >= sizeof info->name)
        return host->fail(host->context, AMBIT_FAULT_DATA,
                          "%s/dataset_info.json: has no name of at most %zu bytes; copy the file "
                          "again",
                          folder, sizeof info->name - 1);
    snprintf(info->name, sizeof info->name, "%s", name);
    return find_split(host, folder, slice, root, info);
}

int openx_info_read(const ambit_host *host, const char *folder, const openx_slice *slice,
                    openx_info *info) {
    char path[PATH_MAX];
    json_t *root;
    *info = (openx_info){.bytes = -1};
    int code = shared_json_load(host, folder, "dataset_info.json", path, &root);
    if (code)
        return code;
    code = read_root(host, folder, slice, root, info);
    json_decref(root);
    return code;
}
