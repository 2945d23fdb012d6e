#include "calibration.h"

#include <math.h>

enum { MOST_STEPS = 50 };

/* The pull, as a precision of slope − 1 and of offset, in answers. */
static const double pull = 4;

static double logistic(double z) {
    return 1 / (1 + exp(-z));
}

double ambit_calibrated(const ambit_calibration *calibration, double logit) {
    return logistic(calibration->slope * logit + calibration->offset);
}

/* Gradient and curvature of the weighted cross-entropy plus the pull. */
typedef struct {
    double slope, offset;             /* first derivatives */
    double slope2, offset2, together; /* second ones */
    double loss;
} terms;

static terms terms_at(const ambit_calibration *at, const float *logits, const unsigned char *labels,
                      int64_t count, const double weights[2]) {
    const double s = at->slope - 1, o = at->offset;
    terms sum = {.slope = pull * s,
                 .offset = pull * o,
                 .slope2 = pull,
                 .offset2 = pull,
                 .loss = .5 * pull * (s * s + o * o)};
    for (int64_t i = 0; i < count; i++) {
        const double z = (double)logits[i], u = at->slope * z + at->offset, c = logistic(u);
        const double weight = weights[labels[i]], error = weight * (c - labels[i]);
        const double curve = weight * c * (1 - c);
        sum.slope += error * z;
        sum.offset += error;
        sum.slope2 += curve * z * z;
        sum.offset2 += curve;
        sum.together += curve * z;
        sum.loss += weight * (fmax(u, 0) + log1p(exp(-fabs(u))) - labels[i] * u);
    }
    return sum;
}

ambit_calibration ambit_calibrate(const float *logits, const unsigned char *labels, int64_t count) {
    ambit_calibration at = {1, 0};
    int64_t kinds[2] = {0};
    for (int64_t i = 0; i < count; i++)
        kinds[labels[i]]++;
    if (kinds[0] == 0 || kinds[1] == 0)
        return at;
    const double half = .5 * (double)count;
    const double weights[2] = {half / (double)kinds[0], half / (double)kinds[1]};
    terms here = terms_at(&at, logits, labels, count, weights);
    for (int step = 0; step < MOST_STEPS; step++) {
        const double scale = here.slope2 * here.offset2 - here.together * here.together;
        const double slope = (here.offset2 * here.slope - here.together * here.offset) / scale;
        const double offset = (here.slope2 * here.offset - here.together * here.slope) / scale;
        ambit_calibration next;
        terms there;
        double length = 1;
        do { /* the loss is convex: a shorter step in this direction always lowers it */
            next = (ambit_calibration){at.slope - length * slope, at.offset - length * offset};
            there = terms_at(&next, logits, labels, count, weights);
            length /= 2;
        } while (!(there.loss <= here.loss) && length > 1e-6);
        if (!(there.loss < here.loss))
            break;
        at = next;
        here = there;
    }
    return at;
}
