#include "row.h"

#include <inttypes.h>

ambit_sample ambit_row_place(ambit_network *network, const ambit_sample_shape *shape, int64_t row,
                             float *chunk) {
    ambit_sample sample = {.chunk = chunk};
    for (int c = 0; c < AMBIT_CONDITIONS; c++) {
        float *first = ambit_network_condition(network, (ambit_condition)c);
        const int64_t size = ambit_sample_condition_size(shape, (ambit_condition)c);
        sample.condition[c] = first ? first + row * size : NULL;
    }
    return sample;
}

ambit_status ambit_row_mark(ambit_network *network, int64_t row, const ambit_sample *sample,
                            const int keeps[AMBIT_CONDITIONS]) {
    for (int c = 0; c < AMBIT_CONDITIONS; c++) {
        float *present = ambit_network_present(network, (ambit_condition)c);
        if (present)
            present[row] = sample->present[c] && (!keeps || keeps[c]);
        else if (sample->condition[c] && !sample->present[c])
            return ambit_fail(AMBIT_CONFIG,
                              "data.%s: sample %" PRIu64 " has none, and the network cannot do "
                              "without; set network.drop above 0, to 0.1 for instance",
                              ambit_condition_name((ambit_condition)c), sample->number);
    }
    return AMBIT_OK;
}
