/* Finds a marker picture (OMRChecker's CropOnMarkers and the like) at any size: the scan and the
 * picture are compared at a ladder of scales; the scale whose places explain the printed positions
 * best is kept. */
#include "proposals.h"

#include "diag.h"
#include "vision.h"

#include <math.h>

#define SEARCH_SIDE 1000 /* px: longest side of the scan searched */
#define MAX_PLACES 12
#define SCALE_STEP 1.09
#define SCORE_MIN 0.42 /* normalised correlation */

static int search_level(const struct pyramid *pyramid)
{
    int k = 0;
    while (k + 1 < pyramid->n_levels && (pyramid->levels[k]->width > SEARCH_SIDE * 3 / 2 ||
                                         pyramid->levels[k]->height > SEARCH_SIDE * 3 / 2))
        k++;
    return k;
}

/* The sum of the best places' scores: as many as there are marks. */
static double ladder_score(const double *scores, size_t n, int marks)
{
    double sum = 0;
    for (size_t i = 0; i < n && i < (size_t)marks; i++)
        sum += scores[i];
    return sum;
}

int propose_from_marker_picture(const struct proposal_source *source, const struct pyramid *pyramid,
                                struct proposal *out, int *ret_n)
{
    const struct registration *r = source->registration;
    int k = search_level(pyramid), factor = 1 << k;
    const struct image *img = pyramid->levels[k];
    double full = fmax(img->width / source->page_width, img->height / source->page_height);
    struct mark_sighting seen[MAX_PLACES];
    int n_seen = 0;
    double best = 0;
    struct image small;
    image_init(&small);
    *ret_n = 0;
    int e = 0;
    for (double scale = full * 1.1; scale > full * 0.32 && e == 0; scale /= SCALE_STEP) {
        struct point places[MAX_PLACES];
        double scores[MAX_PLACES];
        size_t n = 0;
        int w = (int)lround(r->marks[0].box.w * scale), h = (int)lround(r->marks[0].box.h * scale);
        if (w < 7 || h < 7 || w > img->width / 3 || h > img->height / 3)
            continue;
        e = vision_resize(source->picture, w, h, &small);
        if (e == 0)
            e = vision_match_template(img, &small, SCORE_MIN, fmax(w, h) * 0.6, places, scores,
                                      MAX_PLACES, &n);
        double score = ladder_score(scores, n, r->n_marks);
        if (e < 0 || n < 3 || score <= best)
            continue;
        best = score;
        n_seen = (int)n;
        for (size_t i = 0; i < n; i++)
            seen[i] = (struct mark_sighting){
                {(places[i].x + 0.5) * factor - 0.5, (places[i].y + 0.5) * factor - 0.5},
                0,
                w * factor,
                h * factor};
    }
    image_finish(&small);
    if (e < 0)
        return e == YJ_ENOMEM ? e : 0;
    return n_seen ? propose_from_sightings(source, pyramid, seen, n_seen, out, ret_n) : 0;
}
