/* small_net_sums.h - the sums of a step, for vectors of LANES numbers; small_net.c includes it for
 * each width, names ending as FOR_LANES says.
 *
 * A group of outputs is one vector. Several places share each load of weights, and sums stay in
 * registers until they are done: 16 there are, 12 hold sums. Each number is summed in the order of
 * its weights, whatever the width. */

/* So that sums are numbers of their own, in registers, from the first pass on. */
#define UNROLLED _Pragma("GCC unroll 6")
#define LANES_TYPE FOR_LANES(lanes)
#define LANES_INLINE TARGET static inline __attribute__((always_inline))

typedef float LANES_TYPE
    __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef int32_t FOR_LANES(lane_bits) __attribute__((vector_size(LANES * sizeof(int32_t))));

LANES_INLINE void FOR_LANES(store)(const LANES_TYPE *sum, bool relu, int n, float *to)
{
    LANES_TYPE l = *sum;
    if (relu)
        l = (LANES_TYPE)((FOR_LANES(lane_bits))l & (l > (LANES_TYPE){0}));
    if (n >= LANES)
        *(LANES_TYPE *)to = l;
    else
        for (int i = 0; i < LANES - 1; i++)
            if (i < n)
                to[i] = l[i];
}

/* `groups` groups of outputs from the first on, at `cells` places. */
LANES_INLINE void FOR_LANES(sum_cells)(const struct layer *l, int first, const int groups,
                                       const int cells, const float *const *in, float *const *out)
{
    const int run = l->kernel[1] * l->in.channels;
    const size_t row = (size_t)((l->in.width + 2 * l->in.border) * l->in.channels);
    const size_t apart = (size_t)(l->n * LANES);
    const float *w = l->weights + (size_t)first * apart;
    LANES_TYPE sums[CELLS][CELLS];
    UNROLLED for (int g = 0; g < groups; g++) UNROLLED for (int k = 0; k < cells; k++) sums[g][k] =
        *(const LANES_TYPE *)(l->bias + (first + g) * LANES);
    for (int y = 0; y < l->kernel[0]; y++)
        for (size_t i = (size_t)y * row, end = i + (size_t)run; i < end; i++, w += LANES)
            UNROLLED for (int k = 0; k < cells; k++) UNROLLED for (int g = 0; g < groups; g++)
                sums[g][k] += *(const LANES_TYPE *)(w + (size_t)g * apart) * in[k][i];
    UNROLLED for (int g = 0; g < groups; g++) UNROLLED for (int k = 0; k < cells; k++)
        FOR_LANES(store)(&sums[g][k], l->relu, l->out.channels - (first + g) * LANES,
                         out[k] + (first + g) * LANES);
}

#define SUM(groups, cells)                                                                         \
    TARGET static void FOR_LANES(sum_##groups##_##cells)(                                          \
        const struct layer *l, int first, const float *const *in, float *const *out)               \
    {                                                                                              \
        FOR_LANES(sum_cells)(l, first, groups, cells, in, out);                                    \
    }
#define SUMS_OF(cells) SUM(1, cells) SUM(2, cells)

SUMS_OF(1)
SUMS_OF(2)
SUMS_OF(3)
SUMS_OF(4)
SUMS_OF(5)
SUMS_OF(6)
SUM(6, 1)
#undef SUMS_OF
#undef SUM

typedef void (*FOR_LANES(cell_sum))(const struct layer *l, int first, const float *const *in,
                                    float *const *out);

static void FOR_LANES(sum_places)(const struct layer *l, int cells, const float *const *in,
                                  float *const *out)
{
    static const FOR_LANES(cell_sum) sums[CELLS][2] = {
        {FOR_LANES(sum_1_1), FOR_LANES(sum_2_1)}, {FOR_LANES(sum_1_2), FOR_LANES(sum_2_2)},
        {FOR_LANES(sum_1_3), FOR_LANES(sum_2_3)}, {FOR_LANES(sum_1_4), FOR_LANES(sum_2_4)},
        {FOR_LANES(sum_1_5), FOR_LANES(sum_2_5)}, {FOR_LANES(sum_1_6), FOR_LANES(sum_2_6)}};
    int g = 0;
    for (; cells == 1 && l->groups - g >= 6; g += 6)
        FOR_LANES(sum_6_1)(l, g, in, out);
    for (; l->groups - g >= 2; g += 2)
        sums[cells - 1][1](l, g, in, out);
    if (g < l->groups)
        sums[cells - 1][0](l, g, in, out);
}

/* ---- the largest of some places ---- */

