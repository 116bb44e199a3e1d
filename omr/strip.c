/* From strokes to points.
 *
 * Each stroke is for the cell that holds most of it. It is surer the larger it is there, and the
 * less far it reaches into the next cell: pens overshoot, by a third of a cell and more. Strokes
 * that touch are seen as one, so a part that goes through its own cell is never dismissed. Every
 * cell gets a probability; the strip's is their product. */
#include "strip.h"

#include "diag.h"
#include "points.h"
#include "strip_ink.h"

#include <math.h>
#include <stdio.h>

/* How large a stroke is in its cell: diagonal over the cell's shorter side. */
#define DUST_EXTENT 0.30   /* hardly more than dust, or an end of something else */
#define STROKE_EXTENT 0.56 /* surely meant */
/* By how much a stroke is more in its cell than in the next; 0 is between the two. */
#define CLEAR_LEAD 0.29       /* beside it: of how far it reaches into both */
#define CLEAR_LEAD_ABOVE 0.25 /* above or below, where strokes overshoot: of the cell's height */
#define LEAST_LEAD 0.18       /* and of its length, in any case */
#define NEAR_MIDDLE 0.10      /* cell widths from the middle: a stroke of two cells reaches there */
#define FAINT_PART 0.17
#define LOOSE_PART 0.10  /* mm2 */
#define EDGE_OFF 0.34    /* cell sizes from its middle to the stroke's: more is at the edge */
#define HIDDEN_PART 0.85 /* a label's excess that no print explains */
#define HIDDEN_WHOLE 4.0 /* ... nor the end of a stroke through the next cell */
/* A stroke goes through a cell from edge to edge, or nearly, ... */
#define EDGE_WIDTH 0.15
#define EDGE_HEIGHT 0.12
#define MIDDLE 0.30 /* ... and its middle is not far from the cell's */
/* A stroke of something beside the strip, or of the strip above: by the share of its ink that is in
 * no cell. */
#define ENDING_OUTSIDE 0.60  /* with ... */
#define PASSING_EXTENT 0.45  /* ... so little of it in one, only its end reaches in */
#define PASSING_OUTSIDE 0.75 /* it is more likely to be passing, ... */
#define COMING_OUTSIDE 0.50  /* ... from below, where it ends here */
#define COMING_WIDTH 0.50    /* ... and is no wider: else it meets a stroke of the cell */
#define EDGE_CERTAINTY 0.999 /* probability at the limits of size */
#define LEAD_CERTAINTY 0.995 /* ... and of the lead */
/* Where one of several rules says that a person must look. */
#define DOUBTED 0.60

/* Logistic between two limits, `certainty` at each. */
static double probability(double x, double low, double high, double certainty)
{
    double slope = 2 * log(certainty / (1 - certainty)) / (high - low);
    return 1 / (1 + exp(-slope * (x - (low + high) / 2)));
}

struct cells {
    double p[STRIP_MAX_CELLS];      /* that a stroke through it is meant */
    double colour[STRIP_MAX_CELLS]; /* extent of the largest stroke seen by colour, ... */
    double dark[STRIP_MAX_CELLS];   /* ... and by darkness: for the evidence */
    bool by_colour, by_dark;        /* marks of the kind are there */
    bool faint_part;                /* something hardly seen is in a cell of a part of a point */
};

static bool is_part(const char *label)
{
    struct points p;
    return points_parse(label, &p) == 0 && p.num > 0 &&
           points_compare(p, (struct points){1, 1}) < 0;
}

/* The cells with most of a stroke; *ret_second -1: it is all in one. */
static void find_two(const struct strip_stroke *s, int n, int *ret_first, int *ret_second)
{
    int first = 0;
    for (int i = 1; i < n; i++)
        if (s->in[i].share > s->in[first].share)
            first = i;
    *ret_first = first;
    *ret_second = -1;
    for (int i = 0; i < n; i++)
        if (i != first && s->in[i].share > 0 &&
            (*ret_second < 0 || s->in[i].share > s->in[*ret_second].share))
            *ret_second = i;
}

/* Another stroke through the same cell makes it no less sure. */
static void raise(double *p, double to)
{
    *p = fmax(*p, to);
}

static bool is_above_or_below(const struct field *field, int a, int b)
{
    struct point p = rect_center(field->boxes[a]), q = rect_center(field->boxes[b]);
    return fabs(p.x - q.x) < field->boxes[a].w / 2;
}

