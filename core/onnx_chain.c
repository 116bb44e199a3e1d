/* Protocol buffers: a message is a row of fields, each a tag (number and wire type) and a value.
 * The numbers below are those of onnx.proto. */
#include "onnx_chain.h"

#include "diag.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_GRAPH 7
#define GRAPH_NODE 1
#define GRAPH_INITIALIZER 5
#define NODE_INPUT 1
#define NODE_OUTPUT 2
#define NODE_OP 4
#define NODE_ATTRIBUTE 5
#define ATTRIBUTE_NAME 1
#define ATTRIBUTE_FLOAT 2
#define ATTRIBUTE_INT 3
#define ATTRIBUTE_INTS 8
#define TENSOR_DIMS 1
#define TENSOR_TYPE 2
#define TENSOR_NAME 8
#define TENSOR_RAW 9
#define TENSOR_IS_FLOAT 1

#define INPUTS_MAX 3
#define DIMS_MAX 4

/* ---- messages ---- */

struct bytes {
    const unsigned char *at, *end;
};

struct part {
    int field;
    uint64_t number;    /* of a varint, or a fixed one's bits */
    struct bytes bytes; /* of what has a length */
};

static bool take_varint(struct bytes *b, uint64_t *ret)
{
    *ret = 0;
    for (int shift = 0; shift < 64 && b->at < b->end; shift += 7) {
        unsigned char c = *b->at++;
        *ret |= (uint64_t)(c & 127) << shift;
        if (c < 128)
            return true;
    }
    return false;
}

static bool take_fixed(struct bytes *b, size_t n, uint64_t *ret)
{
    if ((size_t)(b->end - b->at) < n)
        return false;
    *ret = 0;
    for (size_t i = 0; i < n; i++)
        *ret |= (uint64_t)b->at[i] << (8 * i);
    b->at += n;
    return true;
}

/* The next field of a message; false: there is none, or the message is broken, which then does not
 * end where it should. */
static bool take_part(struct bytes *b, struct part *ret)
{
    uint64_t tag, length;
    if (b->at == b->end || !take_varint(b, &tag))
        return false;
    *ret = (struct part){.field = (int)(tag >> 3)};
    switch (tag & 7) {
    case 0:
        return take_varint(b, &ret->number);
    case 1:
        return take_fixed(b, 8, &ret->number);
    case 5:
        return take_fixed(b, 4, &ret->number);
    case 2:
        if (!take_varint(b, &length) || length > (uint64_t)(b->end - b->at))
            return false;
        ret->bytes = (struct bytes){b->at, b->at + length};
        b->at += length;
        return true;
    default:
        return false;
    }
}

static bool is_same(struct bytes a, struct bytes b)
{
    return a.end - a.at == b.end - b.at && memcmp(a.at, b.at, (size_t)(a.end - a.at)) == 0;
}

static bool is_text(struct bytes a, const char *text)
{
    return (size_t)(a.end - a.at) == strlen(text) && memcmp(a.at, text, strlen(text)) == 0;
}

/* ---- nodes ---- */

struct node {
    struct bytes inputs[INPUTS_MAX], output, op;
    int n_inputs;
    struct bytes message;
};

static bool read_node(struct bytes message, struct node *ret)
{
    struct part p;
    *ret = (struct node){.message = message};
    while (take_part(&message, &p)) {
        if (p.field == NODE_INPUT && ret->n_inputs == INPUTS_MAX)
            return false;
        if (p.field == NODE_INPUT)
            ret->inputs[ret->n_inputs++] = p.bytes;
        else if (p.field == NODE_OUTPUT)
            ret->output = p.bytes;
        else if (p.field == NODE_OP)
            ret->op = p.bytes;
    }
    return message.at == message.end && ret->n_inputs > 0 && ret->output.at && ret->op.at;
}

