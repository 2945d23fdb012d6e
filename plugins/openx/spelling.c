#include "spelling.h"

#include <string.h>

/* The last part of a Python class, and the member of a node that has its content today. */
static const struct {
    const char *class, *member;
    openx_node_kind kind;
} kinds[] = {{"FeaturesDict", "featuresDict", OPENX_NODE_DICTIONARY},
             {"Sequence", "sequence", OPENX_NODE_SEQUENCE},
             {"Dataset", "sequence", OPENX_NODE_SEQUENCE},
             {"Tensor", "tensor", OPENX_NODE_TENSOR},
             {"Scalar", "tensor", OPENX_NODE_TENSOR},
             {"Image", "image", OPENX_NODE_IMAGE},
             {"LabeledImage", "image", OPENX_NODE_IMAGE},
             {"Text", "text", OPENX_NODE_TEXT},
             {"ClassLabel", "classLabel", OPENX_NODE_LABEL},
             {"BBoxFeature", "boundingBox", OPENX_NODE_BOX},
             {"Audio", "audio", OPENX_NODE_SOUND},
             {"Video", "video", OPENX_NODE_VIDEO}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static openx_node_kind kind_of_class(const char *class) {
    const char *dot = class ? strrchr(class, '.') : NULL;
    const char *name = dot ? dot + 1 : class;
    for (int k = 0; name && k < KINDS; ++k)
        if (strcmp(kinds[k].class, name) == 0)
            return kinds[k].kind;
    return OPENX_NODE_OTHER;
}

/* Content that stands in a string is parsed; what cannot be parsed has no content. */
static void unwrap(openx_node *node) {
    const char *text = json_string_value(node->content);
    if (!text)
        return;
    node->parsed = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    node->content = node->parsed;
    if (!json_is_object(node->content))
        node->kind = OPENX_NODE_OTHER;
}

/* A node of one of the older spellings. */
static void read_old(const json_t *json, json_t *wrapped, openx_node *node) {
    const char *class = json_string_value(json_object_get(json, "type"));
    const char *message = json_string_value(json_object_get(json, "proto_cls"));
    node->kind =
        kind_of_class(class ? class : json_string_value(json_object_get(json, "pythonClassName")));
    node->content = wrapped ? wrapped : json_object_get(json, "content");
    unwrap(node);
    node->features =
        message && *message ? json_object_get(node->content, "features") : node->content;
}

void openx_node_read(const json_t *json, openx_node *node) {
    json_t *wrapped = json_object_get(json_object_get(json, "jsonFeature"), "json");
    *node = (openx_node){.kind = OPENX_NODE_OTHER};
    if (wrapped || json_object_get(json, "type")) {
        read_old(json, wrapped, node);
        return;
    }
    for (int k = 0; k < KINDS && !node->content; ++k) {
        node->content = json_object_get(json, kinds[k].member);
        node->kind = node->content ? kinds[k].kind : OPENX_NODE_OTHER;
    }
    node->features = json_object_get(node->content, "features");
}

void openx_node_close(openx_node *node) {
    json_decref(node->parsed);
    *node = (openx_node){.kind = OPENX_NODE_OTHER};
}

json_t *openx_shape_sizes(const json_t *shape) {
    return json_is_array(shape) ? (json_t *)shape : json_object_get(shape, "dimensions");
}
