#include "trainer.h"

#include "../core/base/clock.h"
#include "../core/products/product.h"
#include "batch.h"
#include "checkpoint.h"
#include "config/experiment.h"
#include "exchange.h"
#include "meter.h"
#include "records/metrics.h"
#include "records/progress.h"
#include "records/say.h"
#include "run.h"
#include "stop.h"
#include "validation.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    const ambit_ranks *ranks;
    const ambit_settings *settings;
    const ambit_training *training;
    ambit_optimizer_options optimizer;

    ambit_mixture *mixture;
    ambit_schedule *schedule;
    ambit_draw *draw, *heldout_draw;
    ambit_team *team;
    ambit_network *network;
    ambit_exchange *exchange;
    uint64_t data_digests[AMBIT_MOST_SOURCES]; /* rank 0 */
    ambit_batch batch;                         /* a slot's samples */
    int64_t first_slot, slot_count;            /* this rank's slots */

    ambit_meter meter;
    ambit_metrics *metrics; /* rank 0 */
    ambit_progress progress;
    double peak;           /* flops a second of one core, measured at start */
    double seconds_before; /* of training, in jobs before this one */
    double started;
    double logged; /* when the last metrics line was written */
    int64_t logged_step;
    ambit_progress_numbers shown; /* of that line */
    double norm;                  /* of the last step's gradient */
    int64_t saved;                /* the step of the newest checkpoint */
} trainer;

/* ---------------------------------------------------------------- setting up */

static void tell_notes(const trainer *t) {
    const char *line = ambit_mixture_notes(t->mixture);
    for (int length; t->ranks->rank == 0 && *line; line += length + 1) {
        length = (int)strcspn(line, "\n");
        ambit_say(stderr, "warning: %.*s\n", length, line);
    }
}

/* Which bounds annotations gave: the least and the greatest of each source. */
static void tell_bounds(const trainer *t) {
    int count;
    const ambit_class *classes = ambit_mixture_classes(t->mixture, AMBIT_PART_TRAINED, &count);
    for (int s = 0; t->ranks->rank == 0 && s < t->settings->data.source_count; s++) {
        double least = 1, most = 0;
        if (t->settings->data.sources[s].sigma_min != AMBIT_ANNOTATED)
            continue;
        for (int c = 0; c < count; c++)
            if (classes[c].source == s) {
                least = fmin(least, classes[c].sigma_min);
                most = fmax(most, classes[c].sigma_min);
            }
        if (least == most)
            ambit_say(stderr, "%s: σ_min %.3f, annotated\n", t->settings->data.sources[s].name,
                      least);
        else
            ambit_say(stderr, "%s: σ_min %.3f to %.3f by sample, annotated\n",
                      t->settings->data.sources[s].name, least, most);
    }
}

static ambit_status prepare_data(trainer *t) {
    AMBIT_TRY(ambit_objective_check(&t->settings->objective));
    AMBIT_TRY(ambit_schedule_create(&t->settings->schedule, &t->schedule));
    AMBIT_TRY(ambit_experiment_mixture(t->settings, &t->mixture));
    tell_notes(t);
    tell_bounds(t);
    AMBIT_TRY(ambit_experiment_draw(t->settings, t->schedule, t->mixture, &t->draw));
    if (t->settings->train.validate_every == 0)
        return AMBIT_OK;
    return ambit_experiment_heldout_draw(t->settings, t->schedule, t->mixture, &t->heldout_draw);
}

static ambit_status prepare_network(trainer *t) {
    const ambit_sample_shape *shape = ambit_mixture_shape(t->mixture);
    ambit_network_options options = ambit_experiment_network(t->settings, shape);
    const int64_t rows = t->settings->train.batch / t->settings->train.slots;
    AMBIT_TRY(ambit_team_create((int)t->settings->train.threads, &t->team));
    const ambit_network_means means = {.team = t->team,
                                       .recompute = t->settings->network.recompute,
                                       .precision = t->settings->train.precision};
    AMBIT_TRY(ambit_network_create_with(&options, &means, rows, 1, &t->network));
    return ambit_batch_create(t->settings, t->mixture, t->draw, t->network, rows, &t->batch);
}