/* An attribute's whole numbers, at most max of them; ret as it was where the node has none such. */
static bool read_numbers(const struct node *node, const char *name, int max, int *ret)
{
    struct bytes message = node->message;
    struct part p, q;
    while (take_part(&message, &p)) {
        if (p.field != NODE_ATTRIBUTE)
            continue;
        struct bytes attribute = p.bytes, values = p.bytes;
        bool named = false;
        while (take_part(&attribute, &q))
            named |= q.field == ATTRIBUTE_NAME && is_text(q.bytes, name);
        for (int n = 0; named && take_part(&values, &q);) {
            if (q.field != ATTRIBUTE_INT && q.field != ATTRIBUTE_INTS)
                continue;
            if (q.bytes.at || n == max || q.number > INT_MAX)
                return false;
            ret[n++] = (int)q.number;
        }
    }
    return true;
}

static bool float_is_one(const struct node *node, const char *name)
{
    struct bytes message = node->message;
    struct part p, q;
    while (take_part(&message, &p)) {
        struct bytes attribute = p.bytes;
        bool named = false;
        float value = 1;
        while (p.field == NODE_ATTRIBUTE && take_part(&attribute, &q)) {
            uint32_t bits = (uint32_t)q.number;
            named |= q.field == ATTRIBUTE_NAME && is_text(q.bytes, name);
            if (q.field == ATTRIBUTE_FLOAT)
                memcpy(&value, &bits, sizeof value);
        }
        if (named && value != 1)
            return false;
    }
    return true;
}

/* ---- weights ---- */

struct tensor {
    int dims[DIMS_MAX], n_dims, n;
    struct bytes raw;
};

static bool read_tensor(struct bytes message, struct tensor *ret)
{
    struct part p;
    bool is_float = false;
    *ret = (struct tensor){.n = 1};
    while (take_part(&message, &p)) {
        if (p.field == TENSOR_DIMS) {
            if (p.bytes.at || ret->n_dims == DIMS_MAX || p.number < 1 || p.number > 65536 ||
                ret->n > INT_MAX / 65536)
                return false;
            ret->dims[ret->n_dims++] = (int)p.number;
            ret->n *= (int)p.number;
        }
        is_float |= p.field == TENSOR_TYPE && p.number == TENSOR_IS_FLOAT;
        if (p.field == TENSOR_RAW)
            ret->raw = p.bytes;
    }
    return message.at == message.end && is_float &&
           (size_t)(ret->raw.end - ret->raw.at) == (size_t)ret->n * sizeof(float);
}

static bool find_tensor(struct bytes graph, struct bytes name, struct tensor *ret)
{
    struct part p, q;
    while (take_part(&graph, &p)) {
        struct bytes tensor = p.bytes;
        bool named = false;
        while (p.field == GRAPH_INITIALIZER && take_part(&tensor, &q))
            named |= q.field == TENSOR_NAME && is_same(q.bytes, name);
        if (named)
            return read_tensor(p.bytes, ret);
    }
    return false;
}

/* The file has little-endian floats, as all machines that this runs on. */
static float *copy_floats(const struct tensor *t)
{
    float *floats = malloc((size_t)t->n * sizeof *floats);
    if (floats)
        memcpy(floats, t->raw.at, (size_t)t->n * sizeof *floats);
    return floats;
}

static int take_weights(struct bytes graph, const struct node *node, int n_dims,
                        struct chain_step *step)
{
    struct tensor weights, bias;
    if (node->n_inputs != 3 || !find_tensor(graph, node->inputs[1], &weights) ||
        !find_tensor(graph, node->inputs[2], &bias) || weights.n_dims != n_dims ||
        bias.n != weights.dims[0])
        return YJ_EDATA;
    if (n_dims == 4 && (weights.dims[2] != step->kernel[0] || weights.dims[3] != step->kernel[1]))
        return YJ_EDATA;
    step->outputs = weights.dims[0];
    step->inputs = weights.dims[1];
    step->weights = copy_floats(&weights);
    step->bias = copy_floats(&bias);
    return step->weights && step->bias ? 0 : YJ_ENOMEM;
}

