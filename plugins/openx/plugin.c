/* The source "openx": robot data sets of Open X-Embodiment as they are published, RLDS episodes in
 * TFRecord files written by TFDS.
 *
 * The location is the folder of one version of one data set, with features.json, dataset_info.json
 * and the shards. Every feature of a step becomes a field with the feature's name ("action",
 * "observation/state", "observation/image_0"); images and texts stay bytes, unless images are to be
 * decoded, to pixels of one size (picture.h). With a standardisation, "action" and "proprio"
 * replace the raw action and state (standard.h).
 */
#include "images.h"
#include "info.h"
#include "join.h"
#include "notice.h"
#include "standard.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    OPTION_SPLIT,
    OPTION_STANDARDISE,
    OPTION_IMAGES,
    OPTION_LANGUAGE,
    OPTION_SKIP,
    OPTION_DECODE,
    OPTION_MISSING,
    OPTION_JOIN,
    OPTION_TEXT
};

static const ambit_option options[] = {
    [OPTION_SPLIT] = {"split", AMBIT_OPTION_TEXT, "train", 0, 0, NULL, NULL,
                      "split to read, as dataset_info.json names it, or a part of it as TFDS "
                      "writes it: train[:90%], train[10:20], train[-5:], train[:2shard]"},
    [OPTION_STANDARDISE] = {"standardise", AMBIT_OPTION_TEXT, "auto", 0, 0, "none|bridge|auto",
                            NULL,
                            "give action and state the meaning they have in all data sets; auto: "
                            "by the name of the data set"},
    [OPTION_IMAGES] = {"images", AMBIT_OPTION_BOOLEAN, "true", 0, 0, NULL, NULL,
                       "read images, as encoded bytes"},
    [OPTION_LANGUAGE] = {"language", AMBIT_OPTION_BOOLEAN, "true", 0, 0, NULL, NULL,
                         "read features with language_ in their name"},
    [OPTION_SKIP] = {"skip", AMBIT_OPTION_TEXT, "", 0, 0, NULL, NULL,
                     "features to leave out, separated by commas: observation/image_3,reward"},
    [OPTION_DECODE] = {"decode", AMBIT_OPTION_INTEGER, "0", 0, 1024, NULL, "pixels",
                       "decode images (JPEG, PNG) to squares of so many pixels a side, as cameras "
                       "of a network need; 0: images stay encoded"},
    [OPTION_MISSING] = {"missing", AMBIT_OPTION_TEXT, "fail", 0, 0, "fail|skip", NULL,
                        "shards that are not there: refuse, or read the others"},
    [OPTION_JOIN] = {"join", AMBIT_OPTION_BOOLEAN, "false", 0, 0, NULL, NULL,
                     "make one episode of consecutive records, up to the next that is_first marks: "
                     "for records that hold a step each; all are read once at the start"},
    [OPTION_TEXT] = {"text", AMBIT_OPTION_TEXT, "auto", 0, 0, NULL, NULL,
                     "features of integers that are the characters of a text, separated by commas; "
                     "none; or auto: rows of int32 that are named instruction"},
};

typedef struct {
    const ambit_host *host;
    openx_features features;
    openx_slice slice;
    openx_records records;
    openx_join join;
    const openx_standard *standard; /* NULL: none */
    openx_episode episode;
    shared_buffer action, proprio; /* standardised */
    openx_images images;
    uint32_t field_count;
    ambit_field fields[AMBIT_MAX_FIELDS];
    int64_t features_of[AMBIT_MAX_FIELDS]; /* feature of each field; unused for standardised ones */
    ambit_column columns[AMBIT_MAX_FIELDS];
} source;

static void close_source(void *self) {
    source *s = self;
    openx_episode_free(s->host, &s->episode);
    shared_buffer_free(s->host, &s->action);
    shared_buffer_free(s->host, &s->proprio);
    openx_images_free(s->host, &s->images);
    openx_join_free(s->host, &s->join);
    openx_records_close(&s->records);
    shared_release(s->host, s->features.fields);
    shared_release(s->host, s);
}

