#include "exchange.h"

#include "../core/base/phase.h"
#include "../core/base/vector.h"
#include "meeting.h"
#include "window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_LEVELS = 32,
    VOTES = sizeof(ambit_vote) / sizeof(double),
    PART_BLOCKS = 2 /* blocks a member of the team takes at a time */
};

struct ambit_exchange {
    ambit_team *team;
    const ambit_parameter *table;
    int table_count;
    int64_t count, blocks; /* elements; AMBIT_NORM_BLOCKs */
    int64_t slots, first_slot, own_slots;

    /* The node as the exchange sees it (one rank, where nodes are uneven), and the ranks with the
     * same slice on other nodes. */
    MPI_Comm node, peers;
    int node_rank, node_size, node_index, node_count;

    ambit_window window;
    ambit_meeting *meeting;      /* of the node */
    float *parameters, *average; /* of the node */
    double *board;               /* of the node: squared norm of each block, then votes */
    float **arenas;              /* of each rank of the node: `levels` + 1 gradients */
    int64_t stride;              /* floats from one gradient of an arena to the next */

    /* Gradient l of an arena is the sum of 2ˡ slots that waits for its sibling; the last one is the
     * sum of this rank, once it is complete. */
    int levels;     /* 2^levels slots a rank */
    int64_t folded; /* slots folded in this step */

    int64_t slice_first, slice_end; /* blocks this rank's slice holds before halving */
    int64_t own_first, own_end;     /* blocks it owns after halving */
    char *moments;                  /* memory of both moments */
    float *moment_first, *moment_second;
    float *inbox; /* what the partner sends while halving */
};

