/* Sources: what a plugin says of its data, and each episode, are checked before anyone uses them.
 */

#include "internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bounds that no real data reaches, so that products of counts cannot overflow. */
#define STEPS_MOST ((int64_t)INT32_MAX)
#define BYTES_MOST ((int64_t)1 << 40)

static const size_t element_sizes[] = {
    [AMBIT_F32] = sizeof(float), [AMBIT_I64] = sizeof(int64_t), [AMBIT_U8] = 1, [AMBIT_BYTES] = 1};

static int is_element(uint32_t element) {
    return element >= AMBIT_F32 && element <= AMBIT_BYTES;
}

size_t ambit_element_size(enum ambit_element element) {
    return is_element(element) ? element_sizes[element] : 0;
}

int64_t ambit_field_length(const ambit_field *field) {
    int64_t length = 1;
    for (uint32_t d = 0; d < field->rank; d++)
        length *= field->shape[d];
    return length;
}

/* ---------------------------------------------------------------- description */

static int is_field_name(const char *name) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-";
    return name && name[0] && strnlen(name, AMBIT_MAX_FIELD_NAME + 1) <= AMBIT_MAX_FIELD_NAME &&
           name[strspn(name, letters)] == '\0';
}

static int is_shape(const ambit_field *field) {
    int64_t length = 1;
    for (uint32_t d = 0; d < field->rank; d++) {
        if (field->shape[d] < 1 || field->shape[d] > INT32_MAX / length)
            return 0;
        length *= field->shape[d];
    }
    return 1;
}

/* A dimension that the rank does not count: one of the two is a slip. */
static int is_longer_than_rank(const ambit_field *field) {
    for (uint32_t d = field->rank; d < AMBIT_MAX_RANK; d++)
        if (field->shape[d] != 0)
            return 1;
    return 0;
}

static int stands_before(const ambit_field *fields, uint32_t index) {
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(fields[i].name, fields[index].name) == 0)
            return 1;
    return 0;
}

static const char *fault_of_field(const ambit_field *fields, uint32_t index, uint32_t row_size) {
    const ambit_field *field = &fields[index];
    if (field->struct_size != 0 && field->struct_size != row_size)
        return "has a struct_size other than the table's field_size";
    if (stands_before(fields, index))
        return "stands twice in the table";
    if (!is_element(field->element))
        return "has an element type that does not exist";
    if (field->rank > AMBIT_MAX_RANK || !is_shape(field))
        return "has a rank above 4, a dimension below 1, or 2³¹ elements a step";
    if (is_longer_than_rank(field))
        return "has a shape of more dimensions than its rank";
    if (field->element == AMBIT_BYTES && field->rank != 0)
        return "is AMBIT_BYTES and has a rank other than 0";
    const char *const lines[] = {field->media, field->unit, field->help};
    for (int i = 0; i < 3; i++)
        if (lines[i] && !ambit_plugin_is_line(lines[i]))
            return "has a media type, unit or help of more than a line";
    return NULL;
}

static ambit_status check_fields(const ambit_plugin *plugin, const ambit_field *fields,
                                 uint32_t count, uint32_t row_size) {
    for (uint32_t i = 0; i < count; i++) {
        if (!is_field_name(fields[i].name))
            return ambit_fail(AMBIT_DATA,
                              "%s: the name of field %" PRIu32 " is missing or not made of "
                              "[A-Za-z0-9_./-] in at most %d characters; ask the plugin's author",
                              plugin->label, i, AMBIT_MAX_FIELD_NAME);
        const char *fault = fault_of_field(fields, i, row_size);
        if (fault)
            return ambit_fail(AMBIT_DATA, "%s: field '%s' %s; ask the plugin's author",
                              plugin->label, fields[i].name, fault);
    }
    return AMBIT_OK;
}

/* Replaces the plugin's table of fields by a checked copy. */
static ambit_status take_fields(ambit_plugin *plugin, ambit_source_description *about) {
    if (about->field_count < 1 || about->field_count > AMBIT_MAX_FIELDS || !about->fields)
        return ambit_fail(AMBIT_DATA,
                          "%s: describes %" PRIu32 " fields, not 1 to %d, or gives no table; ask "
                          "the plugin's author",
                          plugin->label, about->field_count, AMBIT_MAX_FIELDS);
    AMBIT_TRY(ambit_plugin_check_size(plugin->label, "row of fields", about->field_size,
                                      AMBIT_SIZE_THROUGH(ambit_field, help), sizeof(ambit_field)));
    AMBIT_TRY(ambit_plugin_copy_table(&plugin->rows, sizeof(ambit_field), about->fields,
                                      about->field_size, about->field_count, plugin->label));
    AMBIT_TRY(check_fields(plugin, plugin->rows, about->field_count, about->field_size));
    about->fields = plugin->rows;
    about->field_size = sizeof(ambit_field);
    return AMBIT_OK;
}

