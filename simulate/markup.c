#include "markup.h"

#include "diag.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Ambiguous is what must go to a person: a reader that takes it, whichever way, is wrong. What is
 * merely hard stays clear, so the limits are wide. */
#define FAINT_FILL 0.03  /* of white: 8 grey levels over the whole bubble */
#define FAINT_LINE 0.12  /* mm2 of black: a tick of a hard pencil, hardly there */
#define HARDLY_SEEN 0.5  /* the same: a dot of 0.8 mm; whether it comes out the scan must show */
#define FAINT_SHARE 0.12 /* of what this pupil's answers usually hold */

/* How one mark of the plan came out. */
struct seen {
    double darkness; /* mean over the box, of white */
    double amount;   /* mm2 of black, all of it */
    double added;    /* the same beyond the print that it lies on */
    double left;     /* share of it that the eraser left, 1: there was none */
};

struct page_work {
    struct surface *surface;
    const struct form *form;
    const struct pupil *pupil;
    struct page_plan *plan;
    const uint8_t *tone;
    struct trace *trace;
    struct rng *rng;
    int page;
    struct seen *seen;      /* [plan->n_marks] */
    struct bare_page *bare; /* NULL: not asked for */
};

static double gap_between(double a, double a_size, double b, double b_size)
{
    return a < b ? b - a - a_size : a - b - b_size;
}

/* The bubble with the distances to its nearest neighbours beside and above. */
static struct target target_of(const struct form *form, int field, int bubble)
{
    const struct field *own = &form->fields[field];
    struct target t = {own->shape, own->bubbles[bubble].box, 4, 4};
    for (int f = 0; f < form->n_fields; f++) {
        const struct field *other = &form->fields[f];
        if (other->page != own->page || !field_has_bubbles(other))
            continue;
        for (int b = 0; b < other->n_bubbles; b++) {
            const struct rect *r = &other->bubbles[b].box;
            double dx = gap_between(t.box.x, t.box.w, r->x, r->w);
            double dy = gap_between(t.box.y, t.box.h, r->y, r->h);
            if ((f == field && b == bubble) || (dx > 4 || dy > 4))
                continue;
            if (dy < 0 && dx < t.room_x)
                t.room_x = fmax(0.1, dx);
            if (dx < 0 && dy < t.room_y)
                t.room_y = fmax(0.1, dy);
        }
    }
    return t;
}

/* The pupil's hand as it is for this one mark. */
static struct hand hand_for(const struct pupil *p, const struct planned_mark *m,
                            const struct target *target, struct rng *rng)
{
    struct hand h = p->hand;
    h.tool.pressure *= 1 + 0.09 * rng_normal_within(rng, 2.5);
    if (p->manner == MANNER_MIXED && m->manner != MANNER_MIXED) {
        if (m->manner == MANNER_SLOPPY || m->manner == MANNER_PARTIAL) {
            h.cover *= m->manner == MANNER_PARTIAL ? 0.62 : rng_range(rng, 0.8, 1.05);
            h.gap += rng_range(rng, 0.1, 0.5);
            h.miss += 0.15;
        } else if (m->manner == MANNER_OVERSHOOT) {
            h.cover *= 1.25;
            h.jitter += 0.25;
        }
    }
    /* Nobody fills the neighbour, however careless. */
    double room = fmin(target->room_x / target->box.w, target->room_y / target->box.h);
    h.cover = fmin(h.cover, 1 + 1.2 * room);
    /* A small bubble asks for fewer strokes, a thick marker covers it at once. */
    h.jitter = fmin(h.jitter, 0.25 * fmin(target->box.w, target->box.h));
    h.miss = fmin(h.miss, 0.16 * fmin(target->box.w, target->box.h));
    return h;
}

/* What an answer of this manner looks like. */
static void draw_answer(struct page_work *w, const struct planned_mark *m, const struct hand *h,
                        const struct target *target)
{
    struct trace *t = w->trace;
    switch (m->manner) {
    case MANNER_TICK:
        hand_tick(t, h, target, w->rng);
        return;
    case MANNER_CROSS:
        hand_cross(t, h, target, w->rng);
        return;
    case MANNER_CIRCLE:
        hand_circle(t, h, target, w->rng);
        return;
    case MANNER_DOT:
        hand_dot(t, h, target, fmin(m->size, 0.7 * target->box.h), w->rng);
        return;
    case MANNER_STROKE:
        hand_stroke(t, h, target, w->rng);
        return;
    default:
        hand_fill(t, h, target, w->rng);
    }
}

