/* The three spellings of features.json, read as one.
 *
 *     {"pythonClassName": CLASS, "tensor": content}                  TFDS since 4.5
 *     {"type": CLASS, "content": content}                            before
 *     {"pythonClassName": CLASS, "jsonFeature": {"json": "content"}} in between: JSON within JSON
 *
 * The older two have their own contents: a dictionary is its features, a shape a plain array, and
 * null stands for a size that varies. With "proto_cls" the second has the contents of the first, as
 * an object or a string. TFDS reads them all (core/features/feature.py, from_json).
 */
#ifndef OPENX_SPELLING_H
#define OPENX_SPELLING_H

#include "shared/json.h"

typedef enum {
    OPENX_NODE_OTHER, /* not known, or damaged */
    OPENX_NODE_DICTIONARY,
    OPENX_NODE_SEQUENCE,
    OPENX_NODE_TENSOR,
    OPENX_NODE_IMAGE,
    OPENX_NODE_TEXT,
    OPENX_NODE_LABEL, /* the number of a class */
    OPENX_NODE_BOX,   /* the four sides of a box */
    OPENX_NODE_SOUND,
    OPENX_NODE_VIDEO
} openx_node_kind;

typedef struct {
    openx_node_kind kind;
    json_t *content;  /* NULL: none */
    json_t *features; /* of a dictionary: its nodes by name */
    json_t *parsed;   /* what was JSON within JSON, to be dropped */
} openx_node;

/* Reads a node of the tree; the JSON must outlive it. Ended with openx_node_close(). */
void openx_node_read(const json_t *json, openx_node *node);

void openx_node_close(openx_node *node);

/* The sizes of a shape, an array; NULL: none. */
json_t *openx_shape_sizes(const json_t *shape);

#endif
