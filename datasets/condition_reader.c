#include "condition_reader.h"

#include "../core/networks/ngram.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const keys[AMBIT_CONDITIONS] = {[AMBIT_CONDITION_CAMERA] = "data.camera",
                                                   [AMBIT_CONDITION_TEXT] = "data.text",
                                                   [AMBIT_CONDITION_CAPTION] = "data.caption"};

static ambit_condition_place *places_of(const ambit_condition_reader *reader, int source) {
    return reader->places + (int64_t)source * reader->field_count;
}

/* ------------------------------------------------------------------------------- life */

static void name_fields(ambit_condition_reader *reader, ambit_condition condition,
                        const char *const *names, int count) {
    for (int i = 0; i < count; i++)
        reader->fields[reader->field_count++] =
            (ambit_condition_field){.condition = condition, .name = names[i]};
}

ambit_status ambit_condition_reader_create(const ambit_condition_fields *fields, int source_count,
                                           ambit_condition_reader *reader) {
    const int captions = fields->caption && *fields->caption;
    const size_t count = (size_t)(fields->camera_count + fields->text_count + captions);
    const size_t sources = (size_t)source_count;
    *reader = (ambit_condition_reader){.source_count = source_count,
                                       .caption_slots = fields->caption_slots,
                                       .caption_buckets = fields->caption_buckets};
    AMBIT_TRY(ambit_allocate(&reader->fields, count, sizeof *reader->fields, "conditions"));
    AMBIT_TRY(
        ambit_allocate(&reader->places, sources * count, sizeof *reader->places, "conditions"));
    AMBIT_TRY(ambit_allocate(&reader->misses, sources, sizeof *reader->misses, "conditions"));
    name_fields(reader, AMBIT_CONDITION_CAMERA, fields->camera, fields->camera_count);
    name_fields(reader, AMBIT_CONDITION_TEXT, fields->text, fields->text_count);
    name_fields(reader, AMBIT_CONDITION_CAPTION, &fields->caption, captions);
    return AMBIT_OK;
}

void ambit_condition_reader_destroy(ambit_condition_reader *reader) {
    free(reader->fields);
    free(reader->places);
    free(reader->misses);
    free(reader->picture);
    *reader = (ambit_condition_reader){0};
}

/* ------------------------------------------------------------------------------- fields */

static ambit_status unfit(const ambit_store *store, const ambit_condition_field *field,
                          const ambit_field_info *info, const char *wanted) {
    char type[AMBIT_FIELD_TYPE];
    ambit_field_type(info, type);
    return ambit_fail(AMBIT_CONFIG, "%s: field \"%s\" holds %s; %s takes %s",
                      ambit_store_folder(store), field->name, type, keys[field->condition], wanted);
}

static ambit_status measure_camera(const ambit_store *store, const ambit_condition_field *field,
                                   const ambit_field_info *info, ambit_condition_place *place,
                                   int64_t size[3]) {
    ambit_picture picture;
    if (info->element != AMBIT_STORE_U8 || info->rank != 3 ||
        !ambit_field_picture(info, 1, &picture))
        return unfit(store, field, info,
                     "u8 pictures of height × width × channels or channels × height × width, with "
                     "up to 4 channels");
    place->channels_last = picture.channels_last;
    size[0] = picture.channels;
    size[1] = picture.height;
    size[2] = picture.width;
    return AMBIT_OK;
}

static ambit_status measure_text(const ambit_store *store, const ambit_condition_field *field,
                                 const ambit_field_info *info, int64_t size[3]) {
    if (info->element == AMBIT_STORE_BYTES || info->rank < 1 || info->rank > 2)
        return unfit(store, field, info,
                     "numeric fields of one vector or of tokens × numbers; sentences are for "
                     "data.caption");
    size[0] = info->rank == 2 ? info->shape[0] : 1;
    size[1] = info->shape[info->rank - 1];
    size[2] = 1;
    return AMBIT_OK;
}

static ambit_status measure_caption(const ambit_store *store, const ambit_condition_field *field,
                                    const ambit_field_info *info) {
    if (info->element != AMBIT_STORE_BYTES || strncmp(info->media, "image/", 6) == 0)
        return unfit(store, field, info, "a field of bytes with a sentence");
    return AMBIT_OK;
}

