#include "source_fields.h"

#include <stdio.h>
#include <string.h>

static ambit_status copy_text(const char *field, const char *what, const char *from, char *to,
                              size_t size) {
    int length = snprintf(to, size, "%s", from ? from : "");
    if (length >= 0 && (size_t)length < size)
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA, "field \"%s\": its %s is longer than %zu bytes; shorten it",
                      field, what, size - 1);
}

_Static_assert((int)AMBIT_MAX_FIELD_NAME == AMBIT_STORE_NAME - 1 &&
                   (int)AMBIT_MAX_FIELDS == AMBIT_STORE_MAX_FIELDS &&
                   (int)AMBIT_MAX_RANK == AMBIT_STORE_MAX_RANK,
               "what a plugin may describe is what a store holds");

static ambit_status copy_field(const ambit_field *from, ambit_field_info *to) {
    memset(to, 0, sizeof *to);
    AMBIT_TRY(copy_text(from->name, "name", from->name, to->name, sizeof to->name));
    AMBIT_TRY(copy_text(from->name, "media type", from->media, to->media, sizeof to->media));
    AMBIT_TRY(copy_text(from->name, "unit", from->unit, to->unit, sizeof to->unit));
    /* A help text that is too long is cut: nothing depends on it. */
    snprintf(to->help, sizeof to->help, "%s", from->help ? from->help : "");
    to->element = (ambit_store_element)from->element; /* the values are the same */
    to->rank = (int)from->rank;
    memcpy(to->shape, from->shape, from->rank * sizeof *to->shape);
    to->zero_padded = from->zero_padded;
    to->unnormalised = from->unnormalised;
    return AMBIT_OK;
}

ambit_status ambit_source_fields(const ambit_source_description *about, ambit_field_info *fields) {
    for (uint32_t f = 0; f < about->field_count; f++)
        AMBIT_TRY(copy_field(&about->fields[f], &fields[f]));
    return ambit_fields_check(fields, (int)about->field_count);
}
