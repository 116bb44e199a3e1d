/* Finds a marker picture (OMRChecker's CropOnMarkers and the like) at any size. The scan and the
 * picture are compared at a ladder of sizes, each on the smallest of the scan's pictures on which
 * the marker is still to be seen. The best size on each picture is looked at once more, with its
 * neighbours, as finely as it goes, around the places found there alone; the size whose places
 * score best is kept. */
#include "proposals.h"

#include "diag.h"
#include "marker_match.h"
#include "vision.h"

#include <math.h>

#define SEARCH_SIDE 1000 /* px: longest side of the scan searched, or half as much more */
#define LEVELS 4
#define MAX_PLACES 12
#define LADDER_TOP 1.1   /* px a mm over those of a page that fills the scan, ... */
#define LADDER_END 0.29  /* ... down to so much of that, */
#define SCALE_STEP 1.09  /* ... step by step */
#define SMALLEST 7       /* px: a marker that can be sought, ... */
#define PLAIN 8          /* ... and one that is seen well enough on a smaller picture */
#define SCORE_MIN 0.42   /* normalised correlation */
#define SCORE_ROUGH 0.3  /* the same before the size is right */
#define AROUND 6         /* px about a place */
#define MOST_SUMS 3e9    /* of a size: one ten times as long as wide costs more */
#define PICTURE_SIDE 512 /* px: what is left at least of a larger picture, made smaller once */

struct places {
    struct point at[MAX_PLACES]; /* px of the picture searched */
    double scores[MAX_PLACES];
    size_t n;
    int w, h; /* px of the marker */
};

struct search {
    const struct image *picture;
    struct image own;    /* that, smaller */
    double box_w, box_h; /* mm of the marker */
    int marks;           /* on a page */
    const struct image
        *levels[LEVELS];             /* the scan searched, and each half of the one before; ... */
    struct image halves[LEVELS - 1]; /* ... these */
    struct image small;              /* the picture at one size */
    struct arena arena;              /* for matching */
};

static int search_level(const struct pyramid *pyramid)
{
    int k = 0;
    while (k + 1 < pyramid->n_levels && (pyramid->levels[k]->width > SEARCH_SIDE * 3 / 2 ||
                                         pyramid->levels[k]->height > SEARCH_SIDE * 3 / 2))
        k++;
    return k;
}

/* The sum of the best places' scores: as many as there are marks; 0: too few to tell a page. */
static double ladder_score(const struct places *places, int marks)
{
    double sum = 0;
    for (size_t i = 0; i < places->n && i < (size_t)marks; i++)
        sum += places->scores[i];
    return places->n < 3 ? 0 : sum;
}

/* Whether the marker can be sought at so many px a mm, and at a price a page can pay. */
static bool can_be_sought(const struct search *search, const struct image *img, double scale)
{
    double w = round(search->box_w * scale), h = round(search->box_h * scale);
    return w >= SMALLEST && h >= SMALLEST && w <= img->width / 3 && h <= img->height / 3 &&
           w * h * (img->width - w + 1) * (img->height - h + 1) <= MOST_SUMS;
}

static int picture_of_size(struct search *search, double scale, struct places *ret)
{
    ret->n = 0;
    ret->w = (int)lround(search->box_w * scale);
    ret->h = (int)lround(search->box_h * scale);
    return vision_resize(search->picture, ret->w, ret->h, &search->small);
}

/* How far apart two markers are at least: of places nearer to each other the better is one. */
static double least_gap(const struct places *places)
{
    return fmax(places->w, places->h) * 0.6;
}

static int seek(struct search *search, const struct image *img, double scale, double least,
                struct places *ret)
{
    int e = picture_of_size(search, scale, ret);
    return e < 0 ? e
                 : marker_match(img, &search->small, least, least_gap(ret), &search->arena, ret->at,
                                ret->scores, MAX_PLACES, &ret->n);
}

/* The part of img about a marker at `at`; *ret_x, *ret_y: where it begins. */
static struct image window_about(const struct image *img, struct point at, int w, int h, int *ret_x,
                                 int *ret_y)
{
    int x0 = (int)fmax(0, at.x - w / 2.0 - AROUND), y0 = (int)fmax(0, at.y - h / 2.0 - AROUND);
    int x1 = (int)fmin(img->width, at.x + w / 2.0 + AROUND + 1),
        y1 = (int)fmin(img->height, at.y + h / 2.0 + AROUND + 1);
    *ret_x = x0;
    *ret_y = y0;
    return (struct image){.data = img->data + (size_t)y0 * img->stride + x0,
                          .width = x1 > x0 ? x1 - x0 : 0,
                          .height = y1 > y0 ? y1 - y0 : 0,
                          .stride = img->stride};
}

/* Keeps the best first, and one about which two windows agree but once. */
static void add_place(struct places *places, struct point at, double score)
{
    size_t i, kept = 0;
    for (i = 0; i < places->n; i++) {
        if (hypot(places->at[i].x - at.x, places->at[i].y - at.y) >= least_gap(places)) {
            places->at[kept] = places->at[i];
            places->scores[kept++] = places->scores[i];
        } else if (places->scores[i] >= score)
            return; /* what lies before it scores more, too: nothing was taken away */
    }
    places->n = kept + 1;
    i = kept;
    for (; i > 0 && places->scores[i - 1] < score; i--) {
        places->scores[i] = places->scores[i - 1];
        places->at[i] = places->at[i - 1];
    }
    places->scores[i] = score;
    places->at[i] = at;
}