static ambit_status measure(const ambit_store *store, const ambit_condition_field *field,
                            ambit_condition_place *place, int64_t size[3]) {
    const ambit_field_info *info = ambit_store_field(store, place->index);
    if (field->condition == AMBIT_CONDITION_CAMERA)
        return measure_camera(store, field, info, place, size);
    if (field->condition == AMBIT_CONDITION_TEXT)
        return measure_text(store, field, info, size);
    return measure_caption(store, field, info);
}

/* Holds a field against itself in the sources before, and against the condition's other fields, of
 * which all but the tokens of a text must be alike. */
static ambit_status settle_size(ambit_condition_reader *reader, const ambit_store *store, int f,
                                const int64_t size[3]) {
    ambit_condition_field *field = &reader->fields[f];
    if (field->size[0] == 0) {
        memcpy(field->size, size, sizeof field->size);
        field->folder = ambit_store_folder(store);
    }
    for (int other = 0; other <= f; other++) {
        const ambit_condition_field *there = &reader->fields[other];
        const int from = other < f && field->condition == AMBIT_CONDITION_TEXT ? 1 : 0;
        if (there->condition != field->condition || there->size[0] == 0 ||
            memcmp(there->size + from, size + from, (size_t)(3 - from) * sizeof *size) == 0)
            continue;
        return ambit_fail(AMBIT_CONFIG,
                          "%s: field \"%s\" is %" PRId64 " × %" PRId64 " × %" PRId64
                          ", but \"%s\" in %s is %" PRId64 " × %" PRId64 " × %" PRId64
                          "; %s needs fields of one size in all sources",
                          ambit_store_folder(store), field->name, size[0], size[1], size[2],
                          there->name, there->folder, there->size[0], there->size[1],
                          there->size[2], keys[field->condition]);
    }
    return AMBIT_OK;
}

/* Of captions, the statistics are those of their lengths. */
static bool some_are_empty(const ambit_store *store, int index) {
    return ambit_store_statistics(store, index)->least[0] <= 0;
}

/* One step is read, so that the store keeps the field if it has room. */
static ambit_status add_field(ambit_condition_reader *reader, ambit_store *store, int f,
                              ambit_condition_place *place) {
    ambit_condition_field *field = &reader->fields[f];
    const uint8_t *bytes;
    size_t length;
    int64_t size[3] = {reader->caption_slots, 1, 1};
    AMBIT_TRY(measure(store, field, place, size));
    AMBIT_TRY(settle_size(reader, store, f, size));
    if (field->condition == AMBIT_CONDITION_CAPTION) {
        reader->may_miss[field->condition] |= some_are_empty(store, place->index);
        return ambit_store_read_bytes(store, place->index, 0, &bytes, &length);
    }
    float *values;
    const size_t count = (size_t)(size[0] * size[1] * size[2]);
    AMBIT_TRY(ambit_allocate(&values, count, sizeof *values, "a condition"));
    const ambit_status status = ambit_store_read(store, place->index, 0, 1, values);
    if (field->condition == AMBIT_CONDITION_CAMERA && !reader->picture)
        reader->picture = values;
    else
        free(values);
    return status;
}

ambit_status ambit_condition_reader_add(ambit_condition_reader *reader, int source,
                                        ambit_store *store) {
    ambit_condition_place *places = places_of(reader, source);
    for (int f = 0; f < reader->field_count; f++) {
        const ambit_condition condition = reader->fields[f].condition;
        places[f].index = ambit_store_look_up(store, reader->fields[f].name);
        if (places[f].index < 0)
            reader->misses[source][condition] = reader->may_miss[condition] = true;
        else
            AMBIT_TRY(add_field(reader, store, f, &places[f]));
    }
    return AMBIT_OK;
}

/* ------------------------------------------------------------------------------- sizes */

static bool is_somewhere(const ambit_condition_reader *reader, ambit_condition condition) {
    for (int s = 0; s < reader->source_count; s++)
        if (!reader->misses[s][condition])
            return true;
    return false;
}

static ambit_status check_there(const ambit_condition_reader *reader, ambit_store *const *stores,
                                ambit_condition condition) {
    if (is_somewhere(reader, condition))
        return AMBIT_OK;
    for (int f = 0, index; f < reader->field_count; f++) /* a name that no source knows */
        if (reader->fields[f].condition == condition && reader->fields[f].size[0] == 0)
            AMBIT_TRY(ambit_store_find(stores[0], reader->fields[f].name, &index));
    return ambit_fail(AMBIT_CONFIG, "%s: no source has all of its fields; leave some out",
                      keys[condition]);
}

