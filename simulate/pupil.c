#include "pupil.h"

#include "diag.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OPTIONS 64 /* form.h's own limit */

const char *pupil_look_name(enum look look)
{
    static const char *const names[LOOKS] = {"filled", "tick",   "cross",     "circle",
                                             "stroke", "erased", "cancelled", "dirt"};
    return names[look];
}

void page_plan_init(struct page_plan *plan)
{
    *plan = (struct page_plan){0};
}

void page_plan_finish(struct page_plan *plan)
{
    free(plan->marks);
    free(plan->ambiguous);
    page_plan_init(plan);
}

/* ---- who sits there ---- */

enum pencil { TWO_B, HB, MECHANICAL, BALLPOINT_BLACK, BALLPOINT_BLUE, GEL, MARKER, TOOLS };

/* Shares of pupils and of fields: docs/simulate.md says where each comes from. */
static const struct crowd {
    double tools[TOOLS];
    double manners[MANNERS];
    double erases, cancels, leaves_blank, doubles, murky; /* of the fields */
    double residue, spread, residue_most;
    double careless; /* 0 to 1: how far hands are from the best */
    double absent;   /* of the pupils */
    double dirt;     /* a page */
} crowds[] = {
    [PROFILE_OFFICE] = {.tools = {52, 24, 8, 8, 3, 4.5, 0.5},
                        .manners = {[MANNER_FULL] = 72,
                                    [MANNER_SLOPPY] = 19,
                                    [MANNER_OVERSHOOT] = 3,
                                    [MANNER_LIGHT] = 3,
                                    [MANNER_PARTIAL] = 0.8,
                                    [MANNER_TICK] = 0.4,
                                    [MANNER_CROSS] = 0.3,
                                    [MANNER_STROKE] = 0.3},
                        .erases = 0.03,
                        .cancels = 0.0006,
                        .leaves_blank = 0.01,
                        .doubles = 0.0006,
                        .murky = 0.0003,
                        .residue = 0.025,
                        .spread = 0.7,
                        .residue_most = 0.2,
                        .careless = 0.25,
                        .absent = 0.002,
                        .dirt = 0.25},
    [PROFILE_ROUGH] = {.tools = {35, 25, 12, 12, 7, 7, 2},
                       .manners = {[MANNER_FULL] = 34,
                                   [MANNER_SLOPPY] = 34,
                                   [MANNER_OVERSHOOT] = 8,
                                   [MANNER_LIGHT] = 6,
                                   [MANNER_PARTIAL] = 5,
                                   [MANNER_TICK] = 3,
                                   [MANNER_CROSS] = 3,
                                   [MANNER_STROKE] = 2,
                                   [MANNER_DOT] = 0.4,
                                   [MANNER_CIRCLE] = 0.3,
                                   [MANNER_MIXED] = 1.5},
                       .erases = 0.06,
                       .cancels = 0.004,
                       .leaves_blank = 0.02,
                       .doubles = 0.006,
                       .murky = 0.0025,
                       .residue = 0.045,
                       .spread = 0.8,
                       .residue_most = 0.5,
                       .careless = 0.65,
                       .absent = 0.005,
                       .dirt = 1.5},
    [PROFILE_PHONE] = {.tools = {45, 22, 8, 10, 5, 8, 2},
                       .manners = {[MANNER_FULL] = 55,
                                   [MANNER_SLOPPY] = 32,
                                   [MANNER_OVERSHOOT] = 4,
                                   [MANNER_LIGHT] = 2,
                                   [MANNER_PARTIAL] = 2,
                                   [MANNER_TICK] = 1.5,
                                   [MANNER_CROSS] = 1.5,
                                   [MANNER_STROKE] = 1,
                                   [MANNER_DOT] = 0.3},
                       .erases = 0.03,
                       .cancels = 0.0015,
                       .leaves_blank = 0.015,
                       .doubles = 0.002,
                       .murky = 0.001,
                       .residue = 0.025,
                       .spread = 0.7,
                       .residue_most = 0.25,
                       .careless = 0.4,
                       .absent = 0.003,
                       .dirt = 0.4},
};

