#include "pagemap.h"

#include <math.h>

/* Anchors blend by a Gaussian of their distance: near enough to follow a curl, wide enough that one
 * badly measured anchor is outvoted by its neighbours. */
#define BLEND_SIGMA 12.0 /* mm */

static struct point shift_at(const struct page_map *map, struct point mm)
{
    double sx = 0, sy = 0, sw = 0;
    for (int i = 0; i < map->n_anchors; i++) {
        const struct page_anchor *a = &map->anchors[i];
        double dx = mm.x - a->at.x, dy = mm.y - a->at.y;
        double q = (dx * dx + dy * dy) / (BLEND_SIGMA * BLEND_SIGMA);
        /* 1 / (1 + q)^2 falls like a Gaussian nearby and never to nought far off. */
        double w = 1.0 / ((1.0 + q) * (1.0 + q));
        w *= w;
        sx += w * a->shift.x;
        sy += w * a->shift.y;
        sw += w;
    }
    return sw > 0 ? (struct point){sx / sw, sy / sw} : (struct point){0, 0};
}

struct point page_map_point(const struct page_map *map, struct point mm)
{
    struct point s = shift_at(map, mm);
    return homography_apply(&map->mm_to_px, (struct point){mm.x + s.x, mm.y + s.y});
}

struct homography page_map_local(const struct page_map *map, struct point mm)
{
    struct point s = shift_at(map, mm);
    struct homography move = {{1, 0, s.x, 0, 1, s.y, 0, 0, 1}}, local;
    homography_compose(&map->mm_to_px, &move, &local);
    return local;
}
