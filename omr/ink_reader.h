/* ink_reader.h - the first reader: how much ink, judged by the page itself.
 *
 * Internal to omr. The page's empty bubbles tell how much ink an empty bubble may show (its noise);
 * the darkest bubble of each field, where it stands clear of that noise, tells how this pupil
 * marks. Between the two lies a doubtful band; the probability that a bubble is marked is a
 * logistic of the logarithm of its ink between the band's edges. A pupil who presses lightly is
 * faint everywhere. */
#ifndef YJ_OMR_INK_READER_H
#define YJ_OMR_INK_READER_H

#include "bubble_ink.h"

/* All ink is mean darkness beyond the print, 0 to 1. */
struct band {
    double low, high; /* at most empty, at least a mark */
    double usual;     /* the page's usual mark; 0: none seen */
    double smear;     /* ink that makes a blank field doubtful, where it stands alone */
    bool sinks;       /* this page's marks reach down among its empties: ink_marks_sink */
};

/* The band of a page's bubbles; scratch[n]. `faintest` above 0: the office's own limit, which then
 * stands in for what the pupil's marks say. */
struct band ink_find_band(const struct bubble_ink *b, int n, double faintest, double *scratch);

/* p[i]: that bubble i of a page was marked, by its ink alone; residue beside a full mark of a
 * choice that allows one is forgiven. */
void ink_judge(const struct band *band, const struct bubble_ink *b, int n, double *p);

/* Whether unmarked bubbles of a group lack their printed outline, or print and marks cannot be told
 * apart: nothing there is sure. */
bool ink_print_is_missing(const struct bubble_ink *b, const bool *marked, int n);

/* Whether so many of a page's marks that stand alone hold no more ink than its empty bubbles may
 * (dots in letters, a hand that hardly presses) that others will have sunk among them: none of its
 * choices is surely blank. marked[i]: by whoever saw it. */
bool ink_marks_sink(const struct band *band, const struct bubble_ink *b, const bool *marked, int n);

/* The bubble of a choice without mark that stands out though it is pale, or around which something
 * is drawn; -1: none. */
int ink_find_smear(const struct band *band, const struct bubble_ink *b, int n);

#endif