/* Width in mm; darkness: how dark a scan shows it where it covers. */
static const struct kind_of_tool {
    enum tool_kind kind;
    double width[2], darkness[2], softness[2];
} kinds_of_tool[TOOLS] = {
    [TWO_B] = {TOOL_PENCIL, {0.55, 1.05}, {0.68, 0.92}, {1.2, 2.2}},
    [HB] = {TOOL_PENCIL, {0.45, 0.85}, {0.58, 0.8}, {0.85, 1.6}},
    [MECHANICAL] = {TOOL_PENCIL, {0.35, 0.5}, {0.62, 0.86}, {1.0, 1.8}},
    [BALLPOINT_BLACK] = {TOOL_BALLPOINT, {0.32, 0.5}, {0.74, 0.88}, {1.6, 2.6}},
    [BALLPOINT_BLUE] = {TOOL_BALLPOINT, {0.32, 0.5}, {0.55, 0.72}, {1.6, 2.6}},
    [GEL] = {TOOL_GEL, {0.4, 0.65}, {0.82, 0.93}, {2.5, 4}},
    [MARKER] = {TOOL_MARKER, {0.9, 1.5}, {0.75, 0.92}, {2.5, 4}},
};

static double draw_between(const double range[2], struct rng *rng)
{
    return rng_range(rng, range[0], range[1]);
}

static struct tool draw_tool(const struct crowd *crowd, bool erasable, struct rng *rng)
{
    int which = rng_pick(rng, crowd->tools, erasable ? MECHANICAL + 1 : TOOLS);
    const struct kind_of_tool *kind = &kinds_of_tool[which];
    struct tool tool = {.kind = kind->kind,
                        .width = draw_between(kind->width, rng),
                        .darkness = draw_between(kind->darkness, rng),
                        .softness = draw_between(kind->softness, rng)};
    tool.pressure = fmin(1.4, fmax(0.72, 0.98 + 0.14 * rng_normal(rng)));
    return tool;
}

static struct hand draw_hand(const struct tool *tool, double careless, struct rng *rng)
{
    static const double styles[] = {45, 25, 18, 12};
    struct hand h = {.tool = *tool, .style = (enum fill_style)rng_pick(rng, styles, 4)};
    double care = careless * rng_range(rng, 0.4, 1.6);
    h.angle = rng_chance(rng, 0.85) ? rng_range(rng, -1.2, -0.25) : rng_range(rng, 0.3, 1.2);
    h.cover = rng_range(rng, 0.94, 1.08) - 0.06 * care;
    h.spill = fmax(-0.05, 0.07 + 0.14 * rng_normal_within(rng, 2)) * (0.6 + care);
    h.gap = rng_range(rng, 0.25, 0.5) + 0.12 * care;
    h.again = rng_chance(rng, 0.6) ? rng_range(rng, 0, 1) : 0;
    h.jitter = 0.04 + 0.1 * care;
    h.miss = 0.05 + 0.13 * care;
    h.steady = 0.06 + 0.1 * care;
    return h;
}

/* What a manner does to a hand. */
static void bend_hand(struct hand *h, enum manner manner, struct rng *rng)
{
    switch (manner) {
    case MANNER_SLOPPY:
        h->cover *= rng_range(rng, 0.8, 1.1);
        h->gap += rng_range(rng, 0.05, 0.5);
        h->again = 0;
        h->jitter += rng_range(rng, 0.06, 0.25);
        h->miss += rng_range(rng, 0.05, 0.25);
        h->steady += 0.08;
        break;
    case MANNER_PARTIAL:
        h->cover = rng_range(rng, 0.5, 0.75);
        h->spill = 0;
        h->miss += 0.25;
        break;
    case MANNER_OVERSHOOT:
        h->cover *= rng_range(rng, 1.12, 1.4);
        h->jitter += rng_range(rng, 0.15, 0.4);
        break;
    case MANNER_LIGHT:
        h->tool.pressure = rng_range(rng, 0.4, 0.56);
        h->tool.softness = fmin(fmax(h->tool.softness, 0.85), 1.2);
        h->gap = fmin(h->gap, 0.55);
        h->again = 0;
        break;
    default:
        break;
    }
}

static bool needs_pencil(enum manner manner)
{
    return manner == MANNER_LIGHT || manner == MANNER_ERASED;
}

/* One manner alone, without what happens beside it. */
static void force_manner(struct pupil *p)
{
    p->erases = p->manner == MANNER_ERASED ? 0.7 : 0;
    p->cancels = p->manner == MANNER_CANCELLED ? 0.7 : 0;
    p->doubles = p->manner == MANNER_DOUBLE ? 1 : 0;
    p->leaves_blank = p->manner == MANNER_BLANK ? 1 : 0;
    p->murky = p->dirt = 0;
    p->absent = false;
    if (p->manner == MANNER_ERASED) {
        p->residue = 0.06;
        p->spread = 0.8;
        p->residue_most = 0.35;
    } else if (p->manner == MANNER_MIXED) {
        p->erases = p->cancels = 0.06;
        p->leaves_blank = p->doubles = 0.02;
    }
}

