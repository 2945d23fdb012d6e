/* What can be said of a bad source in seconds, without training.
 *
 * - A quadratic discriminant: Gaussians are fitted to clean and bad samples (gaussian.h), and the
 *   difference of their log densities at each noise level stands for a classifier's logit. Cross-
 *   fitted over episodes in four parts, of which two fit, one calibrates and one is scored. It sees
 *   means and correlations alone, so its bound is a floor: a classifier finds that or more.
 * - Spectra (spectrum.h): from which σ on noise covers the difference in power, wholly (share 1),
 * or so that the difference is at most a half or a quarter of it; and where the difference is.
 * - What else tells the sources apart: speed, padding, and elements whose mean or spread differ,
 * each by the AUC of a classifier that sees nothing else. Such differences say that data were
 * recorded or prepared in another way, not that their content is worse.
 *
 * Rank 0 alone; not collective.
 */
#ifndef AMBIT_MPI_ANNOTATION_QUICK_H
#define AMBIT_MPI_ANNOTATION_QUICK_H

#include "../../core/method/separation.h"
#include "fold.h"

enum { AMBIT_QUICK_SHARES = 3, AMBIT_QUICK_WORDS = 6, AMBIT_QUICK_WORD = 240 };

typedef struct {
    int has_discriminant; /* 0: samples of too many numbers */
    double bound;         /* of the discriminant */
    ambit_range interval;
    double spectrum[AMBIT_QUICK_SHARES]; /* σ at shares 1, ½ and ¼ */
    ambit_range spectrum_interval;       /* of the middle one */
    double speed_auc, padding_auc;       /* P(bad faster than clean), P(bad padded more) */
    int64_t samples[AMBIT_KINDS];
    int word_count;
    char words[AMBIT_QUICK_WORDS][AMBIT_QUICK_WORD];
} ambit_quick;

/* Looks at up to 4,096 samples of each kind, fewer where they are large. */
ambit_status ambit_quick_look(const ambit_annotation_target *target, ambit_quick *quick);

void ambit_quick_print(const char *source, const ambit_quick *quick);

#endif
