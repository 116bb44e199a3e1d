/* Numbers lie by place, the channels of one beside each other. The sums themselves:
 * small_net_sums.h, made for vectors of four numbers, and, where the processor has them, of eight.
 */
#include "small_net.h"

#include "diag.h"
#include "small_net_layer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TILED_CHANNELS 8 /* fewer are summed sooner than turned */
#define CACHE_LINE 64    /* bytes */
#define SIDE_MAX 4096    /* of a picture; of channels, too */

struct small_net {
    struct layer layers[CHAIN_MAX];
    int n;
    float shade[256]; /* of a picture's bytes */
    struct summer summer;
    float *parts;     /* of the tiles that are done at once */
    struct area last; /* of the picture before that is not nought */
};

/* ---- running ---- */

#define LANES 4
#define FOR_LANES(name) name##_of_four
#define TARGET
#include "small_net_sums.h"
#undef LANES
#undef FOR_LANES
#undef TARGET

#if defined(__x86_64__)
#define LANES 8
#define FOR_LANES(name) name##_of_eight
#define TARGET __attribute__((target("avx2")))
#include "small_net_sums.h"
#undef LANES
#undef FOR_LANES
#undef TARGET
#endif

/* For vectors of up to `most` numbers. */
static struct summer find_summer(int most)
{
#if defined(__x86_64__)
    if (most >= 8 && __builtin_cpu_supports("avx2"))
        return (struct summer){8, sum_places_of_eight, sum_tiles_of_eight, pool_of_eight};
#endif
    return (struct summer){4, sum_places_of_four, sum_tiles_of_four, pool_of_four};
}

static bool is_empty(struct area a)
{
    return a.y0 >= a.y1 || a.x0 >= a.x1;
}

