#include "bubble_print.h"

#include "diag.h"
#include "ink_grid.h"
#include "small_sort.h"
#include "wide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GROUP_MIN 4       /* bubbles from which a print can be learned */
#define PRINT_SPREAD 0.11 /* darkness by which one option's print may exceed the others' */
#define BOLD_SPREAD 0.28  /* the same for letters like W, which leave white paper */
#define BOLD_WHITE 0.55   /* its lightest quarter is less than this share of its mean */
#define FREE_PAPER 24     /* of 255: template points lighter than this are paper */
#define FAR_STEPS 2       /* of the grid */
#define PRINT_MAX 0.27  /* darkness that the paler quarter of a page's empty bubbles stays under */
#define PRINT_PALE 0.22 /* darker print must leave white paper */
#define POOL_MIN 6      /* bubbles of one size that show what an empty one prints ... */
#define POOL_MAX 0.15   /* ... if it is no darker than this */
#define UNKNOWN_PALE 0.08 /* darkness of bubbles whose print, if they have any, is no matter */
#define OUTER_MORE 0.04   /* darkness near the outline beyond the other options' print ... */
#define SPREAD_MORE 1.7   /* ... and unlikeness of the group's bubbles, over the others': strokes */

/* ---- groups ---- */

static bool have_same_size(const struct bubble_ink *a, const struct bubble_ink *b)
{
    return fabs(a->bubble->box.w - b->bubble->box.w) < 0.05 &&
           fabs(a->bubble->box.h - b->bubble->box.h) < 0.05 && a->field->shape == b->field->shape;
}

static bool same_size(const struct print *p, const struct bubble_ink *b)
{
    return fabs(p->w - b->bubble->box.w) < 0.05 && fabs(p->h - b->bubble->box.h) < 0.05 &&
           p->field->shape == b->field->shape;
}

static bool have_same_print(const struct bubble_ink *a, const struct bubble_ink *b)
{
    return have_same_size(a, b) &&
           strcmp(a->field->options[a->bubble->option], b->field->options[b->bubble->option]) == 0;
}

/* first[g]: a group's first bubble; returns how many groups there are. */
static int assign_groups(struct bubble_ink *b, int n, int *first)
{
    int groups = 0;
    for (int i = 0; i < n; i++) {
        int g = 0;
        while (g < groups && !have_same_print(&b[first[g]], &b[i]))
            g++;
        if (g == groups)
            first[groups++] = i;
        b[i].group = g;
    }
    return groups;
}

static void start_prints(const struct bubble_ink *b, int n, const int *first,
                         struct page_prints *prints)
{
    for (int g = 0; g < prints->n; g++) {
        const struct bubble_ink *own = &b[first[g]];
        prints->list[g] = (struct print){.field = own->field,
                                         .option = own->bubble->option,
                                         .w = own->bubble->box.w,
                                         .h = own->bubble->box.h,
                                         .n_points = own->n_points};
    }
    for (int i = 0; i < n; i++)
        prints->list[b[i].group].n++;
}

static void list_members(const struct bubble_ink *b, int n, struct page_prints *p)
{
    for (int g = 1; g < p->n; g++)
        p->list[g].first = p->list[g - 1].first + p->list[g - 1].n;
    for (int g = 0; g < p->n; g++)
        p->list[g].n = 0;
    for (int i = 0; i < n; i++) {
        struct print *own = &p->list[b[i].group];
        p->members[own->first + own->n++] = i;
    }
}

/* ---- learning ---- */

/* What an empty bubble of this page is usually as dark as. */
static double usual_print(const struct bubble_ink *b, int n, double *scratch)
{
    int m = 0;
    for (int i = 0; i < n; i++)
        if (!b[i].missing) /* what is covered shows no print */
            scratch[m++] = b[i].mean;
    return m == 0 ? PRINT_MAX : fmin(kth_of(scratch, m, m / 4), PRINT_MAX);
}

static int by_mean(const void *a, const void *b)
{
    const struct bubble_ink *x = *(const struct bubble_ink *const *)a;
    const struct bubble_ink *y = *(const struct bubble_ink *const *)b;
    return x->mean != y->mean ? (x->mean > y->mean) - (x->mean < y->mean) : (x > y) - (x < y);
}

WIDE static void add_darkness(const uint8_t *restrict darkness, unsigned *restrict sums)
{
    for (int k = 0; k < INK_POINTS; k++)
        sums[k] += darkness[k];
}