void pupil_draw(struct pupil *p, enum simulate_profile profile, int manner, struct rng *rng)
{
    const struct crowd *crowd = &crowds[profile];
    int drawn = rng_pick(rng, crowd->manners, MANNERS);
    *p = (struct pupil){.manner = (enum manner)(manner >= 0 ? manner : drawn),
                        .ability = rng_range(rng, 0.3, 0.95),
                        .absent = rng_chance(rng, crowd->absent),
                        .murky = crowd->murky,
                        .residue = crowd->residue * exp(0.4 * rng_normal_within(rng, 2.5)),
                        .spread = crowd->spread,
                        .residue_most = crowd->residue_most,
                        .smear = rng_range(rng, 0.002, 0.02),
                        .dirt = crowd->dirt};
    struct tool tool = draw_tool(crowd, needs_pencil(p->manner), rng);
    bool pencil = tool.kind == TOOL_PENCIL;
    p->hand = draw_hand(&tool, crowd->careless, rng);
    bend_hand(&p->hand, p->manner, rng);
    /* Some change their mind often, many never; a pen can only be struck out. */
    double often = -log(1 - rng_uniform(rng));
    p->erases = pencil ? fmin(0.5, crowd->erases * often * 1.15) : 0;
    p->cancels = fmin(0.3, crowd->cancels * often * (pencil ? 0.3 : 4));
    p->leaves_blank = fmin(0.5, crowd->leaves_blank * -log(1 - rng_uniform(rng)));
    p->doubles = crowd->doubles;
    if (manner >= 0)
        force_manner(p);
}

void pupil_unsettle(struct pupil *p, struct rng *rng)
{
    bool pencil = p->hand.tool.kind == TOOL_PENCIL;
    p->erases = pencil ? rng_range(rng, 0.05, 0.6) : 0;
    p->cancels = rng_range(rng, 0.02, pencil ? 0.06 : 0.3);
    p->doubles = rng_range(rng, 0.05, 0.3);
    p->residue = rng_range(rng, 0.02, 0.3);
    p->residue_most = 0.6;
}

/* ---- what is meant ---- */

/* Bubbles of one decision: a choice, or a column of a grid. */
struct group {
    const struct field *field;
    int index;    /* of the field */
    int first, n; /* of its bubbles */
    bool is_choice;
};

static int add_mark(struct page_plan *plan, const struct group *g, int bubble, enum look look,
                    const struct pupil *pupil)
{
    if (plan->n_marks == plan->capacity) {
        int room = plan->capacity ? 2 * plan->capacity : 256;
        struct planned_mark *more = realloc(plan->marks, (size_t)room * sizeof *more);
        if (!more)
            return YJ_ENOMEM;
        plan->marks = more;
        plan->capacity = room;
    }
    plan->marks[plan->n_marks++] = (struct planned_mark){
        .field = g->index, .bubble = g->first + bubble, .look = look, .manner = pupil->manner};
    return 0;
}

enum look pupil_look_of(enum manner manner)
{
    switch (manner) {
    case MANNER_TICK:
        return LOOK_TICK;
    case MANNER_CROSS:
        return LOOK_CROSS;
    case MANNER_CIRCLE:
        return LOOK_CIRCLE;
    case MANNER_DOT:
    case MANNER_STROKE:
        return LOOK_STROKE;
    default:
        return LOOK_FILLED;
    }
}

static enum manner draw_mixed(struct rng *rng)
{
    static const double shares[MANNERS] = {
        [MANNER_FULL] = 30,  [MANNER_SLOPPY] = 25, [MANNER_PARTIAL] = 8, [MANNER_TICK] = 10,
        [MANNER_CROSS] = 10, [MANNER_DOT] = 4,     [MANNER_STROKE] = 6,  [MANNER_OVERSHOOT] = 7};
    return (enum manner)rng_pick(rng, shares, MANNERS);
}

static int add_answer(struct page_plan *plan, const struct group *g, int bubble,
                      const struct pupil *pupil, struct rng *rng)
{
    int r = add_mark(plan, g, bubble, LOOK_FILLED, pupil);
    if (r < 0)
        return r;
    struct planned_mark *m = &plan->marks[plan->n_marks - 1];
    if (m->manner == MANNER_MIXED)
        m->manner = draw_mixed(rng);
    m->look = pupil_look_of(m->manner);
    m->size = rng_range(rng, 1.1, 1.9);
    m->meant = true;
    return 0;
}

/* An option that is not in `taken`, -1 where none is left. */
static int draw_other(const struct group *g, uint64_t taken, struct rng *rng)
{
    int left[MAX_OPTIONS], n = 0;
    for (int i = 0; i < g->n && i < MAX_OPTIONS; i++)
        if (!(taken >> i & 1))
            left[n++] = i;
    return n ? left[rng_below(rng, n)] : -1;
}

