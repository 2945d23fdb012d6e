#include "layout.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Counts beyond these are lies: 2⁴⁸ steps would be petabytes of any field. */
static const int64_t most_episodes = INT64_C(1) << 32, most_steps = INT64_C(1) << 48,
                     most_numbers = INT64_C(1) << 50;

/* ------------------------------------------------------------------------------- root */

ambit_status ambit_layout_write_root(hid_t file, const char *format,
                                     const ambit_layout_root *root) {
    int64_t version = AMBIT_LAYOUT_VERSION;
    AMBIT_TRY(ambit_hdf_write_text(file, "format", format));
    AMBIT_TRY(ambit_hdf_write_numbers(file, "version", AMBIT_HDF_I64, 1, &version));
    AMBIT_TRY(ambit_hdf_write_numbers(file, "episodes", AMBIT_HDF_I64, 1, &root->episodes));
    return ambit_hdf_write_numbers(file, "steps", AMBIT_HDF_I64, 1, &root->steps);
}

ambit_status ambit_layout_read_root(hid_t file, const char *format, ambit_layout_root *root) {
    char there[64], what[256];
    AMBIT_TRY(ambit_hdf_read_text(file, "format", there, sizeof there));
    if (strcmp(there, format) != 0) {
        snprintf(what, sizeof what,
                 "is a file of format \"%s\" where \"%s\" is expected; give a "
                 "store made by `ambit ingest`",
                 there, format);
        return ambit_hdf_fail_at(AMBIT_DATA, file, NULL, what);
    }
    AMBIT_TRY(ambit_hdf_read_numbers(file, "version", AMBIT_HDF_I64, 1, &root->version));
    if (root->version < 1 || root->version > AMBIT_LAYOUT_VERSION) {
        snprintf(what, sizeof what,
                 "has format version %" PRId64 ", this Ambit reads 1 to %d; use the Ambit that "
                 "wrote it, or ingest the data again",
                 root->version, AMBIT_LAYOUT_VERSION);
        return ambit_hdf_fail_at(AMBIT_DATA, file, NULL, what);
    }
    AMBIT_TRY(ambit_hdf_read_numbers(file, "episodes", AMBIT_HDF_I64, 1, &root->episodes));
    AMBIT_TRY(ambit_hdf_read_numbers(file, "steps", AMBIT_HDF_I64, 1, &root->steps));
    if (root->episodes >= 0 && root->episodes <= most_episodes && root->steps >= root->episodes &&
        root->steps <= most_steps)
        return AMBIT_OK;
    snprintf(what, sizeof what,
             "claims %" PRId64 " episodes of %" PRId64 " steps together; copy "
             "or ingest it again",
             root->episodes, root->steps);
    return ambit_hdf_fail_at(AMBIT_DATA, file, NULL, what);
}

/* ------------------------------------------------------------------------------- fields */

ambit_hdf_type ambit_layout_type(ambit_store_element element) {
    static const ambit_hdf_type types[] = {[AMBIT_STORE_F32] = AMBIT_HDF_F32,
                                           [AMBIT_STORE_I64] = AMBIT_HDF_I64,
                                           [AMBIT_STORE_U8] = AMBIT_HDF_U8,
                                           [AMBIT_STORE_BYTES] = AMBIT_HDF_U8};
    return types[element];
}

static ambit_status write_field(hid_t group, const ambit_field_info *field) {
    int64_t element = field->element, rank = field->rank;
    AMBIT_TRY(ambit_hdf_write_text(group, "name", field->name));
    AMBIT_TRY(ambit_hdf_write_numbers(group, "element", AMBIT_HDF_I64, 1, &element));
    AMBIT_TRY(ambit_hdf_write_numbers(group, "rank", AMBIT_HDF_I64, 1, &rank));
    AMBIT_TRY(
        ambit_hdf_write_numbers(group, "shape", AMBIT_HDF_I64, AMBIT_STORE_MAX_RANK, field->shape));
    AMBIT_TRY(ambit_hdf_write_numbers(group, "zero_padded", AMBIT_HDF_U64, 1, &field->zero_padded));
    AMBIT_TRY(
        ambit_hdf_write_numbers(group, "unnormalised", AMBIT_HDF_U64, 1, &field->unnormalised));
    AMBIT_TRY(ambit_hdf_write_text(group, "media", field->media));
    AMBIT_TRY(ambit_hdf_write_text(group, "unit", field->unit));
    return ambit_hdf_write_text(group, "help", field->help);
}