/* ---- steps ---- */

/* Kernel, stride and padding; the same padding on both sides. */
static bool read_window(const struct node *node, struct chain_step *step)
{
    int pads[4] = {0}, dilations[2] = {1, 1}, group = 1, ceiling = 0;
    step->stride[0] = step->stride[1] = 1;
    if (!read_numbers(node, "kernel_shape", 2, step->kernel) ||
        !read_numbers(node, "strides", 2, step->stride) || !read_numbers(node, "pads", 4, pads) ||
        !read_numbers(node, "dilations", 2, dilations) || !read_numbers(node, "group", 1, &group) ||
        !read_numbers(node, "ceil_mode", 1, &ceiling))
        return false;
    step->pad[0] = pads[0];
    step->pad[1] = pads[1];
    return step->kernel[0] > 0 && step->kernel[1] > 0 && step->stride[0] > 0 &&
           step->stride[1] > 0 && pads[0] == pads[2] && pads[1] == pads[3] && dilations[0] == 1 &&
           dilations[1] == 1 && group == 1 && ceiling == 0;
}

static int read_step(struct bytes graph, const struct node *node, struct chain_step *step)
{
    int axis = 1, transposed[2] = {0, 0};
    if (is_text(node->op, "Conv")) {
        step->op = CHAIN_CONV;
        return read_window(node, step) ? take_weights(graph, node, 4, step) : YJ_EDATA;
    }
    if (is_text(node->op, "Relu")) {
        step->op = CHAIN_RELU;
        return 0;
    }
    if (is_text(node->op, "MaxPool")) {
        step->op = CHAIN_POOL;
        return read_window(node, step) && !step->pad[0] && !step->pad[1] ? 0 : YJ_EDATA;
    }
    if (is_text(node->op, "Flatten")) {
        step->op = CHAIN_FLATTEN;
        return read_numbers(node, "axis", 1, &axis) && axis == 1 ? 0 : YJ_EDATA;
    }
    step->op = CHAIN_GEMM;
    if (!is_text(node->op, "Gemm") || !read_numbers(node, "transA", 1, &transposed[0]) ||
        !read_numbers(node, "transB", 1, &transposed[1]) || transposed[0] || !transposed[1] ||
        !float_is_one(node, "alpha") || !float_is_one(node, "beta"))
        return YJ_EDATA;
    return take_weights(graph, node, 2, step);
}

static int read_graph(struct bytes graph, struct onnx_chain *chain)
{
    struct bytes nodes = graph, last = {0};
    struct part p;
    while (take_part(&nodes, &p)) {
        struct node node;
        if (p.field != GRAPH_NODE)
            continue;
        if (chain->n == CHAIN_MAX || !read_node(p.bytes, &node) ||
            (last.at && !is_same(last, node.inputs[0])))
            return YJ_EDATA;
        int e = read_step(graph, &node, &chain->steps[chain->n++]);
        if (e < 0)
            return e;
        last = node.output;
    }
    return nodes.at == nodes.end && chain->n > 0 ? 0 : YJ_EDATA;
}

int onnx_chain_read(const unsigned char *onnx, size_t size, struct onnx_chain *ret)
{
    struct bytes model = {onnx, onnx + size};
    struct onnx_chain chain = {.n = 0};
    struct part p;
    int e = YJ_EDATA;
    while (take_part(&model, &p))
        if (p.field == MODEL_GRAPH && chain.n == 0)
            e = read_graph(p.bytes, &chain);
    if (e < 0)
        onnx_chain_finish(&chain);
    else
        *ret = chain;
    return e;
}

void onnx_chain_finish(struct onnx_chain *chain)
{
    for (int i = 0; i < chain->n; i++) {
        free(chain->steps[i].weights);
        free(chain->steps[i].bias);
    }
    chain->n = 0;
}