static ambit_status prepare_exchange(trainer *t) {
    int count;
    ambit_graph *graph = ambit_network_graph(t->network);
    const ambit_parameter *table = ambit_graph_parameters(graph, &count);
    AMBIT_TRY(
        ambit_exchange_create(t->ranks, t->settings->train.slots, table, count, &t->exchange));
    ambit_exchange_set_team(t->exchange, t->team);
    ambit_exchange_slots(t->exchange, &t->first_slot, &t->slot_count);
    return ambit_meter_create(t->ranks, t->slot_count, t->settings->data.source_count, &t->meter);
}

/* Every rank of a node writes the same values to the shared parameters: the first one is enough. */
static void initialise(trainer *t) {
    float *parameters = ambit_exchange_parameters(t->exchange);
    size_t bytes = (size_t)ambit_exchange_count(t->exchange) * sizeof *parameters;
    int64_t first, count;
    ambit_exchange_share(t->exchange, &first, &count);
    if (first == 0) {
        ambit_graph_initialise(ambit_network_graph(t->network), (uint64_t)t->settings->run.seed,
                               parameters);
        memcpy(ambit_exchange_average(t->exchange), parameters, bytes);
    }
    ambit_exchange_publish(t->exchange);
}

/* What a checkpoint of this run says, at step 0. Borrows everything. */
static ambit_checkpoint describe(const trainer *t) {
    ambit_checkpoint now = {.configuration = (char *)t->training->configuration,
                            .shape = *ambit_mixture_shape(t->mixture),
                            .normaliser = *ambit_mixture_normaliser(t->mixture),
                            .data_digests = t->data_digests,
                            .source_count = t->settings->data.source_count};
    now.tensors = ambit_graph_parameters(ambit_network_graph(t->network), &now.tensor_count);
    return now;
}

/* Without a checkpoint a run begins anew, and its metrics with it; but not where they tell of a
 * step after one at which there must have been one. (The line of a step is written before its
 * checkpoint, so that of the first one may stand alone.) */
static ambit_status check_beginning(const trainer *t) {
    const char *folder = t->training->folder;
    int64_t step;
    AMBIT_TRY(ambit_metrics_last_step(folder, &step));
    if (step <= t->settings->train.checkpoint_every)
        return AMBIT_OK;
    return ambit_fail(AMBIT_DATA,
                      "%s/checkpoints: is empty, but metrics.jsonl tells of %" PRId64 " steps; put "
                      "the checkpoints back, choose another folder with --run, or remove "
                      "metrics.jsonl to begin anew",
                      folder, step);
}

/* Reads the newest checkpoint; *step is the last step done. */
static ambit_status resume(trainer *t, int64_t *step) {
    ambit_checkpoint checkpoint;
    char *warning;
    int found;
    const int first = t->ranks->rank == 0;
    initialise(t);
    if (first)
        ambit_experiment_digests(t->settings, t->mixture, t->data_digests);
    const ambit_checkpoint now = describe(t);
    const ambit_phase before = ambit_phase_enter(AMBIT_PHASE_RESUME);
    ambit_status status = ambit_checkpoint_resume(t->ranks, t->training->folder, &now, t->exchange,
                                                  &checkpoint, &found, &warning);
    ambit_phase_leave(before);
    if (warning)
        ambit_say(stderr, "warning: %s\n", warning);
    free(warning);
    AMBIT_TRY(status);
    if (!found)
        AMBIT_TRY_ALL(t->ranks, first ? check_beginning(t) : AMBIT_OK);
    *step = found ? checkpoint.step : 0;
    t->seconds_before = found ? checkpoint.seconds : 0.0;
    if (found && first)
        fprintf(stderr, "%s: going on after step %" PRId64 "\n", t->training->folder, *step);
    ambit_checkpoint_clear(&checkpoint);
    return ambit_agree(t->ranks,
                       first ? ambit_run_record(t->training->folder, t->training->configuration,
                                                t->training->origins, *step)
                             : AMBIT_OK);
}

