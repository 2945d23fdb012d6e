#include "config_parts.h"
#include "experiment.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What a rule says: why it is broken, and of which data source (−1: of none). */
typedef struct {
    const ambit_settings *settings;
    int source;
    char what[AMBIT_PROBLEM_SIZE];
} verdict;

__attribute__((format(printf, 2, 3))) static void say(verdict *to, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(to->what, sizeof to->what, format, arguments);
    va_end(arguments);
}

/* Each rule is a function that returns true, with its sentence said, where it is broken. They are
 * what the configuration alone demands; core's and the data's own checks follow below. */

static bool weight_and_share(verdict *to) {
    const ambit_settings *settings = to->settings;
    for (to->source = 0; to->source < settings->data.source_count; to->source++) {
        const ambit_source_settings *at = &settings->data.sources[to->source];
        if (at->share > 0 && at->weight != 1) {
            say(to, "has no effect beside share %g; remove one of them", at->share);
            return true;
        }
    }
    return false;
}

static bool source_unusable(verdict *to) {
    const ambit_settings *settings = to->settings;
    for (to->source = 0; to->source < settings->data.source_count; to->source++) {
        const ambit_source_settings *at = &settings->data.sources[to->source];
        if (at->sigma_min >= 1 && at->sigma_max <= 0) {
            say(to, "1 with sigma_max 0: no noise level is left at which the source may be used; "
                    "widen one of them, or remove the source");
            return true;
        }
    }
    return false;
}

static bool names_alike(verdict *to) {
    const ambit_settings *settings = to->settings;
    for (to->source = 0; to->source < settings->data.source_count; to->source++)
        for (int i = 0; i < to->source; i++) {
            const char *name = settings->data.sources[to->source].name;
            if (*name && strcmp(name, settings->data.sources[i].name) == 0) {
                say(to, "\"%.60s\" is the name of source %d too; give them different names", name,
                    i);
                return true;
            }
        }
    return false;
}

/* The first source whose bound an annotation gives, in to->source; false: there is none. */
static bool find_annotated(verdict *to) {
    const ambit_settings *settings = to->settings;
    for (to->source = 0; to->source < settings->data.source_count; to->source++)
        if (settings->data.sources[to->source].sigma_min == AMBIT_ANNOTATED)
            return true;
    return false;
}

static bool annotated_nowhere(verdict *to) {
    say(to, "annotated, but annotation.path is empty; give the folder of bounds that `ambit "
            "annotate` writes");
    return find_annotated(to) && !*to->settings->annotation.path;
}

static bool is_uneven(verdict *to, int64_t batch) {
    const int64_t slots = to->settings->train.slots;
    say(to,
        "%" PRId64 " samples cannot be divided into %" PRId64
        " slots; write a multiple, such as %" PRId64,
        batch, slots, (batch / slots + 1) * slots);
    return batch % slots != 0;
}

static bool batch_in_slots(verdict *to) {
    return is_uneven(to, to->settings->train.batch);
}

static bool annotation_in_slots(verdict *to) {
    const bool annotates = find_annotated(to);
    to->source = -1;
    return annotates && is_uneven(to, to->settings->annotation.batch);
}

static bool images_in_chunks(verdict *to) {
    const ambit_settings *settings = to->settings;
    say(to, "an image is data of one step, but data.horizon is %" PRId64 "; set that to 1",
        settings->data.horizon);
    return settings->network.patch > 0 && settings->data.horizon != 1;
}

static bool images_in_parts(verdict *to) {
    const ambit_settings *settings = to->settings;
    say(to, "an image is one field, but data.action names %d; name one",
        settings->data.action.count);
    return settings->network.patch > 0 && settings->data.action.count > 1;
}

static bool whitened_otherwise(verdict *to) {
    const ambit_settings *settings = to->settings;
    say(to, "only train.task classify takes whitened chunks, of data that is no image; set this to "
            "false");
    return settings->network.whiten &&
           (settings->train.task != AMBIT_TASK_CLASSIFY || settings->network.patch > 0);
}

static bool guided_without_drop(verdict *to) {
    const ambit_settings *settings = to->settings;
    say(to, "guidance needs a policy that was trained with network.drop above 0; set it to 1, or "
            "train with network.drop=0.1");
    return settings->sampler.guidance != 1 && settings->network.drop <= 0;
}

static bool warmup_too_long(verdict *to) {
    const ambit_settings *settings = to->settings;
    say(to,
        "%" PRId64 " steps do not fit into train.steps %" PRId64
        "; shorten the warm-up or train longer",
        settings->train.optimizer.warmup, settings->train.steps);
    return settings->train.optimizer.warmup >= settings->train.steps;
}

static bool nothing_held_out(verdict *to) {
    const ambit_settings *settings = to->settings;
    say(to, "validation needs held-out episodes; set data.holdout, for instance to 0.05, or this "
            "to 0");
    return settings->train.validate_every > 0 && !(settings->data.holdout > 0) &&
           settings->data.folds == 0;
}

static bool executes_too_much(verdict *to) {
    const ambit_settings *settings = to->settings;
    say(to, "%" PRId64 " steps, but a chunk has data.horizon %" PRId64 "; write at most that",
        settings->eval.execute, settings->data.horizon);
    return settings->eval.execute > settings->data.horizon;
}

static bool told_in_vain(verdict *to) {
    const ambit_settings *settings = to->settings;
    say(to, "a policy without data.caption reads no sentence; remove this, or set data.caption");
    return *settings->eval.caption && !*settings->data.caption;
}

