#include "page_health.h"

#include "diag.h"
#include "paper_lines.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MM_PER_INCH 25.4
#define STRETCH 0.06  /* share that a copy may be larger or smaller */
#define A4_LONG 297.0 /* mm: what a page without form and without stated dpi is taken for */

#define SAMPLE_ROWS 32 /* of the scan: every so many are looked at for exposure */
#define SAMPLE_COLUMNS 4
#define WHITE 254           /* grey from which paper counts as clipped */
#define PAPER_SHARE 0.8     /* of the paper's grey: lighter is paper */
#define BITONAL_GREYS 0.005 /* share of greys between that a black and white scan may have */

#define EDGE_STEP 60      /* grey levels, least: a stroke's or an outline's edge, no noise */
#define EDGE_LONG 12      /* px: longer is shading */
#define EDGE_ROWS 64      /* every so many rows of the scan are looked along, ... */
#define EDGE_COLUMNS 5    /* ... and so many places of it down, ... */
#define EDGE_NEIGHBOURS 4 /* ... each in columns that share what memory hands over: ... */
#define EDGE_PASSES 4     /* ... a quarter of it all at a time, ... */
#define EDGES_ENOUGH 150  /* ... and no more where so many edges are seen */
#define EDGES_NEEDED 60
#define EDGE_PART (IMAGE_MAX_SIDE / EDGE_PASSES + 1) /* px */
#define CACHE_LINE 64
#define EDGE_BINS 64 /* eighths of a pixel */

#define INK_SHARE 0.7     /* of the paper's grey: darker is ink */
#define FAINT_SHARE 0.97  /* lighter than this is paper, between the two shows through */
#define BLANK_INK 0.0015  /* share of the page: less than the smallest form prints */
#define BLANK_FAINT 0.005 /* more is the other side, shining through */
#define BORDER 0.05       /* of each side: shadows and holes are no print */

#define EDGE_ON_FORM 3.0 /* mm from the paper's edge within which a line is its shadow */
#define EDGE_UNKNOWN 8.0 /* the same where the paper is not known to fill the picture */

#define CORNER_DARKER 45 /* grey levels: what shows behind a lost corner, against the paper */
#define CORNER_MIN 6.0   /* mm */
#define CORNER_MAX 70.0
#define CORNER_INSET 2.5 /* mm from the paper's edge, which may lie a little off */

struct page_health_scratch {
    struct paper_lines_scratch *lines;
};

int page_health_scratch_create(struct page_health_scratch **ret_scratch)
{
    struct page_health_scratch *s = calloc(1, sizeof *s);
    if (!s)
        return YJ_ENOMEM;
    if (paper_lines_scratch_create(&s->lines) < 0) {
        free(s);
        return YJ_ENOMEM;
    }
    *ret_scratch = s;
    return 0;
}

void page_health_scratch_destroy(struct page_health_scratch *s)
{
    if (!s)
        return;
    paper_lines_scratch_destroy(s->lines);
    free(s);
}

/* ---- scales ---- */

/* px of the scan -> px of the reduced picture, whose pixels are means of 2^level squared. */
static double to_reduced(double px, int level)
{
    double side = 1 << level;
    return (px - (side - 1) / 2) / side;
}

static double to_scan(double px, int level)
{
    double side = 1 << level;
    return px * side + (side - 1) / 2;
}

static struct point on_reduced(const struct page_health_input *in, double x, double y)
{
    struct point p = homography_apply(&in->map->mm_to_px, (struct point){x, y});
    return (struct point){to_reduced(p.x, in->level), to_reduced(p.y, in->level)};
}

/* The glass is as long as the scanner says; the form may have been stretched by a copier. What the
 * file says is not believed where form and file are farther apart than any copier gets them. */
