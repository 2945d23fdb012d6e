#include "schema.h"

#include "../../core/base/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(ambit_settings, member), sizeof(((ambit_settings *)0)->member)
#define OF_SOURCE(member)                                                                          \
    offsetof(ambit_settings, data.sources) + offsetof(ambit_source_settings, member),              \
        sizeof(((ambit_source_settings *)0)->member)
#define UNLIMITED 9007199254740992.0 /* 2⁵³: integers up to here are exact in double precision */

#define TEXT AMBIT_TYPE_TEXT
#define INTEGER AMBIT_TYPE_INTEGER
#define NUMBER AMBIT_TYPE_NUMBER
#define BOOLEAN AMBIT_TYPE_BOOLEAN
#define CHOICE AMBIT_TYPE_CHOICE

/* From AMBIT_LIMITS (core/base/limits.h). */
#define WITHIN(name) .least = AMBIT_LEAST_##name, .most = AMBIT_MOST_##name

/* Of AMBIT_NETWORKS and AMBIT_NETWORK_WAYS (core/networks/network.h). */
#define NETWORK_HELP(constant, name, text) " " #name ": " text "."
#define WAY_HELP(kind, name, conditioning, word, width, depth) " " #name ": " #word "."
#define WAY_WIDTH(kind, name, conditioning, word, width, depth)                                    \
    " " #name " with " #word ": " #width "."
#define WAY_DEPTH(kind, name, conditioning, word, width, depth)                                    \
    " " #name " with " #word ": " #depth "."

