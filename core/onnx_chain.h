/* onnx_chain.h - a trained net out of an ONNX file, where it is a chain: each step takes what the
 * one before gives.
 *
 * What small_net.h runs: Conv, Relu, MaxPool, Flatten, Gemm, as PyTorch writes them, weights as
 * floats in the file. Anything else, and whatever would not be read as it is meant (dilation,
 * groups, uneven padding), is refused. The format: onnx.ai, onnx.proto. */
#ifndef YJ_CORE_ONNX_CHAIN_H
#define YJ_CORE_ONNX_CHAIN_H

#include <stddef.h>

enum chain_op { CHAIN_CONV, CHAIN_RELU, CHAIN_POOL, CHAIN_FLATTEN, CHAIN_GEMM };

struct chain_step {
    enum chain_op op;
    int outputs, inputs;              /* conv: channels; gemm: numbers */
    int kernel[2], stride[2], pad[2]; /* conv, pool: down and across */
    float *weights; /* conv [outputs][inputs][kernel down][across]; gemm [outputs][inputs] */
    float *bias;    /* [outputs] */
};

#define CHAIN_MAX 32

struct onnx_chain {
    struct chain_step steps[CHAIN_MAX];
    int n;
};

/* 0, YJ_EDATA (no such chain), YJ_ENOMEM. */
int onnx_chain_read(const unsigned char *onnx, size_t size, struct onnx_chain *ret);
void onnx_chain_finish(struct onnx_chain *chain);

#endif