static double find_dpi(const struct page_health_input *in)
{
    const struct image *img = in->img;
    double measured = in->map ? in->quality->dpi : 0;
    bool stated = img->dpi_x >= 60 && img->dpi_x <= 1300;
    if (measured > 0)
        return stated && fabs(img->dpi_x - measured) <= STRETCH * measured ? img->dpi_x : measured;
    if (stated)
        return img->dpi_x;
    double side = img->width > img->height ? img->width : img->height;
    double mm = in->form ? fmax(in->form->width, in->form->height) : A4_LONG;
    return side * MM_PER_INCH / mm;
}

/* mm of the scan, from its edge. */
static double scan_mm(const struct page_health_input *in, double reduced_px, double dpi)
{
    return (to_scan(reduced_px, in->level) + 0.5) * MM_PER_INCH / dpi;
}

/* ---- tones ---- */

/* The grey that most of the lighter half of the pixels have. */
static double paper_of(const int histogram[256])
{
    int best = 128, most = 0, window = 0;
    for (int i = 128; i < 256; i++) {
        window += histogram[i] - (i >= 133 ? histogram[i - 5] : 0);
        if (window > most) {
            most = window;
            best = i - 2 > 128 ? i - 2 : 128;
        }
    }
    return most > 0 ? best : 255;
}

static int count_between(const int histogram[256], double from, double to)
{
    int n = 0;
    for (int i = (int)ceil(fmax(from, 0)); i < 256 && i < to; i++)
        n += histogram[i];
    return n;
}

/* By turns into several: a count that was only just put away cannot be fetched without waiting, and
 * most of a page is one grey. */
static void sample_histogram(const struct image *img, int step_x, int step_y, int histogram[256])
{
    enum { TURNS = 4 };
    int x0 = (int)(img->width * BORDER), y0 = (int)(img->height * BORDER);
    int counts[TURNS][256] = {{0}};
    for (int y = y0; y < img->height - y0; y += step_y) {
        const uint8_t *row = image_row(img, y);
        int x = x0;
        for (; x + (TURNS - 1) * step_x < img->width - x0; x += TURNS * step_x)
            for (int k = 0; k < TURNS; k++)
                counts[k][row[x + k * step_x]]++;
        for (; x < img->width - x0; x += step_x)
            counts[0][row[x]]++;
    }
    for (int g = 0; g < 256; g++)
        histogram[g] = counts[0][g] + counts[1][g] + counts[2][g] + counts[3][g];
}

/* Clipping is seen on the scan's own pixels only: means hide it. */
static void measure_exposure(const struct page_health_input *in, struct page_health *ret)
{
    int histogram[256];
    sample_histogram(in->img, SAMPLE_COLUMNS, SAMPLE_ROWS, histogram);
    int all = count_between(histogram, 0, 256);
    ret->paper = in->map && in->quality->paper > 0 ? in->quality->paper : paper_of(histogram);
    int paper = count_between(histogram, ret->paper * PAPER_SHARE, 256);
    ret->clipped = paper > 0 ? (double)count_between(histogram, WHITE, 256) / paper : 0;
    ret->bitonal = all > 0 && count_between(histogram, 10, 246) < BITONAL_GREYS * all;
}

/* Edges by how many pixels they take: along[i] of them i eighths. */
struct edge_counts {
    int along[EDGE_BINS];
    int n;
};

/* A run of pixels about `at` that only fall or only rise is an edge; its steepest step against its
 * whole says how long it takes: 0.8 of it lies between 10 and 90 %. Returns its last pixel. */
static int count_edge(const uint8_t *p, int n, int at, struct edge_counts *counts)
{
    int sign = p[at + 1] > p[at] ? 1 : -1, steepest = 0, from = at, to = at;
    for (; to + 1 < n && to - at <= EDGE_LONG && sign * (p[to + 1] - p[to]) > 0; to++) {
        int step = sign * (p[to + 1] - p[to]);
        steepest = step > steepest ? step : steepest;
    }
    for (; from > 0 && at - from <= EDGE_LONG && sign * (p[from] - p[from - 1]) > 0; from--) {
        int step = sign * (p[from] - p[from - 1]);
        steepest = step > steepest ? step : steepest;
    }
    int whole = sign * (p[to] - p[from]);
    if (whole >= EDGE_STEP && to - from <= EDGE_LONG) {
        int bin = (int)(8 * 0.8 * whole / steepest);
        counts->along[bin < EDGE_BINS ? bin : EDGE_BINS - 1]++;
        counts->n++;
    }
    return to > at ? to : at + 1;
}

