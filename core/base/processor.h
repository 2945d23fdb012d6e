/* The processor: what it calls itself. Speeds of different ones do not compare. */
#ifndef AMBIT_CORE_BASE_PROCESSOR_H
#define AMBIT_CORE_BASE_PROCESSOR_H

enum { AMBIT_PROCESSOR_SIZE = 64 };

/* "AMD EPYC 9B45 64-Core Processor"; "unknown processor" where it does not say. */
void ambit_processor_name(char name[AMBIT_PROCESSOR_SIZE]);

#endif
