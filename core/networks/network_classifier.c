/* The noise-conditional classifier, on a denoiser's backbone: logit = W·mean(features) + b, from
 * zero, so that it starts undecided. Its probability that a sample seen at noise level σ is clean
 * is 1/(1 + e⁻ˡᵒᵍⁱᵗ). */
#include "network_build.h"

ambit_tensor *ambit_network_build_classifier(ambit_graph *graph, ambit_tensor *features) {
    return ambit_linear(graph, "logit", ambit_mean_of_tokens(graph, features), 1, AMBIT_LINEAR,
                        AMBIT_INIT_ZERO, NULL);
}
