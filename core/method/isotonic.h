/* Monotone curves over noise levels: the least-squares fit, and where it crosses a level.
 *
 * Nothing here fails or allocates. Not collective.
 */
#ifndef AMBIT_CORE_METHOD_ISOTONIC_H
#define AMBIT_CORE_METHOD_ISOTONIC_H

enum { AMBIT_MOST_LEVELS = 128 };

/* Replaces values[count], count ≤ AMBIT_MOST_LEVELS, by the falling (rising = 0) or rising sequence
 * with the least Σ weight·(value − fit)²: neighbours in the wrong order are pooled into their mean
 * (Ayer et al., "An empirical distribution function for sampling with incomplete information",
 * 1955). weights NULL: all 1; otherwise each is > 0. */
void ambit_isotonic(int count, const double *weights, int rising, double *values);

/* The least σ from which a falling curve through (sigmas[i], values[i]), straight between them, is
 * at most `level`: 0 where it is so everywhere, 1 where it is so nowhere. sigmas ascend. */
double ambit_falls_below(int count, const double *sigmas, const double *values, double level);

#endif
