#include "line_rule.h"

#include "diag.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define MIN_SIDE 24    /* px: in less a stroke and a rule look alike */
#define LINES_A_SIDE 2 /* a frame and the rule beside it */
#define SLOPE_MAX 0.03
#define MOST_SLOPES 12   /* tried up, and as many down */
#define PLACES 60        /* looked at along a line, at most */
#define ZONE_RULE 0.25   /* of the height, from above and from below */
#define ZONE_EDGE 0.4    /* of the height, from the left and from the right end */
#define COVER_RULE 0.7   /* of its columns */
#define COVER_EDGE 0.92  /* of its rows */
#define TALL_WRITING 0.8 /* of the height: what reaches over so much may be a digit itself */

/* The image with `along` running along the lines that are sought. */
struct sight {
    struct image *img;
    const float *paper;
    int darker;
    bool upright; /* lines run from top to bottom */
    int along, across;
    int step, places; /* along: where a line is looked at, and how often */
    uint8_t *thin;    /* [places][across] enum thinness of what lies there */
};

enum thinness { UNKNOWN, OTHER, THIN };

struct rule {
    double at, slope; /* across = at + slope * along */
};

static uint8_t *pixel(const struct sight *s, int along, int across)
{
    return s->upright ? image_row(s->img, along) + across : image_row(s->img, across) + along;
}

static bool dark(const struct sight *s, int along, int across)
{
    if (across < 0 || across >= s->across)
        return false;
    float paper = s->paper[s->upright ? across : along];
    return paper - *pixel(s, along, across) >= (float)s->darker;
}

/* The run of dark pixels across a line's place, which may be a pixel off: from, length. */
static int run_across(const struct sight *s, int along, double at, int *ret_from)
{
    int middle = (int)floor(at + 0.5), from = middle, to;
    for (int off = 0; off < 3 && !dark(s, along, from); off++)
        from = middle + (off == 0 ? -1 : off == 1 ? 1 : 2);
    if (!dark(s, along, from))
        return 0;
    to = from;
    while (dark(s, along, from - 1))
        from--;
    while (dark(s, along, to + 1))
        to++;
    *ret_from = from;
    return to - from + 1;
}

/* A printed line is thin: at most so many px. */
static int thickest(const struct sight *s)
{
    int least = s->along < s->across ? s->along : s->across;
    return least / 12 > 2 ? least / 12 : 2;
}

/* Whether a thin run of dark lies across the line's place there; looked at once for all lines. */
static bool is_thin(const struct sight *s, int place, int across)
{
    int from, length;
    uint8_t *known = NULL;
    if (across >= 0 && across < s->across) {
        known = &s->thin[(size_t)place * (size_t)s->across + (size_t)across];
        if (*known != UNKNOWN)
            return *known == THIN;
    }
    length = run_across(s, place * s->step, across, &from);
    bool thin = length > 0 && length <= thickest(s);
    if (known)
        *known = thin ? THIN : OTHER;
    return thin;
}

/* Share of the places of the line from `at` on, `shift` of each aside, where a thin run of dark
 * lies across it; 0 as soon as it is plain that `enough` is not reached. */
static double cover(const struct sight *s, int at, const short *shift, double enough)
{
    int missed = 0, may_miss = (int)((1 - enough) * s->places);
    for (int i = 0; i < s->places && missed <= may_miss; i++)
        missed += !is_thin(s, i, at + shift[i]);
    return missed <= may_miss ? 1 - (double)missed / s->places : 0;
}

/* Ink further than the line from this border reaches over most of the way along it. */
static bool writing_is_as_long(const struct sight *s, const struct rule *r)
{
    int first = s->along, last = -1;
    bool low = r->at < s->across / 2.0;
    for (int i = 0; i < s->along; i++) {
        int line = (int)(r->at + r->slope * i), gap = 2 * thickest(s);
        for (int k = low ? line + gap : 0; k < (low ? s->across : line - gap); k++)
            if (dark(s, i, k)) {
                first = i < first ? i : first;
                last = i;
                break;
            }
    }
    return last - first >= TALL_WRITING * s->along;
}

/* What is half as thick again as the line usually is, a stroke crosses there: it stays. */
static void erase(const struct sight *s, const struct rule *r)
{
    int counts[64] = {0}, seen = 0, thick = 0;
    for (int i = 0; i < s->along; i++) {
        int from, length = run_across(s, i, r->at + r->slope * i, &from);
        if (length > 0) {
            counts[length < 63 ? length : 63]++;
            seen++;
        }
    }
    for (int sum = 0; thick < 63 && sum < (seen + 1) / 2; thick++)
        sum += counts[thick + 1];
    thick += 1 + thick / 2;
    for (int i = 0; i < s->along; i++) {
        int from, length = run_across(s, i, r->at + r->slope * i, &from);
        if (length > 0 && length <= thick)
            for (int k = from - 1; k <= from + length; k++) /* with its grey edge */
                if (k >= 0 && k < s->across)
                    *pixel(s, i, k) = 255;
    }
}

/* The best covered of the lines that start at `from` <= at < `to`; false: none is covered enough.
 */
static bool find_rule(const struct sight *s, int from, int to, double enough, struct rule *ret)
{
    double best = 0, slope[2 * MOST_SLOPES + 1];
    short shifts[2 * MOST_SLOPES + 1][PLACES];
    int n = (int)ceil(SLOPE_MAX * s->along);
    n = n < MOST_SLOPES ? n : MOST_SLOPES;
    for (int k = 0; k <= 2 * n; k++) {
        slope[k] = n ? SLOPE_MAX * (k - n) / n : 0;
        for (int i = 0; i < s->places; i++)
            shifts[k][i] = (short)floor(slope[k] * (i * s->step) + 0.5);
    }
    memset(s->thin, UNKNOWN, (size_t)s->places * (size_t)s->across);
    for (int at = from; at < to; at++)
        for (int k = 0; k <= 2 * n; k++) {
            double c = cover(s, at, shifts[k], enough);
            if (c > best) {
                best = c;
                *ret = (struct rule){at, slope[k]};
            }
        }
    return best > 0;
}

static void erase_along(const struct sight *s, double zone, double enough)
{
    int deep = (int)(zone * (s->upright ? s->along : s->across));
    deep = deep < s->across / 3 ? deep : s->across / 3;
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < LINES_A_SIDE; i++) {
            struct rule r = {0};
            int from = side ? s->across - deep : 0;
            if (!find_rule(s, from, from + deep, enough, &r))
                break;
            if (s->upright && writing_is_as_long(s, &r))
                break;
            erase(s, &r);
        }
}

static struct sight look_along(struct image *img, const float *paper, int darker, bool upright,
                               uint8_t *thin)
{
    struct sight s = {img, paper, darker, upright, img->width, img->height, 0, 0, thin};
    s.along = upright ? img->height : img->width;
    s.across = upright ? img->width : img->height;
    s.step = s.along / PLACES + 1;
    s.places = (s.along + s.step - 1) / s.step;
    return s;
}

int line_rule_erase(struct image *img, const float *paper, int darker)
{
    if (img->width < MIN_SIDE || img->height < MIN_SIDE)
        return 0;
    size_t across = (size_t)(img->width > img->height ? img->width : img->height);
    uint8_t *thin = malloc(PLACES * across);
    if (!thin)
        return YJ_ENOMEM;
    struct sight rules = look_along(img, paper, darker, false, thin);
    struct sight edges = look_along(img, paper, darker, true, thin);
    erase_along(&rules, ZONE_RULE, COVER_RULE);
    erase_along(&edges, ZONE_EDGE, COVER_EDGE);
    free(thin);
    return 0;
}
