/* A state, or a text's embedding made elsewhere, of one token or several: SiLU(W·x + b). */
#include "network_build.h"

#include <stdio.h>

ambit_tensor *ambit_encode_state(ambit_graph *graph, const char *name,
                                 const ambit_network_options *options, ambit_tensor *input,
                                 int64_t width) {
    char full[48];
    (void)options;
    snprintf(full, sizeof full, "%s.input", name);
    return ambit_linear(graph, full, input, width, AMBIT_SILU, AMBIT_INIT_FAN_IN, NULL);
}
