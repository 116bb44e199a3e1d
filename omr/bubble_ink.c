/* What a bubble has beyond its print (bubble_print.h) is ink. */
#include "bubble_ink.h"

#include "bubble_halo.h"
#include "bubble_place.h"
#include "bubble_print.h"
#include "bubble_sample.h"
#include "bubble_speck.h"
#include "bubble_through.h"
#include "diag.h"
#include "ink_grid.h"
#include "ink_mask.h"
#include "small_sort.h"
#include "wide.h"

#include <math.h>

#define NOISE 12          /* of 255: darker than the print by less is noise */
#define STROKE_WORTH 0.25 /* excess that a black line counts as, at least */
#define MEAN_NOISE 0.015  /* by which empty bubbles of one print differ in mean darkness */
#define FREE_SHARE 8      /* an eighth of the points must be free paper for it to testify */
#define UNKNOWN_MIN 5     /* bubbles of a column with unknown print that show it together */
#define UNKNOWN_MAX 0.10  /* excess of a letter over a borrowed print */

/* ---- ink beyond the print ---- */

static int part_of(int n, int part)
{
    return n / part > 0 ? n / part : 1;
}

/* Mean of the darkest n / part of n points, 0 to 1. */
static inline __attribute__((always_inline)) double darkest_part(const uint8_t *grid, int n,
                                                                 int part)
{
    int want = part_of(n, part);
    return (double)ink_grid_sum_of_most(grid, want) / (255.0 * want);
}

/* ... and the mean of its palest quarter: what an eraser or a hasty hand left white. */
static inline __attribute__((always_inline)) double palest_part(const struct ink_mask *mask,
                                                                const uint8_t *grid, int part)
{
    uint8_t within[INK_POINTS];
    int want = part_of(mask->n, part);
    for (int k = 0; k < INK_POINTS; k++)
        within[k] = grid[k] | (uint8_t)~mask->inside[k];
    return (double)ink_grid_sum_of_least(within, want) / (255.0 * want);
}

/* Their standard deviation. */
static double deviation(const uint8_t *grid, int sum, int n)
{
    int squares = 0;
    for (int k = 0; k < INK_POINTS; k++)
        squares += grid[k] * grid[k];
    double mean = (double)sum / n;
    return sqrt(fmax(0, (double)squares / n - mean * mean)) / 255;
}

/* Ink shows where no print is. But so does print that stands a pixel beside its template, and toner
 * that is a little stronger. Ink must therefore also show either as more darkness in all, or on the
 * paper that no print is near. */
WIDE static void measure_excess(const struct print *p, const struct ink_mask *mask,
                                struct bubble_ink *b)
{
    uint8_t more_than_print[INK_POINTS], beyond[INK_POINTS], lines[INK_POINTS];
    ink_grid_less(b->darkness, p->template, more_than_print);
    for (int k = 0; k < INK_POINTS; k++) {
        beyond[k] = more_than_print[k] > NOISE ? (uint8_t)(more_than_print[k] - NOISE) : 0;
        lines[k] = beyond[k] & p->far[k]; /* on the paper far from print */
    }
    int sum = ink_grid_sum(beyond), core = ink_grid_sum_of(beyond, mask->inner);
    int on_free = ink_grid_sum_of(beyond, p->free);
    b->spot = darkest_part(more_than_print, b->n_points, 16);
    double beyond_print = (double)sum / (255.0 * b->n_points);
    double more = fmax(0, b->mean - p->mean - MEAN_NOISE);
    if (p->n_free * FREE_SHARE > b->n_points)
        more = fmax(more, (double)on_free / (255.0 * p->n_free));
    double share = beyond_print > more && beyond_print > 0 ? more / beyond_print : 1;
    b->excess = share * beyond_print;
    b->core = mask->n_inner ? share * (double)core / (255.0 * mask->n_inner) : 0;
    b->rough = deviation(beyond, sum, b->n_points);
    b->solid = share * palest_part(mask, beyond, 4);
    b->peak = share * share * darkest_part(beyond, b->n_points, 8); /* twice doubtful as print */
    b->stroke = p->n_far * FREE_SHARE > b->n_points ? darkest_part(lines, p->n_far, 8) : 0;
}

/* A quarter of a group's bubbles is marked, seldom more: the lower half's end is an unmarked one's.
 */
static void measure_usual_spots(const struct page_prints *prints, struct bubble_ink *b,
                                double *scratch)
{
    for (int g = 0; g < prints->n; g++) {
        const int *members = prints->members + prints->list[g].first, n = prints->list[g].n;
        for (int i = 0; i < n; i++)
            scratch[i] = b[members[i]].spot;
        double usual = kth_of(scratch, n, n / 2);
        for (int i = 0; i < n; i++)
            b[members[i]].usual_spot = usual;
    }
}