static void destroy(trainer *t) {
    ambit_metrics_close(t->metrics);
    ambit_meter_destroy(&t->meter);
    ambit_exchange_destroy(t->exchange);
    ambit_batch_destroy(&t->batch);
    ambit_network_destroy(t->network);
    ambit_team_destroy(t->team);
    ambit_draw_destroy(t->draw);
    ambit_draw_destroy(t->heldout_draw);
    ambit_schedule_destroy(t->schedule);
    ambit_mixture_close(t->mixture);
}

/* ---------------------------------------------------------------- one slot */

/* Fills the batch with the samples of the rank's slot `slot` of step `step`. */
static ambit_status fill_slot(trainer *t, int64_t step, int64_t slot) {
    const int64_t batch = t->settings->train.batch, rows = t->batch.rows;
    const int64_t first = (step - 1) * batch + (t->first_slot + slot) * rows;
    ambit_batch_source from = {.draw = t->draw,
                               .part = AMBIT_PART_TRAINED,
                               .seed = (uint64_t)t->settings->run.seed,
                               .drops = 1};
    const ambit_phase before = ambit_phase_enter(AMBIT_PHASE_READ);
    ambit_status status = AMBIT_OK;
    for (int64_t row = 0; row < rows && status == AMBIT_OK; row++) {
        from.number = (uint64_t)(first + row);
        status = ambit_batch_fill(&t->batch, row, &from);
        ambit_network_weight(t->network)[row] /= (float)batch;
    }
    ambit_phase_leave(before);
    return status;
}

/* Computes the rank's slot `slot` of step `step`: its gradient goes to the exchange. */
static ambit_status run_slot(trainer *t, int64_t step, int64_t slot) {
    AMBIT_TRY(fill_slot(t, step, slot));
    ambit_graph_bind(ambit_network_graph(t->network), ambit_exchange_parameters(t->exchange),
                     ambit_exchange_gradient(t->exchange));
    ambit_network_forward(t->network);
    const float *loss = ambit_network_row_loss(t->network);
    const float *weight = ambit_network_weight(t->network);
    const float *sigma = ambit_network_sigma(t->network);
    for (int64_t row = 0; row < t->batch.rows; row++)
        ambit_meter_add(&t->meter, slot, t->batch.sources[row], sigma[row], loss[row],
                        weight[row] * (double)t->settings->train.batch);
    ambit_network_backward(t->network);
    ambit_exchange_fold(t->exchange);
    return AMBIT_OK;
}

/* ---------------------------------------------------------------- metrics */

/* Effective samples and probabilities of the schedule's bins, gathered into the metrics' bins. */
static void describe_bins(const trainer *t, ambit_metrics_start *line) {
    double mass[AMBIT_METRIC_BINS] = {0};
    for (int k = 0; k < t->schedule->count; k++) {
        int bin = ambit_metrics_bin(0.5 * (t->schedule->low[k] + t->schedule->high[k]));
        double probability = ambit_draw_bin_probability(t->draw, k);
        line->bin_probability[bin] += probability;
        line->effective_samples[bin] += probability * ambit_draw_effective_samples(t->draw, k);
        mass[bin] += probability;
    }
    for (int bin = 0; bin < AMBIT_METRIC_BINS; bin++)
        line->effective_samples[bin] = mass[bin] > 0 ? line->effective_samples[bin] / mass[bin] : 0;
}