static struct area whole(const struct plane *p)
{
    return (struct area){0, 0, p->height, p->width};
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

/* The least area that holds both. */
static struct area join(struct area a, struct area b)
{
    if (is_empty(a) || is_empty(b))
        return is_empty(a) ? b : a;
    return (struct area){least(a.y0, b.y0), least(a.x0, b.x0), most(a.y1, b.y1), most(a.x1, b.x1)};
}

/* Places from .. end - 1 of what comes in: the first and the one after the last that see any. */
static void reach(const struct layer *l, int d, int from, int end, int size, int *ret_from,
                  int *ret_end)
{
    *ret_from = most(0, (from + l->pad - l->kernel[d] + l->stride[d]) / l->stride[d]);
    *ret_end = least(size, (end - 1 + l->pad) / l->stride[d] + 1);
}

static struct area reach_of(const struct layer *l, struct area in)
{
    struct area out;
    reach(l, 0, in.y0, in.y1, l->out.height, &out.y0, &out.y1);
    reach(l, 1, in.x0, in.x1, l->out.width, &out.x0, &out.x1);
    return out;
}

static void run_conv(const struct layer *l, const struct summer *summer, struct area area)
{
    const ptrdiff_t back = place(&l->in, 0, 0) - place(&l->in, -l->pad, -l->pad);
    int x = area.x0, y = area.y0;
    for (int left = (area.y1 - area.y0) * (area.x1 - area.x0), cells; left > 0; left -= cells) {
        const float *in[CELLS];
        float *out[CELLS];
        cells = next_piece(left);
        for (int k = 0; k < cells; k++) {
            in[k] = place(&l->in, y * l->stride[0], x * l->stride[1]) - back;
            out[k] = place(&l->out, y, x);
            if (++x == area.x1) {
                x = area.x0;
                y++;
            }
        }
        summer->places(l, cells, in, out);
    }
}

static void run_tiles(const struct layer *l, const struct summer *summer, struct area area,
                      float *parts)
{
    struct area tiles = {area.y0 / 2, area.x0 / 2, (area.y1 + 1) / 2, (area.x1 + 1) / 2};
    int n = (tiles.y1 - tiles.y0) * (tiles.x1 - tiles.x0);
    for (int first = 0; first < n; first += TILES_AT_ONCE)
        summer->tiles(l, tiles, first, least(n - first, TILES_AT_ONCE), parts);
}

/* Where a picture's first step takes it from, and the area of it that is not nought. */
static struct area take_picture(const struct small_net *net, const uint8_t *picture)
{
    const struct plane *in = &net->layers[0].in;
    struct area ink = {in->height, in->width, 0, 0};
    for (int c = 0; c < in->channels; c++)
        for (int y = 0; y < in->height; y++, picture += in->width) {
            float *to = place(in, y, 0) + c;
            int from = 0, end = in->width;
            for (int x = 0; x < in->width; x++)
                to[x * in->channels] = net->shade[picture[x]];
            while (from < end && picture[from] == 0)
                from++;
            while (end > from && picture[end - 1] == 0)
                end--;
            if (from < end)
                ink = (struct area){least(ink.y0, y), least(ink.x0, from), most(ink.y1, y + 1),
                                    most(ink.x1, end)};
        }
    return ink;
}

int small_net_outputs(const struct small_net *net)
{
    return net->layers[net->n - 1].out.channels;
}

/* Where neither this picture nor the one before has anything, all numbers are as they were. */
void small_net_run(struct small_net *net, const uint8_t *picture, float *ret)
{
    struct area ink = take_picture(net, picture), area = join(ink, net->last);
    net->last = ink;
    for (int i = 0; i < net->n && !is_empty(area); i++) {
        const struct layer *l = &net->layers[i];
        area = reach_of(l, area);
        if (l->op == CHAIN_POOL)
            net->summer.pool(l, area);
        else if (l->tiled)
            run_tiles(l, &net->summer, area, net->parts);
        else
            run_conv(l, &net->summer, area);
    }
    memcpy(ret, net->layers[net->n - 1].out.at, (size_t)small_net_outputs(net) * sizeof *ret);
}

/* ---- making ---- */

/* Noughts, where no vector lies across two lines of a cache. */
static float *make_numbers(size_t n)
{
    size_t size = (n * sizeof(float) / CACHE_LINE + 1) * CACHE_LINE;
    float *numbers = aligned_alloc(CACHE_LINE, size);
    return numbers ? memset(numbers, 0, size) : NULL;
}

static bool is_tiled(const struct chain_step *step, int channels)
{
    return step->op == CHAIN_CONV && step->kernel[0] == 3 && step->kernel[1] == 3 &&
           step->stride[0] == 1 && step->stride[1] == 1 && step->pad[0] == 1 && step->pad[1] == 1 &&
           channels >= TILED_CHANNELS;
}

/* A gemm is a convolution whose kernel is all there is before it. */
static bool set_layer(const struct chain_step *step, const struct plane *in, int lanes,
                      struct layer *l)
{
    *l = (struct layer){.op = step->op, .in = *in, .out = {.channels = in->channels}};
    for (int d = 0; d < 2; d++) {
        l->kernel[d] = step->kernel[d];
        l->stride[d] = step->stride[d];
    }
    if (step->op == CHAIN_GEMM) {
        l->kernel[0] = in->height;
        l->kernel[1] = in->width;
        l->stride[0] = l->stride[1] = 1;
    }
    int height = in->height + 2 * step->pad[0] - l->kernel[0];
    int width = in->width + 2 * step->pad[1] - l->kernel[1];
    if (height < 0 || width < 0 || step->outputs > SIDE_MAX)
        return false;
    l->out.height = height / l->stride[0] + 1;
    l->out.width = width / l->stride[1] + 1;
    if (step->op == CHAIN_POOL)
        return true;
    l->tiled = is_tiled(step, in->channels);
    /* A tile's reach ends on an even place. */
    l->in.border = l->tiled && (in->height % 2 || in->width % 2) ? 2 : step->pad[0];
    l->pad = step->pad[0];
    l->out.channels = step->outputs;
    l->groups = (step->outputs + lanes - 1) / lanes;
    l->n = l->kernel[0] * l->kernel[1] * in->channels;
    return step->pad[0] == step->pad[1] &&
           step->inputs == (step->op == CHAIN_GEMM ? l->n : in->channels);
}

/* From [output][channel][down][across] to groups of outputs. */
static void pack_weights(const struct chain_step *step, int lanes, struct layer *l)
{
    const int channels = l->in.channels, points = l->kernel[0] * l->kernel[1];
    for (int o = 0; o < step->outputs; o++) {
        float *group = l->weights + (size_t)(o / lanes * l->n * lanes + o % lanes);
        const float *from = step->weights + (size_t)o * (size_t)l->n;
        for (int c = 0; c < channels; c++)
            for (int k = 0; k < points; k++)
                group[(k * channels + c) * lanes] = from[c * points + k];
    }
}

/* One line of a kernel to the parts of a tile's line. */
static void turn_line(const double g[3], double ret[TILE_SIDE])
{
    ret[0] = g[0];
    ret[1] = (g[0] + g[1] + g[2]) / 2;
    ret[2] = (g[0] - g[1] + g[2]) / 2;
    ret[3] = g[2];
}

static void turn_kernel(const float kernel[9], double ret[TILE_SIDE][TILE_SIDE])
{
    double rows[TILE_SIDE][3];
    for (int x = 0; x < 3; x++) {
        double turned[TILE_SIDE];
        turn_line((double[]){kernel[x], kernel[3 + x], kernel[6 + x]}, turned);
        for (int y = 0; y < TILE_SIDE; y++)
            rows[y][x] = turned[y];
    }
    for (int y = 0; y < TILE_SIDE; y++)
        turn_line(rows[y], ret[y]);
}

static void pack_tiled_weights(const struct chain_step *step, int lanes, struct layer *l)
{
    const int channels = l->n = l->in.channels;
    for (int o = 0; o < step->outputs; o++)
        for (int c = 0; c < channels; c++) {
            double turned[TILE_SIDE][TILE_SIDE];
            turn_kernel(step->weights + (size_t)(o * channels + c) * 9, turned);
            float *to =
                l->weights +
                ((size_t)(o / lanes) * TILE_PARTS * (size_t)channels + (size_t)c) * (size_t)lanes +
                o % lanes;
            for (int p = 0; p < TILE_PARTS; p++)
                to[p * channels * lanes] = (float)turned[p / TILE_SIDE][p % TILE_SIDE];
        }
}

static int add_weights(const struct chain_step *step, int lanes, struct layer *l)
{
    size_t outputs = (size_t)(l->groups * lanes);
    size_t each = (size_t)(l->tiled ? TILE_PARTS * l->in.channels : l->n);
    l->weights = make_numbers(outputs * each);
    l->bias = make_numbers(outputs);
    if (!l->weights || !l->bias)
        return YJ_ENOMEM;
    memcpy(l->bias, step->bias, (size_t)step->outputs * sizeof *l->bias);
    if (l->tiled)
        pack_tiled_weights(step, lanes, l);
    else
        pack_weights(step, lanes, l);
    return 0;
}

/* What the pool after it leaves out is not summed. */
static void leave_rests(struct layer *before, const struct chain_step *pool, struct plane *now)
{
    int used[2], size[2] = {now->height, now->width};
    for (int d = 0; d < 2; d++)
        used[d] = (size[d] - pool->kernel[d]) / pool->stride[d] * pool->stride[d] + pool->kernel[d];
    if (pool->pad[0] || pool->pad[1] || used[0] > size[0] || used[1] > size[1])
        return;
    now->height = before->out.height = used[0];
    now->width = before->out.width = used[1];
}

static int add_layers(const struct onnx_chain *chain, const int shape[3], struct small_net *net)
{
    struct plane now = {shape[0], shape[1], shape[2], 0, NULL};
    for (int i = 0; i < chain->n; i++) {
        const struct chain_step *step = &chain->steps[i];
        if (step->op == CHAIN_FLATTEN) /* a gemm takes what there is, in its own order */
            continue;
        if (step->op == CHAIN_RELU) {
            if (net->n == 0 || net->layers[net->n - 1].op == CHAIN_POOL)
                return YJ_EDATA;
            net->layers[net->n - 1].relu = true;
            continue;
        }
        struct layer *l = &net->layers[net->n];
        if (step->op == CHAIN_POOL && net->n > 0)
            leave_rests(l - 1, step, &now);
        if (!set_layer(step, &now, net->summer.lanes, l))
            return YJ_EDATA;
        net->n++;
        int e = step->op == CHAIN_POOL ? 0 : add_weights(step, net->summer.lanes, l);
        if (e < 0)
            return e;
        now = l->out;
    }
    return net->n > 0 && now.height * now.width == 1 ? 0 : YJ_EDATA;
}

static float *make_plane(const struct plane *p)
{
    size_t places = (size_t)(p->height + 2 * p->border) * (size_t)(p->width + 2 * p->border);
    return make_numbers(places * (size_t)p->channels + LANES_MOST);
}

/* What one step gives is what the next takes, with the next one's border. */
static int add_planes(struct small_net *net)
{
    for (int i = 0; i < net->n; i++) {
        net->layers[i].in.at = make_plane(&net->layers[i].in);
        if (!net->layers[i].in.at)
            return YJ_ENOMEM;
        if (i > 0)
            net->layers[i - 1].out = net->layers[i].in;
    }
    struct plane *last = &net->layers[net->n - 1].out;
    last->at = make_plane(last);
    size_t most = 0;
    for (int i = 0; i < net->n; i++)
        if (net->layers[i].tiled && tile_apart(net->layers[i].in.channels) > most)
            most = tile_apart(net->layers[i].in.channels);
    net->parts = make_numbers(TILE_PARTS * TILES_AT_ONCE * most);
    return last->at && net->parts ? 0 : YJ_ENOMEM;
}

int small_net_create(const unsigned char *onnx, size_t size, const int shape[3],
                     struct small_net **ret)
{
    return small_net_create_narrow(onnx, size, shape, LANES_MOST, ret);
}

int small_net_create_narrow(const unsigned char *onnx, size_t size, const int shape[3], int lanes,
                            struct small_net **ret)
{
    struct onnx_chain chain;
    if (shape[0] < 1 || shape[1] < 1 || shape[2] < 1 || shape[0] > SIDE_MAX ||
        shape[1] > SIDE_MAX || shape[2] > SIDE_MAX)
        return YJ_EDATA;
    int e = onnx_chain_read(onnx, size, &chain);
    if (e < 0)
        return e;
    struct small_net *net = calloc(1, sizeof *net);
    if (net)
        net->summer = find_summer(lanes);
    e = net ? add_layers(&chain, shape, net) : YJ_ENOMEM;
    if (e == 0)
        e = add_planes(net);
    if (e == 0)
        net->last = whole(&net->layers[0].in);
    for (int i = 0; i < 256 && e == 0; i++)
        net->shade[i] = (float)i / 255.0f;
    onnx_chain_finish(&chain);
    if (e < 0)
        small_net_destroy(net);
    else
        *ret = net;
    return e;
}

void small_net_destroy(struct small_net *net)
{
    if (!net)
        return;
    for (int i = 0; i < net->n; i++) {
        free(net->layers[i].in.at);
        free(net->layers[i].weights);
        free(net->layers[i].bias);
    }
    if (net->n > 0 && net->layers[net->n - 1].out.at)
        free(net->layers[net->n - 1].out.at);
    free(net->parts);
    free(net);
}
