/* Lines for people at a terminal, whose words may come from data, plugins and files. */
#ifndef AMBIT_MPI_RECORDS_SAY_H
#define AMBIT_MPI_RECORDS_SAY_H

#include <stdint.h>
#include <stdio.h>

/* As fprintf(), but nothing that a terminal would act on gets through, line breaks apart
 * (core/base/text.h); more than about AMBIT_MESSAGE_SIZE bytes end in "…". */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void ambit_say(FILE *out, const char *format, ...);

/* What stands behind the noun that is counted: "s", or "" for one. */
const char *ambit_plural(int64_t count);

#endif
