#include "differences.h"

#include "../../datasets/files.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* Ambit writes some hundred keys. */
enum { MAX_DEPTH = 16, MAX_KEY = 512, MAX_ENTRIES = 1 << 14, LARGEST = 1 << 22 };

/* One open mapping or list. */
typedef struct {
    size_t prefix; /* length of the key before this level */
    int is_list;
    int index;       /* of the list's next item */
    int wants_value; /* a mapping's key has been read */
} nesting;

typedef struct {
    const char *path;
    ambit_entries *entries;
    nesting levels[MAX_DEPTH];
    int depth, documents;
    char key[MAX_KEY];
} walker;

static ambit_status fault(const walker *walk, const yaml_mark_t *mark, const char *what) {
    return ambit_fail(
        AMBIT_DATA, "%s:%zu:%zu: %s; restore the file from the run's first start, or take it away",
        walk->path, mark->line + 1, mark->column + 1, what);
}

static ambit_status add_entry(ambit_entries *entries, const char *key, const char *value) {
    AMBIT_TRY(ambit_grow(&entries->entries, &entries->room, entries->count + 1,
                         sizeof *entries->entries, "the configuration"));
    ambit_entry entry = {strdup(key), strdup(value)};
    if (!entry.key || !entry.value) {
        free(entry.key);
        free(entry.value);
        return ambit_fail(AMBIT_SYSTEM, "the configuration: no memory; report fewer runs");
    }
    entries->entries[entries->count++] = entry;
    return AMBIT_OK;
}

/* Puts ".name" behind the key of the level. */
static ambit_status extend_key(walker *walk, const yaml_mark_t *mark, const char *name) {
    size_t prefix = walk->levels[walk->depth - 1].prefix;
    int length = snprintf(walk->key + prefix, MAX_KEY - prefix, "%s%s", prefix ? "." : "", name);
    if (length < 0 || (size_t)length >= MAX_KEY - prefix)
        return fault(walk, mark, "the key is too long");
    return AMBIT_OK;
}

/* Before a value: an item of a list has its number for a key. */
static ambit_status begin_value(walker *walk, const yaml_mark_t *mark) {
    if (walk->depth == 0)
        return AMBIT_OK;
    nesting *level = &walk->levels[walk->depth - 1];
    level->wants_value = 0;
    if (!level->is_list)
        return AMBIT_OK;
    char number[16];
    snprintf(number, sizeof number, "%d", level->index++);
    return extend_key(walk, mark, number);
}

static ambit_status open_level(walker *walk, const yaml_mark_t *mark, int is_list) {
    const nesting *level = walk->depth > 0 ? &walk->levels[walk->depth - 1] : NULL;
    if (level && !level->is_list && !level->wants_value)
        return fault(walk, mark, "a key is a word");
    AMBIT_TRY(begin_value(walk, mark));
    if (walk->depth == MAX_DEPTH)
        return fault(walk, mark, "lists and keys are too deep");
    walk->levels[walk->depth++] = (nesting){.prefix = strlen(walk->key), .is_list = is_list};
    return AMBIT_OK;
}

static ambit_status take_value(walker *walk, const yaml_mark_t *mark, const char *text) {
    AMBIT_TRY(begin_value(walk, mark));
    if (ambit_entries_find(walk->entries, walk->key))
        return fault(walk, mark, "the key is given twice");
    if (walk->entries->count == MAX_ENTRIES)
        return fault(walk, mark, "there are too many keys");
    return add_entry(walk->entries, walk->key, text);
}

static ambit_status take_scalar(walker *walk, const yaml_event_t *event) {
    const char *text = (const char *)event->data.scalar.value;
    if (strlen(text) != event->data.scalar.length)
        return fault(walk, &event->start_mark, "a zero byte");
    if (walk->depth == 0)
        return fault(walk, &event->start_mark, "a key is wanted");
    nesting *level = &walk->levels[walk->depth - 1];
    if (level->is_list || level->wants_value)
        return take_value(walk, &event->start_mark, text);
    level->wants_value = 1;
    return extend_key(walk, &event->start_mark, text);
}

static ambit_status take_event(walker *walk, const yaml_event_t *event) {
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        walk->key[0] = 0;
        return walk->documents++ ? fault(walk, &event->start_mark, "a second document") : AMBIT_OK;
    case YAML_SCALAR_EVENT:
        return take_scalar(walk, event);
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        return open_level(walk, &event->start_mark, event->type == YAML_SEQUENCE_START_EVENT);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        walk->depth--;
        return AMBIT_OK;
    case YAML_ALIAS_EVENT:
        return fault(walk, &event->start_mark, "aliases are not written by Ambit");
    default:
        return AMBIT_OK;
    }
}

static ambit_status walk_events(walker *walk, yaml_parser_t *parser) {
    for (int ended = 0; !ended;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return fault(walk, &parser->problem_mark,
                         parser->problem ? parser->problem : "cannot be read");
        ambit_status status = take_event(walk, &event);
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        AMBIT_TRY(status);
    }
    return AMBIT_OK;
}

static ambit_status read_text(const char *path, const char *text, size_t size,
                              ambit_entries *entries) {
    yaml_parser_t parser;
    walker walk = {.path = path, .entries = entries};
    if (!yaml_parser_initialize(&parser))
        return ambit_fail(AMBIT_SYSTEM, "%s: no memory to read it; report fewer runs", path);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    const ambit_status status = walk_events(&walk, &parser);
    yaml_parser_delete(&parser);
    return status;
}

ambit_status ambit_entries_read(const char *run, ambit_entries *entries) {
    char path[PATH_MAX], *text;
    size_t size;
    *entries = (ambit_entries){0};
    int length = snprintf(path, sizeof path, "%s/config.yaml", run);
    if (length < 0 || (size_t)length >= sizeof path)
        return ambit_fail(AMBIT_USAGE, "%s: the name is too long; use a shorter one", run);
    AMBIT_TRY(ambit_read_file(path, LARGEST, &text, &size));
    const ambit_status status = read_text(path, text, size, entries);
    free(text);
    return status;
}

void ambit_entries_free(ambit_entries *entries) {
    for (int i = 0; i < entries->count; i++) {
        free(entries->entries[i].key);
        free(entries->entries[i].value);
    }
    free(entries->entries);
    *entries = (ambit_entries){0};
}

const char *ambit_entries_find(const ambit_entries *entries, const char *key) {
    for (int i = 0; i < entries->count; i++)
        if (strcmp(entries->entries[i].key, key) == 0)
            return entries->entries[i].value;
    return NULL;
}

int ambit_entries_agree(const ambit_entries *const *lists, int list_count, const char *key) {
    const char *first = list_count ? ambit_entries_find(lists[0], key) : NULL;
    for (int i = 1; i < list_count; i++) {
        const char *other = ambit_entries_find(lists[i], key);
        if ((first == NULL) != (other == NULL) || (first && strcmp(first, other) != 0))
            return 0;
    }
    return 1;
}
