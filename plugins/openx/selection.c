#include "selection.h"

#include "shared/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is selected from. */
typedef struct {
    const ambit_host *host;
    const char *path; /* of features.json */
    openx_features *features;
} place;

/* Checks that an option's names are those of features. */
static int check_names(const place *at, const char *option, const char *list) {
    shared_span given;
    while (shared_names_next(&list, &given)) {
        char name[OPENX_KEY_SIZE];
        snprintf(name, sizeof name, "%.*s", (int)given.size, (const char *)given.data);
        if (openx_features_find(at->features, name) < 0)
            return at->host->fail(at->host->context, AMBIT_FAULT_OPTION,
                                  "option %s: '%s' is no feature of a step in %s; write names "
                                  "as they stand in the tree, joined by '/', without 'steps/'",
                                  option, name, at->path);
    }
    return 0;
}

/* ---------------------------------------------------------------- code points */

static int is_row_of_integers(const openx_field *field) {
    return !field->problem && field->kind == OPENX_TENSOR && field->encoding == OPENX_LIST &&
           field->dtype->list == OPENX_INTEGERS && field->rank <= 1;
}

static int is_instruction(const openx_field *field) {
    return is_row_of_integers(field) && field->rank == 1 &&
           strcmp(field->dtype->name, "int32") == 0 &&
           strcmp(strrchr(field->key, '/') + 1, "instruction") == 0;
}

/* Makes texts of the features that are code points. */
static int mark_texts(const place *at, const char *choice) {
    const int automatic = strcmp(choice, "auto") == 0;
    int code = automatic || strcmp(choice, "none") == 0 ? 0 : check_names(at, "text", choice);
    for (int64_t i = 0; !code && i < at->features->count; ++i) {
        openx_field *field = &at->features->fields[i];
        const int listed = !automatic && shared_names_have(choice, openx_field_name(field));
        if (listed && !is_row_of_integers(field))
            code = at->host->fail(at->host->context, AMBIT_FAULT_OPTION,
                                  "option text: '%s' is no row of integers, which could be code "
                                  "points; leave it out of the option",
                                  openx_field_name(field));
        else if (listed || (automatic && is_instruction(field)))
            field->kind = OPENX_TEXT;
    }
    return code;
}

/* ---------------------------------------------------------------- selection */

static int is_wanted(const openx_field *field, const openx_selection *selection) {
    return (selection->images || field->kind != OPENX_IMAGE) &&
           (selection->language || !strstr(openx_field_name(field), "language_")) &&
           !shared_names_have(selection->skip, openx_field_name(field));
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const openx_field *)a)->key, ((const openx_field *)b)->key);
}

/* Adds to a text as far as there is room. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static void
add_text(char *text, size_t room, const char *format, ...) {
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, room - used, format, arguments);
    va_end(arguments);
}

/* Names all features that are wanted and cannot be read, as far as a message has room, and the
 * option that leaves those named out. */
static int refuse_unreadable(const place *at, const char *skip) {
    enum { ROOM = 1800, MOST_ENTRY = OPENX_KEY_SIZE + 100 };
    char reasons[ROOM] = "", names[ROOM] = "";
    int count = 0, named = 0;
    add_text(names, ROOM, "%s", skip);
    for (int64_t i = 0; i < at->features->count; ++i) {
        const openx_field *field = &at->features->fields[i];
        count += field->problem != NULL;
        if (!field->problem || strlen(reasons) + MOST_ENTRY > ROOM ||
            strlen(names) + MOST_ENTRY > ROOM)
            continue;
        add_text(reasons, ROOM, "%s'%s' %s", named++ ? "; " : "", field->key, field->problem);
        add_text(names, ROOM, "%s%s", *names ? "," : "", openx_field_name(field));
    }
    if (count > named)
        add_text(reasons, ROOM, "; and %d more", count - named);
    return at->host->fail(at->host->context, AMBIT_FAULT_UNSUPPORTED,
                          "%s: %d feature%s cannot be read: %s; leave out what cannot with skip=%s",
                          at->path, count, count == 1 ? "" : "s", reasons, names);
}

/* Sorts, keeps what is wanted and refuses what of it cannot be read. */
static int select_fields(const place *at, const openx_selection *selection) {
    openx_features *features = at->features;
    int64_t kept = 0;
    int unreadable = 0;
    qsort(features->fields, (size_t)features->count, sizeof *features->fields, by_name);
    for (int64_t i = 0; i < features->count; ++i) {
        openx_field field = features->fields[i];
        if (!is_wanted(&field, selection))
            continue;
        if (kept && strcmp(features->fields[kept - 1].key, field.key) == 0)
            field.problem = "stands in the tree twice";
        unreadable |= field.problem != NULL;
        features->fields[kept++] = field;
    }
    features->count = kept;
    if (unreadable)
        return refuse_unreadable(at, selection->skip);
    if (kept >= 1 && kept <= AMBIT_MAX_FIELDS)
        return 0;
    return at->host->fail(at->host->context, AMBIT_FAULT_UNSUPPORTED,
                          "%s: %d features of a step are chosen, where 1 to %d can be read; change "
                          "the options skip, images and language",
                          at->path, (int)kept, AMBIT_MAX_FIELDS);
}

int openx_select(const ambit_host *host, const char *path, const openx_selection *selection,
                 openx_features *features) {
    const place at = {host, path, features};
    int code = check_names(&at, "skip", selection->skip);
    if (!code)
        code = mark_texts(&at, selection->text);
    return code ? code : select_fields(&at, selection);
}
