/* witness.h - are the form's printed outlines where a transform says they are?
 *
 * The one judge of every registration. Around each printed outline (bubble or box) pairs of points
 * are looked at: one on the outline, one outside it; on a printed outline the first is darker,
 * whether the bubble is empty or filled. Works on a reduced image of about 4 to 8 px a mm. */
#ifndef YJ_ENGINE_WITNESS_H
#define YJ_ENGINE_WITNESS_H

#include "image.h"
#include "outline_set.h"
#include "pagemap.h"

struct witness_scratch; /* one a worker */
int witness_scratch_create(struct witness_scratch **ret_scratch);
void witness_scratch_destroy(struct witness_scratch *scratch);

struct witness_verdict {
    double share;       /* 0 to 1: outlines found */
    int found;          /* outlines found */
    struct point shift; /* mm: best common shift of all outlines */
};

/* A quick look: moves a sample of the outlines together within `radius` mm and says how many are
 * then found. `h` maps mm to px of img, `size` scales the outlines about their centres. */
int witness_look(const struct outline_set *set, const struct image *img, const struct homography *h,
                 double radius, double size, struct witness_scratch *scratch,
                 struct witness_verdict *ret);

struct witness_fit {
    struct page_map map; /* mm -> px of img */
    double residual;     /* mm, root mean square of the anchors' shifts */
    double share;        /* 0 to 1: outlines found through the map */
    int found;
    int inside;          /* outlines that the image can show */
    int missing_field;   /* a field of which no outline was found, nearly all others being there;
                            -1 none */
    int blank;           /* outlines of which nothing is seen, nor of one beside them */
    int covered;         /* the same of nearly all around them */
    int covered_field;   /* a field with one of them, -1 none */
    int lost_field;      /* a field of which no outline was found, whatever the others; -1 none */
    bool missing_option; /* one option of most choices has no outline: a column off */
    int contrast;        /* grey levels that counted as print */
    double paper, ink;   /* grey, medians outside and on the outlines found */
};

/* Refines `h`: patches of outlines are moved within `radius` mm (never as far as half way to the
 * next outline), the transform follows them, what is left becomes the map's anchors. */
int witness_refine(const struct outline_set *set, const struct image *img,
                   const struct homography *h, double radius, double size,
                   struct witness_scratch *scratch, struct witness_fit *ret);

/* 10 to 90 % rise of the printed edges in mm, median; 0: too few outlines found. */
double witness_sharpness(const struct outline_set *set, const struct image *img,
                         const struct page_map *map);

/* How certain the place is against a shift by a row or a column: 1 where every outline that such a
 * shift takes off the print is missed there, 0 where the shifted form finds as much, negative where
 * more. */
double witness_certainty(const struct outline_set *set, const struct image *img,
                         const struct witness_fit *fit, struct point *ret_better);

/* Whether no shift by a few rows or columns explains the print nearly as well: of what such a shift
 * takes off the print, most must be found here and not there. Wider and stricter than the above,
 * for pages that nothing but their print ties to a place. */
int witness_is_alone(const struct outline_set *set, const struct image *img,
                     const struct witness_fit *fit, bool *ret_alone);
/* How many outlines of another place, refined by itself, were found there where the fit has none:
 * print of a second sheet. */
int witness_foreign(const struct outline_set *set, const struct image *img,
                    const struct witness_fit *fit, const struct witness_fit *rival);
/* The same as witness_is_alone against another place, refined by itself. */
bool witness_beats(const struct outline_set *set, const struct witness_fit *fit,
                   const struct witness_fit *rival);

#endif