static ambit_status read_field(hid_t group, ambit_field_info *field) {
    int64_t element, rank;
    memset(field, 0, sizeof *field);
    AMBIT_TRY(ambit_hdf_read_text(group, "name", field->name, sizeof field->name));
    AMBIT_TRY(ambit_hdf_read_numbers(group, "element", AMBIT_HDF_I64, 1, &element));
    AMBIT_TRY(ambit_hdf_read_numbers(group, "rank", AMBIT_HDF_I64, 1, &rank));
    AMBIT_TRY(
        ambit_hdf_read_numbers(group, "shape", AMBIT_HDF_I64, AMBIT_STORE_MAX_RANK, field->shape));
    AMBIT_TRY(ambit_hdf_read_numbers(group, "zero_padded", AMBIT_HDF_U64, 1, &field->zero_padded));
    AMBIT_TRY(
        ambit_hdf_read_numbers(group, "unnormalised", AMBIT_HDF_U64, 1, &field->unnormalised));
    AMBIT_TRY(ambit_hdf_read_text(group, "media", field->media, sizeof field->media));
    AMBIT_TRY(ambit_hdf_read_text(group, "unit", field->unit, sizeof field->unit));
    AMBIT_TRY(ambit_hdf_read_text(group, "help", field->help, sizeof field->help));
    /* ambit_fields_check() refuses 0 and 9: both are out of range. */
    field->element = element > 0 && element < 9 ? (ambit_store_element)element : 0;
    field->rank = rank >= 0 && rank < 9 ? (int)rank : 9;
    return AMBIT_OK;
}

static void field_group_name(int field, char name[16]) {
    snprintf(name, 16, "%02d", field);
}

ambit_status ambit_layout_write_fields(hid_t file, const ambit_field_info *fields, int count) {
    hid_t all, group;
    int64_t number = count;
    AMBIT_TRY(ambit_hdf_create_group(file, "fields", &all));
    ambit_status status = ambit_hdf_write_numbers(all, "count", AMBIT_HDF_I64, 1, &number);
    for (int i = 0; i < count && status == AMBIT_OK; i++) {
        char name[16];
        field_group_name(i, name);
        status = ambit_hdf_create_group(all, name, &group);
        if (status != AMBIT_OK)
            break;
        status = write_field(group, &fields[i]);
        H5Gclose(group);
    }
    H5Gclose(all);
    return status;
}

ambit_status ambit_layout_open_field(hid_t file, int field, hid_t *group) {
    hid_t all;
    char name[16];
    field_group_name(field, name);
    AMBIT_TRY(ambit_hdf_open_group(file, "fields", &all));
    ambit_status status = ambit_hdf_open_group(all, name, group);
    H5Gclose(all);
    return status;
}

static ambit_status read_field_count(hid_t file, int *count) {
    hid_t all;
    int64_t number = 0;
    AMBIT_TRY(ambit_hdf_open_group(file, "fields", &all));
    ambit_status status = ambit_hdf_read_numbers(all, "count", AMBIT_HDF_I64, 1, &number);
    H5Gclose(all);
    /* 0 is refused by ambit_fields_check(). */
    *count = number > 0 && number <= AMBIT_STORE_MAX_FIELDS ? (int)number : 0;
    return status;
}

