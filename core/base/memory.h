/* Memory that this process may have: the machine's, or less where control groups say so (version 2;
 * its own group and all above it).
 */
#ifndef AMBIT_CORE_BASE_MEMORY_H
#define AMBIT_CORE_BASE_MEMORY_H

#include <stdint.h>

/* Bytes that there are in all, whoever has them. */
int64_t ambit_memory_all(void);

/* Bytes that are free, with swap and with what only keeps files to be read again; INT64_MAX where
 * the system does not say. */
int64_t ambit_memory_left(void);

/* Bytes that this process may still map (ulimit -v); INT64_MAX without a limit. */
int64_t ambit_addresses_left(void);

#endif