static int is_power_of_two(int64_t value) {
    return value > 0 && (value & (value - 1)) == 0;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* First element of a block, at most all there are. */
static int64_t element_of(const ambit_exchange *x, int64_t block) {
    return least(block * AMBIT_NORM_BLOCK, x->count);
}

/* Gradient `level` of a rank of the node. */
static float *gradient_of(const ambit_exchange *x, int node_rank, int level) {
    return x->arenas[node_rank] + level * x->stride;
}

/* The sum of this rank, then of the slice, then of all nodes. */
static float *own_sum(const ambit_exchange *x) {
    return gradient_of(x, x->node_rank, x->levels);
}

/* ---------------------------------------------------------------- setting up */

static ambit_status check_shape(const ambit_ranks *ranks, int64_t slots) {
    if (!is_power_of_two(ranks->size) || ranks->size > slots)
        return ambit_fail(AMBIT_CONFIG,
                          "train.slots: %lld slots cannot be shared evenly by %d ranks; start a "
                          "power of two of at most %lld ranks, or raise train.slots",
                          (long long)slots, ranks->size, (long long)slots);
    return AMBIT_OK;
}

static void join_node(ambit_exchange *x, const ambit_ranks *ranks) {
    int shared = ranks->even && is_power_of_two(ranks->node_size);
    AMBIT_WAIT(MPI_Comm_split(ranks->world, shared ? ranks->node_index : ranks->rank, ranks->rank,
                              &x->node));
    MPI_Comm_rank(x->node, &x->node_rank);
    MPI_Comm_size(x->node, &x->node_size);
    x->node_count = ranks->size / x->node_size;
    x->node_index = ranks->rank / x->node_size;
    AMBIT_WAIT(MPI_Comm_split(ranks->world, x->node_rank, ranks->rank, &x->peers));
}

/* The halves of [first, end) that the two sides of a halving keep; the lower node keeps the lower.
 */
static void keep_half(int upper, int64_t *first, int64_t *end) {
    int64_t middle = *first + (*end - *first) / 2;
    if (upper)
        *first = middle;
    else
        *end = middle;
}

static void cut_ranges(ambit_exchange *x) {
    x->slice_first = x->blocks * x->node_rank / x->node_size;
    x->slice_end = x->blocks * (x->node_rank + 1) / x->node_size;
    x->own_first = x->slice_first;
    x->own_end = x->slice_end;
    for (int distance = 1; distance < x->node_count; distance *= 2)
        keep_half((x->node_index & distance) != 0, &x->own_first, &x->own_end);
}

/* ---- memory of this rank alone */

/* Cache lines of each moment. */
static int64_t moment_lines(const ambit_exchange *x) {
    const int64_t owned = element_of(x, x->own_end) - element_of(x, x->own_first);
    return (owned * (int64_t)sizeof(float) + AMBIT_CACHE_LINE - 1) / AMBIT_CACHE_LINE;
}

/* Of the half of the slice that a peer sends; none where there is no other node. */
static int64_t inbox_count(const ambit_exchange *x) {
    return x->node_count > 1 ? element_of(x, x->slice_end) - element_of(x, x->slice_first) : 0;
}

static int64_t private_bytes(const ambit_exchange *x) {
    return (2 * moment_lines(x) + 1) * AMBIT_CACHE_LINE + inbox_count(x) * (int64_t)sizeof(float);
}

/* ---- memory of the node, in bytes */

static int64_t arena_bytes(const ambit_exchange *x) {
    return (x->levels + 1) * x->stride * (int64_t)sizeof(float);
}

/* What exists once a node. */
static int64_t common_bytes(const ambit_exchange *x) {
    const int64_t board = (x->blocks + VOTES * (int64_t)x->node_size + 7) / 8 * 8;
    return (int64_t)sizeof(ambit_meeting) + 2 * x->stride * (int64_t)sizeof(float) +
           board * (int64_t)sizeof(double);
}

/* One window a node. The first rank's part begins with what exists once. */
static ambit_status open_window(ambit_exchange *x, const ambit_ranks *ranks) {
    const int64_t mine = arena_bytes(x) + (x->node_rank == 0 ? common_bytes(x) : 0);
    AMBIT_TRY(ambit_window_open(ranks, x->node, mine, private_bytes(x), "parameters and gradients",
                                &x->window));
    AMBIT_TRY_ALL(ranks, ambit_allocate(&x->arenas, (size_t)x->node_size, sizeof *x->arenas,
                                        "gradient arenas"));
    for (int rank = 0; rank < x->node_size; rank++) {
        char *part = ambit_window_part(&x->window, rank);
        if (rank == 0) {
            x->meeting = (ambit_meeting *)(void *)part;
            x->parameters = (float *)(void *)(x->meeting + 1);
            x->average = x->parameters + x->stride;
            x->board = (double *)(void *)(x->average + x->stride);
            part += common_bytes(x);
        }
        x->arenas[rank] = (float *)(void *)part;
    }
    memset(x->arenas[x->node_rank], 0, (size_t)arena_bytes(x));
    if (x->node_rank == 0)
        memset(x->meeting, 0, (size_t)common_bytes(x));
    return AMBIT_OK;
}

static ambit_status allocate_private(ambit_exchange *x) {
    const int64_t lines = moment_lines(x);
    AMBIT_TRY(ambit_allocate(&x->moments, (size_t)(2 * lines + 1), AMBIT_CACHE_LINE, "moments"));
    char *first = ambit_first_line(x->moments);
    x->moment_first = (float *)(void *)first;
    x->moment_second = (float *)(void *)(first + lines * AMBIT_CACHE_LINE);
    return ambit_allocate(&x->inbox, (size_t)inbox_count(x), sizeof(float), "gradients of a peer");
}

ambit_status ambit_exchange_create(const ambit_ranks *ranks, int64_t slots,
                                   const ambit_parameter *parameters, int parameter_count,
                                   ambit_exchange **exchange) {
    *exchange = NULL;
    AMBIT_ASSERT_SAME(ranks, &slots, sizeof slots);
    AMBIT_ASSERT_SAME(ranks, &parameters[parameter_count - 1].offset, sizeof parameters->offset);
    AMBIT_TRY(check_shape(ranks, slots));
    ambit_exchange *x = NULL;
    AMBIT_TRY_ALL(ranks, ambit_allocate(&x, 1, sizeof *x, "exchange"));
    *exchange = x;
    x->table = parameters;
    x->table_count = parameter_count;
    const ambit_parameter *last = &parameters[parameter_count - 1];
    x->count = last->offset + last->count;
    x->blocks = (x->count + AMBIT_NORM_BLOCK - 1) / AMBIT_NORM_BLOCK;
    x->stride = (x->count + 15) / 16 * 16; /* whole cache lines */
    x->slots = slots;
    x->own_slots = slots / ranks->size;
    x->first_slot = x->own_slots * ranks->rank;
    while (((int64_t)1 << x->levels) < x->own_slots)
        x->levels++;
    join_node(x, ranks);
    cut_ranges(x);
    AMBIT_TRY(open_window(x, ranks));
    AMBIT_TRY_ALL(ranks, allocate_private(x));
    ambit_exchange_publish(x);
    return AMBIT_OK;
}

void ambit_exchange_destroy(ambit_exchange *x) {
    if (!x)
        return;
    free(x->moments);
    free(x->inbox);
    free(x->arenas);
    ambit_window_close(&x->window);
    MPI_Comm_free(&x->peers);
    MPI_Comm_free(&x->node);
    free(x);
}

/* ---------------------------------------------------------------- asking */

int64_t ambit_exchange_window_bytes(const ambit_exchange *x) {
    return x->node_size > 1 ? common_bytes(x) + x->node_size * arena_bytes(x) : 0;
}

void ambit_exchange_slots(const ambit_exchange *x, int64_t *first, int64_t *count) {
    *first = x->first_slot;
    *count = x->own_slots;
}

float *ambit_exchange_parameters(ambit_exchange *x) {
    return x->parameters;
}

float *ambit_exchange_average(ambit_exchange *x) {
    return x->average;
}

int64_t ambit_exchange_count(const ambit_exchange *x) {
    return x->count;
}

/* Sums that the next slot completes, as it carries into one after the other. */
static int carries(const ambit_exchange *x) {
    int level = 0;
    while ((x->folded >> level) & 1)
        level++;
    return level;
}

/* Where the sum will be in the end, which is free as long as it is not complete. */
float *ambit_exchange_gradient(ambit_exchange *x) {
    return gradient_of(x, x->node_rank, carries(x));
}

ambit_owned ambit_exchange_owned(ambit_exchange *x) {
    int64_t first = element_of(x, x->own_first);
    return (ambit_owned){.first = first,
                         .count = element_of(x, x->own_end) - first,
                         .moment_first = x->moment_first,
                         .moment_second = x->moment_second};
}

void ambit_exchange_share(const ambit_exchange *x, int64_t *first, int64_t *count) {
    *first = element_of(x, x->slice_first);
    *count = element_of(x, x->slice_end) - *first;
}

void ambit_exchange_publish(ambit_exchange *x) {
    ambit_window_publish(&x->window, x->node);
}

/* ---------------------------------------------------------------- sharing */

void ambit_exchange_set_team(ambit_exchange *x, ambit_team *team) {
    x->team = team;
}

/* Does something to blocks first … end that concerns no other block. */
typedef void (*block_work)(ambit_exchange *x, const void *context, int64_t first, int64_t end);

typedef struct {
    ambit_exchange *x;
    block_work work;
    const void *context;
    int64_t first, end;
} shared_blocks;

static void run_part(const void *context, int64_t part, int member) {
    const shared_blocks *shared = context;
    const int64_t first = shared->first + part * PART_BLOCKS;
    (void)member;
    shared->work(shared->x, shared->context, first, least(first + PART_BLOCKS, shared->end));
}

static void share_blocks(ambit_exchange *x, int64_t first, int64_t end, block_work work,
                         const void *context) {
    const shared_blocks shared = {x, work, context, first, end};
    ambit_team_run(x->team, (end - first + PART_BLOCKS - 1) / PART_BLOCKS, run_part, &shared);
}

/* ---------------------------------------------------------------- summing */

/* out may be a or b. */
AMBIT_VECTOR static void add(const float *a, const float *b, int64_t count, float *out) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++)
        out[i] = a[i] + b[i];
}

