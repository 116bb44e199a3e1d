/* Printed marks and marker pictures: where each stands and where its ink has its centre. */
#include "form_marks.h"

#include "diag.h"
#include "i18n.h"
#include "picture.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_ITEMS(array) (sizeof(array) / sizeof *(array))
#define MAX_MARKS 400 /* marks a registration */
#define MIN_MARK 0.5  /* mm: smaller is dust on a scan */
#define MIN_TRACK 5   /* timing marks in a row: fewer could be anything */
#define MIN_SPREAD 5  /* mm off one line: less turns with every speck */

/* Centroid of an L: an upright arm and a lying one, `stroke` thick, that share a corner. */
static struct point ell_centroid(struct rect box, double stroke, enum mark_corner corner)
{
    double lying = box.w * stroke, upright = (box.h - stroke) * stroke, area = lying + upright;
    double x = (lying * box.w / 2 + upright * stroke / 2) / area;
    double y = (lying * stroke / 2 + upright * (stroke + (box.h - stroke) / 2)) / area;
    bool right = corner == CORNER_TOP_RIGHT || corner == CORNER_BOTTOM_RIGHT;
    bool bottom = corner == CORNER_BOTTOM_LEFT || corner == CORNER_BOTTOM_RIGHT;
    return (struct point){right ? box.x + box.w - x : box.x + x,
                          bottom ? box.y + box.h - y : box.y + y};
}

static enum mark_corner nearest_corner(const struct form *form, struct point p)
{
    bool right = p.x > form->width / 2, bottom = p.y > form->height / 2;
    if (bottom)
        return right ? CORNER_BOTTOM_RIGHT : CORNER_BOTTOM_LEFT;
    return right ? CORNER_TOP_RIGHT : CORNER_TOP_LEFT;
}

/* What marks of one map have in common. */
struct mark_style {
    enum mark_shape shape;
    double w, h, stroke;
    int corner; /* enum mark_corner, or -1: the nearest to the page's */
};

static int read_shape(const struct form_reader *r, const struct yaml_node *map,
                      struct mark_style *style)
{
    static const char *const shapes[] = {"square", "disc", "ring", "ell"};
    static const char *const corners[] = {"top-left", "top-right", "bottom-right", "bottom-left"};
    const struct yaml_node *node = yaml_get(map, "shape");
    int shape = MARK_SQUARE, rc = 0;
    if (node)
        rc = yaml_name(r->yaml, node, "shape", shapes, N_ITEMS(shapes), &shape);
    style->shape = (enum mark_shape)shape;
    node = yaml_get(map, "corner");
    if (node && yaml_name(r->yaml, node, "corner", corners, N_ITEMS(corners), &style->corner) < 0)
        rc = YJ_EINPUT;
    if (node && rc == 0 && style->shape != MARK_ELL)
        rc = yaml_error(r->yaml, node, NULL, _("only an 'ell' has a 'corner'"));
    return rc;
}

static int read_stroke(const struct form_reader *r, const struct yaml_node *map,
                       struct mark_style *style)
{
    const struct yaml_node *node = yaml_get(map, "stroke");
    bool needed = style->shape == MARK_RING || style->shape == MARK_ELL;
    if (!node)
        return needed ? yaml_missing(r->yaml, map, "stroke", _("the thickness of its line, mm"))
                      : 0;
    if (!needed)
        return yaml_error(r->yaml, node, NULL, _("only a 'ring' or an 'ell' has a 'stroke'"));
    int rc = yaml_number(r->yaml, node, "stroke", &style->stroke);
    if (rc < 0)
        return rc;
    double widest = fmin(style->w, style->h) / (style->shape == MARK_RING ? 2 : 1);
    if (!(style->stroke > 0 && style->stroke < widest))
        return yaml_error(r->yaml, node, NULL, _("'stroke' is above 0 and below %g mm here"),
                          widest);
    return 0;
}

/* Points of `at`: a list of them, or one. */
static int read_places(struct form_reader *r, const struct yaml_node *map, struct point *places,
                       int *ret_n)
{
    const struct yaml_node *at = yaml_get(map, "at");
    if (!at)
        return yaml_missing(r->yaml, map, "at", _("a list of centres, [[x, y], ...]"));
    *ret_n = 1;
    if (at->kind == YAML_LIST && at->n == 2 && at->items[0]->kind == YAML_SCALAR)
        return form_read_point(r, at, "at", places);
    if (at->kind != YAML_LIST || at->n == 0 || at->n > MAX_MARKS)
        return yaml_error(r->yaml, at, _("write [[x, y], [x, y], ...]"),
                          _("'at' is a list of 1 to %d points"), MAX_MARKS);
    int rc = 0;
    for (int i = 0; i < at->n; i++)
        if (form_read_point(r, at->items[i], "at", &places[i]) < 0)
            rc = YJ_EINPUT;
    *ret_n = at->n;
    return rc;
}