WIDE static void set_template(const unsigned *restrict sums, int n, uint8_t *restrict template)
{
    for (int k = 0; k < INK_POINTS; k++)
        template[k] = (uint8_t)(int)((double)sums[k] / n);
}

/* The print of one group: the mean of its paler half, point by point. */
static void learn_print(const struct bubble_ink *const *members, int n, struct print *p)
{
    int half = n / 2 > 1 ? n / 2 : 1;
    unsigned sums[INK_POINTS] = {0};
    double mean = 0;
    for (int i = 0; i < half; i++) {
        mean += members[i]->mean / half;
        add_darkness(members[i]->darkness, sums);
    }
    set_template(sums, half, p->template);
    p->mean = mean;
}

/* Its lightest quarter is much lighter than its mean: strokes, not a fill. */
static bool leaves_white_paper(const struct print *p)
{
    int histogram[256] = {0}, seen = 0, light = 0;
    for (int i = 0; i < INK_POINTS; i++)
        histogram[p->template[i]]++;
    histogram[0] -= INK_POINTS - p->n_points; /* outside the shape */
    while (light < 255 && (seen += histogram[light]) * 4 < p->n_points)
        light++;
    return light / 255.0 < BOLD_WHITE * p->mean;
}

static double template_mean(const struct print *p)
{
    return (double)ink_grid_sum(p->template) / (255.0 * p->n_points);
}

/* Whether a template is print, not marks of nearly all the group: either about as dark as the other
 * options' print, or bolder but with white paper between its strokes. */
static bool is_print(const struct print *p, double usual)
{
    if (p->mean <= PRINT_PALE && p->mean <= usual + PRINT_SPREAD)
        return true;
    return p->mean <= usual + BOLD_SPREAD && leaves_white_paper(p);
}

static void learn_prints(const struct bubble_ink *b, double usual, struct page_prints *prints,
                         const struct bubble_ink **scratch)
{
    for (int g = 0; g < prints->n; g++) {
        struct print *p = &prints->list[g];
        int m = 0;
        for (int i = 0; i < p->n; i++) {
            const struct bubble_ink *member = &b[prints->members[p->first + i]];
            if (!member->missing)
                scratch[m++] = member;
        }
        if (m == 0)
            continue;
        qsort(scratch, (size_t)m, sizeof(*scratch), by_mean);
        learn_print(scratch, m, p);
        p->trusted = m >= GROUP_MIN && is_print(p, usual);
    }
}

/* ---- what is no print ---- */

/* How dark a print is near the outline, and how unlike its bubbles are to each other. */
static void describe_print(const struct bubble_ink *b, const int *members,
                           const struct ink_mask *mask, struct print *p)
{
    long unlike = 0, used = 0;
    for (int i = 0; i < p->n; i++) {
        const struct bubble_ink *member = &b[members[p->first + i]];
        if (member->mean > p->mean + PRINT_SPREAD)
            continue;
        used++;
        unlike += ink_grid_difference(member->darkness, p->template);
    }
    long outer = ink_grid_sum_of(p->template, mask->outer);
    p->outer = mask->n_outer ? (double)outer / (255.0 * mask->n_outer) : 0;
    p->spread = used ? (double)unlike / (255.0 * (double)used * p->n_points) : 0;
}

static double median_of(const struct page_prints *prints, bool spread, double *scratch)
{
    int m = 0;
    for (int g = 0; g < prints->n; g++)
        if (prints->list[g].trusted)
            scratch[m++] = spread ? prints->list[g].spread : prints->list[g].outer;
    return m == 0 ? 0 : kth_of(scratch, m, m / 2);
}

/* A pupil who ticks the same option everywhere makes his tick the print of that option. Ticks reach
 * farther out than letters, and no two are alike. */
static void distrust_strokes(const struct bubble_ink *b, const struct ink_mask *masks,
                             struct page_prints *prints, double *scratch)
{
    for (int g = 0; g < prints->n; g++) {
        struct print *p = &prints->list[g];
        describe_print(b, prints->members, &masks[p->field->shape], p);
    }
    double outer = median_of(prints, false, scratch);
    double spread = median_of(prints, true, scratch);
    for (int g = 0; g < prints->n; g++) {
        struct print *p = &prints->list[g];
        if (p->outer > outer + OUTER_MORE && p->spread > SPREAD_MORE * spread + 0.01)
            p->trusted = false;
    }
}

/* ---- borrowing ---- */

