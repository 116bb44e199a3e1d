/* ctc.h - what a net's frames say of whole texts (connectionist temporal classification).
 *
 * A line is cut into frames; of each the net says how likely each class is: class 0 says "nothing
 * new" (blank), the others are characters. A text is likely where many ways to spread it over the
 * frames are, repeats merged, blanks left out (A. Graves et al., ICML 2006). Knows neither
 * pictures nor characters: texts are classes here. No allocation, no state. */
#ifndef YJ_OCR_CTC_H
#define YJ_OCR_CTC_H

#include <stdbool.h>
#include <stdint.h>

#define CTC_MAX_FRAMES 480
#define CTC_BEAM 8
#define CTC_MAX_ALIGNED 24 /* labels */

/* Probabilities, each frame's adding up to 1: p[t * classes + k]. */
struct ctc_frames {
    const float *p;
    int n, classes; /* n in 0 .. CTC_MAX_FRAMES, classes <= 64 */
};

/* Log of the probability of the text labels[0 .. n), each in 1 .. classes - 1, over all its
 * alignments; -INFINITY where it does not fit into the frames. */
double ctc_log_likelihood(const struct ctc_frames *frames, const uint8_t *labels, int n);

/* Where each label of the text stands: the middle of its frames in the likeliest alignment (A. J.
 * Viterbi, 1967), into ret_frames[n]. False where the text is longer than CTC_MAX_ALIGNED or does
 * not fit into the frames. */
bool ctc_align(const struct ctc_frames *frames, const uint8_t *labels, int n, float *ret_frames);

/* The likeliest text that a prefix beam search of CTC_BEAM prefixes finds (A. Hannun, "Sequence
 * Modeling with CTC", Distill 2017), into ret_labels[CTC_MAX_FRAMES]; returns its length. */
int ctc_best_text(const struct ctc_frames *frames, uint8_t *ret_labels);

#endif
