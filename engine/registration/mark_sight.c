#include "mark_sight.h"

#include "patch_fit.h"

#include <math.h>

#define RING 1.0    /* mm beyond a mark: paper */
#define OFF 0.8     /* mm that a mark may stand beside its place */
#define STEP 0.4    /* mm between the places tried */
#define DARKER 0.45 /* of the paper's grey that a mark is darker, at least */
#define GRID 5

static int grey_at(const struct image *img, const struct homography *map, double x, double y)
{
    struct point p = homography_apply(map, (struct point){x, y});
    long px = lround(p.x), py = lround(p.y);
    if (px < 0 || py < 0 || px >= img->width || py >= img->height)
        return -1;
    return image_row(img, (int)py)[px];
}

/* The darkest that the paper around a box is: each side's mean; -1 where it is not in the image. */
static double paper_around(const struct image *img, const struct homography *map, struct rect b)
{
    double darkest = 255;
    for (int side = 0; side < 4; side++) {
        double sum = 0;
        for (int k = 0; k < GRID; k++) {
            double t = (k + 0.5) / GRID, x = b.x + t * b.w, y = b.y + t * b.h;
            if (side < 2)
                y = side ? b.y + b.h + RING : b.y - RING;
            else
                x = side == 2 ? b.x - RING : b.x + b.w + RING;
            int grey = grey_at(img, map, x, y);
            if (grey < 0)
                return -1;
            sum += grey;
        }
        darkest = fmin(darkest, sum / GRID);
    }
    return darkest;
}

/* Whether the ink of the mark, moved by `off`, is dark and the paper around it is not. A ring and
 * an L are looked at along their stroke. */
static bool is_there(const struct mark *m, struct point off, const struct image *img,
                     const struct homography *map)
{
    struct rect b = {m->box.x + off.x, m->box.y + off.y, m->box.w, m->box.h};
    double paper = paper_around(img, map, b), sum = 0;
    if (paper < 40)
        return false;
    int n = 0;
    for (int i = 0; i < GRID * GRID; i++) {
        double u = (i % GRID + 0.5) / GRID, v = (i / GRID + 0.5) / GRID;
        double x = b.x + b.w / 2, y = b.y + b.h / 2;
        if (m->shape == MARK_RING) {
            double a = 2 * M_PI * i / (GRID * GRID);
            x += (b.w - m->stroke) / 2 * cos(a);
            y += (b.h - m->stroke) / 2 * sin(a);
        } else if (m->shape == MARK_ELL) {
            bool right = m->corner == CORNER_TOP_RIGHT || m->corner == CORNER_BOTTOM_RIGHT;
            bool low = m->corner == CORNER_BOTTOM_LEFT || m->corner == CORNER_BOTTOM_RIGHT;
            double ax = right ? b.w - m->stroke / 2 : m->stroke / 2;
            double ay = low ? b.h - m->stroke / 2 : m->stroke / 2;
            x = b.x + (i % 2 ? ax : (i + 0.5) / (GRID * GRID) * b.w);
            y = b.y + (i % 2 ? (i + 0.5) / (GRID * GRID) * b.h : ay);
        } else {
            x += (u - 0.5) * 0.6 * b.w;
            y += (v - 0.5) * 0.6 * b.h;
        }
        int grey = grey_at(img, map, x, y);
        if (grey < 0)
            return false;
        sum += grey;
        n++;
    }
    return sum / n < (1 - DARKER) * paper;
}

static bool is_near(const struct mark *m, const struct image *img, const struct homography *local)
{
    if (is_there(m, (struct point){0, 0}, img, local))
        return true;
    for (double y = -OFF; y <= OFF + 1e-9; y += STEP)
        for (double x = -OFF; x <= OFF + 1e-9; x += STEP)
            if (is_there(m, (struct point){x, y}, img, local))
                return true;
    return false;
}

/* Marks stand beyond the print: there the map goes on as its nearest part, or as the paper bends.
 */
static bool is_at_its_place(const struct mark *m, const struct image *img,
                            const struct page_map *map)
{
    struct homography local = page_map_local(map, m->centroid);
    if (is_near(m, img, &local))
        return true;
    struct point by = anchors_predict(map, m->centroid);
    struct homography move = {{1, 0, by.x, 0, 1, by.y, 0, 0, 1}};
    homography_compose(&map->mm_to_px, &move, &local);
    return is_near(m, img, &local);
}

int marks_printed(const struct form_page *page)
{
    int n = 0;
    for (int i = 0; i < page->n_registrations; i++)
        if (page->registrations[i].kind != REGISTER_MARKER)
            n += page->registrations[i].n_marks;
    return n;
}

int marks_at_their_places(const struct form_page *page, const struct image *img,
                          const struct page_map *map)
{
    int n = 0;
    for (int i = 0; i < page->n_registrations; i++) {
        const struct registration *r = &page->registrations[i];
        for (int k = 0; k < r->n_marks && r->kind != REGISTER_MARKER; k++)
            n += is_at_its_place(&r->marks[k], img, map);
    }
    return n;
}
