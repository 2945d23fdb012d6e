#include "axis.h"

#include "number.h"

#include <math.h>

/* Values beyond it, of runs gone wrong, are drawn outside: spans and steps stay finite. */
static const double farthest = 1e140;

ambit_axis ambit_axis_fit(double low, double high, int logarithmic, int zero) {
    ambit_axis axis = {.logarithmic = logarithmic};
    if (!isfinite(low) || !isfinite(high) || low > high) {
        low = logarithmic ? 0.1 : 0;
        high = 1;
    }
    low = fmin(fmax(low, logarithmic ? 1 / farthest : -farthest), farthest);
    high = fmin(fmax(high, low), farthest);
    if (logarithmic) {
        double air = fmax(pow(high / low, 0.05), 1.05);
        axis.low = low / air;
        axis.high = high * air;
        return axis;
    }
    low = zero ? fmin(low, 0) : low;
    high = zero ? fmax(high, 0) : high;
    if (!(high - low > 1e-12 * fmax(fabs(low), fabs(high))))
        high = low + (low == 0 ? 1 : fabs(low));
    double step = ambit_number_step(high - low, 4);
    axis.low = floor(low / step + 1e-9) * step;
    axis.high = ceil(high / step - 1e-9) * step;
    return axis;
}

double ambit_axis_place(const ambit_axis *axis, double value) {
    double part = axis->logarithmic ? log(value / axis->low) / log(axis->high / axis->low)
                                    : (value - axis->low) / (axis->high - axis->low);
    return axis->from + part * (axis->to - axis->from);
}

int ambit_axis_shows(const ambit_axis *axis, double value) {
    return isfinite(value) && (!axis->logarithmic || value > 0);
}

static int linear_ticks(const ambit_axis *axis, int wanted, double ticks[AMBIT_MAX_TICKS]) {
    double step = ambit_number_step(axis->high - axis->low, wanted);
    double first = ceil(axis->low / step - 1e-9), last = floor(axis->high / step + 1e-9);
    int count = 0;
    while (first + count <= last && count < AMBIT_MAX_TICKS) {
        ticks[count] = (first + count) * step;
        count++;
    }
    return count;
}

/* 1, 2, 5 of each decade; over many decades 1 of each; over a part of one as on a linear axis. */
int ambit_axis_ticks(const ambit_axis *axis, int wanted, double ticks[AMBIT_MAX_TICKS]) {
    if (!axis->logarithmic)
        return linear_ticks(axis, wanted, ticks);
    static const double parts[] = {1, 2, 5};
    double decades = log10(axis->high / axis->low);
    int each = decades > 2.5 ? 1 : 3, count = 0;
    int every = (int)ceil(decades / (AMBIT_MAX_TICKS - 2));
    int last = (int)floor(log10(axis->high));
    for (int decade = (int)floor(log10(axis->low)); decade <= last; decade += every)
        for (int i = 0; i < each && count < AMBIT_MAX_TICKS; i++) {
            double value = pow(10, decade) * parts[i];
            if (value >= axis->low && value <= axis->high)
                ticks[count++] = value;
        }
    return count >= 3 ? count : linear_ticks(axis, wanted, ticks);
}
