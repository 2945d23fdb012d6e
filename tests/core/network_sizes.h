/* The sizes every network has, for initialisers that name what else they want. */
#ifndef AMBIT_TESTS_CORE_NETWORK_SIZES_H
#define AMBIT_TESTS_CORE_NETWORK_SIZES_H

#define NETWORK_SIZES(sort, steps, chunk, observation, numbers, levels, parts)                     \
    .kind = AMBIT_NETWORK_##sort, .chunk_steps = (steps), .chunk_width = (chunk),                  \
    .observation_size = (observation), .width = (numbers), .depth = (levels), .heads = (parts)

#endif
