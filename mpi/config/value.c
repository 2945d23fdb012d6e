#include "value.h"

#include "../../core/base/nearest.h"
#include "../../core/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char annotated[] = "annotated";

enum { MOST_CHOICES = 16, CHOICE_SIZE = 32 };

/* "a|b|c|" taken apart; returns the number of choices. */
static int split_choices(const char *choices, char words[MOST_CHOICES][CHOICE_SIZE]) {
    int count = 0;
    for (const char *at = choices; *at && count < MOST_CHOICES; at++) {
        int length = (int)strcspn(at, "|");
        snprintf(words[count++], CHOICE_SIZE, "%.*s", length, at);
        at += length;
    }
    return count;
}

static bool is_bounded(const ambit_schema_row *row) {
    return row->least != 0 || row->most != 0;
}

static void expected_bounds(const ambit_schema_row *row, char *text, size_t size) {
    const bool no_limit = row->most >= 9007199254740992.0; /* the table's UNLIMITED */
    const char *unit = row->unit ? row->unit : "", *space = row->unit ? " " : "";
    if (!is_bounded(row))
        snprintf(text, size, "%s%s", space, unit);
    else if (no_limit)
        snprintf(text, size, " %s %g%s%s", row->above ? "above" : "of at least", row->least, space,
                 unit);
    else if (row->above)
        snprintf(text, size, " above %g, up to %.10g%s%s", row->least, row->most, space, unit);
    else
        snprintf(text, size, " from %g to %.10g%s%s", row->least, row->most, space, unit);
}

void ambit_value_expected(const ambit_schema_row *row, char *text, size_t size) {
    static const char *const names[] = {
        [AMBIT_TYPE_TEXT] = "text",
        [AMBIT_TYPE_INTEGER] = "a whole number",
        [AMBIT_TYPE_NUMBER] = "a number",
        [AMBIT_TYPE_BOOLEAN] = "true or false",
        [AMBIT_TYPE_CHOICE] = "one of",
        [AMBIT_TYPE_LIST] = "a field, or a list such as [state, goal]",
        [AMBIT_TYPE_SOURCES] = "a list of maps, each with a path",
        [AMBIT_TYPE_OPTIONS] = "keys and values of the environment",
    };
    char detail[AMBIT_PROBLEM_SIZE] = "";
    if (row->type == AMBIT_TYPE_INTEGER || row->type == AMBIT_TYPE_NUMBER)
        expected_bounds(row, detail, sizeof detail);
    if (row->type == AMBIT_TYPE_CHOICE) {
        char words[MOST_CHOICES][CHOICE_SIZE];
        int count = split_choices(row->choices, words);
        size_t used = 0;
        for (int i = 0; i < count && used < sizeof detail; i++)
            used += (size_t)snprintf(detail + used, sizeof detail - used, "%s%s", i ? ", " : " ",
                                     words[i]);
    }
    snprintf(text, size, "%s%s%s%s%s%s", row->power_of_two ? "a power of two," : names[row->type],
             detail, row->absent ? ", or the word \"" : "", row->absent ? row->absent : "",
             row->absent ? "\"" : "", row->annotated ? " or \"annotated\"" : "");
}

static bool refuse(const ambit_schema_row *row, const char *text,
                   char problem[AMBIT_PROBLEM_SIZE]) {
    char expected[AMBIT_PROBLEM_SIZE];
    ambit_value_expected(row, expected, sizeof expected);
    if (*text)
        snprintf(problem, AMBIT_PROBLEM_SIZE, "\"%.40s\" cannot be used; write %.180s", text,
                 expected);
    else
        snprintf(problem, AMBIT_PROBLEM_SIZE, "has no value; write %.180s", expected);
    return false;
}

/* A finite decimal number; strtod alone would take "inf", "nan", "0x10" and leading blanks. */
static bool read_decimal(const char *text, double *value) {
    if (!*text || strspn(text, "0123456789+-.eE") != strlen(text))
        return false;
    char *end;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}

static bool read_number(const ambit_schema_row *row, const char *text, void *member,
                        char problem[AMBIT_PROBLEM_SIZE]) {
    double value = NAN;
    if (row->annotated && strcmp(text, annotated) == 0) {
        value = AMBIT_ANNOTATED;
    } else if (!row->absent || strcmp(text, row->absent) != 0) {
        if (!read_decimal(text, &value))
            return refuse(row, text, problem);
        if (is_bounded(row) &&
            (value < row->least || value > row->most || (row->above && value == row->least)))
            return refuse(row, text, problem);
    }
    memcpy(member, &value, sizeof value);
    return true;
}

/* Also "1e4" and "20000.0", which are whole. */
static bool read_integer(const ambit_schema_row *row, const char *text, void *member,
                         char problem[AMBIT_PROBLEM_SIZE]) {
    double value;
    if (!read_decimal(text, &value) || value != floor(value) || fabs(value) > 9007199254740992.0)
        return refuse(row, text, problem);
    const int64_t whole = (int64_t)value;
    const int narrow = (int)whole;
    bool outside = is_bounded(row) && (value < row->least || value > row->most);
    bool uneven = row->power_of_two && (whole & (whole - 1)) != 0;
    if (outside || uneven || (row->size == sizeof narrow && narrow != whole))
        return refuse(row, text, problem);
    memcpy(member, row->size == sizeof narrow ? (const void *)&narrow : (const void *)&whole,
           row->size);
    return true;
}

