#include "experiment.h"

#include "../../core/base/digest.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the mixture ---- */

/* `uses` is what the options point to. */
static ambit_mixture_options mixture_options(const ambit_settings *settings,
                                             ambit_source_use uses[AMBIT_MOST_SOURCES]) {
    for (int i = 0; i < settings->data.source_count; i++) {
        const ambit_source_settings *source = &settings->data.sources[i];
        uses[i] = (ambit_source_use){.path = source->path,
                                     .weight = source->weight,
                                     .share = source->share,
                                     .sigma_min = source->sigma_min,
                                     .sigma_max = source->sigma_max};
    }
    return (ambit_mixture_options){
        .sources = uses,
        .source_count = settings->data.source_count,
        .observation = settings->data.observation.names,
        .observation_count = settings->data.observation.count,
        .conditions = {.camera = settings->data.camera.names,
                       .camera_count = settings->data.camera.count,
                       .text = settings->data.text.names,
                       .text_count = settings->data.text.count,
                       .caption = settings->data.caption,
                       .caption_slots = settings->network.caption_slots,
                       .caption_buckets = settings->network.caption_buckets},
        .action = settings->data.action.names,
        .action_count = settings->data.action.count,
        .observation_steps = (int)settings->data.observation_steps,
        .horizon = (int)settings->data.horizon,
        .action_offset = (int)settings->data.action_offset,
        .relative = settings->data.relative,
        .normalise_observation = settings->data.normalise_observation,
        .normalise_action = settings->data.normalise_action,
        .holdout = settings->data.holdout,
        .folds = (int)settings->data.folds,
        .fold = (int)settings->data.fold,
        .seed = (uint64_t)settings->run.seed,
        .cache_bytes = settings->data.cache_mib << 20,
    };
}

static ambit_status check_missing(const ambit_settings *settings, const ambit_mixture *mixture) {
    for (int c = 0; c < AMBIT_CONDITIONS && !(settings->network.drop > 0); c++)
        if (ambit_mixture_may_miss(mixture, (ambit_condition)c))
            return ambit_fail(AMBIT_CONFIG,
                              "data.%s: some samples have none, and a network without network.drop "
                              "cannot do without; set network.drop above 0, to 0.1 for instance, "
                              "or leave those sources out",
                              ambit_condition_name((ambit_condition)c));
    return AMBIT_OK;
}

static ambit_status check_patches(const char *key, int64_t patch, const char *what, int64_t height,
                                  int64_t width) {
    if (height % patch == 0 && width % patch == 0)
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG,
                      "network.%s: %" PRId64 " does not divide %s of %" PRId64 " × %" PRId64
                      " pixels; give a number that divides both sides",
                      key, patch, what, height, width);
}

/* Images as data. A last side of up to 4 after a longer first one is that of channels. */
static ambit_status check_image(const ambit_settings *settings, const ambit_sample_shape *shape) {
    const int64_t patch = settings->network.patch;
    if (patch == 0)
        return AMBIT_OK;
    if (shape->image.channels == 0)
        return ambit_fail(AMBIT_CONFIG,
                          "network.patch: field \"%s\" holds no images of channels × height × "
                          "width; leave network.patch out, or name another field as data.action",
                          settings->data.action.names[0]);
    if (shape->image.width <= 4 && shape->image.channels > 4)
        return ambit_fail(AMBIT_CONFIG,
                          "network.patch: field \"%s\" of %" PRId64 " × %" PRId64 " × %" PRId64
                          " seems to have its channels last; store channels × height × width",
                          settings->data.action.names[0], shape->image.channels,
                          shape->image.height, shape->image.width);
    return check_patches("patch", patch, "data", shape->image.height, shape->image.width);
}

static ambit_status check_mixture(const ambit_settings *settings, const ambit_mixture *mixture) {
    const ambit_sample_shape *shape = ambit_mixture_shape(mixture);
    AMBIT_TRY(check_missing(settings, mixture));
    AMBIT_TRY(check_image(settings, shape));
    return check_patches("camera_patch", settings->network.camera_patch, "pictures",
                         shape->camera.height, shape->camera.width);
}

