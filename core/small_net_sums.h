/* small_net_sums.h - the sums of a step, for vectors of LANES numbers; small_net.c includes it for
 * each width, names ending as FOR_LANES says.
 *
 * A group of outputs is one vector. Several places share each load of weights, and sums stay in
 * registers until they are done: 16 there are, 12 hold sums. Each number is summed in the order of
 * its weights, whatever the width. */

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
    for (int g = 0; g < groups; g++)
        for (int k = 0; k < cells; k++)
            sums[g][k] = *(const LANES_TYPE *)(l->bias + (first + g) * LANES);
    for (int y = 0; y < l->kernel[0]; y++)
        for (size_t i = (size_t)y * row, end = i + (size_t)run; i < end; i++, w += LANES)
            for (int k = 0; k < cells; k++)
                for (int g = 0; g < groups; g++)
                    sums[g][k] += *(const LANES_TYPE *)(w + (size_t)g * apart) * in[k][i];
    for (int g = 0; g < groups; g++)
        for (int k = 0; k < cells; k++)
            FOR_LANES(store)
    (&sums[g][k], l->relu, l->out.channels - (first + g) * LANES, out[k] + (first + g) * LANES);
}

#define SUM(groups, cells)                                                                         \
    TARGET static void FOR_LANES(sum_##groups##_##cells)(                                          \
        const struct layer *l, int first, const float *const *in, float *const *out)               \
    {                                                                                              \
        FOR_LANES(sum_cells)(l, first, groups, cells, in, out);                                    \
    }

SUM(1, 1)
SUM(2, 1)
SUM(3, 1)
SUM(6, 1)
SUM(1, 6)
SUM(2, 6)
#undef SUM

static void FOR_LANES(sum_places)(const struct layer *l, int cells, const float *const *in,
                                  float *const *out)
{
    int g = 0;
    for (; cells == CELLS && l->groups - g >= 2; g += 2)
        FOR_LANES(sum_2_6)(l, g, in, out);
    for (; cells == CELLS && g < l->groups; g++)
        FOR_LANES(sum_1_6)(l, g, in, out);
    for (int k = 0; k < cells && cells < CELLS; k++) {
        for (g = 0; l->groups - g >= 6; g += 6)
            FOR_LANES(sum_6_1)(l, g, in + k, out + k);
        for (; l->groups - g >= 3; g += 3)
            FOR_LANES(sum_3_1)(l, g, in + k, out + k);
        for (; l->groups - g >= 2; g += 2)
            FOR_LANES(sum_2_1)(l, g, in + k, out + k);
        for (; g < l->groups; g++)
            FOR_LANES(sum_1_1)(l, g, in + k, out + k);
    }
}

#undef LANES_TYPE
#undef LANES_INLINE
