#include "config_parts.h"

#include <string.h>
#include <yaml.h>

enum {
    DEEPEST = 32,     /* nested lists and maps */
    MOST_KEYS = 1000, /* of one map */
};

/* ---------------------------------------------------------------- from YAML nodes to settings */

/* What is being read: a file's document or an argument's value. */
typedef struct {
    ambit_config *config;
    yaml_document_t *document;
    int argument; /* 0: the file */
} reader;

static ambit_place place_of(const reader *from, const yaml_node_t *node) {
    ambit_place place = {.argument = from->argument};
    if (!from->argument) {
        place.line = (int)node->start_mark.line + 1;
        place.column = (int)node->start_mark.column + 1;
    }
    return place;
}

static bool is_null(const yaml_node_t *node) {
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           ambit_value_is_null((const char *)node->data.scalar.value);
}

/* The text of a scalar; NULL, with the fault noted, for other nodes. */
static const char *scalar_text(const reader *from, const yaml_node_t *node, const char *path) {
    static const char *const kinds[] = {
        [YAML_SEQUENCE_NODE] = "a list", [YAML_MAPPING_NODE] = "a map of keys"};
    if (node->type != YAML_SCALAR_NODE) {
        ambit_config_note(from->config, place_of(from, node), path,
                          "a single value is expected, not %s; write the value behind the colon",
                          kinds[node->type]);
        return NULL;
    }
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length) {
        ambit_config_note(from->config, place_of(from, node), path,
                          "holds a NUL character; remove it");
        return NULL;
    }
    return text;
}

void ambit_config_set_value(ambit_config *config, const ambit_schema_row *row, int index,
                            const char *path, const char *text, ambit_place place) {
    char problem[AMBIT_PROBLEM_SIZE];
    const char *kept = row->type == AMBIT_TYPE_TEXT ? ambit_config_keep(config, text) : text;
    place.faulty =
        !ambit_value_read(row, kept, ambit_schema_member(row, &config->settings, index), problem);
    if (place.faulty)
        ambit_config_note(config, place, path, "%s", problem);
    *ambit_config_place(config, row, index) = place;
}

static bool add_to_list(const reader *from, const yaml_node_t *item, const char *path,
                        ambit_field_list *list) {
    const char *text = scalar_text(from, item, path);
    if (text && (!*text || is_null(item)))
        ambit_config_note(from->config, place_of(from, item), path, "an empty name; remove it");
    else if (text && list->count == AMBIT_STORE_MAX_FIELDS)
        ambit_config_note(from->config, place_of(from, item), path,
                          "more than %d fields; shorten the list", AMBIT_STORE_MAX_FIELDS);
    else if (text) {
        list->names[list->count++] = ambit_config_keep(from->config, text);
        return true;
    }
    return false;
}

static void set_list(const reader *from, const ambit_schema_row *row, const yaml_node_t *node,
                     const char *path) {
    ambit_place place = place_of(from, node);
    char problem[AMBIT_PROBLEM_SIZE];
    ambit_field_list *list = ambit_schema_member(row, &from->config->settings, -1);
    place.faulty = true;
    list->count = 0;
    *ambit_config_place(from->config, row, -1) = place;
    if (node->type == YAML_SCALAR_NODE && node->data.scalar.length > 0) {
        ambit_config_place(from->config, row, -1)->faulty = !add_to_list(from, node, path, list);
        return;
    }
    if (node->type != YAML_SEQUENCE_NODE) {
        ambit_value_expected(row, problem, sizeof problem);
        ambit_config_note(from->config, place, path, "write %s", problem);
        return;
    }
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        const yaml_node_t *child = yaml_document_get_node(from->document, *item);
        if (!add_to_list(from, child, path, list))
            return;
    }
    ambit_config_place(from->config, row, -1)->faulty = false;
}

