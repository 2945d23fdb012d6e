/* One setting as text and as a value: what its row of the schema says decides how it is read,
 * checked and written. Nothing here allocates; lists, data sources and options are not values.
 */
#ifndef AMBIT_MPI_CONFIG_VALUE_H
#define AMBIT_MPI_CONFIG_VALUE_H

#include "schema.h"

#include <stdio.h>

enum { AMBIT_PROBLEM_SIZE = 256 };

/* Reads `text` into *member, checking type, bounds and choices. Text is not copied: the member
 * points to `text`. On a fault, false, with *member as it was and `problem` a sentence "WHAT;
 * REMEDY". */
bool ambit_value_read(const ambit_schema_row *row, const char *text, void *member,
                      char problem[AMBIT_PROBLEM_SIZE]);

/* Whether `text`, unquoted, stands for no value, as in YAML: null or ~. */
bool ambit_value_is_null(const char *text);

/* Whether `text` is UTF-8; if not, `problem` says so. */
bool ambit_value_is_text(const char *text, char problem[AMBIT_PROBLEM_SIZE]);

/* Writes the value as YAML that reads back to the same value; and any UTF-8 text as one YAML
 * scalar, in double quotes where it needs them. */
void ambit_value_write(const ambit_schema_row *row, const void *member, FILE *out);
void ambit_value_quote(const char *value, FILE *out);

/* What the row takes, in words: "a number above 0", "one of x0, epsilon, v". */
void ambit_value_expected(const ambit_schema_row *row, char *text, size_t size);

#endif
