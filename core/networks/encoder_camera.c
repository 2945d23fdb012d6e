/* The cameras' images: a small vision transformer (Dosovitskiy et al., 2021) over the patches of
 * all views together, so that views are compared with each other.
 *
 *     h = W·patches + positions      one grid: the views below each other
 *     h = block(h)                   depth times
 *     tokens = norm(h)
 */
#include "network_build.h"
#include "transformer.h"

#include <stdio.h>

/* Patches of all views of a row: batch × tokens × channels·patch². */
static ambit_tensor *patches_of_views(ambit_graph *graph, const ambit_camera_options *camera,
                                      ambit_tensor *input) {
    const ambit_image_shape *image = &camera->image;
    const int64_t batch = ambit_tensor_shape(input)[0];
    const int64_t views[4] = {batch * camera->views, image->channels, image->height, image->width};
    ambit_tensor *x = ambit_patches(graph, ambit_reshape(graph, input, 4, views), image->patch);
    if (!x)
        return NULL;
    const int64_t *shape = ambit_tensor_shape(x);
    const int64_t rows[3] = {batch, camera->views * shape[1], shape[2]};
    return ambit_reshape(graph, x, 3, rows);
}

ambit_tensor *ambit_encode_camera(ambit_graph *graph, const char *name,
                                  const ambit_network_options *options, ambit_tensor *input,
                                  int64_t width) {
    const ambit_camera_options *camera = &options->camera;
    char full[48];
    (void)width; /* the encoder has its own */
    if (!input)
        return NULL;
    snprintf(full, sizeof full, "%s.embed", name);
    ambit_tensor *h = ambit_linear(graph, full, patches_of_views(graph, camera, input),
                                   camera->width, AMBIT_LINEAR, AMBIT_INIT_FAN_IN, NULL);
    snprintf(full, sizeof full, "%s.positions", name);
    h = ambit_add_grid_positions(graph, full, h, camera->image.width / camera->image.patch);
    for (int64_t block = 0; block < camera->depth; block++) {
        snprintf(full, sizeof full, "%s.block%d", name, (int)block);
        h = ambit_transformer_plain_block(graph, full, h, camera->heads);
    }
    snprintf(full, sizeof full, "%s.norm", name);
    return ambit_transformer_plain_norm(graph, full, h);
}
