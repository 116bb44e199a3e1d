/* Greys are compared, not darkness: the darkest point is the one of least grey, whatever the paper.
 */
#include "bubble_through.h"

#include "diag.h"
#include "view_points.h"

#include <math.h>

#define BESIDE 0.55     /* mm beside the outline where a mark should have ended ... */
#define BESIDE_STEP 0.4 /* ... and on from there ... */
#define STEPS 4         /* ... so many times */
#define ACROSS 5        /* points along the side at each step */
#define SIDES 4         /* left, right, above, below */
#define POINTS (SIDES * STEPS * ACROSS)
#define MAX_NEIGHBOURS 8
#define NEIGHBOUR_INK 0.08
#define OVERSHOOT 0.8     /* mm by which a pen leaves its bubble */
#define THROUGH_FROM 0.03 /* ink from which it matters */

/* The points beside bubbles of one size, mm from the centre; side by side, from the outline away.
 */
struct beside {
    double w, h;
    double x[POINTS], y[POINTS];
};

static void suit_size(struct beside *s, double w, double h)
{
    static const int out[SIDES][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    if (s->w == w && s->h == h)
        return;
    s->w = w;
    s->h = h;
    for (int i = 0; i < POINTS; i++) {
        int ux = out[i / (STEPS * ACROSS)][0], uy = out[i / (STEPS * ACROSS)][1];
        int k = i % ACROSS - ACROSS / 2;
        double off = BESIDE + BESIDE_STEP * (i / ACROSS % STEPS);
        s->x[i] = ux ? ux * (w / 2 + off) : k * w / 8;
        s->y[i] = uy ? uy * (h / 2 + off) : k * h / 8;
    }
}

/* Bubbles that hold ink of their own: what reaches over from them to one beside does not count. */
struct inked {
    int *list, n;
};

/* mm from the bubble's centre. */
struct neighbours {
    struct rect boxes[MAX_NEIGHBOURS];
    int n;
};

static void find_neighbours(const struct bubble_ink *all, const struct inked *inked,
                            const struct bubble_ink *b, struct neighbours *ret)
{
    struct point c = rect_center(b->bubble->box);
    ret->n = 0;
    for (int i = 0; i < inked->n && ret->n < MAX_NEIGHBOURS; i++) {
        const struct bubble_ink *other = &all[inked->list[i]];
        struct rect o = other->bubble->box;
        bool near = fabs(o.x + o.w / 2 - c.x) < o.w + 2 && fabs(o.y + o.h / 2 - c.y) < o.h + 2;
        if (near && other != b)
            ret->boxes[ret->n++] = (struct rect){o.x - c.x - OVERSHOOT, o.y - c.y - OVERSHOOT,
                                                 o.w + 2 * OVERSHOOT, o.h + 2 * OVERSHOOT};
    }
}

static bool is_anothers(const struct neighbours *beside, double x, double y)
{
    for (int i = 0; i < beside->n; i++) {
        const struct rect *r = &beside->boxes[i];
        if (x > r->x && x < r->x + r->w && y > r->y && y < r->y + r->h)
            return true;
    }
    return false;
}

/* What is off the image, or a neighbour's, is white. */
static void take_greys(const struct image *img, const struct bubble_ink *b, const struct beside *s,
                       const struct neighbours *neighbours, uint8_t *ret_greys)
{
    int px[POINTS], py[POINTS];
    view_pixels(&b->view, s->x, s->y, POINTS, px, py);
    for (int i = 0; i < POINTS; i++) {
        bool outside = px[i] < 0 || py[i] < 0 || px[i] >= img->width || py[i] >= img->height;
        bool white = outside || is_anothers(neighbours, s->x[i], s->y[i]);
        ret_greys[i] = white ? 255 : image_row(img, py[i])[px[i]];
    }
}

/* What goes on beyond one side: the darkest at each step, the palest of the steps. */
static int side_grey(const uint8_t *greys)
{
    int most = 0;
    for (int step = 0; step < STEPS; step++) {
        int darkest = 255;
        for (int k = 0; k < ACROSS; k++) {
            int grey = greys[step * ACROSS + k];
            darkest = grey < darkest ? grey : darkest;
        }
        most = darkest > most ? darkest : most;
    }
    return most;
}

/* The darker of what goes on at both sides, and above and below. */
static double darkness_through(const uint8_t *greys, int paper)
{
    int sides[SIDES];
    for (int i = 0; i < SIDES; i++)
        sides[i] = side_grey(greys + i * STEPS * ACROSS);
    int across = sides[0] > sides[1] ? sides[0] : sides[1];
    int along = sides[2] > sides[3] ? sides[2] : sides[3];
    int grey = across < along ? across : along;
    return (grey >= paper ? 0 : (paper - grey) * 255 / paper) / 255.0;
}

int bubble_through_measure(const struct image *img, const struct page_map *map,
                           struct bubble_ink *b, int n, struct arena *arena)
{
    struct beside beside = {.w = -1};
    struct inked inked = {.list = arena_alloc(arena, (size_t)n * sizeof(*inked.list))};
    if (!inked.list)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++)
        if (b[i].ink > NEIGHBOUR_INK)
            inked.list[inked.n++] = i;
    for (int i = 0; i < n; i++) {
        if (b[i].ink <= THROUGH_FROM)
            continue;
        struct neighbours neighbours;
        uint8_t greys[POINTS];
        const struct rect *box = &b[i].bubble->box;
        suit_size(&beside, box->w * map->bubble_scale, box->h * map->bubble_scale);
        find_neighbours(b, &inked, &b[i], &neighbours);
        take_greys(img, &b[i], &beside, &neighbours, greys);
        b[i].through = darkness_through(greys, b[i].paper);
    }
    return 0;
}
