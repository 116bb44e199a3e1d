#include "visible.h"

#include "markup.h"

#include <math.h>

#define BESIDE 0.6 /* mm around a bubble that belong to it */

/* Between four nodes of the capture's mesh, where pixels of the scan look on the sheet. */
struct cell {
    int x, y;          /* px of the scan: its first */
    double at_x[2][2]; /* [below][right] px of the sheet */
    double at_y[2][2];
};

static struct cell cell_at(const struct optics *o, int column, int row)
{
    struct cell c = {.x = column * OPTICS_STEP, .y = row * OPTICS_STEP};
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++) {
            size_t node = (size_t)(row + i) * (size_t)o->mesh_w + (size_t)(column + k);
            c.at_x[i][k] = o->mesh_x[node];
            c.at_y[i][k] = o->mesh_y[node];
        }
    return c;
}

/* Whether any of it may lie in the area. */
static bool cell_touches(const struct cell *c, const struct rect *area)
{
    double left = INFINITY, right = -INFINITY, top = INFINITY, low = -INFINITY;
    for (int i = 0; i < 4; i++) {
        double x = c->at_x[i / 2][i % 2], y = c->at_y[i / 2][i % 2];
        left = fmin(left, x);
        right = fmax(right, x);
        top = fmin(top, y);
        low = fmax(low, y);
    }
    return left < area->x + area->w && right > area->x && top < area->y + area->h && low > area->y;
}

static double between(const double at[2][2], double u, double v)
{
    return (1 - v) * ((1 - u) * at[0][0] + u * at[0][1]) + v * ((1 - u) * at[1][0] + u * at[1][1]);
}

/* mm2 of the sheet that one of its pixels sees. */
static double cell_grain(const struct cell *c, double px)
{
    double side = OPTICS_STEP * px;
    double ux = (c->at_x[0][1] - c->at_x[0][0]) / side, uy = (c->at_y[0][1] - c->at_y[0][0]) / side;
    double vx = (c->at_x[1][0] - c->at_x[0][0]) / side, vy = (c->at_y[1][0] - c->at_y[0][0]) / side;
    return fabs(ux * vy - uy * vx);
}

static bool cell_sees(const struct cell *c, int dx, int dy, const struct rect *area)
{
    double u = (double)dx / OPTICS_STEP, v = (double)dy / OPTICS_STEP;
    double x = between(c->at_x, u, v), y = between(c->at_y, u, v);
    return x >= area->x && x < area->x + area->w && y >= area->y && y < area->y + area->h;
}

/* Levels of black that the scan has more than the bare one, of the cell's pixels in the area. */
static long cell_added(const struct cell *c, const uint8_t tone[256], const struct image *scan,
                       const struct image *bare, const struct rect *area)
{
    long sum = 0;
    for (int dy = 0; dy < OPTICS_STEP && c->y + dy < scan->height; dy++)
        for (int dx = 0; dx < OPTICS_STEP && c->x + dx < scan->width; dx++) {
            int added = tone[image_row(bare, c->y + dy)[c->x + dx]] -
                        tone[image_row(scan, c->y + dy)[c->x + dx]];
            if (added >= TRACE_LEAST && cell_sees(c, dx, dy, area))
                sum += added;
        }
    return sum;
}

/* mm2 of black that are seen of what was drawn into the box. */
static double amount_seen(const struct capture *c, const uint8_t tone[256],
                          const struct image *scan, const struct image *bare,
                          const struct rect *box, double px)
{
    const struct optics *o = &c->optics;
    struct rect area = {(box->x - BESIDE) * px, (box->y - BESIDE) * px, (box->w + 2 * BESIDE) * px,
                        (box->h + 2 * BESIDE) * px};
    double sum = 0;
    for (int row = 0; row + 1 < o->mesh_h; row++)
        for (int column = 0; column + 1 < o->mesh_w; column++) {
            struct cell cell = cell_at(o, column, row);
            if (cell_touches(&cell, &area))
                sum += cell_grain(&cell, px) * (double)cell_added(&cell, tone, scan, bare, &area);
        }
    return sum / 255;
}

void visible_drop_unseen(const struct capture *c, const struct image *scan,
                         const struct image *bare, const struct form *form, double px,
                         struct page_plan *plan)
{
    uint8_t tone[256];
    int kept = 0;
    capture_cut_tone(c, tone);
    for (int i = 0; i < plan->n_marks; i++) {
        const struct planned_mark *m = &plan->marks[i];
        const struct rect *box = &form->fields[m->field].bubbles[m->bubble].box;
        if (m->hardly_seen && amount_seen(c, tone, scan, bare, box, px) < MARK_UNSEEN)
            plan->ambiguous[m->field] = true;
        else
            plan->marks[kept++] = *m;
    }
    plan->n_marks = kept;
}