/* The best place about each of `rough`, which are px of img / finer. */
static int seek_about(struct search *search, const struct image *img, double scale,
                      const struct places *rough, int finer, struct places *ret)
{
    int e = picture_of_size(search, scale, ret);
    for (size_t i = 0; i < rough->n && e == 0; i++) {
        struct point at = {(rough->at[i].x + 0.5) * finer - 0.5,
                           (rough->at[i].y + 0.5) * finer - 0.5};
        int x, y;
        double score;
        size_t found = 0;
        struct image window = window_about(img, at, ret->w, ret->h, &x, &y);
        e = marker_match(&window, &search->small, SCORE_MIN, 1, &search->arena, &at, &score, 1,
                         &found);
        if (found)
            add_place(ret, (struct point){at.x + x, at.y + y}, score);
    }
    return e;
}

/* Of levels[], the smallest on which a marker of so many px a mm of levels[0] is plain. */
static int level_for(const struct search *search, double scale)
{
    int k = 0;
    double side = fmin(search->box_w, search->box_h) * scale / 2;
    for (; k + 1 < LEVELS && side >= PLAIN; side /= 2)
        k++;
    return k;
}

/* Of the ladder from `top` px a mm of levels[0] down, what is sought on levels[level]: keeps the
 * best in `best`, px of levels[0]. */
static int climb(struct search *search, int level, double top, struct places *best)
{
    const struct image *img = search->levels[level];
    struct places seen, rough = {.n = 0};
    double rough_scale = 0;
    int finer = 1 << level, e = 0;
    for (double scale = top; scale > top * LADDER_END && e == 0; scale /= SCALE_STEP) {
        if (level_for(search, scale) != level || !can_be_sought(search, img, scale / finer))
            continue;
        e = seek(search, img, scale / finer, SCORE_ROUGH, &seen);
        if (e == 0 && ladder_score(&seen, search->marks) > ladder_score(&rough, search->marks)) {
            rough = seen;
            rough_scale = scale;
        }
    }
    for (int step = -1; step <= 1 && rough_scale > 0 && e == 0; step++) {
        double scale = rough_scale * pow(SCALE_STEP, step);
        e = seek_about(search, search->levels[0], scale, &rough, finer, &seen);
        if (e == 0 && ladder_score(&seen, search->marks) > ladder_score(best, search->marks))
            *best = seen;
    }
    return e;
}

/* A picture of a hundred megapixels costs every size that is tried a third of a second. */
static int make_smaller(const struct image *picture, struct image *own, const struct image **ret)
{
    int k = 0, side = picture->width < picture->height ? picture->width : picture->height;
    while (k < 3 && side >> (k + 1) >= PICTURE_SIDE)
        k++;
    *ret = k > 0 ? own : picture;
    return k > 0 ? image_shrink(picture, k, own) : 0;
}

static int search_begin(struct search *search, const struct proposal_source *source,
                        const struct image *img)
{
    const struct registration *r = source->registration;
    *search = (struct search){.box_w = r->marks[0].box.w,
                              .box_h = r->marks[0].box.h,
                              .marks = r->n_marks,
                              .levels = {img}};
    image_init(&search->small);
    image_init(&search->own);
    arena_init(&search->arena);
    for (int i = 0; i < LEVELS - 1; i++)
        image_init(&search->halves[i]);
    int e = make_smaller(source->picture, &search->own, &search->picture);
    for (int i = 0; i < LEVELS - 1 && e == 0; i++) {
        e = image_halve(search->levels[i], &search->halves[i]);
        search->levels[i + 1] = &search->halves[i];
    }
    return e;
}

static void search_end(struct search *search)
{
    image_finish(&search->small);
    image_finish(&search->own);
    arena_finish(&search->arena);
    for (int i = 0; i < LEVELS - 1; i++)
        image_finish(&search->halves[i]);
}

int propose_from_marker_picture(const struct proposal_source *source, const struct pyramid *pyramid,
                                struct proposal *out, int *ret_n)
{
    int k = search_level(pyramid), factor = 1 << k;
    const struct image *img = pyramid->levels[k];
    double full = fmax(img->width / source->page_width, img->height / source->page_height);
    struct search search;
    struct places best = {.n = 0};
    *ret_n = 0;
    int e = search_begin(&search, source, img);
    for (int level = LEVELS - 1; level >= 0 && e == 0; level--)
        e = climb(&search, level, full * LADDER_TOP, &best);
    search_end(&search);
    if (e < 0)
        return e == YJ_ENOMEM ? e : 0;
    struct mark_sighting seen[MAX_PLACES];
    for (size_t i = 0; i < best.n; i++)
        seen[i] = (struct mark_sighting){
            {(best.at[i].x + 0.5) * factor - 0.5, (best.at[i].y + 0.5) * factor - 0.5},
            0,
            best.w * factor,
            best.h * factor};
    return best.n ? propose_from_sightings(source, pyramid, seen, (int)best.n, out, ret_n) : 0;
}
