/* Platt's calibration of a classifier: c = 1/(1 + e^−(slope·z + offset)) for logit z, slope and
 * offset fitted on data that the classifier was not trained on (Platt, "Probabilistic outputs for
 * support vector machines", 1999). Both kinds of data weigh the same, whatever their numbers.
 *
 * Nothing here fails or allocates. Not collective.
 */
#ifndef AMBIT_CORE_METHOD_CALIBRATION_H
#define AMBIT_CORE_METHOD_CALIBRATION_H

#include <stdint.h>

typedef struct {
    double slope, offset;
} ambit_calibration;

/* The least cross-entropy over logits[count] with labels[count] (1 clean, 0 bad), found by Newton's
 * method. A weak pull towards slope 1 and offset 0, worth a few answers, keeps it finite where both
 * kinds are perfectly apart. Where a kind is missing the result is slope 1, offset 0. */
ambit_calibration ambit_calibrate(const float *logits, const unsigned char *labels, int64_t count);

double ambit_calibrated(const ambit_calibration *calibration, double logit);

#endif
