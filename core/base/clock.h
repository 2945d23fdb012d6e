/* Time that only goes forward, and how fast memory is. */
#ifndef AMBIT_CORE_BASE_CLOCK_H
#define AMBIT_CORE_BASE_CLOCK_H

/* Seconds since some moment in the past. */
double ambit_clock(void);

/* Bytes a second that one core here and now reads from memory and writes to it in a + s·b, counted
 * as three passes, as in McCalpin's STREAM (1995): the best of several, on arrays that fit in no
 * cache. Takes about half a second, and 384 MiB; 0 where there is no memory. */
double ambit_memory_bandwidth(void);

#endif
