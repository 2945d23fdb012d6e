#include "features.h"

#include "selection.h"
#include "spelling.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";

/* Where a walk down the tree stands. */
typedef struct {
    const ambit_host *host;
    const char *path; /* of features.json */
    openx_features *features;
    char key[OPENX_KEY_SIZE];
    size_t size; /* of key */
    int64_t shape[AMBIT_MAX_RANK];
    uint32_t rank; /* of the fixed-length sequences passed */
    int is_ragged, depth;
} walk;

enum { MOST_DEPTH = 64 };

static int walk_node(walk *at, const json_t *json);

/* Adds a dimension to a field or, while walking, to what all below have in common. */
static const char *add_dimension(const json_t *size, uint32_t *rank, int64_t *shape) {
    int64_t value = -1;
    if (!json_is_null(size) && (shared_json_integer(size, INT64_MIN, &value) || value == 0))
        return "has a dimension that is not a positive number";
    if (value < 0)
        return "is ragged: its size varies from step to step";
    if (*rank == AMBIT_MAX_RANK)
        return "has more than 4 dimensions";
    shape[(*rank)++] = value;
    return NULL;
}

static const char *add_dimensions(const json_t *shape, openx_field *field) {
    size_t i;
    json_t *size;
    const char *problem = NULL;
    json_array_foreach(openx_shape_sizes(shape), i, size) {
        if (!problem)
            problem = add_dimension(size, &field->rank, field->shape);
    }
    return problem;
}

static const char *read_encoding(const json_t *tensor, openx_field *field) {
    static const char *const names[] = {"none", "bytes", "zlib"};
    const char *name = json_string_value(json_object_get(tensor, "encoding"));
    for (unsigned i = 0; i < 3; ++i)
        if (!name || strcmp(names[i], name) == 0) {
            field->encoding = (openx_encoding)(name ? i : 0);
            return field->encoding != OPENX_LIST && field->dtype->raw_size == 0
                       ? "has a type that cannot be read from byte strings"
                       : NULL;
        }
    return "has an encoding other than none, bytes and zlib";
}

static const char *read_tensor(const json_t *tensor, openx_field *field) {
    const char *dtype = json_string_value(json_object_get(tensor, "dtype"));
    field->dtype = openx_dtype_find(dtype ? dtype : "");
    if (!field->dtype)
        return "has a dtype that is not known";
    const char *problem = add_dimensions(json_object_get(tensor, "shape"), field);
    return problem ? problem : read_encoding(tensor, field);
}

/* TFDS keeps float32 in the four bytes of a pixel; 16 bits of one channel are a measurement, most
 * often millimetres of depth. */
static shared_pixel_kind image_pixels(const char *dtype, const json_t *shape) {
    const json_t *sizes = openx_shape_sizes(shape);
    const size_t rank = json_array_size(sizes);
    int64_t channels;
    if (strcmp(dtype, "float32") == 0)
        return SHARED_DEPTH;
    return strcmp(dtype, "uint16") == 0 && rank > 0 &&
                   shared_json_integer(json_array_get(sizes, rank - 1), 1, &channels) == 0 &&
                   channels == 1
               ? SHARED_LEVELS
               : SHARED_COLOURS;
}

static const char *read_image(const json_t *image, openx_field *field) {
    const char *dtype = json_string_value(json_object_get(image, "dtype"));
    field->kind = OPENX_IMAGE;
    field->dtype = openx_dtype_find("string");
    field->pixels = image_pixels(dtype ? dtype : "uint8", json_object_get(image, "shape"));
    return NULL;
}

static const char *read_text(const json_t *text, openx_field *field) {
    (void)text;
    field->kind = OPENX_TEXT;
    field->dtype = openx_dtype_find("string");
    return NULL;
}

static const char *read_label(const json_t *label, openx_field *field) {
    (void)label;
    field->dtype = openx_dtype_find("int64");
    return NULL;
}

/* The sides of a box, as parts of the image: ymin, xmin, ymax, xmax. */
static const char *read_box(const json_t *box, openx_field *field) {
    static const int64_t sides = 4;
    if (json_object_get(box, "dtype"))
        return read_tensor(box, field);
    field->dtype = openx_dtype_find("float32");
    if (field->rank == AMBIT_MAX_RANK)
        return "has more than 4 dimensions";
    field->shape[field->rank++] = sides;
    return NULL;
}

static const char *refuse_sound(const json_t *sound, openx_field *field) {
    (void)sound;
    (void)field;
    return "holds sound";
}

static const char *refuse_video(const json_t *video, openx_field *field) {
    (void)video;
    (void)field;
    return "holds a video a step";
}

/* The number of elements a step. One byte string is a scalar, whatever its rank is called. */
static const char *count_elements(openx_field *field) {
    field->length = 1;
    for (uint32_t d = 0; d < field->rank; ++d) {
        if (field->shape[d] > INT32_MAX / field->length)
            return "has 2³¹ elements a step or more";
        field->length *= field->shape[d];
    }
    if (field->dtype->element != AMBIT_BYTES)
        return NULL;
    field->rank = 0;
    return field->length > 1 ? "holds several byte strings a step" : NULL;
}

