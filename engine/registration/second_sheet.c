#include "second_sheet.h"

#include "diag.h"
#include "mark_sight.h"
#include "vision.h"

#include <math.h>
#include <stdlib.h>

#define MAX_BLOBS 4000
#define MAX_EXTRA 40
#define LOOK_SCALE 2.6  /* px a mm of the image looked at, at least */
#define MARK_LEAST 0.75 /* of a mark's size and area that another's has */
#define MARK_MOST 1.3
#define FILL_OFF 0.12      /* of its upright box, from what a mark of its shape fills */
#define OWN_MARGIN 2.5     /* mm around what the form prints or lets people write */
#define SAME_DISTANCE 0.02 /* of the distance of two marks: ... */
#define SAME_SLACK 0.6     /* ... and mm: the same two of another sheet */
#define BEYOND 4.0         /* mm off the page: not its own print */
#define BEYOND_MIN 10.0    /* mm that the image must go on beyond the page */
#define LETTER_LEAST 0.9   /* mm: a letter's height, ... */
#define LETTER_MOST 9.0    /* ... or a bubble's */
#define LETTERS_MIN 5      /* so many are print: a strip of a sheet's head has no more ... */
#define LETTER_INK 0.7     /* ... of the paper's grey at their darkest: ink, no shadow or stain */
#define MAX_LETTERS 400
#define SOLID_BEYOND 2.0    /* mm off the page: nearer the page's edge may bend over it */
#define SOLID_LEAST 2.0     /* mm, the shorter side of what is printed solid: a mark, a bit, ... */
#define SOLID_MOST 9.0      /* ... and the longer */
#define SOLID_FILL 0.6      /* of its box */
#define SOLIDS_MIN 2        /* one is a blot */
#define LETTERS_BREADTH 1.2 /* mm: nearer to one line they are a broken edge */
#define GROUND 0.75         /* of the paper's grey that paper beyond it has */
#define FLAT 0.02 /* perspective across the page: more is a photo, whose desk may hold print */

struct view {
    const struct form *form;
    const struct form_page *page;
    const struct image *img; /* a level of the pyramid */
    struct homography px_to_mm;
    double scale; /* px a mm */
    double paper;
    double square_fill; /* share of its upright box that a square fills, turned as the page is */
};

struct extra {
    struct point at; /* mm */
};

static bool is_in(struct rect r, struct point p, double margin)
{
    return p.x > r.x - margin && p.x < r.x + r.w + margin && p.y > r.y - margin &&
           p.y < r.y + r.h + margin;
}

/* Whether the form itself prints or expects something there. */
static bool is_own(const struct view *v, struct point mm)
{
    const struct page_identity *id = &v->page->identity;
    for (int i = 0; i < v->page->n_registrations; i++)
        for (int k = 0; k < v->page->registrations[i].n_marks; k++)
            if (is_in(v->page->registrations[i].marks[k].box, mm, OWN_MARGIN))
                return true;
    for (int i = 0; i < id->n_page_bits; i++)
        if (is_in(id->page_bits[i], mm, OWN_MARGIN))
            return true;
    for (int i = 0; i < id->n_sheet_bits; i++)
        if (is_in(id->sheet_bits[i], mm, OWN_MARGIN))
            return true;
    for (int i = 0; i < v->form->n_fields; i++) {
        const struct field *f = &v->form->fields[i];
        if (&v->form->pages[f->page] == v->page && is_in(f->area, mm, OWN_MARGIN))
            return true;
    }
    return id->barcode.w > 0 && is_in(id->barcode, mm, OWN_MARGIN);
}