/* A rank's gradient `level` plus the `terms` smallest ones that wait for it, from the smallest on:
 * `count` ≤ AMBIT_NORM_BLOCK elements. Returns where the sum is: in the arena or in `space`. */
static const float *sum_slots(const ambit_exchange *x, int node_rank, int level, int terms,
                              int64_t first, int64_t count, float *space) {
    const float *sum = gradient_of(x, node_rank, level) + first;
    for (int term = 0; term < terms; term++) {
        add(sum, gradient_of(x, node_rank, term) + first, count, space);
        sum = space;
    }
    return sum;
}

/* The sum of `n` ranks of the node as a binary tree, n a power of two; the rest as sum_slots. */
static const float *sum_ranks(const ambit_exchange *x, int node_rank, int n, int64_t first,
                              int64_t count, float *space) {
    if (n == 1)
        return sum_slots(x, node_rank, x->levels, x->levels, first, count, space);
    float other[AMBIT_NORM_BLOCK];
    const float *left = sum_ranks(x, node_rank, n / 2, first, count, space);
    const float *right = sum_ranks(x, node_rank + n / 2, n / 2, first, count, other);
    add(left, right, count, space);
    return space;
}

static void fold_blocks(ambit_exchange *x, const void *context, int64_t first, int64_t end) {
    const int level = carries(x);
    (void)context;
    for (int64_t block = first; block < end; block++) {
        const int64_t at = element_of(x, block);
        sum_slots(x, x->node_rank, level, level, at, element_of(x, block + 1) - at,
                  gradient_of(x, x->node_rank, level) + at);
    }
}