LANES_INLINE LANES_TYPE FOR_LANES(largest)(const struct layer *l, int y, int x, int c)
{
    LANES_TYPE most = *(const LANES_TYPE *)(place(&l->in, y, x) + c);
    for (int j = 0; j < l->kernel[0]; j++)
        for (int i = 0; i < l->kernel[1]; i++) {
            const LANES_TYPE at = *(const LANES_TYPE *)(place(&l->in, y + j, x + i) + c);
            const FOR_LANES(lane_bits) more = at > most;
            most = (LANES_TYPE)(((FOR_LANES(lane_bits))at & more) |
                                ((FOR_LANES(lane_bits))most & ~more));
        }
    return most;
}

TARGET static void FOR_LANES(pool)(const struct layer *l, struct area out)
{
    for (int y = out.y0; y < out.y1; y++)
        for (int x = out.x0; x < out.x1; x++)
            for (int c = 0; c < l->in.channels; c += LANES) {
                const LANES_TYPE most =
                    FOR_LANES(largest)(l, y * l->stride[0], x * l->stride[1], c);
                FOR_LANES(store)(&most, false, l->in.channels - c, place(&l->out, y, x) + c);
            }
}

/* ---- tiles ----
 *
 * A 3 x 3 kernel's outputs at two by two places cost 36 products a channel. The 4 x 4 numbers that
 * it sees and the kernel are each turned into 16 others, of which the products alone, summed over
 * the channels, give the four outputs: 16 products (Winograd's F(2 x 2, 3 x 3); Lavin and Gray,
 * "Fast algorithms for convolutional neural networks", CVPR 2016). */

/* From d, TILE_SIDE numbers that are `step` numbers apart, to what stands for them. */
#define TURN(d, t)                                                                                 \
    do {                                                                                           \
        (t)[0] = (d)[0] - (d)[2];                                                                  \
        (t)[1] = (d)[1] + (d)[2];                                                                  \
        (t)[2] = (d)[2] - (d)[1];                                                                  \
        (t)[3] = (d)[1] - (d)[3];                                                                  \
    } while (0)

/* The tile at `at`, to its parts, which lie `apart` numbers from each other. */
TARGET static void FOR_LANES(turn_tile)(const float *at, size_t row, size_t channels, size_t apart,
                                        float *to)
{
    for (size_t c = 0; c < channels; c += LANES) {
        LANES_TYPE t[TILE_SIDE][TILE_SIDE];
        for (size_t x = 0; x < TILE_SIDE; x++) {
            LANES_TYPE d[TILE_SIDE], turned[TILE_SIDE];
            for (size_t y = 0; y < TILE_SIDE; y++)
                d[y] = *(const LANES_TYPE *)(at + y * row + x * channels + c);
            TURN(d, turned);
            for (int y = 0; y < TILE_SIDE; y++)
                t[y][x] = turned[y];
        }
        for (size_t y = 0; y < TILE_SIDE; y++) {
            LANES_TYPE turned[TILE_SIDE];
            TURN(t[y], turned);
            for (size_t x = 0; x < TILE_SIDE; x++)
                *(LANES_TYPE *)(to + (y * TILE_SIDE + x) * apart + c) = turned[x];
        }
    }
}
#undef TURN

/* One part of `groups` groups of outputs of `tiles` tiles. */
LANES_INLINE void FOR_LANES(sum_part)(const float *w, size_t apart, int n, const int groups,
                                      const int tiles, const float *in, size_t next, float *to)
{
    LANES_TYPE sums[2][CELLS];
    UNROLLED for (int k = 0; k < tiles; k++) UNROLLED for (int g = 0; g < groups; g++) sums[g][k] =
        *(const LANES_TYPE *)(w + (size_t)g * apart) * in[(size_t)k * next];
    for (int c = 1; c < n; c++) {
        w += LANES;
        UNROLLED for (int k = 0; k < tiles; k++) UNROLLED for (int g = 0; g < groups; g++)
            sums[g][k] +=
            *(const LANES_TYPE *)(w + (size_t)g * apart) * in[(size_t)k * next + (size_t)c];
    }
    UNROLLED for (int k = 0; k < tiles; k++) UNROLLED for (int g = 0; g < groups; g++) *
        (LANES_TYPE *)(to + (k * 2 + g) * LANES) = sums[g][k];
}

#define PART(groups, tiles)                                                                        \
    TARGET static void FOR_LANES(part_##groups##_##tiles)(const float *w, size_t apart, int n,     \
                                                          const float *in, size_t next, float *to) \
    {                                                                                              \
        FOR_LANES(sum_part)(w, apart, n, groups, tiles, in, next, to);                             \
    }
