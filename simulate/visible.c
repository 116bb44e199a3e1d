#include "visible.h"

#include "markup.h"

#include "diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* Whether anything of what is looked for lies in it. */
static bool cell_differs(const struct cell *c, const struct image *scan, const struct image *bare)
{
    const int w = c->x + OPTICS_STEP < scan->width ? OPTICS_STEP : scan->width - c->x;
    for (int y = c->y; y < c->y + OPTICS_STEP && y < scan->height; y++)
        if (memcmp(image_row(scan, y) + c->x, image_row(bare, y) + c->x, (size_t)w) != 0)
            return true;
    return false;
}

static struct rect box_of(const struct form *form, const struct planned_mark *m)
{
    return form->fields[m->field].bubbles[m->bubble].box;
}

/* amounts[plan->n_marks]: mm2 of black that are seen of what was drawn into each mark's bubble, if
 * it is looked for. */
static void measure(const struct capture *c, const struct image *scan, const struct image *bare,
                    const struct form *form, double px, const struct page_plan *plan,
                    double *amounts)
{
    const struct optics *o = &c->optics;
    uint8_t tone[256];
    capture_cut_tone(c, tone);
    for (int row = 0; row + 1 < o->mesh_h; row++)
        for (int column = 0; column + 1 < o->mesh_w; column++) {
            struct cell cell = cell_at(o, column, row);
            if (!cell_differs(&cell, scan, bare))
                continue;
            for (int i = 0; i < plan->n_marks; i++) {
                struct rect box = box_of(form, &plan->marks[i]);
                struct rect area = {(box.x - BESIDE) * px, (box.y - BESIDE) * px,
                                    (box.w + 2 * BESIDE) * px, (box.h + 2 * BESIDE) * px};
                if (plan->marks[i].looked_for && cell_touches(&cell, &area))
                    amounts[i] += cell_grain(&cell, px) / 255 *
                                  (double)cell_added(&cell, tone, scan, bare, &area);
            }
        }
}

static double area_of(const struct form *form, const struct planned_mark *m)
{
    struct rect box = box_of(form, m);
    return box.w * box.h;
}

/* Black for a mm2 of the bubble, of the palest answer in the field, a grid's in the column; -1:
 * there is none. */
static double answer_beside(const struct form *form, const struct page_plan *plan, int index,
                            const double *amounts)
{
    const struct planned_mark *m = &plan->marks[index];
    const struct bubble *bubbles = form->fields[m->field].bubbles;
    double palest = -1;
    for (int i = 0; i < plan->n_marks; i++) {
        const struct planned_mark *o = &plan->marks[i];
        double black = amounts[i] / area_of(form, o);
        if (o->meant && o->field == m->field &&
            bubbles[o->bubble].column == bubbles[m->bubble].column &&
            (palest < 0 || black < palest))
            palest = black;
    }
    return palest;
}

/* The same of the page's answers, mean. */
static double usual_answer(const struct form *form, const struct page_plan *plan,
                           const double *amounts)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < plan->n_marks; i++)
        if (plan->marks[i].meant) {
            sum += amounts[i] / area_of(form, &plan->marks[i]);
            n++;
        }
    return n ? sum / n : INFINITY;
}

/* Where every mark is looked for: what was erased, beside answers as they come out. */
static void judge_erased(const struct form *form, struct page_plan *plan, const double *amounts)
{
    const double usual = usual_answer(form, plan, amounts);
    for (int i = 0; i < plan->n_marks; i++) {
        struct planned_mark *m = &plan->marks[i];
        if (m->look != LOOK_ERASED || m->meant || !m->looked_for)
            continue;
        double beside = answer_beside(form, plan, i, amounts);
        double share = amounts[i] / area_of(form, m) / (beside >= 0 ? beside : usual);
        plan->ambiguous[m->field] |= share > (beside >= 0 ? MARK_STRONG_REST : MARK_STRONG_ALONE);
        if (share > MARK_UNTOUCHED) /* no answer yet: the next is held against those */
            m->look = pupil_look_of(m->manner);
    }
    for (int i = 0; i < plan->n_marks; i++) {
        struct planned_mark *m = &plan->marks[i];
        m->meant |= m->looked_for && m->look != LOOK_ERASED && m->look != LOOK_CANCELLED;
    }
}

/* Amounts keep their marks. */
static void drop_unseen(struct page_plan *plan, double *amounts)
{
    int kept = 0;
    for (int i = 0; i < plan->n_marks; i++) {
        const struct planned_mark *m = &plan->marks[i];
        if (!m->looked_for || amounts[i] >= MARK_UNSEEN) {
            amounts[kept] = amounts[i];
            plan->marks[kept++] = *m;
        } else if (m->meant) {
            plan->ambiguous[m->field] = true;
        }
    }
    plan->n_marks = kept;
}

int visible_judge(const struct capture *c, const struct image *scan, const struct image *bare,
                  const struct form *form, double px, struct page_plan *plan)
{
    double *amounts = calloc((size_t)plan->n_marks + 1, sizeof *amounts);
    if (!amounts)
        return YJ_ENOMEM;
    measure(c, scan, bare, form, px, plan, amounts);
    drop_unseen(plan, amounts);
    if (c->format == SCAN_BITS)
        judge_erased(form, plan, amounts);
    free(amounts);
    return 0;
}
