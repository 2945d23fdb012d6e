#include "statistics.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_POINTS = 512, SKETCHED_ELEMENTS = 4096, SKETCH_SIZE = 1 << 20 };

/* ------------------------------------------------------------------------------- the struct */

ambit_status ambit_statistics_create(int64_t elements, int64_t count, int64_t points,
                                     ambit_statistics *statistics) {
    memset(statistics, 0, sizeof *statistics);
    statistics->elements = elements;
    statistics->count = count;
    statistics->points = points;
    AMBIT_TRY(ambit_allocate(&statistics->mean, (size_t)elements * AMBIT_STATISTICS_ROWS,
                             sizeof(double), "statistics"));
    double **rows[AMBIT_STATISTICS_ROWS] = {&statistics->mean,  &statistics->std,
                                            &statistics->least, &statistics->greatest,
                                            &statistics->q01,   &statistics->q99};
    for (int r = 1; r < AMBIT_STATISTICS_ROWS; r++)
        *rows[r] = statistics->mean + r * elements;
    if (points == 0)
        return AMBIT_OK;
    ambit_status status = ambit_allocate(&statistics->sketch, (size_t)(elements * points),
                                         sizeof(float), "quantiles");
    if (status != AMBIT_OK)
        ambit_statistics_destroy(statistics);
    return status;
}

void ambit_statistics_destroy(ambit_statistics *statistics) {
    free(statistics->mean);
    free(statistics->sketch);
    memset(statistics, 0, sizeof *statistics);
}

int64_t ambit_statistics_points(int64_t elements, int64_t count) {
    if (elements > SKETCHED_ELEMENTS)
        return 0;
    int64_t most = SKETCH_SIZE / elements;
    if (most > MOST_POINTS)
        most = MOST_POINTS;
    return count < most ? count : most;
}

/* ------------------------------------------------------------------------------- quantiles */

/* A value that stands for `weight` values around it. */
typedef struct {
    float value;
    double weight;
} weighted;

static int by_value(const void *a, const void *b) {
    float x = ((const weighted *)a)->value, y = ((const weighted *)b)->value;
    return (x > y) - (x < y);
}

/* A walk through sorted weighted values, upward in rank. A value stands at the rank of the middle
 * of what it stands for; with weights of one, that is its index. */
typedef struct {
    const weighted *values;
    int64_t count, index;
    double rank; /* of values[index] */
} walk;

static double rank_step(const weighted *pair) {
    return (pair[0].weight + pair[1].weight) / 2;
}

static float value_at(walk *w, double rank) {
    while (w->index + 1 < w->count && w->rank + rank_step(&w->values[w->index]) <= rank) {
        w->rank += rank_step(&w->values[w->index]);
        w->index++;
    }
    const weighted *here = &w->values[w->index];
    if (w->index + 1 == w->count || rank <= w->rank)
        return here->value;
    double part = (rank - w->rank) / rank_step(here);
    return (float)(here[0].value + part * ((double)here[1].value - here[0].value));
}

static walk walk_from_start(const weighted *values, int64_t count) {
    return (walk){values, count, 0, (values[0].weight - 1) / 2};
}

/* Sorts the values and sets quantiles and sketch of one element. */
static void summarise(ambit_statistics *statistics, int64_t element, weighted *values,
                      int64_t count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    double last = (double)(statistics->count - 1);
    walk quantiles = walk_from_start(values, count), points = quantiles;
    statistics->q01[element] = value_at(&quantiles, .01 * last);
    statistics->q99[element] = value_at(&quantiles, .99 * last);
    float *row = statistics->sketch + element * statistics->points;
    double gap = statistics->points > 1 ? last / (double)(statistics->points - 1) : 0;
    for (int64_t p = 0; p < statistics->points; p++)
        row[p] = value_at(&points, (double)p * gap);
}

static void without_sketch(ambit_statistics *statistics) {
    size_t size = (size_t)statistics->elements * sizeof(double);
    memcpy(statistics->q01, statistics->least, size);
    memcpy(statistics->q99, statistics->greatest, size);
}

