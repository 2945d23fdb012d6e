/* tf.train.Example: a map from flat keys to lists, one message an episode.
 *
 *     Example { Features features = 1 }    Features { map<string, Feature> feature = 1 }
 *     Feature { oneof: BytesList bytes_list = 1 | FloatList float_list = 2 | Int64List = 3 }
 *     each list: repeated value = 1, packed or not            (map entry: key = 1, value = 2)
 *
 * The order of the map means nothing and differs from record to record. Fields not named here are
 * skipped. A key that stands twice has its last value, as in protocol buffers; a Feature with two
 * lists, which no writer makes, is refused.
 */
#ifndef OPENX_EXAMPLE_H
#define OPENX_EXAMPLE_H

#include "tfrecord.h"

/* Which list a feature holds: the number in the oneof. */
typedef enum { OPENX_EMPTY = 0, OPENX_BYTES = 1, OPENX_FLOATS = 2, OPENX_INTEGERS = 3 } openx_list;

/* "a list of floats" and so on. */
const char *openx_list_name(openx_list list);

typedef struct {
    shared_span key;
    openx_list list;
    shared_span values; /* the list's own message */
} openx_feature;

/* Starts as zeros; used again from record to record; free `memory` with shared_buffer_free(). */
typedef struct {
    openx_feature *features;
    int64_t count;
    shared_buffer memory;
} openx_example;

/* Finds the features of `record`; spans point into the record. */
int openx_example_parse(openx_example *example, const openx_record *record);

/* The feature with this very key, or NULL. */
const openx_feature *openx_example_find(const openx_example *example, const char *key);

/* The number of values in a feature, -1 when the list is malformed. When `values` is not NULL they
 * are written there: shared_span[], float[] or int64_t[] by kind of list. */
int64_t openx_feature_read(const openx_feature *feature, void *values);

/* Reads the value of a feature that holds exactly one of this kind. 1, or 0 when there is none. */
int openx_example_single(const openx_example *example, const char *key, openx_list list,
                         void *value);

#endif