/* The mean print of the groups that show theirs, into p; how many those are. */
static int borrow_print(const struct page_prints *prints, struct print *p)
{
    unsigned sums[INK_POINTS] = {0};
    int lenders = 0;
    for (int g = 0; g < prints->n; g++) {
        const struct print *lender = &prints->list[g];
        if (!lender->trusted || lender->n_points != p->n_points)
            continue;
        lenders++;
        add_darkness(lender->template, sums);
    }
    if (lenders > 0)
        set_template(sums, lenders, p->template);
    return lenders;
}

/* Where every option prints something else (a questionnaire), the paler half of all bubbles of p's
 * size: their outlines, as far as they reach in, and an average letter. Only where that is plainly
 * print: pale, with white paper in it. */
static bool pool_print(const struct bubble_ink *b, int n, double *scratch, struct print *p)
{
    unsigned sums[INK_POINTS] = {0};
    int m = 0, used = 0;
    for (int i = 0; i < n; i++)
        if (same_size(p, &b[i]))
            scratch[m++] = b[i].mean;
    if (m < POOL_MIN)
        return false;
    double median = kth_of(scratch, m, m / 2);
    for (int i = 0; i < n; i++) {
        if (!same_size(p, &b[i]) || b[i].mean > median)
            continue;
        used++;
        add_darkness(b[i].darkness, sums);
    }
    struct print pooled = *p;
    set_template(sums, used, pooled.template);
    pooled.mean = template_mean(&pooled);
    if (pooled.mean > POOL_MAX || !leaves_white_paper(&pooled))
        return false;
    *p = pooled;
    return true;
}

/* For groups too small or too dark to show their own print: others', else none. */
static void lend_prints(const struct bubble_ink *b, int n, struct page_prints *prints,
                        double *scratch)
{
    for (int g = 0; g < prints->n; g++) {
        struct print *p = &prints->list[g];
        if (p->trusted)
            continue;
        if (borrow_print(prints, p) == 0 && !pool_print(b, n, scratch, p)) {
            p->unknown = p->mean > UNKNOWN_PALE;
            memset(p->template, 0, sizeof(p->template));
        }
        p->mean = template_mean(p);
    }
}

/* ---- free paper ---- */

static int mask_paper(const uint8_t *restrict darkest, const uint8_t *restrict of,
                      uint8_t *restrict ret_mask)
{
    int n = 0;
    for (int k = 0; k < INK_POINTS; k++) {
        ret_mask[k] = darkest[k] < FREE_PAPER ? of[k] : 0;
        n += ret_mask[k] != 0;
    }
    return n;
}

/* Points of the template that are paper, and so is all about them: print that stands a little aside
 * does not reach them. */
static void find_free_paper(struct print *p, const struct ink_mask *mask)
{
    uint8_t near[INK_POINTS], far[INK_POINTS];
    ink_grid_spread(p->template, near);
    ink_grid_spread(near, far);
    _Static_assert(FAR_STEPS == 2, "spread as often");
    p->n_free = mask_paper(near, mask->inside, p->free);
    p->n_far = mask_paper(far, mask->middle, p->far);
}

int bubble_print_learn(const struct ink_mask *masks, struct bubble_ink *b, int n,
                       struct arena *arena, struct page_prints *ret)
{
    ret->members = arena_alloc(arena, (size_t)n * sizeof(*ret->members));
    double *scratch = arena_alloc(arena, (size_t)n * sizeof(*scratch));
    const struct bubble_ink **pointers = arena_alloc(arena, (size_t)n * sizeof(*pointers));
    if (!ret->members || !scratch || !pointers)
        return YJ_ENOMEM;
    ret->n = assign_groups(b, n, ret->members); /* which are not listed yet */
    ret->list = arena_alloc(arena, (size_t)ret->n * sizeof(*ret->list));
    if (!ret->list)
        return YJ_ENOMEM;
    start_prints(b, n, ret->members, ret);
    list_members(b, n, ret);
    learn_prints(b, usual_print(b, n, scratch), ret, pointers);
    distrust_strokes(b, masks, ret, scratch);
    lend_prints(b, n, ret, scratch);
    for (int g = 0; g < ret->n; g++) {
        struct print *p = &ret->list[g];
        find_free_paper(p, &masks[p->field->shape]);
    }
    for (int i = 0; i < n; i++)
        b[i].unknown = ret->list[b[i].group].unknown;
    return 0;
}
