/* The noise level as numbers a network can use: sin and then cos of ½·l·1.5ᵏ, k = 0…7, with
 * l = ½·ln(√(1−σ²)/σ), half the logarithm of the ratio of signal to noise. */
#include "operator.h"

#include <math.h>

enum { FREQUENCIES = 8 };

static void forward(const ambit_operator *op) {
    const ambit_tensor *sigma = op->inputs[0];
    for (int64_t r = 0; r < sigma->rows; r++) {
        const double s = fmin(fmax((double)sigma->data[r], 1e-4), 1 - 1e-7);
        double angle = 0.25 * log(sqrt((1 - s) * (1 + s)) / s);
        ambit_real *out = op->output->data + r * 2 * FREQUENCIES;
        for (int k = 0; k < FREQUENCIES; k++, angle *= 1.5) {
            out[k] = (ambit_real)sin(angle);
            out[FREQUENCIES + k] = (ambit_real)cos(angle);
        }
    }
}

static const ambit_operator_kind kind = {"sigma features", forward, NULL};

ambit_tensor *ambit_sigma_features(ambit_graph *graph, ambit_tensor *sigma) {
    if (!sigma)
        return NULL;
    if (sigma->columns != 1 || sigma->differentiable)
        return ambit_graph_refuse(graph, "sigma features: σ is not an input of one column");
    const int64_t shape[2] = {sigma->rows, 2 * FREQUENCIES};
    ambit_operator *op = ambit_operator_new(graph, &kind, 1, &sigma, 2, shape);
    return op ? op->output : NULL;
}