void ambit_config_set_option(ambit_config *config, const char *path, const char *key,
                             const char *value, ambit_place place) {
    ambit_plugin_setting *options = config->settings.environment.options;
    int *count = &config->settings.environment.option_count, at = 0;
    char where[4 * AMBIT_PROBLEM_SIZE], problem[AMBIT_PROBLEM_SIZE];
    if ((value && !ambit_value_is_text(value, problem)) || !ambit_value_is_text(key, problem)) {
        ambit_config_note(config, place, path, "%s", problem);
        return;
    }
    while (at < *count && strcmp(options[at].name, key) < 0)
        at++;
    bool there = at < *count && strcmp(options[at].name, key) == 0;
    if (!value) {
        *count -= there;
        memmove(&options[at], &options[at + there], (size_t)(*count - at) * sizeof *options);
        return;
    }
    if (!there && *count == AMBIT_MAX_OPTIONS) {
        ambit_config_note(config, place, path, "more than %d options; remove some",
                          AMBIT_MAX_OPTIONS);
        return;
    }
    if (!there) {
        memmove(&options[at + 1], &options[at], (size_t)(*count - at) * sizeof *options);
        ++*count;
    }
    ambit_config_describe(config, place, where, sizeof where);
    options[at] =
        (ambit_plugin_setting){ambit_config_keep(config, key), ambit_config_keep(config, value),
                               ambit_config_keep(config, where)};
}

void ambit_config_note_section(ambit_config *config, ambit_place place, const char *path) {
    char keys[AMBIT_PROBLEM_SIZE];
    ambit_schema_list(path, keys, sizeof keys);
    ambit_config_note(config, place, path, "has no value of its own; set a key below it: %s", keys);
}

static void apply(const reader *from, const yaml_node_t *node, const char *path);

/* The key of the map before `pair` that reads the same, or NULL. */
static const yaml_node_t *find_twin(const reader *from, const yaml_node_t *map,
                                    const yaml_node_pair_t *pair, const char *text) {
    for (const yaml_node_pair_t *other = map->data.mapping.pairs.start; other < pair; other++) {
        const yaml_node_t *key = yaml_document_get_node(from->document, other->key);
        if (key->type == YAML_SCALAR_NODE &&
            strcmp((const char *)key->data.scalar.value, text) == 0)
            return key;
    }
    return NULL;
}

/* Joins the path of a key below `path`; false, with the fault noted, where the key cannot be one.
 */
static bool path_of_key(const reader *from, const yaml_node_t *map, const yaml_node_pair_t *pair,
                        const char *path, char child[AMBIT_PATH_SIZE]) {
    ambit_config *config = from->config;
    const yaml_node_t *key = yaml_document_get_node(from->document, pair->key);
    const ambit_place place = place_of(from, key);
    const char *text = scalar_text(from, key, path);
    if (!text)
        return false;
    int length = snprintf(child, AMBIT_PATH_SIZE, "%s%s%s", path, *path ? "." : "", text);
    const yaml_node_t *twin = find_twin(from, map, pair, text);
    if (strcmp(text, "<<") == 0)
        ambit_config_note(config, place, path, "merge keys (<<) are not read; write the keys out");
    else if (length >= AMBIT_PATH_SIZE || !*text)
        ambit_config_note(config, place, path, "a key of %zu letters; remove it", strlen(text));
    else if (strchr(text, '.'))
        ambit_config_note(config, place, child,
                          "keys of a file are nested, not joined by dots; write one a line, each "
                          "further in than the one above");
    else if (twin)
        ambit_config_note(config, place, child,
                          "stands here a second time, after line %d; remove one of them",
                          (int)twin->start_mark.line + 1);
    else
        return true;
    return false;
}

/* Calls `each` with the value and the path of every key of a map that can be one. */
static void walk_map(const reader *from, const yaml_node_t *map, const char *path,
                     void (*each)(const reader *, const yaml_node_t *key, const yaml_node_t *value,
                                  const char *path)) {
    const yaml_node_pair_t *first = map->data.mapping.pairs.start,
                           *end = map->data.mapping.pairs.top;
    char child[AMBIT_PATH_SIZE];
    if (end - first > MOST_KEYS) {
        ambit_config_note(from->config, place_of(from, map), path, "more than %d keys; remove some",
                          MOST_KEYS);
        return;
    }
    for (const yaml_node_pair_t *pair = first; pair < end; pair++)
        if (path_of_key(from, map, pair, path, child))
            each(from, yaml_document_get_node(from->document, pair->key),
                 yaml_document_get_node(from->document, pair->value), child);
}