/* Every second pixel is enough to find a step by: most of a page is flat. */
static void count_edges(const uint8_t *p, int n, struct edge_counts *counts)
{
    for (int i = 0; i + 2 < n; i += 2) {
        int step = p[i + 2] - p[i];
        if (step < EDGE_STEP / 3 && step > -EDGE_STEP / 3)
            continue;
        bool later = abs(p[i + 2] - p[i + 1]) > abs(step) / 2;
        int end = count_edge(p, n, i + later, counts);
        i = end > i ? (end & ~1) : i;
    }
}

/* px, the middle one; 0: too few. */
static double middle_edge(const struct edge_counts *counts)
{
    int n = 0;
    if (counts->n < EDGES_NEEDED)
        return 0;
    for (int i = 0; i < EDGE_BINS; i++) {
        n += counts->along[i];
        if (2 * n >= counts->n)
            return (i + 0.5) / 8;
    }
    return 0;
}

static void count_across(const struct image *img, int pass, struct edge_counts *counts)
{
    for (int y = EDGE_ROWS / 2 + pass * EDGE_ROWS; y < img->height; y += EDGE_ROWS * EDGE_PASSES)
        count_edges(image_row(img, y), img->width, counts);
}

/* Neighbours share what memory hands over, so they are taken along at once: one behind the other,
 * each pixel would be waited for again. */
static void take_columns(const uint8_t *from, size_t stride, int n,
                         uint8_t columns[EDGE_NEIGHBOURS][EDGE_PART])
{
    for (int y = 0; y < n; y++, from += stride)
        for (int k = 0; k < EDGE_NEIGHBOURS; k++)
            columns[k][y] = from[k * CACHE_LINE / EDGE_NEIGHBOURS];
}

/* Of each place another part of its height. */
static void count_down(const struct image *img, int pass, struct edge_counts *counts)
{
    uint8_t columns[EDGE_NEIGHBOURS][EDGE_PART];
    for (int i = 0; i < EDGE_COLUMNS; i++) {
        int place = (int)((int64_t)img->width * (2 * i + 1) / (2 * EDGE_COLUMNS));
        int part = (i + pass) % EDGE_PASSES, y = img->height * part / EDGE_PASSES;
        int n = img->height * (part + 1) / EDGE_PASSES - y;
        if (img->width - place < CACHE_LINE)
            continue;
        take_columns(image_row(img, y) + place / CACHE_LINE * CACHE_LINE, img->stride, n, columns);
        for (int k = 0; k < EDGE_NEIGHBOURS; k++)
            count_edges(columns[k], n, counts);
    }
}

/* The worse of both directions: paper that moved while it was scanned is sharp in one. */
static void measure_rise(const struct page_health_input *in, struct page_health *ret)
{
    struct edge_counts across = {{0}, 0}, down = {{0}, 0};
    for (int pass = 0; pass < EDGE_PASSES && across.n < EDGES_ENOUGH; pass++)
        count_across(in->img, pass, &across);
    for (int pass = 0; pass < EDGE_PASSES && down.n < EDGES_ENOUGH; pass++)
        count_down(in->img, pass, &down);
    ret->rise = fmax(middle_edge(&across), middle_edge(&down)) * MM_PER_INCH / ret->dpi;
}

