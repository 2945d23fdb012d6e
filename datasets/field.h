/* A field of the store: a quantity with the same name, type and shape at every step. */
#ifndef AMBIT_DATASETS_FIELD_H
#define AMBIT_DATASETS_FIELD_H

#include "../core/base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Values are part of the file format. */
typedef enum {
    AMBIT_STORE_F32 = 1,
    AMBIT_STORE_I64 = 2,
    AMBIT_STORE_U8 = 3,
    AMBIT_STORE_BYTES = 4 /* a run of bytes of any length a step */
} ambit_store_element;

enum { AMBIT_STORE_MAX_STEP = 1 << 28 }; /* bytes of one step of a numeric field */
enum { AMBIT_PICTURE_CHANNELS = 4, AMBIT_PICTURE_SIDE = 8 };
enum { AMBIT_STORE_MAX_RANK = 4, AMBIT_STORE_MAX_FIELDS = 64, AMBIT_STORE_NAME = 128 };

typedef struct {
    char name[AMBIT_STORE_NAME];
    ambit_store_element element;
    int rank;
    int64_t shape[AMBIT_STORE_MAX_RANK];
    uint64_t zero_padded;  /* bit d: element d of a chunk is 0 past the end, else the last value */
    uint64_t unnormalised; /* bit d: element d is never normalised */
    char media[32];        /* of AMBIT_STORE_BYTES */
    char unit[32];
    char help[256];
} ambit_field_info;

/* Elements a step (1 for a scalar), bytes an element, and whether numbers can be made of it. */
int64_t ambit_field_elements(const ambit_field_info *field);
int64_t ambit_store_element_size(ambit_store_element element);

/* How a step's elements share statistics: element (b·pixels + p)·channels + c has those of number
 * b·channels + c. */
typedef struct {
    int64_t blocks, pixels, channels;
} ambit_element_groups;

/* Pictures share statistics over the pixels of a channel, all else has its own for each element
 * (bytes: one, of the length). Pictures are u8 or f32 fields of height × width × channels or
 * channels × height × width, with 1 to 4 channels, the last dimension being the channels where it
 * can be; stacks of such, with one dimension more in front; and u8 fields of height × width. Height
 * and width are at least 8: less may be a matrix, whose elements differ in kind. */
ambit_element_groups ambit_field_groups(const ambit_field_info *field);
int64_t ambit_group_count(const ambit_element_groups *groups);

/* A picture by its shape alone. */
typedef struct {
    int64_t count; /* of a stack; else 1 */
    int64_t channels, height, width;
    bool channels_last;
} ambit_picture;

/* Whether the field is one, of sides of at least `least_side`. */
bool ambit_field_picture(const ambit_field_info *field, int64_t least_side, ambit_picture *picture);

/* "f32", "i64", "u8", "bytes". */
const char *ambit_store_element_name(ambit_store_element element);

/* "f32 [7]", "u8 [3×32×32]", "bytes image/jpeg". */
enum { AMBIT_FIELD_TYPE = 128 };
void ambit_field_type(const ambit_field_info *field, char text[AMBIT_FIELD_TYPE]);

/* Whether a step of both holds the same numbers in the same arrangement: element type, rank and
 * shape are equal. */
bool ambit_field_same_type(const ambit_field_info *one, const ambit_field_info *other);

/* Whether a store can hold these fields: names of [A-Za-z0-9_./-], unique; known element types;
 * rank and shape in range; a step of at most AMBIT_STORE_MAX_STEP bytes. AMBIT_DATA names the first
 * field that fails; the caller puts the file or plugin in front. */
ambit_status ambit_fields_check(const ambit_field_info *fields, int count);

#endif