/* Like adding one to a binary counter: a slot's sum carries into the sum of its sibling, and on.
 * The last slot's carries are left to sum_node(), which reads all of it anyway. */
void ambit_exchange_fold(ambit_exchange *x) {
    const ambit_phase before = ambit_phase_enter(AMBIT_PHASE_EXCHANGE);
    if (x->folded + 1 < x->own_slots && carries(x) > 0)
        share_blocks(x, 0, x->blocks, fold_blocks, NULL);
    x->folded++;
    ambit_phase_leave(before);
}

/* Sums a block over the node, into this rank's arena; its squares are taken with the last addition.
 */
static double sum_block(const ambit_exchange *x, int64_t first, int64_t count) {
    float left[AMBIT_NORM_BLOCK], right[AMBIT_NORM_BLOCK];
    float *sum = own_sum(x) + first;
    const int half = x->node_size / 2, last = x->levels - 1;
    if (half > 0)
        return ambit_add_squared(sum_ranks(x, 0, half, first, count, left),
                                 sum_ranks(x, half, half, first, count, right), count, sum);
    if (last >= 0)
        return ambit_add_squared(sum_slots(x, 0, x->levels, last, first, count, left),
                                 gradient_of(x, 0, last) + first, count, sum);
    return ambit_sum_of_squares(sum, count);
}

static void sum_blocks(ambit_exchange *x, const void *context, int64_t first, int64_t end) {
    (void)context;
    for (int64_t block = first; block < end; block++) {
        const int64_t at = element_of(x, block);
        x->board[block] = sum_block(x, at, element_of(x, block + 1) - at);
    }
}

/* Where there is no other node, this completes the board's squares. */
static void sum_node(ambit_exchange *x) {
    share_blocks(x, x->slice_first, x->slice_end, sum_blocks, NULL);
}