/* Names of the hosts, one a node, gathered on rank 0. */
static ambit_status write_start(trainer *t, int64_t step) {
    const ambit_ranks *ranks = t->ranks;
    const ambit_settings *settings = t->settings;
    char(*all)[sizeof ranks->host] = NULL;
    AMBIT_TRY_ALL(ranks, ambit_allocate(&all, (size_t)ranks->size, sizeof *all, "host names"));
    ambit_gather(ranks, ranks->host, 1, sizeof ranks->host, all);
    ambit_status status = AMBIT_OK;
    if (ranks->rank == 0) {
        const char **hosts = NULL, *sources[AMBIT_MOST_SOURCES];
        int host_count = 0;
        status = ambit_allocate(&hosts, (size_t)ranks->size, sizeof *hosts, "host names");
        for (int rank = 0; status == AMBIT_OK && rank < ranks->size; rank++)
            if (rank == 0 || strcmp(all[rank], hosts[host_count - 1]) != 0)
                hosts[host_count++] = all[rank];
        for (int i = 0; i < settings->data.source_count; i++)
            sources[i] = settings->data.sources[i].name;
        ambit_metrics_start line = {.step = step,
                                    .parameters = ambit_exchange_count(t->exchange),
                                    .batch = settings->train.batch,
                                    .steps = settings->train.steps,
                                    .time = (double)time(NULL),
                                    .ranks = ranks->size,
                                    .hosts = hosts,
                                    .host_count = host_count,
                                    .sources = sources,
                                    .source_count = settings->data.source_count};
        describe_bins(t, &line);
        if (status == AMBIT_OK)
            status = ambit_metrics_open(t->training->folder, step, &t->metrics);
        if (status == AMBIT_OK)
            status = ambit_metrics_write_start(t->metrics, &line);
        free(hosts);
    }
    free(all);
    return ambit_agree(ranks, status);
}

/* Collective. Where time went since the last metrics line, means over the ranks; on rank 0. */
static void collect_seconds(const trainer *t, double seconds[AMBIT_PHASE_COUNT]) {
    double mine[AMBIT_PHASE_COUNT];
    ambit_phase_take_seconds(mine);
    ambit_sum(t->ranks, mine, AMBIT_PHASE_COUNT, seconds);
    for (int phase = 0; phase < AMBIT_PHASE_COUNT; phase++)
        seconds[phase] /= (double)t->ranks->size;
}

static ambit_status write_metrics(trainer *t, int64_t step) {
    ambit_meter_sum sum;
    ambit_meter_collect(t->ranks, &t->meter, &sum);
    double seconds[AMBIT_PHASE_COUNT] = {0};
    collect_seconds(t, seconds);
    ambit_status status = AMBIT_OK;
    if (t->ranks->rank == 0) {
        const double now = ambit_clock(), passed = now - t->logged;
        const ambit_graph *graph = ambit_network_graph(t->network);
        const double flops = (double)(step - t->logged_step) * (double)t->settings->train.slots *
                             (ambit_graph_flops_forward(graph) + ambit_graph_flops_backward(graph));
        const double cores = (double)t->ranks->size * (double)t->settings->train.threads;
        t->shown = (ambit_progress_numbers){.loss = sum.weighted_loss / sum.count,
                                            .samples_per_second = sum.count / passed,
                                            .peak_share = flops / (passed * cores * t->peak),
                                            .data_share = seconds[AMBIT_PHASE_READ] / passed,
                                            .wait_share = seconds[AMBIT_PHASE_WAIT] / passed};
        const double exchange = seconds[AMBIT_PHASE_EXCHANGE] + seconds[AMBIT_PHASE_MESSAGE];
        ambit_metrics_train line = {.step = step,
                                    .seconds = t->seconds_before + now - t->started,
                                    .loss = t->shown.loss,
                                    .rate = ambit_learning_rate(&t->optimizer, step),
                                    .gradient_norm = t->norm,
                                    .samples_per_second = t->shown.samples_per_second,
                                    .peak_share = t->shown.peak_share,
                                    .data_share = t->shown.data_share,
                                    .exchange_share = exchange / passed,
                                    .wait_share = t->shown.wait_share,
                                    .source_count = sum.source_count,
                                    .source_total = t->meter.sources};
        ambit_meter_bin_means(&sum, line.bin_loss);
        memcpy(line.bin_count, sum.bin_count, sizeof line.bin_count);
        memcpy(line.phase_seconds, seconds, sizeof line.phase_seconds);
        status = ambit_metrics_write_train(t->metrics, &line);
    }
    t->logged = ambit_clock();
    t->logged_step = step;
    return ambit_agree(t->ranks, status);
}

/* ---------------------------------------------------------------- what is due now and then */

static ambit_status validate(trainer *t, int64_t step) {
    ambit_metrics_validate line = {.step = step};
    ambit_exchange_collect_average(t->exchange);
    ambit_graph_bind(ambit_network_graph(t->network), ambit_exchange_average(t->exchange), NULL);
    AMBIT_TRY(ambit_validate(t->ranks, &t->batch, t->heldout_draw, &line));
    return ambit_agree(
        t->ranks, t->ranks->rank == 0 ? ambit_metrics_write_validate(t->metrics, &line) : AMBIT_OK);
}