/* Only of a page on which no form was found: a form is print. */
static enum page_side judge_side(const struct page_health_input *in)
{
    int histogram[256];
    if (in->map)
        return SIDE_PRINTED;
    sample_histogram(in->reduced, 1, 2, histogram);
    double paper = paper_of(histogram);
    int all = count_between(histogram, 0, 256);
    int ink = count_between(histogram, 0, paper * INK_SHARE);
    int faint = count_between(histogram, paper * INK_SHARE, paper * FAINT_SHARE);
    if (all == 0 || ink > BLANK_INK * all)
        return SIDE_PRINTED;
    return faint > BLANK_FAINT * all ? SIDE_SHOW_THROUGH : SIDE_BLANK;
}

/* ---- fields that a defect touches ---- */

/* Adds a name while there is room, once. */
static void add_touched(char touches[HEALTH_TOUCHES_MAX], const char *name)
{
    size_t length = strlen(touches), more = strlen(name) + (length > 0);
    if (length + more + strlen(" ...") >= HEALTH_TOUCHES_MAX) {
        if (length + strlen(" ...") < HEALTH_TOUCHES_MAX &&
            (length < 4 || strcmp(touches + length - 4, " ...") != 0))
            strcat(touches, " ...");
        return;
    }
    if (length > 0)
        strcat(touches, " ");
    strcat(touches, name);
}

static double distance_to_line(struct point p, struct point a, struct point b)
{
    double dx = b.x - a.x, dy = b.y - a.y, length = hypot(dx, dy);
    return length > 0 ? fabs((p.x - a.x) * dy - (p.y - a.y) * dx) / length : INFINITY;
}

/* Bubbles whose inside the line from..to (px of the reduced picture) runs through. */
static void find_crossed_fields(const struct page_health_input *in, struct point from,
                                struct point to, double px_per_mm, char *touches)
{
    for (int i = 0; i < in->form->n_fields; i++) {
        const struct field *f = &in->form->fields[i];
        bool crossed = false;
        if (f->page != in->page)
            continue;
        for (int b = 0; b < f->n_bubbles && !crossed; b++) {
            struct point c = rect_center(f->bubbles[b].box), p = on_reduced(in, c.x, c.y);
            double half = fmax(f->bubbles[b].box.w, f->bubbles[b].box.h) / 2;
            crossed = distance_to_line(p, from, to) < half * px_per_mm;
        }
        if (crossed)
            add_touched(touches, f->name);
    }
}

/* ---- lines ---- */

static void locate_on_form(const struct page_health_input *in, const struct paper_line *line,
                           double px_per_mm, struct page_line *ret)
{
    struct homography back;
    struct point middle = {(line->from.x + line->to.x) / 2, (line->from.y + line->to.y) / 2};
    struct point px = {to_scan(middle.x, in->level), to_scan(middle.y, in->level)};
    if (!in->map || homography_invert(&in->map->mm_to_px, &back) < 0)
        return;
    struct point mm = homography_apply(&back, px);
    struct point next = homography_apply(
        &back, (struct point){px.x + (line->across ? 100 : 0), px.y + (line->across ? 0 : 100)});
    /* Along the form's x axis its y stays. */
    ret->form_axis = fabs(next.x - mm.x) > fabs(next.y - mm.y) ? 'y' : 'x';
    ret->form_at = ret->form_axis == 'y' ? mm.y : mm.x;
    find_crossed_fields(in, line->from, line->to, px_per_mm, ret->touches);
}