static ambit_status take_description(ambit_plugin *plugin) {
    ambit_source_description about = {.struct_size = sizeof about};
    AMBIT_TRY(AMBIT_PLUGIN_CALL(plugin, source, describe, plugin->self, &about));
    AMBIT_TRY(ambit_plugin_check_size(plugin->label, "description", about.struct_size,
                                      AMBIT_SIZE_THROUGH(ambit_source_description, step_seconds),
                                      sizeof about));
    if (about.episode_count < 0)
        return ambit_fail(AMBIT_DATA,
                          "%s: says it has %" PRId64 " episodes; ask the plugin's author",
                          plugin->label, about.episode_count);
    if (!isfinite(about.step_seconds) || about.step_seconds < 0)
        return ambit_fail(
            AMBIT_DATA, "%s: says a step takes %g seconds (0: not known); ask the plugin's author",
            plugin->label, about.step_seconds);
    AMBIT_TRY(take_fields(plugin, &about));
    plugin->description.source = about;
    return AMBIT_OK;
}

ambit_status ambit_source_begin(ambit_plugin *plugin, const void *ops) {
    AMBIT_TRY(ambit_plugin_check_ops(plugin, ops, AMBIT_SIZE_THROUGH(ambit_source_ops, close),
                                     sizeof(ambit_source_ops)));
    const ambit_source_ops *given = ops;
    ambit_plugin_copy(&plugin->ops.source, sizeof plugin->ops.source, given, given->struct_size);
    plugin->self_is_open = 1;
    const char *missing = !plugin->ops.source.describe  ? "describe"
                          : !plugin->ops.source.episode ? "episode"
                          : !plugin->ops.source.close   ? "close"
                                                        : NULL;
    AMBIT_TRY(ambit_plugin_check_missing(plugin, missing));
    return take_description(plugin);
}

const ambit_source_description *ambit_source_describe(const ambit_plugin *plugin) {
    return plugin->info.kind == AMBIT_PLUGIN_SOURCE ? &plugin->description.source : NULL;
}

/* ---------------------------------------------------------------- episodes */

/* What a check of an episode speaks of in its messages. */
typedef struct {
    const ambit_plugin *plugin;
    int64_t index;
    const ambit_episode *episode;
} place;

static ambit_status fail_at(const place *at, const ambit_field *field, const char *what) {
    return ambit_fail(AMBIT_DATA,
                      "%s: episode %" PRId64 " (%s): field '%s' %s; the data is damaged, or the "
                      "plugin at fault",
                      at->plugin->label, at->index, at->episode->name, field->name, what);
}

/* The first value that is NaN or infinite; `count` when there is none. The first pass has no
 * branches, so it runs at the speed of memory. */
static int64_t first_not_finite(const float *values, int64_t count) {
    int bad = 0;
    for (int64_t i = 0; i < count; i++)
        bad |= !isfinite(values[i]);
    int64_t i = bad ? 0 : count;
    while (i < count && isfinite(values[i]))
        i++;
    return i;
}

static ambit_status check_bytes(const place *at, const ambit_field *field,
                                const ambit_column *column) {
    const uint64_t *offsets = column->offsets;
    const int64_t steps = at->episode->steps;
    char text[160];
    if (!offsets)
        return fail_at(at, field, "has no offsets");
    for (int64_t t = 0; t < steps; t++)
        if (offsets[t + 1] < offsets[t] || offsets[t + 1] > (uint64_t)BYTES_MOST) {
            snprintf(text, sizeof text,
                     "goes from offset %" PRIu64 " to %" PRIu64 " at step %" PRId64, offsets[t],
                     offsets[t + 1], t);
            return fail_at(at, field, text);
        }
    if (!column->values && offsets[steps] > offsets[0])
        return fail_at(at, field, "has offsets but no values (NULL)");
    return AMBIT_OK;
}