/* ---------------------------------------------------------------- fields */

static void add_standard_fields(source *s) {
    const ambit_field action = {
        .struct_size = sizeof(ambit_field),
        .name = "action",
        .element = AMBIT_F32,
        .rank = 1,
        .shape = {OPENX_ACTION_SIZE},
        .zero_padded = 0x3f,
        .unnormalised = 1 << 6,
        .help = "motion to the next step: xyz in metres, roll pitch yaw in radians; then the "
                "gripper, 1 open, 0 closed"};
    const ambit_field proprio = {.struct_size = sizeof(ambit_field),
                                 .name = "proprio",
                                 .element = AMBIT_F32,
                                 .rank = 1,
                                 .shape = {OPENX_PROPRIO_SIZE},
                                 .help = "xyz, roll pitch yaw, 0, gripper"};
    s->fields[s->field_count++] = action;
    s->fields[s->field_count++] = proprio;
}

/* A feature whose images become pixels. */
static void make_pixel_field(const source *s, const openx_field *feature, ambit_field *field) {
    static const char *const help[] = {[SHARED_LEVELS] = "levels of 16 bits as stored",
                                       [SHARED_DEPTH] =
                                           "depth as stored; 0: not measured, or not finite"};
    field->element = feature->pixels == SHARED_COLOURS ? AMBIT_U8 : AMBIT_F32;
    field->media = NULL;
    field->rank = 3;
    field->shape[0] = field->shape[1] = s->images.side;
    field->shape[2] = shared_pixel_channels(feature->pixels);
    field->help = help[feature->pixels];
}

static void add_feature_field(source *s, int64_t f) {
    const openx_field *feature = &s->features.fields[f];
    ambit_field *field = &s->fields[s->field_count];
    const int is_tensor = feature->kind == OPENX_TENSOR;
    *field =
        (ambit_field){.struct_size = sizeof *field,
                      .name = openx_field_name(feature),
                      .element = is_tensor ? feature->dtype->element : AMBIT_BYTES,
                      .rank = is_tensor ? feature->rank : 0,
                      .media = feature->kind == OPENX_TEXT ? "text/plain" : s->images.media[f]};
    for (uint32_t d = 0; d < field->rank; ++d)
        field->shape[d] = feature->shape[d];
    if (openx_images_are_decoded(&s->images, feature))
        make_pixel_field(s, feature, field);
    else if (feature->pixels == SHARED_DEPTH)
        field->help = "depth: the four bytes of a pixel are one float32";
    s->features_of[s->field_count++] = f;
}

/* The standardised fields first, then the features they are not made of. */
static void fill_fields(source *s) {
    int64_t action = -1, state = -1;
    if (s->standard) {
        add_standard_fields(s);
        action = openx_features_find(&s->features, s->standard->action);
        state = openx_features_find(&s->features, s->standard->state);
    }
    for (int64_t f = 0; f < s->features.count; ++f)
        if (f != action && f != state)
            add_feature_field(s, f);
}

static int describe(void *self, ambit_source_description *description) {
    source *s = self;
    *description = (ambit_source_description){
        .struct_size = sizeof *description,
        .fields = s->fields,
        .field_count = s->field_count,
        .field_size = sizeof(ambit_field),
        .episode_count = openx_join_count(&s->join, &s->records),
        .step_seconds = s->standard ? s->standard->step_seconds : 0,
    };
    return 0;
}

/* ---------------------------------------------------------------- episodes */

/* Steps first to first + steps of a decoded feature. */
static ambit_column cut_column(openx_column *column, const ambit_field *field,
                               const openx_field *feature, int64_t first, int64_t steps) {
    uint8_t *values = column->values.data;
    if (steps == 0)
        return (ambit_column){values, column->offsets.data};
    if (field->element != AMBIT_BYTES)
        return (ambit_column){
            values + (size_t)(first * feature->length) * openx_dtype_size(feature->dtype), NULL};
    uint64_t *offsets = (uint64_t *)column->offsets.data + first, start = offsets[0];
    for (int64_t t = 0; t <= steps; ++t)
        offsets[t] -= start;
    return (ambit_column){values + start, offsets};
}

