#include "json.h"

#include "../../core/base/text.h"
#include "../../datasets/files.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a file that is one value, in bytes. */
enum { LARGEST_FILE = 1 << 26 };

json_t *ambit_json_real(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static int is_utf8(const char *text) {
    uint32_t point = 1;
    for (int length; point != 0; text += length)
        if ((length = ambit_utf8_decode(text, &point)) == 0)
            return 0;
    return 1;
}

json_t *ambit_json_text(const char *text) {
    return json_string(is_utf8(text) ? text : "?");
}

/* What could not be made whole is no value at all. */
static void keep_if(int whole, json_t **value) {
    if (whole)
        return;
    json_decref(*value);
    *value = NULL;
}

void ambit_json_append(json_t **array, json_t *item) {
    keep_if(json_array_append_new(*array, item) == 0, array);
}

void ambit_json_set(json_t **object, const char *key, json_t *value) {
    keep_if(json_object_set_new(*object, key, value) == 0, object);
}

json_t *ambit_json_reals(const double *values, int64_t count) {
    json_t *array = json_array();
    for (int64_t i = 0; array && i < count; i++)
        ambit_json_append(&array, ambit_json_real(values[i]));
    return array;
}

json_t *ambit_json_integers(const int64_t *values, int64_t count) {
    json_t *array = json_array();
    for (int64_t i = 0; array && i < count; i++)
        ambit_json_append(&array, json_integer(values[i]));
    return array;
}

static ambit_status no_memory(const char *what) {
    return ambit_fail(AMBIT_SYSTEM, "%s: no memory for its JSON; use fewer ranks on this node",
                      what);
}

ambit_status ambit_json_line(const json_t *value, const char *what, char **text, size_t *size) {
    static const size_t flags = JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9);
    *text = NULL;
    size_t length = value ? json_dumpb(value, NULL, 0, flags) : 0;
    if (length == 0)
        return no_memory(what);
    AMBIT_TRY(ambit_allocate(text, length + 2, 1, what));
    if (json_dumpb(value, *text, length, flags) != length) { /* it, too, asks for memory */
        free(*text);
        *text = NULL;
        return no_memory(what);
    }
    (*text)[length] = '\n';
    *size = length + 1;
    return AMBIT_OK;
}

ambit_status ambit_json_print(json_t *value, const char *what, FILE *out) {
    const size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(9) | JSON_ENSURE_ASCII;
    char *text = value ? json_dumps(value, flags) : NULL;
    json_decref(value);
    if (!text)
        return no_memory(what);
    fprintf(out, "%s\n", text);
    free(text);
    return AMBIT_OK;
}

/* "file:line", or "file" where the file is one value. */
static void describe_place(const ambit_json_place *place, char *text, size_t size) {
    if (place->line)
        snprintf(text, size, "%s:%" PRId64, place->path, place->line);
    else
        snprintf(text, size, "%s", place->path);
}

ambit_status ambit_json_fault(const ambit_json_place *place, const char *key, const char *format,
                              ...) {
    char where[1024], what[1024];
    describe_place(place, where, sizeof where);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return ambit_fail(AMBIT_DATA,
                      "%s: %s%s%s; it was not written by this version of Ambit, or "
                      "was changed: restore the file, or move it away, and go on without "
                      "what it says",
                      where, key, key[0] ? ": " : "", what);
}

static ambit_status parse(const ambit_json_place *place, const char *text, size_t size,
                          json_t **value) {
    json_error_t error;
    errno = 0;
    *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!*value && errno == ENOMEM) /* jansson may call it a fault of the text */
        return ambit_fail(AMBIT_SYSTEM, "%s: no memory to read it; use fewer ranks on this node",
                          place->path);
    if (!*value)
        return ambit_json_fault(place, "", "not JSON at column %d (%s)", error.column, error.text);
    if (!json_is_object(*value)) {
        json_decref(*value);
        *value = NULL;
        return ambit_json_fault(place, "", "not an object {…}");
    }
    return AMBIT_OK;
}

