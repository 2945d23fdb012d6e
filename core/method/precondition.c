#include "precondition.h"

#include <math.h>

ambit_precondition_factors ambit_precondition_at(ambit_prediction prediction, double sigma,
                                                 double sigma_data) {
    const double noise = fmin(fmax(sigma, 0), 1), signal = sqrt((1 - noise) * (1 + noise));
    const double d = sigma_data, r = hypot(signal * d, noise);
    const struct {
        double covariance, out;
    } rows[] =
        {
            [AMBIT_PREDICT_X0] = {signal * d * d, noise * d / r},
            [AMBIT_PREDICT_EPSILON] = {noise, signal * d / r},
            [AMBIT_PREDICT_V] = {signal * noise * (1 - d) * (1 + d), d / r},
        },
      row = rows[prediction];
    return (ambit_precondition_factors){1 / r, row.covariance / (r * r), row.out};
}
