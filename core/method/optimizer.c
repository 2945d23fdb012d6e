#include "optimizer.h"

#include "../base/vector.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

double ambit_learning_rate(const ambit_optimizer_options *options, int64_t t) {
    if (t < options->warmup)
        return options->learning_rate * (double)t / (double)options->warmup;
    const double left = (double)(options->steps - options->warmup);
    const double done = left > 0 ? fmin((double)(t - options->warmup) / left, 1) : 1;
    const double end = options->final_fraction;
    return options->learning_rate * (end + (1 - end) * 0.5 * (1 + cos(pi * done)));
}

/* 1/(1 − βᵗ) for the β that the update really uses, so that a constant gradient has exactly its own
 * mean at every step. */
static float correction(double beta, int64_t t) {
    return (float)(1 / -expm1((double)t * log(beta)));
}

ambit_optimizer_step ambit_optimizer_at(const ambit_optimizer_options *options, int64_t t,
                                        double gradient_norm) {
    const double clip = options->clip;
    ambit_optimizer_step step = {
        .rate = (float)ambit_learning_rate(options, t),
        .beta1 = (float)options->beta1,
        .beta2 = (float)options->beta2,
        .epsilon = (float)options->epsilon,
        .decay = (float)options->decay,
        .clip_scale = clip > 0 && gradient_norm > clip ? (float)(clip / gradient_norm) : 1,
        .ema_decay = (float)fmin(options->ema_decay, (1 + (double)t) / (10 + (double)t)),
    };
    step.correction1 = correction(step.beta1, t);
    step.correction2 = correction(step.beta2, t);
    return step;
}

AMBIT_VECTOR void ambit_optimizer_apply(const ambit_optimizer_step *step, int decays, int64_t count,
                                        float *restrict parameters, const float *restrict gradient,
                                        float *restrict first, float *restrict second,
                                        float *restrict average) {
    /* Copies, so that the compiler need not fear that a write changes them. */
    const float rate = step->rate, beta1 = step->beta1, beta2 = step->beta2;
    const float correction1 = step->correction1, correction2 = step->correction2;
    const float epsilon = step->epsilon, clip_scale = step->clip_scale;
    const float shrink = decays ? step->rate * step->decay : 0, follow = 1 - step->ema_decay;
    for (int64_t i = 0; i < count; i++) {
        const float g = clip_scale * gradient[i], p = parameters[i];
        const float m = beta1 * first[i] + (1 - beta1) * g;
        const float v = beta2 * second[i] + (1 - beta2) * (g * g);
        const float move = m * correction1 / (sqrtf(v * correction2) + epsilon);
        const float next = p - rate * move - shrink * p;
        first[i] = m;
        second[i] = v;
        parameters[i] = next;
        average[i] += follow * (next - average[i]);
    }
}

/* Element i of a block goes into lane i mod 8 and the lanes are added in pairs: a fixed order that
 * vector instructions can follow. */
enum { LANES = 8 };

AMBIT_INLINE double sum_of_lanes(double *lanes) {
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    return lanes[0];
}

AMBIT_INLINE double sum_of_block(const float *values, int64_t count) {
    double lanes[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int lane = 0; lane < LANES; lane++)
            lanes[lane] += (double)values[i + lane] * (double)values[i + lane];
    for (int lane = 0; i < count; i++, lane++)
        lanes[lane] += (double)values[i] * (double)values[i];
    return sum_of_lanes(lanes);
}

AMBIT_VECTOR double ambit_sum_of_squares(const float *values, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i += AMBIT_NORM_BLOCK) {
        const int64_t left = count - i;
        sum += sum_of_block(values + i, left < AMBIT_NORM_BLOCK ? left : AMBIT_NORM_BLOCK);
    }
    return sum;
}

AMBIT_VECTOR double ambit_add_squared(const float *a, const float *b, int64_t count, float *sum) {
    double lanes[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        float total[LANES]; /* all of it before `sum`, which may be a or b, changes */
        for (int lane = 0; lane < LANES; lane++)
            total[lane] = a[i + lane] + b[i + lane];
        for (int lane = 0; lane < LANES; lane++)
            sum[i + lane] = total[lane];
        for (int lane = 0; lane < LANES; lane++)
            lanes[lane] += (double)total[lane] * (double)total[lane];
    }
    for (int lane = 0; i < count; i++, lane++) {
        const float total = a[i] + b[i];
        sum[i] = total;
        lanes[lane] += (double)total * (double)total;
    }
    return sum_of_lanes(lanes);
}