static bool read_boolean(const ambit_schema_row *row, const char *text, void *member,
                         char problem[AMBIT_PROBLEM_SIZE]) {
    bool value = strcmp(text, "true") == 0;
    if (!value && strcmp(text, "false") != 0)
        return refuse(row, text, problem);
    memcpy(member, &value, sizeof value);
    return true;
}

static bool read_choice(const ambit_schema_row *row, const char *text, void *member,
                        char problem[AMBIT_PROBLEM_SIZE]) {
    char words[MOST_CHOICES][CHOICE_SIZE];
    const char *candidates[MOST_CHOICES];
    const int count = split_choices(row->choices, words);
    for (int i = 0; i < count; i++) {
        candidates[i] = words[i];
        if (strcmp(text, words[i]) == 0) {
            memcpy(member, &i, sizeof i);
            return true;
        }
    }
    refuse(row, text, problem);
    int near = ambit_nearest(text, candidates, count);
    size_t used = strlen(problem);
    if (near >= 0)
        snprintf(problem + used, AMBIT_PROBLEM_SIZE - used, "; did you mean %s?", words[near]);
    return false;
}

static bool is_utf8(const char *text) {
    uint32_t point;
    int length = 1;
    while (*text && (length = ambit_utf8_decode(text, &point)) > 0)
        text += length;
    return length > 0;
}

bool ambit_value_is_null(const char *text) {
    static const char *const words[] = {"null", "Null", "NULL", "~"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

bool ambit_value_is_text(const char *text, char problem[AMBIT_PROBLEM_SIZE]) {
    if (!is_utf8(text))
        snprintf(problem, AMBIT_PROBLEM_SIZE, "is not UTF-8; write it in UTF-8");
    return is_utf8(text);
}

static bool read_text(const ambit_schema_row *row, const char *text, void *member,
                      char problem[AMBIT_PROBLEM_SIZE]) {
    if (!*text && !row->initial) /* required, so an empty one is as good as none */
        return refuse(row, text, problem);
    if (!ambit_value_is_text(text, problem))
        return false;
    memcpy(member, &text, sizeof text);
    return true;
}

bool ambit_value_read(const ambit_schema_row *row, const char *text, void *member,
                      char problem[AMBIT_PROBLEM_SIZE]) {
    static bool (*const readers[])(const ambit_schema_row *, const char *, void *, char *) = {
        [AMBIT_TYPE_TEXT] = read_text,     [AMBIT_TYPE_INTEGER] = read_integer,
        [AMBIT_TYPE_NUMBER] = read_number, [AMBIT_TYPE_BOOLEAN] = read_boolean,
        [AMBIT_TYPE_CHOICE] = read_choice,
    };
    return readers[row->type](row, text, member, problem);
}

/* Words that may stand in YAML without quotes. */
static bool is_plain(const char *text) {
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.";
    if (!*text || !strchr(first, *text) || ambit_value_is_null(text))
        return false;
    for (const char *at = text; *at; at++)
        if (!strchr(first, *at) && !strchr("-+", *at))
            return false;
    return true;
}

void ambit_value_quote(const char *value, FILE *out) {
    if (is_plain(value)) {
        fputs(value, out);
        return;
    }
    fputc('"', out);
    uint32_t point;
    for (int length; *value && (length = ambit_utf8_decode(value, &point)) > 0; value += length) {
        if (point == '"' || point == '\\')
            fprintf(out, "\\%c", (int)point);
        else if (ambit_point_is_printable(point))
            fwrite(value, 1, (size_t)length, out);
        else
            fprintf(out, "\\U%08" PRIX32, point);
    }
    fputc('"', out);
}

/* The shortest decimal that reads back to the same number; or the word that stands for it. */
static void write_number(const ambit_schema_row *row, double value, FILE *out) {
    char number[32];
    int digits = 15;
    do
        snprintf(number, sizeof number, "%.*g", digits, value);
    while (strtod(number, NULL) != value && ++digits <= 17);
    const int is_annotated = row->annotated && value == AMBIT_ANNOTATED;
    fputs(isnan(value) ? row->absent : is_annotated ? annotated : number, out);
}

static void write_choice(const ambit_schema_row *row, int place, FILE *out) {
    char words[MOST_CHOICES][CHOICE_SIZE];
    split_choices(row->choices, words);
    fputs(words[place], out);
}

void ambit_value_write(const ambit_schema_row *row, const void *member, FILE *out) {
    switch (row->type) {
    case AMBIT_TYPE_INTEGER:
        fprintf(out, "%" PRId64,
                row->size == sizeof(int) ? *(const int *)member : *(const int64_t *)member);
        break;
    case AMBIT_TYPE_NUMBER:
        write_number(row, *(const double *)member, out);
        break;
    case AMBIT_TYPE_BOOLEAN:
        fputs(*(const bool *)member ? "true" : "false", out);
        break;
    case AMBIT_TYPE_CHOICE:
        write_choice(row, *(const int *)member, out);
        break;
    default:
        ambit_value_quote(*(const char *const *)member, out);
    }
}
