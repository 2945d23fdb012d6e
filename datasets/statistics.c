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

void ambit_statistics_drop_sketch(ambit_statistics *statistics) {
    free(statistics->sketch);
    statistics->sketch = NULL;
    statistics->points = 0;
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

static float value_at(void *context, double rank) {
    walk *w = context;
    if (rank < w->rank)
        *w = (walk){w->values, w->count, 0, (w->values[0].weight - 1) / 2};
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

/* Sets quantiles and sketch of one element. `at` gives the value at a rank. */
static void set_ranks(ambit_statistics *statistics, int64_t element,
                      float (*at)(void *context, double rank), void *context) {
    const double last = (double)(statistics->count - 1);
    float *row = statistics->sketch + element * statistics->points;
    const double gap = statistics->points > 1 ? last / (double)(statistics->points - 1) : 0;
    for (int64_t p = 0; p < statistics->points; p++)
        row[p] = at(context, (double)p * gap);
    statistics->q01[element] = at(context, .01 * last);
    statistics->q99[element] = at(context, .99 * last);
}

/* Sorts the values and sets quantiles and sketch of one element. */
static void summarise(ambit_statistics *statistics, int64_t element, weighted *values,
                      int64_t count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    walk w = {values, count, 0, (values[0].weight - 1) / 2};
    set_ranks(statistics, element, value_at, &w);
}

static void without_sketch(ambit_statistics *statistics) {
    size_t size = (size_t)statistics->elements * sizeof(double);
    memcpy(statistics->q01, statistics->least, size);
    memcpy(statistics->q99, statistics->greatest, size);
}

static int by_number(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

ambit_status ambit_statistics_sketch_all(ambit_statistics *statistics, const float *values) {
    ambit_statistics *s = statistics;
    float *sketch;
    AMBIT_TRY(
        ambit_allocate(&sketch, (size_t)(s->elements * s->count), sizeof *sketch, "quantiles"));
    for (int64_t e = 0; e < s->elements; e++) {
        float *row = sketch + e * s->count;
        for (int64_t i = 0; i < s->count; i++)
            row[i] = values[i * s->elements + e];
        qsort(row, (size_t)s->count, sizeof *row, by_number);
    }
    free(s->sketch);
    s->sketch = sketch;
    s->points = s->count;
    return AMBIT_OK;
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

/* The whole has so many points; 0 also where a part has no sketch. */
static ambit_status merge(const ambit_statistics *parts, int count, int64_t points,
                          ambit_statistics *whole) {
    for (int i = 0; i < count; i++)
        if (parts[i].count > 0 && parts[i].points == 0)
            points = 0;
    AMBIT_TRY(ambit_statistics_create(parts[0].elements, 0, points, whole));
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

ambit_status ambit_statistics_merge(const ambit_statistics *parts, int count,
                                    ambit_statistics *whole) {
    int64_t numbers = 0;
    for (int i = 0; i < count; i++)
        numbers += parts[i].count;
    return merge(parts, count, ambit_statistics_points(parts[0].elements, numbers), whole);
}

/* ------------------------------------------------------------------------------- grouping */

/* Element e alone; it owns nothing. */
static ambit_statistics one_of(const ambit_statistics *s, int64_t e) {
    return (ambit_statistics){.elements = 1,
                              .count = s->count,
                              .mean = s->mean + e,
                              .std = s->std + e,
                              .least = s->least + e,
                              .greatest = s->greatest + e,
                              .points = s->points,
                              .sketch = s->points ? s->sketch + e * s->points : NULL};
}

static void put_one(const ambit_statistics *one, int64_t element, ambit_statistics *whole) {
    whole->mean[element] = *one->mean;
    whole->std[element] = *one->std;
    whole->least[element] = *one->least;
    whole->greatest[element] = *one->greatest;
    whole->q01[element] = *one->q01;
    whole->q99[element] = *one->q99;
    if (whole->points > 0)
        memcpy(whole->sketch + element * whole->points, one->sketch,
               (size_t)whole->points * sizeof *whole->sketch);
}

ambit_status ambit_statistics_group(const ambit_statistics *elements,
                                    const ambit_element_groups *groups, ambit_statistics *whole) {
    const int64_t count = ambit_group_count(groups), numbers = elements->count * groups->pixels;
    const int64_t points = elements->points ? ambit_statistics_points(count, numbers) : 0;
    ambit_statistics *parts, one;
    AMBIT_TRY(ambit_allocate(&parts, (size_t)groups->pixels, sizeof *parts, "statistics"));
    ambit_status status = ambit_statistics_create(count, numbers, points, whole);
    for (int64_t g = 0; g < count && status == AMBIT_OK; g++) {
        const int64_t first = g / groups->channels * groups->pixels * groups->channels;
        for (int64_t p = 0; p < groups->pixels; p++)
            parts[p] = one_of(elements, first + p * groups->channels + g % groups->channels);
        status = merge(parts, (int)groups->pixels, points, &one);
        if (status != AMBIT_OK)
            ambit_statistics_destroy(whole);
        else
            put_one(&one, g, whole);
        ambit_statistics_destroy(&one);
    }
    free(parts);
    return status;
}

/* ------------------------------------------------------------------------------- the tally */

enum { VALUES = 256, PIXELS_KEPT = 1024 };

struct ambit_tally {
    ambit_element_groups groups;
    ambit_store_element element;
    int64_t count;                             /* numbers seen of each group */
    double *mean, *squares, *least, *greatest; /* [groups] */
    int64_t stride;                            /* of `pixels`, one in so many is kept; 0: none */
    int64_t kept_count, room; /* numbers of each group: kept, and that there is room for */
    float *kept;              /* [kept_count][groups] */
    int64_t *seen; /* [groups][VALUES] of u8, where a sketch will be made: how often; then nothing
                      else is kept */
};

/* Room for moments, or for what is counted. */
static ambit_status prepare_tally(ambit_tally *t) {
    const int64_t groups = ambit_group_count(&t->groups);
    const bool sketched = ambit_statistics_points(groups, 1) > 0;
    if (t->element == AMBIT_STORE_U8 && sketched)
        return ambit_allocate(&t->seen, (size_t)groups * VALUES, sizeof *t->seen, "statistics");
    t->stride = sketched ? (t->groups.pixels + PIXELS_KEPT - 1) / PIXELS_KEPT : 0;
    AMBIT_TRY(ambit_allocate(&t->mean, (size_t)groups * 4, sizeof(double), "statistics"));
    t->squares = t->mean + groups;
    t->least = t->mean + 2 * groups;
    t->greatest = t->mean + 3 * groups;
    return AMBIT_OK;
}

ambit_status ambit_tally_create(const ambit_element_groups *groups, ambit_store_element element,
                                ambit_tally **tally) {
    AMBIT_TRY(ambit_allocate(tally, 1, sizeof **tally, "statistics"));
    **tally = (ambit_tally){.groups = *groups, .element = element};
    const ambit_status status = prepare_tally(*tally);
    if (status != AMBIT_OK) {
        ambit_tally_destroy(*tally);
        *tally = NULL;
    }
    return status;
}

void ambit_tally_destroy(ambit_tally *tally) {
    if (!tally)
        return;
    free(tally->mean);
    free(tally->kept);
    free(tally->seen);
    free(tally);
}

/* Pixels of a step that are kept. */
static int64_t kept_pixels(const ambit_tally *t) {
    return t->stride ? (t->groups.pixels + t->stride - 1) / t->stride : 0;
}

static ambit_status make_room(ambit_tally *t, int64_t steps) {
    return ambit_grow(&t->kept, &t->room, t->kept_count + steps * kept_pixels(t),
                      (size_t)ambit_group_count(&t->groups) * sizeof *t->kept, "statistics");
}

/* Welford's update of group g for its number n, counted from 1. */
static void add_number(ambit_tally *t, int64_t g, int64_t n, double x) {
    double before = x - t->mean[g];
    t->mean[g] += before / (double)n;
    t->squares[g] += before * (x - t->mean[g]);
    if (n == 1 || x < t->least[g])
        t->least[g] = x;
    if (n == 1 || x > t->greatest[g])
        t->greatest[g] = x;
}

static double number_at(const ambit_tally *t, const void *values, int64_t i) {
    switch (t->element) {
    case AMBIT_STORE_F32:
        return ((const float *)values)[i];
    case AMBIT_STORE_I64:
        return (double)((const int64_t *)values)[i];
    default:
        return ((const uint8_t *)values)[i];
    }
}

/* Adds pixel p of block b, whose first number is values[i]; the index of one that is not finite, or
 * −1. */
static int64_t add_pixel(ambit_tally *t, int64_t b, int64_t p, const void *values, int64_t i) {
    const int64_t channels = t->groups.channels, first = b * channels;
    const int64_t row = t->stride && p % t->stride == 0 ? t->kept_count + p / t->stride : -1;
    float *keep = row < 0 ? NULL : t->kept + row * ambit_group_count(&t->groups) + first;
    for (int64_t c = 0; c < channels; c++) {
        const double x = number_at(t, values, i + c);
        if (!isfinite(x))
            return i + c;
        add_number(t, first + c, t->count + p + 1, x);
        if (keep)
            keep[c] = (float)x;
    }
    return -1;
}

/* Adds a step whose first number is values[i]; likewise. */
static int64_t add_step(ambit_tally *t, const void *values, int64_t i) {
    for (int64_t b = 0; b < t->groups.blocks; b++)
        for (int64_t p = 0; p < t->groups.pixels; p++, i += t->groups.channels) {
            const int64_t wrong = add_pixel(t, b, p, values, i);
            if (wrong >= 0)
                return wrong;
        }
    t->count += t->groups.pixels;
    t->kept_count += kept_pixels(t);
    return -1;
}

static void count_values(ambit_tally *t, const uint8_t *values, int64_t steps) {
    const int64_t channels = t->groups.channels;
    for (int64_t s = 0; s < steps; s++)
        for (int64_t b = 0; b < t->groups.blocks; b++)
            for (int64_t p = 0; p < t->groups.pixels; p++)
                for (int64_t c = 0; c < channels; c++)
                    t->seen[(b * channels + c) * VALUES + *values++]++;
    t->count += steps * t->groups.pixels;
}

ambit_status ambit_tally_add(ambit_tally *tally, const void *values, int64_t steps) {
    const int64_t elements = ambit_group_count(&tally->groups) * tally->groups.pixels;
    if (tally->seen) {
        count_values(tally, values, steps);
        return AMBIT_OK;
    }
    AMBIT_TRY(make_room(tally, steps));
    for (int64_t s = 0; s < steps; s++) {
        const int64_t wrong = add_step(tally, values, s * elements);
        if (wrong >= 0)
            return ambit_fail(AMBIT_DATA,
                              "step %" PRId64 ", element %" PRId64 " is %f; repair the source, or "
                              "leave this episode out",
                              s, wrong - s * elements, number_at(tally, values, wrong));
    }
    return AMBIT_OK;
}

/* ------------------------------------------------------------------------------- its results */

static ambit_status summarise_kept(const ambit_tally *t, ambit_statistics *statistics) {
    weighted *values;
    const double weight = (double)t->count / (double)t->kept_count;
    AMBIT_TRY(ambit_allocate(&values, (size_t)t->kept_count, sizeof *values, "quantiles"));
    for (int64_t g = 0; g < statistics->elements; g++) {
        for (int64_t i = 0; i < t->kept_count; i++)
            values[i] = (weighted){t->kept[i * statistics->elements + g], weight};
        summarise(statistics, g, values, t->kept_count);
    }
    free(values);
    return AMBIT_OK;
}

/* The value of rank k, counted from 0, of those in `seen`. */
static int value_of_rank(const int64_t *seen, int64_t k) {
    int value = 0;
    while (value + 1 < VALUES && k >= seen[value])
        k -= seen[value++];
    return value;
}

static float counted_at(void *context, double rank) {
    const int64_t *seen = context, below = (int64_t)rank;
    const double part = rank - (double)below;
    const int low = value_of_rank(seen, below);
    return (float)(low + (part > 0 ? part * (value_of_rank(seen, below + 1) - low) : 0));
}

static void summarise_seen(int64_t *seen, int64_t g, ambit_statistics *statistics) {
    const double count = (double)statistics->count;
    double sum = 0, squares = 0;
    for (int v = 0; v < VALUES; v++)
        sum += (double)v * (double)seen[v];
    statistics->mean[g] = sum / count;
    for (int v = 0; v < VALUES; v++)
        squares += (v - sum / count) * (v - sum / count) * (double)seen[v];
    statistics->std[g] = sqrt(squares / count);
    statistics->least[g] = value_of_rank(seen, 0);
    statistics->greatest[g] = value_of_rank(seen, statistics->count - 1);
    set_ranks(statistics, g, counted_at, seen);
}

static void copy_moments(const ambit_tally *t, ambit_statistics *statistics) {
    const size_t size = (size_t)statistics->elements * sizeof(double);
    memcpy(statistics->mean, t->mean, size);
    memcpy(statistics->least, t->least, size);
    memcpy(statistics->greatest, t->greatest, size);
    for (int64_t g = 0; g < statistics->elements && t->count > 0; g++)
        statistics->std[g] = sqrt(t->squares[g] / (double)t->count);
}

ambit_status ambit_tally_finish(const ambit_tally *tally, ambit_statistics *statistics) {
    const ambit_tally *t = tally;
    const int64_t groups = ambit_group_count(&t->groups);
    const int64_t points = ambit_statistics_points(groups, t->count);
    AMBIT_TRY(ambit_statistics_create(groups, t->count, points, statistics));
    for (int64_t g = 0; t->seen && g < groups && t->count > 0; g++)
        summarise_seen(t->seen + g * VALUES, g, statistics);
    if (t->seen)
        return AMBIT_OK;
    copy_moments(t, statistics);
    if (points == 0) {
        without_sketch(statistics);
        return AMBIT_OK;
    }
    ambit_status status = summarise_kept(t, statistics);
    if (status != AMBIT_OK)
        ambit_statistics_destroy(statistics);
    return status;
}