/* Whether the ground around a blob is paper, not a dark lid or a desk. */
static bool is_on_paper(const struct view *v, const struct blob *b)
{
    double gap = fmax(2, 0.8 * v->scale), sum = 0;
    double x0 = b->x - gap, x1 = b->x + b->w + gap, y0 = b->y - gap, y1 = b->y + b->h + gap;
    if (x0 < 1 || y0 < 1 || x1 >= v->img->width - 1 || y1 >= v->img->height - 1)
        return false;
    double cx = (x0 + x1) / 2, cy = (y0 + y1) / 2;
    const struct point around[8] = {{x0, y0}, {cx, y0}, {x1, y0}, {x0, cy},
                                    {x1, cy}, {x0, y1}, {cx, y1}, {x1, y1}};
    for (int i = 0; i < 8; i++)
        sum += image_row(v->img, (int)around[i].y)[(int)around[i].x];
    return sum / 8 > GROUND * v->paper;
}

/* Share of its upright box that a square of the page fills. */
static double square_fill(const struct homography *px_to_mm)
{
    double turn = atan2(px_to_mm->m[3], px_to_mm->m[0]);
    double side = fabs(cos(turn)) + fabs(sin(turn));
    return 1 / (side * side);
}

/* Whether a blob is one of the form's kinds of mark, as large and as full. A punched hole is no
 * square, and letters are neither square nor disc. */
static bool is_mark(const struct view *v, const struct blob *b)
{
    for (int i = 0; i < v->page->n_registrations; i++)
        for (int k = 0; k < v->page->registrations[i].n_marks; k++) {
            const struct mark *m = &v->page->registrations[i].marks[k];
            double w = m->box.w * v->scale, h = m->box.h * v->scale;
            double fill = m->shape == MARK_DISC ? M_PI / 4 : 1;
            double box_fill = m->shape == MARK_DISC ? M_PI / 4 : v->square_fill;
            if (fabs(b->area / (double)(b->w * b->h) - box_fill) > FILL_OFF)
                continue;
            if (m->shape != MARK_DISC && m->shape != MARK_SQUARE)
                continue;
            if (b->w > MARK_LEAST * w && b->w < MARK_MOST * w + 1 && b->h > MARK_LEAST * h &&
                b->h < MARK_MOST * h + 1 && b->area > MARK_LEAST * fill * w * h &&
                b->area < MARK_MOST * fill * w * h)
                return true;
        }
    return false;
}

/* Two extra marks as far apart as two of the form's. */
static bool is_pair(const struct view *v, const struct extra *a, const struct extra *b)
{
    double seen = hypot(a->at.x - b->at.x, a->at.y - b->at.y);
    for (int i = 0; i < v->page->n_registrations; i++) {
        const struct registration *r = &v->page->registrations[i];
        for (int k = 0; k < r->n_marks && r->kind == REGISTER_MARKS; k++)
            for (int j = 0; j < k; j++) {
                double d = hypot(r->marks[k].centroid.x - r->marks[j].centroid.x,
                                 r->marks[k].centroid.y - r->marks[j].centroid.y);
                if (fabs(d - seen) < SAME_DISTANCE * d / 2 + SAME_SLACK)
                    return true;
            }
    }
    return false;
}

static bool is_beyond(const struct view *v, struct point mm, double by)
{
    struct rect page = {0, 0, v->form->width, v->form->height};
    return !is_in(page, mm, by);
}

static bool is_solid(const struct view *v, const struct blob *b)
{
    double shorter = fmin(b->w, b->h) / v->scale, longer = fmax(b->w, b->h) / v->scale;
    return shorter > SOLID_LEAST && longer < SOLID_MOST && b->area > SOLID_FILL * b->w * b->h;
}

/* Whether a blob is ink somewhere, not a stain on the lid. */
static bool is_ink(const struct view *v, const struct blob *b)
{
    int darkest = 255;
    for (int y = b->y; y < b->y + b->h; y++)
        for (int x = b->x; x < b->x + b->w; x++) {
            int grey = image_row(v->img, y)[x];
            darkest = grey < darkest ? grey : darkest;
        }
    return darkest < LETTER_INK * v->paper;
}