/* MPI counts are 32-bit, so long messages go in pieces, both ways at once. */
static void swap(ambit_exchange *x, int partner, const float *out, int64_t out_count, float *in,
                 int64_t in_count) {
    const int64_t piece = INT64_C(1) << 28;
    const ambit_phase before = ambit_phase_enter(AMBIT_PHASE_MESSAGE);
    for (int64_t done = 0; done < out_count || done < in_count; done += piece) {
        int64_t sends = out_count > done ? least(piece, out_count - done) : 0;
        int64_t takes = in_count > done ? least(piece, in_count - done) : 0;
        MPI_Sendrecv(out + least(done, out_count), (int)sends, MPI_FLOAT, partner, 0,
                     in + least(done, in_count), (int)takes, MPI_FLOAT, partner, 0, x->peers,
                     MPI_STATUS_IGNORE);
    }
    ambit_phase_leave(before);
}

typedef struct {
    float *sum;
    const float *term;
    int64_t term_first; /* element at which term begins */
} addition;

static void add_blocks(ambit_exchange *x, const void *context, int64_t first, int64_t end) {
    const addition *a = context;
    const int64_t from = element_of(x, first), count = element_of(x, end) - from;
    add(a->sum + from, a->term + (from - a->term_first), count, a->sum + from);
}

/* Recursive halving: at each distance a rank keeps one half of its range and gives away the other.
 */
static void sum_nodes(ambit_exchange *x) {
    float *gradient = own_sum(x);
    int64_t first = x->slice_first, end = x->slice_end;
    for (int distance = 1; distance < x->node_count; distance *= 2) {
        int upper = (x->node_index & distance) != 0;
        int64_t kept_first = first, kept_end = end, sent_first = first, sent_end = end;
        keep_half(upper, &kept_first, &kept_end);
        keep_half(!upper, &sent_first, &sent_end);
        int64_t kept = element_of(x, kept_first), sent = element_of(x, sent_first);
        int64_t kept_count = element_of(x, kept_end) - kept;
        swap(x, x->node_index ^ distance, gradient + sent, element_of(x, sent_end) - sent, x->inbox,
             kept_count);
        share_blocks(x, kept_first, kept_end, add_blocks, &(addition){gradient, x->inbox, kept});
        first = kept_first;
        end = kept_end;
    }
}

/* The way back: ranges double until each node has the whole slice again. */
static void gather_nodes(ambit_exchange *x, float *values) {
    int64_t firsts[MAX_LEVELS + 1] = {x->slice_first}, ends[MAX_LEVELS + 1] = {x->slice_end};
    int levels = 0;
    for (int distance = 1; distance < x->node_count; distance *= 2, levels++) {
        firsts[levels + 1] = firsts[levels];
        ends[levels + 1] = ends[levels];
        keep_half((x->node_index & distance) != 0, &firsts[levels + 1], &ends[levels + 1]);
    }
    for (int level = levels - 1; level >= 0; level--) {
        int upper = (x->node_index >> level) & 1;
        int64_t take_first = firsts[level], take_end = ends[level];
        keep_half(!upper, &take_first, &take_end);
        int64_t give = element_of(x, firsts[level + 1]), take = element_of(x, take_first);
        swap(x, x->node_index ^ (1 << level), values + give, element_of(x, ends[level + 1]) - give,
             values + take, element_of(x, take_end) - take);
    }
}

void ambit_exchange_collect_average(ambit_exchange *x) {
    gather_nodes(x, x->average);
    ambit_exchange_publish(x);
}

/* ---------------------------------------------------------------- the step */

static void square_blocks(ambit_exchange *x, const void *context, int64_t first, int64_t end) {
    (void)context;
    for (int64_t block = first; block < end; block++) {
        const int64_t at = element_of(x, block);
        const int mine = block >= x->own_first && block < x->own_end;
        x->board[block] =
            mine ? ambit_sum_of_squares(own_sum(x) + at, element_of(x, block + 1) - at) : 0.0;
    }
}

