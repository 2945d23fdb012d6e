#include "field.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int64_t size;
} elements[] = {
    [AMBIT_STORE_F32] = {"f32", 4},
    [AMBIT_STORE_I64] = {"i64", 8},
    [AMBIT_STORE_U8] = {"u8", 1},
    [AMBIT_STORE_BYTES] = {"bytes", 1},
};

static int is_known(ambit_store_element element) {
    return element >= AMBIT_STORE_F32 && element <= AMBIT_STORE_BYTES;
}

int64_t ambit_store_element_size(ambit_store_element element) {
    return is_known(element) ? elements[element].size : 0;
}

const char *ambit_store_element_name(ambit_store_element element) {
    return is_known(element) ? elements[element].name : "unknown";
}

int64_t ambit_field_elements(const ambit_field_info *field) {
    int64_t count = 1;
    for (int d = 0; d < field->rank; d++)
        count *= field->shape[d];
    return count;
}

bool ambit_field_picture(const ambit_field_info *field, int64_t least_side,
                         ambit_picture *picture) {
    const int stacked = field->rank == 4, flat = field->rank == 2;
    const int64_t *shape = field->shape + stacked;
    const bool last = flat || shape[2] <= AMBIT_PICTURE_CHANNELS;
    if (field->element != AMBIT_STORE_U8 && (field->element != AMBIT_STORE_F32 || flat))
        return false;
    if (field->rank < 2 || !(last || shape[0] <= AMBIT_PICTURE_CHANNELS))
        return false;
    *picture = (ambit_picture){.count = stacked ? field->shape[0] : 1,
                               .channels = flat ? 1 : shape[last ? 2 : 0],
                               .height = shape[!last],
                               .width = shape[1 + !last],
                               .channels_last = last};
    return picture->height >= least_side && picture->width >= least_side;
}

ambit_element_groups ambit_field_groups(const ambit_field_info *field) {
    ambit_picture picture;
    if (!ambit_field_picture(field, AMBIT_PICTURE_SIDE, &picture))
        return (ambit_element_groups){1, 1, ambit_field_elements(field)};
    const int64_t pixels = picture.height * picture.width;
    if (picture.channels_last)
        return (ambit_element_groups){picture.count, pixels, picture.channels};
    return (ambit_element_groups){picture.count * picture.channels, pixels, 1};
}

int64_t ambit_group_count(const ambit_element_groups *groups) {
    return groups->blocks * groups->channels;
}

void ambit_field_type(const ambit_field_info *field, char text[AMBIT_FIELD_TYPE]) {
    int used = snprintf(text, AMBIT_FIELD_TYPE, "%s", ambit_store_element_name(field->element));
    for (int d = 0; d < field->rank; d++)
        used += snprintf(text + used, AMBIT_FIELD_TYPE - (size_t)used, "%s%" PRId64 "%s",
                         d ? "×" : " [", field->shape[d], d + 1 == field->rank ? "]" : "");
    if (field->media[0])
        snprintf(text + used, AMBIT_FIELD_TYPE - (size_t)used, " %s", field->media);
}

bool ambit_field_same_type(const ambit_field_info *one, const ambit_field_info *other) {
    return one->element == other->element && one->rank == other->rank &&
           memcmp(one->shape, other->shape, (size_t)one->rank * sizeof *one->shape) == 0;
}

static ambit_status check_name(const char *name) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_./-";
    size_t length = strnlen(name, AMBIT_STORE_NAME);
    if (length == 0 || length == AMBIT_STORE_NAME)
        return ambit_fail(AMBIT_DATA,
                          "a field's name is empty or longer than %d characters; name every field",
                          AMBIT_STORE_NAME - 1);
    if (strspn(name, allowed) != length)
        return ambit_fail(AMBIT_DATA,
                          "field \"%s\": the name holds other characters than A-Za-z0-9_./-; "
                          "rename it",
                          name);
    return AMBIT_OK;
}

static ambit_status check_shape(const ambit_field_info *field) {
    if (field->rank < 0 || field->rank > AMBIT_STORE_MAX_RANK)
        return ambit_fail(AMBIT_DATA, "field \"%s\": rank %d; a store holds ranks 0 to %d",
                          field->name, field->rank, AMBIT_STORE_MAX_RANK);
    int64_t bytes = ambit_store_element_size(field->element);
    for (int d = 0; d < field->rank; d++) {
        if (field->shape[d] < 1 || field->shape[d] > AMBIT_STORE_MAX_STEP / bytes)
            return ambit_fail(AMBIT_DATA,
                              "field \"%s\": dimension %d is %" PRId64 "; each must be at least 1 "
                              "and a step at most %d bytes",
                              field->name, d, field->shape[d], AMBIT_STORE_MAX_STEP);
        bytes *= field->shape[d];
    }
    if (field->element == AMBIT_STORE_BYTES && field->rank != 0)
        return ambit_fail(AMBIT_DATA, "field \"%s\": bytes have no shape; declare rank 0",
                          field->name);
    return AMBIT_OK;
}

static ambit_status check_field(const ambit_field_info *field) {
    AMBIT_TRY(check_name(field->name));
    if (!is_known(field->element))
        return ambit_fail(AMBIT_DATA, "field \"%s\": element type %d is not known; use 1 to 4",
                          field->name, (int)field->element);
    return check_shape(field);
}

ambit_status ambit_fields_check(const ambit_field_info *fields, int count) {
    if (count < 1 || count > AMBIT_STORE_MAX_FIELDS)
        return ambit_fail(AMBIT_DATA, "%d fields; a store holds 1 to %d", count,
                          AMBIT_STORE_MAX_FIELDS);
    for (int i = 0; i < count; i++) {
        AMBIT_TRY(check_field(&fields[i]));
        for (int j = 0; j < i; j++)
            if (strcmp(fields[i].name, fields[j].name) == 0)
                return ambit_fail(AMBIT_DATA, "field \"%s\" is there twice; rename one",
                                  fields[i].name);
    }
    return AMBIT_OK;
}
