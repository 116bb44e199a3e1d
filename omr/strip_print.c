#include "strip_ink.h"
#include "strip_patch.h"

#include <math.h>
#include <string.h>

#define SEARCH 4        /* px: the print is looked for this far around where the map puts it */
#define HALO 0.70       /* mm at both sides of a frame's edge: where its coloured fringes may be */
#define FRAME_SEEN 0.10 /* mean darkness along the frames: less is no frame */

/* Labels. */
#define LABEL_ROW 0.015  /* share of a cell's row that is dark: a thin "1" */
#define LABEL_MARGIN 0.3 /* mm around it */
#define DIGIT_WIDTH 0.80 /* of its height: a wide digit with the space beside it */
#define DIGIT_NARROW 0.45
#define PITCH_WIDE 0.95   /* from a digit to the next, of bold wide letters */
#define DIGIT_PITCH 1.25  /* from a digit to the next, in widths of the first */
#define COLUMN_SHARE 0.25 /* of the cells of as many digits have ink there: no single stroke's */
#define POINT_WIDTH 0.45  /* the same of the decimal point, or a slash */

struct rect strip_cell(const struct strip_patch *p, int i)
{
    struct rect box = p->field->boxes[i];
    return (struct rect){(box.x - p->origin.x) * STRIP_PX + p->shift.x,
                         (box.y - p->origin.y) * STRIP_PX + p->shift.y, box.w * STRIP_PX,
                         box.h * STRIP_PX};
}

static double darkness_at(const struct strip_patch *p, double x, double y)
{
    int u = (int)floor(x), v = (int)floor(y);
    if (u < 0 || v < 0 || u >= p->width || v >= p->height)
        return 0;
    return p->dark[strip_at(p, u, v)];
}

/* Mean darkness along the edges of all cells, each pixel's bounded: a thick stroke beside a pale
 * frame must not draw the strip to itself. */
static double frame_darkness(const struct strip_patch *p)
{
    double sum = 0, n = 0;
    for (int i = 0; i < p->field->n_boxes; i++) {
        struct rect r = strip_cell(p, i);
        for (double x = r.x; x < r.x + r.w; x += 2, n += 2)
            sum += fmin(darkness_at(p, x, r.y), 0.6) + fmin(darkness_at(p, x, r.y + r.h), 0.6);
        for (double y = r.y; y < r.y + r.h; y += 2, n += 2)
            sum += fmin(darkness_at(p, r.x, y), 0.6) + fmin(darkness_at(p, r.x + r.w, y), 0.6);
    }
    return n > 0 ? sum / n : 0;
}

static void find_frames(struct strip_patch *p)
{
    struct point best = {0, 0};
    double most = -1, sum = 0;
    int n = 0;
    for (int dy = -SEARCH; dy <= SEARCH; dy++)
        for (int dx = -SEARCH; dx <= SEARCH; dx++, n++) {
            p->shift = (struct point){dx, dy};
            double darkness = frame_darkness(p) - 0.0005 * (dx * dx + dy * dy);
            sum += darkness;
            if (darkness > most) {
                most = darkness;
                best = p->shift;
            }
        }
    p->line_dark = most - sum / n;
    p->shift = p->line_dark > FRAME_SEEN / 2 && most > FRAME_SEEN ? best : (struct point){0, 0};
    p->line_dark = most > FRAME_SEEN ? most : 0;
}

static void number_cells(struct strip_patch *p)
{
    const size_t n = (size_t)p->width * (size_t)p->height;
    for (size_t i = 0; i < n; i++)
        p->cell[i] = -1;
    for (int i = 0; i < p->field->n_boxes; i++) {
        struct rect r = strip_cell(p, i);
        int x0 = (int)strip_clamp(round(r.x), 0, p->width),
            x1 = (int)strip_clamp(round(r.x + r.w), 0, p->width);
        int y0 = (int)strip_clamp(round(r.y), 0, p->height);
        int y1 = (int)strip_clamp(round(r.y + r.h), 0, p->height);
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++)
                p->cell[strip_at(p, x, y)] = (int16_t)i;
    }
}

static void cover(struct strip_patch *p, int what, double x0, double y0, double x1, double y1)
{
    int left = (int)strip_clamp(floor(x0), 0, p->width),
        right = (int)strip_clamp(ceil(x1), 0, p->width);
    int top = (int)strip_clamp(floor(y0), 0, p->height),
        bottom = (int)strip_clamp(ceil(y1), 0, p->height);
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            p->printed[strip_at(p, x, y)] |= (uint8_t)what;
}

static void cover_frame(struct strip_patch *p, int what, struct rect r, double w)
{
    cover(p, what, r.x - w, r.y - w, r.x + r.w + w, r.y + w);
    cover(p, what, r.x - w, r.y + r.h - w, r.x + r.w + w, r.y + r.h + w);
    cover(p, what, r.x - w, r.y - w, r.x + w, r.y + r.h + w);
    cover(p, what, r.x + r.w - w, r.y - w, r.x + r.w + w, r.y + r.h + w);
}

