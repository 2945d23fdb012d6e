/* A position in one of the host's random streams.
 *
 * A stream is named by (seed, stream, index): the same name gives the same numbers everywhere.
 * Nothing here fails or allocates.
 */
#ifndef AMBIT_MAZE_RANDOM_H
#define AMBIT_MAZE_RANDOM_H

#include "ambit_plugin.h"

/* What the numbers are for. Trials have a stream of their own, so that no start and goal of the
 * demonstrations turns up in evaluation, whatever the seeds. Append only. */
enum maze_stream {
    MAZE_STREAM_WALLS = 1, /* the maze itself; index 0 */
    MAZE_STREAM_GCS = 2,   /* index: episode */
    MAZE_STREAM_RRT = 3,   /* index: episode */
    MAZE_STREAM_TRIAL = 4  /* index: trial */
};

typedef struct {
    const ambit_host *host;
    uint64_t seed, index;
    uint32_t stream, block;
    uint32_t words[4];
    int used; /* words of the block already given out */
} maze_random;

maze_random maze_random_open(const ambit_host *host, uint64_t seed, enum maze_stream stream,
                             uint64_t index);

/* Uniform in [0, 1) with 32 bits; uniform integer in [0, bound), bound ≥ 1 and small. */
double maze_random_uniform(maze_random *random);
int maze_random_below(maze_random *random, int bound);

#endif
