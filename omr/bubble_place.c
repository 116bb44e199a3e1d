#include "bubble_place.h"

#include "ink_grid.h"
#include "outline.h"
#include "small_sort.h"
#include "view_points.h"
#include "wide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GAP 0.45          /* mm from the outline to the paper beside it */
#define CLAMP 60          /* grey levels: no point speaks louder */
#define SINGLE_REACH 0.25 /* mm a bubble moves by itself */
#define SHIFTS INK_GRID   /* px that are looked at together: the bytes of a vector */
#define SINGLE_MAX ((SHIFTS - 1) / 2)
#define GROUP_REACH 1.1 /* mm a group moves as a whole ... */
#define GROUP_MIN 4     /* ... if it has as many bubbles, */
#define WEAK 0.6        /* ... shows less than this share of the page's usual evidence, */
#define WEAK_OUTLINE 0.25
#define MISSING 0.1 /* of the page's usual evidence: less is no outline */
#define GAIN 1.4    /* ... and gains this much by moving */

/* An outline's pairs of points as px offsets from its centre: on it, and beside it. */
struct cast {
    int x, y; /* px of the centre */
    int on_x[OUTLINE_POINTS], on_y[OUTLINE_POINTS];
    int out_x[OUTLINE_POINTS], out_y[OUTLINE_POINTS];
    int reach; /* px from the centre that no point lies beyond */
};

/* The same in mm, for bubbles of one size. Of shapes of one size the first on the page speaks for
 * all: a bracket's own two strokes hold it up and down less well than a box's four sides. */
struct outline {
    double w, h;
    double on_x[OUTLINE_POINTS], on_y[OUTLINE_POINTS];
    double out_x[OUTLINE_POINTS], out_y[OUTLINE_POINTS];
};

static struct bubble_view view_at(const struct page_map *map, struct point mm)
{
    struct homography h = page_map_local(map, mm);
    struct point o = homography_apply(&h, mm);
    struct point x = homography_apply(&h, (struct point){mm.x + 1, mm.y});
    struct point y = homography_apply(&h, (struct point){mm.x, mm.y + 1});
    return (struct bubble_view){o, {x.x - o.x, x.y - o.y}, {y.x - o.x, y.y - o.y}};
}

static void suit_size(struct outline *o, enum bubble_shape shape, double w, double h)
{
    struct point on[OUTLINE_POINTS], normal[OUTLINE_POINTS];
    if (o->w == w && o->h == h)
        return;
    *o = (struct outline){.w = w, .h = h};
    outline_points(shape, w, h, on, normal);
    for (int i = 0; i < OUTLINE_POINTS; i++) {
        o->on_x[i] = on[i].x;
        o->on_y[i] = on[i].y;
        o->out_x[i] = on[i].x + GAP * normal[i].x;
        o->out_y[i] = on[i].y + GAP * normal[i].y;
    }
}

static void cast_outline(const struct bubble_view *view, const struct outline *o, struct cast *c)
{
    struct bubble_view v = *view;
    c->x = (int)floor(v.origin.x);
    c->y = (int)floor(v.origin.y);
    v.origin.x -= floor(v.origin.x);
    v.origin.y -= floor(v.origin.y);
    view_pixels(&v, o->on_x, o->on_y, OUTLINE_POINTS, c->on_x, c->on_y);
    view_pixels(&v, o->out_x, o->out_y, OUTLINE_POINTS, c->out_x, c->out_y);
    double x = (o->w / 2 + GAP) * fabs(v.dx.x) + (o->h / 2 + GAP) * fabs(v.dy.x);
    double y = (o->w / 2 + GAP) * fabs(v.dx.y) + (o->h / 2 + GAP) * fabs(v.dy.y);
    c->reach = (int)fmin(fmax(x, y), IMAGE_MAX_SIDE) + 2;
}

/* ---- evidence ---- */

static int pixel(const struct image *img, int x, int y)
{
    if (x < 0 || y < 0 || x >= img->width || y >= img->height)
        return 255;
    return image_row(img, y)[x];
}

/* How much darker the outline is than the paper beside it, were the bubble (dx, dy) px away. */
static int evidence(const struct image *img, const struct cast *c, int dx, int dy)
{
    int sum = 0;
    for (int i = 0; i < OUTLINE_POINTS; i++) {
        int ink = pixel(img, c->x + dx + c->on_x[i], c->y + dy + c->on_y[i]);
        int paper = pixel(img, c->x + dx + c->out_x[i], c->y + dy + c->out_y[i]);
        int drop = paper - ink;
        sum += drop < 0 ? 0 : (drop > CLAMP ? CLAMP : drop);
    }
    return sum;
}

/* The same for all shifts of up to r px at once, a row of them at a time:
 * ret[(dy + r) * SHIFTS + dx + r]. All that is looked at is on the image. */
WIDE static void evidence_around(const struct image *img, const struct cast *c, int r,
                                 uint16_t *ret)
{
    const ptrdiff_t stride = (ptrdiff_t)img->stride;
    const ink_row clamp = (ink_row){0} + CLAMP;
    const uint8_t *first = img->data + (c->y - r) * stride + c->x - r;
    for (int dy = 0; dy <= 2 * r; dy++, first += stride) {
        ink_pairs even = {0}, odd = {0};
        for (int i = 0; i < OUTLINE_POINTS; i++) {
            ink_row ink = ink_row_at(first + c->on_y[i] * stride + c->on_x[i], 0);
            ink_row paper = ink_row_at(first + c->out_y[i] * stride + c->out_x[i], 0);
            ink_pairs drop = (ink_pairs)ink_row_min(ink_row_less(paper, ink), clamp);
            even += drop & 0xff;
            odd += drop >> 8;
        }
        _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                       "else odd and even change places");
        for (int k = 0; k < SHIFTS; k += 2) {
            ret[dy * SHIFTS + k] = even[k / 2];
            ret[dy * SHIFTS + k + 1] = odd[k / 2];
        }
    }
}

