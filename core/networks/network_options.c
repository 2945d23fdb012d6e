/* The sizes that a network's options stand for, and whether they make sense. */
#include "network.h"
#include "network_build.h"

#include "../base/limits.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- sizes ---- */

static int64_t image_size(const ambit_image_shape *image) {
    return image->channels * image->height * image->width;
}

int64_t ambit_network_data_size(const ambit_network_options *options) {
    return options->image.channels > 0 ? image_size(&options->image)
                                       : options->chunk_steps * options->chunk_width;
}

int64_t ambit_network_condition_size(const ambit_network_options *options, ambit_condition which) {
    switch (which) {
    case AMBIT_CONDITION_STATE:
        return options->observation_size;
    case AMBIT_CONDITION_CAMERA:
        return options->camera.views * image_size(&options->camera.image);
    case AMBIT_CONDITION_TEXT:
        return options->text.tokens * options->text.size;
    case AMBIT_CONDITION_CAPTION:
        return options->caption.slots;
    default:
        return 0;
    }
}

int64_t ambit_network_crop_size(const ambit_network_options *options) {
    return options->image.channels > 0 ? options->image.height * options->image.width
                                       : options->chunk_steps;
}

/* ---- the networks ---- */

const char *ambit_network_name(ambit_network_kind kind) {
#define NAME(constant, name, text) [constant] = #name,
    static const char *const names[] = {AMBIT_NETWORKS(NAME)};
    return names[kind];
}

const ambit_network_row *ambit_network_row_of(ambit_network_kind kind) {
#define ROW(constant, name, text) [constant] = &ambit_network_##name,
    static const ambit_network_row *const rows[] = {AMBIT_NETWORKS(ROW)};
    return rows[kind];
}

static const ambit_network_way ways[] = {
#define WAY(kind, name, conditioning, word, width, depth) {kind, conditioning, width, depth},
    AMBIT_NETWORK_WAYS(WAY)};

enum { WAYS = sizeof ways / sizeof ways[0] };

const ambit_network_way *ambit_network_find_way(ambit_network_kind kind,
                                                ambit_conditioning conditioning) {
    for (int i = 0; i < WAYS; i++)
        if (ways[i].kind == kind &&
            (conditioning == AMBIT_CONDITIONING_AUTO || ways[i].conditioning == conditioning))
            return &ways[i];
    return NULL;
}

/* ---- checks ---- */

ambit_status ambit_network_check_heads(const char *where, int64_t heads, int64_t width) {
    AMBIT_TRY(AMBIT_CHECK_LIMIT(*where ? "network.camera_heads" : "network.heads", heads, HEADS));
    if (width % heads == 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG,
                      "network.%1$sheads: %2$" PRId64 " heads do not divide network.%1$swidth "
                      "%3$" PRId64 "; change one of them, such as the width to %4$" PRId64,
                      where, heads, width, (width / heads + 1) * heads);
}

static ambit_status check_choices(const ambit_network_options *options, int64_t batch) {
    AMBIT_TRY(ambit_choice_check("network.precondition", (int)options->precondition,
                                 AMBIT_CHOICES(AMBIT_PRECONDITIONS)));
    AMBIT_TRY(ambit_choice_check("ambient.prediction", (int)options->prediction,
                                 AMBIT_CHOICES(AMBIT_PREDICTIONS)));
    AMBIT_TRY(ambit_choice_check("train.task: head", (int)options->head, "prediction|logit|"));
    return AMBIT_CHECK_LIMIT("train.batch: samples at a time", batch, ROWS);
}

static ambit_status check_sizes(const ambit_network_options *options, int64_t batch) {
    (void)batch;
    AMBIT_TRY(AMBIT_CHECK_LIMIT("network.width", options->width, WIDTH));
    AMBIT_TRY(AMBIT_CHECK_LIMIT("network.depth", options->depth, DEPTH));
    if (options->image.channels > 0)
        return AMBIT_OK;
    AMBIT_TRY(AMBIT_CHECK_LIMIT("data.horizon", options->chunk_steps, HORIZON));
    return AMBIT_CHECK_LIMIT("data.action: numbers of a step", options->chunk_width, VECTOR);
}

