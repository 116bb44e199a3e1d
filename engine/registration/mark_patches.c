#include "mark_patches.h"

#include "diag.h"
#include "vision.h"

#include <math.h>
#include <stdlib.h>

#define MAX_BLOBS 3000
#define MARK_MIN_PX 6.0   /* least side of a mark in the image searched, if the scan has as many */
#define PAPER_OF 3        /* times a mark's side: the window whose mean is its paper */
#define DARKER 20         /* grey levels */
#define WINDOW_REACH 14.0 /* mm around a mark's place: a page askew by 3 degrees, off by 6 mm */
#define WINDOW_BLOBS 48
#define SAME_WINDOW 3.0 /* mm: places so near each other are looked at once */
#define SAME_SHAPE 0.16 /* of the logarithm of the sides' ratio: a page's, or the scan's */
#define MAX_WINDOWS 24

double mark_ink_area(const struct mark *m)
{
    double w = m->box.w, h = m->box.h, s = m->stroke;
    switch (m->shape) {
    case MARK_SQUARE:
        return w * h;
    case MARK_DISC:
        return M_PI / 4 * w * h;
    case MARK_RING:
        return M_PI / 4 * (w * h - fmax(0, w - 2 * s) * fmax(0, h - 2 * s));
    case MARK_ELL:
        return s * (w + h - s);
    }
    return w * h;
}

double mark_full_scale(const struct proposal_source *source, const struct image *img)
{
    double pl = fmax(source->page_width, source->page_height);
    double ps = fmin(source->page_width, source->page_height);
    double il = fmax(img->width, img->height), is = fmin(img->width, img->height);
    return fmax(il / pl, is / ps);
}

/* The smallest level at which the smallest mark still has MARK_MIN_PX, and an L's stroke 3 px. */
static int level_for_marks(const struct proposal_source *source, const struct pyramid *pyramid)
{
    const struct registration *r = source->registration;
    double side = HUGE_VAL, stroke = HUGE_VAL;
    for (int i = 0; i < r->n_marks; i++) {
        side = fmin(side, fmin(r->marks[i].box.w, r->marks[i].box.h));
        if (r->marks[i].shape == MARK_ELL || r->marks[i].shape == MARK_RING)
            stroke = fmin(stroke, r->marks[i].stroke);
    }
    double scale = mark_full_scale(source, pyramid->levels[0]);
    int k = 0;
    while (k + 1 < pyramid->n_levels && side * scale / (2 << k) >= MARK_MIN_PX &&
           stroke * scale / (2 << k) >= 3)
        k++;
    return k;
}

/* What is looked for in one level of the pyramid. */
struct look {
    const struct image *img;
    double factor;    /* px of level 0 a px */
    double scale;     /* px a mm if the page filled the image */
    double side;      /* mm, of the largest mark */
    double low, high; /* px: areas of a mark at any scale considered */
};

static struct look look_for(const struct proposal_source *source, const struct pyramid *pyramid,
                            double scale_min, double scale_max)
{
    const struct registration *r = source->registration;
    int k = level_for_marks(source, pyramid);
    struct look look = {.img = pyramid->levels[k], .factor = 1 << k};
    double least = HUGE_VAL, most = 0;
    look.scale = mark_full_scale(source, pyramid->levels[0]) / look.factor;
    for (int i = 0; i < r->n_marks; i++) {
        double ink = mark_ink_area(&r->marks[i]);
        look.side = fmax(look.side, fmax(r->marks[i].box.w, r->marks[i].box.h));
        least = fmin(least, ink);
        most = fmax(most, ink);
    }
    look.low = AREA_RATIO_MIN * least * look.scale * look.scale * scale_min * scale_min;
    look.high = AREA_RATIO_MAX * most * look.scale * look.scale * scale_max * scale_max;
    return look;
}

/* Whether a patch could be one of the marks at any scale considered. */
static bool is_plausible(const struct look *look, const struct blob *b)
{
    double longest = b->w > b->h ? b->w : b->h, shortest = b->w > b->h ? b->h : b->w;
    return b->area >= look->low && b->area <= look->high && longest <= 2.6 * shortest + 2;
}

static int find_blobs(const struct look *look, const struct image *part, struct blob *blobs,
                      size_t max, size_t *ret_n)
{
    int around = (int)(PAPER_OF * look->side * look->scale) | 1, least = (int)fmax(4, look->low);
    return vision_find_blobs(part, around, DARKER, least, blobs, max, ret_n, NULL);
}

static struct mark_sighting sighting_of(const struct look *look, const struct blob *b, int x, int y)
{
    double f = look->factor;
    return (struct mark_sighting){
        {(b->centroid.x + x + 0.5) * f - 0.5, (b->centroid.y + y + 0.5) * f - 0.5},
        b->area * f * f,
        b->w * f,
        b->h * f};
}

