#include "scorer.h"

#include <inttypes.h>
#include <string.h>

enum { ROWS = 512 }; /* of a batch, about */

static ambit_status build(const ambit_settings *settings, ambit_mixture *mixture,
                          const ambit_draw *draw, const float *weights, int64_t count,
                          ambit_team *team, ambit_scorer *s) {
    const ambit_network_options options =
        ambit_experiment_network(settings, ambit_mixture_shape(mixture));
    const ambit_network_means means = {.team = team, .precision = settings->train.precision};
    const int64_t rows = s->samples * s->passes.levels * s->passes.repeats;
    AMBIT_TRY(ambit_network_create_with(&options, &means, rows, 1, &s->network));
    ambit_graph *graph = ambit_network_graph(s->network);
    if (ambit_graph_parameter_count(graph) != count)
        return ambit_fail(AMBIT_CONFIG,
                          "classifier: the checkpoint holds %" PRId64 " weights, the network has "
                          "%" PRId64 "; remove the annotation's folder and annotate again",
                          count, ambit_graph_parameter_count(graph));
    ambit_graph_bind(graph, weights, NULL);
    return ambit_batch_create(settings, mixture, draw, s->network, rows, &s->batch);
}

ambit_status ambit_scorer_create(const ambit_settings *settings, ambit_mixture *mixture,
                                 const ambit_draw *draw, const float *weights, int64_t count,
                                 ambit_team *team, const ambit_passes *passes,
                                 ambit_scorer *scorer) {
    const int64_t each = (int64_t)passes->levels * passes->repeats;
    *scorer = (ambit_scorer){.passes = *passes,
                             .samples = ROWS > each ? ROWS / each : 1,
                             .seed = (uint64_t)settings->run.seed};
    return build(settings, mixture, draw, weights, count, team, scorer);
}

void ambit_scorer_destroy(ambit_scorer *scorer) {
    ambit_batch_destroy(&scorer->batch);
    ambit_network_destroy(scorer->network);
}

/* Makes the rows of the sample that was read to row `first`. */
static void look(ambit_scorer *s, int64_t first, uint64_t number) {
    ambit_rng noise = ambit_rng_open(s->seed, AMBIT_STREAM_SCORE, number);
    int64_t row = first;
    for (int level = 0; level < s->passes.levels; level++)
        for (int repeat = 0; repeat < s->passes.repeats; repeat += 2) {
            ambit_rng again = noise; /* the mirrored look draws the same ε */
            ambit_batch_look pair = {.sigma = s->passes.sigmas[level], .visit = &noise};
            ambit_batch_make(&s->batch, row++, first, &pair);
            if (repeat + 1 == s->passes.repeats)
                continue;
            pair.visit = &again;
            pair.mirrored = 1;
            ambit_batch_make(&s->batch, row++, first, &pair);
        }
}

ambit_status ambit_scorer_run(ambit_scorer *scorer, const ambit_scoring *scoring) {
    enum { MOST = ROWS };
    const int64_t each = (int64_t)scorer->passes.levels * scorer->passes.repeats;
    const int64_t end = scoring->first + scoring->count;
    ambit_sample samples[MOST];
    for (int64_t i = scoring->first; i < end; i += scorer->samples) {
        const int64_t count = end - i < scorer->samples ? end - i : scorer->samples;
        for (int64_t k = 0; k < count; k++) {
            const int64_t ordinal = scoring->at ? scoring->at(scoring->context, i + k) : i + k;
            AMBIT_TRY(ambit_batch_read(&scorer->batch, k * each, scoring->part,
                                       scoring->class_index, ordinal, &samples[k]));
            AMBIT_TRY(ambit_row_mark(scorer->network, k * each, &samples[k], NULL));
            look(scorer, k * each, samples[k].number);
        }
        ambit_network_forward(scorer->network);
        const float *logits = ambit_network_output(scorer->network);
        for (int64_t k = 0; k < count; k++)
            scoring->take(scoring->context, i + k, &samples[k], logits + k * each);
    }
    return AMBIT_OK;
}
