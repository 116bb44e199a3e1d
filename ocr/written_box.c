/* written_box.c - a box is cut out a little larger than it is, at a size that suits it; the border
 * is taken away; what remains falls into pieces, and each piece belongs to where most of it lies.
 */
#include "written_box.h"
#include "box_border.h"
#include "box_pieces.h"
#include "crop.h"
#include "diag.h"
#include "glyph_frame.h"
#include "grey_rank.h"
#include "plain_box.h"
#include <math.h>
#include <string.h>

#define MM_PER_INCH 25.4
#define SIDE_PX 56.0 /* the box's shorter side in its picture */
#define DPI_MIN 60.0
#define DPI_MAX 260.0
#define MARGIN_SHARE 0.35 /* of the shorter side: paper around the box that is looked at */
#define MARGIN_MIN 1.2    /* mm */
#define MARGIN_MAX 3.0
#define BOX_MIN 1.5      /* mm: what is smaller is no box to write in */
#define BOX_MAX 60.0     /* mm: what is larger is an area */
#define SEEN_MIN 12.0    /* px of the scan: a smaller box shows nothing */
#define DEPTH_SHARE 0.03 /* of the box's pixels, the darkest, show the pen */
#define DEPTH_MIN 40.0   /* grey levels: less contrast is grain, not made larger */
#define INK_SHARE 0.33   /* of the pen's depth */
#define NEXT_BOX 0.5     /* share of the paper to the next box that is looked at */
#define FAR_IN 0.15      /* of the shorter side, from the nearest one */

/* ---- a box out of the scan ---- */

struct box_cut {
    struct box_picture picture;
    uint8_t *as_scanned; /* the picture before its border is taken away; in the arena */
    struct rect box;     /* mm */
    bool visible;
};

static int paper_of(const struct image *img)
{
    size_t n = (size_t)img->width * (size_t)img->height;
    return grey_rank(img->data, (ptrdiff_t)img->stride, img->width, img->height,
                     (size_t)(PAPER_SHARE * (double)n));
}

static void take_paper_off(const uint8_t *restrict row, int width, int paper,
                           uint8_t *restrict dark)
{
    const uint8_t level = (uint8_t)paper;
    for (int x = 0; x < width; x++)
        dark[x] = row[x] < level ? (uint8_t)(level - row[x]) : 0;
}

/* Whether the scan shows a box, large enough to look into. */
static bool is_seen(const struct image *img, const struct page_map *map, struct rect box,
                    double fineness)
{
    double shorter = fmin(box.w, box.h);
    return shorter >= BOX_MIN && fmax(box.w, box.h) <= BOX_MAX && shorter * fineness >= SEEN_MIN &&
           crop_is_within(img, map, box);
}

static double margin_of(struct rect box)
{
    return fmin(fmax(MARGIN_SHARE * fmin(box.w, box.h), MARGIN_MIN), MARGIN_MAX);
}

static int cut_box(const struct image *img, const struct page_map *map, struct rect box,
                   struct image *scratch, struct arena *arena, struct box_cut *ret)
{
    *ret = (struct box_cut){.box = box};
    double shorter = fmin(box.w, box.h);
    double fineness = homography_scale(&map->mm_to_px, rect_center(box)); /* px a mm */
    if (!is_seen(img, map, box, fineness))
        return 0;
    double margin = margin_of(box);
    double dpi = fmin(fmax(SIDE_PX / shorter * MM_PER_INCH, DPI_MIN), DPI_MAX);
    struct rect wide = {box.x - margin, box.y - margin, box.w + 2 * margin, box.h + 2 * margin};
    int r = crop_extract(img, map, wide, dpi, scratch);
    if (r == YJ_EDATA)
        return 0;
    if (r < 0)
        return r;
    struct box_picture *p = &ret->picture;
    double scale = scratch->width / wide.w;
    *p = (struct box_picture){.width = scratch->width,
                              .height = scratch->height,
                              .scale = scale,
                              .pixel = 1 / fineness,
                              .left = margin * scale,
                              .top = margin * scale,
                              .right = (margin + box.w) * scale,
                              .bottom = (margin + box.h) * scale};
    p->dark = arena_room(arena, (size_t)p->width * (size_t)p->height);
    ret->as_scanned = arena_room(arena, (size_t)p->width * (size_t)p->height);
    if (!p->dark || !ret->as_scanned)
        return YJ_ENOMEM;
    int paper = paper_of(scratch);
    if (paper < PAPER_MIN)
        return 0;
    for (int y = 0; y < p->height; y++)
        take_paper_off(image_row(scratch, y), p->width, paper,
                       p->dark + (size_t)y * (size_t)p->width);
    memcpy(ret->as_scanned, p->dark, (size_t)p->width * (size_t)p->height);
    ret->visible = true;
    return 0;
}