static void apply_option(const reader *from, const yaml_node_t *key, const yaml_node_t *value,
                         const char *path) {
    const char *text = scalar_text(from, value, path);
    if (text)
        ambit_config_set_option(from->config, path, (const char *)key->data.scalar.value,
                                is_null(value) ? NULL : text, place_of(from, value));
}

static void apply_options(const reader *from, const ambit_schema_row *row, const yaml_node_t *node,
                          const char *path) {
    from->config->settings.environment.option_count = 0;
    *ambit_config_place(from->config, row, -1) = place_of(from, node);
    if (node->type == YAML_MAPPING_NODE)
        walk_map(from, node, path, apply_option);
    else if (node->type != YAML_SCALAR_NODE || node->data.scalar.length > 0)
        ambit_config_note(from->config, place_of(from, node), path,
                          "keys and values are expected; write one option a line below it");
}

static void apply_key(const reader *from, const yaml_node_t *key, const yaml_node_t *value,
                      const char *path) {
    int index;
    if (ambit_schema_find(path, &index) || ambit_schema_is_section(path)) {
        apply(from, value, path);
        return;
    }
    char suggestion[AMBIT_PROBLEM_SIZE];
    ambit_schema_suggest(path, suggestion, sizeof suggestion);
    ambit_config_note(from->config, place_of(from, key), path, "unknown key%s", suggestion);
}

static void reset(ambit_config *config, const ambit_schema_row *row, int index) {
    char problem[AMBIT_PROBLEM_SIZE];
    const char *initial = row->initial ? row->initial : ""; /* required: empty for now */
    void *member = ambit_schema_member(row, &config->settings, index);
    *ambit_config_place(config, row, index) = (ambit_place){0};
    if (row->type == AMBIT_TYPE_SOURCES)
        config->settings.data.source_count = 0;
    else if (row->type == AMBIT_TYPE_OPTIONS)
        config->settings.environment.option_count = 0;
    else if (row->type == AMBIT_TYPE_LIST)
        *(ambit_field_list *)member = (ambit_field_list){{initial}, *initial ? 1 : 0};
    else if (!ambit_value_read(row, initial, member, problem))
        memcpy(member, &initial, sizeof initial);
}

void ambit_config_default(ambit_config *config, int index) {
    int count;
    const ambit_schema_row *rows = ambit_schema_rows(&count);
    for (int i = 0; i < count; i++)
        if (ambit_schema_is_within(&rows[i], "data.sources.N") == (index >= 0))
            reset(config, &rows[i], index);
}

void ambit_config_set_absent(ambit_config *config, const ambit_schema_row *row, int index,
                             const char *path, ambit_place place) {
    char expected[AMBIT_PROBLEM_SIZE];
    reset(config, row, index);
    if (row->initial)
        return;
    ambit_value_expected(row, expected, sizeof expected);
    ambit_config_note(config, place, path, "has no value and no default; write %s", expected);
    place.faulty = true;
    *ambit_config_place(config, row, index) = place;
}

static void apply_sources(const reader *from, const ambit_schema_row *row, const yaml_node_t *node,
                          const char *path) {
    ambit_config *config = from->config;
    ambit_place *place = ambit_config_place(config, row, -1);
    *place = place_of(from, node);
    config->settings.data.source_count = 0;
    if (node->type != YAML_SEQUENCE_NODE) {
        place->faulty = true;
        ambit_config_note(config, *place, path,
                          "a list is expected; write one `- path: STORE` a line below it");
        return;
    }
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        const yaml_node_t *child = yaml_document_get_node(from->document, *item);
        const int index = config->settings.data.source_count;
        char below[AMBIT_PATH_SIZE];
        snprintf(below, sizeof below, "%.100s.%d", path, index);
        if (index == AMBIT_MOST_SOURCES) {
            ambit_config_note(config, place_of(from, child), path,
                              "more than %d data sources; ingest several into one store",
                              AMBIT_MOST_SOURCES);
            return;
        }
        config->settings.data.source_count++;
        config->source_places[index] = place_of(from, child);
        ambit_config_default(config, index);
        if (child->type == YAML_MAPPING_NODE) {
            apply(from, child, below);
            continue;
        }
        ambit_config_note_section(config, place_of(from, child), below);
        ambit_config_place(config, row + 1, index)->faulty = true; /* said once is enough */
    }
}