static int add_marks(struct form_reader *r, const struct yaml_node *map,
                     const struct mark_style *style, const struct point *places, int n,
                     struct registration *reg)
{
    if (!reg->marks)
        reg->marks = arena_alloc(r->memory, MAX_MARKS * sizeof(*reg->marks));
    if (!reg->marks)
        return YJ_ENOMEM;
    if (reg->n_marks + n > MAX_MARKS)
        return yaml_error(r->yaml, map, NULL, _("more than %d marks"), MAX_MARKS);
    for (int i = 0; i < n; i++) {
        struct mark mark = {.shape = style->shape, .stroke = style->stroke};
        mark.box = rect_around(places[i], style->w, style->h);
        mark.corner = style->corner >= 0 ? (enum mark_corner)style->corner
                                         : nearest_corner(r->form, places[i]);
        mark.centroid =
            style->shape == MARK_ELL ? ell_centroid(mark.box, mark.stroke, mark.corner) : places[i];
        reg->marks[reg->n_marks++] = mark;
    }
    return 0;
}

/* Shape, size and stroke. */
static int read_style(const struct form_reader *r, const struct yaml_node *map,
                      struct mark_style *style)
{
    *style = (struct mark_style){.corner = -1};
    int rc = read_shape(r, map, style);
    const struct yaml_node *size = yaml_get(map, "size");
    if (!size ? yaml_missing(r->yaml, map, "size", _("its width on paper, mm")) < 0
              : form_read_size(r, size, "size", &style->w, &style->h) < 0)
        rc = YJ_EINPUT;
    else if (style->w < MIN_MARK || style->h < MIN_MARK)
        rc =
            yaml_error(r->yaml, size, _("lengths are in millimetres"),
                       _("marks are %g x %g mm, smaller than %g mm"), style->w, style->h, MIN_MARK);
    else if (rc == 0 && read_stroke(r, map, style) < 0)
        rc = YJ_EINPUT;
    return rc;
}

static int read_mark_map(struct form_reader *r, const struct yaml_node *map,
                         struct registration *reg)
{
    static const char *const keys[] = {"shape", "size", "stroke", "at", "corner", "max_residual"};
    struct mark_style style;
    struct point places[MAX_MARKS];
    int n = 0;
    int rc = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return rc;
    if (read_style(r, map, &style) < 0)
        rc = YJ_EINPUT;
    if (read_places(r, map, places, &n) < 0)
        rc = YJ_EINPUT;
    return rc < 0 ? rc : add_marks(r, map, &style, places, n, reg);
}

