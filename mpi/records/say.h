/* Lines for people at a terminal, whose words may come from data, plugins and files. */
#ifndef AMBIT_MPI_RECORDS_SAY_H
#define AMBIT_MPI_RECORDS_SAY_H

#include <stdio.h>

/* As fprintf(), but nothing that a terminal would act on gets through, line breaks apart
 * (core/base/text.h); more than about AMBIT_MESSAGE_SIZE bytes end in "…". */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void ambit_say(FILE *out, const char *format, ...);

#endif
