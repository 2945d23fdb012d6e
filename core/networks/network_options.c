/* The sizes that a network's options stand for, and whether they make sense. */
#include "network.h"
#include "network_build.h"

#include <inttypes.h>
#include <math.h>

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

/* ---- conditioning ---- */

/* What each kind can, the default first. */
static const struct {
    ambit_conditioning known[2];
    const char *sentence;
} conditionings[] = {
    [AMBIT_NETWORK_MLP] = {{AMBIT_CONDITIONING_CONCAT, AMBIT_CONDITIONING_ADALN},
                           "mlp takes conditions by concat or adaln"},
    [AMBIT_NETWORK_DIT] = {{AMBIT_CONDITIONING_ADALN, AMBIT_CONDITIONING_CONTEXT},
                           "dit takes conditions by adaln or context"},
    [AMBIT_NETWORK_UNET1D] = {{AMBIT_CONDITIONING_FILM, AMBIT_CONDITIONING_FILM},
                              "unet1d takes conditions by film"},
};

ambit_conditioning ambit_network_conditioning(ambit_network_kind kind,
                                              ambit_conditioning conditioning) {
    return conditioning == AMBIT_CONDITIONING_AUTO ? conditionings[kind].known[0] : conditioning;
}

const char *ambit_network_conditioning_fault(ambit_network_kind kind,
                                             ambit_conditioning conditioning) {
    const ambit_conditioning *known = conditionings[kind].known;
    return conditioning == AMBIT_CONDITIONING_AUTO || conditioning == known[0] ||
                   conditioning == known[1]
               ? NULL
               : conditionings[kind].sentence;
}

/* ---- checks ---- */

/* A number that must lie in a range. */
typedef struct {
    const char *name;
    int64_t value, least, most;
} range;

static ambit_status check_ranges(const range *ranges, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const range *r = &ranges[i];
        if (r->value < r->least || r->value > r->most)
            return ambit_fail(AMBIT_CONFIG,
                              "network: %s is %" PRId64 "; give a number from %" PRId64
                              " to %" PRId64,
                              r->name, r->value, r->least, r->most);
    }
    return AMBIT_OK;
}

#define CHECK_RANGES(...)                                                                          \
    check_ranges((const range[]){__VA_ARGS__}, sizeof((const range[]){__VA_ARGS__}) / sizeof(range))

static ambit_status check_heads(const char *where, int64_t heads, int64_t width) {
    if (heads >= 1 && width % heads == 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG,
                      "network: %s%" PRId64 " heads do not divide width %" PRId64
                      "; give a number that does",
                      where, heads, width);
}

static ambit_status check_image(const char *name, const ambit_image_shape *image) {
    const int64_t most = 1 << 14;
    AMBIT_TRY(CHECK_RANGES({name, image->channels, 0, most}));
    if (image->channels == 0)
        return AMBIT_OK;
    AMBIT_TRY(CHECK_RANGES({"image height", image->height, 1, most},
                           {"image width", image->width, 1, most},
                           {"image patch", image->patch, 1, most}));
    if (image->height % image->patch == 0 && image->width % image->patch == 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG,
                      "network: patches of %" PRId64 " do not divide an image of %" PRId64
                      " × %" PRId64 "; give a number that divides both sides",
                      image->patch, image->height, image->width);
}

static ambit_status check_conditions(const ambit_network_options *options) {
    const ambit_camera_options *camera = &options->camera;
    AMBIT_TRY(CHECK_RANGES({"observation size", options->observation_size, 0, 1 << 24},
                           {"text size", options->text.size, 0, 1 << 16},
                           {"caption slots", options->caption.slots, 0, 1 << 12}));
    if (options->text.size > 0)
        AMBIT_TRY(CHECK_RANGES({"text tokens", options->text.tokens, 1, 1 << 12}));
    if (options->caption.slots > 0)
        AMBIT_TRY(CHECK_RANGES({"caption buckets", options->caption.buckets, 1, AMBIT_BAG_ROWS}));
    AMBIT_TRY(check_image("camera channels", &camera->image));
    if (camera->image.channels == 0)
        return AMBIT_OK;
    AMBIT_TRY(CHECK_RANGES({"camera views", camera->views, 1, 64},
                           {"camera width", camera->width, 1, 1 << 14},
                           {"camera depth", camera->depth, 0, 100}));
    return check_heads("camera: ", camera->heads, camera->width);
}