ambit_status ambit_layout_read_fields(hid_t file, ambit_field_info *fields, int *count) {
    AMBIT_TRY(read_field_count(file, count));
    for (int i = 0; i < *count; i++) {
        hid_t group;
        AMBIT_TRY(ambit_layout_open_field(file, i, &group));
        ambit_status status = read_field(group, &fields[i]);
        H5Gclose(group);
        AMBIT_TRY(status);
    }
    if (ambit_fields_check(fields, *count) == AMBIT_OK)
        return AMBIT_OK;
    char what[AMBIT_MESSAGE_SIZE / 2];
    snprintf(what, sizeof what, "%s", ambit_message());
    return ambit_hdf_fail_at(AMBIT_DATA, file, "fields", what);
}

/* ------------------------------------------------------------------------------- statistics */

ambit_status ambit_layout_write_statistics(hid_t group, const ambit_statistics *statistics) {
    int64_t dims[2] = {AMBIT_STATISTICS_ROWS, statistics->elements};
    int64_t sketch[2] = {statistics->elements, statistics->points};
    AMBIT_TRY(ambit_hdf_write_array(group, "statistics", AMBIT_HDF_F64, 2, dims, statistics->mean));
    if (statistics->points == 0)
        return AMBIT_OK;
    return ambit_hdf_write_array(group, "sketch", AMBIT_HDF_F32, 2, sketch, statistics->sketch);
}

static int in_order(const ambit_statistics *s, int64_t e) {
    if (!isfinite(s->mean[e]) || !isfinite(s->least[e]) || !isfinite(s->greatest[e]) ||
        !isfinite(s->std[e]) || !isfinite(s->q01[e]) || !isfinite(s->q99[e]))
        return 0;
    return s->std[e] >= 0 && s->least[e] <= s->greatest[e] && s->q01[e] <= s->q99[e];
}

static ambit_status check_statistics(hid_t group, const ambit_statistics *statistics) {
    for (int64_t e = 0; e < statistics->elements; e++)
        if (!in_order(statistics, e)) {
            char what[160];
            snprintf(what, sizeof what,
                     "has statistics that are NaN, infinite or out of order for element %" PRId64
                     "; ingest the data again",
                     e);
            return ambit_hdf_fail_at(AMBIT_DATA, group, "statistics", what);
        }
    for (int64_t i = 0; i < statistics->elements * statistics->points; i++)
        if (!isfinite(statistics->sketch[i]))
            return ambit_hdf_fail_at(AMBIT_DATA, group, "sketch",
                                     "holds NaN or infinity; ingest the data again");
    return AMBIT_OK;
}

/* Those of so many numbers each, as they stand in the file. */
static ambit_status read_stored(hid_t group, int64_t elements, int64_t numbers, int sketch,
                                ambit_statistics *statistics) {
    int64_t points = sketch ? ambit_statistics_points(elements, numbers) : 0;
    int64_t dims[2] = {AMBIT_STATISTICS_ROWS, elements}, sketch_dims[2] = {elements, points};
    AMBIT_TRY(ambit_statistics_create(elements, numbers, points, statistics));
    ambit_status status =
        ambit_hdf_read_array(group, "statistics", AMBIT_HDF_F64, 2, dims, statistics->mean);
    if (status == AMBIT_OK && points > 0)
        status = ambit_hdf_read_array(group, "sketch", AMBIT_HDF_F32, 2, sketch_dims,
                                      statistics->sketch);
    if (status == AMBIT_OK)
        status = check_statistics(group, statistics);
    if (status != AMBIT_OK)
        ambit_statistics_destroy(statistics);
    return status;
}

/* Of a picture of version 1: those of each element, which make those of the channels. */
static ambit_status read_grouped(hid_t group, const ambit_element_groups *groups, int64_t steps,
                                 ambit_statistics *statistics) {
    ambit_statistics elements;
    AMBIT_TRY(read_stored(group, ambit_group_count(groups) * groups->pixels, steps, 1, &elements));
    const ambit_status status = ambit_statistics_group(&elements, groups, statistics);
    ambit_statistics_destroy(&elements);
    return status;
}

bool ambit_layout_values_are_sketch(const ambit_field_info *field, const ambit_layout_root *root) {
    const ambit_element_groups groups = ambit_field_groups(field);
    return root->version > 1 && groups.pixels == 1 &&
           ambit_statistics_points(groups.channels, root->steps) == root->steps;
}