static bool judge_blobs(const struct view *v, const struct blob *blobs, size_t n)
{
    struct extra extras[MAX_EXTRA];
    struct point letters[MAX_LETTERS];
    int n_extra = 0, n_solid = 0;
    size_t n_letters = 0;
    for (size_t i = 0; i < n; i++) {
        const struct blob *b = &blobs[i];
        struct point mm = homography_apply(&v->px_to_mm, b->centroid);
        double longest = fmax(b->w, b->h) / v->scale;
        bool beyond = is_beyond(v, mm, SOLID_BEYOND), mark = is_mark(v, b);
        if ((!beyond && !mark) || !is_on_paper(v, b) || is_own(v, mm))
            continue;
        if (mark && n_extra < MAX_EXTRA)
            extras[n_extra++] = (struct extra){mm};
        if (!beyond || !is_ink(v, b))
            continue;
        n_solid += is_solid(v, b);
        if (is_beyond(v, mm, BEYOND) && longest > LETTER_LEAST && longest < LETTER_MOST &&
            n_letters < MAX_LETTERS)
            letters[n_letters++] = mm;
    }
    for (int i = 0; i < n_extra; i++)
        for (int k = 0; k < i; k++)
            if (is_pair(v, &extras[i], &extras[k]))
                return true;
    return n_solid >= SOLIDS_MIN ||
           (n_letters >= LETTERS_MIN && points_breadth(letters, n_letters) > LETTERS_BREADTH);
}

/* Whether the image goes on beyond the page by much; a photo's desk does not count. */
static bool goes_beyond(const struct view *v, const struct homography *mm_to_px)
{
    double w = v->img->width - 1, h = v->img->height - 1;
    const struct point corners[4] = {{0, 0}, {w, 0}, {w, h}, {0, h}};
    double bend = (fabs(mm_to_px->m[6]) * v->form->width + fabs(mm_to_px->m[7]) * v->form->height) /
                  fabs(mm_to_px->m[8]);
    double off = 0;
    for (int i = 0; i < 4; i++) {
        struct point p = homography_apply(&v->px_to_mm, corners[i]);
        off = fmax(off, fmax(fmax(-p.x, p.x - v->form->width), fmax(-p.y, p.y - v->form->height)));
    }
    return bend < FLAT && off > BEYOND_MIN;
}

static bool has_hidden_marks(const struct view *v, const struct pyramid *pyramid,
                             const struct page_map *map)
{
    int printed = 0;
    for (int i = 0; i < v->page->n_registrations; i++)
        if (v->page->registrations[i].kind == REGISTER_MARKS)
            printed += v->page->registrations[i].n_marks;
    return printed > 0 && marks_at_their_places(v->page, pyramid->levels[0], map) < printed;
}

int second_sheet_look(const struct form *form, int page, const struct pyramid *pyramid,
                      const struct page_map *map, double paper, bool *ret_seen)
{
    struct point middle = {form->width / 2, form->height / 2};
    double scale = homography_scale(&map->mm_to_px, middle);
    int k = 0;
    while (k + 1 < pyramid->n_levels && scale / (2 << k) >= LOOK_SCALE)
        k++;
    struct homography h = pyramid_down(&map->mm_to_px, k);
    struct view v = {.form = form,
                     .page = &form->pages[page],
                     .img = pyramid->levels[k],
                     .scale = scale / (1 << k),
                     .paper = paper};
    *ret_seen = false;
    if (homography_invert(&h, &v.px_to_mm) < 0 ||
        (!goes_beyond(&v, &h) && !has_hidden_marks(&v, pyramid, map)))
        return 0;
    v.square_fill = square_fill(&v.px_to_mm);
    struct blob *blobs = malloc(MAX_BLOBS * sizeof(*blobs));
    size_t n = 0;
    if (!blobs)
        return YJ_ENOMEM;
    int e = vision_find_blobs(v.img, (int)(12 * v.scale), 20, 4, blobs, MAX_BLOBS, &n, NULL);
    if (e == 0)
        *ret_seen = judge_blobs(&v, blobs, n);
    free(blobs);
    return e == YJ_EDATA ? 0 : e;
}
