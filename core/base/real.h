/* The floating-point type of the graph: float in the product; double in a second build of the same
 * sources that only the gradient tests link, where finite differences need the digits. */
#ifndef AMBIT_CORE_BASE_REAL_H
#define AMBIT_CORE_BASE_REAL_H

#ifdef AMBIT_REAL_DOUBLE
typedef double ambit_real;
#else
typedef float ambit_real;
#endif

#endif