static double depth_of(const struct box_picture *p)
{
    int x0 = (int)p->left, x1 = (int)fmin(ceil(p->right), p->width);
    int y0 = (int)p->top, y1 = (int)fmin(ceil(p->bottom), p->height);
    if (x0 >= x1 || y0 >= y1)
        return 0;
    size_t n = (size_t)(x1 - x0) * (size_t)(y1 - y0);
    return grey_rank(p->dark + (ptrdiff_t)y0 * p->width + x0, p->width, x1 - x0, y1 - y0,
                     n - (size_t)(DEPTH_SHARE * (double)n) - 1);
}

/* ---- what the box holds ---- */

static double stray_ink(const struct box_picture *p, const struct box_pieces *pieces)
{
    double far_in = FAR_IN * fmin(p->right - p->left, p->bottom - p->top) / p->scale, mm2 = 0;
    for (int i = 0; i < pieces->n; i++)
        if (!pieces->list[i].own && pieces->list[i].gap > far_in)
            mm2 += pieces->list[i].inside / (p->scale * p->scale);
    return mm2;
}

static void measure(const struct box_picture *p, const struct box_pieces *pieces,
                    struct written_box *ret)
{
    int x0 = p->width, y0 = p->height, x1 = -1, y1 = -1, inside = 0;
    for (int i = 0; i < pieces->n; i++) {
        const struct box_piece *q = &pieces->list[i];
        if (!q->own)
            continue;
        ret->pieces++;
        inside += q->inside;
        x0 = q->x0 < x0 ? q->x0 : x0;
        y0 = q->y0 < y0 ? q->y0 : y0;
        x1 = q->x1 > x1 ? q->x1 : x1;
        y1 = q->y1 > y1 ? q->y1 : y1;
    }
    if (inside == 0)
        return;
    ret->ink = inside / (p->scale * p->scale);
    ret->extent = (struct rect){(x0 - p->left) / p->scale, (y0 - p->top) / p->scale,
                                (x1 + 1 - x0) / p->scale, (y1 + 1 - y0) / p->scale};
}

/* Darkness over the pen's, 0 to 255; what is fainter than `faintest` is none. */
static void fill_shades(double depth, int faintest, uint8_t shade[256])
{
    for (int d = 0; d < 256; d++)
        shade[d] = d < faintest ? 0 : (uint8_t)fmin(255, d / depth * 255);
}

static void apply_shade(const uint8_t shade[256], const uint8_t *restrict from, size_t n,
                        uint8_t *restrict to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = shade[from[i]];
}

/* The glyph, and the view: all that is dark where the glyph was taken from. */
static int take_glyph(const struct box_cut *cut, const struct box_pieces *pieces, double depth,
                      struct arena *arena, struct written_box *ret)
{
    const struct box_picture *p = &cut->picture;
    size_t n = (size_t)p->width * (size_t)p->height;
    uint8_t *ink = arena_alloc(arena, n), shade[256];
    fill_shades(depth, 0, shade);
    if (!ink || box_pieces_copy(p, pieces, shade, arena, ink) < 0)
        return YJ_ENOMEM;
    struct glyph_frame frame;
    if (!glyph_frame_find(ink, p->width, p->height, &frame))
        return 0;
    glyph_frame_glyph(ink, p->width, p->height, &frame, ret->glyph);
    fill_shades(depth, FAINTEST, shade);
    int first, end;
    glyph_frame_rows(&frame, p->height, &first, &end);
    size_t from = (size_t)first * (size_t)p->width, to = (size_t)end * (size_t)p->width;
    apply_shade(shade, cut->as_scanned + from, to - from, ink + from);
    glyph_frame_view(ink, p->width, p->height, &frame, ret->view);
    return 0;
}

