#include "print_spots.h"

#include "diag.h"
#include "vision.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BLOBS 6000
#define MAX_SPOTS 3000
#define SIZE_LEAST 0.62 /* of a piece's size that a spot has; ... */
#define SIZE_MOST 1.50  /* ... a box turned by 12 degrees is larger upright */
#define BLUR 1.5        /* px that ink may be wider or narrower */
#define WINDOW 2.5      /* of the largest piece's side: what ink is compared with */
#define WINDOW_MAX 12.0 /* mm */

/* Whether a spot may be a piece of some size, upright or lying, at a scale within the bounds. */
static bool may_be_a_piece(const struct print_pattern *pattern, const struct blob *b, double least,
                           double most)
{
    double w = fmin(b->w, b->h), h = fmax(b->w, b->h);
    for (int i = 0; i < pattern->n_sizes; i++) {
        double sw = fmin(pattern->sizes[i].x, pattern->sizes[i].y);
        double sh = fmax(pattern->sizes[i].x, pattern->sizes[i].y);
        if (w >= SIZE_LEAST * least * sw - BLUR && w <= SIZE_MOST * most * sw + BLUR &&
            h >= SIZE_LEAST * least * sh - BLUR && h <= SIZE_MOST * most * sh + BLUR)
            return true;
    }
    return false;
}

static int build_cells(struct print_spots *s, const struct image *img, double cell)
{
    s->cell = cell;
    s->nx = (int)(img->width / cell) + 1;
    s->ny = (int)(img->height / cell) + 1;
    s->head = malloc((size_t)s->nx * (size_t)s->ny * sizeof(*s->head));
    s->next = malloc(((size_t)s->n_spots + 1) * sizeof(*s->next));
    if (!s->head || !s->next)
        return YJ_ENOMEM;
    memset(s->head, -1, (size_t)s->nx * (size_t)s->ny * sizeof(*s->head));
    for (int i = 0; i < s->n_spots; i++) {
        int c = (int)(s->spots[i].at.y / cell) * s->nx + (int)(s->spots[i].at.x / cell);
        s->next[i] = s->head[c];
        s->head[c] = i;
    }
    return 0;
}

int print_spots_find(const struct print_pattern *pattern, const struct image *img, double least,
                     double most, int offset, struct print_spots *ret)
{
    double smallest = HUGE_VAL, largest = 0;
    size_t n = 0;
    *ret = (struct print_spots){0};
    for (int i = 0; i < pattern->n_sizes; i++) {
        smallest = fmin(smallest, fmin(pattern->sizes[i].x, pattern->sizes[i].y));
        largest = fmax(largest, fmax(pattern->sizes[i].x, pattern->sizes[i].y));
    }
    struct blob *blobs = malloc(MAX_BLOBS * sizeof(*blobs));
    ret->spots = malloc(MAX_SPOTS * sizeof(*ret->spots));
    int e = blobs && ret->spots ? 0 : YJ_ENOMEM;
    int window = (int)(fmin(WINDOW * largest, WINDOW_MAX) * most);
    if (e == 0)
        e = vision_find_blobs(img, window > 9 ? window : 9, offset,
                              (int)fmax(4, SIZE_LEAST * smallest * least), blobs, MAX_BLOBS, &n,
                              NULL);
    for (size_t i = 0; e == 0 && i < n && ret->n_spots < MAX_SPOTS; i++) {
        const struct blob *b = &blobs[i];
        if (may_be_a_piece(pattern, b, least, most))
            ret->spots[ret->n_spots++] =
                (struct spot){{b->x + (b->w - 1) / 2.0, b->y + (b->h - 1) / 2.0}, b->w, b->h};
    }
    free(blobs);
    if (e == 0)
        e = build_cells(ret, img, fmax(4, 3 * least));
    if (e < 0)
        print_spots_finish(ret);
    return e == YJ_EDATA ? 0 : e;
}

void print_spots_finish(struct print_spots *s)
{
    free(s->spots);
    free(s->head);
    free(s->next);
    *s = (struct print_spots){0};
}

bool print_spot_is_like(const struct spot *s, struct point size, const struct homography *h)
{
    double w = fabs(h->m[0]) * size.x + fabs(h->m[1]) * size.y;
    double t = fabs(h->m[3]) * size.x + fabs(h->m[4]) * size.y;
    return s->w >= SIZE_LEAST * w - BLUR && s->w <= SIZE_MOST * w + BLUR &&
           s->h >= SIZE_LEAST * t - BLUR && s->h <= SIZE_MOST * t + BLUR;
}

int print_spots_nearest(const struct print_spots *s, struct point p, double radius,
                        struct point size, const struct homography *h)
{
    int best = -1;
    double least = radius;
    if (!(p.x > -radius) || !(p.y > -radius) || !(p.x < s->nx * s->cell + radius) ||
        !(p.y < s->ny * s->cell + radius))
        return -1;
    int x0 = (int)floor((p.x - radius) / s->cell), x1 = (int)floor((p.x + radius) / s->cell);
    int y0 = (int)floor((p.y - radius) / s->cell), y1 = (int)floor((p.y + radius) / s->cell);
    for (int y = y0 < 0 ? 0 : y0; y <= y1 && y < s->ny; y++)
        for (int x = x0 < 0 ? 0 : x0; x <= x1 && x < s->nx; x++)
            for (int i = s->head[y * s->nx + x]; i >= 0; i = s->next[i]) {
                double d = hypot(s->spots[i].at.x - p.x, s->spots[i].at.y - p.y);
                if (d < least && print_spot_is_like(&s->spots[i], size, h)) {
                    least = d;
                    best = i;
                }
            }
    return best;
}
