#include "isotonic.h"

/* Values that were pooled into one. */
typedef struct {
    double sum, weight;
    int end; /* index after the last */
} pool;

static double mean_of(const pool *p) {
    return p->sum / p->weight;
}

void ambit_isotonic(int count, const double *weights, int rising, double *values) {
    pool pools[AMBIT_MOST_LEVELS];
    int top = 0;
    for (int i = 0; i < count; i++) {
        const double weight = weights ? weights[i] : 1;
        pools[top++] = (pool){weight * values[i], weight, i + 1};
        while (top > 1 && (rising ? mean_of(&pools[top - 2]) > mean_of(&pools[top - 1])
                                  : mean_of(&pools[top - 2]) < mean_of(&pools[top - 1]))) {
            pools[top - 2].sum += pools[top - 1].sum;
            pools[top - 2].weight += pools[top - 1].weight;
            pools[top - 2].end = pools[top - 1].end;
            top--;
        }
    }
    for (int p = 0, i = 0; p < top; p++)
        while (i < pools[p].end)
            values[i++] = mean_of(&pools[p]);
}

double ambit_falls_below(int count, const double *sigmas, const double *values, double level) {
    int i = 0;
    while (i < count && values[i] > level)
        i++;
    if (i == 0 || i == count)
        return i == 0 ? 0 : 1;
    const double above = values[i - 1] - level, below = level - values[i];
    return sigmas[i - 1] + above / (above + below) * (sigmas[i] - sigmas[i - 1]);
}