/* ------------------------------------------------------------------------------- merging */

/* Chan, Golub and LeVeque (1983): of two parts of n and m values, with δ = mean_b − mean_a,
 * mean = mean_a + δ·m/(n + m), M2 = M2_a + M2_b + δ²·n·m/(n + m), where M2 = n·std². */
static void add_moments(ambit_statistics *whole, const ambit_statistics *part) {
    double n = (double)whole->count, m = (double)part->count, all = n + m;
    for (int64_t e = 0; e < whole->elements; e++) {
        double delta = part->mean[e] - whole->mean[e];
        double squares = n * whole->std[e] * whole->std[e] + m * part->std[e] * part->std[e] +
                         delta * delta * n * m / all;
        whole->mean[e] += delta * m / all;
        whole->std[e] = sqrt(squares / all);
        if (n == 0 || part->least[e] < whole->least[e])
            whole->least[e] = part->least[e];
        if (n == 0 || part->greatest[e] > whole->greatest[e])
            whole->greatest[e] = part->greatest[e];
    }
    whole->count += part->count;
}

static ambit_status merge_quantiles(const ambit_statistics *parts, int count,
                                    ambit_statistics *whole) {
    int64_t total = 0;
    for (int i = 0; i < count; i++)
        total += parts[i].points;
    weighted *values;
    AMBIT_TRY(ambit_allocate(&values, (size_t)total, sizeof *values, "quantiles"));
    for (int64_t e = 0; e < whole->elements; e++) {
        int64_t n = 0;
        for (int i = 0; i < count; i++)
            for (int64_t p = 0; p < parts[i].points; p++)
                values[n++] = (weighted){parts[i].sketch[e * parts[i].points + p],
                                         (double)parts[i].count / (double)parts[i].points};
        summarise(whole, e, values, n);
    }
    free(values);
    return AMBIT_OK;
}

ambit_status ambit_statistics_merge(const ambit_statistics *parts, int count,
                                    ambit_statistics *whole) {
    int64_t elements = parts[0].elements, steps = 0;
    for (int i = 0; i < count; i++)
        steps += parts[i].count;
    int64_t points = ambit_statistics_points(elements, steps);
    AMBIT_TRY(ambit_statistics_create(elements, 0, points, whole));
    for (int i = 0; i < count; i++)
        if (parts[i].count > 0)
            add_moments(whole, &parts[i]);
    if (points == 0) {
        without_sketch(whole);
        return AMBIT_OK;
    }
    ambit_status status = merge_quantiles(parts, count, whole);
    if (status != AMBIT_OK)
        ambit_statistics_destroy(whole);
    return status;
}

/* ------------------------------------------------------------------------------- the tally */

struct ambit_tally {
    int64_t elements, count, room; /* room: steps that `kept` can hold */
    double *mean, *squares, *least, *greatest;
    float *kept; /* [count][elements], where a sketch will be made */
};

ambit_status ambit_tally_create(int64_t elements, ambit_tally **tally) {
    AMBIT_TRY(ambit_allocate(tally, 1, sizeof **tally, "statistics"));
    ambit_tally *t = *tally;
    t->elements = elements;
    ambit_status status =
        ambit_allocate(&t->mean, (size_t)elements * 4, sizeof(double), "statistics");
    if (status != AMBIT_OK) {
        ambit_tally_destroy(t);
        *tally = NULL;
        return status;
    }
    t->squares = t->mean + elements;
    t->least = t->mean + 2 * elements;
    t->greatest = t->mean + 3 * elements;
    return AMBIT_OK;
}

void ambit_tally_destroy(ambit_tally *tally) {
    if (!tally)
        return;
    free(tally->mean);
    free(tally->kept);
    free(tally);
}

