#include "outline_set.h"

#include "diag.h"

#include <math.h>
#include <stdlib.h>

#define OUTSIDE_GAP 0.55 /* mm from an outline to its outer points, where there is room */
#define PATCH_SIDE 28.0  /* mm */
#define BUBBLES_ENOUGH 40
#define PATCH_MIN 4 /* outlines; fewer join a neighbour */

static void outline_init(struct outline *o, struct rect box, enum bubble_shape shape)
{
    o->center = rect_center(box);
    o->gap = OUTSIDE_GAP;
    struct point on[POINTS], normal[POINTS];
    outline_points(shape, box.w, box.h, on, normal);
    for (int i = 0; i < POINTS; i++) {
        o->on_x[i] = on[i].x, o->on_y[i] = on[i].y;
        o->normal_x[i] = normal[i].x, o->normal_y[i] = normal[i].y;
    }
}

static int count_bubbles(const struct form *form, int page)
{
    int n = 0;
    for (int i = 0; i < form->n_fields; i++)
        n += form->fields[i].page == page ? form->fields[i].n_bubbles : 0;
    return n;
}

/* Boxes are written into and over: where there are bubbles enough they say nothing more. */
static int boxes_of(const struct field *f, int n_bubbles)
{
    return field_is_handwritten(f) && n_bubbles >= BUBBLES_ENOUGH ? 0 : f->n_boxes;
}

static int count_outlines(const struct form *form, int page)
{
    int n = count_bubbles(form, page), n_bubbles = n;
    for (int i = 0; i < form->n_fields; i++)
        if (form->fields[i].page == page)
            n += boxes_of(&form->fields[i], n_bubbles);
    return n;
}

static void collect_outlines(const struct form *form, int page, struct outline_set *set)
{
    int n_bubbles = count_bubbles(form, page);
    set->n_fields = form->n_fields;
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *f = &form->fields[i];
        int first = set->n_outlines;
        if (f->page != page)
            continue;
        for (int k = 0; k < f->n_bubbles; k++)
            outline_init(&set->outlines[set->n_outlines++], f->bubbles[k].box, f->shape);
        for (int k = 0; k < boxes_of(f, n_bubbles); k++)
            outline_init(&set->outlines[set->n_outlines++], f->boxes[k], BUBBLE_BOX);
        for (int k = first; k < set->n_outlines; k++) {
            set->outlines[k].field = i;
            set->outlines[k].option = f->kind == FIELD_CHOICE ? f->bubbles[k - first].option : -1;
        }
    }
}

static void measure_extent(struct outline_set *set)
{
    double x0 = HUGE_VAL, y0 = HUGE_VAL, x1 = -HUGE_VAL, y1 = -HUGE_VAL;
    for (int i = 0; i < set->n_outlines; i++) {
        struct point c = set->outlines[i].center;
        x0 = fmin(x0, c.x), x1 = fmax(x1, c.x);
        y0 = fmin(y0, c.y), y1 = fmax(y1, c.y);
    }
    set->extent = (struct rect){x0, y0, x1 - x0, y1 - y0};
}

static int by_patch(const void *a, const void *b)
{
    const struct outline *x = a, *y = b;
    if (x->patch != y->patch)
        return x->patch < y->patch ? -1 : 1;
    if (x->center.y != y->center.y)
        return x->center.y < y->center.y ? -1 : 1;
    return (x->center.x > y->center.x) - (x->center.x < y->center.x);
}

/* Cells of PATCH_SIDE over the extent; their number is the patch until small ones have joined. */
static void assign_cells(struct outline_set *set, int *ret_cells)
{
    int nx = (int)(set->extent.w / PATCH_SIDE) + 1, ny = (int)(set->extent.h / PATCH_SIDE) + 1;
    for (int i = 0; i < set->n_outlines; i++) {
        struct outline *o = &set->outlines[i];
        int x = (int)((o->center.x - set->extent.x) / (set->extent.w / nx + 1e-9));
        int y = (int)((o->center.y - set->extent.y) / (set->extent.h / ny + 1e-9));
        o->patch = (y < ny ? y : ny - 1) * nx + (x < nx ? x : nx - 1);
    }
    *ret_cells = nx * ny;
}

/* The patch of the nearest outline that is in a full enough cell. */
static int nearest_full_patch(const struct outline_set *set, const int *count, int from)
{
    int best = set->outlines[from].patch;
    double least = HUGE_VAL;
    for (int i = 0; i < set->n_outlines; i++) {
        const struct outline *o = &set->outlines[i];
        double d = hypot(o->center.x - set->outlines[from].center.x,
                         o->center.y - set->outlines[from].center.y);
        if (count[o->patch] >= PATCH_MIN && d < least) {
            least = d;
            best = o->patch;
        }
    }
    return best;
}