static void draw_look(struct page_work *w, const struct planned_mark *m,
                      const struct target *target, double *ret_left)
{
    *ret_left = 1;
    struct hand h = hand_for(w->pupil, m, target, w->rng);
    if (m->look == LOOK_CANCELLED) {
        hand_fill(w->trace, &h, target, w->rng);
        hand_strike_out(w->trace, &h, target, w->rng);
        return;
    }
    draw_answer(w, m, &h, target);
    if (m->look != LOOK_ERASED)
        return;
    double before = trace_amount(w->trace, &w->pupil->hand.tool, w->tone);
    trace_erase(w->trace, m->residue, w->pupil->smear, rng_range(w->rng, -0.6, 0.6), w->rng);
    if (before > 0)
        *ret_left = trace_amount(w->trace, &w->pupil->hand.tool, w->tone) / before;
}

static struct rect box_of(const struct page_work *w, const struct planned_mark *m)
{
    return w->form->fields[m->field].bubbles[m->bubble].box;
}

static void apply_trace(struct page_work *w)
{
    trace_apply(w->trace, &w->pupil->hand.tool, w->surface);
    if (w->bare && w->bare->drawn)
        trace_apply(w->trace, &w->pupil->hand.tool, &w->bare->surface);
}

/* On the page, but not on the bare one. */
static int apply_looked_for(struct page_work *w)
{
    int r = w->bare->drawn ? 0 : surface_copy(w->surface, &w->bare->surface);
    if (r < 0)
        return r;
    w->bare->drawn = true;
    trace_apply(w->trace, &w->pupil->hand.tool, w->surface);
    return 0;
}

static int draw_mark(struct page_work *w, int index)
{
    struct planned_mark *m = &w->plan->marks[index];
    struct target target = target_of(w->form, m->field, m->bubble);
    int r = trace_begin(w->trace, w->surface, hand_reach(&target));
    if (r < 0)
        return r;
    struct seen *seen = &w->seen[index];
    draw_look(w, m, &target, &seen->left);
    seen->darkness = trace_darkness(w->trace, &w->pupil->hand.tool, target.box, w->tone);
    seen->amount = trace_amount(w->trace, &w->pupil->hand.tool, w->tone);
    seen->added = trace_added(w->trace, &w->pupil->hand.tool, w->tone);
    m->looked_for = w->bare && (w->bare->of_all || (m->meant && seen->added < HARDLY_SEEN));
    if (m->looked_for)
        return apply_looked_for(w);
    apply_trace(w);
    return 0;
}

/* ---- dirt ---- */

static bool overlaps(const struct rect *a, const struct rect *b)
{
    return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static int add_dirt(struct page_work *w, int field, int bubble)
{
    struct page_plan *plan = w->plan;
    if (plan->n_marks == plan->capacity) {
        int room = plan->capacity ? 2 * plan->capacity : 64;
        struct planned_mark *more = realloc(plan->marks, (size_t)room * sizeof *more);
        if (!more)
            return YJ_ENOMEM;
        plan->marks = more;
        plan->capacity = room;
    }
    plan->marks[plan->n_marks++] =
        (struct planned_mark){.field = field, .bubble = bubble, .look = LOOK_DIRT};
    return 0;
}

static bool is_marked(const struct page_plan *plan, int field, int bubble)
{
    for (int i = 0; i < plan->n_marks; i++)
        if (plan->marks[i].field == field && plan->marks[i].bubble == bubble)
            return true;
    return false;
}

/* The empty bubbles that the trace touches are dirty; one that it touches strongly can be told from
 * an answer by nobody. */
static int note_dirt(struct page_work *w, const struct rect *area, double usual)
{
    for (int f = 0; f < w->form->n_fields; f++) {
        const struct field *field = &w->form->fields[f];
        if (field->page != w->page || !field_has_bubbles(field) || !overlaps(&field->area, area))
            continue;
        for (int b = 0; b < field->n_bubbles; b++) {
            const struct rect *box = &field->bubbles[b].box;
            if (!overlaps(box, area) || is_marked(w->plan, f, b))
                continue;
            double dark = trace_darkness(w->trace, &w->pupil->hand.tool, *box, w->tone);
            if (dark > 0.004 && add_dirt(w, f, b) < 0)
                return YJ_ENOMEM;
            if (dark > MARK_STRONG_ALONE * usual)
                w->plan->ambiguous[f] = true;
        }
    }
    return 0;
}

/* The pen slipped, or touched the paper. */
static int draw_dirt(struct page_work *w, double usual)
{
    struct point at = {rng_range(w->rng, 5, w->form->width - 5),
                       rng_range(w->rng, 5, w->form->height - 5)};
    double angle = rng_range(w->rng, -M_PI, M_PI);
    double length = rng_chance(w->rng, 0.6) ? rng_range(w->rng, 0, 0.4) : rng_range(w->rng, 1, 9);
    struct rect area = rect_around(at, 2 * length + 2, 2 * length + 2);
    int r = trace_begin(w->trace, w->surface, area);
    if (r < 0)
        return r;
    struct hand h = w->pupil->hand;
    h.tool.width = fmin(h.tool.width, 0.5);
    hand_slip(w->trace, &h, at, angle, length, w->rng);
    r = note_dirt(w, &area, usual);
    apply_trace(w);
    return r;
}

/* ---- judging ---- */

static bool is_fill(const struct planned_mark *m)
{
    return m->look == LOOK_FILLED;
}

/* Mean darkness of this page's filled answers; of a usual one where there are none. */
static double usual_darkness(const struct page_work *w)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < w->plan->n_marks; i++)
        if (w->plan->marks[i].meant && is_fill(&w->plan->marks[i])) {
            sum += w->seen[i].darkness;
            n++;
        }
    return n ? sum / n : 0.4;
}