static ambit_status make_room(ambit_tally *t, int64_t steps) {
    if (ambit_statistics_points(t->elements, 1) == 0 || t->count + steps <= t->room)
        return AMBIT_OK;
    int64_t room = 2 * (t->count + steps);
    float *kept = realloc(t->kept, (size_t)(room * t->elements) * sizeof *kept);
    if (!kept)
        return ambit_fail(AMBIT_SYSTEM,
                          "statistics: no memory for %" PRId64 " steps of %" PRId64
                          " numbers; use fewer ranks on this node, or fewer episodes a shard",
                          room, t->elements);
    t->kept = kept;
    t->room = room;
    return AMBIT_OK;
}

/* Welford's update for one number; t->count is the number of steps with this one. */
static void add_number(ambit_tally *t, int64_t e, double x) {
    double before = x - t->mean[e];
    t->mean[e] += before / (double)t->count;
    t->squares[e] += before * (x - t->mean[e]);
    if (t->count == 1 || x < t->least[e])
        t->least[e] = x;
    if (t->count == 1 || x > t->greatest[e])
        t->greatest[e] = x;
    if (t->kept)
        t->kept[(t->count - 1) * t->elements + e] = (float)x;
}

ambit_status ambit_tally_add_f32(ambit_tally *tally, const float *values, int64_t steps) {
    AMBIT_TRY(make_room(tally, steps));
    for (int64_t s = 0; s < steps; s++) {
        tally->count++;
        for (int64_t e = 0; e < tally->elements; e++) {
            float x = values[s * tally->elements + e];
            if (!isfinite(x))
                return ambit_fail(AMBIT_DATA,
                                  "step %" PRId64 ", element %" PRId64 " is %f; repair the "
                                  "source, or leave this episode out",
                                  s, e, x);
            add_number(tally, e, x);
        }
    }
    return AMBIT_OK;
}

ambit_status ambit_tally_add_i64(ambit_tally *tally, const int64_t *values, int64_t steps) {
    AMBIT_TRY(make_room(tally, steps));
    for (int64_t s = 0; s < steps; s++) {
        tally->count++;
        for (int64_t e = 0; e < tally->elements; e++)
            add_number(tally, e, (double)values[s * tally->elements + e]);
    }
    return AMBIT_OK;
}

ambit_status ambit_tally_add_u8(ambit_tally *tally, const uint8_t *values, int64_t steps) {
    AMBIT_TRY(make_room(tally, steps));
    for (int64_t s = 0; s < steps; s++) {
        tally->count++;
        for (int64_t e = 0; e < tally->elements; e++)
            add_number(tally, e, values[s * tally->elements + e]);
    }
    return AMBIT_OK;
}

static ambit_status tally_quantiles(const ambit_tally *t, ambit_statistics *statistics) {
    weighted *values;
    AMBIT_TRY(ambit_allocate(&values, (size_t)t->count, sizeof *values, "quantiles"));
    for (int64_t e = 0; e < t->elements; e++) {
        for (int64_t s = 0; s < t->count; s++)
            values[s] = (weighted){t->kept[s * t->elements + e], 1};
        summarise(statistics, e, values, t->count);
    }
    free(values);
    return AMBIT_OK;
}

ambit_status ambit_tally_finish(ambit_tally *tally, ambit_statistics *statistics) {
    const ambit_tally *t = tally;
    int64_t points = ambit_statistics_points(t->elements, t->count);
    AMBIT_TRY(ambit_statistics_create(t->elements, t->count, points, statistics));
    size_t size = (size_t)t->elements * sizeof(double);
    memcpy(statistics->mean, t->mean, size);
    memcpy(statistics->least, t->least, size);
    memcpy(statistics->greatest, t->greatest, size);
    for (int64_t e = 0; e < t->elements && t->count > 0; e++)
        statistics->std[e] = sqrt(t->squares[e] / (double)t->count);
    if (points == 0) {
        without_sketch(statistics);
        return AMBIT_OK;
    }
    ambit_status status = tally_quantiles(t, statistics);
    if (status != AMBIT_OK)
        ambit_statistics_destroy(statistics);
    return status;
}