static int measure_lines(const struct page_health_input *in, struct page_health_scratch *scratch,
                         struct page_health *ret)
{
    const struct image *img = in->reduced;
    double px_per_mm = ret->dpi / MM_PER_INCH / (1 << in->level);
    double right = img->width - 1, bottom = img->height - 1;
    struct paper_area area = {.corners = {{0, 0}, {right, 0}, {right, bottom}, {0, bottom}},
                              .px_per_mm = px_per_mm,
                              .paper = ret->paper,
                              .edge = EDGE_UNKNOWN};
    if (in->map) {
        double w = in->form->width, h = in->form->height;
        area.corners[0] = on_reduced(in, 0, 0);
        area.corners[1] = on_reduced(in, w, 0);
        area.corners[2] = on_reduced(in, w, h);
        area.corners[3] = on_reduced(in, 0, h);
        area.edge = EDGE_ON_FORM;
    }
    struct paper_line lines[PAPER_LINES_MAX];
    int n = 0, r = paper_lines_find(img, &area, scratch->lines, lines, &n);
    if (r < 0)
        return r;
    ret->n_lines = n < HEALTH_MAX_LINES ? n : HEALTH_MAX_LINES;
    for (int i = 0; i < ret->n_lines; i++) {
        struct page_line *line = &ret->lines[i];
        *line = (struct page_line){.across = lines[i].across,
                                   .light = lines[i].light,
                                   .at = scan_mm(in, lines[i].at, ret->dpi),
                                   .lean = lines[i].lean / px_per_mm,
                                   .depth = lines[i].depth};
        locate_on_form(in, &lines[i], px_per_mm, line);
    }
    return 0;
}

/* ---- corners ---- */

/* A corner of the form's page: mm from it along both edges. */
struct corner_view {
    const struct page_health_input *in;
    struct point at;
    double along_x, along_y; /* +1 or -1: into the paper */
    double darkest;          /* grey below which it is not the paper */
};

/* 1: what shows there is no paper, 0: it is, -1: beyond the picture. */
static int is_lost(const struct corner_view *v, double u, double w)
{
    struct point p = on_reduced(v->in, v->at.x + v->along_x * u, v->at.y + v->along_y * w);
    int x = nearest_whole(p.x), y = nearest_whole(p.y);
    if (x < 0 || y < 0 || x >= v->in->reduced->width || y >= v->in->reduced->height)
        return -1;
    return image_row(v->in->reduced, y)[x] < v->darkest;
}

/* How far nothing of the paper is seen along an edge, mm. */
static double lost_along(const struct corner_view *v, bool along_x)
{
    double t = CORNER_INSET;
    for (; t < CORNER_MAX + 1; t += 0.5) {
        int lost = along_x ? is_lost(v, t, CORNER_INSET) : is_lost(v, CORNER_INSET, t);
        if (lost == 0)
            break;
    }
    return t +
           CORNER_INSET; /* on the line through CORNER_INSET the triangle is that much shorter */
}

/* Share of lost points among those of the triangle with legs a, b between `from` and `to` times its
 * size; -1 where too little of it is in the picture. */
static double lost_share(const struct corner_view *v, double a, double b, double from, double to)
{
    int lost = 0, seen = 0;
    for (double u = CORNER_INSET; u < a * to; u += 0.7)
        for (double w = CORNER_INSET; w < b * to; w += 0.7) {
            double part = u / a + w / b;
            int state = part >= from && part <= to ? is_lost(v, u, w) : -1;
            lost += state == 1;
            seen += state >= 0;
        }
    return seen >= 8 ? (double)lost / seen : -1;
}

/* A dark triangle with paper behind it; a shadow along an edge goes on, print is not solid. */
static bool corner_is_lost(const struct corner_view *v, double *ret_a, double *ret_b)
{
    if (is_lost(v, CORNER_INSET, CORNER_INSET) != 1)
        return false;
    double a = lost_along(v, true), b = lost_along(v, false);
    if (fmin(a, b) < CORNER_MIN || fmax(a, b) > CORNER_MAX || fmax(a, b) > 4 * fmin(a, b))
        return false;
    *ret_a = a;
    *ret_b = b;
    double behind = lost_share(v, a, b, 1.15, 1.5);
    return lost_share(v, a, b, 0, 0.85) >= 0.9 && behind >= 0 && behind < 0.25;
}

static void find_fields_at_corner(const struct corner_view *v, double a, double b, char *touches)
{
    for (int i = 0; i < v->in->form->n_fields; i++) {
        const struct field *f = &v->in->form->fields[i];
        if (f->page != v->in->page)
            continue;
        /* The point of the field's area that is nearest to the corner. */
        double x = v->along_x > 0 ? f->area.x : f->area.x + f->area.w;
        double y = v->along_y > 0 ? f->area.y : f->area.y + f->area.h;
        if ((x - v->at.x) * v->along_x / a + (y - v->at.y) * v->along_y / b < 1)
            add_touched(touches, f->name);
    }
}

