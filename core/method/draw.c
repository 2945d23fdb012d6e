#include "draw.h"

#include "../base/bisect.h"
#include "../base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A class's ambit in bins, [0, low_end) and [high_start, K); the two are disjoint. */
typedef struct {
    int low_end, high_start;
} bin_ambit;

/* Since an ambit is a run of bins from the bottom and one from the top, p(k|i) needs no table of
 * its own: with `q[k]` = p(k) or p(k)/W(k), `below[k]` = Σ_{j<k} q(j) serves the lower run of every
 * class and `above[k]` = Σ_{j≥k} q(j) the upper one. Both are sums of what they stand for, not
 * differences, so that a thin tail keeps its digits. */
struct ambit_draw {
    ambit_schedule *schedule;
    ambit_class *classes;
    bin_ambit *ambits;
    double *class_probability, *class_below; /* C each; class_below[c] = Σ of the classes up to c */
    double *q, *below, *above;               /* K, K + 1, K + 1 */
    double *bin_probability, *effective;     /* K each */
    int class_count;
};

static double class_weight(const ambit_draw *draw, int c) {
    return (double)draw->classes[c].count * draw->classes[c].weight;
}

static double class_squared_weight(const ambit_draw *draw, int c) {
    return class_weight(draw, c) * draw->classes[c].weight;
}

/* Σ of q over the class's ambit. */
static double ambit_mass(const ambit_draw *draw, int c) {
    return draw->below[draw->ambits[c].low_end] + draw->above[draw->ambits[c].high_start];
}

/* p(k|c)/q(k) on the class's ambit, times p(c). */
static double class_share(const ambit_draw *draw, int c) {
    return draw->class_probability[c] > 0 ? draw->class_probability[c] / ambit_mass(draw, c) : 0;
}

static ambit_status check_classes(const ambit_class *classes, int class_count) {
    for (int c = 0; c < class_count; c++) {
        const ambit_class *class = &classes[c];
        if (class->count < 0 || !(class->weight >= 0 && isfinite(class->weight)) ||
            !isfinite(class->sigma_min) || !isfinite(class->sigma_max))
            return ambit_fail(AMBIT_CONFIG,
                              "data.sources.%d: has %lld samples of weight %g, sigma_min %g and "
                              "sigma_max %g; none may be negative or without bound",
                              class->source, (long long)class->count, class->weight,
                              class->sigma_min, class->sigma_max);
    }
    return AMBIT_OK;
}

/* Bins that are (wanted = 1) or are not (wanted = 0) admitted by these bounds. */
typedef struct {
    const ambit_schedule *schedule;
    double sigma_min, sigma_max;
    int wanted;
} sought_bins;

static int is_sought(const void *context, int64_t bin) {
    const sought_bins *b = context;
    return ambit_schedule_admits(b->schedule, (int)bin, b->sigma_min, b->sigma_max) == b->wanted;
}

/* The first of them, for an ambit with one side closed, so that bins on one side of the answer are
 * all alike; K when there is none. */
static int first_bin(sought_bins sought) {
    return (int)ambit_bisect(0, sought.schedule->count, is_sought, &sought);
}

static bin_ambit find_ambit(const ambit_schedule *schedule, double floor, double sigma_max) {
    bin_ambit ambit = {first_bin((sought_bins){schedule, 1, sigma_max, 0}),
                       first_bin((sought_bins){schedule, floor, 0, 1})};
    if (ambit.high_start < ambit.low_end)
        ambit.high_start = ambit.low_end;
    return ambit;
}

/* sums[k] = Σ of value(c) over the classes that admit bin k. Sums of non-negative numbers only, so
 * that a bin without classes gets 0 and not a rounding error. */
static ambit_status sum_admissible(const ambit_draw *draw, double (*value)(const ambit_draw *, int),
                                   double *sums) {
    const int count = draw->schedule->count;
    double *low; /* low[k]: of classes whose lower run ends at k, then at k or later */
    AMBIT_TRY(ambit_allocate(&low, (size_t)count + 1, sizeof *low, "draw"));
    memset(sums, 0, (size_t)count * sizeof *sums);
    for (int c = 0; c < draw->class_count; c++) {
        low[draw->ambits[c].low_end] += value(draw, c);
        if (draw->ambits[c].high_start < count)
            sums[draw->ambits[c].high_start] += value(draw, c);
    }
    for (int k = 1; k < count; k++)
        sums[k] += sums[k - 1];
    for (int k = count - 1; k >= 0; k--) {
        low[k] += low[k + 1];
        sums[k] += low[k + 1];
    }
    free(low);
    return AMBIT_OK;
}

/* Says which σ nobody covers. What is missing is one run of bins, because every ambit is a run from
 * the bottom and one from the top. */
