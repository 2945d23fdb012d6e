#include "objective.h"

#include "../base/limits.h"

#include <math.h>
#include <string.h>

/* Divisors are kept away from 0: σ = 0 and σ = 1 are asked for by nobody but rounding. */
static const double least_divisor = 1e-6;

/* Both losses have one form, x_σ = keep·x + add·n and target = target_x·x + target_n·n. */
typedef struct {
    double keep, add, target_x, target_n;
} mixture;

static double signal_of(double sigma) {
    return sqrt((1 - sigma) * (1 + sigma));
}

static double edge_of(const ambit_objective *objective, double sigma_min) {
    return sigma_min * sqrt(objective->buffer / (objective->buffer - 1));
}

/* With n = η and x = x_m, putting x_σ into the header's targets leaves, without the cancellation,
 *     x₀* = x_m/√(1−m²) − m²√(1−σ²)/√((1−m²)(σ²−m²))·η
 *     ε*  = σ√((1−m²)/(σ²−m²))·η
 * and m = 0 gives the denoising loss with x = x₀, n = ε. */
static mixture mixture_of(ambit_prediction prediction, double sigma, double m) {
    const double signal = signal_of(sigma), kept = signal_of(m);
    const double spread = sqrt((sigma - m) * (sigma + m));
    const double x0_x = 1 / kept, x0_n = m > 0 ? -m * m * signal / (kept * spread) : 0;
    const double epsilon_n = m > 0 ? sigma * kept / spread : 1;
    mixture mix = {.keep = signal / kept, .add = spread / kept};
    switch (prediction) {
    case AMBIT_PREDICT_X0:
        mix.target_x = x0_x;
        mix.target_n = x0_n;
        break;
    case AMBIT_PREDICT_EPSILON:
        mix.target_n = epsilon_n;
        break;
    case AMBIT_PREDICT_V:
        mix.target_x = -sigma * x0_x;
        mix.target_n = signal * epsilon_n - sigma * x0_n;
        break;
    }
    return mix;
}

/* How much larger the squared error is in this space than in x₀'s: with SNR = (1−σ²)/σ²,
 * ε̂ − ε = −√SNR·(x̂₀ − x₀) and v̂ − v = −(x̂₀ − x₀)/σ. */
static double error_ratio(ambit_prediction prediction, double sigma) {
    const double signal = fmax(signal_of(sigma), least_divisor);
    const double noise = fmax(sigma, least_divisor);
    switch (prediction) {
    case AMBIT_PREDICT_EPSILON:
        return signal * signal / (noise * noise);
    case AMBIT_PREDICT_V:
        return 1 / (noise * noise);
    default:
        return 1;
    }
}

static double weight_of(const ambit_objective *objective, double sigma) {
    static const double gamma = 5;
    const double ratio = error_ratio(objective->prediction, sigma);
    switch (objective->weight) {
    case AMBIT_WEIGHT_MIN_SNR:
        return fmin(error_ratio(AMBIT_PREDICT_EPSILON, sigma), gamma) / ratio;
    case AMBIT_WEIGHT_EDM:
        return error_ratio(AMBIT_PREDICT_V, sigma) / ratio;
    default:
        return 1;
    }
}

ambit_status ambit_objective_check(const ambit_objective *objective) {
    AMBIT_TRY(ambit_choice_check("ambient.prediction", (int)objective->prediction,
                                 AMBIT_CHOICES(AMBIT_PREDICTIONS)));
    AMBIT_TRY(
        ambit_choice_check("ambient.loss", (int)objective->loss, AMBIT_CHOICES(AMBIT_LOSSES)));
    AMBIT_TRY(ambit_choice_check("ambient.between", (int)objective->between,
                                 AMBIT_CHOICES(AMBIT_BETWEENS)));
    AMBIT_TRY(ambit_choice_check("ambient.weight", (int)objective->weight,
                                 AMBIT_CHOICES(AMBIT_LOSS_WEIGHTS)));
    return AMBIT_CHECK_ABOVE("ambient.buffer", objective->buffer, BUFFER);
}