ambit_status ambit_condition_reader_finish(ambit_condition_reader *reader,
                                           ambit_store *const *stores, ambit_sample_shape *shape) {
    for (int f = 0; f < reader->field_count; f++) {
        const ambit_condition_field *field = &reader->fields[f];
        AMBIT_TRY(check_there(reader, stores, field->condition));
        if (field->condition == AMBIT_CONDITION_CAMERA) {
            shape->camera.views++;
            shape->camera.channels = field->size[0];
            shape->camera.height = field->size[1];
            shape->camera.width = field->size[2];
        } else if (field->condition == AMBIT_CONDITION_TEXT) {
            shape->text.tokens += field->size[0];
            shape->text.size = field->size[1];
        } else {
            shape->caption.slots = field->size[0];
        }
    }
    for (int f = 0; f < reader->field_count; f++)
        reader->fields[f].name = reader->fields[f].folder = NULL;
    return AMBIT_OK;
}

/* ------------------------------------------------------------------------------- reading */

static ambit_status read_picture(ambit_condition_reader *reader, ambit_store *store,
                                 const ambit_condition_place *place, const int64_t size[3],
                                 int64_t step, float *values) {
    const int64_t channels = size[0], pixels = size[1] * size[2];
    const int64_t across = place->channels_last ? 1 : pixels;
    const int64_t along = place->channels_last ? channels : 1;
    AMBIT_TRY(ambit_store_read(store, place->index, step, 1, reader->picture));
    for (int64_t c = 0; c < channels; c++)
        for (int64_t p = 0; p < pixels; p++)
            values[c * pixels + p] = reader->picture[c * across + p * along] / 127.5f - 1;
    return AMBIT_OK;
}

/* Scales a vector to a root mean square of 1; zeros stay. */
static void scale_token(float *values, int64_t count) {
    double squares = 0;
    for (int64_t i = 0; i < count; i++)
        squares += (double)values[i] * values[i];
    const float scale = squares > 0 ? (float)sqrt((double)count / squares) : 0;
    for (int64_t i = 0; i < count; i++)
        values[i] *= scale;
}

static ambit_status read_text(ambit_store *store, const ambit_condition_place *place,
                              const int64_t size[3], int64_t step, float *values) {
    AMBIT_TRY(ambit_store_read(store, place->index, step, 1, values));
    for (int64_t token = 0; token < size[0]; token++)
        scale_token(values + token * size[1], size[1]);
    return AMBIT_OK;
}

static ambit_status read_caption(const ambit_condition_reader *reader, ambit_store *store,
                                 const ambit_condition_place *place, int64_t step, float *numbers,
                                 int *present) {
    const uint8_t *bytes;
    size_t size;
    AMBIT_TRY(ambit_store_read_bytes(store, place->index, step, &bytes, &size));
    ambit_ngrams((const char *)bytes, size, reader->caption_slots, reader->caption_buckets,
                 numbers);
    *present = numbers[0] >= 0;
    return AMBIT_OK;
}

ambit_status ambit_condition_reader_read(ambit_condition_reader *reader, int source,
                                         ambit_store *store, int64_t step, ambit_sample *sample) {
    const ambit_condition_place *places = places_of(reader, source);
    int64_t used[AMBIT_CONDITIONS] = {0};
    for (int f = 0; f < reader->field_count; f++) {
        const ambit_condition_field *field = &reader->fields[f];
        const ambit_condition c = field->condition;
        const int64_t count = field->size[0] * field->size[1] * field->size[2];
        float *values = sample->condition[c] + used[c];
        sample->present[c] = !reader->misses[source][c];
        if (!sample->present[c])
            memset(values, 0, (size_t)count * sizeof *values);
        else if (c == AMBIT_CONDITION_CAMERA)
            AMBIT_TRY(read_picture(reader, store, &places[f], field->size, step, values));
        else if (c == AMBIT_CONDITION_TEXT)
            AMBIT_TRY(read_text(store, &places[f], field->size, step, values));
        else
            AMBIT_TRY(read_caption(reader, store, &places[f], step, values, &sample->present[c]));
        used[c] += count;
    }
    return AMBIT_OK;
}