/* Applies a node to the setting or section `path`, which exists. */
static void apply(const reader *from, const yaml_node_t *node, const char *path) {
    int index;
    const ambit_schema_row *row = ambit_schema_find(path, &index);
    if (row && is_null(node)) {
        ambit_config_set_absent(from->config, row, index, path, place_of(from, node));
    } else if (row && row->type == AMBIT_TYPE_LIST) {
        set_list(from, row, node, path);
    } else if (row && row->type == AMBIT_TYPE_SOURCES) {
        apply_sources(from, row, node, path);
    } else if (row && row->type == AMBIT_TYPE_OPTIONS) {
        apply_options(from, row, node, path);
    } else if (row) {
        ambit_place place = place_of(from, node);
        const char *text = scalar_text(from, node, path);
        place.faulty = true;
        *ambit_config_place(from->config, row, index) = place;
        if (text)
            ambit_config_set_value(from->config, row, index, path, text, place);
    } else if (node->type == YAML_MAPPING_NODE) {
        walk_map(from, node, path, apply_key);
    } else if (node->type != YAML_SCALAR_NODE || (node->data.scalar.length > 0 && !is_null(node))) {
        ambit_config_note_section(from->config, place_of(from, node), path);
    }
}

/* ---------------------------------------------------------------- YAML text */

static void note_yaml_fault(ambit_config *config, const yaml_parser_t *parser, int argument) {
    ambit_place place = {.argument = argument};
    const char *what = parser->problem ? parser->problem : "cannot be read";
    if (!argument) {
        bool placed = parser->problem_mark.line || parser->problem_mark.column;
        place.line =
            placed || parser->error != YAML_READER_ERROR ? (int)parser->problem_mark.line + 1 : 1;
        place.column = (int)parser->problem_mark.column + 1;
    }
    ambit_config_note(config, place, "",
                      "is not YAML (%s); look at the indentation (blanks, no tabs), quotes, colons "
                      "and brackets there",
                      what);
}

/* First pass: is it YAML, one document, and not nested absurdly deep? */
static bool check_shape(ambit_config *config, const char *text, int argument) {
    yaml_parser_t parser;
    yaml_event_t event;
    bool good = true, more = true;
    int depth = 0, documents = 0;
    if (!yaml_parser_initialize(&parser)) {
        ambit_config_no_memory(config);
        return false;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    while (good && more) {
        if (!yaml_parser_parse(&parser, &event)) {
            note_yaml_fault(config, &parser, argument);
            good = false;
            break;
        }
        const yaml_event_type_t type = event.type;
        depth += (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT) -
                 (type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT);
        documents += type == YAML_DOCUMENT_START_EVENT;
        more = type != YAML_STREAM_END_EVENT;
        if (depth > DEEPEST || documents > 1) {
            ambit_place place = {argument, (int)event.start_mark.line + 1,
                                 (int)event.start_mark.column + 1, true};
            ambit_config_note(config, place, "", "%s",
                              documents > 1 ? "a second document begins (---); a configuration is "
                                              "one document"
                                            : "nested too deep; nothing here needs that");
            good = false;
        }
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return good;
}

bool ambit_config_apply_yaml(ambit_config *config, const char *path, const char *text,
                             int argument) {
    yaml_parser_t parser;
    yaml_document_t document;
    if (!check_shape(config, text, argument))
        return false;
    if (!yaml_parser_initialize(&parser)) {
        ambit_config_no_memory(config);
        return false;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    const bool good = yaml_parser_load(&parser, &document);
    if (good) {
        const reader from = {config, &document, argument};
        const yaml_node_t *root = yaml_document_get_root_node(&document);
        if (root)
            apply(&from, root, path);
        else if (*path)
            ambit_config_note(config, (ambit_place){.argument = argument}, path,
                              "has no value; write one behind the equals sign");
        yaml_document_delete(&document);
    } else {
        note_yaml_fault(config, &parser, argument);
    }
    yaml_parser_delete(&parser);
    return good;
}
