/* Where the time of a graph goes, operator by operator.
 *
 * A profile runs the graph as ambit_graph_forward() and ambit_graph_backward() do, with a clock
 * around each operator; those two functions know nothing of it. Bytes are what an operator reads
 * and writes at least: its inputs (in backward those it still needs), its output or the gradient of
 * it, what it saves between the two, and the gradients it writes. They may come from a cache.
 */
#ifndef AMBIT_CORE_GRAPH_GRAPH_PROFILE_H
#define AMBIT_CORE_GRAPH_GRAPH_PROFILE_H

#include "graph.h"

enum { AMBIT_FORWARD, AMBIT_BACKWARD, AMBIT_DIRECTIONS };

typedef struct {
    const char *kind; /* "linear" */
    char name[64];    /* that of its parameters, "block0.mlp.input"; "" where it has none */
    double seconds[AMBIT_DIRECTIONS], flops[AMBIT_DIRECTIONS], bytes[AMBIT_DIRECTIONS];
} ambit_operator_profile;

/* Runs a bound training graph `repeats` times and gives the mean of each operator, in the order of
 * running. The caller frees *rows with free(). */
ambit_status ambit_graph_profile(ambit_graph *graph, int repeats, ambit_operator_profile **rows,
                                 int *count);

#endif