/* mm by which the farthest of the marks stands off the line through the two farthest apart. */
static double spread(const struct registration *reg)
{
    struct point a = reg->marks[0].centroid, b = a;
    double length = 0, off = 0;
    for (int i = 0; i < reg->n_marks; i++)
        for (int k = 0; k < i; k++) {
            struct point p = reg->marks[k].centroid, q = reg->marks[i].centroid;
            if (hypot(q.x - p.x, q.y - p.y) > length) {
                length = hypot(q.x - p.x, q.y - p.y);
                a = p;
                b = q;
            }
        }
    for (int i = 0; i < reg->n_marks && length > 0; i++) {
        struct point p = reg->marks[i].centroid;
        double cross = (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
        off = fmax(off, fabs(cross) / length);
    }
    return off;
}

static int check_places(const struct form_reader *r, const struct yaml_node *node,
                        const struct registration *reg)
{
    if (reg->n_marks < 3)
        return yaml_error(r->yaml, node, _("name at least three, better four, far apart"),
                          _("%d marks do not say where a page is"), reg->n_marks);
    for (int i = 0; i < reg->n_marks; i++)
        for (int k = 0; k < i; k++) {
            struct point p = reg->marks[k].centroid, q = reg->marks[i].centroid;
            if (hypot(q.x - p.x, q.y - p.y) < MIN_MARK)
                return yaml_error(r->yaml, node, NULL, _("two marks stand at %g, %g"), q.x, q.y);
        }
    if (spread(reg) < MIN_SPREAD)
        return yaml_error(r->yaml, node, _("name at least three, better four, far apart"),
                          _("marks on one line do not say where a page is"));
    return 0;
}

int form_read_marks(struct form_reader *r, const struct yaml_node *node, struct registration *reg)
{
    reg->kind = REGISTER_MARKS;
    int rc = 0;
    if (node->kind != YAML_LIST) {
        rc = read_mark_map(r, node, reg);
    } else {
        for (int i = 0; i < node->n; i++) {
            int one = read_mark_map(r, node->items[i], reg);
            if (one == YJ_ENOMEM)
                return one;
            rc = one < 0 ? one : rc;
        }
    }
    return rc < 0 ? rc : check_places(r, node, reg);
}

/* ---- timing marks ---- */

/* One row or column: `at` the first, `step` to the next, `count` of them. */
static int read_track(struct form_reader *r, const struct yaml_node *map, struct registration *reg)
{
    static const char *const keys[] = {"shape", "size",  "stroke",      "at",
                                       "step",  "count", "max_residual"};
    struct mark_style style;
    struct point at = {0, 0}, step = {0, 0}, places[MAX_MARKS];
    long n = 0;
    int rc = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return rc;
    if (read_style(r, map, &style) < 0)
        rc = YJ_EINPUT;
    const struct yaml_node *node = yaml_get(map, "at");
    if (!node ? yaml_missing(r->yaml, map, "at", _("the centre of the first mark")) < 0
              : form_read_point(r, node, "at", &at) < 0)
        rc = YJ_EINPUT;
    node = yaml_get(map, "step");
    if (!node ? yaml_missing(r->yaml, map, "step", _("from a mark to the next, [0, 6]")) < 0
              : form_read_step(r, node, "step", true, &step) < 0)
        rc = YJ_EINPUT;
    else if (rc == 0 && hypot(step.x, step.y) < fmin(style.w, style.h) + MIN_MARK)
        rc = yaml_error(r->yaml, node, NULL, _("marks that stand %g mm apart touch"),
                        hypot(step.x, step.y));
    node = yaml_get(map, "count");
    if (!node ? yaml_missing(r->yaml, map, "count", _("how many marks")) < 0
              : yaml_integer(r->yaml, node, "count", MIN_TRACK, MAX_MARKS, &n) < 0)
        rc = YJ_EINPUT;
    for (long i = 0; i < n && rc == 0; i++)
        places[i] = (struct point){at.x + (double)i * step.x, at.y + (double)i * step.y};
    return rc < 0 ? rc : add_marks(r, map, &style, places, (int)n, reg);
}

int form_read_timing(struct form_reader *r, const struct yaml_node *node, struct registration *reg)
{
    reg->kind = REGISTER_TIMING;
    if (node->kind != YAML_LIST)
        return read_track(r, node, reg);
    int rc = 0;
    if (node->n == 0)
        return yaml_error(r->yaml, node, NULL, _("'timing' names no marks"));
    for (int i = 0; i < node->n; i++) {
        int one = read_track(r, node->items[i], reg);
        if (one == YJ_ENOMEM)
            return one;
        rc = one < 0 ? one : rc;
    }
    return rc;
}

/* ---- pictures ---- */

int form_read_picture(struct form_reader *r, const struct yaml_node *node, const char *what,
                      char **ret_path, double *ret_aspect)
{
    const char *name;
    int rc = yaml_text(r->yaml, node, what, &name);
    if (rc < 0)
        return rc;
    bool plain = name[0] == '/' || !r->base_dir || !r->base_dir[0];
    *ret_path =
        plain ? arena_strdup(r->memory, name) : arena_printf(r->memory, "%s/%s", r->base_dir, name);
    if (!*ret_path)
        return YJ_ENOMEM;
    *ret_aspect = 1;
    if (!r->base_dir)
        return 0;
    int width, height;
    rc = picture_size(*ret_path, &width, &height);
    if (rc == YJ_EIO)
        return yaml_error(r->yaml, node, _("names of pictures start from the form's folder"),
                          _("cannot open the picture '%s'"), *ret_path);
    if (rc < 0)
        return yaml_error(r->yaml, node, _("save it as PNG or JPEG"),
                          _("'%s' is no PNG or JPEG picture"), *ret_path);
    *ret_aspect = (double)height / width;
    return 0;
}

int form_read_marker(struct form_reader *r, const struct yaml_node *map, struct registration *reg)
{
    static const char *const keys[] = {"image", "size", "at", "max_residual"};
    struct mark_style style = {.shape = MARK_SQUARE, .corner = -1};
    struct point places[MAX_MARKS];
    double aspect = 1;
    int n = 0;
    reg->kind = REGISTER_MARKER;
    int rc = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return rc;
    const struct yaml_node *image = yaml_get(map, "image"), *size = yaml_get(map, "size");
    int got = image ? form_read_picture(r, image, "image", &reg->image, &aspect)
                    : yaml_missing(r->yaml, map, "image", _("the picture that is printed"));
    if (got == YJ_ENOMEM)
        return got;
    rc = got < 0 ? got : rc;
    if (!size ? yaml_missing(r->yaml, map, "size", _("its width on paper, mm")) < 0
              : form_read_size(r, size, "size", &style.w, &style.h) < 0)
        rc = YJ_EINPUT;
    else if (size->kind == YAML_SCALAR) /* the width alone: the picture says the height */
        style.h = style.w * aspect;
    if (read_places(r, map, places, &n) < 0)
        rc = YJ_EINPUT;
    if (rc == 0)
        rc = add_marks(r, map, &style, places, n, reg);
    return rc < 0 ? rc : check_places(r, map, reg);
}
