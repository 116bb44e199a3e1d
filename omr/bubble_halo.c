#include "bubble_halo.h"

#include "diag.h"
#include "outline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RINGS 3
#define FIRST 0.50 /* mm from the outline to the nearest ring; nearer is the outline's own blur */
#define STEP 0.30  /* mm from a ring to the next */
#define POINTS (RINGS * OUTLINE_POINTS)
#define NOISE 14    /* of 255 */
#define GROUP_MIN 4 /* bubbles that show what is printed around them */

struct halo {
    uint8_t darkness[POINTS];
    int mean, group, index;
};

static void sample_halo(const struct image *img, const struct page_map *map,
                        const struct bubble_ink *b, struct halo *h)
{
    struct point on[OUTLINE_POINTS], normal[OUTLINE_POINTS];
    const struct bubble_view *v = &b->view;
    int sum = 0;
    outline_points(b->field->shape, b->bubble->box.w * map->bubble_scale,
                   b->bubble->box.h * map->bubble_scale, on, normal);
    for (int i = 0; i < POINTS; i++) {
        const struct point *o = &on[i % OUTLINE_POINTS], *n = &normal[i % OUTLINE_POINTS];
        double off = FIRST + STEP * (i / OUTLINE_POINTS);
        double x = o->x + off * n->x, y = o->y + off * n->y;
        long px = lround(v->origin.x + x * v->dx.x + y * v->dy.x);
        long py = lround(v->origin.y + x * v->dx.y + y * v->dy.y);
        bool outside = px < 0 || py < 0 || px >= img->width || py >= img->height;
        int grey = outside ? b->paper : image_row(img, (int)py)[px];
        int dark = grey >= b->paper ? 0 : (b->paper - grey) * 255 / b->paper;
        h->darkness[i] = (uint8_t)dark;
        sum += dark;
    }
    h->mean = sum / POINTS;
}

static int by_group_and_mean(const void *a, const void *b)
{
    const struct halo *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->mean != y->mean)
        return x->mean < y->mean ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Neighbours' outlines and the question's number stand at the same place around every bubble of a
 * group: the paler half shows them. */
static void measure_group(const struct halo *h, int n, struct bubble_ink *b)
{
    int usual[POINTS] = {0}, half = n / 2;
    for (int i = 0; i < half; i++)
        for (int k = 0; k < POINTS; k++)
            usual[k] += h[i].darkness[k];
    for (int i = 0; i < n; i++) {
        int sum = 0;
        for (int k = 0; k < POINTS; k++) {
            int beyond = h[i].darkness[k] - usual[k] / half - NOISE;
            sum += beyond > 0 ? beyond : 0;
        }
        b[h[i].index].halo = sum / (255.0 * POINTS);
    }
}

int bubble_halo_measure(const struct image *img, const struct page_map *map, struct bubble_ink *b,
                        int n, struct arena *arena)
{
    struct halo *halos = arena_alloc(arena, (size_t)n * sizeof(*halos));
    if (!halos)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++) {
        sample_halo(img, map, &b[i], &halos[i]);
        halos[i].group = b[i].group;
        halos[i].index = i;
    }
    qsort(halos, (size_t)n, sizeof(*halos), by_group_and_mean);
    for (int i = 0, m; i < n; i += m) {
        for (m = 1; i + m < n && halos[i + m].group == halos[i].group;)
            m++;
        if (m >= GROUP_MIN)
            measure_group(&halos[i], m, b);
    }
    return 0;
}