static bool options_of_nothing(verdict *to) {
    const ambit_settings *settings = to->settings;
    say(to, "options, but no environment; set environment.plugin");
    return settings->environment.option_count > 0 && !*settings->environment.plugin;
}

/* The first path is the one that is blamed; the rule is passed over where any is faulty. */
static const struct {
    bool (*broken)(verdict *to);
    const char *paths[2];
} rules[] = {
    {weight_and_share, {"data.sources.N.weight", "data.sources.N.share"}},
    {source_unusable, {"data.sources.N.sigma_min", "data.sources.N.sigma_max"}},
    {names_alike, {"data.sources.N.name", "data.sources.N.path"}},
    {annotated_nowhere, {"data.sources.N.sigma_min", "annotation.path"}},
    {batch_in_slots, {"train.batch", "train.slots"}},
    {annotation_in_slots, {"annotation.batch", "train.slots"}},
    {images_in_chunks, {"network.patch", "data.horizon"}},
    {images_in_parts, {"network.patch", "data.action"}},
    {whitened_otherwise, {"network.whiten", "train.task"}},
    {guided_without_drop, {"sampler.guidance", "network.drop"}},
    {warmup_too_long, {"train.warmup", "train.steps"}},
    {nothing_held_out, {"train.validate_every", "data.holdout"}},
    {executes_too_much, {"eval.execute", "data.horizon"}},
    {told_in_vain, {"eval.caption", "data.caption"}},
    {options_of_nothing, {"environment.options", "environment.plugin"}},
};

static bool is_faulty(const ambit_config *config, const char *path) {
    int index;
    const ambit_schema_row *row = ambit_schema_find(path, &index);
    for (int i = 0; i < AMBIT_MOST_SOURCES; i++)
        if (ambit_config_place(config, row, i)->faulty)
            return true;
    return false;
}

/* Where to point: at the blamed value, at the other one where the first is a default, at the data
 * source where that has neither. */
static ambit_place blamed_place(const ambit_config *config, const char *const paths[2],
                                int source) {
    for (int i = 0; i < 2; i++) {
        int index;
        const ambit_schema_row *row = ambit_schema_find(paths[i], &index);
        const ambit_place place = *ambit_config_place(config, row, source);
        if (place.line || place.argument)
            return place;
    }
    return source >= 0 ? config->source_places[source] : (ambit_place){0};
}

static void check_own_rules(ambit_config *config) {
    int index;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const char *const *paths = rules[i].paths;
        char path[AMBIT_PATH_SIZE];
        verdict to = {.settings = &config->settings, .source = -1};
        if (is_faulty(config, paths[0]) || is_faulty(config, paths[1]) || !rules[i].broken(&to))
            continue;
        ambit_schema_path(ambit_schema_find(paths[0], &index), to.source, path);
        ambit_config_note(config, blamed_place(config, paths, to.source), path, "%s", to.what);
    }
}

/* ---- the checks of core and of the data ---- */

enum { MOST_NAMED = 4 };

/* A key that a message names. */
typedef struct {
    const ambit_schema_row *row;
    int index;
} named_key;

static int find_keys(const char *message, named_key keys[MOST_NAMED]) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";
    int count = 0;
    for (const char *at = message; *at && count < MOST_NAMED; at += strcspn(at, letters)) {
        char path[AMBIT_PATH_SIZE];
        const int length = (int)strspn(at, letters);
        snprintf(path, sizeof path, "%.*s", length, at);
        keys[count].row = ambit_schema_find(path, &keys[count].index);
        count += keys[count].row != NULL;
        at += length;
    }
    return count;
}

/* Whether something was said already of the key, or of one below it. */
static bool is_noted(const ambit_config *config, const named_key *key) {
    int count;
    const ambit_schema_row *rows = ambit_schema_rows(&count);
    const ambit_place *place = ambit_config_place(config, key->row, key->index);
    if (!key->row->initial && !place->line && !place->argument)
        return true; /* missing */
    for (int i = 0; i < count; i++)
        if (ambit_schema_is_within(&rows[i], key->row->path) && is_faulty(config, rows[i].path))
            return true;
    return false;
}

/* Notes what a check has just refused, at the key that its message begins with; where the user did
 * not give that, at the next one that it names. */
static void note_refusal(ambit_config *config) {
    char message[AMBIT_MESSAGE_SIZE], path[AMBIT_PATH_SIZE] = "";
    named_key keys[MOST_NAMED];
    ambit_place place = {0};
    snprintf(message, sizeof message, "%s", ambit_message());
    const int count = find_keys(message, keys);
    for (int i = count - 1; i >= 0; i--) {
        const ambit_place *here = ambit_config_place(config, keys[i].row, keys[i].index);
        if (is_noted(config, &keys[i]))
            return;
        if (here->line || here->argument)
            place = *here;
    }
    if (count > 0)
        ambit_schema_path(keys[0].row, keys[0].index, path);
    if (!place.line && !place.argument && count > 0 && keys[0].index >= 0)
        place = config->source_places[keys[0].index];
    const size_t length = strlen(path);
    const bool leads = count > 0 && strncmp(message, path, length) == 0 && message[length] == ':';
    ambit_config_note(config, place, path, "%s", message + (leads ? length + 2 : 0));
}

void ambit_config_check_rules(ambit_config *config) {
    int next = 0;
    ambit_status status;
    check_own_rules(config);
    while ((status = ambit_experiment_check(&config->settings, &next)) == AMBIT_CONFIG)
        note_refusal(config);
    if (status != AMBIT_OK)
        config->status = status;
}
