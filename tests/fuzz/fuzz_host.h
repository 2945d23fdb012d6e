/* The host that a plugin is given by the targets. */
#ifndef AMBIT_TESTS_FUZZ_FUZZ_HOST_H
#define AMBIT_TESTS_FUZZ_FUZZ_HOST_H

#include "plugins/ambit_plugin.h"

/* A host that gives no block of more than 256 MiB, and whose CRC is always 0: masked, as TFRecord
 * wants it, 0xa282ead8. So a CRC hinders no change of what it covers. */
const ambit_host *fuzz_host(void);

/* Requires that all memory given was released, and that host->fail() was called once where `code`
 * (a function's return) is not 0, and not at all where it is. Begins counting anew. */
void fuzz_host_settle(int code);
/* The same, while memory is still held. */
void fuzz_host_outcome(int code);

#endif