ambit_status ambit_layout_read_statistics(hid_t group, const ambit_field_info *field,
                                          const ambit_layout_root *root, int sketch,
                                          ambit_statistics *statistics) {
    const ambit_element_groups groups = ambit_field_groups(field);
    if (root->steps > most_numbers / groups.pixels)
        return ambit_hdf_fail_at(AMBIT_DATA, group, NULL,
                                 "claims more numbers than any store holds; copy or ingest it "
                                 "again");
    if (root->version > 1 || groups.pixels == 1)
        return read_stored(group, ambit_group_count(&groups), root->steps * groups.pixels, sketch,
                           statistics);
    AMBIT_TRY(read_grouped(group, &groups, root->steps, statistics));
    if (!sketch)
        ambit_statistics_drop_sketch(statistics);
    return AMBIT_OK;
}

/* ------------------------------------------------------------------------------- episodes */

ambit_status ambit_layout_allocate_episodes(int64_t count, ambit_layout_episodes *episodes) {
    AMBIT_TRY(ambit_allocate(&episodes->ends, (size_t)count * 3, sizeof(int64_t), "episodes"));
    episodes->count = count;
    episodes->sigma_min = (double *)(void *)(episodes->ends + count);
    episodes->sigma_max = episodes->sigma_min + count;
    return AMBIT_OK;
}

/* Reads or writes the three columns, whichever `column` does. */
static ambit_status write_columns(hid_t group, const ambit_layout_episodes *episodes) {
    const int64_t *count = &episodes->count;
    AMBIT_TRY(ambit_hdf_write_array(group, "end", AMBIT_HDF_I64, 1, count, episodes->ends));
    AMBIT_TRY(
        ambit_hdf_write_array(group, "sigma_min", AMBIT_HDF_F64, 1, count, episodes->sigma_min));
    return ambit_hdf_write_array(group, "sigma_max", AMBIT_HDF_F64, 1, count, episodes->sigma_max);
}

static ambit_status read_columns(hid_t group, ambit_layout_episodes *episodes) {
    const int64_t *count = &episodes->count;
    AMBIT_TRY(ambit_hdf_read_array(group, "end", AMBIT_HDF_I64, 1, count, episodes->ends));
    AMBIT_TRY(
        ambit_hdf_read_array(group, "sigma_min", AMBIT_HDF_F64, 1, count, episodes->sigma_min));
    return ambit_hdf_read_array(group, "sigma_max", AMBIT_HDF_F64, 1, count, episodes->sigma_max);
}

ambit_status ambit_layout_write_episodes(hid_t file, const ambit_layout_episodes *episodes) {
    hid_t group;
    AMBIT_TRY(ambit_hdf_create_group(file, "episodes", &group));
    ambit_status status = write_columns(group, episodes);
    H5Gclose(group);
    return status;
}

static int bound_is_fine(double bound) {
    return isnan(bound) || (bound >= 0 && bound <= 1);
}

static ambit_status check_episodes(hid_t group, int64_t steps,
                                   const ambit_layout_episodes *episodes) {
    char what[256];
    int64_t before = 0;
    for (int64_t e = 0; e < episodes->count; e++) {
        double low = episodes->sigma_min[e], high = episodes->sigma_max[e];
        int64_t end = episodes->ends[e];
        if (end <= before || end > steps || (e + 1 == episodes->count && end != steps)) {
            snprintf(what, sizeof what,
                     "episode %" PRId64 " ends at step %" PRId64 " after %" PRId64 ", of %" PRId64
                     " steps in all; copy or ingest it again",
                     e, end, before, steps);
            return ambit_hdf_fail_at(AMBIT_DATA, group, "end", what);
        }
        if (!bound_is_fine(low) || !bound_is_fine(high)) {
            snprintf(what, sizeof what,
                     "episode %" PRId64 " has sigma bounds %g and %g; both must lie in [0, 1]: "
                     "ingest it again",
                     e, low, high);
            return ambit_hdf_fail_at(AMBIT_DATA, group, "sigma_min", what);
        }
        before = end;
    }
    return AMBIT_OK;
}

