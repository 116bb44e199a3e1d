/* small_net_layer.h - what a net's steps are made of, and who sums them.
 *
 * Internal to small_net. Numbers lie by place, the channels of one beside each other: [y][x]
 * [channel], with a border of noughts where the next convolution reaches beyond. */
#ifndef YJ_CORE_SMALL_NET_LAYER_H
#define YJ_CORE_SMALL_NET_LAYER_H

#include "onnx_chain.h"

#include <stdbool.h>
#include <stddef.h>

#define CELLS 6          /* places, or tiles, that are summed together */
#define LANES_MOST 8     /* numbers of the widest vector */
#define TILE_SIDE 4      /* places that a tile sees each way: its two and the kernel's border */
#define TILE_PARTS 16    /* numbers that stand for a tile */
#define TILES_AT_ONCE 18 /* their parts stay in the nearest caches */

/* Numbers between two steps. */
struct plane {
    int channels, height, width, border;
    float *at; /* [height + 2 border][width + 2 border][channels], and LANES_MOST to spare */
};

struct layer {
    enum chain_op op; /* conv, pool, gemm */
    struct plane in, out;
    int kernel[2], stride[2], pad;
    bool relu;
    bool tiled;     /* a convolution done tile by tile (small_net_sums.h) */
    int groups;     /* of outputs, a vector each */
    int n;          /* weights of an output; tiled: of each part of one */
    float *weights; /* [groups][n: kernel down, across, channels][lanes]; tiled:
                       [groups][TILE_PARTS][n: channels][lanes] */
    float *bias;    /* [groups][lanes] */
};

/* Places y0 <= y < y1, x0 <= x < x1. */
struct area {
    int y0, x0, y1, x1;
};

/* Sums for vectors of one width. */
struct summer {
    int lanes;
    /* The outputs of up to CELLS places: in[k] is where the kernel lies at place k, out[k] where
     * its first output goes. */
    void (*places)(const struct layer *l, int cells, const float *const *in, float *const *out);
    /* The outputs of tiles first .. first + n - 1, n up to TILES_AT_ONCE, of those that make up an
     * area. `parts`: room for TILE_PARTS * TILES_AT_ONCE * tile_apart() numbers. */
    void (*tiles)(const struct layer *l, struct area tiles, int first, int n, float *parts);
    void (*pool)(const struct layer *l, struct area out);
};

static inline __attribute__((always_inline)) float *place(const struct plane *p, int y, int x)
{
    int row = p->width + 2 * p->border;
    return p->at + (size_t)(((y + p->border) * row + x + p->border) * p->channels);
}

/* Numbers from one tile's part to the next tile's, for whole vectors of any width. */
static inline size_t tile_apart(int channels)
{
    return (size_t)((channels + LANES_MOST - 1) / LANES_MOST * LANES_MOST);
}

/* How many of the places or tiles that are left are summed next: no piece is much smaller than
 * another. */
static inline int next_piece(int left)
{
    int pieces = (left + CELLS - 1) / CELLS;
    return (left + pieces - 1) / pieces;
}

#endif
