#include "look.h"

#include "bubble_others.h"
#include "diag.h"
#include "look_model.h"
#include "look_nets.h"
#include "small_net.h"
#include "view_points.h"
#include "wide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PRINT_OTHERS 7 /* of the group, that show the print */
#define PRINT_FEWEST 3
#define RANGE_MIN 40     /* grey levels: less contrast is grain, not made larger */
#define DARKEST_SHARE 48 /* the darkest 1/48 of the points are black */
#define MAX_SUBSTEPS 4

/* ---- pictures ---- */

/* Offsets of the places that one point of the picture stands for: 1 to MAX_SUBSTEPS squared. */
struct substeps {
    int n;
    struct point at[MAX_SUBSTEPS * MAX_SUBSTEPS];
};

static void make_substeps(struct point du, struct point dv, struct substeps *ret)
{
    int side = (int)ceil(fmax(hypot(du.x, du.y), hypot(dv.x, dv.y)) - 0.25);
    side = side < 1 ? 1 : side > MAX_SUBSTEPS ? MAX_SUBSTEPS : side;
    ret->n = 0;
    for (int j = 0; j < side; j++)
        for (int i = 0; i < side; i++) {
            double a = (i + 0.5) / side - 0.5, b = (j + 0.5) / side - 0.5;
            ret->at[ret->n++] = (struct point){a * du.x + b * dv.x, a * du.y + b * dv.y};
        }
}

/* Where a row of the picture's points is, px; halves are added, so that what is cut off is the
 * nearest pixel's. */
struct point_row {
    double x[LOOK_SIDE], y[LOOK_SIDE];
};

WIDE static void place_row(struct point origin, struct point du, struct point dv, double c,
                           struct point_row *restrict row)
{
    for (int x = 0; x < LOOK_SIDE; x++) {
        double a = x - (LOOK_SIDE - 1) / 2.0;
        row->x[x] = origin.x + a * du.x + c * dv.x;
        row->y[x] = origin.y + a * du.y + c * dv.y;
    }
}

/* The pixels that lie `step` from a row's points; all of them are on the image. */
WIDE static void find_pixels(const struct point_row *row, struct point step, int stride,
                             int *restrict ret_at)
{
    for (int i = 0; i < LOOK_SIDE; i++) {
        int x = (int)(row->x[i] + step.x + 0.5), y = (int)(row->y[i] + step.y + 0.5);
        ret_at[i] = y * stride + x;
    }
}

WIDE static void take_means(const int *restrict sums, int n, uint8_t *restrict ret_greys)
{
    const int share = 65535 / n + 1; /* exact for sums of up to 16 bytes */
    for (int i = 0; i < LOOK_SIDE; i++)
        ret_greys[i] = (uint8_t)((sums[i] * share) >> 16);
}

/* Mean greys of a row's points. */
static void take_row(const struct image *img, const struct point_row *row,
                     const struct substeps *steps, uint8_t *ret_greys)
{
    int at[MAX_SUBSTEPS * MAX_SUBSTEPS][LOOK_SIDE], sums[LOOK_SIDE];
    const uint8_t *data = img->data;
    const int n = steps->n;
    _Static_assert(MAX_SUBSTEPS * MAX_SUBSTEPS <= 16, "else means are not exact");
    for (int k = 0; k < n; k++)
        find_pixels(row, steps->at[k], (int)img->stride, at[k]);
    for (int i = 0; i < LOOK_SIDE; i++) {
        int sum = 0;
        for (int k = 0; k < n; k++)
            sum += data[at[k][i]];
        sums[i] = sum;
    }
    take_means(sums, n, ret_greys);
}

/* The same at the image's edge: what is off it is paper. */
static void take_row_within(const struct image *img, const struct point_row *row,
                            const struct substeps *steps, int paper, uint8_t *ret_greys)
{
    for (int i = 0; i < LOOK_SIDE; i++) {
        int sum = 0;
        for (int k = 0; k < steps->n; k++) {
            double x = row->x[i] + steps->at[k].x + 0.5, y = row->y[i] + steps->at[k].y + 0.5;
            bool inside = x >= 0 && y >= 0 && x < img->width && y < img->height;
            sum += inside ? image_row(img, (int)y)[(int)x] : paper;
        }
        ret_greys[i] = (uint8_t)(sum / steps->n);
    }
}

static void take_grey(const struct image *img, const struct page_map *map,
                      const struct bubble_ink *b, uint8_t *out)
{
    const struct bubble_view *v = &b->view;
    double w = b->bubble->box.w * map->bubble_scale, h = b->bubble->box.h * map->bubble_scale;
    double margin = LOOK_MARGIN * fmin(w, h);
    double step_x = (w + 2 * margin) / LOOK_SIDE, step_y = (h + 2 * margin) / LOOK_SIDE; /* mm */
    struct point du = {v->dx.x * step_x, v->dx.y * step_x};
    struct point dv = {v->dy.x * step_y, v->dy.y * step_y};
    struct substeps steps;
    make_substeps(du, dv, &steps);
    bool within = view_is_within(img, v, w + 2 * margin, h + 2 * margin, 1);
    for (int y = 0; y < LOOK_SIDE; y++) {
        double c = y - (LOOK_SIDE - 1) / 2.0;
        struct point_row row;
        place_row(v->origin, du, dv, c, &row);
        if (within)
            take_row(img, &row, &steps, out + y * LOOK_SIDE);
        else
            take_row_within(img, &row, &steps, b->paper, out + y * LOOK_SIDE);
    }
}

