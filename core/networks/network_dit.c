/* Diffusion transformer with adaLN-zero (Peebles and Xie, "Scalable diffusion models with
 * transformers", ICCV 2023), on the steps of a chunk or the patches of an image as tokens:
 *
 *     h = W·tokens + positions                      learned; in 2-D from sines and cosines
 *     c = of σ, and with conditioning adaln of the conditions (adaln.h)
 *     conditioning context:  h = [tokens of each condition, h]; dropped after the last block
 *     h = block(h, c)                               depth times (transformer.h)
 *     prediction = W·norm(h, c) + b                 from zero; patches put back in place
 */
#include "adaln.h"
#include "transformer.h"

#include <stdio.h>

static ambit_tensor *embed(ambit_graph *graph, const ambit_network_options *options,
                           const ambit_network_inputs *inputs) {
    const ambit_image_shape *image = &options->image;
    ambit_tensor *x = inputs->data;
    if (image->channels > 0)
        x = ambit_patches(graph, x, image->patch);
    x = ambit_linear(graph, "embed", x, options->width, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, NULL);
    return image->channels > 0
               ? ambit_add_grid_positions(graph, "positions", x, image->width / image->patch)
               : ambit_add_positions(graph, "positions", x);
}

/* The conditions' tokens before those of the data. */
static ambit_tensor *add_context(ambit_graph *graph, const ambit_network_options *options,
                                 const ambit_network_inputs *inputs, ambit_tensor *h) {
    ambit_tensor *parts[AMBIT_CONDITIONS + 1];
    int count = 0;
    for (int k = 0; k < AMBIT_CONDITIONS; k++)
        if (inputs->condition[k])
            parts[count++] =
                ambit_encode_tokens(graph, options, inputs, (ambit_condition)k, options->width);
    parts[count++] = h;
    return count > 1 ? ambit_join_tokens(graph, count, parts) : h;
}

static int64_t token_count(ambit_tensor *h) {
    return h ? ambit_tensor_shape(h)[1] : 0;
}

static ambit_tensor *features(ambit_graph *graph, const ambit_network_options *options,
                              const ambit_network_inputs *inputs) {
    ambit_tensor *condition = ambit_adaln_condition(graph, options, inputs);
    ambit_tensor *h = embed(graph, options, inputs);
    const int64_t tokens = token_count(h);
    if (options->conditioning == AMBIT_CONDITIONING_CONTEXT)
        h = add_context(graph, options, inputs, h);
    for (int64_t block = 0; block < options->depth; block++) {
        char name[32];
        snprintf(name, sizeof name, "block%d", (int)block);
        h = ambit_transformer_block(graph, name, h, condition, options->heads);
    }
    if (token_count(h) > tokens)
        h = ambit_take_tokens(graph, h, token_count(h) - tokens, tokens);
    return ambit_transformer_norm(graph, "final", h, condition);
}

static ambit_tensor *build(ambit_graph *graph, const ambit_network_options *options,
                           const ambit_network_inputs *inputs) {
    const ambit_image_shape *image = &options->image;
    const int64_t width =
        image->channels > 0 ? image->channels * image->patch * image->patch : options->chunk_width;
    ambit_tensor *x = features(graph, options, inputs);
    x = ambit_linear(graph, "final.output", x, width, AMBIT_LINEAR, AMBIT_INIT_ZERO, NULL);
    return image->channels > 0
               ? ambit_image_of_patches(graph, x, image->height, image->width, image->patch)
               : x;
}

static ambit_status check(const ambit_network_options *options) {
    return ambit_network_check_heads("", options->heads, options->width);
}

const ambit_network_row ambit_network_dit = {
    .images = 1, .check = check, .build = build, .features = features};