static double draw_residue(const struct pupil *p, struct rng *rng)
{
    return fmin(p->residue_most, p->residue * exp(p->spread * rng_normal_within(rng, 3)));
}

static int add_erased(struct page_plan *plan, const struct group *g, uint64_t taken,
                      const struct pupil *pupil, double residue, struct rng *rng)
{
    int bubble = draw_other(g, taken, rng);
    if (bubble < 0)
        return 0;
    int r = add_mark(plan, g, bubble, LOOK_ERASED, pupil);
    struct planned_mark *m = r == 0 ? &plan->marks[plan->n_marks - 1] : NULL;
    if (m) {
        m->residue = residue;
        m->size = rng_range(rng, 1.1, 1.9);
    }
    return r;
}

static int add_cancelled(struct page_plan *plan, const struct group *g, uint64_t taken,
                         const struct pupil *pupil, struct rng *rng)
{
    int bubble = draw_other(g, taken, rng);
    return bubble < 0 ? 0 : add_mark(plan, g, bubble, LOOK_CANCELLED, pupil);
}

/* What a careful person would ask about: a shadow nearly as dark as an answer, a touch of the pen,
 * an answer half taken back. `answer` is what the field was to have. */
static int add_murky(struct page_plan *plan, const struct group *g, int answer,
                     const struct pupil *pupil, struct rng *rng)
{
    plan->ambiguous[g->index] = true;
    int kind = rng_below(rng, 3);
    if (kind == 0 && pupil->hand.tool.kind == TOOL_PENCIL) {
        int r = add_answer(plan, g, answer, pupil, rng);
        return r < 0 ? r
                     : add_erased(plan, g, 1ULL << answer, pupil, rng_range(rng, 0.5, 0.9), rng);
    }
    int r = add_mark(plan, g, answer, LOOK_STROKE, pupil);
    struct planned_mark *m = r == 0 ? &plan->marks[plan->n_marks - 1] : NULL;
    if (m && kind == 2 && pupil->hand.tool.kind == TOOL_PENCIL) {
        m->look = LOOK_ERASED;
        m->residue = rng_range(rng, 0.12, 0.25);
        m->size = 1.2;
    } else if (m) {
        m->manner = MANNER_DOT;
        m->size = rng_range(rng, 0.45, 0.75);
    }
    if (m)
        m->meant = true;
    return r;
}

/* Option chosen by somebody who knows `ability` of the key. */
static uint64_t draw_choice(const struct group *g, const struct sitter *sitter, double ability,
                            struct rng *rng)
{
    const struct key_item *item = NULL;
    for (int i = 0; sitter->key && i < sitter->key->n_items && !item; i++)
        if (strcmp(sitter->key->items[i].item, g->field->name) == 0)
            item = &sitter->key->items[i];
    uint64_t set = 0;
    if (item && item->n_accepted > 0 && rng_chance(rng, ability) &&
        option_set_parse(item->accepted[rng_below(rng, item->n_accepted)], g->field->options,
                         g->field->n_options, false, &set) == 0 &&
        set)
        return set;
    int n = 1, most = g->field->max_marks < g->n ? g->field->max_marks : g->n;
    while (n < most && rng_chance(rng, 0.55))
        n++;
    for (set = 0; n > 0; n--) {
        int option = draw_other(g, set, rng);
        if (option >= 0)
            set |= 1ULL << option;
    }
    return set;
}

static int add_answers(struct page_plan *plan, const struct group *g, uint64_t set,
                       const struct pupil *pupil, struct rng *rng)
{
    int r = 0;
    for (int i = 0; r == 0 && i < g->n && i < MAX_OPTIONS; i++)
        if (set >> i & 1)
            r = add_answer(plan, g, i, pupil, rng);
    return r;
}

/* Marks of one decision for what is meant, with what happened on the way there. */
static int plan_group(struct page_plan *plan, const struct group *g, uint64_t set,
                      const struct pupil *p, struct rng *rng)
{
    bool single = g->is_choice && (set & (set - 1)) == 0;
    if (rng_chance(rng, p->murky) && single && set)
        return add_murky(plan, g, __builtin_ctzll(set), p, rng);
    if (g->is_choice && g->field->max_marks == 1 && rng_chance(rng, p->doubles)) {
        int other = draw_other(g, set, rng);
        set |= other >= 0 ? 1ULL << other : 0;
    }
    uint64_t taken = set;
    int r = add_answers(plan, g, set, p, rng);
    int before = plan->n_marks;
    if (r == 0 && rng_chance(rng, p->erases))
        r = add_erased(plan, g, taken, p, draw_residue(p, rng), rng);
    if (plan->n_marks > before)
        taken |= 1ULL << (plan->marks[before].bubble - g->first);
    if (r == 0 && rng_chance(rng, p->cancels))
        r = add_cancelled(plan, g, taken, p, rng);
    return r;
}