static int standardise(source *s, int64_t steps) {
    const openx_standard *rule = s->standard;
    int code = shared_buffer_reserve(s->host, &s->action, (uint64_t)steps * OPENX_ACTION_SIZE,
                                     sizeof(float));
    if (!code)
        code = shared_buffer_reserve(s->host, &s->proprio, (uint64_t)steps * OPENX_PROPRIO_SIZE,
                                     sizeof(float));
    if (code)
        return code;
    int64_t action = openx_features_find(&s->features, rule->action);
    int64_t state = openx_features_find(&s->features, rule->state);
    if (steps > 0)
        rule->convert(s->episode.columns[action].values.data, s->episode.columns[state].values.data,
                      s->episode.steps, s->action.data, s->proprio.data);
    s->columns[0] = (ambit_column){s->action.data, NULL};
    s->columns[1] = (ambit_column){s->proprio.data, NULL};
    return 0;
}

/* Reads and decodes the records of an episode; *record becomes the last of them. */
static int read_decoded(source *s, int64_t index, openx_record *record) {
    int64_t next, end;
    int code = 0;
    openx_join_records(&s->join, index, &next, &end);
    openx_episode_begin(&s->episode);
    for (; !code && next < end; ++next) {
        code = openx_records_read(&s->records, next, record);
        if (!code)
            code = openx_episode_add(&s->episode, record, &s->features);
    }
    return code;
}

static int read_episode(void *self, int64_t index, ambit_episode *episode) {
    source *s = self;
    const openx_standard *rule = s->standard;
    const int64_t count = openx_join_count(&s->join, &s->records);
    openx_record record;
    if (index < 0 || index >= count)
        return s->host->fail(s->host->context, AMBIT_FAULT_OPTION,
                             "openx: there is no episode %" PRId64 "; ask for 0 to %" PRId64, index,
                             count - 1);
    int code = read_decoded(s, index, &record);
    if (!code)
        code = openx_images_check(&s->images, &s->episode, &record, &s->features);
    int64_t first = rule ? rule->first : 0, last = rule ? rule->last : 0;
    int64_t steps = s->episode.steps > first + last ? s->episode.steps - first - last : 0;
    if (!code && rule)
        code = standardise(s, steps);
    for (uint32_t i = rule ? 2 : 0; !code && i < s->field_count; ++i) {
        int64_t f = s->features_of[i];
        if (openx_images_are_decoded(&s->images, &s->features.fields[f])) {
            code = openx_images_decode(&s->images, &s->episode, &record, &s->features, f, first,
                                       steps);
            s->columns[i] = (ambit_column){s->images.pixels[f].data, NULL};
        } else
            s->columns[i] = cut_column(&s->episode.columns[f], &s->fields[i],
                                       &s->features.fields[f], first, steps);
    }
    if (code)
        return code;
    *episode = (ambit_episode){.struct_size = sizeof *episode,
                               .name = s->episode.name,
                               .steps = steps,
                               .columns = s->columns,
                               .sigma_min = (double)NAN,
                               .sigma_max = (double)NAN};
    return 0;
}

/* ---------------------------------------------------------------- opening */

/* Opens the shards that dataset_info.json names, and chooses the standardisation. */
static int open_data(source *s, const char *location, const ambit_option_value *values) {
    openx_info info;
    int64_t bytes;
    int code = openx_slice_parse(s->host, values[OPTION_SPLIT].text, &s->slice);
    if (!code)
        code = openx_info_read(s->host, location, &s->slice, &info);
    if (!code)
        code =
            openx_records_open(&s->records, s->host, info.shards, info.shard_count, s->slice.split,
                               strcmp(values[OPTION_MISSING].text, "skip") == 0, &bytes);
    if (code)
        return code;
    if (info.bytes >= 0 && bytes >= 0 && info.bytes != bytes)
        s->host->log(s->host->context, AMBIT_LOG_WARNING,
                     "%s/dataset_info.json: split '%s' should have %" PRId64 " bytes of data, but "
                     "its shards hold %" PRId64 "; each is checked when it is read",
                     location, s->slice.split, info.bytes, bytes);
    return openx_standard_choose(s->host, values[OPTION_STANDARDISE].text, info.name, &s->features,
                                 &s->standard);
}

