/* The schema: one table of every setting there is (settings.h).
 *
 * Everything that knows of settings reads this table: the parser of YAML files and of key=value
 * arguments, the writer, `ambit config explain`. A setting is added by adding its row.
 *
 * Paths are dotted, `train.lr`. Rows of a data source have the path `data.sources.N.weight`; users
 * write a number for N, and *index carries it.
 */
#ifndef AMBIT_MPI_CONFIG_SCHEMA_H
#define AMBIT_MPI_CONFIG_SCHEMA_H

#include "settings.h"

enum { AMBIT_PATH_SIZE = 128 };

typedef enum {
    AMBIT_TYPE_TEXT,    /* const char * */
    AMBIT_TYPE_INTEGER, /* int or int64_t, by the row's size */
    AMBIT_TYPE_NUMBER,  /* double */
    AMBIT_TYPE_BOOLEAN, /* bool */
    AMBIT_TYPE_CHOICE,  /* an enum whose values are the places in `choices` */
    AMBIT_TYPE_LIST,    /* ambit_field_list; its default is one field, or "" for none */
    AMBIT_TYPE_SOURCES, /* of data sources, whose members have rows of their own */
    AMBIT_TYPE_OPTIONS  /* keys that belong to the environment plugin */
} ambit_value_type;

typedef struct {
    const char *path;
    ambit_value_type type;
    const char *initial; /* default, as the user would write it; NULL: the key is required */
    size_t offset, size; /* of the member in ambit_settings; for a data source in source 0 */
    const char *unit;    /* NULL: none */
    double least, most;  /* bounds of integers and numbers; both 0: none */
    bool above;          /* `least` itself is not allowed */
    bool power_of_two;   /* integers */
    const char *choices; /* "a|b|c|" (core/base/choices.h) */
    const char *absent;  /* numbers: the word that stands for NaN */
    bool annotated;      /* numbers: the word "annotated" stands for AMBIT_ANNOTATED */
    const char *help;
} ambit_schema_row;

const ambit_schema_row *ambit_schema_rows(int *count);

/* The row of a path, or NULL. *index is the data source's number, −1 for other rows. */
const ambit_schema_row *ambit_schema_find(const char *path, int *index);

/* Whether rows lie below `path` ("train", "data.sources.0", "" for all). */
bool ambit_schema_is_section(const char *path);

/* Whether `row` is `path` or lies below it. */
bool ambit_schema_is_within(const ambit_schema_row *row, const char *path);

/* Where the row's value stands in `settings`; `index` counts for rows of a data source only. */
void *ambit_schema_member(const ambit_schema_row *row, ambit_settings *settings, int index);

/* The row's path with the number of the data source in place of N. */
void ambit_schema_path(const ambit_schema_row *row, int index, char path[AMBIT_PATH_SIZE]);

/* The last part of a dotted path: "lr" of "train.lr". */
const char *ambit_schema_key(const char *path);

/* Writes the keys right below a section, "" for the sections: "path, name, weight". */
void ambit_schema_list(const char *section, char *text, size_t size);

/* Writes ", did you mean train.lr?", or "; there is " and the keys that may stand in
 * place of `path`. */
void ambit_schema_suggest(const char *path, char *text, size_t size);

#endif