static ambit_status check_dit(const ambit_network_options *options) {
    if (options->conditioning == AMBIT_CONDITIONING_CONTEXT)
        AMBIT_TRY(CHECK_RANGES({"depth (with context)", options->depth, 1, 1000}));
    return check_heads("", options->heads, options->width);
}

static ambit_status check_unet1d(const ambit_network_options *options) {
    AMBIT_TRY(CHECK_RANGES({"depth (levels)", options->depth, 1, 8}));
    if (options->width % AMBIT_UNET1D_GROUPS != 0)
        return ambit_fail(AMBIT_CONFIG,
                          "network: width %" PRId64 " is not a multiple of %d; give one that is",
                          options->width, (int)AMBIT_UNET1D_GROUPS);
    if (options->chunk_steps % ((int64_t)1 << (options->depth - 1)) != 0)
        return ambit_fail(AMBIT_CONFIG,
                          "network: %" PRId64 " chunk steps cannot be halved %" PRId64
                          " times; use fewer levels (depth) or another number of steps",
                          options->chunk_steps, options->depth - 1);
    return AMBIT_OK;
}

static ambit_status check_mlp(const ambit_network_options *options) {
    if (options->conditioning == AMBIT_CONDITIONING_ADALN)
        AMBIT_TRY(CHECK_RANGES({"depth (with adaln)", options->depth, 1, 1000}));
    return AMBIT_OK;
}

static ambit_status check_conditioning(const ambit_network_options *options) {
    const char *fault = ambit_network_conditioning_fault(options->kind, options->conditioning);
    if (!fault)
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG,
                      "network: %s; give what it takes, or leave out network.conditioning", fault);
}

static ambit_status check_precondition(const ambit_network_options *options) {
    if (options->precondition == AMBIT_PRECONDITION_NONE ||
        (options->sigma_data > 0 && isfinite(options->sigma_data)))
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG,
                      "network: sigma_data is %g; give the standard deviation of the data, 1 where "
                      "it is normalised",
                      options->sigma_data);
}

ambit_status ambit_network_check(const ambit_network_options *options, int64_t batch) {
    if (options->kind < AMBIT_NETWORK_MLP || options->kind > AMBIT_NETWORK_UNET1D)
        return ambit_fail(AMBIT_CONFIG, "network: kind %d is unknown; give mlp, dit or unet1d",
                          (int)options->kind);
    AMBIT_TRY(CHECK_RANGES(
        {"batch", batch, 1, 1 << 20}, {"width", options->width, 1, 1 << 16},
        {"depth", options->depth, 0, 1000},
        {"head", options->head, AMBIT_HEAD_PREDICTION, AMBIT_HEAD_LOGIT},
        {"precondition", options->precondition, AMBIT_PRECONDITION_NONE, AMBIT_PRECONDITION_FULL},
        {"prediction", options->prediction, AMBIT_PREDICT_X0, AMBIT_PREDICT_V}));
    AMBIT_TRY(check_image("image channels", &options->image));
    if (options->image.channels == 0)
        AMBIT_TRY(CHECK_RANGES({"chunk steps", options->chunk_steps, 1, 1 << 16},
                               {"chunk width", options->chunk_width, 1, 1 << 16}));
    AMBIT_TRY(check_conditions(options));
    AMBIT_TRY(check_conditioning(options));
    AMBIT_TRY(check_precondition(options));
    if (options->kind == AMBIT_NETWORK_DIT)
        return check_dit(options);
    if (options->image.channels > 0)
        return ambit_fail(AMBIT_CONFIG, "network: only dit takes images; give network.kind: dit");
    return options->kind == AMBIT_NETWORK_UNET1D ? check_unet1d(options) : check_mlp(options);
}
