#include "config_parts.h"

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

/* Each rule is a function that returns true, with its sentence said, where it is broken. */

static bool shares_of_some(verdict *to) {
    const ambit_settings *settings = to->settings;
    const ambit_source_settings *sources = settings->data.sources;
    int with = 0, first_without = -1;
    for (int i = 0; i < settings->data.source_count; i++) {
        with += sources[i].share > 0;
        if (!(sources[i].share > 0) && first_without < 0)
            first_without = i;
    }
    to->source = first_without;
    say(to, "no share, but other sources have one; give every source a share, or none");
    return with > 0 && with < settings->data.source_count;
}

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

static bool weights_all_zero(verdict *to) {
    const ambit_settings *settings = to->settings;
    to->source = 0;
    for (int i = 0; i < settings->data.source_count; i++)
        if (settings->data.sources[i].weight > 0)
            return false;
    say(to, "every source has weight 0, so nothing is drawn; give one a weight");
    return settings->data.source_count > 0;
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

static bool no_sources(verdict *to) {
    const ambit_settings *settings = to->settings;
    say(to, "the list is empty; add at least one source: `- path: STORE`");
    return settings->data.source_count == 0;
}

static bool no_action(verdict *to) {
    say(to, "the list is empty; name at least one field");
    return to->settings->data.action.count == 0;
}

static bool observation_by_step(verdict *to) {
    const ambit_settings *settings = to->settings;
    say(to, "step_rms is for chunks of actions only; write standard, bounds_q99 or none");
    return settings->data.normalise_observation == AMBIT_NORMALISE_STEP_RMS;
}

static bool batch_in_slots(verdict *to) {
    const ambit_settings *settings = to->settings;
    const int64_t batch = settings->train.batch, slots = settings->train.slots;
    say(to,
        "%" PRId64 " samples cannot be divided into %" PRId64
        " slots; write a multiple, such as %" PRId64,
        batch, slots, (batch / slots + 1) * slots);
    return batch % slots != 0;
}

static bool width_in_heads(verdict *to) {
    const ambit_settings *settings = to->settings;
    const int64_t width = settings->network.width, heads = settings->network.heads;
    say(to,
        "%" PRId64 " heads do not divide network.width %" PRId64
        "; change one of them, such as the width to %" PRId64,
        heads, width, (width / heads + 1) * heads);
    return settings->network.kind == AMBIT_NETWORK_DIT && width % heads != 0;
}

static bool camera_width_in_heads(verdict *to) {
    const ambit_settings *settings = to->settings;
    const int64_t width = settings->network.camera_width, heads = settings->network.camera_heads;
    say(to,
        "%" PRId64 " heads do not divide network.camera_width %" PRId64
        "; change one of them, such as the width to %" PRId64,
        heads, width, (width / heads + 1) * heads);
    return settings->data.camera.count > 0 && width % heads != 0;
}

static bool patches_of_others(verdict *to) {
    const ambit_settings *settings = to->settings;
    say(to, "only dit takes images as data; set network.kind to dit, or this to 0");
    return settings->network.patch > 0 && settings->network.kind != AMBIT_NETWORK_DIT;
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

static bool conditioning_unknown(verdict *to) {
    const ambit_settings *settings = to->settings;
    const char *fault =
        ambit_network_conditioning_fault(settings->network.kind, settings->network.conditioning);
    say(to, "%s; write what it takes, or leave it out", fault ? fault : "");
    return fault != NULL;
}

static bool levels_odd(verdict *to) {
    const ambit_settings *settings = to->settings;
    const int64_t depth = settings->network.depth, horizon = settings->data.horizon;
    const int64_t multiple = depth < 32 ? (int64_t)1 << (depth - 1) : INT64_MAX;
    say(to,
        "%" PRId64 " levels of unet1d halve the chunk %" PRId64 " times, which %" PRId64
        " steps do not allow; lower network.depth or make data.horizon a multiple of %" PRId64,
        depth, depth - 1, horizon, multiple);
    return settings->network.kind == AMBIT_NETWORK_UNET1D && horizon % multiple != 0;
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
    return settings->train.validate_every > 0 && !(settings->data.holdout > 0);
}

static bool too_many_levels(verdict *to) {
    const ambit_settings *settings = to->settings;
    say(to, "%" PRId64 " steps, but schedule.bins gives %d noise levels; write at most that",
        settings->sampler.steps, settings->schedule.bins);
    return settings->sampler.steps > settings->schedule.bins;
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
    {no_sources, {"data.sources"}},
    {shares_of_some, {"data.sources.N.share"}},
    {weight_and_share, {"data.sources.N.weight", "data.sources.N.share"}},
    {weights_all_zero, {"data.sources.N.weight"}},
    {source_unusable, {"data.sources.N.sigma_min", "data.sources.N.sigma_max"}},
    {names_alike, {"data.sources.N.name", "data.sources.N.path"}},
    {no_action, {"data.action"}},
    {observation_by_step, {"data.normalise_observation"}},
    {batch_in_slots, {"train.batch", "train.slots"}},
    {width_in_heads, {"network.heads", "network.width"}},
    {camera_width_in_heads, {"network.camera_heads", "network.camera_width"}},
    {patches_of_others, {"network.patch", "network.kind"}},
    {images_in_chunks, {"network.patch", "data.horizon"}},
    {images_in_parts, {"network.patch", "data.action"}},
    {conditioning_unknown, {"network.conditioning", "network.kind"}},
    {levels_odd, {"network.depth", "data.horizon"}},
    {guided_without_drop, {"sampler.guidance", "network.drop"}},
    {warmup_too_long, {"train.warmup", "train.steps"}},
    {nothing_held_out, {"train.validate_every", "data.holdout"}},
    {too_many_levels, {"sampler.steps", "schedule.bins"}},
    {executes_too_much, {"eval.execute", "data.horizon"}},
    {told_in_vain, {"eval.caption", "data.caption"}},
    {options_of_nothing, {"environment.options", "environment.plugin"}},
};

static bool is_faulty(const ambit_config *config, const char *path) {
    int index;
    const ambit_schema_row *row = ambit_schema_find(path, &index);
    for (int i = 0; i < AMBIT_MAX_SOURCES; i++)
        if (ambit_config_place(config, row, i)->faulty)
            return true;
    return false;
}

/* Where to point: at the blamed value, at the other one where the first is a default, at the data
 * source where that has neither. */
static ambit_place blamed_place(const ambit_config *config, const char *const paths[2],
                                int source) {
    for (int i = 0; i < 2 && paths[i]; i++) {
        int index;
        const ambit_schema_row *row = ambit_schema_find(paths[i], &index);
        const ambit_place place = *ambit_config_place(config, row, source);
        if (place.line || place.argument)
            return place;
    }
    return source >= 0 ? config->source_places[source] : (ambit_place){0};
}

void ambit_config_check_rules(ambit_config *config) {
    int index;
    const ambit_schema_row *sources = ambit_schema_find("data.sources", &index);
    const ambit_place listed = *ambit_config_place(config, sources, -1);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const char *const *paths = rules[i].paths;
        char path[AMBIT_PATH_SIZE];
        verdict to = {.settings = &config->settings, .source = -1};
        bool skip = is_faulty(config, paths[0]) || (paths[1] && is_faulty(config, paths[1])) ||
                    (rules[i].broken == no_sources && !listed.line && !listed.argument);
        if (skip || !rules[i].broken(&to))
            continue;
        ambit_schema_path(ambit_schema_find(paths[0], &index), to.source, path);
        ambit_config_note(config, blamed_place(config, paths, to.source), path, "%s", to.what);
    }
}
