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

AMBIT_VECTOR void ambit_gradient_rows(const ambit_operator *op, ambit_rows rows, int member) {
    const ambit_tensor *y = op->output;
    ambit_real *restrict sum = op->backward_scratch + rows.block * y->columns;
    (void)member;
    memset(sum, 0, (size_t)y->columns * sizeof *sum);
    for (int64_t r = rows.first; r < rows.end; r++) {
        const ambit_real *restrict from = y->gradient + r * y->columns;
        for (int64_t i = 0; i < y->columns; i++)
            sum[i] += from[i];
    }
}

void ambit_bias_gradient(const ambit_operator *op, int k, ambit_rows_work work) {
    const ambit_tensor *y = op->output;
    ambit_share_rows(op, y->rows, y->columns, work);
    ambit_sum_blocks(ambit_row_blocks(y->rows, y->columns), y->columns, y->columns,
                     op->backward_scratch, op->add[k], ambit_input_gradient(op, k));
}