static ambit_status checkpoint(trainer *t, int64_t step) {
    ambit_checkpoint state = describe(t);
    AMBIT_TRY_ALL(t->ranks, t->ranks->rank == 0 ? ambit_metrics_in_place(t->metrics) : AMBIT_OK);
    state.step = step;
    state.seconds = t->seconds_before + ambit_clock() - t->started;
    ambit_broadcast(t->ranks, &state.seconds, sizeof state.seconds);
    AMBIT_TRY(ambit_checkpoint_write(t->ranks, t->training->folder, &state, t->exchange,
                                     t->settings->train.keep));
    t->saved = step;
    return AMBIT_OK;
}

typedef ambit_status (*occasion)(trainer *t, int64_t step);

static ambit_status run_within(ambit_phase phase, occasion work, trainer *t, int64_t step) {
    const ambit_phase before = ambit_phase_enter(phase);
    const ambit_status status = work(t, step);
    ambit_phase_leave(before);
    return status;
}

/* Whether something that happens every `period` steps happens at `step`; the last step is always
 * due. */
static int is_due(int64_t step, int64_t period, int64_t last) {
    return period > 0 && (step % period == 0 || step == last);
}

/* ---------------------------------------------------------------- the loop */

/* A rank that is asked to stop begins no more slots: the step then counts for none. */
static ambit_status run_step(trainer *t, int64_t step, ambit_vote *vote) {
    ambit_status status = AMBIT_OK;
    int64_t slot = 0;
    while (slot < t->slot_count && status == AMBIT_OK && !ambit_stop_asked())
        status = run_slot(t, step, slot++);
    *vote = (ambit_vote){.stop = ambit_stop_asked(),
                         .failed = status != AMBIT_OK,
                         .unfinished = slot < t->slot_count};
    ambit_exchange_step(t->exchange, &t->optimizer, step, vote, &t->norm);
    if (vote->failed > 0)
        return ambit_agree(t->ranks, status);
    if (!isfinite(t->norm) && vote->unfinished == 0)
        return ambit_fail(AMBIT_DIVERGED,
                          "step %" PRId64 ": the gradient is not finite: training diverged; lower "
                          "train.lr, lengthen train.warmup or set train.clip, and start again from "
                          "an earlier checkpoint",
                          step);
    return AMBIT_OK;
}

/* Ends early, `step` being the last one that was done. The checkpoint comes first, as there may be
 * little time; a validation that is due is left to the job that goes on. */
static ambit_status stop_after(trainer *t, int64_t step) {
    if (step > t->saved)
        AMBIT_TRY(run_within(AMBIT_PHASE_CHECKPOINT, checkpoint, t, step));
    if (step > t->logged_step)
        AMBIT_TRY(run_within(AMBIT_PHASE_METRICS, write_metrics, t, step));
    if (step == 0)
        return ambit_fail(AMBIT_REQUEUE,
                          "%s: stopped before its first step; the same command "
                          "begins again",
                          t->training->folder);
    return ambit_fail(AMBIT_REQUEUE,
                      "%s: stopped after step %" PRId64 " of %" PRId64
                      " with a checkpoint; the same command goes on from there",
                      t->training->folder, step, t->settings->train.steps);
}

static ambit_status end_step(trainer *t, int64_t step) {
    const int64_t last = t->settings->train.steps;
    if (is_due(step, t->settings->train.log_every, last))
        AMBIT_TRY(run_within(AMBIT_PHASE_METRICS, write_metrics, t, step));
    if (t->ranks->rank == 0)
        ambit_progress_show(&t->progress, step, last, &t->shown);
    if (is_due(step, t->settings->train.validate_every, last))
        AMBIT_TRY(run_within(AMBIT_PHASE_VALIDATE, validate, t, step));
    if (is_due(step, t->settings->train.checkpoint_every, last) || step == last)
        AMBIT_TRY(run_within(AMBIT_PHASE_CHECKPOINT, checkpoint, t, step));
    return AMBIT_OK;
}