static int join_small_cells(struct outline_set *set, int cells)
{
    if (cells <= 0 || set->n_outlines <= 0)
        return 0;
    int *count = calloc((size_t)cells, sizeof(*count));
    int *patch = calloc((size_t)set->n_outlines, sizeof(*patch));
    if (!count || !patch) {
        free(count);
        free(patch);
        return YJ_ENOMEM;
    }
    for (int i = 0; i < set->n_outlines; i++)
        count[set->outlines[i].patch]++;
    for (int i = 0; i < set->n_outlines; i++)
        patch[i] = count[set->outlines[i].patch] >= PATCH_MIN ? set->outlines[i].patch
                                                              : nearest_full_patch(set, count, i);
    for (int i = 0; i < set->n_outlines; i++)
        set->outlines[i].patch = patch[i];
    free(count);
    free(patch);
    return 0;
}

/* Least distance from the centre of an outline to any other's; also bounds its outer points. */
static double outline_pitch(const struct outline_set *set, int from)
{
    double least = 8; /* mm: lone outlines search no farther */
    for (int i = 0; i < set->n_outlines; i++) {
        if (i == from)
            continue;
        double dx = fabs(set->outlines[i].center.x - set->outlines[from].center.x);
        double dy = fabs(set->outlines[i].center.y - set->outlines[from].center.y);
        if (dx < least && dy < least)
            least = fmin(least, fmax(dx, hypot(dx, dy)));
    }
    return least;
}

static int number_patches(struct outline_set *set)
{
    qsort(set->outlines, (size_t)set->n_outlines, sizeof(*set->outlines), by_patch);
    int last = -1, n = 0;
    for (int i = 0; i < set->n_outlines; i++) {
        if (set->outlines[i].patch != last)
            n++;
        last = set->outlines[i].patch;
        set->outlines[i].patch = n - 1;
    }
    set->patches = calloc((size_t)n + 1, sizeof(*set->patches));
    if (!set->patches)
        return YJ_ENOMEM;
    set->n_patches = n;
    for (int i = 0; i < n; i++)
        set->patches[i].pitch = HUGE_VAL;
    for (int i = 0; i < set->n_outlines; i++) {
        struct outline *o = &set->outlines[i];
        struct patch *p = &set->patches[o->patch];
        double pitch = outline_pitch(set, i);
        p->pitch = fmin(p->pitch, pitch);
        p->center.x += o->center.x;
        p->center.y += o->center.y;
        p->n_outlines++;
    }
    for (int i = 0; i < n; i++) {
        set->patches[i].center.x /= set->patches[i].n_outlines;
        set->patches[i].center.y /= set->patches[i].n_outlines;
    }
    return 0;
}

/* Outer points stay out of the neighbour: at most 40 % of the free space between the two. */
static void bound_gaps(struct outline_set *set)
{
    for (int i = 0; i < set->n_outlines; i++) {
        struct outline *o = &set->outlines[i];
        double half = 0;
        for (int k = 0; k < POINTS; k++)
            half = fmax(half,
                        fmin(fabs(o->on_x[k]) + fabs(o->on_y[k]), hypot(o->on_x[k], o->on_y[k])));
        double room = outline_pitch(set, i) - 2 * half;
        if (room > 0)
            o->gap = fmax(0.25, fmin(OUTSIDE_GAP, 0.4 * room));
        else
            o->gap = 0.3;
    }
}

int outline_set_create(const struct form *form, int page, struct outline_set **ret_set)
{
    struct outline_set *set = calloc(1, sizeof(*set));
    if (!set)
        return YJ_ENOMEM;
    int n = count_outlines(form, page), cells, r = YJ_ENOMEM;
    set->outlines = calloc((size_t)n + 1, sizeof(*set->outlines));
    if (!set->outlines)
        goto fail;
    collect_outlines(form, page, set);
    if (n > 0) {
        measure_extent(set);
        assign_cells(set, &cells);
        r = join_small_cells(set, cells);
        if (r == 0)
            r = number_patches(set);
        if (r < 0)
            goto fail;
        bound_gaps(set);
    }
    *ret_set = set;
    return 0;
fail:
    outline_set_destroy(set);
    return r;
}

void outline_set_destroy(struct outline_set *set)
{
    if (!set)
        return;
    free(set->outlines);
    free(set->patches);
    free(set);
}

int outline_set_count(const struct outline_set *set)
{
    return set->n_outlines;
}