static ambit_status fail_uncovered(const ambit_draw *draw, const double *floors,
                                   const double *weights) {
    const ambit_schedule *schedule = draw->schedule;
    double lowest_floor = 1, highest_max = 0;
    int first = schedule->count, last = -1, usable = 0;
    for (int k = 0; k < schedule->count; k++)
        if (schedule->probability[k] > 0 && weights[k] <= 0) {
            first = k < first ? k : first;
            last = k;
        }
    for (int c = 0; c < draw->class_count; c++)
        if (class_weight(draw, c) > 0) {
            lowest_floor = fmin(lowest_floor, floors[c]);
            highest_max = fmax(highest_max, draw->classes[c].sigma_max);
            usable = 1;
        }
    const double from = first == 0 ? 0 : schedule->low[first];
    const int at_top = last == schedule->count - 1;
    const double to = at_top ? 1 : schedule->low[last + 1];
    if (!usable)
        return ambit_fail(AMBIT_CONFIG,
                          "data.sources: no source has a sample of weight above 0; add a "
                          "source, or raise a weight");
    return ambit_fail(
        AMBIT_CONFIG,
        "data.sources: no sample may be used at σ in [%.3f, %.3f%c: the lowest σ from which "
        "a source may be used is %.3f (its sigma_min and any buffer of the ambient "
        "loss), the highest sigma_max is %.3f; add a source with sigma_min 0, lower "
        "a sigma_min to %.3f, or raise a sigma_max to %.3f",
        from, to, at_top ? ']' : ')', lowest_floor, highest_max, from, to);
}

/* q and both of its cumulative tables. */
static void fill_cumulative(ambit_draw *draw, ambit_draw_order order, const double *weights) {
    const ambit_schedule *schedule = draw->schedule;
    for (int k = 0; k < schedule->count; k++) {
        double q = schedule->probability[k];
        if (order == AMBIT_DRAW_SIGMA_FIRST && q > 0)
            q /= weights[k];
        draw->q[k] = q;
        draw->below[k + 1] = draw->below[k] + q;
    }
    for (int k = schedule->count - 1; k >= 0; k--)
        draw->above[k] = draw->above[k + 1] + draw->q[k];
}

/* p(c) ∝ n·w times, for sigma_first, the mass of the ambit; nothing for an empty ambit. */
static void fill_classes(ambit_draw *draw, ambit_draw_order order) {
    double sum = 0;
    for (int c = 0; c < draw->class_count; c++) {
        double mass = ambit_mass(draw, c);
        if (order == AMBIT_DRAW_SAMPLE_FIRST && mass > 0)
            mass = 1;
        draw->class_probability[c] = class_weight(draw, c) * mass;
        sum += draw->class_probability[c];
    }
    double below = 0;
    for (int c = 0; c < draw->class_count; c++) {
        draw->class_probability[c] /= sum;
        draw->class_below[c] = below += draw->class_probability[c];
    }
}

static ambit_status fill_tables(ambit_draw *draw, ambit_draw_order order, const double *floors) {
    const ambit_schedule *schedule = draw->schedule;
    double *weights = draw->bin_probability; /* W(k), until the probabilities replace it */
    for (int c = 0; c < draw->class_count; c++)
        draw->ambits[c] = find_ambit(schedule, floors[c], draw->classes[c].sigma_max);
    AMBIT_TRY(sum_admissible(draw, class_weight, weights));
    AMBIT_TRY(sum_admissible(draw, class_squared_weight, draw->effective));
    for (int k = 0; k < schedule->count; k++) {
        if (schedule->probability[k] > 0 && weights[k] <= 0)
            return fail_uncovered(draw, floors, weights);
        if (draw->effective[k] > 0)
            draw->effective[k] = weights[k] * weights[k] / draw->effective[k];
    }
    fill_cumulative(draw, order, weights);
    fill_classes(draw, order);
    AMBIT_TRY(sum_admissible(draw, class_share, draw->bin_probability));
    for (int k = 0; k < schedule->count; k++)
        draw->bin_probability[k] *= draw->q[k];
    return AMBIT_OK;
}

static ambit_status allocate_tables(ambit_draw *draw, size_t classes, size_t bins) {
    AMBIT_TRY(ambit_allocate(&draw->classes, classes, sizeof *draw->classes, "draw"));
    AMBIT_TRY(ambit_allocate(&draw->ambits, classes, sizeof *draw->ambits, "draw"));
    AMBIT_TRY(ambit_allocate(&draw->class_probability, 2 * classes, sizeof(double), "draw"));
    AMBIT_TRY(ambit_allocate(&draw->q, 5 * bins + 2, sizeof(double), "draw"));
    draw->class_below = draw->class_probability + classes;
    draw->below = draw->q + bins;
    draw->above = draw->below + bins + 1;
    draw->bin_probability = draw->above + bins + 1;
    draw->effective = draw->bin_probability + bins;
    return AMBIT_OK;
}

