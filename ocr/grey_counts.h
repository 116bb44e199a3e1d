/* grey_counts.h - how often each grey of a picture is there.
 *
 * Internal to ocr. */
#ifndef YJ_OCR_GREY_COUNTS_H
#define YJ_OCR_GREY_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#define PAPER_MIN 70    /* grey level: darker "paper" is a shadow, a fold, or no paper */
#define PAPER_SHARE 0.7 /* this share of the pixels is darker than what counts as the paper */
#define FAINTEST 22     /* grey levels below the paper: ink, not the paper's grain */

struct grey_counts {
    uint32_t of[4][256]; /* to be added up */
    size_t n;
};

/* Paper is nearly all one grey: a count that waits for the one before takes its time, so that there
 * are four. */
static inline void grey_counts_add(struct grey_counts *c, const uint8_t *row, int n)
{
    int x = 0;
    for (; x + 4 <= n; x += 4) {
        c->of[0][row[x]]++;
        c->of[1][row[x + 1]]++;
        c->of[2][row[x + 2]]++;
        c->of[3][row[x + 3]]++;
    }
    for (; x < n; x++)
        c->of[0][row[x]]++;
    c->n += (size_t)n;
}

static inline size_t grey_counts_of(const struct grey_counts *c, int level)
{
    return (size_t)c->of[0][level] + c->of[1][level] + c->of[2][level] + c->of[3][level];
}

/* The paper's grey. */
static inline int grey_counts_paper(const struct grey_counts *c)
{
    size_t wanted = (size_t)(PAPER_SHARE * (double)c->n), seen = 0;
    int level = 0;
    while (level < 255 && (seen += grey_counts_of(c, level)) <= wanted)
        level++;
    return level;
}

#endif