static bool is_beside(const struct field *field, int a, int b)
{
    struct point p = rect_center(field->boxes[a]), q = rect_center(field->boxes[b]);
    return fabs(p.y - q.y) < field->boxes[a].h / 2;
}

static bool is_down_through(const struct stroke_part *p)
{
    return p->top < EDGE_HEIGHT && p->bottom > 1 - EDGE_HEIGHT;
}

static bool is_across(const struct stroke_part *p)
{
    return p->left < EDGE_WIDTH && p->right > 1 - EDGE_WIDTH;
}

static bool is_through_middle(const struct stroke_part *p)
{
    return is_across(p) || (is_down_through(p) && p->off < MIDDLE);
}

/* A whole number and a part of a point beside it: one line through both, or a line that touches the
 * next stroke. (Two that go down may be a ring between the cells.) */
static bool is_through_both(const struct strip_stroke *s, const struct field *field, int a, int b)
{
    const struct stroke_part *p = &s->in[a], *q = &s->in[b];
    return is_part(field->options[a]) != is_part(field->options[b]) && is_beside(field, a, b) &&
           (is_across(p) || is_across(q)) && is_through_middle(p) && is_through_middle(q);
}

/* Probability that a stroke is for cell `a` rather than for `b`. How far it reaches into both tells
 * more than its length there: a ring's bow beyond an edge is long and flat. */
static double is_rather(const struct strip_stroke *s, const struct field *field, int a, int b)
{
    const struct stroke_part *p = &s->in[a], *q = &s->in[b];
    double aw = p->right - p->left, bw = q->right - q->left;
    double beside = (aw - bw) / (aw + bw);
    double above = p->bottom - p->top - (q->bottom - q->top);
    beside = probability(beside, -CLEAR_LEAD, CLEAR_LEAD, LEAD_CERTAINTY);
    above = probability(above, -CLEAR_LEAD_ABOVE, CLEAR_LEAD_ABOVE, LEAD_CERTAINTY);
    double rather = is_above_or_below(field, a, b) ? above
                    : is_beside(field, a, b)       ? beside
                                                   : fmax(beside, above);
    /* Two strokes that touch look like one: each goes through its cell. Where length and reach
     * disagree, neither tells. How far left or right it runs says nothing of two lines. */
    bool two = is_down_through(q) || is_across(q) || p->share - q->share < LEAST_LEAD;
    bool off = !is_above_or_below(field, a, b) &&
               (p->right < 0.5 - NEAR_MIDDLE || p->left > 0.5 + NEAR_MIDDLE);
    return fmax(1 - DOUBTED, two || off ? fmin(rather, DOUBTED) : rather);
}

/* Probability that a stroke which is mostly in this cell is meant to be in one. */
static double is_meant(const struct strip_stroke *s, const struct stroke_part *p)
{
    double meant = probability(p->extent, DUST_EXTENT, STROKE_EXTENT, EDGE_CERTAINTY);
    if (s->outside > ENDING_OUTSIDE && p->extent < PASSING_EXTENT)
        return fmin(meant, 0.003);
    /* Strokes overshoot upwards: it is for the strip below. */
    if (s->leaves_below && s->outside > COMING_OUTSIDE && p->top > EDGE_HEIGHT &&
        p->right - p->left < COMING_WIDTH)
        return fmin(meant, 0.003);
    if (s->leaves_above && s->leaves_below)
        return fmin(meant, DOUBTED);
    if ((s->outside > PASSING_OUTSIDE || s->leaves_above || s->leaves_below) && !is_down_through(p))
        return fmin(meant, DOUBTED);
    return p->off > EDGE_OFF ? fmin(meant, DOUBTED) : meant; /* along the line between two cells */
}

static void judge_stroke(const struct strip_stroke *s, const struct field *field,
                         struct cells *cells)
{
    const int n = field->n_boxes;
    int first, next;
    find_two(s, n, &first, &next);
    double meant = is_meant(s, &s->in[first]), here = 1;
    if (meant < 0.5 && s->in[first].extent > FAINT_PART && is_part(field->options[first]))
        cells->faint_part = true;
    bool both = next >= 0 && is_through_both(s, field, first, next);
    for (int i = 0; i < n; i++) {
        double *seen = s->colour ? cells->colour : cells->dark;
        raise(&seen[i], s->in[i].extent);
        if (i == first || s->in[i].share <= 0)
            continue;
        double rather = is_rather(s, field, first, i);
        if (both && i != next)
            rather = fmax(rather, is_rather(s, field, next, i));
        if (both && i == next)
            raise(&cells->p[i], meant);
        else
            raise(&cells->p[i], meant * (1 - rather));
        if (!both)
            here = fmin(here, rather);
    }
    raise(&cells->p[first], meant * here);
    if (meant * here > 0.5)
        *(s->colour ? &cells->by_colour : &cells->by_dark) = true;
}