void ambit_experiment_chunks(const ambit_settings *settings, char *text, size_t size) {
    static const char *const normalisations[] = {
#define WORD(constant, word) [constant] = #word,
        AMBIT_NORMALISATIONS(WORD)
#undef WORD
    };
    size_t used = (size_t)snprintf(text, size,
                                   "data.horizon %" PRId64 ", data.action_offset %" PRId64
                                   ", data.relative %s, data.normalise_action %s, data.action",
                                   settings->data.horizon, settings->data.action_offset,
                                   settings->data.relative ? "true" : "false",
                                   normalisations[settings->data.normalise_action]);
    for (int i = 0; i < settings->data.action.count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, " %s", settings->data.action.names[i]);
}

ambit_status ambit_experiment_annotation(const ambit_settings *settings, int source,
                                         char folder[PATH_MAX]) {
    const char *name = settings->data.sources[source].name;
    if (strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return ambit_fail(AMBIT_CONFIG,
                          "data.sources.%d.name: \"%s\" is to be a folder in annotation.path; give "
                          "a name without slashes",
                          source, name);
    if (snprintf(folder, PATH_MAX, "%s/%s", settings->annotation.path, name) >= PATH_MAX)
        return ambit_fail(AMBIT_CONFIG, "annotation.path: %.64s…: the path is too long",
                          settings->annotation.path);
    return AMBIT_OK;
}

/* Puts what the annotation of source `i` says into *use; *bounds, those of samples, the caller
 * frees. */
static ambit_status read_annotation(const ambit_settings *settings, int i, ambit_source_use *use,
                                    float **bounds) {
    const int of_samples = settings->annotation.granularity == AMBIT_GRANULARITY_SAMPLE;
    const double threshold = settings->annotation.threshold;
    ambit_annotation annotation;
    char folder[PATH_MAX];
    AMBIT_TRY(ambit_experiment_annotation(settings, i, folder));
    ambit_status status = ambit_annotation_read(folder, of_samples, &annotation);
    if (status == AMBIT_OK) {
        char chunks[sizeof annotation.chunks];
        ambit_experiment_chunks(settings, chunks, sizeof chunks);
        if (strcmp(chunks, annotation.chunks) != 0)
            status = ambit_fail(AMBIT_CONFIG,
                                "%s: its bounds were found for other chunks (%s) than these (%s); "
                                "annotate again, into another annotation.path",
                                folder, annotation.chunks, chunks);
        use->steps = annotation.steps;
        use->episodes = annotation.episodes;
        use->sigma_min = ambit_annotation_bound(&annotation, threshold);
    }
    if (status == AMBIT_OK && of_samples)
        status = ambit_allocate(bounds, (size_t)annotation.steps, sizeof **bounds, "bounds");
    if (status == AMBIT_OK && of_samples)
        status = ambit_annotation_sample_bounds(&annotation, threshold, *bounds);
    use->sample_bounds = *bounds;
    ambit_annotation_destroy(&annotation);
    if (status == AMBIT_NO_INPUT)
        return ambit_fail(AMBIT_NO_INPUT,
                          "%s: there is no annotation here, which data.sources.%d.sigma_min wants; "
                          "run `ambit annotate` with this configuration first",
                          folder, i);
    return status;
}

static ambit_status open_mixture(const ambit_settings *settings, ambit_mixture **mixture) {
    ambit_source_use uses[AMBIT_MOST_SOURCES];
    float *bounds[AMBIT_MOST_SOURCES] = {NULL};
    const ambit_mixture_options options = mixture_options(settings, uses);
    ambit_status status = AMBIT_OK;
    for (int i = 0; i < settings->data.source_count && status == AMBIT_OK; i++)
        if (settings->data.sources[i].sigma_min == AMBIT_ANNOTATED)
            status = read_annotation(settings, i, &uses[i], &bounds[i]);
    if (status == AMBIT_OK)
        status = ambit_mixture_open(&options, mixture);
    for (int i = 0; i < settings->data.source_count; i++)
        free(bounds[i]);
    return status;
}

ambit_status ambit_experiment_mixture(const ambit_settings *settings, ambit_mixture **mixture) {
    AMBIT_TRY(open_mixture(settings, mixture));
    const ambit_status status = check_mixture(settings, *mixture);
    if (status != AMBIT_OK) {
        ambit_mixture_close(*mixture);
        *mixture = NULL;
    }
    return status;
}

/* ---- the digests ---- */

static void digest_episodes(const ambit_store *store, uint64_t *digest) {
    for (int64_t e = 0; e < ambit_store_episode_count(store); e++) {
        int64_t range[2];
        ambit_store_episode_range(store, e, &range[0], &range[1]);
        *digest = ambit_digest(*digest, range, sizeof range);
    }
}

/* Bounds of σ, whoever gave them: the settings, the store, or an annotation. */
static void digest_classes(const ambit_mixture *mixture, int source, uint64_t *digest) {
    int count;
    const ambit_class *classes = ambit_mixture_classes(mixture, AMBIT_PART_TRAINED, &count);
    for (int i = 0; i < count; i++) {
        const ambit_class *class = &classes[i];
        if (class->source != source)
            continue;
        *digest = ambit_digest(*digest, &class->sigma_min, sizeof class->sigma_min);
        *digest = ambit_digest(*digest, &class->sigma_max, sizeof class->sigma_max);
        *digest = ambit_digest(*digest, &class->count, sizeof class->count);
    }
}

static void digest_field(const ambit_store *store, const char *name, uint64_t *digest) {
    const int index = ambit_store_look_up(store, name);
    if (index < 0) /* a condition that this source has not */
        return;
    const ambit_field_info *field = ambit_store_field(store, index);
    const ambit_statistics *statistics = ambit_store_statistics(store, index);
    const int64_t head[] = {(int64_t)field->element,
                            field->rank,
                            field->shape[0],
                            field->shape[1],
                            field->shape[2],
                            field->shape[3],
                            (int64_t)field->zero_padded,
                            (int64_t)field->unnormalised};
    const double *const rows[] = {statistics->mean,     statistics->std, statistics->least,
                                  statistics->greatest, statistics->q01, statistics->q99};
    *digest = ambit_digest(*digest, name, strlen(name) + 1);
    *digest = ambit_digest(*digest, head, sizeof head);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        *digest = ambit_digest(*digest, rows[i], (size_t)statistics->elements * sizeof **rows);
}

static void digest_fields(const ambit_store *store, const ambit_field_list *fields,
                          uint64_t *digest) {
    for (int i = 0; i < fields->count; i++)
        digest_field(store, fields->names[i], digest);
}

void ambit_experiment_digests(const ambit_settings *settings, const ambit_mixture *mixture,
                              uint64_t *digests) {
    for (int i = 0; i < settings->data.source_count; i++) {
        const ambit_store *store = ambit_mixture_store(mixture, i);
        digests[i] = AMBIT_DIGEST_START;
        digest_episodes(store, &digests[i]);
        digest_classes(mixture, i, &digests[i]);
        digest_fields(store, &settings->data.observation, &digests[i]);
        digest_fields(store, &settings->data.camera, &digests[i]);
        digest_fields(store, &settings->data.text, &digests[i]);
        digest_field(store, settings->data.caption, &digests[i]);
        digest_fields(store, &settings->data.action, &digests[i]);
    }
}

/* ---- the draw ---- */

static double floor_of(const void *objective, double sigma_min) {
    return ambit_objective_floor(objective, sigma_min);
}

/* The classes of a part as the task draws them (malloced). */
static ambit_status task_classes(const ambit_settings *settings, const ambit_mixture *mixture,
                                 ambit_part part, ambit_class **classes, int *count) {
    const ambit_class *all = ambit_mixture_classes(mixture, part, count);
    AMBIT_TRY(ambit_allocate(classes, (size_t)*count, sizeof **classes, "classes"));
    return ambit_task_classes(settings->train.task, all, *count, *classes);
}

/* The draw over classes as the task draws them. */
static ambit_status draw_over(const ambit_settings *settings, const ambit_schedule *schedule,
                              const ambit_class *classes, int count, ambit_draw **draw) {
    const int denoises = settings->train.task == AMBIT_TASK_DENOISE;
    return ambit_draw_create(schedule, denoises ? settings->draw : AMBIT_DRAW_SAMPLE_FIRST, classes,
                             count, denoises ? floor_of : NULL, &settings->objective, draw);
}

ambit_status ambit_experiment_draw(const ambit_settings *settings, const ambit_schedule *schedule,
                                   const ambit_mixture *mixture, ambit_draw **draw) {
    ambit_class *classes = NULL;
    int count;
    *draw = NULL;
    ambit_status status = task_classes(settings, mixture, AMBIT_PART_TRAINED, &classes, &count);
    if (status == AMBIT_OK)
        status = draw_over(settings, schedule, classes, count, draw);
    free(classes);
    return status;
}

/* Samples alike, and no bad ones where there are clean ones. */
static void choose_scored(ambit_class *classes, int count) {
    int clean = 0;
    for (int c = 0; c < count; c++)
        clean |= ambit_class_is_clean(&classes[c]);
    for (int c = 0; c < count; c++)
        classes[c].weight = !clean || ambit_class_is_clean(&classes[c]);
}

/* Leaves out the bins that no class admits: held-out samples need not cover all of them. */
static ambit_status cover(const ambit_schedule *schedule, const ambit_class *classes, int count,
                          ambit_schedule **covered) {
    AMBIT_TRY(ambit_schedule_copy(schedule, covered));
    for (int k = 0; k < schedule->count; k++) {
        int admitted = 0;
        for (int c = 0; c < count && !admitted; c++)
            admitted =
                classes[c].weight > 0 &&
                ambit_schedule_admits(schedule, k, classes[c].sigma_min, classes[c].sigma_max);
        if (!admitted)
            (*covered)->probability[k] = 0;
    }
    return AMBIT_OK;
}

ambit_status ambit_experiment_heldout_draw(const ambit_settings *settings,
                                           const ambit_schedule *schedule,
                                           const ambit_mixture *mixture, ambit_draw **draw) {
    ambit_schedule *covered = NULL;
    ambit_class *classes = NULL;
    int count;
    *draw = NULL;
    if (ambit_mixture_sample_count(mixture, AMBIT_PART_HELDOUT) == 0)
        return AMBIT_OK;
    ambit_status status = task_classes(settings, mixture, AMBIT_PART_HELDOUT, &classes, &count);
    if (status == AMBIT_OK && settings->train.task == AMBIT_TASK_DENOISE)
        choose_scored(classes, count);
    if (status == AMBIT_OK)
        status = cover(schedule, classes, count, &covered);
    if (status == AMBIT_OK)
        status =
            ambit_draw_create(covered, AMBIT_DRAW_SAMPLE_FIRST, classes, count, NULL, NULL, draw);
    ambit_schedule_destroy(covered);
    free(classes);
    return ambit_fail_within(status, "held-out samples (data.holdout)");
}

/* ---- the sampler ---- */

ambit_sampler_options ambit_experiment_sampler(const ambit_settings *settings) {
    return (ambit_sampler_options){.kind = settings->sampler.kind,
                                   .steps = (int)settings->sampler.steps,
                                   .clamp = settings->sampler.clamp,
                                   .prediction = settings->objective.prediction};
}

/* ---- the network ---- */

static ambit_image_shape image_of(const ambit_settings *settings, const ambit_sample_shape *shape) {
    if (settings->network.patch == 0)
        return (ambit_image_shape){0};
    return (ambit_image_shape){.channels = shape->image.channels,
                               .height = shape->image.height,
                               .width = shape->image.width,
                               .patch = settings->network.patch};
}

static ambit_camera_options camera_of(const ambit_settings *settings,
                                      const ambit_sample_shape *shape) {
    if (shape->camera.views == 0)
        return (ambit_camera_options){0};
    return (ambit_camera_options){.image = {.channels = shape->camera.channels,
                                            .height = shape->camera.height,
                                            .width = shape->camera.width,
                                            .patch = settings->network.camera_patch},
                                  .views = shape->camera.views,
                                  .width = settings->network.camera_width,
                                  .depth = settings->network.camera_depth,
                                  .heads = settings->network.camera_heads};
}

ambit_network_options ambit_experiment_network(const ambit_settings *settings,
                                               const ambit_sample_shape *shape) {
    return (ambit_network_options){
        .kind = settings->network.kind,
        .chunk_steps = shape->chunk_steps * (settings->network.whiten ? 2 : 1),
        .chunk_width = shape->chunk_width,
        .observation_size = shape->observation_size,
        .width = settings->network.width,
        .depth = settings->network.depth,
        .heads = settings->network.heads,
        .image = image_of(settings, shape),
        .conditioning = settings->network.conditioning,
        .camera = camera_of(settings, shape),
        .text = {shape->text.tokens, shape->text.size},
        .caption = {shape->caption.slots, settings->network.caption_buckets},
        .droppable = settings->network.drop > 0,
        .precondition = settings->network.precondition,
        .head = ambit_tasks[settings->train.task].head,
        .crop = ambit_tasks[settings->train.task].crop,
        .masked = settings->data.pad == AMBIT_PAD_MASK,
        .prediction = settings->objective.prediction,
        .sigma_data = settings->network.sigma_data};
}

/* ---- checks without data ---- */

/* The smallest sample that the settings' fields could make. */
static ambit_sample_shape least_shape(const ambit_settings *settings) {
    ambit_sample_shape shape = {.chunk_steps = settings->data.horizon, .chunk_width = 1};
    const int64_t patch = settings->network.patch, camera_patch = settings->network.camera_patch;
    shape.observation_size = settings->data.observation_steps * settings->data.observation.count;
    shape.image.channels = 1;
    shape.image.height = shape.image.width = patch;
    shape.camera.views = settings->data.camera.count;
    shape.camera.channels = 1;
    shape.camera.height = shape.camera.width = camera_patch;
    shape.text.tokens = shape.text.size = settings->data.text.count;
    shape.caption.slots = *settings->data.caption ? settings->network.caption_slots : 0;
    return shape;
}

/* Whether some source may be used at each noise level, where no store has a say in it. */
static ambit_status check_draw(const ambit_settings *settings) {
    ambit_class classes[AMBIT_MOST_SOURCES];
    const int count = settings->data.source_count;
    if (count == 0)
        return AMBIT_OK;
    for (int i = 0; i < count; i++) {
        const ambit_source_settings *source = &settings->data.sources[i];
        classes[i] = (ambit_class){.source = i,
                                   .count = 1,
                                   .weight = source->share > 0 ? source->share : source->weight,
                                   .sigma_min = source->sigma_min,
                                   .sigma_max = source->sigma_max};
        if (isnan(source->sigma_min) || source->sigma_min == AMBIT_ANNOTATED)
            return AMBIT_OK;
        ambit_bounds_complete(&classes[i].sigma_min, &classes[i].sigma_max);
    }
    ambit_schedule *schedule;
    ambit_draw *draw = NULL;
    AMBIT_TRY(ambit_schedule_create(&settings->schedule, &schedule));
    ambit_status status = ambit_task_classes(settings->train.task, classes, count, classes);
    if (status == AMBIT_OK)
        status = draw_over(settings, schedule, classes, count, &draw);
    ambit_draw_destroy(draw);
    ambit_schedule_destroy(schedule);
    return status;
}

static ambit_status check_schedule(const ambit_settings *settings) {
    return ambit_schedule_check(&settings->schedule);
}

static ambit_status check_objective(const ambit_settings *settings) {
    return ambit_objective_check(&settings->objective);
}

static ambit_status check_sampler(const ambit_settings *settings) {
    const ambit_sampler_options options = ambit_experiment_sampler(settings);
    return ambit_sampler_check(&options, settings->schedule.bins);
}

static ambit_status check_data(const ambit_settings *settings) {
    ambit_source_use uses[AMBIT_MOST_SOURCES];
    const ambit_mixture_options options = mixture_options(settings, uses);
    return ambit_mixture_check(&options);
}

ambit_status ambit_experiment_check(const ambit_settings *settings, int *next) {
    static ambit_status (*const checks[])(const ambit_settings *) = {
        check_schedule, check_objective, check_sampler, check_data, check_draw};
    enum { CHECKS = sizeof checks / sizeof checks[0] };
    while (*next < CHECKS)
        AMBIT_TRY(checks[(*next)++](settings));
    const ambit_sample_shape shape = least_shape(settings);
    const ambit_network_options options = ambit_experiment_network(settings, &shape);
    const int64_t rows = settings->train.batch / settings->train.slots;
    int number = *next - CHECKS;
    const ambit_status status = ambit_network_check_next(&options, rows > 1 ? rows : 1, &number);
    *next = CHECKS + number;
    return status;
}