static ambit_status build(const ambit_schedule *schedule, ambit_draw_order order,
                          const ambit_class *classes,
                          double (*floor_of)(const void *context, double sigma_min),
                          const void *context, ambit_draw *draw) {
    double *floors;
    AMBIT_TRY(ambit_schedule_copy(schedule, &draw->schedule));
    AMBIT_TRY(allocate_tables(draw, (size_t)draw->class_count, (size_t)schedule->count));
    AMBIT_TRY(ambit_allocate(&floors, (size_t)draw->class_count, sizeof *floors, "draw"));
    for (int c = 0; c < draw->class_count; c++) {
        draw->classes[c] = classes[c];
        floors[c] = floor_of ? floor_of(context, classes[c].sigma_min) : classes[c].sigma_min;
    }
    ambit_status status = fill_tables(draw, order, floors);
    free(floors);
    return status;
}

ambit_status ambit_draw_create(const ambit_schedule *schedule, ambit_draw_order order,
                               const ambit_class *classes, int class_count,
                               double (*floor_of)(const void *context, double sigma_min),
                               const void *context, ambit_draw **draw) {
    *draw = NULL;
    AMBIT_TRY(check_classes(classes, class_count));
    ambit_draw *made;
    AMBIT_TRY(ambit_allocate(&made, 1, sizeof *made, "draw"));
    made->class_count = class_count;
    ambit_status status = build(schedule, order, classes, floor_of, context, made);
    if (status != AMBIT_OK) {
        ambit_draw_destroy(made);
        return status;
    }
    *draw = made;
    return AMBIT_OK;
}

void ambit_draw_destroy(ambit_draw *draw) {
    if (!draw)
        return;
    ambit_schedule_destroy(draw->schedule);
    free(draw->classes);
    free(draw->ambits);
    free(draw->class_probability);
    free(draw->q);
    free(draw);
}

typedef struct {
    const double *table;
    double x;
} height;

static int is_above(const void *context, int64_t i) {
    const height *h = context;
    return h->table[i] > h->x;
}

static int is_not_above(const void *context, int64_t i) {
    return !is_above(context, i);
}

/* The first i in [0, count) with table[i] > x, of an ascending table that ends above x but for
 * rounding: then the answer is the first that reaches the table's end, which has a mass. */
static int first_above(const double *table, int count, double x) {
    const height wanted = {table, fmin(x, nextafter(table[count - 1], 0))};
    return (int)ambit_bisect(0, count - 1, is_above, &wanted);
}

/* The last k in [start, count) with table[k] > x, of a descending table; as above. */
static int last_above(const double *table, int start, int count, double x) {
    const height wanted = {table, fmin(x, nextafter(table[start], 0))};
    return (int)ambit_bisect(start + 1, count, is_not_above, &wanted) - 1;
}

/* A bin of class c for u in [0, 1): the masses of its two runs laid end to end. */
static int bin_at(const ambit_draw *draw, int c, double u) {
    const bin_ambit ambit = draw->ambits[c];
    const double low_mass = draw->below[ambit.low_end], x = u * ambit_mass(draw, c);
    const int high_empty = draw->above[ambit.high_start] <= 0;
    if (x < low_mass || high_empty)
        return first_above(draw->below + 1, ambit.low_end, x);
    return last_above(draw->above, ambit.high_start, draw->schedule->count, x - low_mass);
}

ambit_drawn ambit_draw_at(const ambit_draw *draw, uint64_t seed, uint64_t number) {
    ambit_rng rng = ambit_rng_open(seed, AMBIT_STREAM_DRAW, number);
    ambit_drawn drawn;
    drawn.class_index = first_above(draw->class_below, draw->class_count, ambit_rng_uniform(&rng));
    drawn.bin = bin_at(draw, drawn.class_index, ambit_rng_uniform(&rng));
    drawn.sigma = ambit_schedule_sigma(draw->schedule, drawn.bin, ambit_rng_uniform(&rng));
    const uint64_t count = (uint64_t)draw->classes[drawn.class_index].count;
    drawn.ordinal = (int64_t)ambit_rng_below(&rng, count);
    return drawn;
}

double ambit_draw_class_probability(const ambit_draw *draw, int c) {
    return draw->class_probability[c];
}

double ambit_draw_bin_probability(const ambit_draw *draw, int k) {
    return draw->bin_probability[k];
}

double ambit_draw_effective_samples(const ambit_draw *draw, int k) {
    return draw->effective[k];
}