static bool is_clear(const struct image *img, const struct cast *c)
{
    return c->x >= c->reach + SHIFTS && c->y >= c->reach + SHIFTS &&
           c->x + c->reach + SHIFTS < img->width && c->y + c->reach + SHIFTS < img->height;
}

/* ---- moving ---- */

/* The casts of a group of bubbles that move together. */
static void cast_group(const struct page_map *map, const struct bubble_ink *b, int n,
                       struct cast *casts)
{
    struct outline o = {.w = -1};
    for (int i = 0; i < n; i++) {
        const struct rect *box = &b[i].bubble->box;
        suit_size(&o, b[i].field->shape, box->w * map->bubble_scale, box->h * map->bubble_scale);
        cast_outline(&b[i].view, &o, &casts[i]);
    }
}

static void move_by(struct bubble_ink *b, struct cast *casts, int n, int dx, int dy)
{
    for (int i = 0; i < n; i++) {
        casts[i].x += dx;
        casts[i].y += dy;
        b[i].view.origin.x += dx;
        b[i].view.origin.y += dy;
    }
}

/* px: within `reach` mm. */
static int px_within(const struct bubble_ink *b, double reach)
{
    return (int)fmax(1, floor(reach * length_of(b->view.dx)));
}

/* Moves a group's views to the best of the shifts within `reach` mm; nearer wins a tie. Returns the
 * evidence there. */
static int move_group(const struct image *img, struct bubble_ink *b, struct cast *casts, int n,
                      double reach, double gain)
{
    int r = px_within(b, reach), step = r / 6 > 1 ? r / 6 : 1;
    int still = 0, best = 0, best_x = 0, best_y = 0;
    for (int i = 0; i < n; i++)
        still += evidence(img, &casts[i], 0, 0);
    best = (int)(still * gain) + OUTLINE_POINTS * n;
    for (int dy = -r; dy <= r; dy += step)
        for (int dx = -r; dx <= r; dx += step) {
            int sum = 0;
            for (int i = 0; i < n; i++)
                sum += evidence(img, &casts[i], dx, dy);
            if (sum > best)
                best = sum, best_x = dx, best_y = dy;
        }
    move_by(b, casts, n, best_x, best_y);
    return best_x || best_y ? best : still;
}

/* The same of one bubble; nearly always all about it is on the image. */
static int move_single(const struct image *img, struct bubble_ink *b, struct cast *c)
{
    uint16_t around[SHIFTS * SHIFTS];
    int r = px_within(b, SINGLE_REACH);
    if (r > SINGLE_MAX || !is_clear(img, c))
        return move_group(img, b, c, 1, SINGLE_REACH, 1);
    evidence_around(img, c, r, around);
    int still = around[r * SHIFTS + r], best = still + OUTLINE_POINTS, best_x = 0, best_y = 0;
    for (int dy = -r; dy <= r; dy++)
        for (int dx = -r; dx <= r; dx++) {
            int sum = around[(dy + r) * SHIFTS + dx + r];
            if (sum > best)
                best = sum, best_x = dx, best_y = dy;
        }
    move_by(b, c, 1, best_x, best_y);
    return best_x || best_y ? best : still;
}

/* Each bubble by itself; values[] receives its evidence. */
static void move_singles(const struct image *img, struct bubble_ink *b, struct cast *casts, int n,
                         int *values)
{
    for (int i = 0; i < n; i++)
        values[i] = move_single(img, &b[i], &casts[i]);
}

static void move_weak_groups(const struct image *img, const struct page_map *map,
                             struct bubble_ink *b, struct cast *casts, int n, int *values,
                             int usual)
{
    for (int i = 0, m; i < n; i += m) {
        int sum = 0;
        m = bubble_group_length(&b[i], n - i);
        for (int k = 0; k < m; k++)
            sum += values[i + k];
        if (m < GROUP_MIN || sum >= WEAK * usual * m)
            continue;
        for (int k = 0; k < m; k++)
            b[i + k].view = view_at(map, rect_center(b[i + k].bubble->box));
        cast_group(map, &b[i], m, &casts[i]);
        move_group(img, &b[i], &casts[i], m, GROUP_REACH, GAIN);
        move_singles(img, &b[i], &casts[i], m, &values[i]);
    }
}

void bubble_place_find(const struct image *img, const struct page_map *map, struct bubble_ink *b,
                       int n)
{
    struct cast *casts = malloc((size_t)n * sizeof(*casts));
    int *values = malloc((size_t)n * sizeof(*values));
    double *scratch = malloc((size_t)n * sizeof(*scratch));
    for (int i = 0; i < n; i++)
        b[i].view = view_at(map, rect_center(b[i].bubble->box));
    if (casts && values && scratch) { /* without memory the map's own places must do */
        cast_group(map, b, n, casts);
        move_singles(img, b, casts, n, values);
        for (int i = 0; i < n; i++)
            scratch[i] = values[i];
        const int usual = (int)kth_of(scratch, n, n / 2);
        move_weak_groups(img, map, b, casts, n, values, usual);
        for (int i = 0; i < n; i++) {
            b[i].missing = values[i] < MISSING * usual;
            b[i].weak = values[i] < WEAK_OUTLINE * usual;
        }
    }
    free(casts);
    free(values);
    free(scratch);
}
