#include "stencil.h"

#include "core/base/rng.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const double step = 3e-4, tolerance = 1e-8;

enum { SAMPLES = 120 };

void stencil_randomise(ambit_real *values, int64_t count, uint64_t index, double deviation) {
    ambit_rng rng = ambit_rng_open(7, AMBIT_STREAM_TESTS, index);
    for (int64_t i = 0; i < count; i++)
        values[i] = (ambit_real)(deviation * (double)ambit_rng_normal(&rng));
}

static double slope(const stencil_problem *p, ambit_real *at) {
    static const double offsets[4] = {-2, -1, 1, 2}, factors[4] = {1, -8, 8, -1};
    const ambit_real start = *at;
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        *at = (ambit_real)((double)start + offsets[i] * step);
        sum += factors[i] * (double)p->loss(p->context);
    }
    *at = start;
    return sum / (12 * step);
}

/* Elements of every parameter, at most SAMPLES and evenly spread. The error is relative to the
 * parameter's largest gradient, plus what the stencil loses to rounding, about 16·ε·f/h: where
 * gradients cancel, as those of a bias before a norm almost do, that is all there is. */
static double worst_error(const stencil_problem *p) {
    int parameter_count;
    const ambit_parameter *table = ambit_graph_parameters(p->graph, &parameter_count);
    const double loss = (double)p->loss(p->context);
    const double rounding = 16 * DBL_EPSILON * fabs(loss) / step / tolerance;
    double worst = 0;
    for (int k = 0; k < parameter_count; k++) {
        const int64_t end = table[k].offset + table[k].count, apart = 1 + table[k].count / SAMPLES;
        double largest = 0, error = 0;
        for (int64_t i = table[k].offset; i < end; i++) {
            assert_true(isfinite(p->gradients[i])); /* fmax() would pass over NaN */
            largest = fmax(largest, fabs((double)p->gradients[i]));
        }
        for (int64_t i = table[k].offset; i < end; i += apart)
            error = fmax(error, fabs(slope(p, &p->parameters[i]) - (double)p->gradients[i]));
        assert_true(largest > 0);
        if (!(error <= tolerance * (largest + rounding)))
            print_error("%s: gradient is off by %g where the largest is %g\n", table[k].name, error,
                        largest);
        worst = fmax(worst, error / (largest + rounding));
    }
    return worst;
}

/* Gradients start as NaN: backward has to write each of them. */
void stencil_check(const char *name, const stencil_problem *p) {
    const int64_t count = ambit_graph_parameter_count(p->graph);
    for (int64_t i = 0; i < count; i++)
        p->gradients[i] = NAN;
    p->loss(p->context);
    p->backward(p->context);
    const double error = worst_error(p);
    print_message("%-28s %6d numbers, relative error %.1e\n", name, (int)count, error);
    assert_true(error <= tolerance);
}
