#include "bubble_place.h"

#include "outline.h"

#include <math.h>
#include <stdlib.h>

#define GAP 0.45          /* mm from the outline to the paper beside it */
#define CLAMP 60          /* grey levels: no point speaks louder */
#define SINGLE_REACH 0.25 /* mm a bubble moves by itself */
#define GROUP_REACH 1.1   /* mm a group moves as a whole ... */
#define GROUP_MIN 4       /* ... if it has as many bubbles, */
#define WEAK 0.6          /* ... shows less than this share of the page's usual evidence, */
#define WEAK_OUTLINE 0.25
#define MISSING 0.1 /* of the page's usual evidence: less is no outline */
#define GAIN 1.4    /* ... and gains this much by moving */

/* An outline's pairs of points as px offsets from its centre. */
struct cast {
    int x, y; /* px of the centre */
    int on[OUTLINE_POINTS][2], out[OUTLINE_POINTS][2];
};

static struct bubble_view view_at(const struct page_map *map, struct point mm)
{
    struct homography h = page_map_local(map, mm);
    struct point o = homography_apply(&h, mm);
    struct point x = homography_apply(&h, (struct point){mm.x + 1, mm.y});
    struct point y = homography_apply(&h, (struct point){mm.x, mm.y + 1});
    return (struct bubble_view){o, {x.x - o.x, x.y - o.y}, {y.x - o.x, y.y - o.y}};
}

static void cast_point(const struct bubble_view *v, double x, double y, int px[2])
{
    double fx = v->origin.x - floor(v->origin.x), fy = v->origin.y - floor(v->origin.y);
    px[0] = (int)lround(fx + x * v->dx.x + y * v->dy.x);
    px[1] = (int)lround(fy + x * v->dx.y + y * v->dy.y);
}

static void cast_outline(const struct bubble_view *v, const struct point *on,
                         const struct point *normal, struct cast *c)
{
    c->x = (int)floor(v->origin.x);
    c->y = (int)floor(v->origin.y);
    for (int i = 0; i < OUTLINE_POINTS; i++) {
        cast_point(v, on[i].x, on[i].y, c->on[i]);
        cast_point(v, on[i].x + GAP * normal[i].x, on[i].y + GAP * normal[i].y, c->out[i]);
    }
}

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
        int ink = pixel(img, c->x + dx + c->on[i][0], c->y + dy + c->on[i][1]);
        int paper = pixel(img, c->x + dx + c->out[i][0], c->y + dy + c->out[i][1]);
        int drop = paper - ink;
        sum += drop < 0 ? 0 : (drop > CLAMP ? CLAMP : drop);
    }
    return sum;
}

/* The casts of a group of bubbles that move together. */
static void cast_group(const struct page_map *map, const struct bubble_ink *b, int n,
                       struct cast *casts)
{
    struct point on[OUTLINE_POINTS], normal[OUTLINE_POINTS];
    double w = 0, h = 0;
    for (int i = 0; i < n; i++) {
        const struct rect *box = &b[i].bubble->box;
        if (box->w != w || box->h != h) {
            w = box->w;
            h = box->h;
            outline_points(b[i].field->shape, w * map->bubble_scale, h * map->bubble_scale, on,
                           normal);
        }
        cast_outline(&b[i].view, on, normal, &casts[i]);
    }
}

/* Moves a group's views to the best of the shifts within `reach` mm; nearer wins a tie. Returns the
 * evidence there, *ret_still where they stood. */
static int move_group(const struct image *img, struct bubble_ink *b, struct cast *casts, int n,
                      double reach, double gain, int *ret_still)
{
    double scale = hypot(b[0].view.dx.x, b[0].view.dx.y);
    int r = (int)fmax(1, floor(reach * scale)), step = r / 6 > 1 ? r / 6 : 1;
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
    for (int i = 0; i < n; i++) {
        casts[i].x += best_x;
        casts[i].y += best_y;
        b[i].view.origin.x += best_x;
        b[i].view.origin.y += best_y;
    }
    *ret_still = still;
    return best_x || best_y ? best : still;
}

static int by_value(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Each bubble by itself; values[] receives its evidence. */
static void move_singles(const struct image *img, struct bubble_ink *b, struct cast *casts, int n,
                         int *values)
{
    int still;
    for (int i = 0; i < n; i++)
        values[i] = move_group(img, &b[i], &casts[i], 1, SINGLE_REACH, 1, &still);
}

static void move_weak_groups(const struct image *img, const struct page_map *map,
                             struct bubble_ink *b, struct cast *casts, int n, int *values,
                             int usual)
{
    for (int i = 0, m; i < n; i += m) {
        int sum = 0, still;
        m = bubble_group_length(&b[i], n - i);
        for (int k = 0; k < m; k++)
            sum += values[i + k];
        if (m < GROUP_MIN || sum >= WEAK * usual * m)
            continue;
        for (int k = 0; k < m; k++)
            b[i + k].view = view_at(map, rect_center(b[i + k].bubble->box));
        cast_group(map, &b[i], m, &casts[i]);
        move_group(img, &b[i], &casts[i], m, GROUP_REACH, GAIN, &still);
        move_singles(img, &b[i], &casts[i], m, &values[i]);
    }
}

void bubble_place_find(const struct image *img, const struct page_map *map, struct bubble_ink *b,
                       int n)
{
    struct cast *casts = malloc((size_t)n * sizeof(*casts));
    int *values = malloc(2 * (size_t)n * sizeof(*values));
    for (int i = 0; i < n; i++)
        b[i].view = view_at(map, rect_center(b[i].bubble->box));
    if (casts && values) { /* without memory the map's own places must do */
        cast_group(map, b, n, casts);
        move_singles(img, b, casts, n, values);
        int *sorted = values + n;
        for (int i = 0; i < n; i++)
            sorted[i] = values[i];
        qsort(sorted, (size_t)n, sizeof(*sorted), by_value);
        move_weak_groups(img, map, b, casts, n, values, sorted[n / 2]);
        for (int i = 0; i < n; i++) {
            b[i].missing = values[i] < MISSING * sorted[n / 2];
            b[i].weak = values[i] < WEAK_OUTLINE * sorted[n / 2];
        }
    }
    free(casts);
    free(values);
}
