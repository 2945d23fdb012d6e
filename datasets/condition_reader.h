/* Conditions beside the state, as a network takes them: where each source has them, and their
 * numbers at a step (mixture.h says which). Internal to datasets/; not collective. */
#ifndef AMBIT_DATASETS_CONDITION_READER_H
#define AMBIT_DATASETS_CONDITION_READER_H

#include "mixture.h"

/* A field that a condition is made of. */
typedef struct {
    ambit_condition condition;
    const char *name;   /* until the reader is finished */
    const char *folder; /* of the first source that has it; likewise */
    int64_t size[3];    /* of a picture: channels, height, width; of text: tokens, numbers, 1 */
} ambit_condition_field;

/* Where the field lies in one source. */
typedef struct {
    int index; /* −1: the source has it not */
    bool channels_last;
} ambit_condition_place;

typedef struct {
    int source_count, field_count;
    ambit_condition_field *fields;    /* [field_count] those of a condition one after the other */
    ambit_condition_place *places;    /* [source_count][field_count] */
    bool (*misses)[AMBIT_CONDITIONS]; /* [source_count] the source has not all its fields */
    bool may_miss[AMBIT_CONDITIONS];  /* some sample misses it, as far as the indices tell */
    int64_t caption_slots, caption_buckets;
    float *picture; /* one, as read */
} ambit_condition_reader;

/* Knows the fields, but no source yet. The caller destroys it, also after a failure. */
ambit_status ambit_condition_reader_create(const ambit_condition_fields *fields, int source_count,
                                           ambit_condition_reader *reader);
void ambit_condition_reader_destroy(ambit_condition_reader *reader);

/* Finds the fields in a source, in the order of the sources, and lets its store take what it can of
 * them into memory. AMBIT_CONFIG where they cannot be what they are named for, or differ from those
 * of the sources before. */
ambit_status ambit_condition_reader_add(ambit_condition_reader *reader, int source,
                                        ambit_store *store);

/* After the last source. AMBIT_CONFIG for a condition that no source has; otherwise fills in what
 * *shape says of conditions. stores: [source_count]. */
ambit_status ambit_condition_reader_finish(ambit_condition_reader *reader,
                                           ambit_store *const *stores, ambit_sample_shape *shape);

/* Reads the conditions at a step of a source into *sample: their numbers, and which there are. */
ambit_status ambit_condition_reader_read(ambit_condition_reader *reader, int source,
                                         ambit_store *store, int64_t step, ambit_sample *sample);

#endif