static const ambit_schema_row rows[] = {
    {"run.title", TEXT, "", AT(run.title),
     .help = "Name of the run in reports. Empty: the name of the run folder."},
    {"run.seed", INTEGER, "0", AT(run.seed), .least = 0, .most = UNLIMITED,
     .help = "Seed of everything random in training: first weights, draws, noise, what is held "
             "out. The result depends on it, never on the number of ranks."},

    {"data.sources", AMBIT_TYPE_SOURCES, NULL, AT(data.sources),
     .help = "The stores to train on, a list of maps with the keys below. Stores are written by "
             "`ambit ingest`."},
    {"data.sources.N.path", TEXT, NULL, OF_SOURCE(path),
     .help = "Folder of the store, relative to the working directory."},
    {"data.sources.N.name", TEXT, "", OF_SOURCE(name),
     .help = "Name of the source in metrics and reports. Empty: the last part of the path."},
    {"data.sources.N.weight", NUMBER, "1", OF_SOURCE(weight), .least = 0, .most = 1e9,
     .help = "Weight of each sample of this source in the draw, relative to samples of the other "
             "sources. Use share to weigh whole sources instead."},
    {"data.sources.N.share", NUMBER, "0", OF_SOURCE(share), .least = 0, .most = 1,
     .help = "Fraction of the draws that this source gets, whatever its size. 0: by weight. Where "
             "one source has a share, all must have one."},
    {"data.sources.N.sigma_min", NUMBER, "store", OF_SOURCE(sigma_min), .least = 0, .most = 1,
     .absent = "store", .annotated = true,
     .help = "Samples of this source are used at noise levels of at least this. 0 for clean data, "
             "1 for data that is not to be used at high noise at all. store: the bounds that the "
             "store gives for each sample, or 0 where it gives none. annotated: what `ambit "
             "annotate` found, in annotation.path. Left out beside a sigma_max between 0 and 1: "
             "1."},
    {"data.sources.N.sigma_max", NUMBER, "store", OF_SOURCE(sigma_max), .least = 0, .most = 1,
     .absent = "store",
     .help = "Samples of this source are used at noise levels up to this as well, for data that is "
             "right locally. 0: never. store: the bounds that the store gives for each sample, or "
             "1 where it gives none. Left out beside a sigma_min above 0: 0."},
    {"data.observation", AMBIT_TYPE_LIST, NULL, AT(data.observation),
     .help = "Fields that the policy sees, in this order, for instance [observation]. An empty "
             "list trains a model without a state. `ambit inspect STORE` lists the fields."},
    {"data.camera", AMBIT_TYPE_LIST, "", AT(data.camera),
     .help = "Fields of pictures that the policy sees, one a view, at the present step: u8, height "
             "× width × channels or channels × height × width, all of one size. A source that has "
             "not all of them misses the condition, which needs network.drop."},
    {"data.text", AMBIT_TYPE_LIST, "", AT(data.text),
     .help = "Fields that hold embeddings of text made elsewhere, one vector or tokens × numbers, "
             "at the present step; each vector is scaled to a root mean square of 1. A source that "
             "has not all of them misses the condition, which needs network.drop."},
    {"data.caption", TEXT, "", AT(data.caption),
     .help = "Field of bytes with a sentence, which the policy learns to read by its words and "
             "pairs of words. Empty: none. Samples without a word, and sources without the field, "
             "miss the condition, which needs network.drop."},
    {"data.action", AMBIT_TYPE_LIST, "action", AT(data.action),
     .help = "Field whose chunks are denoised, or several that make one action, side by side in "
             "this order."},
    {"data.observation_steps", INTEGER, "2", AT(data.observation_steps), .unit = "steps",
     WITHIN(OBSERVATION_STEPS),
     .help = "Steps of observation, the present one included. Before an episode's start its first "
             "step is repeated."},
    {"data.horizon", INTEGER, "16", AT(data.horizon), .unit = "steps", WITHIN(HORIZON),
     .help = "Steps of action in a chunk."},
    {"data.action_offset", INTEGER, "0", AT(data.action_offset), .unit = "steps",
     WITHIN(ACTION_OFFSET),
     .help = "Where the chunk begins, relative to the present step: 0 where the action field holds "
             "what was done at the step, 1 where it holds positions and the next one is meant."},
    {"data.relative", BOOLEAN, "false", AT(data.relative),
     .help = "Subtract the action fields' present values from every step of the chunk."},
    {"data.pad", CHOICE, "repeat", AT(data.pad), .choices = AMBIT_CHOICES(AMBIT_PADS),
     .help =
         "What the loss makes of steps of a chunk that lie past the episode's end, or before its "
         "start: repeat: it counts them, as its last or first step (or 0, where the field says "
         "so); mask: it does not, and a chunk's loss is the mean over its other steps. For "
         "train.task denoise."},
    {"data.normalise_observation", CHOICE, "standard", AT(data.normalise_observation),
     .choices = AMBIT_CHOICES(AMBIT_NORMALISATIONS),
     .help =
         "none: as stored; standard: mean 0 and standard deviation 1; bounds_q99: quantiles "
         ".01 and .99 go to -1 and 1, what lies beyond is clipped (of an element with one value "
         "but for rare steps: least and greatest)."},
    {"data.normalise_action", CHOICE, "standard", AT(data.normalise_action),
     .choices = AMBIT_CHOICES(AMBIT_NORMALISATIONS),
     .help = "As data.normalise_observation; step_rms divides each future step of the chunk by its "
             "root mean square over the data, and suits relative chunks."},
    {"data.holdout", NUMBER, "0", AT(data.holdout), WITHIN(HOLDOUT),
     .help = "Fraction of the episodes of each source that is kept out of training, to validate "
             "on."},
    {"data.folds", INTEGER, "0", AT(data.folds), .unit = "folds", .least = 0, .most = 1000,
     .help = "For cross-fitting: the episodes of each source are cut into so many folds; one is "
             "left for scoring, one is held out, the others are trained on. 0: none; else 3 or "
             "more."},
    {"data.fold", INTEGER, "0", AT(data.fold), .least = 0, .most = 999,
     .help = "The fold that is left for scoring, from 0; the next one is held out."},
    {"data.cache_mib", INTEGER, "512", AT(data.cache_mib), .unit = "MiB", .least = 1, .most = 1e7,
     .help = "Memory a rank for data. Fields that fit are kept in memory once read."},

    {"schedule.kind", CHOICE, "cosine", AT(schedule.kind),
     .choices = AMBIT_CHOICES(AMBIT_SCHEDULE_KINDS),
     .help = "How noise levels are drawn: the squared-cosine steps of diffusion policies, uniform "
             "in σ, or lognormal in the variance-exploding σ."},
    {"schedule.bins", INTEGER, "100", AT(schedule.bins), WITHIN(BINS),
     .help = "Steps of the cosine schedule, or bins of the others (1000 is plenty)."},
    {"schedule.mean", NUMBER, "-1.2", AT(schedule.mean), WITHIN(LOG_MEAN),
     .help = "Mean of ln σ, lognormal only (variance-exploding σ)."},
    {"schedule.std", NUMBER, "1.2", AT(schedule.std), WITHIN(LOG_STD), .above = true,
     .help = "Standard deviation of ln σ, lognormal only."},

    {"ambient.prediction", CHOICE, "x0", AT(objective.prediction),
     .choices = AMBIT_CHOICES(AMBIT_PREDICTIONS),
     .help = "What the network predicts: the clean chunk, the noise, or v."},
    {"ambient.loss", CHOICE, "denoising", AT(objective.loss),
     .choices = AMBIT_CHOICES(AMBIT_LOSSES),
     .help = "Loss of samples whose sigma_min is above 0: denoising treats them as clean above "
             "sigma_min; ambient uses no more of them than their noised version at sigma_min."},
    {"ambient.buffer", NUMBER, "4", AT(objective.buffer), WITHIN(BUFFER), .above = true,
     .help = "Largest σ²/(σ² - sigma_min²) at which the ambient loss is taken: it bounds the "
             "variance of the target. 4 means σ of at least 1.1547 sigma_min."},
    {"ambient.between", CHOICE, "skip", AT(objective.between),
     .choices = AMBIT_CHOICES(AMBIT_BETWEENS),
     .help = "What happens between sigma_min and the buffer's edge under the ambient loss: the "
             "sample is not used there, or takes the denoising loss."},
    {"ambient.weight", CHOICE, "uniform", AT(objective.weight),
     .choices = AMBIT_CHOICES(AMBIT_LOSS_WEIGHTS), .help = "Weight of the loss over noise levels."},
    {"ambient.draw", CHOICE, "sigma_first", AT(draw), .choices = AMBIT_CHOICES(AMBIT_DRAW_ORDERS),
     .help = "sigma_first: noise levels follow the schedule exactly, each with a sample that may "
             "be used there; sample_first: samples follow their weights exactly, each with a noise "
             "level at which it may be used."},

    {"annotation.path", TEXT, "", AT(annotation.path),
     .help = "Folder that `ambit annotate` writes and `sigma_min: annotated` reads, a folder a "
             "source in it."},
    {"annotation.threshold", NUMBER, "0.45", AT(annotation.threshold), .least = 0, .most = 0.4999,
     .above = true,
     .help = "Mean probability of being clean that a classifier must give bad samples at noise "
             "levels where they may be used. Half says that nobody can tell them; less lets them "
             "in at lower noise."},
    {"annotation.granularity", CHOICE, "dataset", AT(annotation.granularity),
     .choices = AMBIT_CHOICES(AMBIT_GRANULARITIES),
     .help = "What gets a bound of its own. dataset: one for each source. sample: each sample, and "
             "never below its source's, since a sample's own bound selects samples that look clean "
             "rather than noise levels."},
    {"annotation.kind", CHOICE, "mlp", AT(annotation.kind),
     .choices = AMBIT_NETWORKS(AMBIT_NETWORK_WORD), .help = "The classifier's network."},
    {"annotation.width", INTEGER, "128", AT(annotation.width), WITHIN(WIDTH),
     .help = "As network.width."},
    {"annotation.depth", INTEGER, "2", AT(annotation.depth), WITHIN(DEPTH),
     .help = "As network.depth."},
    {"annotation.heads", INTEGER, "4", AT(annotation.heads), WITHIN(HEADS),
     .help = "As network.heads."},
    {"annotation.observation", BOOLEAN, "false", AT(annotation.observation),
     .help = "Whether the classifier sees what the policy sees. With few clean episodes it then "
             "knows them by their goals, and finds that no noise makes data alike."},
    {"annotation.folds", INTEGER, "5", AT(annotation.folds), .unit = "folds", .least = 3,
     .most = 100,
     .help = "Parts into which episodes are cut: each is scored by a classifier that has seen none "
             "of it, trained on the others but one, by which training is stopped and answers are "
             "calibrated."},
    {"annotation.steps", INTEGER, "6000", AT(annotation.steps), .unit = "steps", .least = 20,
     .most = 1e9, .help = "Steps of training of each fold's classifier."},
    {"annotation.batch", INTEGER, "512", AT(annotation.batch), .unit = "samples", .least = 2,
     .most = 1e7, .help = "Samples in a step, half of them clean. A multiple of train.slots."},
    {"annotation.lr", NUMBER, "3e-3", AT(annotation.rate), .least = 0, .most = 10, .above = true,
     .help = "As train.lr."},
    {"annotation.samples", INTEGER, "24000", AT(annotation.samples), .unit = "samples",
     .least = 100, .most = 1e9,
     .help = "Samples of each kind, at most, from which a source's bound is found."},
    {"annotation.curves", BOOLEAN, "true", AT(annotation.curves),
     .help = "Whether every bad sample's answers are kept, which annotation.granularity: sample "
             "reads: 64 runs of the classifier and 32 bytes each."},
    {"annotation.replicates", INTEGER, "400", AT(annotation.replicates), .least = 50,
     .most = 100000, .help = "Bootstrap samples of episodes from which intervals are made."},

    {"network.kind", CHOICE, "mlp", AT(network.kind), .choices = AMBIT_NETWORKS(AMBIT_NETWORK_WORD),
     .help = "The network." AMBIT_NETWORKS(NETWORK_HELP)},
    {"network.width", INTEGER, "384", AT(network.width), WITHIN(WIDTH),
     .help = "Width of the hidden layers; unet1d: of the first level, a multiple of 8, doubled at "
             "each level. Where left out:" AMBIT_NETWORK_WAYS(WAY_WIDTH)},
    {"network.depth", INTEGER, "3", AT(network.depth), WITHIN(DEPTH),
     .help = "Number of residual blocks; unet1d: of levels, at most 8. Where "
             "left out:" AMBIT_NETWORK_WAYS(WAY_DEPTH)},
    {"network.heads", INTEGER, "4", AT(network.heads), WITHIN(HEADS),
     .help = "Attention heads, dit only; must divide network.width."},
    {"network.patch", INTEGER, "0", AT(network.patch), .unit = "pixels", .least = 0,
     .most = AMBIT_MOST_SIDE,
     .help = "Side of the squares that are dit's tokens where data.action holds images or latents, "
             "channels × height × width; must divide both sides. Needs data.horizon 1. 0: the data "
             "is a chunk of actions."},
    {"network.camera_patch", INTEGER, "8", AT(network.camera_patch), .unit = "pixels", WITHIN(SIDE),
     .help = "Side of the squares into which the pictures of data.camera are cut; must divide both "
             "sides."},
    {"network.camera_width", INTEGER, "128", AT(network.camera_width), WITHIN(CAMERA_WIDTH),
     .help = "Width of the transformer that reads the pictures of data.camera."},
    {"network.camera_depth", INTEGER, "2", AT(network.camera_depth), WITHIN(CAMERA_DEPTH),
     .help = "Its number of blocks."},
    {"network.camera_heads", INTEGER, "4", AT(network.camera_heads), WITHIN(HEADS),
     .help = "Its attention heads; must divide network.camera_width."},
    {"network.caption_slots", INTEGER, "32", AT(network.caption_slots), WITHIN(TOKENS),
     .help = "Words and pairs of neighbouring words that are read of data.caption, words first."},
    {"network.caption_buckets", INTEGER, "4096", AT(network.caption_buckets), WITHIN(BUCKETS),
     .help = "Rows of the table that is learned for words and pairs; two of them may share a row. "
             "Each row is as wide as the network."},
    {"network.conditioning", CHOICE, "auto", AT(network.conditioning),
     .choices = AMBIT_CHOICES(AMBIT_CONDITIONINGS),
     .help =
         "How the network is told its conditions. concat: side by side with the chunk; adaln: "
         "by the scales, shifts and gates of its blocks, made from conditions and σ (about "
         "five times the work at the same width); context: as tokens beside those of the "
         "chunk; film: by the scales and shifts of its channels. What each can, the first being "
         "what auto or left out means:" AMBIT_NETWORK_WAYS(WAY_HELP)},
    {"network.precondition", CHOICE, "none", AT(network.precondition),
     .choices = AMBIT_CHOICES(AMBIT_PRECONDITIONS),
     .help =
         "full: inputs and outputs are scaled and mixed so that both have unit variance at each "
         "noise level, for data of standard deviation network.sigma_data."},
    {"network.sigma_data", NUMBER, "1", AT(network.sigma_data), WITHIN(SIGMA_DATA), .above = true,
     .help = "Standard deviation of normalised chunks, for network.precondition."},
    {"network.drop", NUMBER, "0", AT(network.drop), .least = 0, .most = 1,
     .help = "Probability that a training sample loses a condition (observation, camera, text, "
             "caption), for each of them on its own, so that the policy can be guided "
             "(sampler.guidance) and conditions may be missing. 0.1 is usual; 0: the network has "
             "no way to do without."},
    {"network.recompute", BOOLEAN, "false", AT(network.recompute),
     .help = "Compute what lies within a block again in backward instead of keeping it: less "
             "memory, about a third more time, the same bits."},

    {"network.whiten", BOOLEAN, "false", AT(network.whiten),
     .help =
         "Classifiers of chunks: the network sees the noisy chunk, and beside it the same along "
         "the principal axes of the data, each of unit variance at this noise level, so that "
         "small differences are not missed. Chunks of up to 1,024 numbers."},

    {"train.task", CHOICE, "denoise", AT(train.task), .choices = AMBIT_CHOICES(AMBIT_TASK_LIST),
     .help = "What the network learns: to denoise, which makes a policy; or to tell clean samples "
             "(sigma_min 0) from others at each noise level, of the whole sample or of a crop."},
    {"train.crop", INTEGER, "4", AT(train.crop), .unit = "steps or pixels", .least = 1,
     .most = 65536,
     .help = "Length of the crop that classify_crop sees: steps of a chunk, or pixels of a side."},
    {"train.steps", INTEGER, "8000", AT(train.steps), .unit = "steps", .least = 1,
     .most = UNLIMITED,
     .help =
         "Updates of the parameters, all in all. A run may be gone on with for more of them, not "
         "for fewer; the learning rate then falls towards the new end."},
    {"train.batch", INTEGER, "128", AT(train.batch), .unit = "samples", .least = 1, .most = 1e7,
     .help = "Samples in an update, over all ranks."},
    {"train.slots", INTEGER, "4", AT(train.slots), .least = 1, .most = 65536, .power_of_two = true,
     .help = "Parts into which a batch is divided. Ranks take whole slots, so this is the largest "
             "useful number of ranks, and results are the same bit by bit for every number of "
             "ranks that divides it. Must divide train.batch."},
    {"train.threads", INTEGER, "1", AT(train.threads), WITHIN(THREADS),
     .help = "Threads in a rank, for nodes whose memory does not hold a rank for each core. The "
             "result does not depend on them."},
    {"train.precision", CHOICE, "single", AT(train.precision),
     .choices = AMBIT_CHOICES(AMBIT_PRECISIONS),
     .help = "bf16: factors of matrix products are rounded to bfloat16, sums and all that is kept "
             "stay single; faster on processors with AVX512-BF16, refused on others. Results "
             "differ from those of single."},
    {"train.lr", NUMBER, "1e-3", AT(train.optimizer.learning_rate), .least = 0, .most = 10,
     .above = true, .help = "Learning rate of AdamW at its peak."},
    {"train.final_lr", NUMBER, "0.01", AT(train.optimizer.final_fraction), .least = 0, .most = 1,
     .help = "Learning rate of the last step, as a fraction of the peak; a cosine leads there."},
    {"train.warmup", INTEGER, "200", AT(train.optimizer.warmup), .unit = "steps", .least = 0,
     .most = UNLIMITED,
     .help = "Steps in which the learning rate rises to its peak. Left out: at most a tenth of "
             "train.steps."},
    {"train.beta1", NUMBER, "0.9", AT(train.optimizer.beta1), .least = 0, .most = 0.999999,
     .help = "AdamW: decay of the mean of gradients."},
    {"train.beta2", NUMBER, "0.999", AT(train.optimizer.beta2), .least = 0, .most = 0.99999999,
     .help = "AdamW: decay of the mean of squared gradients."},
    {"train.epsilon", NUMBER, "1e-8", AT(train.optimizer.epsilon), .least = 0, .most = 1,
     .above = true, .help = "AdamW: added to the root of the mean square."},
    {"train.decay", NUMBER, "1e-4", AT(train.optimizer.decay), .least = 0, .most = 1,
     .help = "AdamW: weight decay."},
    {"train.clip", NUMBER, "1", AT(train.optimizer.clip), .least = 0, .most = 1e9,
     .help = "Largest norm of the whole gradient; longer ones are scaled down. 0: no limit."},
    {"train.ema", NUMBER, "0.999", AT(train.optimizer.ema_decay), .least = 0, .most = 0.9999999,
     .help = "Decay of the running average of the weights, which sampling and evaluation use."},
    {"train.log_every", INTEGER, "100", AT(train.log_every), .unit = "steps", .least = 1,
     .most = UNLIMITED, .help = "Steps from one line of metrics.jsonl to the next."},
    {"train.checkpoint_every", INTEGER, "1000", AT(train.checkpoint_every), .unit = "steps",
     .least = 1, .most = UNLIMITED,
     .help = "Steps from one checkpoint to the next; the last step always makes one."},
    {"train.validate_every", INTEGER, "0", AT(train.validate_every), .unit = "steps", .least = 0,
     .most = UNLIMITED,
     .help = "Steps from one validation on held-out episodes to the next. 0: none; otherwise "
             "data.holdout must be above 0."},
    {"train.validate_samples", INTEGER, "1024", AT(train.validate_samples), .unit = "samples",
     .least = 1, .most = 1e9, .help = "Held-out samples that a validation takes."},
    {"train.keep", INTEGER, "3", AT(train.keep), .unit = "checkpoints", .least = 1, .most = 1e6,
     .help = "Number of checkpoints that are kept, the latest ones."},

    {"sampler.kind", CHOICE, "ddim", AT(sampler.kind),
     .choices = AMBIT_CHOICES(AMBIT_SAMPLER_KINDS),
     .help = "ddim: deterministic; ancestral: DDPM, with fresh noise at every step."},
    {"sampler.steps", INTEGER, "10", AT(sampler.steps), .unit = "steps", WITHIN(BINS),
     .help = "Runs of the network for one sample; at most schedule.bins."},
    {"sampler.clamp", NUMBER, "0", AT(sampler.clamp), WITHIN(CLAMP),
     .help = "Bound of the estimated clean chunk, in normalised units. 0: none."},
    {"sampler.guidance", NUMBER, "1", AT(sampler.guidance), .least = 0, .most = 100,
     .help = "Classifier-free guidance: how far the prediction goes from that without conditions "
             "(0) past that with them (1). Other values than 1 need network.drop in training."},
    {"sampler.precision", CHOICE, "single", AT(sampler.precision),
     .choices = AMBIT_CHOICES(AMBIT_PRECISIONS),
     .help = "As train.precision, for the products of sampling: in `eval` too, whatever the policy "
             "was trained with."},

    {"environment.plugin", TEXT, "", AT(environment.plugin),
     .help = "Environment to evaluate in; `ambit plugin list` shows what there is. Empty: none."},
    {"environment.location", TEXT, "", AT(environment.location),
     .help = "File or folder that the environment opens, where it needs one."},
    {"environment.options", AMBIT_TYPE_OPTIONS, "", AT(environment.options),
     .help = "Keys of the environment; `ambit plugin inspect NAME` explains them."},

    {"eval.trials", INTEGER, "1000", AT(eval.trials), .unit = "trials", .least = 1, .most = 1e9,
     .help = "Trials of an evaluation, over all ranks."},
    {"eval.batch", INTEGER, "64", AT(eval.batch), .unit = "trials", .least = 1, .most = 65536,
     .help = "Trials that a rank runs side by side, as one batch of the network."},
    {"eval.execute", INTEGER, "8", AT(eval.execute), .unit = "steps", WITHIN(HORIZON),
     .help = "Steps of each predicted chunk that are executed before the next is predicted; at "
             "most data.horizon."},
    {"eval.seed", INTEGER, "1000", AT(eval.seed), .least = 0, .most = UNLIMITED,
     .help = "Seed of the trials: the same seed gives every policy the same trials."},
    {"eval.drawn", INTEGER, "16", AT(eval.drawn), .unit = "trials", .least = 0, .most = 100000,
     .help = "Trials that are kept as drawings for the report, the first ones."},
    {"eval.caption", TEXT, "", AT(eval.caption),
     .help = "Sentence that a policy trained with data.caption is told in all trials. Empty: none, "
             "which the policy can do without where it was trained with network.drop."},
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

static const char each_source[] = "data.sources.";

static bool is_of_source(const ambit_schema_row *row) {
    return strncmp(row->path, "data.sources.N", sizeof "data.sources.N" - 1) == 0;
}

const ambit_schema_row *ambit_schema_rows(int *count) {
    *count = ROW_COUNT;
    return rows;
}

/* "data.sources.3.weight" becomes "data.sources.N.weight" with *index 3; others stay, with −1. */
static void generalise(const char *path, char general[AMBIT_PATH_SIZE], int *index) {
    *index = -1;
    snprintf(general, AMBIT_PATH_SIZE, "%s", path);
    const size_t start = sizeof each_source - 1;
    if (strncmp(path, each_source, start) != 0)
        return;
    char *end;
    unsigned long number = strtoul(path + start, &end, 10);
    bool digits = path[start] >= '0' && path[start] <= '9' && end - (path + start) <= 9;
    if (digits && (*end == '.' || *end == '\0')) {
        *index = (int)number;
        snprintf(general, AMBIT_PATH_SIZE, "%sN%s", each_source, end);
    }
}

const ambit_schema_row *ambit_schema_find(const char *path, int *index) {
    char general[AMBIT_PATH_SIZE];
    generalise(path, general, index);
    for (int i = 0; i < ROW_COUNT; i++)
        if (strcmp(rows[i].path, general) == 0)
            return &rows[i];
    return NULL;
}

bool ambit_schema_is_within(const ambit_schema_row *row, const char *path) {
    char general[AMBIT_PATH_SIZE];
    int index;
    generalise(path, general, &index);
    size_t length = strlen(general);
    return length == 0 || (strncmp(row->path, general, length) == 0 &&
                           (row->path[length] == '.' || row->path[length] == '\0'));
}

bool ambit_schema_is_section(const char *path) {
    int index;
    if (ambit_schema_find(path, &index))
        return false;
    for (int i = 0; i < ROW_COUNT; i++)
        if (ambit_schema_is_within(&rows[i], path))
            return true;
    return false;
}

void *ambit_schema_member(const ambit_schema_row *row, ambit_settings *settings, int index) {
    size_t shift = index > 0 ? (size_t)index * sizeof(ambit_source_settings) : 0;
    return (char *)settings + row->offset + shift;
}

void ambit_schema_path(const ambit_schema_row *row, int index, char path[AMBIT_PATH_SIZE]) {
    if (index >= 0)
        snprintf(path, AMBIT_PATH_SIZE, "%s%d%s", each_source, index,
                 row->path + sizeof each_source);
    else
        snprintf(path, AMBIT_PATH_SIZE, "%s", row->path);
}

const char *ambit_schema_key(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

/* Everything before the last part. */
static void section_of(const char *path, char section[AMBIT_PATH_SIZE]) {
    snprintf(section, AMBIT_PATH_SIZE, "%s", path);
    char *dot = strrchr(section, '.');
    *(dot ? dot : section) = '\0';
}

/* The row a wrong path was meant for, or −1: the same key in another section, a key like it in this
 * section, a path like it, a key like it anywhere. */
static int nearest_row(const char *general) {
    const char *paths[ROW_COUNT], *parts[ROW_COUNT], *beside[ROW_COUNT];
    const char *part = ambit_schema_key(general);
    char section[AMBIT_PATH_SIZE];
    section_of(general, section);
    bool known = *section && ambit_schema_is_section(section);
    int same = -1;
    for (int i = 0; i < ROW_COUNT; i++) {
        paths[i] = known ? NULL : rows[i].path;
        parts[i] = ambit_schema_key(rows[i].path);
        beside[i] = known && ambit_schema_is_within(&rows[i], section) ? parts[i] : NULL;
        if (strcmp(parts[i], part) == 0 &&
            (same < 0 || ambit_edit_distance(general, rows[i].path) <
                             ambit_edit_distance(general, rows[same].path)))
            same = i;
    }
    if (same >= 0)
        return same;
    const char *const *stages[] = {beside, paths, parts};
    int near = -1;
    for (int i = 0; i < 3 && near < 0; i++)
        near = ambit_nearest(i == 1 ? general : part, stages[i], ROW_COUNT);
    return near;
}

enum { MOST_KEYS = 64 };

/* The keys right below a section ("" for the sections themselves), in the order of the table. */
static int keys_below(const char *section, char keys[MOST_KEYS][AMBIT_PATH_SIZE]) {
    const size_t length = strlen(section);
    int count = 0;
    for (int i = 0; i < ROW_COUNT && count < MOST_KEYS; i++) {
        if (!ambit_schema_is_within(&rows[i], section))
            continue;
        const char *key = rows[i].path + length + (length > 0);
        snprintf(keys[count], AMBIT_PATH_SIZE, "%.*s", (int)strcspn(key, "."), key);
        count += count == 0 || strcmp(keys[count], keys[count - 1]) != 0;
    }
    return count;
}

void ambit_schema_list(const char *section, char *text, size_t size) {
    char keys[MOST_KEYS][AMBIT_PATH_SIZE], general[AMBIT_PATH_SIZE];
    int index;
    generalise(section, general, &index);
    const int count = keys_below(general, keys);
    size_t used = 0;
    *text = '\0';
    for (int i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", keys[i]);
}

/* A section whose name is like `word`: writes it and returns true. */
static bool nearest_section(const char *word, char section[AMBIT_PATH_SIZE]) {
    char keys[MOST_KEYS][AMBIT_PATH_SIZE];
    const char *candidates[MOST_KEYS];
    const int count = keys_below("", keys);
    for (int i = 0; i < count; i++)
        candidates[i] = keys[i];
    int near = ambit_nearest(word, candidates, count);
    if (near >= 0)
        snprintf(section, AMBIT_PATH_SIZE, "%s", keys[near]);
    return near >= 0;
}

void ambit_schema_suggest(const char *path, char *text, size_t size) {
    char general[AMBIT_PATH_SIZE], meant[AMBIT_PATH_SIZE], keys[2 * AMBIT_PATH_SIZE];
    int index;
    generalise(path, general, &index);
    if (!strchr(general, '.') && nearest_section(general, meant)) {
        snprintf(text, size, ", did you mean %s?", meant);
        return;
    }
    const int row = nearest_row(general);
    if (row < 0) {
        section_of(path, meant);
        ambit_schema_list(ambit_schema_is_section(meant) ? meant : "", keys, sizeof keys);
        snprintf(text, size, "; there is %s", keys);
        return;
    }
    ambit_schema_path(&rows[row], is_of_source(&rows[row]) ? index : -1, meant);
    snprintf(text, size, ", did you mean %s?", meant);
}