/* ---- fields ---- */

static int plan_choice(struct page_plan *plan, int index, const struct sitter *sitter,
                       const struct pupil *p, struct rng *rng)
{
    const struct field *f = &sitter->form->fields[index];
    struct group g = {f, index, 0, f->n_bubbles, true};
    bool always = index == sitter->form->version;
    if (p->manner == MANNER_BLANK)
        return 0;
    if (index == sitter->form->absent)
        return p->absent ? add_answer(plan, &g, 0, p, rng) : 0;
    if (p->absent && !always)
        return 0;
    uint64_t set = draw_choice(&g, sitter, p->ability, rng);
    if (!always && rng_chance(rng, p->leaves_blank)) {
        /* Some had an answer and took it away. */
        return rng_chance(rng, p->erases)
                   ? add_erased(plan, &g, 0, p, fmin(0.06, draw_residue(p, rng)), rng)
                   : 0;
    }
    if (always) {
        struct pupil careful = *p;
        careful.murky = careful.doubles = 0;
        return plan_group(plan, &g, set & -set, &careful, rng);
    }
    return plan_group(plan, &g, set, p, rng);
}

/* Bubbles of the column that starts at `first`. */
static int column_length(const struct field *f, int first)
{
    int n = 0;
    while (first + n < f->n_bubbles && f->bubbles[first + n].column == f->bubbles[first].column)
        n++;
    return n;
}

bool pupil_spell(const struct field *f, const char *text, int *options)
{
    int c = 0;
    for (int first = 0, n; first < f->n_bubbles; first += n, c++) {
        size_t best = 0;
        n = column_length(f, first);
        options[c] = -1;
        for (int i = 0; i < n; i++) {
            const char *name = f->options[f->bubbles[first + i].option];
            size_t length = strlen(name);
            if (length > best && strncmp(text, name, length) == 0) {
                best = length;
                options[c] = i;
            }
        }
        if (best == 0 && *text) /* a space stands for a column left blank */
            best = *text == ' ' ? 1 : 0;
        if (best == 0 && *text)
            return false;
        text += best;
    }
    return *text == '\0';
}

static int plan_grid(struct page_plan *plan, int index, const struct sitter *sitter,
                     const struct pupil *p, struct rng *rng)
{
    const struct field *f = &sitter->form->fields[index];
    int *spelt = malloc(((size_t)f->n_columns + 1) * sizeof *spelt), r = 0, c = 0;
    if (!spelt)
        return YJ_ENOMEM;
    bool own = index == sitter->form->candidate && pupil_spell(f, sitter->candidate, spelt);
    struct pupil careful = *p;
    careful.murky = careful.doubles = 0;
    careful.cancels *= 0.3; /* a number is copied, not thought about */
    careful.erases *= 0.5;
    for (int first = 0, n; r == 0 && first < f->n_bubbles; first += n, c++) {
        n = column_length(f, first);
        struct group g = {f, index, first, n, false};
        int option = own ? spelt[c] : rng_below(rng, n);
        if (p->manner != MANNER_BLANK && option >= 0)
            r = plan_group(plan, &g, 1ULL << option, &careful, rng);
    }
    free(spelt);
    return r;
}

int pupil_plan_page(const struct pupil *pupil, const struct sitter *sitter, int page,
                    struct page_plan *plan, struct rng *rng)
{
    const struct form *form = sitter->form;
    int r = 0;
    if (plan->n_fields < form->n_fields) {
        bool *ambiguous = realloc(plan->ambiguous, (size_t)form->n_fields * sizeof *ambiguous);
        if (!ambiguous)
            return YJ_ENOMEM;
        plan->ambiguous = ambiguous;
        plan->n_fields = form->n_fields;
    }
    memset(plan->ambiguous, 0, (size_t)plan->n_fields * sizeof *plan->ambiguous);
    plan->n_marks = 0;
    for (int i = 0; r == 0 && i < form->n_fields; i++) {
        if (form->fields[i].page != page)
            continue;
        if (form->fields[i].kind == FIELD_CHOICE)
            r = plan_choice(plan, i, sitter, pupil, rng);
        else if (form->fields[i].kind == FIELD_GRID)
            r = plan_grid(plan, i, sitter, pupil, rng);
    }
    return r;
}
