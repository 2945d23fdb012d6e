/* JSON files of a data set. */
#ifndef AMBIT_SHARED_JSON_H
#define AMBIT_SHARED_JSON_H

#include "ambit_plugin.h"

#include <jansson.h>

/* Loads FOLDER/NAME, an object without duplicate keys. The caller drops it with json_decref();
 * `path` (of PATH_MAX bytes) becomes its path, for messages. */
int shared_json_load(const ambit_host *host, const char *folder, const char *name, char *path,
                     json_t **json);

/* An integer ≥ `low`, which proto3's JSON writes as a string ("25") and others as a number. 0, or
 * -1 when it is neither. */
int shared_json_integer(const json_t *json, int64_t low, int64_t *value);

#endif
