/* JSON as the files of a run use it: whole lines or one whole file, null for a number that is not
 * finite, and faults named by file, line and key.
 *
 * Objects are jansson's; the caller owns what it is given and releases it with json_decref().
 * Nothing here is collective.
 */
#ifndef AMBIT_MPI_RECORDS_JSON_H
#define AMBIT_MPI_RECORDS_JSON_H

#include "../../core/base/status.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* Where a value was read. `line` counts from 1; 0 means that the file is one value. */
typedef struct {
    const char *path;
    int64_t line;
    int64_t offset; /* of the line's first byte */
} ambit_json_place;

/* A number, or null where it is not finite; a text, or "?" where it is not UTF-8. NULL without
 * memory. */
json_t *ambit_json_real(double value);
json_t *ambit_json_text(const char *text);
json_t *ambit_json_reals(const double *values, int64_t count);
json_t *ambit_json_integers(const int64_t *values, int64_t count);

/* Puts a new item, which is taken, at the end of an array; a new member into an object. Where there
 * is no memory, or the item is NULL, the whole is released and becomes NULL, as does whatever is
 * made of it: so a value is whole, or its writing fails. */
void ambit_json_append(json_t **array, json_t *item);
void ambit_json_set(json_t **object, const char *key, json_t *value);

/* The text of `value` on one line, with the newline, nine digits a number. The caller frees *text.
 * AMBIT_SYSTEM without memory, or where `value` is NULL for want of it. */
ambit_status ambit_json_line(const json_t *value, const char *what, char **text, size_t *size);

/* Prints `value`, which is released, on lines of its own; in ASCII, as texts may hold what a
 * terminal acts on. Fails as ambit_json_line(); what fails in `out` shows when it is flushed. */
ambit_status ambit_json_print(json_t *value, const char *what, FILE *out);

/* Reads one value from a file. AMBIT_NO_INPUT where there is none, AMBIT_DATA where it is no JSON.
 */
ambit_status ambit_json_read(const char *path, json_t **value);

/* Called with each line's value, which it must not release; *stop ends the reading. */
typedef ambit_status (*ambit_json_visit)(void *context, const ambit_json_place *place,
                                         json_t *value, int *stop);

/* Reads a file of one object a line. A last line without newline is still being written, or was
 * cut: it is no line. *end (may be NULL) becomes the offset after the last line visited. */
ambit_status ambit_json_each_line(const char *path, ambit_json_visit visit, void *context,
                                  int64_t *end);

/* Members of an object; AMBIT_DATA with place and key where one is missing or of another type.
 * A null number is NaN. A text that does not fit is cut. */
ambit_status ambit_json_get_number(const ambit_json_place *place, const json_t *object,
                                   const char *key, double *value);
ambit_status ambit_json_get_integer(const ambit_json_place *place, const json_t *object,
                                    const char *key, int64_t *value);
ambit_status ambit_json_get_text(const ambit_json_place *place, const json_t *object,
                                 const char *key, char *text, size_t size);
ambit_status ambit_json_get_boolean(const ambit_json_place *place, const json_t *object,
                                    const char *key, int *value);
/* An object or an array; *value is borrowed from `object`. */
ambit_status ambit_json_get_object(const ambit_json_place *place, const json_t *object,
                                   const char *key, json_t **value);
ambit_status ambit_json_get_array(const ambit_json_place *place, const json_t *object,
                                  const char *key, json_t **value);
/* An array of exactly `count` numbers. */
ambit_status ambit_json_get_numbers(const ambit_json_place *place, const json_t *object,
                                    const char *key, double *values, int64_t count);

/* Records a fault at `place` and `key` and returns AMBIT_DATA. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4), cold))
#endif
ambit_status
ambit_json_fault(const ambit_json_place *place, const char *key, const char *format, ...);

#endif