/* The job before this one may have been stopped when the validation of its last step was due. */
static ambit_status catch_up(trainer *t, int64_t done) {
    int64_t validated = t->ranks->rank == 0 ? ambit_metrics_validated(t->metrics) : 0;
    ambit_broadcast(t->ranks, &validated, sizeof validated);
    if (done > validated &&
        is_due(done, t->settings->train.validate_every, t->settings->train.steps))
        return run_within(AMBIT_PHASE_VALIDATE, validate, t, done);
    return AMBIT_OK;
}

static ambit_status train_from(trainer *t, int64_t done) {
    const int64_t last = t->settings->train.steps;
    AMBIT_TRY(catch_up(t, done));
    for (int64_t step = done + 1; step <= last; step++) {
        ambit_vote vote;
        AMBIT_TRY(run_step(t, step, &vote));
        if (vote.unfinished > 0)
            return stop_after(t, step - 1);
        if (vote.stop > 0 && step < last)
            return stop_after(t, step);
        AMBIT_TRY(end_step(t, step));
    }
    return AMBIT_OK;
}

static ambit_status prepare(trainer *t) {
    AMBIT_TRY_ALL(t->ranks, ambit_blas_start((int)t->settings->train.threads));
    AMBIT_TRY_ALL(t->ranks, prepare_data(t));
    AMBIT_TRY_ALL(t->ranks, prepare_network(t));
    return prepare_exchange(t);
}

ambit_status ambit_train(const ambit_ranks *ranks, const ambit_training *training) {
    trainer t = {.ranks = ranks,
                 .settings = training->settings,
                 .training = training,
                 .optimizer = training->settings->train.optimizer};
    t.optimizer.steps = training->settings->train.steps;
    int64_t done = 0;
    ambit_stop_listen();
    ambit_status status = prepare(&t);
    if (status == AMBIT_OK)
        status = resume(&t, &done);
    if (status == AMBIT_OK)
        t.peak = ambit_product_peak();
    if (status == AMBIT_OK)
        status = write_start(&t, done);
    t.started = t.logged = ambit_clock();
    t.logged_step = t.saved = done;
    if (ranks->rank == 0)
        ambit_progress_start(&t.progress, training->settings->run.title, done);
    ambit_phase_enter(AMBIT_PHASE_COMPUTE);
    if (status == AMBIT_OK)
        status = train_from(&t, done);
    if (ranks->rank == 0)
        ambit_progress_end(&t.progress);
    if (status == AMBIT_OK) {
        status = ambit_agree(ranks, ambit_metrics_close(t.metrics));
        t.metrics = NULL;
    }
    destroy(&t);
    return status;
}

ambit_status ambit_train_estimate(const ambit_ranks *ranks, const ambit_settings *settings,
                                  ambit_training_estimate *estimate) {
    trainer t = {.ranks = ranks, .settings = settings};
    ambit_status status = prepare(&t);
    if (status == AMBIT_OK) {
        const ambit_graph *graph = ambit_network_graph(t.network);
        const int64_t count = ambit_exchange_count(t.exchange), word = sizeof(float);
        int64_t levels = 1;
        while (((int64_t)1 << (levels - 1)) < t.slot_count)
            levels++;
        *estimate = (ambit_training_estimate){
            .parameters = count,
            .samples = ambit_mixture_sample_count(t.mixture, AMBIT_PART_TRAINED),
            .parameter_bytes = 2 * count * word, /* with the average; once a node */
            .gradient_bytes = levels * count * word,
            .optimizer_bytes = 2 * ambit_exchange_owned(t.exchange).count * word,
            .activation_bytes = ambit_graph_bytes(graph),
            .window_bytes = ambit_exchange_window_bytes(t.exchange),
            .flops_per_step = (double)settings->train.slots * (ambit_graph_flops_forward(graph) +
                                                               ambit_graph_flops_backward(graph))};
        estimate->steps_per_epoch = (double)estimate->samples / (double)settings->train.batch;
    }
    destroy(&t);
    return status;
}
