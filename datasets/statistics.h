/* Statistics of a field, element by element, or of pictures channel by channel (field.h): count,
 * mean, standard deviation, least, greatest, and the quantiles .01 and .99.
 *
 * Built one shard at a time and merged in the order of the shards, so that the result does not
 * depend on which rank saw which shard. Mean and variance merge by the formula of Chan, Golub and
 * LeVeque (1983). Quantiles come from a sketch: at most 512 order statistics a shard and element,
 * evenly spaced in rank, so that a quantile is off by at most 1/512 in rank; exact for shards of
 * up to 512 steps. Fields of more than 2,048 elements keep 2²⁰/elements of them, and fields of more
 * than 4,096 elements none: their quantiles are the least and the greatest. Of u8 the order
 * statistics of a shard are those of all its values; of pictures of floats, those of at most 1,024
 * pixels a step, evenly spaced.
 *
 * Quantiles between two order statistics are interpolated linearly, as numpy does. Of a field of
 * bytes, the statistics are those of one number a step, the length in bytes.
 */
#ifndef AMBIT_DATASETS_STATISTICS_H
#define AMBIT_DATASETS_STATISTICS_H

#include "field.h"

typedef struct {
    int64_t elements;                                  /* of a step, or groups of them */
    int64_t count;                                     /* numbers seen of each: steps × pixels */
    double *mean, *std, *least, *greatest, *q01, *q99; /* [elements] each, one allocation */
    int64_t points; /* order statistics kept an element; 0: none, or not loaded */
    float *sketch;  /* [elements][points], ascending in each row; NULL where points is 0 */
} ambit_statistics;

enum { AMBIT_STATISTICS_ROWS = 6 }; /* mean, std, least, greatest, q01, q99 */

/* All zero, with room for `points` order statistics an element. */
ambit_status ambit_statistics_create(int64_t elements, int64_t count, int64_t points,
                                     ambit_statistics *statistics);
/* Frees what it holds and clears it; a cleared one is allowed. */
void ambit_statistics_destroy(ambit_statistics *statistics);

/* Leaves the quantiles .01 and .99 alone. */
void ambit_statistics_drop_sketch(ambit_statistics *statistics);

/* Makes the sketch of all values, [count][elements]: they themselves, sorted. */
ambit_status ambit_statistics_sketch_all(ambit_statistics *statistics, const float *values);

/* How many order statistics are kept of `count` numbers of each element. */
int64_t ambit_statistics_points(int64_t elements, int64_t count);

/* Statistics of all parts together, in their order; parts of no steps are passed over. Parts have
 * equal `elements`. Where one of them has no sketch the whole has none: quantiles are then the
 * least and the greatest. */
ambit_status ambit_statistics_merge(const ambit_statistics *parts, int count,
                                    ambit_statistics *whole);

/* Statistics of groups of elements, from those of each: groups of pixels that were told apart. The
 * sketch only where `whole` had one. */
ambit_status ambit_statistics_group(const ambit_statistics *elements,
                                    const ambit_element_groups *groups, ambit_statistics *whole);

/* Sees the values of a field as they come. */
typedef struct ambit_tally ambit_tally;

/* element: what the values are (of bytes: their lengths, AMBIT_STORE_I64). */
ambit_status ambit_tally_create(const ambit_element_groups *groups, ambit_store_element element,
                                ambit_tally **tally);
void ambit_tally_destroy(ambit_tally *tally);
/* Adds the values of so many steps. AMBIT_DATA at the first NaN or infinity, naming step and
 * element. */
ambit_status ambit_tally_add(ambit_tally *tally, const void *values, int64_t steps);
/* The statistics so far. */
ambit_status ambit_tally_finish(const ambit_tally *tally, ambit_statistics *statistics);

#endif
