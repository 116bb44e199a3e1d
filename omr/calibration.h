/* calibration.h - from what the readers say of a field to how often such a field is right.
 *
 * Internal to omr. The product of the readers' probabilities over a field's bubbles orders fields
 * well but promises too much: bubbles of one field fail together. Here it is put against counts:
 * of simulated sheets whose seeds neither trained a reader nor report on it (1000 to 1999,
 * docs/design/trusted-marks.md), how many fields of about this sureness were wrong. Made by
 * tests/accuracy/simulated --calibrate and tools/train/calibrate.py, kept in
 * models/calibration.h. */
#ifndef YJ_OMR_CALIBRATION_H
#define YJ_OMR_CALIBRATION_H

/* Sureness: -log10(1 - probability), 0 to SURENESS_MAX: "decades of doubt gone". */
#define SURENESS_MAX 12.0

double calibration_sureness(double probability);

/* The share of the fields with this sureness that were right; rises with it, 0 to 1. Counts made
 * monotone: pool adjacent violators, Ayer et al., "An empirical distribution function for sampling
 * with incomplete information", Ann. Math. Stat. 26, 1955. */
double calibration_confidence(double sureness);

/* The least sureness that may be taken without a person so that of all that is taken at most this
 * share is wrong: its exact upper 95 % bound (one-sided; Clopper and Pearson 1934) is below it.
 * 0 where max_silent_error is 0 (no wish) or 1. Where the counts cannot promise so little, the
 * least sureness with the lowest bound. */
double calibration_least_sureness(double max_silent_error);

/* The lowest max_silent_error that the counts can promise. */
double calibration_best_promise(void);

#endif
