/* The settings of a run: what the YAML file, the command line and the defaults come to.
 *
 * Each member is one row of the schema in schema.c, which gives its path, default, unit,
 * bounds and help; nothing else sets them. Strings and lists belong to the configuration that the
 * settings came from (config.h) and live as long as it does.
 * Nothing here is collective, nor in schema.h and value.h.
 */
#ifndef AMBIT_MPI_CONFIG_SETTINGS_H
#define AMBIT_MPI_CONFIG_SETTINGS_H

#include "../../core/base/limits.h"
#include "../../core/method/draw.h"
#include "../../core/method/objective.h"
#include "../../core/method/optimizer.h"
#include "../../core/method/sampler.h"
#include "../../core/method/schedule.h"
#include "../../core/networks/task.h"
#include "../../datasets/annotation.h"
#include "../../datasets/mixture.h"
#include "../../plugins/loader.h"

enum { AMBIT_MAX_OPTIONS = 64 };

/* What the loss makes of the steps of a chunk that lie outside of the episode, where mixture.h
 * repeats a step or puts zeros: they count as all others do, or not at all. */
#define AMBIT_PADS(X)                                                                              \
    X(AMBIT_PAD_REPEAT, repeat)                                                                    \
    X(AMBIT_PAD_MASK, mask)
typedef enum { AMBIT_PADS(AMBIT_CHOICE_CONSTANT) } ambit_pad;

/* Names of fields, in order. */
typedef struct {
    const char *names[AMBIT_STORE_MAX_FIELDS];
    int count;
} ambit_field_list;

/* One data source: data.sources.N.* */
typedef struct {
    const char *path; /* the store's folder, relative to the working directory */
    const char *name; /* in metrics and reports; default: the folder's last part */
    double weight, share, sigma_min, sigma_max; /* as ambit_source_use */
} ambit_source_settings;

typedef struct {
    struct {
        const char *title; /* of the run in reports; default: the run folder's name */
        int64_t seed;
    } run;
    struct {
        ambit_source_settings sources[AMBIT_MOST_SOURCES];
        int source_count;
        ambit_field_list observation, action, camera, text;
        const char *caption; /* "": none */
        int64_t observation_steps, horizon, action_offset;
        bool relative;
        ambit_pad pad;
        ambit_normalisation normalise_observation, normalise_action;
        double holdout;
        int64_t folds, fold;
        int64_t cache_mib; /* a rank */
    } data;
    ambit_schedule_options schedule; /* schedule.kind, .bins (int), .mean, .std */
    ambit_objective objective;       /* ambient.prediction, .loss, .buffer, .between, .weight */
    ambit_draw_order draw;           /* ambient.draw */
    struct {
        const char *path; /* "": none */
        double threshold;
        ambit_granularity granularity;
        ambit_network_kind kind;
        int64_t width, depth, heads;
        bool observation, curves;
        int64_t folds, steps, batch, samples, replicates;
        double rate; /* annotation.lr */
    } annotation;
    struct {
        ambit_network_kind kind;
        int64_t width, depth, heads, patch; /* patch 0: the data is no image */
        int64_t camera_patch, camera_width, camera_depth, camera_heads;
        int64_t caption_slots, caption_buckets;
        ambit_conditioning conditioning;
        ambit_precondition precondition;
        double sigma_data;
        double drop; /* probability that a training sample loses a condition, for each of them */
        bool recompute;
        bool whiten; /* classifiers */
    } network;
    struct {
        ambit_task task;
        int64_t crop; /* steps of a chunk, or pixels of a side; used by classify_crop alone */
        int64_t steps, batch, slots, threads;
        ambit_precision precision;
        ambit_optimizer_options
            optimizer; /* train.lr, .final_lr, .warmup, .beta1 … .ema (steps is train.steps) */
        int64_t log_every, checkpoint_every, validate_every, validate_samples, keep;
    } train;
    struct {
        ambit_sampler_kind kind;
        int64_t steps;
        double clamp, guidance;
        ambit_precision precision;
    } sampler;
    struct {
        const char *plugin; /* "" : none */
        const char *location;
        ambit_plugin_setting options[AMBIT_MAX_OPTIONS];
        int option_count;
    } environment;
    struct {
        int64_t trials, batch, execute, seed, drawn;
        const char *caption; /* "": none */
    } eval;
} ambit_settings;

#endif
