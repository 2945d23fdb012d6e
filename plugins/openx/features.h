/* features.json: what a step holds.
 *
 * A tree: dictionaries nest, sequences repeat, and the leaves are tensors, images, texts and a few
 * more, in one of three spellings (spelling.h). All below `steps` becomes one flat list a feature
 * in each record, time-major: its key is the names on the way, joined by "/". Names may themselves
 * hold a "/" (bc_z's "future/xyz_residual"), so keys are built by walking down the tree and never
 * taken apart. The descriptions in the file are not read: in published data sets they are wrong.
 *
 * What this plugin cannot represent (ragged lists, several images a step, unknown types) is kept
 * with the reason, and refused, all of it at once, only when it was asked for.
 */
#ifndef OPENX_FEATURES_H
#define OPENX_FEATURES_H

#include "dtype.h"
#include "shared/pixels.h"

enum { OPENX_MAX_FEATURES = 256, OPENX_KEY_SIZE = 256 };

/* The feature that every record has once a step, and that is true where an episode begins. */
#define OPENX_LENGTH_KEY "steps/is_first"

typedef enum { OPENX_TENSOR, OPENX_IMAGE, OPENX_TEXT } openx_kind;
typedef enum { OPENX_LIST, OPENX_RAW, OPENX_ZLIB } openx_encoding;

typedef struct {
    char key[OPENX_KEY_SIZE]; /* "steps/observation/state" */
    openx_kind kind;
    openx_encoding encoding;
    const openx_dtype *dtype; /* string for images and texts, but for texts of code points */
    shared_pixel_kind pixels; /* of an image, once it is decoded */
    uint32_t rank;
    int64_t shape[AMBIT_MAX_RANK];
    int64_t length;      /* elements a step */
    const char *problem; /* why it cannot be read; NULL: it can */
} openx_field;

/* Which features of a step to read. */
typedef struct {
    int images, language; /* 0: leave out images; texts and embeddings named "language_…" */
    const char *skip;     /* names to leave out, separated by commas */
    const char *text; /* names of integers that are code points of text; "none", or "auto": those
                         named "instruction" that are a row of int32, as in language_table */
} openx_selection;

typedef struct {
    openx_field *fields; /* sorted by name */
    int64_t count;
} openx_features;

/* Reads FOLDER/features.json and keeps what is selected; each can be read, and there are at most
 * AMBIT_MAX_FIELDS. The caller frees fields with host->release(); on failure nothing is left. */
int openx_features_read(const ambit_host *host, const char *folder,
                        const openx_selection *selection, openx_features *features);

/* Is it a text whose characters are integers? Zeros pad it. */
int openx_field_is_code_points(const openx_field *field);

/* The field's key without "steps/": "observation/state". */
const char *openx_field_name(const openx_field *field);

/* The field with this name, or -1. */
int64_t openx_features_find(const openx_features *features, const char *name);

#endif