/* Of a rank of the node: after the blocks. */
static ambit_vote *vote_of(const ambit_exchange *x, int node_rank) {
    return (ambit_vote *)(void *)(x->board + x->blocks) + node_rank;
}

/* Writes this rank's vote to the board, and where there are other nodes the squares of the owned
 * blocks, and completes it. An entry is written by one rank of the job and zero on the others, so
 * adding them is exact in any order. */
static void fill_board(ambit_exchange *x, const ambit_vote *vote) {
    ambit_vote *mine = vote_of(x, x->node_rank);
    *mine = *vote;
    if (x->node_count > 1) {
        share_blocks(x, x->slice_first, x->slice_end, square_blocks, NULL);
        const ambit_phase before = ambit_phase_enter(AMBIT_PHASE_MESSAGE);
        MPI_Allreduce(MPI_IN_PLACE, x->board + x->slice_first, (int)(x->slice_end - x->slice_first),
                      MPI_DOUBLE, MPI_SUM, x->peers);
        MPI_Allreduce(MPI_IN_PLACE, mine, VOTES, MPI_DOUBLE, MPI_SUM, x->peers);
        ambit_phase_leave(before);
    }
}

static double read_board(const ambit_exchange *x, ambit_vote *vote) {
    double squares = 0.0;
    for (int64_t block = 0; block < x->blocks; block++)
        squares += x->board[block];
    *vote = (ambit_vote){0};
    for (int rank = 0; rank < x->node_size; rank++) {
        const ambit_vote *theirs = vote_of(x, rank);
        vote->stop += theirs->stop;
        vote->failed += theirs->failed;
        vote->unfinished += theirs->unfinished;
    }
    return sqrt(squares);
}

/* Updates owned blocks, one stretch of equal decay at a time. */
static void update_blocks(ambit_exchange *x, const void *context, int64_t first_block,
                          int64_t end_block) {
    const ambit_optimizer_step *step = context;
    const int64_t all_first = element_of(x, first_block), all_end = element_of(x, end_block);
    ambit_owned owned = ambit_exchange_owned(x);
    const float *gradient = own_sum(x);
    for (int i = 0; i < x->table_count; i++) {
        int64_t first = x->table[i].offset, end = first + x->table[i].count;
        first = first < all_first ? all_first : first;
        end = least(end, all_end);
        if (first >= end)
            continue;
        int64_t place = first - owned.first;
        ambit_optimizer_apply(step, x->table[i].decays, end - first, x->parameters + first,
                              gradient + first, owned.moment_first + place,
                              owned.moment_second + place, x->average + first);
    }
}

/* Meets the ranks of the node. */
static void wait_for_node(ambit_exchange *x) {
    if (x->node_count > 1)
        ambit_exchange_publish(x); /* messages to other nodes may still be on their way */
    else
        ambit_meeting_attend(x->meeting, x->node_size);
}

static void step_together(ambit_exchange *x, const ambit_optimizer_options *options, int64_t t,
                          ambit_vote *vote, double *norm) {
    wait_for_node(x); /* all arenas are filled, and nobody reads parameters any more */
    sum_node(x);
    sum_nodes(x);
    fill_board(x, vote);
    wait_for_node(x);
    *norm = read_board(x, vote);
    if (vote->failed == 0 && vote->unfinished == 0 && isfinite(*norm)) {
        ambit_optimizer_step step = ambit_optimizer_at(options, t, *norm);
        share_blocks(x, x->own_first, x->own_end, update_blocks, &step);
        gather_nodes(x, x->parameters);
    }
    wait_for_node(x);
    if (vote->failed == 0)
        x->folded = 0;
}

void ambit_exchange_step(ambit_exchange *x, const ambit_optimizer_options *options, int64_t t,
                         ambit_vote *vote, double *norm) {
    const ambit_phase before = ambit_phase_enter(AMBIT_PHASE_EXCHANGE);
    step_together(x, options, t, vote, norm);
    ambit_phase_leave(before);
}