static int look_into(const struct box_cut *cut, struct arena *arena, struct written_box *ret)
{
    *ret = (struct written_box){.visible = cut->visible};
    if (!cut->visible)
        return 0;
    const struct box_picture *p = &cut->picture;
    ret->depth = depth_of(p);
    double depth = fmax(ret->depth, DEPTH_MIN);
    int limit = (int)fmax(FAINTEST, INK_SHARE * depth);
    struct box_pieces pieces;
    int r = box_pieces_find(p, limit, arena, &pieces);
    if (r < 0)
        return r;
    if (pieces.too_many) { /* what was written may be among those left out */
        ret->visible = false;
        return 0;
    }
    measure(p, &pieces, ret);
    ret->stray = stray_ink(p, &pieces);
    return ret->ink > 0 ? take_glyph(cut, &pieces, depth, arena, ret) : 0;
}

/* ---- a field's boxes ---- */

/* How far around box i ink may be its own, mm: half the way to the nearest other box. */
static double reach_of(const struct rect *boxes, int n, int i)
{
    double reach = MARGIN_MAX;
    for (int k = 0; k < n; k++) {
        struct rect a = boxes[i], b = boxes[k];
        double apart_x = fmax(b.x - (a.x + a.w), a.x - (b.x + b.w));
        double apart_y = fmax(b.y - (a.y + a.h), a.y - (b.y + b.h));
        if (k != i)
            reach = fmin(reach, NEXT_BOX * fmax(0, fmax(apart_x, apart_y)));
    }
    return reach;
}

/* Takes away what lies farther than `reach` mm from the box: there is the next one's border. */
static void clear_beyond(struct box_picture *p, double reach)
{
    double far = p->reach = reach * p->scale + 0.5;
    int left = (int)fmin(fmax(ceil(p->left - far), 0), p->width);
    int right = (int)fmax(fmin(floor(p->right + far) + 1, p->width), left);
    for (int y = 0; y < p->height; y++) {
        uint8_t *row = p->dark + (size_t)y * (size_t)p->width;
        bool within = y >= p->top - far && y <= p->bottom + far;
        memset(row, 0, (size_t)(within ? left : p->width));
        if (within)
            memset(row + right, 0, (size_t)(p->width - right));
    }
}

/* From where the form has the box to where it was found to be printed. */
static void move_to_print(struct box_picture *p, const struct border_line *lines)
{
    double *const sides[BOX_SIDES] = {&p->left, &p->right, &p->top, &p->bottom};
    for (int side = 0; side < BOX_SIDES; side++)
        *sides[side] += lines[side].found ? lines[side].offset : 0;
}

/* Whether all boxes are plainly empty: one that is not needs the others' borders beside its own. */
static bool are_plain(const struct image *img, const struct page_map *map, const struct rect *boxes,
                      int n)
{
    for (int i = 0; i < n; i++)
        if (!is_seen(img, map, boxes[i], homography_scale(&map->mm_to_px, rect_center(boxes[i]))) ||
            !plain_box(img, map, boxes[i], margin_of(boxes[i])))
            return false;
    return true;
}

int written_boxes_look(const struct image *img, const struct page_map *map,
                       const struct rect *boxes, int n, struct image *scratch, struct arena *arena,
                       struct written_box *ret)
{
    if (are_plain(img, map, boxes, n)) {
        for (int i = 0; i < n; i++)
            ret[i] = (struct written_box){.visible = true};
        return 0;
    }
    struct box_cut *cuts = arena_alloc(arena, (size_t)(n + 1) * sizeof *cuts);
    struct border_line *lines = arena_alloc(arena, (size_t)(n + 1) * BOX_SIDES * sizeof *lines);
    if (!cuts || !lines)
        return YJ_ENOMEM;
    int seen = 0;
    double scale = 1;
    for (int i = 0; i < n; i++) {
        int r = cut_box(img, map, boxes[i], scratch, arena, &cuts[i]);
        if (r < 0)
            return r;
        if (!cuts[i].visible)
            continue;
        scale = cuts[i].picture.scale;
        box_border_find(&cuts[i].picture, &lines[seen++ * BOX_SIDES]);
    }
    box_border_agree(lines, seen, scale);
    seen = 0;
    for (int i = 0; i < n; i++) {
        if (cuts[i].visible) {
            const struct border_line *own = &lines[seen++ * BOX_SIDES];
            box_border_remove(&cuts[i].picture, own);
            move_to_print(&cuts[i].picture, own);
            clear_beyond(&cuts[i].picture, reach_of(boxes, n, i));
        }
        int r = look_into(&cuts[i], arena, &ret[i]);
        if (r < 0)
            return r;
    }
    return 0;
}