/* Share of row v (px from the cell's top) that is dark, between the frame's lines. */
static double dark_share_of_row(const struct strip_patch *p, struct rect r, double v)
{
    double n = 0, dark = 0;
    for (double x = r.x + STRIP_LINE * STRIP_PX; x < r.x + r.w - STRIP_LINE * STRIP_PX; x += 1, n++)
        dark += darkness_at(p, x, r.y + v) > STRIP_LABEL_DARK;
    return n > 0 ? dark / n : 0;
}

/* The rows that labels stand in: those that are dark in most cells. False: none are. */
static bool find_label_rows(const struct strip_patch *p, double *ret_top, double *ret_bottom)
{
    const int n = p->field->n_boxes;
    const double height = p->field->boxes[0].h * STRIP_PX;
    double shares[STRIP_MAX_CELLS];
    *ret_top = height;
    *ret_bottom = 0;
    for (double v = STRIP_LINE * STRIP_PX + 1; v < height - STRIP_LINE * STRIP_PX - 1; v += 1) {
        for (int i = 0; i < n; i++)
            shares[i] = dark_share_of_row(p, strip_cell(p, i), v);
        if (strip_median(shares, n) < LABEL_ROW)
            continue;
        *ret_top = fmin(*ret_top, v);
        *ret_bottom = fmax(*ret_bottom, v + 1);
    }
    return *ret_bottom > *ret_top;
}

/* How wide labels of whole numbers of `digits` digits are printed: the columns around the cell's
 * middle in which several of them have ink. 0: too few such labels to tell. */
static double measure_width(const struct strip_patch *p, int digits, double top, double bottom)
{
    const double reach = p->field->boxes[0].w / 2 * STRIP_PX - STRIP_LINE * STRIP_PX - 1;
    double left = 0, right = 0;
    int n = 0;
    for (int i = 0; i < p->field->n_boxes; i++)
        n += (int)strlen(p->field->options[i]) == digits;
    if (n < 2)
        return 0;
    for (double u = -reach; u < reach; u += 1) {
        int inked = 0;
        for (int i = 0; i < p->field->n_boxes; i++) {
            struct rect r = strip_cell(p, i);
            bool dark = false;
            for (double v = top; v < bottom && !dark; v += 1)
                dark = darkness_at(p, r.x + r.w / 2 + u, r.y + v) > STRIP_LABEL_DARK;
            inked += dark && (int)strlen(p->field->options[i]) == digits;
        }
        if (inked < 2 || inked < COLUMN_SHARE * n)
            continue;
        left = fmin(left, u);
        right = fmax(right, u + 1);
    }
    return 2 * fmax(-left, right);
}

/* px of a digit, and from one to the next. */
struct digits {
    double width, pitch, height;
};

static struct digits measure_digits(const struct strip_patch *p, double top, double bottom)
{
    struct digits d = {.height = bottom - top};
    double two = measure_width(p, 2, top, bottom);
    d.width = measure_width(p, 1, top, bottom);
    if (d.width <= 0)
        d.width = two > 0 ? two / (1 + DIGIT_PITCH) : DIGIT_WIDTH * d.height;
    d.width = strip_clamp(d.width, DIGIT_NARROW * d.height, DIGIT_WIDTH * d.height);
    d.pitch = two > d.width ? two - d.width : DIGIT_PITCH * d.width;
    d.pitch = strip_clamp(d.pitch, d.width, PITCH_WIDE * d.height);
    return d;
}

static double label_width(const char *label, const struct digits *d)
{
    double width = d->width - d->pitch;
    for (; *label; label++)
        width += *label == '.' || *label == '/' ? POINT_WIDTH * d->height : d->pitch;
    return width;
}

/* Where a frame's line or a label may be. */
static void cover_print(struct strip_patch *p)
{
    double top, bottom;
    p->labels = find_label_rows(p, &top, &bottom);
    struct digits digits = {0};
    if (p->labels)
        digits = measure_digits(p, top, bottom);
    for (int i = 0; i < p->field->n_boxes; i++) {
        struct rect r = strip_cell(p, i);
        cover_frame(p, STRIP_FRAME, r, STRIP_LINE * STRIP_PX);
        cover_frame(p, STRIP_FRINGE, r, HALO * STRIP_PX);
        if (!p->labels)
            continue;
        double half = label_width(p->field->options[i], &digits) / 2 + LABEL_MARGIN * STRIP_PX;
        double middle = r.x + r.w / 2, m = LABEL_MARGIN * STRIP_PX;
        half = fmin(half, r.w / 2);
        cover(p, STRIP_LABEL, middle - half, r.y + top - m, middle + half, r.y + bottom + m);
    }
}

void strip_find_print(struct strip_patch *p)
{
    find_frames(p);
    number_cells(p);
    cover_print(p);
}