static ambit_status check_numbers(const place *at, const ambit_field *field,
                                  const ambit_column *column) {
    const int64_t length = ambit_field_length(field), steps = at->episode->steps;
    const size_t size = ambit_element_size(field->element);
    char text[160];
    if (!column->values)
        return fail_at(at, field, "has no values (NULL)");
    if ((uintptr_t)column->values % size != 0)
        return fail_at(at, field, "has values that are not aligned");
    if (steps > BYTES_MOST / (int64_t)size / length)
        return fail_at(at, field, "would hold more than 2⁴⁰ bytes");
    if (field->element != AMBIT_F32)
        return AMBIT_OK;
    const float *values = column->values;
    const int64_t bad = first_not_finite(values, steps * length);
    if (bad == steps * length)
        return AMBIT_OK;
    snprintf(text, sizeof text, "is %g at step %" PRId64 ", element %" PRId64, (double)values[bad],
             bad / length, bad % length);
    return fail_at(at, field, text);
}

static ambit_status check_columns(const place *at) {
    const ambit_source_description *about = &at->plugin->description.source;
    for (uint32_t i = 0; i < about->field_count; i++) {
        const ambit_field *field = &about->fields[i];
        const ambit_column *column = &at->episode->columns[i];
        AMBIT_TRY(field->element == AMBIT_BYTES ? check_bytes(at, field, column)
                                                : check_numbers(at, field, column));
    }
    return AMBIT_OK;
}

static int is_sigma(double sigma) {
    return isnan(sigma) || (sigma >= 0 && sigma <= 1);
}

static ambit_status check_episode(const place *at) {
    const ambit_episode *episode = at->episode;
    const char *label = at->plugin->label;
    AMBIT_TRY(ambit_plugin_check_size(label, "episode", episode->struct_size,
                                      AMBIT_SIZE_THROUGH(ambit_episode, sigma_max),
                                      sizeof *episode));
    if (!ambit_plugin_is_line(episode->name) || episode->name[0] == '\0')
        return ambit_fail(AMBIT_DATA,
                          "%s: episode %" PRId64 ": has no name, or one of more than a line; ask "
                          "the plugin's author",
                          label, at->index);
    if (episode->steps < 0 || episode->steps > STEPS_MOST)
        return ambit_fail(AMBIT_DATA,
                          "%s: episode %" PRId64 " (%s): has %" PRId64 " steps, not 0 to %" PRId64
                          "; the data is damaged, or the plugin at fault",
                          label, at->index, episode->name, episode->steps, STEPS_MOST);
    if (!is_sigma(episode->sigma_min) || !is_sigma(episode->sigma_max))
        return ambit_fail(AMBIT_DATA,
                          "%s: episode %" PRId64 " (%s): has σ_min %g and σ_max %g, which must lie "
                          "in [0, 1] or be NaN; ask the plugin's author",
                          label, at->index, episode->name, episode->sigma_min, episode->sigma_max);
    if (episode->steps == 0)
        return AMBIT_OK;
    if (!episode->columns)
        return ambit_fail(AMBIT_DATA,
                          "%s: episode %" PRId64 " (%s): has %" PRId64 " steps but no columns "
                          "(NULL); ask the plugin's author",
                          label, at->index, episode->name, episode->steps);
    return check_columns(at);
}

static ambit_status read_episode(ambit_plugin *plugin, int64_t index, ambit_episode *episode) {
    *episode = (ambit_episode){.struct_size = sizeof *episode, .sigma_min = NAN, .sigma_max = NAN};
    plugin->subject = "episode";
    plugin->number = (uint64_t)index;
    ambit_status status = AMBIT_PLUGIN_CALL(plugin, source, episode, plugin->self, index, episode);
    plugin->subject = NULL;
    return status;
}

ambit_status ambit_source_episode(ambit_plugin *plugin, int64_t index, ambit_episode *episode) {
    const place at = {plugin, index, episode};
    if (!plugin->self_is_open || plugin->info.kind != AMBIT_PLUGIN_SOURCE)
        return ambit_fail(AMBIT_INTERNAL, "%s: is not an open source", plugin->label);
    if (index < 0 || index >= plugin->description.source.episode_count)
        return ambit_fail(AMBIT_INTERNAL, "%s: has no episode %" PRId64 " (there are %" PRId64 ")",
                          plugin->label, index, plugin->description.source.episode_count);
    AMBIT_TRY(read_episode(plugin, index, episode));
    return check_episode(&at);
}
