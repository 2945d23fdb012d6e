/* Gradients against the four-point stencil (f(−2h) − 8f(−h) + 8f(h) − f(2h))/12h, in double
 * precision. */
#ifndef AMBIT_TESTS_CORE_STENCIL_H
#define AMBIT_TESTS_CORE_STENCIL_H

#include "core/graph/graph.h"

/* What is differentiated: a loss that depends on a graph's parameters. */
typedef struct {
    ambit_graph *graph;
    ambit_real (*loss)(void *context); /* runs forward */
    void (*backward)(void *context);
    void *context;
    ambit_real *parameters, *gradients; /* as they are bound */
} stencil_problem;

/* Random numbers of this deviation, the same for the same index. */
void stencil_randomise(ambit_real *values, int64_t count, uint64_t index, double deviation);

/* Checks the gradient of every parameter, in elements that are evenly spread; fails the test, after
 * printing which is off, or prints `name` and the largest error. */
void stencil_check(const char *name, const stencil_problem *problem);

#endif