/* ---- points ---- */

struct given {
    struct points sum;
    int wholes, parts; /* cells of a point and more, or none; cells of less than a point */
    double confidence;
};

static struct given add_up(const struct field *field, const struct cells *cells)
{
    struct given g = {.sum = POINTS_ZERO, .confidence = 1};
    for (int i = 0; i < field->n_boxes; i++) {
        struct points points = POINTS_ZERO;
        bool marked = cells->p[i] > 0.5;
        g.confidence *= marked ? cells->p[i] : 1 - cells->p[i];
        if (!marked || points_parse(field->options[i], &points) < 0)
            continue;
        bool part = is_part(field->options[i]);
        g.sum = points_add(g.sum, points);
        g.parts += part;
        g.wholes += !part;
    }
    return g;
}

/* A part of a point that was overlooked would be lost in silence; overlooked whole points are a
 * correction, and strokes end in cells of those all the time. */
static bool hides_a_stroke(const struct field *field, const struct strip_ink *ink,
                           const struct cells *cells, const struct given *g)
{
    for (int i = 0; i < field->n_boxes; i++) {
        bool part = g->parts == 0 && is_part(field->options[i]);
        if (part && ink->loose[i] > LOOSE_PART)
            return true;
        if (cells->p[i] < 0.5 && ink->excess[i] > (part ? HIDDEN_PART : HIDDEN_WHOLE))
            return true;
    }
    return false;
}

/* What no probability says: rules that a correction or a slip of the pen breaks. */
static bool is_doubtful(const struct field *field, const struct strip_ink *ink,
                        const struct cells *cells, const struct given *g)
{
    struct points maximum = POINTS_ZERO;
    bool bounded = field->maximum && points_parse(field->maximum, &maximum) == 0;
    return g->wholes == 0 || g->wholes > 1 || g->parts > 1 || ink->crowded ||
           (bounded && points_compare(g->sum, maximum) > 0) ||
           /* Somebody's black beside the teacher's red. */
           (cells->by_colour && cells->by_dark) || !ink->print_seen ||
           (cells->faint_part && g->parts == 0) || hides_a_stroke(field, ink, cells, g);
}

/* {"colour":[0,1140,...],"ink":[0,0,...],"p":[0,999,...]}: per cell, in thousandths. */
static const char *write_evidence(const struct cells *cells, int n, struct arena *arena)
{
    const struct {
        const char *name;
        const double *values;
    } rows[] = {
        {"{\"colour\":[", cells->colour}, {"],\"ink\":[", cells->dark}, {"],\"p\":[", cells->p}};
    size_t size = 64 + (size_t)n * 3 * 12, at = 0;
    char *text = arena_alloc(arena, size);
    if (!text)
        return NULL;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        at += (size_t)snprintf(text + at, size - at, "%s", rows[k].name);
        for (int i = 0; i < n; i++)
            at += (size_t)snprintf(text + at, size - at, i ? ",%ld" : "%ld",
                                   lround(1000 * rows[k].values[i]));
    }
    snprintf(text + at, size - at, "]}");
    return text;
}

int strip_read(const struct field *field, const struct image *grey, const struct image *chroma,
               const struct page_map *map, double min_confidence, struct arena *arena,
               struct reading *ret)
{
    struct strip_ink ink;
    struct cells cells = {.by_colour = false};
    char text[POINTS_TEXT_MAX] = "";
    int r = strip_ink_measure(field, grey, chroma, map, &ink);
    if (r < 0)
        return r;
    for (int i = 0; i < ink.n_strokes; i++)
        judge_stroke(&ink.strokes[i], field, &cells);
    struct given given = add_up(field, &cells);
    if (is_doubtful(field, &ink, &cells, &given))
        given.confidence = fmin(given.confidence, DOUBTED);
    if (given.wholes + given.parts > 0)
        points_print(given.sum, text);
    ret->value = arena_strdup(arena, text);
    ret->evidence = write_evidence(&cells, field->n_boxes, arena);
    ret->confidence = given.confidence;
    bool sure = given.wholes > 0 && given.confidence >= fmax(min_confidence, DOUBTED);
    ret->status = sure ? READING_OK : READING_UNCERTAIN;
    return ret->value && ret->evidence ? 0 : YJ_ENOMEM;
}