double ambit_objective_floor(const ambit_objective *objective, double sigma_min) {
    if (objective->loss == AMBIT_LOSS_AMBIENT && objective->between == AMBIT_BETWEEN_SKIP)
        return fmin(edge_of(objective, sigma_min), 1);
    return sigma_min;
}

int ambit_objective_is_ambient(const ambit_objective *objective, double sigma, double sigma_min,
                               double sigma_max) {
    return objective->loss == AMBIT_LOSS_AMBIENT && sigma_min > 0 && sigma > sigma_max &&
           sigma >= edge_of(objective, sigma_min);
}

void ambit_objective_make(const ambit_objective *objective, const float *x0, int64_t size,
                          double sigma, double sigma_min, double sigma_max, ambit_rng *visit,
                          ambit_rng *fixed, float *x_sigma, float *target, float *weight) {
    const int ambient = ambit_objective_is_ambient(objective, sigma, sigma_min, sigma_max);
    const double m = ambient ? sigma_min : 0;

    /* The outputs hold the ingredients until the last loop: n in x_sigma, x in target. */
    ambit_rng_normals(visit, x_sigma, size);
    if (ambient) {
        const float kept = (float)signal_of(m), added = (float)m;
        ambit_rng_normals(fixed, target, size);
        for (int64_t i = 0; i < size; i++)
            target[i] = kept * x0[i] + added * target[i];
    } else {
        memcpy(target, x0, (size_t)size * sizeof *target);
    }

    const mixture mix = mixture_of(objective->prediction, sigma, m);
    const float keep = (float)mix.keep, add = (float)mix.add;
    const float target_x = (float)mix.target_x, target_n = (float)mix.target_n;
    for (int64_t i = 0; i < size; i++) {
        const float x = target[i], n = x_sigma[i];
        x_sigma[i] = keep * x + add * n;
        target[i] = target_x * x + target_n * n;
    }
    *weight = (float)weight_of(objective, sigma);
}

void ambit_noise_add(const float *x0, int64_t size, double sigma, ambit_rng *rng, float *x_sigma) {
    const float keep = (float)signal_of(sigma), add = (float)sigma;
    ambit_rng_normals(rng, x_sigma, size);
    for (int64_t i = 0; i < size; i++)
        x_sigma[i] = keep * x0[i] + add * x_sigma[i];
}

/* out = a·x_σ + b·output */
static void combine(double a, double b, int64_t size, const float *x_sigma, const float *output,
                    float *out) {
    const float of_x = (float)a, of_output = (float)b;
    for (int64_t i = 0; i < size; i++)
        out[i] = of_x * x_sigma[i] + of_output * output[i];
}

/* x₀ = (x_σ − σε)/√(1−σ²) = √(1−σ²)·x_σ − σv and ε = (x_σ − √(1−σ²)x₀)/σ = σ·x_σ + √(1−σ²)·v. */
void ambit_prediction_resolve(ambit_prediction prediction, double sigma, int64_t size,
                              const float *x_sigma, const float *output, float *x0,
                              float *epsilon) {
    const double signal = signal_of(sigma);
    const double by_signal = 1 / fmax(signal, least_divisor);
    const double by_noise = 1 / fmax(sigma, least_divisor);
    const struct {
        double x0_x, x0_output, epsilon_x, epsilon_output;
    } rows[] =
        {
            [AMBIT_PREDICT_X0] = {0, 1, by_noise, -signal * by_noise},
            [AMBIT_PREDICT_EPSILON] = {by_signal, -sigma * by_signal, 0, 1},
            [AMBIT_PREDICT_V] = {signal, -sigma, sigma, signal},
        },
      row = rows[prediction];
    if (x0)
        combine(row.x0_x, row.x0_output, size, x_sigma, output, x0);
    if (epsilon)
        combine(row.epsilon_x, row.epsilon_output, size, x_sigma, output, epsilon);
}
