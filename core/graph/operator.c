#include "operator.h"

#include "../base/vector.h"

#include <string.h>

enum { BLOCK_NUMBERS = 32768 }; /* least of a block: some microseconds of work */

int64_t ambit_row_blocks(int64_t rows, int64_t numbers) {
    int64_t blocks = rows * numbers / BLOCK_NUMBERS;
    blocks = blocks < AMBIT_MOST_BLOCKS ? blocks : AMBIT_MOST_BLOCKS;
    blocks = blocks < rows ? blocks : rows;
    return blocks > 1 ? blocks : 1;
}

typedef struct {
    const ambit_operator *op;
    ambit_rows_work work;
    int64_t rows, blocks;
} shared_rows;

static void run_block(const void *context, int64_t block, int member) {
    const shared_rows *shared = context;
    const ambit_rows rows = {shared->rows * block / shared->blocks,
                             shared->rows * (block + 1) / shared->blocks, block};
    shared->work(shared->op, rows, member);
}

void ambit_share_rows(const ambit_operator *op, int64_t rows, int64_t numbers,
                      ambit_rows_work work) {
    const shared_rows shared = {op, work, rows, ambit_row_blocks(rows, numbers)};
    ambit_team_run(op->team, shared.blocks, run_block, &shared);
}

AMBIT_VECTOR void ambit_sum_blocks(int64_t count, int64_t n, int64_t stride,
                                   const ambit_real *restrict parts, int add,
                                   ambit_real *restrict total) {
    if (!add)
        memset(total, 0, (size_t)n * sizeof *total);
    for (int64_t part = 0; part < count; part++)
        for (int64_t i = 0; i < n; i++)
            total[i] += parts[part * stride + i];
}
