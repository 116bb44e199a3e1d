/* Numbers lie by place, the channels of one beside each other: [y][x][channel], with a border of
 * noughts where the next convolution reaches beyond. The sums themselves: small_net_sums.h, made
 * twice: for vectors of four numbers, and, where the processor has them, of eight. */
#include "small_net.h"

#include "diag.h"
#include "onnx_chain.h"
#include "wide.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CELLS 6       /* places that are summed together */
#define SIDE_MAX 4096 /* of a picture; of channels, too */

/* Numbers between two steps. */
struct plane {
    int channels, height, width, border;
    float *at; /* [height + 2 border][width + 2 border][channels] */
};

struct layer {
    enum chain_op op; /* conv, pool, gemm */
    struct plane in, out;
    int kernel[2], stride[2];
    bool relu;
    int groups;     /* of outputs, a vector each */
    int n;          /* weights of an output */
    float *weights; /* [groups][n: kernel down, across, channels][lanes] */
    float *bias;    /* [groups][lanes] */
};

/* The outputs of up to CELLS places: in[k] is where the kernel lies at place k, out[k] where its
 * first output goes. */
typedef void (*place_summer)(const struct layer *l, int cells, const float *const *in,
                             float *const *out);

struct small_net {
    struct layer layers[CHAIN_MAX];
    int n;
    float shade[256]; /* of a picture's bytes */
    int lanes;        /* numbers of a vector */
    place_summer sum_places;
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
#define HAS_EIGHT __builtin_cpu_supports("avx2")
#else
#define sum_places_of_eight sum_places_of_four
#define HAS_EIGHT 0
#endif

static inline __attribute__((always_inline)) float *place(const struct plane *p, int y, int x)
{
    int row = p->width + 2 * p->border;
    return p->at + (size_t)(((y + p->border) * row + x + p->border) * p->channels);
}

static void run_conv(const struct layer *l, place_summer sum_places)
{
    const float *in[CELLS];
    float *out[CELLS];
    int cells = 0;
    for (int y = 0; y < l->out.height; y++)
        for (int x = 0; x < l->out.width; x++) {
            in[cells] = place(&l->in, y * l->stride[0], x * l->stride[1]) -
                        (place(&l->in, 0, 0) - l->in.at);
            out[cells++] = place(&l->out, y, x);
            if (cells == CELLS) {
                sum_places(l, cells, in, out);
                cells = 0;
            }
        }
    sum_places(l, cells, in, out);
}

WIDE static void run_pool(const struct layer *l)
{
    const int channels = l->in.channels;
    for (int y = 0; y < l->out.height; y++)
        for (int x = 0; x < l->out.width; x++) {
            float *restrict to = place(&l->out, y, x);
            for (int j = 0; j < l->kernel[0]; j++)
                for (int i = 0; i < l->kernel[1]; i++) {
                    const float *restrict from =
                        place(&l->in, y * l->stride[0] + j, x * l->stride[1] + i);
                    for (int c = 0; c < channels; c++)
                        to[c] = (i + j == 0) || from[c] > to[c] ? from[c] : to[c];
                }
        }
}

int small_net_outputs(const struct small_net *net)
{
    return net->layers[net->n - 1].out.channels;
}

void small_net_run(struct small_net *net, const uint8_t *picture, float *ret)
{
    const struct plane *in = &net->layers[0].in;
    for (int c = 0; c < in->channels; c++)
        for (int y = 0; y < in->height; y++) {
            float *to = place(in, y, 0) + c;
            for (int x = 0; x < in->width; x++)
                to[x * in->channels] = net->shade[*picture++];
        }
    for (int i = 0; i < net->n; i++)
        if (net->layers[i].op == CHAIN_POOL)
            run_pool(&net->layers[i]);
        else
            run_conv(&net->layers[i], net->sum_places);
    memcpy(ret, net->layers[net->n - 1].out.at, (size_t)small_net_outputs(net) * sizeof *ret);
}

/* ---- making ---- */

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
    l->in.border = step->pad[0];
    l->out.channels = step->outputs;
    l->groups = (step->outputs + lanes - 1) / lanes;
    l->n = l->kernel[0] * l->kernel[1] * in->channels;
    return step->pad[0] == step->pad[1] &&
           step->inputs == (step->op == CHAIN_GEMM ? l->n : in->channels);
}

/* From [output][channel][down][across] to groups of outputs. */
static int pack_weights(const struct chain_step *step, int lanes, struct layer *l)
{
    const int channels = l->in.channels, points = l->kernel[0] * l->kernel[1];
    l->weights = calloc((size_t)(l->groups * lanes) * (size_t)l->n, sizeof *l->weights);
    l->bias = calloc((size_t)(l->groups * lanes), sizeof *l->bias);
    if (!l->weights || !l->bias)
        return YJ_ENOMEM;
    for (int o = 0; o < step->outputs; o++) {
        float *group = l->weights + (size_t)(o / lanes * l->n * lanes + o % lanes);
        const float *from = step->weights + (size_t)o * (size_t)l->n;
        for (int c = 0; c < channels; c++)
            for (int k = 0; k < points; k++)
                group[(k * channels + c) * lanes] = from[c * points + k];
        l->bias[o] = step->bias[o];
    }
    return 0;
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
        if (!set_layer(step, &now, net->lanes, l))
            return YJ_EDATA;
        net->n++;
        int e = step->op == CHAIN_POOL ? 0 : pack_weights(step, net->lanes, l);
        if (e < 0)
            return e;
        now = l->out;
    }
    return net->n > 0 && now.height * now.width == 1 ? 0 : YJ_EDATA;
}

static float *make_plane(const struct plane *p)
{
    size_t places = (size_t)(p->height + 2 * p->border) * (size_t)(p->width + 2 * p->border);
    return calloc(places * (size_t)p->channels, sizeof *p->at);
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
    return last->at ? 0 : YJ_ENOMEM;
}

int small_net_create(const unsigned char *onnx, size_t size, const int shape[3],
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
    if (net) {
        net->lanes = HAS_EIGHT ? 8 : 4;
        net->sum_places = HAS_EIGHT ? sum_places_of_eight : sum_places_of_four;
    }
    e = net ? add_layers(&chain, shape, net) : YJ_ENOMEM;
    if (e == 0)
        e = add_planes(net);
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
    free(net);
}
