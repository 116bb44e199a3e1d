#include "plot_labels.h"

#include <math.h>
#include <stddef.h>

static bool rects_meet(struct rect a, struct rect b)
{
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

static bool is_within(struct rect r, struct rect bounds)
{
    return r.x >= bounds.x && r.y >= bounds.y && r.x + r.w <= bounds.x + bounds.w &&
           r.y + r.h <= bounds.y + bounds.h;
}

static bool is_free(const struct plot_label *labels, int n, int self, struct rect r,
                    struct rect bounds, double radius)
{
    if (!is_within(r, bounds))
        return false;
    for (int i = 0; i < n; i++) {
        struct point p = labels[i].point;
        if (rects_meet(r, (struct rect){p.x - radius, p.y - radius, 2 * radius, 2 * radius}))
            return false;
        if (i < self && labels[i].placed && rects_meet(r, labels[i].place))
            return false;
    }
    return true;
}

/* The label's box in one of eight directions, its near edge `gap` from the point. */
static struct rect beside(const struct plot_label *l, double dx, double dy, double gap)
{
    double x = l->point.x + dx * (gap + l->w / 2), y = l->point.y + dy * (gap + l->h / 2);
    return (struct rect){x - l->w / 2, y - l->h / 2, l->w, l->h};
}

static bool place_one(struct plot_label *labels, int n, int self, struct rect bounds, double radius,
                      double gap)
{
    static const double ways[][2] = {{1, 0},  {-1, 0},  {0, -1}, {0, 1},
                                     {1, -1}, {-1, -1}, {1, 1},  {-1, 1}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct rect r = beside(&labels[self], ways[i][0], ways[i][1], gap);
        if (is_free(labels, n, self, r, bounds, radius)) {
            labels[self].place = r;
            return labels[self].placed = true;
        }
    }
    return false;
}

int labels_place(struct plot_label *labels, int n, struct rect bounds, double radius)
{
    int left_out = 0;
    for (int i = 0; i < n; i++) {
        labels[i].placed = labels[i].far = false;
        for (double gap = radius + 0.2; gap < radius + 8 && !labels[i].placed; gap += 0.7) {
            place_one(labels, n, i, bounds, radius, gap);
            labels[i].far = gap > radius + 1;
        }
        left_out += !labels[i].placed;
    }
    return left_out;
}
