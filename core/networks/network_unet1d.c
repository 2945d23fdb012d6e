/* The conditional temporal U-Net of Diffusion Policy (Chi et al., RSS 2023), `depth` levels, level
 * i with width·2ⁱ channels and 1/2ⁱ of the steps:
 *
 *     c = [MLP(σ features), observation, other conditions]
 *     block(x) = mish(norm(conv₅(mish(norm(conv₅(x)))·(1 + scale) + shift))) + x,
 *                scale and shift a linear layer of mish(c); x through a linear layer where the
 *                channels change
 *     down:    two blocks a level, then a convolution of stride 2 (not after the last)
 *     middle:  two blocks
 *     up:      [x, the level's x on the way down], two blocks, then a transposed convolution
 *     prediction = W·mish(norm(conv₅(x))) + b                                          from zero
 *
 * A classifier takes the way down and the middle. The published network (conditional_unet1d.py with
 * kernel_size 5, n_groups 8, cond_predict_scale) differs in this: it scales by `scale`, not 1 +
 * scale; it does not start its last layer at zero; its step embedding is of 128 or 256 sinusoids of
 * the step's number, through layers as wide, where this one is of 16 of σ, through layers of
 * 4·width and width; and it has an optional condition for each step of the chunk, which its
 * policies do not use.
 */
#include "network_build.h"

#include "../base/limits.h"

#include <inttypes.h>
#include <stdio.h>

enum { KERNEL = 5, DOWN_KERNEL = 3, UP_KERNEL = 4, GROUPS = 8, MOST_LEVELS = 8 };

typedef struct {
    ambit_graph *graph;
    ambit_tensor *condition;
    ambit_tensor *skips[MOST_LEVELS]; /* what each level had on the way down */
} unet;

static ambit_tensor *build_condition(ambit_graph *graph, const ambit_network_options *options,
                                     const ambit_network_inputs *inputs) {
    const int64_t width = options->width;
    ambit_tensor *parts[AMBIT_CONDITIONS + 1], *c = ambit_sigma_features(graph, inputs->sigma);
    c = ambit_linear(graph, "sigma.input", c, 4 * width, AMBIT_MISH, AMBIT_INIT_FAN_IN, NULL);
    parts[0] = ambit_linear(graph, "sigma.output", c, width, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, NULL);
    const int count = 1 + ambit_encode_parts(graph, options, inputs, parts + 1);
    return ambit_activate(graph, ambit_concat(graph, count, parts), AMBIT_MISH);
}

static ambit_tensor *residual_block(const unet *net, const char *name, ambit_tensor *x,
                                    int64_t channels) {
    char part[64];
    ambit_graph *graph = net->graph;
    snprintf(part, sizeof part, "%s.film", name);
    ambit_tensor *film = ambit_linear(graph, part, net->condition, 2 * channels, AMBIT_LINEAR,
                                      AMBIT_INIT_FAN_IN, NULL);
    ambit_tensor *shift = ambit_columns(graph, film, 0, channels);
    ambit_tensor *scale = ambit_columns(graph, film, channels, channels), *residual = x, *y;
    if (x && ambit_tensor_shape(x)[2] != channels) {
        snprintf(part, sizeof part, "%s.residual", name);
        residual = ambit_linear(graph, part, x, channels, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, NULL);
    }
    snprintf(part, sizeof part, "%s.conv1", name);
    y = ambit_convolution(graph, part, x, channels, KERNEL, 1);
    snprintf(part, sizeof part, "%s.norm1", name);
    y = ambit_group_norm_mish(graph, part, y, GROUPS, shift, scale, NULL);
    snprintf(part, sizeof part, "%s.conv2", name);
    y = ambit_convolution(graph, part, y, channels, KERNEL, 1);
    snprintf(part, sizeof part, "%s.norm2", name);
    return ambit_group_norm_mish(graph, part, y, GROUPS, NULL, NULL, residual);
}

static ambit_tensor *two_blocks(const unet *net, const char *stage, int64_t level, ambit_tensor *x,
                                int64_t channels) {
    for (int block = 0; block < 2; block++) {
        char name[48];
        snprintf(name, sizeof name, "%s%d.block%d", stage, (int)level, block);
        ambit_graph_begin_block(net->graph);
        x = residual_block(net, name, x, channels);
        ambit_graph_end_block(net->graph);
    }
    return x;
}

static ambit_tensor *go_down(unet *net, ambit_tensor *x, int64_t width, int64_t last) {
    char name[48];
    for (int64_t level = 0; level <= last; level++) {
        x = net->skips[level] = two_blocks(net, "down", level, x, width << level);
        snprintf(name, sizeof name, "down%d.sample", (int)level);
        if (level < last)
            x = ambit_convolution(net->graph, name, x, width << level, DOWN_KERNEL, 2);
    }
    return two_blocks(net, "middle", 0, x, width << last);
}

static ambit_tensor *go_up(unet *net, ambit_tensor *x, int64_t width, int64_t last) {
    char name[48];
    for (int64_t level = last; level > 0; level--) {
        x = ambit_concat(net->graph, 2, (ambit_tensor *[]){x, net->skips[level]});
        x = two_blocks(net, "up", level, x, width << (level - 1));
        snprintf(name, sizeof name, "up%d.sample", (int)level);
        x = ambit_transposed_convolution(net->graph, name, x, width << (level - 1), UP_KERNEL, 2);
    }
    return x;
}

static ambit_tensor *features(ambit_graph *graph, const ambit_network_options *options,
                              const ambit_network_inputs *inputs) {
    unet net = {graph, build_condition(graph, options, inputs), {NULL}};
    return go_down(&net, inputs->data, options->width, options->depth - 1);
}

static ambit_tensor *build(ambit_graph *graph, const ambit_network_options *options,
                           const ambit_network_inputs *inputs) {
    const int64_t width = options->width, last = options->depth - 1;
    unet net = {graph, build_condition(graph, options, inputs), {NULL}};
    ambit_tensor *x = go_down(&net, inputs->data, width, last);
    x = go_up(&net, x, width, last);
    x = ambit_convolution(graph, "final.conv", x, width, KERNEL, 1);
    x = ambit_group_norm_mish(graph, "final.norm", x, GROUPS, NULL, NULL, NULL);
    return ambit_linear(graph, "final.output", x, options->chunk_width, AMBIT_LINEAR,
                        AMBIT_INIT_ZERO, NULL);
}

static ambit_status check(const ambit_network_options *options) {
    const int64_t width = options->width, depth = options->depth, steps = options->chunk_steps;
    AMBIT_TRY(ambit_limit_check("network.depth", (double)depth, 1, MOST_LEVELS, 0));
    if (width % GROUPS != 0)
        return ambit_fail(AMBIT_CONFIG,
                          "network.width: %" PRId64 " is not a multiple of %d, as unet1d needs it; "
                          "write one that is",
                          width, (int)GROUPS);
    if (steps % ((int64_t)1 << (depth - 1)) != 0)
        return ambit_fail(AMBIT_CONFIG,
                          "network.depth: %" PRId64 " levels of unet1d halve the chunk %" PRId64
                          " times, which %" PRId64 " steps do not allow; lower network.depth or "
                          "make data.horizon a multiple of %" PRId64,
                          depth, depth - 1, steps, (int64_t)1 << (depth - 1));
    return AMBIT_OK;
}

const ambit_network_row ambit_network_unet1d = {
    .check = check, .build = build, .features = features};