/* Whether the answer, or what is left of it, can hardly be seen. */
static bool is_faint(const struct planned_mark *m, const struct seen *seen, double usual)
{
    bool fill = (m->look == LOOK_ERASED ? pupil_look_of(m->manner) : m->look) == LOOK_FILLED;
    if (fill)
        return seen->darkness < FAINT_FILL || seen->darkness < FAINT_SHARE * usual;
    return seen->added < FAINT_LINE;
}

/* Whether what was erased is nearly an answer itself: beside the darkest answer of its field, or
 * alone. */
static bool is_strong(const struct page_work *w, int index, double usual)
{
    const struct planned_mark *m = &w->plan->marks[index];
    int column = w->form->fields[m->field].bubbles[m->bubble].column;
    double answer = -1;
    for (int i = 0; i < w->plan->n_marks; i++) {
        const struct planned_mark *o = &w->plan->marks[i];
        if (o->meant && o->field == m->field &&
            w->form->fields[o->field].bubbles[o->bubble].column == column &&
            (answer < 0 || w->seen[i].amount < answer))
            answer = w->seen[i].amount;
    }
    struct rect box = box_of(w, m);
    return answer >= 0 ? w->seen[index].amount > MARK_STRONG_REST * answer
                       : w->seen[index].amount > MARK_STRONG_ALONE * usual * box.w * box.h;
}

static void judge_marks(struct page_work *w, int n_marks, double usual)
{
    for (int i = 0; i < n_marks; i++) {
        struct planned_mark *m = &w->plan->marks[i];
        /* Half taken back, and hardly anything left: taken back. The field is ambiguous by plan. */
        if (m->look == LOOK_ERASED && is_faint(m, &w->seen[i], usual))
            m->meant = false;
        bool doubtful = (m->meant && m->look != LOOK_ERASED && is_faint(m, &w->seen[i], usual)) ||
                        (m->look == LOOK_ERASED && is_strong(w, i, usual));
        if (doubtful)
            w->plan->ambiguous[m->field] = true;
    }
}

/* An eraser that did nothing leaves an answer: the field then has two. Which of them was meant
 * nobody can know. */
static void restore_untouched(struct page_work *w)
{
    for (int i = 0; i < w->plan->n_marks; i++) {
        struct planned_mark *m = &w->plan->marks[i];
        if (m->look != LOOK_ERASED || w->seen[i].left < MARK_UNTOUCHED)
            continue;
        w->plan->ambiguous[m->field] = true;
        m->look = pupil_look_of(m->manner);
        m->meant = true;
    }
}

/* A mark of which nothing can be seen is none, whoever made it: its bubble is empty. Where it was
 * an answer a person may guess, so nobody is wrong who reads the field as blank or asks. Where all
 * are looked for in the scan (visible.h), that decides. */
static void drop_unseen(struct page_work *w)
{
    int kept = 0;
    for (int i = 0; i < w->plan->n_marks; i++) {
        const struct planned_mark *m = &w->plan->marks[i];
        if (w->seen[i].added >= MARK_UNSEEN || (w->bare && w->bare->of_all)) {
            w->seen[kept] = w->seen[i];
            w->plan->marks[kept++] = *m;
        } else if (m->meant) {
            w->plan->ambiguous[m->field] = true;
        }
    }
    w->plan->n_marks = kept;
}

int markup_draw(struct surface *surface, const struct form *form, int page,
                const struct pupil *pupil, struct page_plan *plan, const uint8_t *tone,
                struct trace *scratch, struct rng *rng, struct bare_page *bare)
{
    struct page_work w = {.surface = surface,
                          .form = form,
                          .pupil = pupil,
                          .plan = plan,
                          .tone = tone,
                          .trace = scratch,
                          .rng = rng,
                          .page = page,
                          .bare = bare};
    int r = 0, n = plan->n_marks;
    if (bare)
        bare->drawn = false;
    w.seen = calloc((size_t)n + 1, sizeof *w.seen);
    if (!w.seen)
        return YJ_ENOMEM;
    for (int i = 0; r == 0 && i < n; i++)
        r = draw_mark(&w, i);
    if (r == 0)
        drop_unseen(&w);
    double usual = usual_darkness(&w);
    judge_marks(&w, w.plan->n_marks, usual);
    restore_untouched(&w);
    for (double left = pupil->dirt; r == 0 && rng_chance(rng, left); left -= 0.7)
        r = draw_dirt(&w, usual);
    free(w.seen);
    return r;
}