/* fail() of a host that is not told. What allocate() says is told, and has another code. */
enum { UNTOLD = -1 };
AMBIT_PLUGIN_PRINTF
static int fail_untold(void *context, enum ambit_fault fault, const char *format, ...) {
    (void)context;
    (void)fault;
    (void)format;
    return UNTOLD;
}

/* Looks at the first episode that can be read, for what a user should know and of what kind its
 * images are. One that is damaged is refused when it is asked for and not now: it may be meant to
 * be left out. */
static int look_at_first(source *s) {
    enum { MOST_LOOKED = 100 };
    const ambit_host *host = s->host;
    const int64_t count = openx_join_count(&s->join, &s->records);
    ambit_host quiet = *host;
    openx_record record;
    int code = UNTOLD;
    quiet.fail = fail_untold;
    s->records.host = &quiet;
    for (int64_t e = 0; code == UNTOLD && e < count && e < MOST_LOOKED; ++e)
        code = read_decoded(s, e, &record);
    if (!code) {
        openx_images_learn(&s->images, &s->episode, &s->features);
        openx_notice(host, &s->episode, &s->features);
    }
    if (!code && !s->join.count)
        code = openx_join_suspect(&s->records);
    s->records.host = host;
    return code == UNTOLD ? 0 : code;
}

static int open_parts(source *s, const char *location, const ambit_option_value *values) {
    const openx_selection selection = {.images = values[OPTION_IMAGES].boolean,
                                       .language = values[OPTION_LANGUAGE].boolean,
                                       .skip = values[OPTION_SKIP].text,
                                       .text = values[OPTION_TEXT].text};
    if (!*location)
        return s->host->fail(s->host->context, AMBIT_FAULT_NO_INPUT,
                             "openx: no location; name the folder of a data set's version, such as "
                             "bridge_dataset/1.0.0");
    s->images.side = values[OPTION_DECODE].integer;
    int code = openx_features_read(s->host, location, &selection, &s->features);
    if (!code)
        code = open_data(s, location, values);
    if (!code && values[OPTION_JOIN].boolean)
        code = openx_join_find(&s->join, &s->records);
    if (!code)
        code = look_at_first(s);
    if (!code)
        code = openx_images_check_kinds(&s->images, s->host, &s->features);
    if (!code)
        fill_fields(s);
    return code;
}

static int open_source(const ambit_host *host, const char *location,
                       const ambit_option_value *values, const void **ops, void **self) {
    static const ambit_source_ops source_ops = {sizeof source_ops, AMBIT_ABI_MAJOR, AMBIT_ABI_MINOR,
                                                describe,          read_episode,    close_source};
    source *s = host->allocate(host->context, 1, sizeof *s);
    if (!s)
        return AMBIT_FAULT_MEMORY;
    s->host = host;
    int code = open_parts(s, location, values);
    if (code) {
        close_source(s);
        return code;
    }
    *ops = &source_ops;
    *self = s;
    return 0;
}

const ambit_plugin_info *ambit_plugin_query(void) {
    static const ambit_plugin_info info = {
        .magic = AMBIT_PLUGIN_MAGIC,
        .abi_major = AMBIT_ABI_MAJOR,
        .abi_minor = AMBIT_ABI_MINOR,
        .struct_size = sizeof info,
        .kind = AMBIT_PLUGIN_SOURCE,
        .name = "openx",
        .version = "0.1.0",
        .licence = "Apache-2.0",
        .summary = "Open X-Embodiment: RLDS episodes in TFRecord files, as they are published",
        .options = options,
        .option_count = sizeof options / sizeof *options,
        .option_size = sizeof *options,
        .open = open_source,
        .location = "the folder of a data set and version: dataset_info.json, features.json and "
                    "*.tfrecord-* files",
    };
    return &info;
}
