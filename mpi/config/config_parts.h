/* What a configuration consists of. For the files config*.c alone:
 *
 *   config.c         reads a file and arguments, fills what follows from them
 *   config_apply.c   from YAML to settings
 *   config_changes.c from what a run was started with to what it goes on with
 *   config_faults.c  places, faults, and the message made of them
 *   config_rules.c   what settings must satisfy together
 *   config_write.c   from settings to YAML, and explanations
 */
#ifndef AMBIT_MPI_CONFIG_CONFIG_PARTS_H
#define AMBIT_MPI_CONFIG_CONFIG_PARTS_H

#include "config.h"
#include "schema.h"
#include "value.h"

/* Where a value came from. All zero: it is the default. */
typedef struct {
    int argument;     /* 1, 2, … on the command line; 0: not from there */
    int line, column; /* in the file, from 1 */
    bool faulty;      /* what stood there could not be used */
} ambit_place;

typedef struct {
    ambit_place place;
    char *text; /* "train.lr: …" */
} ambit_config_fault;

struct ambit_config {
    ambit_settings settings;
    char *name;
    const char *const *arguments; /* while it is being read */
    ambit_place *places;          /* [rows × AMBIT_MOST_SOURCES] */
    ambit_place source_places[AMBIT_MOST_SOURCES];
    ambit_config_fault *faults;
    int fault_count;
    int64_t fault_room;
    char **kept; /* strings that the settings point to */
    int kept_count;
    int64_t kept_room;
    ambit_status status; /* AMBIT_SYSTEM once memory ran out */
};

/* Place of a row's value. */
ambit_place *ambit_config_place(const ambit_config *config, const ambit_schema_row *row, int index);

/* Notes a fault of the key `path`. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void ambit_config_note(ambit_config *config, ambit_place place, const char *path,
                       const char *format, ...);

/* Notes that memory ran out; reading goes on and ends in AMBIT_SYSTEM. */
void ambit_config_no_memory(ambit_config *config);

/* Notes that `path` is a section, not a setting. */
void ambit_config_note_section(ambit_config *config, ambit_place place, const char *path);

/* Writes "maze.yaml:12:9", `argument "train.lr=abc"`, or the file's name alone. */
void ambit_config_describe(const ambit_config *config, ambit_place place, char *text, size_t size);

/* All faults as one message, one a line, in the order of the places; AMBIT_OK where there are
 * none. */
ambit_status ambit_config_report(ambit_config *config);

/* A copy that lives as long as the configuration; "" when memory ran out. */
const char *ambit_config_keep(ambit_config *config, const char *text);

/* Puts the defaults into the rows of data source `index`; -1: into all other rows. */
void ambit_config_default(ambit_config *config, int index);

/* Takes a key as if it stood nowhere: the default, or a fault where it has none. */
void ambit_config_set_absent(ambit_config *config, const ambit_schema_row *row, int index,
                             const char *path, ambit_place place);

/* Reads the text of a setting that is no list, noting faults. */
void ambit_config_set_value(ambit_config *config, const ambit_schema_row *row, int index,
                            const char *path, const char *text, ambit_place place);

/* Sets an option of the environment, or with `value` NULL removes it. Options are kept in the order
 * of their names, so that equal settings are written alike. */
void ambit_config_set_option(ambit_config *config, const char *path, const char *key,
                             const char *value, ambit_place place);

/* Applies YAML text to the setting or section `path`; false where it is not YAML. `argument`: as
 * in ambit_place. */
bool ambit_config_apply_yaml(ambit_config *config, const char *path, const char *text,
                             int argument);

/* Writes the value of a setting as one line of YAML; `index` as in ambit_schema_member(). */
void ambit_config_write_value(const ambit_schema_row *row, ambit_settings *settings, int index,
                              FILE *out);

/* Checks what several settings together must satisfy; notes the faults. Settings that are faulty
 * themselves are not looked at. */
void ambit_config_check_rules(ambit_config *config);

#endif