/* The grey that `share` of 256ths of the points stay below. */
static int grey_quantile(const uint8_t *grey, int rank)
{
    int histogram[256] = {0}, seen = 0;
    for (int i = 0; i < LOOK_POINTS; i++)
        histogram[grey[i]]++;
    for (int g = 0; g < 256; g++)
        if ((seen += histogram[g]) > rank)
            return g;
    return 255;
}

/* In place: 0 at the paper's grey, 255 at the picture's darkest. Quotients so small are exact in a
 * float. */
WIDE static void stretch_to(uint8_t *grey, int paper, int range)
{
    const float over = (float)range;
    for (int i = 0; i < LOOK_POINTS; i++) {
        int darker = paper > grey[i] ? paper - grey[i] : 0;
        int d = (int)((float)(darker * 255) / over);
        grey[i] = (uint8_t)(d > 255 ? 255 : d);
    }
}

static void stretch(uint8_t *grey, int paper)
{
    int darkest = grey_quantile(grey, LOOK_POINTS / DARKEST_SHARE);
    stretch_to(grey, paper, paper - darkest > RANGE_MIN ? paper - darkest : RANGE_MIN);
}

/* The darker of each two points to b, the paler to a. */
WIDE static void part(uint8_t *restrict a, uint8_t *restrict b)
{
    for (int i = 0; i < LOOK_POINTS; i++) {
        uint8_t less = a[i] < b[i] ? a[i] : b[i], more = a[i] < b[i] ? b[i] : a[i];
        a[i] = less;
        b[i] = more;
    }
}

/* The median of n pictures, point by point: the darkest go up, until the middle one is the darkest
 * of what is left. */
static const uint8_t *median_picture(uint8_t (*pictures)[LOOK_POINTS], int n)
{
    for (int top = n - 1; top >= n / 2; top--)
        for (int k = 0; k < top; k++)
            part(pictures[k], pictures[k + 1]);
    return pictures[n / 2];
}

static void take_print(const struct image *img, const struct page_map *map,
                       const struct bubble_ink *all, int n_all, int self, uint8_t *ret_print)
{
    int others[PRINT_OTHERS];
    uint8_t grey[PRINT_OTHERS][LOOK_POINTS];
    int n = bubble_palest_others(all, n_all, self, PRINT_OTHERS, others);
    memset(ret_print, 0, LOOK_POINTS);
    if (n < PRINT_FEWEST)
        return;
    for (int k = 0; k < n; k++) {
        take_grey(img, map, &all[others[k]], grey[k]);
        stretch(grey[k], all[others[k]].paper);
    }
    memcpy(ret_print, median_picture(grey, n), LOOK_POINTS);
}

int look_take_pictures(const struct image *img, const struct page_map *map,
                       const struct bubble_ink *all, int n_all, const int *which, int n,
                       struct arena *arena, struct look_picture *ret_pictures)
{
    /* Bubbles of a group share their print: the first that is asked for leaves it here. */
    int n_groups = 0;
    for (int i = 0; i < n_all; i++)
        n_groups = all[i].group >= n_groups ? all[i].group + 1 : n_groups;
    int *first = arena_alloc(arena, (size_t)(n_groups + 1) * sizeof(*first));
    if (!first)
        return YJ_ENOMEM;
    for (int g = 0; g < n_groups; g++)
        first[g] = -1;
    for (int k = 0; k < n; k++) {
        const struct bubble_ink *b = &all[which[k]];
        take_grey(img, map, b, ret_pictures[k].seen);
        stretch(ret_pictures[k].seen, b->paper);
        if (first[b->group] >= 0) {
            memcpy(ret_pictures[k].print, ret_pictures[first[b->group]].print, LOOK_POINTS);
        } else {
            take_print(img, map, all, n_all, which[k], ret_pictures[k].print);
            first[b->group] = k;
        }
    }
    return 0;
}

/* ---- the net ---- */

int look_reader_create(struct look_reader **ret_reader)
{
    struct look_reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return YJ_ENOMEM;
    *ret_reader = reader;
    return 0;
}

void look_reader_destroy(struct look_reader *reader)
{
    if (!reader)
        return;
    small_net_destroy(reader->look);
    small_net_destroy(reader->hand);
    free(reader);
}

static void softmax(float *row)
{
    float most = row[0], sum = 0;
    for (int k = 1; k < LOOKS; k++)
        most = fmaxf(most, row[k]);
    for (int k = 0; k < LOOKS; k++)
        sum += row[k] = expf(row[k] - most);
    for (int k = 0; k < LOOKS; k++)
        row[k] /= sum;
}

int look_read(struct look_reader *reader, const struct look_picture *pictures, int n,
              float (*ret)[LOOKS])
{
    static const int shape[3] = {2, LOOK_SIDE, LOOK_SIDE};
    _Static_assert(sizeof(struct look_picture) == 2 * LOOK_POINTS, "the net takes it as it lies");
    int e = 0;
    if (n > 0 && !reader->look)
        e = small_net_create(look_model, look_model_size, shape, &reader->look);
    if (e == 0 && n > 0 && small_net_outputs(reader->look) != LOOKS)
        e = YJ_EDATA;
    for (int i = 0; i < n && e == 0; i++) {
        small_net_run(reader->look, (const uint8_t *)&pictures[i], ret[i]);
        softmax(ret[i]);
    }
    return e;
}

const char *look_name(enum look look)
{
    static const char *const names[LOOKS] = {"empty",  "filled", "tick",      "cross", "circle",
                                             "stroke", "erased", "cancelled", "dirt"};
    return names[look];
}