ambit_status ambit_json_read(const char *path, json_t **value) {
    ambit_json_place place = {.path = path};
    char *text;
    size_t size;
    *value = NULL;
    AMBIT_TRY(ambit_read_file(path, LARGEST_FILE, &text, &size));
    ambit_status status = parse(&place, text, size, value);
    free(text);
    return status;
}

ambit_status ambit_json_each_line(const char *path, ambit_json_visit visit, void *context,
                                  int64_t *end) {
    ambit_json_place place = {.path = path};
    FILE *file = fopen(path, "re");
    if (!file)
        return ambit_fail_errno(AMBIT_IO, errno, "%s: cannot be opened for reading", path);
    char *text = NULL;
    size_t room = 0;
    ssize_t size;
    int stop = 0;
    ambit_status status = AMBIT_OK;
    errno = 0;
    while (!stop && status == AMBIT_OK && (size = getline(&text, &room, file)) > 0 &&
           text[size - 1] == '\n') {
        json_t *value = NULL;
        place.line++;
        status = parse(&place, text, (size_t)size, &value);
        if (status == AMBIT_OK)
            status = visit(context, &place, value, &stop);
        json_decref(value);
        if (!stop)
            place.offset += size;
    }
    if (status == AMBIT_OK && ferror(file))
        status = ambit_fail_errno(AMBIT_IO, errno, "%s: reading failed", path);
    free(text);
    fclose(file);
    if (end)
        *end = place.offset;
    return status;
}

static ambit_status find(const ambit_json_place *place, const json_t *object, const char *key,
                         json_t **value) {
    *value = json_object_get(object, key);
    return *value ? AMBIT_OK : ambit_json_fault(place, key, "is missing");
}

/* Finds a member and checks its type. */
#define GET(check, wanted)                                                                         \
    json_t *member;                                                                                \
    AMBIT_TRY(find(place, object, key, &member));                                                  \
    if (!(check))                                                                                  \
    return ambit_json_fault(place, key, "is not " wanted)

ambit_status ambit_json_get_number(const ambit_json_place *place, const json_t *object,
                                   const char *key, double *value) {
    GET(json_is_number(member) || json_is_null(member), "a number");
    *value = json_is_null(member) ? NAN : json_number_value(member);
    return AMBIT_OK;
}

ambit_status ambit_json_get_integer(const ambit_json_place *place, const json_t *object,
                                    const char *key, int64_t *value) {
    GET(json_is_integer(member), "a whole number");
    *value = json_integer_value(member);
    return AMBIT_OK;
}

ambit_status ambit_json_get_text(const ambit_json_place *place, const json_t *object,
                                 const char *key, char *text, size_t size) {
    GET(json_is_string(member), "a text");
    snprintf(text, size, "%s", json_string_value(member));
    return AMBIT_OK;
}

ambit_status ambit_json_get_boolean(const ambit_json_place *place, const json_t *object,
                                    const char *key, int *value) {
    GET(json_is_boolean(member), "true or false");
    *value = json_is_true(member);
    return AMBIT_OK;
}

ambit_status ambit_json_get_object(const ambit_json_place *place, const json_t *object,
                                   const char *key, json_t **value) {
    GET(json_is_object(member), "an object {…}");
    *value = member;
    return AMBIT_OK;
}

ambit_status ambit_json_get_array(const ambit_json_place *place, const json_t *object,
                                  const char *key, json_t **value) {
    GET(json_is_array(member), "a list […]");
    *value = member;
    return AMBIT_OK;
}

ambit_status ambit_json_get_numbers(const ambit_json_place *place, const json_t *object,
                                    const char *key, double *values, int64_t count) {
    json_t *array = NULL;
    AMBIT_TRY(ambit_json_get_array(place, object, key, &array));
    if ((int64_t)json_array_size(array) != count)
        return ambit_json_fault(place, key, "has %zu numbers where %" PRId64 " are meant",
                                json_array_size(array), count);
    for (int64_t i = 0; i < count; i++) {
        const json_t *number = json_array_get(array, (size_t)i);
        if (!json_is_number(number) && !json_is_null(number))
            return ambit_json_fault(place, key, "item %" PRId64 " is not a number", i);
        values[i] = json_is_null(number) ? NAN : json_number_value(number);
    }
    return AMBIT_OK;
}