/* An image that is there; `key` is that of its patch. */
static ambit_status check_image(const char *key, const ambit_image_shape *image) {
    AMBIT_TRY(AMBIT_CHECK_LIMIT(key, image->patch, SIDE));
    const struct {
        const char *what;
        int64_t value;
    } sizes[] = {{"channels", image->channels}, {"height", image->height}, {"width", image->width}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        AMBIT_TRY(
            ambit_fail_within(AMBIT_CHECK_LIMIT(sizes[i].what, sizes[i].value, SIDE), "%s", key));
    if (image->height % image->patch == 0 && image->width % image->patch == 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG,
                      "%s: %" PRId64 " does not divide an image of %" PRId64 " × %" PRId64
                      " pixels; give a number that divides both sides",
                      key, image->patch, image->height, image->width);
}

static ambit_status check_data_image(const ambit_network_options *options, int64_t batch) {
    (void)batch;
    if (options->image.channels == 0)
        return AMBIT_OK;
    if (!ambit_network_row_of(options->kind)->images)
        return ambit_fail(
            AMBIT_CONFIG,
            "network.patch: %s does not take images as data; set network.kind to dit, "
            "or this to 0",
            ambit_network_name(options->kind));
    return check_image("network.patch", &options->image);
}

static ambit_status check_camera(const ambit_network_options *options, int64_t batch) {
    const ambit_camera_options *camera = &options->camera;
    (void)batch;
    if (camera->image.channels == 0)
        return AMBIT_OK;
    AMBIT_TRY(check_image("network.camera_patch", &camera->image));
    AMBIT_TRY(AMBIT_CHECK_LIMIT("data.camera: views", camera->views, VIEWS));
    AMBIT_TRY(AMBIT_CHECK_LIMIT("network.camera_width", camera->width, CAMERA_WIDTH));
    AMBIT_TRY(AMBIT_CHECK_LIMIT("network.camera_depth", camera->depth, CAMERA_DEPTH));
    return ambit_network_check_heads("camera_", camera->heads, camera->width);
}

static ambit_status check_conditions(const ambit_network_options *options, int64_t batch) {
    (void)batch;
    if (options->observation_size != 0)
        AMBIT_TRY(AMBIT_CHECK_LIMIT("data.observation: numbers", options->observation_size, STATE));
    if (options->text.size != 0) {
        AMBIT_TRY(AMBIT_CHECK_LIMIT("data.text: numbers of a token", options->text.size, VECTOR));
        AMBIT_TRY(AMBIT_CHECK_LIMIT("data.text: tokens", options->text.tokens, TOKENS));
    }
    if (options->caption.slots == 0)
        return AMBIT_OK;
    AMBIT_TRY(AMBIT_CHECK_LIMIT("network.caption_slots", options->caption.slots, TOKENS));
    return AMBIT_CHECK_LIMIT("network.caption_buckets", options->caption.buckets, BUCKETS);
}

static ambit_status check_conditioning(const ambit_network_options *options, int64_t batch) {
    char known[128] = "";
    size_t used = 0;
    (void)batch;
    if (ambit_network_find_way(options->kind, options->conditioning))
        return AMBIT_OK;
#define WORD(kind, name, conditioning, word, width, depth) #word,
    static const char *const words[] = {AMBIT_NETWORK_WAYS(WORD)};
    for (int i = 0; i < WAYS; i++)
        if (ways[i].kind == options->kind)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? " or " : "",
                                     words[i]);
    return ambit_fail(AMBIT_CONFIG,
                      "network.conditioning: with network.kind %s it is %s; write one of them, or "
                      "leave it out",
                      ambit_network_name(options->kind), known);
}

static ambit_status check_precondition(const ambit_network_options *options, int64_t batch) {
    (void)batch;
    return options->precondition == AMBIT_PRECONDITION_NONE
               ? AMBIT_OK
               : AMBIT_CHECK_ABOVE("network.sigma_data", options->sigma_data, SIGMA_DATA);
}

static ambit_status check_own(const ambit_network_options *options, int64_t batch) {
    const ambit_network_row *row = ambit_network_row_of(options->kind);
    (void)batch;
    return row->check ? row->check(options) : AMBIT_OK;
}

ambit_status ambit_network_check_next(const ambit_network_options *options, int64_t batch,
                                      int *next) {
    static ambit_status (*const checks[])(const ambit_network_options *, int64_t) = {
        check_choices,    check_sizes,        check_data_image,   check_camera,
        check_conditions, check_conditioning, check_precondition, check_own};
    enum { CHECKS = sizeof checks / sizeof checks[0] };
    const ambit_status known =
        ambit_choice_check("network.kind", (int)options->kind, AMBIT_NETWORKS(AMBIT_NETWORK_WORD));
    if (known != AMBIT_OK) /* the others need it */
        return (*next)++ == 0 ? known : AMBIT_OK;
    while (*next < CHECKS)
        AMBIT_TRY(checks[(*next)++](options, batch));
    return AMBIT_OK;
}

ambit_status ambit_network_check(const ambit_network_options *options, int64_t batch) {
    int next = 0;
    return ambit_network_check_next(options, batch, &next);
}
