#include "random.h"

maze_random maze_random_open(const ambit_host *host, uint64_t seed, enum maze_stream stream,
                             uint64_t index) {
    maze_random random = {
        .host = host, .seed = seed, .index = index, .stream = (uint32_t)stream, .used = 4};
    return random;
}

static uint32_t next_word(maze_random *random) {
    if (random->used == 4) {
        random->host->random(random->host->context, random->seed, random->stream, random->index,
                             random->block++, random->words);
        random->used = 0;
    }
    return random->words[random->used++];
}

double maze_random_uniform(maze_random *random) {
    return (double)next_word(random) * 0x1p-32;
}

int maze_random_below(maze_random *random, int bound) {
    return (int)(((uint64_t)next_word(random) * (uint64_t)bound) >> 32);
}