/* Where a letter is printed too seldom to be learned, what it has more than a borrowed print looks
 * like a little ink; but then the other letters of its column have as much. Of a column at most one
 * bubble is meant, so what half of them show is print. */
static void discount_unknown_print(const struct page_prints *prints, struct bubble_ink *b, int n,
                                   double *scratch)
{
    int unknown = 0;
    for (int i = 0; i < n; i++)
        if (!prints->list[b[i].group].trusted)
            scratch[unknown++] = b[i].excess;
    if (unknown < UNKNOWN_MIN || (b[0].field->kind == FIELD_CHOICE && b[0].field->max_marks > 1))
        return;
    double usual = kth_of(scratch, unknown, unknown / 2);
    if (usual > UNKNOWN_MAX) /* too much for print: the whole column is marked */
        return;
    for (int i = 0; i < n; i++)
        if (!prints->list[b[i].group].trusted && b[i].excess > 0) {
            double left = fmax(0, b[i].excess - usual);
            b[i].core *= left / b[i].excess;
            b[i].peak *= left / b[i].excess;
            b[i].stroke *= left / b[i].excess;
            b[i].excess = left;
        }
}

/* ---- a page's bubbles ---- */

static int collect_bubbles(const struct form *form, int page, struct arena *arena,
                           struct bubble_ink **ret_bubbles)
{
    int n = 0;
    for (int i = 0; i < form->n_fields; i++)
        n += form->fields[i].page == page ? form->fields[i].n_bubbles : 0;
    struct bubble_ink *b = arena_alloc(arena, (size_t)n * sizeof(*b));
    if (!b)
        return YJ_ENOMEM;
    n = 0;
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *f = &form->fields[i];
        for (int k = 0; f->page == page && k < f->n_bubbles; k++) {
            b[n].field = f;
            b[n++].bubble = &f->bubbles[k];
        }
    }
    *ret_bubbles = b;
    return n;
}

int bubble_group_length(const struct bubble_ink *b, int n)
{
    int k = 1;
    while (k < n && b[k].field == b[0].field && b[k].bubble->column == b[0].bubble->column)
        k++;
    return k;
}

/* Of each shape, made once. */
static const struct ink_mask *shape_masks(void)
{
    static _Thread_local struct ink_mask masks[BUBBLE_BRACKET + 1];
    if (masks[0].n == 0)
        for (int shape = 0; shape <= BUBBLE_BRACKET; shape++)
            ink_mask_make((enum bubble_shape)shape, &masks[shape]);
    return masks;
}

/* What each bubble of a page holds beyond the print, and what of that counts. */
static void measure_ink(const struct page_prints *prints, const struct ink_mask *masks,
                        struct bubble_ink *b, int n, double *scratch)
{
    for (int i = 0; i < n; i++)
        measure_excess(&prints->list[b[i].group], &masks[b[i].field->shape], &b[i]);
    measure_usual_spots(prints, b, scratch);
    for (int i = 0, m; i < n; i += m) {
        m = bubble_group_length(&b[i], n - i);
        discount_unknown_print(prints, &b[i], m, scratch);
    }
    for (int i = 0; i < n; i++)
        b[i].ink = fmax(b[i].excess, STROKE_WORTH * b[i].stroke);
}

int bubble_ink_measure(const struct form *form, int page, const struct image *img,
                       const struct page_map *map, struct arena *arena,
                       struct bubble_ink **ret_bubbles, int *ret_n)
{
    struct bubble_ink *b;
    const struct ink_mask *masks = shape_masks();
    struct page_prints prints;
    int n = collect_bubbles(form, page, arena, &b);
    if (n <= 0) {
        *ret_n = 0;
        return n;
    }
    double *scratch = arena_alloc(arena, (size_t)n * sizeof(*scratch));
    if (!scratch)
        return YJ_ENOMEM;
    bubble_place_find(img, map, b, n);
    bubble_sample_all(img, map, masks, b, n);
    if (bubble_print_learn(masks, b, n, arena, &prints) < 0)
        return YJ_ENOMEM;
    measure_ink(&prints, masks, b, n, scratch);
    *ret_bubbles = b;
    *ret_n = n;
    if (bubble_speck_measure(masks, &prints, b, n, arena) < 0)
        return YJ_ENOMEM;
    if (bubble_halo_measure(img, map, &prints, b, n, arena) < 0)
        return YJ_ENOMEM;
    return bubble_through_measure(img, map, b, n, arena);
}