#define PARTS_OF(tiles) PART(1, tiles) PART(2, tiles)

PARTS_OF(1)
PARTS_OF(2)
PARTS_OF(3)
PARTS_OF(4)
PARTS_OF(5)
PARTS_OF(6)
#undef PARTS_OF
#undef PART

typedef void (*FOR_LANES(part_sum))(const float *w, size_t apart, int n, const float *in,
                                    size_t next, float *to);

/* A tile's four outputs of group g out of its parts, m[TILE_PARTS], `next` numbers apart. */
LANES_INLINE void FOR_LANES(finish_tile)(const struct layer *l, int g, int y, int x, const float *m,
                                         size_t next)
{
    const LANES_TYPE bias = *(const LANES_TYPE *)(l->bias + g * LANES);
    LANES_TYPE s[2][TILE_SIDE];
    for (size_t i = 0; i < TILE_SIDE; i++) {
        const LANES_TYPE a = *(const LANES_TYPE *)(m + i * next),
                         b = *(const LANES_TYPE *)(m + (TILE_SIDE + i) * next),
                         c = *(const LANES_TYPE *)(m + (2 * TILE_SIDE + i) * next),
                         d = *(const LANES_TYPE *)(m + (3 * TILE_SIDE + i) * next);
        s[0][i] = a + b + c;
        s[1][i] = b - c - d;
    }
    for (int j = 0; j < 2 && y + j < l->out.height; j++) {
        const LANES_TYPE left = s[j][0] + s[j][1] + s[j][2] + bias,
                         right = s[j][1] - s[j][2] - s[j][3] + bias;
        float *to = place(&l->out, y + j, x) + g * LANES;
        FOR_LANES(store)(&left, l->relu, l->out.channels - g * LANES, to);
        if (x + 1 < l->out.width)
            FOR_LANES(store)
        (&right, l->relu, l->out.channels - g * LANES, to + l->out.channels);
    }
}

TARGET static void FOR_LANES(sum_tiles)(const struct layer *l, struct area tiles, int first, int n,
                                        float *parts)
{
    static const FOR_LANES(part_sum) sums[CELLS][2] = {
        {FOR_LANES(part_1_1), FOR_LANES(part_2_1)}, {FOR_LANES(part_1_2), FOR_LANES(part_2_2)},
        {FOR_LANES(part_1_3), FOR_LANES(part_2_3)}, {FOR_LANES(part_1_4), FOR_LANES(part_2_4)},
        {FOR_LANES(part_1_5), FOR_LANES(part_2_5)}, {FOR_LANES(part_1_6), FOR_LANES(part_2_6)}};
    const int across = tiles.x1 - tiles.x0;
    const size_t channels = (size_t)l->in.channels, next = tile_apart(l->in.channels),
                 row = (size_t)(l->in.width + 2 * l->in.border) * channels,
                 apart = (size_t)(TILE_PARTS * l->n * LANES);
    _Alignas(64) float m[TILE_PARTS][TILES_AT_ONCE * 2 * LANES];
    for (int k = 0; k < n; k++)
        FOR_LANES(turn_tile)
    (place(&l->in, (tiles.y0 + (first + k) / across) * 2 - 1,
           (tiles.x0 + (first + k) % across) * 2 - 1),
     row, channels, TILES_AT_ONCE * next, parts + (size_t)k * next);
    for (int g = 0; g < l->groups; g += 2) {
        const int groups = l->groups - g < 2 ? 1 : 2;
        const float *w = l->weights + (size_t)g * apart;
        for (int p = 0; p < TILE_PARTS; p++, w += l->n * LANES)
            for (int k = 0, piece; k < n; k += piece) {
                piece = next_piece(n - k);
                sums[piece - 1][groups - 1](w, apart, l->n,
                                            parts + ((size_t)p * TILES_AT_ONCE + (size_t)k) * next,
                                            next, &m[p][k * 2 * LANES]);
            }
        for (int i = 0; i < groups; i++)
            for (int k = 0; k < n; k++)
                FOR_LANES(finish_tile)
        (l, g + i, (tiles.y0 + (first + k) / across) * 2, (tiles.x0 + (first + k) % across) * 2,
         &m[0][(k * 2 + i) * LANES], TILES_AT_ONCE * 2 * LANES);
    }
}

#undef LANES_TYPE
#undef LANES_INLINE
#undef UNROLLED