int mark_patches_find(const struct proposal_source *source, const struct pyramid *pyramid,
                      struct mark_sighting *out, int *ret_n)
{
    struct look look = look_for(source, pyramid, PHOTO_SCALE_MIN, PHOTO_SCALE_MAX);
    struct blob *blobs = malloc(MAX_BLOBS * sizeof(*blobs));
    size_t n = 0;
    *ret_n = 0;
    if (!blobs)
        return YJ_ENOMEM;
    int e = find_blobs(&look, look.img, blobs, MAX_BLOBS, &n);
    for (size_t i = 0; e == 0 && i < n && *ret_n < MAX_SIGHTINGS; i++)
        if (is_plausible(&look, &blobs[i]))
            out[(*ret_n)++] = sighting_of(&look, &blobs[i], 0, 0);
    free(blobs);
    return e == YJ_EDATA ? 0 : e;
}

/* ---- near their places ---- */

/* A part of the image around a mark's place: px [x0, x1) x [y0, y1). */
struct window {
    int x0, y0, x1, y1;
};

/* Where a place of the page (shares of its sides) is once it is turned by quarters, clockwise. */
static struct point turned(struct point at, int quarters)
{
    for (; quarters > 0; quarters--)
        at = (struct point){1 - at.y, at.x};
    return at;
}

static bool is_among(const struct window *w, const struct window *windows, int n, int within)
{
    for (int i = 0; i < n; i++)
        if (abs(w->x0 + w->x1 - windows[i].x0 - windows[i].x1) <= 2 * within &&
            abs(w->y0 + w->y1 - windows[i].y0 - windows[i].y1) <= 2 * within)
            return true;
    return false;
}

/* The windows of all marks, the page lying as `quarters` says. */
static void add_windows(const struct proposal_source *source, const struct look *look, int quarters,
                        struct window *windows, int *n)
{
    const struct registration *r = source->registration;
    int reach = (int)ceil((WINDOW_REACH + look->side / 2) * look->scale);
    for (int i = 0; i < r->n_marks && *n < MAX_WINDOWS; i++) {
        struct point share = {r->marks[i].centroid.x / source->page_width,
                              r->marks[i].centroid.y / source->page_height};
        struct point at = turned(share, quarters);
        int x = (int)(at.x * look->img->width), y = (int)(at.y * look->img->height);
        struct window w = {x - reach, y - reach, x + reach, y + reach};
        w.x0 = w.x0 < 0 ? 0 : w.x0;
        w.y0 = w.y0 < 0 ? 0 : w.y0;
        w.x1 = w.x1 > look->img->width ? look->img->width : w.x1;
        w.y1 = w.y1 > look->img->height ? look->img->height : w.y1;
        if (w.x1 > w.x0 && w.y1 > w.y0 &&
            !is_among(&w, windows, *n, (int)(SAME_WINDOW * look->scale)))
            windows[(*n)++] = w;
    }
}

/* A patch that a window cuts may be anything. */
static bool is_cut(const struct look *look, const struct window *w, const struct blob *b)
{
    return (b->x == 0 && w->x0 > 0) || (b->y == 0 && w->y0 > 0) ||
           (b->x + b->w == w->x1 - w->x0 && w->x1 < look->img->width) ||
           (b->y + b->h == w->y1 - w->y0 && w->y1 < look->img->height);
}

static bool is_known(const struct mark_sighting *s, const struct mark_sighting *seen, int n)
{
    for (int i = 0; i < n; i++)
        if (fabs(s->at.x - seen[i].at.x) < s->w / 4 && fabs(s->at.y - seen[i].at.y) < s->h / 4)
            return true;
    return false;
}

static int search_window(const struct look *look, const struct window *w, struct mark_sighting *out,
                         int *n)
{
    struct image part = {.data = image_row(look->img, w->y0) + w->x0,
                         .width = w->x1 - w->x0,
                         .height = w->y1 - w->y0,
                         .stride = look->img->stride};
    struct blob blobs[WINDOW_BLOBS];
    size_t n_blobs = 0;
    int e = find_blobs(look, &part, blobs, WINDOW_BLOBS, &n_blobs);
    for (size_t i = 0; e == 0 && i < n_blobs && *n < MAX_SIGHTINGS; i++) {
        struct mark_sighting s = sighting_of(look, &blobs[i], w->x0, w->y0);
        if (is_plausible(look, &blobs[i]) && !is_cut(look, w, &blobs[i]) && !is_known(&s, out, *n))
            out[(*n)++] = s;
    }
    return e;
}

int mark_patches_near(const struct proposal_source *source, const struct pyramid *pyramid,
                      struct mark_sighting *out, int *ret_n)
{
    struct look look = look_for(source, pyramid, SCANNER_SCALE_MIN, SCANNER_SCALE_MAX);
    struct window windows[MAX_WINDOWS];
    double page = log(source->page_width / source->page_height);
    double scan = log((double)look.img->width / look.img->height);
    int n = 0, e = 0;
    *ret_n = 0;
    for (int quarters = 0; quarters < 4; quarters++)
        if (fabs(scan - (quarters % 2 ? -page : page)) < SAME_SHAPE)
            add_windows(source, &look, quarters, windows, &n);
    for (int i = 0; i < n && e == 0; i++)
        e = search_window(&look, &windows[i], out, ret_n);
    return e == YJ_EDATA ? 0 : e;
}
