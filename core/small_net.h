/* small_net.h - a small trained net, run in plain C.
 *
 * For the chains that onnx_chain.h reads: pictures of some hundred points, some ten thousand
 * weights (omr/look.h, ocr/glyph_reader.h). A library for nets of any size spends most of such a
 * one's time on getting ready. Sums are added in one order and without fused operations, so every
 * processor gives the same numbers (tests hold widths against each other bit for bit); OpenCV gives
 * the same to about 1e-5 (tests/unit/test_small_net.c). */
#ifndef YJ_CORE_SMALL_NET_H
#define YJ_CORE_SMALL_NET_H

#include <stddef.h>
#include <stdint.h>

struct small_net; /* holds what lies between its steps: one a thread */

/* `shape`: channels, height and width of a picture. YJ_EDATA: no chain, or not for such pictures.
 * The file's bytes are copied. */
int small_net_create(const unsigned char *onnx, size_t size, const int shape[3],
                     struct small_net **ret);
/* The same as a processor would whose vectors hold no more than `lanes` numbers, 4 or 8: for
 * tests. */
int small_net_create_narrow(const unsigned char *onnx, size_t size, const int shape[3], int lanes,
                            struct small_net **ret);
void small_net_destroy(struct small_net *net);

int small_net_outputs(const struct small_net *net);

/* One picture, bytes [channels][height][width] that stand for 0 to 1, to the net's numbers. */
void small_net_run(struct small_net *net, const uint8_t *picture, float *ret);

#endif