static void measure_corners(const struct page_health_input *in, struct page_health *ret)
{
    static const struct {
        enum mark_corner corner;
        bool right, bottom;
    } corners[] = {{CORNER_TOP_LEFT, false, false},
                   {CORNER_TOP_RIGHT, true, false},
                   {CORNER_BOTTOM_RIGHT, true, true},
                   {CORNER_BOTTOM_LEFT, false, true}};
    for (int i = 0; i < 4; i++) {
        struct corner_view v = {.in = in,
                                .at = {corners[i].right ? in->form->width : 0,
                                       corners[i].bottom ? in->form->height : 0},
                                .along_x = corners[i].right ? -1 : 1,
                                .along_y = corners[i].bottom ? -1 : 1,
                                .darkest = ret->paper - CORNER_DARKER};
        double a = 0, b = 0;
        if (!corner_is_lost(&v, &a, &b) || fmax(a, b) <= ret->corner_size)
            continue;
        ret->corner = corners[i].corner;
        ret->corner_size = fmax(a, b);
        ret->corner_touches[0] = '\0';
        find_fields_at_corner(&v, a, b, ret->corner_touches);
    }
}

/* ---- fingerprint ---- */

/* Mean darkness of the inner half of a bubble, 0 to 255; -1 beyond the picture. */
static double bubble_darkness(const struct page_health_input *in, struct rect box, double paper)
{
    double sum = 0;
    for (int i = 0; i < 9; i++) {
        struct point p =
            on_reduced(in, box.x + box.w * (2 + i % 3) / 6.0, box.y + box.h * (2 + i / 3) / 6.0);
        int x = nearest_whole(p.x), y = nearest_whole(p.y);
        if (x < 0 || y < 0 || x >= in->reduced->width || y >= in->reduced->height)
            return -1;
        sum += fmax(0, paper - image_row(in->reduced, y)[x]);
    }
    return sum / 9;
}

static int count_bubbles(const struct form *form, int page)
{
    int n = 0;
    for (int i = 0; i < form->n_fields; i++)
        n += form->fields[i].page == page ? form->fields[i].n_bubbles : 0;
    return n;
}

/* Neighbours share a cell, so that each cell holds as many bubbles as the others. */
static void take_fingerprint(const struct page_health_input *in, struct page_health *ret)
{
    double sum[HEALTH_CELLS] = {0};
    int in_cell[HEALTH_CELLS] = {0}, n = count_bubbles(in->form, in->page), k = 0;
    for (int i = 0; i < in->form->n_fields; i++) {
        const struct field *f = &in->form->fields[i];
        for (int b = 0; b < f->n_bubbles && f->page == in->page; b++, k++) {
            double dark = bubble_darkness(in, f->bubbles[b].box, ret->paper);
            int cell = (int)((int64_t)k * HEALTH_CELLS / n);
            if (dark < 0)
                return;
            sum[cell] += dark;
            in_cell[cell]++;
        }
    }
    ret->has_fingerprint = n > 0;
    for (int c = 0; c < HEALTH_CELLS && n > 0; c++)
        ret->fingerprint[c] = in_cell[c] > 0 ? (uint8_t)lround(sum[c] / in_cell[c]) : 0;
}

int page_health_measure(const struct page_health_input *in, struct page_health_scratch *scratch,
                        struct page_health *ret)
{
    *ret = (struct page_health){.measured = true, .corner = -1, .dpi = find_dpi(in)};
    measure_exposure(in, ret);
    measure_rise(in, ret);
    ret->side = judge_side(in);
    int r = measure_lines(in, scratch, ret);
    if (r < 0 || !in->map)
        return r;
    measure_corners(in, ret);
    take_fingerprint(in, ret);
    return 0;
}
