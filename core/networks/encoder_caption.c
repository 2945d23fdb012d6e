/* A caption: its hashed n-grams name rows of a table that is learned with the network. */
#include "network_build.h"

#include <stdio.h>

ambit_tensor *ambit_encode_caption(ambit_graph *graph, const char *name,
                                   const ambit_network_options *options, ambit_tensor *input,
                                   int64_t width) {
    char full[48];
    snprintf(full, sizeof full, "%s.table", name);
    return ambit_bag(graph, full, input, options->caption.buckets, width);
}