static const char *read_leaf(const walk *at, const openx_node *node, openx_field *field) {
    static const char *(*const readers[])(const json_t *content, openx_field *field) = {
        [OPENX_NODE_TENSOR] = read_tensor, [OPENX_NODE_IMAGE] = read_image,
        [OPENX_NODE_TEXT] = read_text,     [OPENX_NODE_LABEL] = read_label,
        [OPENX_NODE_BOX] = read_box,       [OPENX_NODE_SOUND] = refuse_sound,
        [OPENX_NODE_VIDEO] = refuse_video};
    if (at->is_ragged)
        return "is ragged: its length varies from step to step";
    if (at->depth > MOST_DEPTH)
        return "is nested more than 64 deep";
    if (!readers[node->kind])
        return "is of a kind that is not known";
    field->rank = at->rank;
    memcpy(field->shape, at->shape, sizeof field->shape);
    const char *problem = readers[node->kind](node->content, field);
    return problem ? problem : count_elements(field);
}

static int add_field(walk *at, const openx_node *node) {
    if (at->features->count == OPENX_MAX_FEATURES)
        return at->host->fail(at->host->context, AMBIT_FAULT_UNSUPPORTED,
                              "%s: a step has more than %d features; remove some from the file",
                              at->path, OPENX_MAX_FEATURES);
    openx_field *field = &at->features->fields[at->features->count++];
    memcpy(field->key, at->key, at->size + 1);
    field->problem = read_leaf(at, node, field);
    if (!field->problem && field->key[strspn(field->key, allowed)])
        field->problem = "has a name with characters other than letters, digits and _ . / -";
    if (!field->problem && strlen(openx_field_name(field)) > AMBIT_MAX_FIELD_NAME)
        field->problem = "has a name of more than 127 characters";
    return 0;
}

/* Each feature of a dictionary, with its name added to the key. */
static int walk_dictionary(walk *at, json_t *dictionary) {
    const char *name;
    json_t *child;
    json_object_foreach(dictionary, name, child) {
        size_t before = at->size;
        int added =
            snprintf(at->key + before, sizeof at->key - before, "%s%s", before ? "/" : "", name);
        if (added < 0 || (size_t)added >= sizeof at->key - before)
            return at->host->fail(at->host->context, AMBIT_FAULT_UNSUPPORTED,
                                  "%s: the name of feature '%s…' is longer than %d bytes; shorten "
                                  "it",
                                  at->path, at->key, OPENX_KEY_SIZE - 1);
        at->size += (size_t)added;
        int code = walk_node(at, child);
        at->key[at->size = before] = 0;
        if (code)
            return code;
    }
    return 0;
}

/* A sequence within a step: one more dimension, or ragged. */
static int walk_sequence(walk *at, const json_t *sequence) {
    walk before = *at;
    const char *problem = add_dimension(json_object_get(sequence, "length"), &at->rank, at->shape);
    at->is_ragged |= problem != NULL;
    int code = walk_node(at, json_object_get(sequence, "feature"));
    at->rank = before.rank;
    at->is_ragged = before.is_ragged;
    return code;
}

static int walk_node(walk *at, const json_t *json) {
    openx_node node;
    int code;
    openx_node_read(json, &node);
    ++at->depth;
    if (node.kind == OPENX_NODE_DICTIONARY && at->depth <= MOST_DEPTH)
        code = walk_dictionary(at, node.features);
    else if (node.kind == OPENX_NODE_SEQUENCE && at->depth <= MOST_DEPTH)
        code = walk_sequence(at, node.content);
    else
        code = add_field(at, &node);
    --at->depth;
    openx_node_close(&node);
    return code;
}

/* ---------------------------------------------------------------- the file */

static int read_tree(walk *at, const json_t *json, const openx_selection *selection) {
    openx_node root, steps, step;
    openx_node_read(json, &root);
    openx_node_read(json_object_get(root.features, "steps"), &steps);
    openx_node_read(json_object_get(steps.content, "feature"), &step);
    int code = 0;
    at->size = (size_t)snprintf(at->key, sizeof at->key, "steps");
    if (steps.kind != OPENX_NODE_SEQUENCE || step.kind != OPENX_NODE_DICTIONARY)
        code = at->host->fail(at->host->context, AMBIT_FAULT_DATA,
                              "%s: has no sequence 'steps' of features, so this is not an RLDS "
                              "data set; name the folder of one",
                              at->path);
    else
        code = walk_dictionary(at, step.features);
    openx_node_close(&root);
    openx_node_close(&steps);
    openx_node_close(&step);
    return code ? code : openx_select(at->host, at->path, selection, at->features);
}

int openx_features_read(const ambit_host *host, const char *folder,
                        const openx_selection *selection, openx_features *features) {
    char path[PATH_MAX];
    json_t *root;
    *features = (openx_features){0};
    int code = shared_json_load(host, folder, "features.json", path, &root);
    if (code)
        return code;
    features->fields = host->allocate(host->context, OPENX_MAX_FEATURES, sizeof(openx_field));
    walk at = {.host = host, .path = path, .features = features};
    code = features->fields ? read_tree(&at, root, selection) : AMBIT_FAULT_MEMORY;
    json_decref(root);
    if (code) {
        shared_release(host, features->fields);
        *features = (openx_features){0};
    }
    return code;
}

const char *openx_field_name(const openx_field *field) {
    return field->key + strlen("steps/");
}

int64_t openx_features_find(const openx_features *features, const char *name) {
    for (int64_t i = 0; i < features->count; ++i)
        if (strcmp(openx_field_name(&features->fields[i]), name) == 0)
            return i;
    return -1;
}

int openx_field_is_code_points(const openx_field *field) {
    return field->kind == OPENX_TEXT && field->dtype->list == OPENX_INTEGERS;
}
