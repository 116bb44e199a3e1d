#include "look.h"

#include "diag.h"
#include "look_model.h"
#include "vision.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PRINT_OTHERS 7 /* of the group, that show the print */
#define PRINT_FEWEST 3
#define RANGE_MIN 40     /* grey levels: less contrast is grain, not made larger */
#define DARKEST_SHARE 48 /* the darkest 1/48 of the points are black */
#define MAX_SUBSTEPS 4
#define BATCH 32

struct look_reader {
    struct vision_net *net;
    float in[BATCH][2][LOOK_POINTS];
};

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

/* Their mean grey; what is off the image is paper. */
static int grey_at(const struct image *img, struct point middle, const struct substeps *steps,
                   int paper)
{
    int sum = 0;
    for (int k = 0; k < steps->n; k++) {
        double x = middle.x + steps->at[k].x + 0.5, y = middle.y + steps->at[k].y + 0.5;
        bool inside = x >= 0 && y >= 0 && x < img->width && y < img->height;
        sum += inside ? image_row(img, (int)y)[(int)x] : paper;
    }
    return sum / steps->n;
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
    for (int y = 0; y < LOOK_SIDE; y++)
        for (int x = 0; x < LOOK_SIDE; x++) {
            double a = x - (LOOK_SIDE - 1) / 2.0, c = y - (LOOK_SIDE - 1) / 2.0;
            struct point at = {v->origin.x + a * du.x + c * dv.x,
                               v->origin.y + a * du.y + c * dv.y};
            out[y * LOOK_SIDE + x] = (uint8_t)grey_at(img, at, &steps, b->paper);
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

/* In place: 0 at the paper's grey, 255 at the picture's darkest. */
static void stretch(uint8_t *grey, int paper)
{
    int darkest = grey_quantile(grey, LOOK_POINTS / DARKEST_SHARE);
    int range = paper - darkest > RANGE_MIN ? paper - darkest : RANGE_MIN;
    for (int i = 0; i < LOOK_POINTS; i++) {
        int d = (paper - grey[i]) * 255 / range;
        grey[i] = (uint8_t)(d < 0 ? 0 : d > 255 ? 255 : d);
    }
}

static int by_grey(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* The palest others of a group; `self` is not one of them. */
static int palest_others(const struct bubble_ink *all, int n_all, int self, int *ret_others)
{
    int n = 0;
    for (int i = 0; i < n_all; i++) {
        if (i == self || all[i].group != all[self].group || all[i].missing)
            continue;
        int at = n < PRINT_OTHERS ? n++ : n;
        if (at == n && all[i].mean >= all[ret_others[n - 1]].mean)
            continue;
        at = at == n ? n - 1 : at;
        for (; at > 0 && all[ret_others[at - 1]].mean > all[i].mean; at--)
            ret_others[at] = ret_others[at - 1];
        ret_others[at] = i;
    }
    return n;
}

static void take_print(const struct image *img, const struct page_map *map,
                       const struct bubble_ink *all, int n_all, int self, uint8_t *ret_print)
{
    int others[PRINT_OTHERS];
    uint8_t grey[PRINT_OTHERS][LOOK_POINTS], column[PRINT_OTHERS];
    int n = palest_others(all, n_all, self, others);
    memset(ret_print, 0, LOOK_POINTS);
    if (n < PRINT_FEWEST)
        return;
    for (int k = 0; k < n; k++) {
        take_grey(img, map, &all[others[k]], grey[k]);
        stretch(grey[k], all[others[k]].paper);
    }
    for (int i = 0; i < LOOK_POINTS; i++) {
        for (int k = 0; k < n; k++)
            column[k] = grey[k][i];
        qsort(column, (size_t)n, 1, by_grey);
        ret_print[i] = column[n / 2];
    }
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
    vision_net_destroy(reader->net);
    free(reader);
}

static void fill_batch(struct look_reader *reader, const struct look_picture *pictures, int n)
{
    for (int k = 0; k < n; k++)
        for (int i = 0; i < LOOK_POINTS; i++) {
            reader->in[k][0][i] = pictures[k].seen[i] / 255.0f;
            reader->in[k][1][i] = pictures[k].print[i] / 255.0f;
        }
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
    int e = 0;
    if (n > 0 && !reader->net)
        e = vision_net_create(look_model, look_model_size, &reader->net);
    for (int i = 0; i < n && e == 0; i += BATCH) {
        int batch = n - i < BATCH ? n - i : BATCH;
        fill_batch(reader, &pictures[i], batch);
        const int shape[4] = {batch, 2, LOOK_SIDE, LOOK_SIDE};
        e = vision_net_run(reader->net, &reader->in[0][0][0], shape, &ret[i][0], LOOKS);
        for (int k = 0; k < batch && e == 0; k++)
            softmax(ret[i + k]);
    }
    return e;
}

const char *look_name(enum look look)
{
    static const char *const names[LOOKS] = {"empty",  "filled", "tick",      "cross", "circle",
                                             "stroke", "erased", "cancelled", "dirt"};
    return names[look];
}