ambit_status ambit_layout_read_episodes(hid_t file, const ambit_layout_root *root,
                                        ambit_layout_episodes *episodes) {
    hid_t group, array;
    int64_t rows = root->episodes;
    AMBIT_TRY(ambit_hdf_open_group(file, "episodes", &group));
    /* The extent is compared with what the root claims before memory is asked for. */
    ambit_status status = ambit_hdf_open_array(group, "end", AMBIT_HDF_I64, 1, &rows, 0, &array);
    if (status == AMBIT_OK) {
        H5Dclose(array);
        status = ambit_layout_allocate_episodes(rows, episodes);
    }
    if (status == AMBIT_OK)
        status = read_columns(group, episodes);
    if (status == AMBIT_OK)
        status = check_episodes(group, root->steps, episodes);
    H5Gclose(group);
    return status;
}

/* ------------------------------------------------------------------------------- texts */

ambit_status ambit_layout_add_text(ambit_layout_texts *texts, const char *text) {
    int64_t length = (int64_t)strlen(text);
    AMBIT_TRY(
        ambit_grow(&texts->ends, &texts->room, texts->count + 1, sizeof *texts->ends, "names"));
    AMBIT_TRY(ambit_grow(&texts->text, &texts->text_room, texts->size + length, 1, "names"));
    if (length > 0) /* the list may have no memory yet */
        memcpy(texts->text + texts->size, text, (size_t)length);
    texts->size += length;
    texts->ends[texts->count++] = texts->size;
    return AMBIT_OK;
}

static void ends_name(const char *name, char out[64]) {
    snprintf(out, 64, "%s_ends", name);
}

ambit_status ambit_layout_write_texts(hid_t group, const char *name,
                                      const ambit_layout_texts *texts) {
    char ends[64];
    ends_name(name, ends);
    AMBIT_TRY(ambit_hdf_write_array(group, name, AMBIT_HDF_U8, 1, &texts->size, texts->text));
    return ambit_hdf_write_array(group, ends, AMBIT_HDF_I64, 1, &texts->count, texts->ends);
}

static ambit_status check_texts(hid_t group, const char *name, const ambit_layout_texts *texts) {
    int64_t before = 0;
    for (int64_t i = 0; i < texts->count; before = texts->ends[i++])
        if (texts->ends[i] < before || texts->ends[i] > texts->size)
            return ambit_hdf_fail_at(AMBIT_DATA, group, name,
                                     "has ends out of order; copy or ingest the file again");
    return AMBIT_OK;
}

enum { MOST_TEXT = INT32_MAX }; /* of texts, and of their bytes */

ambit_status ambit_layout_read_texts(hid_t group, const char *name, int64_t count,
                                     ambit_layout_texts *texts) {
    char ends[64];
    ends_name(name, ends);
    *texts = (ambit_layout_texts){.count = count, .size = -1};
    ambit_status status = ambit_hdf_read_whole(group, ends, AMBIT_HDF_I64, 0, NULL, MOST_TEXT,
                                               &texts->count, &texts->ends);
    if (status == AMBIT_OK)
        status = ambit_hdf_read_whole(group, name, AMBIT_HDF_U8, 0, NULL, MOST_TEXT, &texts->size,
                                      &texts->text);
    if (status == AMBIT_OK)
        status = check_texts(group, name, texts);
    if (status != AMBIT_OK)
        ambit_layout_free_texts(texts);
    return status;
}

void ambit_layout_text(const ambit_layout_texts *texts, int64_t i, char *out, size_t size) {
    int64_t start = i > 0 ? texts->ends[i - 1] : 0, length = texts->ends[i] - start;
    if (length >= (int64_t)size)
        length = (int64_t)size - 1;
    if (length > 0)
        memcpy(out, texts->text + start, (size_t)length);
    out[length] = '\0';
}

void ambit_layout_free_texts(ambit_layout_texts *texts) {
    free(texts->ends);
    free(texts->text);
    memset(texts, 0, sizeof *texts);
}
