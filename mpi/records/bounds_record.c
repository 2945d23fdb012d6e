#include "bounds_record.h"

#include "json.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static ambit_status read_numbers(const ambit_json_place *place, const json_t *object,
                                 ambit_bounds_record *to) {
    const struct {
        const char *key;
        double *value;
    } rows[] = {{"threshold", &to->threshold},
                {"sigma_min", &to->sigma_min},
                {"low", &to->low},
                {"high", &to->high},
                {"by_mean", &to->by_mean}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        AMBIT_TRY(ambit_json_get_number(place, object, rows[i].key, rows[i].value));
    return ambit_json_get_text(place, object, "source", to->source, sizeof to->source);
}

static ambit_status read_levels(const ambit_json_place *place, const json_t *object,
                                ambit_bounds_record *to) {
    const struct {
        const char *key;
        double *values;
    } rows[] = {{"levels", to->levels},
                {"apart", to->apart},
                {"variation", to->variation},
                {"variation_low", to->variation_low},
                {"variation_high", to->variation_high},
                {"auc", to->auc},
                {"miscalibration", to->miscalibration}};
    json_t *levels;
    AMBIT_TRY(ambit_json_get_array(place, object, "levels", &levels));
    if (json_array_size(levels) < 1 || json_array_size(levels) > AMBIT_MOST_LEVELS)
        return ambit_json_fault(place, "levels", "holds %zu numbers, not 1 to %d",
                                json_array_size(levels), AMBIT_MOST_LEVELS);
    to->level_count = (int)json_array_size(levels);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        AMBIT_TRY(
            ambit_json_get_numbers(place, object, rows[i].key, rows[i].values, to->level_count));
    return AMBIT_OK;
}

/* Adds the sentences of an object. */
static ambit_status read_words(const ambit_json_place *place, const json_t *object,
                               ambit_bounds_record *to) {
    json_t *words;
    AMBIT_TRY(ambit_json_get_array(place, object, "words", &words));
    for (size_t i = 0; i < json_array_size(words) && to->word_count < AMBIT_BOUNDS_WORDS; i++) {
        const char *text = json_string_value(json_array_get(words, i));
        if (!text)
            return ambit_json_fault(place, "words", "holds something that is no text");
        snprintf(to->words[to->word_count++], AMBIT_BOUNDS_WORD, "%s", text);
    }
    return AMBIT_OK;
}

static ambit_status read_quick(const ambit_json_place *place, const json_t *object,
                               ambit_bounds_record *to) {
    json_t *quick;
    double shares[3];
    AMBIT_TRY(ambit_json_get_object(place, object, "quick", &quick));
    AMBIT_TRY(ambit_json_get_number(place, quick, "discriminant", &to->discriminant));
    AMBIT_TRY(ambit_json_get_numbers(place, quick, "spectrum", shares, 3));
    to->spectrum = shares[1];
    return read_words(place, quick, to);
}

ambit_status ambit_bounds_record_read(const char *folder, ambit_bounds_record *record) {
    char path[PATH_MAX];
    json_t *object;
    memset(record, 0, sizeof *record);
    if (snprintf(path, sizeof path, "%s/summary.json", folder) >= (int)sizeof path)
        return ambit_fail(AMBIT_NO_INPUT, "%.64s…: the path is too long", folder);
    const ambit_json_place place = {.path = path};
    AMBIT_TRY(ambit_json_read(path, &object));
    ambit_status status = read_numbers(&place, object, record);
    if (status == AMBIT_OK)
        status = read_levels(&place, object, record);
    if (status == AMBIT_OK)
        status = read_words(&place, object, record);
    if (status == AMBIT_OK)
        status = read_quick(&place, object, record);
    json_decref(object);
    return status;
}
