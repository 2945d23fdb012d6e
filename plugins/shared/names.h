/* Lists of names as users write them in an option: separated by commas, blanks around them left
 * out, empty names passed over. */
#ifndef AMBIT_SHARED_NAMES_H
#define AMBIT_SHARED_NAMES_H

#include "buffer.h"

/* Takes the next name of *list and moves past it. 0 when there is none left. */
int shared_names_next(const char **list, shared_span *name);

/* Is `name` one of the list? */
int shared_names_have(const char *list, const char *name);

#endif
