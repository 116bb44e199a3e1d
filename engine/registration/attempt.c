#include "attempt.h"

#include "attempt_slack.h"
#include "diag.h"
#include "mark_sight.h"
#include "vision.h"

#include <math.h>

#define WORK_SCALE 3.6   /* px a mm the witness works at, at least (where the scan has as many) */
#define COARSE_SCALE 3.2 /* px a mm: a coarser page is enlarged ... */
#define COARSE_SIDE 3000 /* ... unless its scan is larger than this, px */
#define LOOK_MIN 0.30    /* a proposal worth refining */
#define SHARE_NOT 0.50   /* outlines at first sight, all marks being there: less is another page */
#define SHARE_ALL 0.97   /* as good as all outlines */
#define MARKS_CERTAINTY -0.1 /* marks do not hold where a neighbour explains more print */
#define MAX_HOPS 3           /* rows or columns that a proposal may be off */
#define SHARE_FINER 0.95     /* outlines found: fewer are looked for at twice the resolution */
#define SIZE_GAIN 0.08       /* share that another outline size must add to be believed */
#define SIZE_CONTRAST 0.7    /* of the stated size's contrast that it must have */
#define MAX_RIVALS 4         /* other places that are held against the best */
#define RIVAL_REFINE 0.8     /* mm */
#define FOREIGN_MIN 12       /* outlines found where the page has none: a second sheet's ... */
#define FOREIGN_SHARE 0.09   /* ... and of all */
#define WHOLE_TIES 3         /* a page with so many marks, ... */
#define WHOLE_SHARE 0.97     /* ... all seen, with so many of its outlines, is not covered */
#define HELD_TIES 3          /* marks seen where the print has them, and all but one: no row off */
#define TIES_CERTAIN 2       /* marks seen at their place: no row or column off */

#define TONE_ROWS 64       /* of the scan: every so many are looked at for its tones */
#define TONE_BETWEEN 0.005 /* share of greys between black and white that such a scan may have */

static const struct slack slacks[] = {
    [REGISTER_MARKS] = {1.6, 1.4, 1.0, -HUGE_VAL},
    [REGISTER_MARKER] = {3.0, 2.0, 2.5, -HUGE_VAL},
    [REGISTER_OUTLINE] = {5.0, 3.0, HUGE_VAL, -0.1},
    [REGISTER_FRAME] = {3.0, 2.0, 1.0, -HUGE_VAL},
    [REGISTER_REFERENCE] = {3.0, 2.0, HUGE_VAL, -0.1},
    [REGISTER_IMAGE] = {5.0, 3.0, HUGE_VAL, 0.4},
    [REGISTER_TIMING] = {2.0, 1.6, 2.5, 0.0},
    [REGISTER_PRINT] = {1.2, 1.4, HUGE_VAL, 0.0},
};

const struct slack *attempt_slack(enum registration_kind kind)
{
    return &slacks[kind];
}

/* What the witness looks at: a level of the pyramid, or (level -1) a coarse scan enlarged. */
struct work {
    const struct image *img;
    int level;
};

/* WORK_SCALE px a mm, judging by the likeliest proposal; a page that is coarser is enlarged, so
 * that the points on and beside an outline do not fall on the same pixel. */
static int choose_work(const struct form *form, const struct pyramid *pyramid,
                       const struct proposal *likeliest, struct registration_scratch *scratch,
                       struct work *ret)
{
    struct point middle = {form->width / 2, form->height / 2};
    double scale = homography_scale(&likeliest->mm_to_px, middle);
    const struct image *img = pyramid->levels[0];
    int k = 0;
    while (k + 1 < pyramid->n_levels && scale / (2 << k) >= WORK_SCALE)
        k++;
    *ret = (struct work){pyramid->levels[k], k};
    if (scale >= COARSE_SCALE || img->width > COARSE_SIDE || img->height > COARSE_SIDE)
        return 0;
    *ret = (struct work){&scratch->enlarged, -1};
    return vision_resize(img, 2 * img->width, 2 * img->height, &scratch->enlarged);
}

struct sight {
    struct homography h;       /* mm -> px of the work level */
    struct homography through; /* the same, as all marks seen together have it */
    double share, size;
    int found, marks;
};

/* Looks at every proposal with outlines of the given size; keeps the best in `best`. */
static int look_at_proposals(const struct outline_set *set, const struct work *work,
                             const struct proposal *proposals, int n, double radius, double size,
                             struct witness_scratch *scratch, struct sight *best)
{
    for (int i = 0; i < n && best->share < 1; i++) {
        struct homography h = pyramid_down(&proposals[i].mm_to_px, work->level);
        struct witness_verdict v;
        if (witness_look(set, work->img, &h, radius, size, scratch, &v) < 0)
            return YJ_ENOMEM;
        if (v.share <= best->share + (size == 1 ? 0 : SIZE_GAIN))
            continue;
        struct homography move = {{1, 0, v.shift.x, 0, 1, v.shift.y, 0, 0, 1}};
        homography_compose(&h, &move, &h);
        struct homography through = pyramid_down(&proposals[i].through_marks, work->level);
        *best = (struct sight){h, through, v.share, size, v.found, proposals[i].marks};
    }
    return 0;
}

/* Forms taken from other programs name the box they measure, not the printed outline: other sizes
 * are tried where the stated one explains little. */
static int look_at_sizes(const struct outline_set *set, const struct work *work,
                         const struct proposal *proposals, int n, double radius,
                         struct witness_scratch *scratch, struct sight *best)
{
    static const double sizes[] = {0.9, 1.1, 0.8, 1.2, 0.7, 1.35, 0.6, 1.5};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        if (look_at_proposals(set, work, proposals, n, radius, sizes[i], scratch, best) < 0)
            return YJ_ENOMEM;
    return 0;
}

/* A page without any outline rests on its marks alone. */
static void trust_marks(const struct proposal *p, struct attempt *a)
{
    a->fit = (struct witness_fit){.map = {.mm_to_px = p->mm_to_px, .bubble_scale = 1},
                                  .share = p->marks >= 4 ? 1 : 0.75,
                                  .found = p->marks,
                                  .missing_field = -1,
                                  .paper = 255};
    a->refined = true;
    a->score = a->fit.share;
}

/* Farthest that the print was found from where the proposal put it, mm. */
static double farthest_drift(const struct homography *proposed, const struct page_map *map)
{
    double farthest = 0;
    for (int i = 0; i < map->n_anchors; i++) {
        struct point at = map->anchors[i].at;
        struct point p = homography_apply(proposed, at), q = page_map_point(map, at);
        double drift = hypot(p.x - q.x, p.y - q.y) / homography_scale(proposed, at);
        farthest = fmax(farthest, drift);
    }
    return farthest;
}

/* Refines a sight. What is not tied to marks may have caught the print a row or a column off: while
 * the neighbouring place finds more, moves there. */
static int refine(const struct outline_set *set, const struct work *work, const struct slack *slack,
                  const struct sight *sight, struct witness_scratch *scratch, struct attempt *a)
{
    struct homography h = sight->h;
    for (int hop = 0; hop <= MAX_HOPS; hop++) {
        struct point better = {0, 0};
        if (witness_refine(set, work->img, &h, slack->refine, sight->size, scratch, &a->fit) < 0)
            return YJ_ENOMEM;
        if (slack->certainty == -HUGE_VAL && a->fit.share >= SHARE_ALL)
            break; /* nothing left that another place could explain */
        double certainty = witness_certainty(set, work->img, &a->fit, &better);
        a->ambiguous = certainty < fmax(slack->certainty, MARKS_CERTAINTY);
        if (certainty >= 0 || slack->certainty == -HUGE_VAL)
            break;
        struct homography move = {{1, 0, better.x, 0, 1, better.y, 0, 0, 1}};
        homography_compose(&a->fit.map.mm_to_px, &move, &h);
    }
    a->drift =
        fmin(farthest_drift(&sight->h, &a->fit.map), farthest_drift(&sight->through, &a->fit.map));
    a->refined = true;
    a->score = a->fit.found * a->fit.share;
    return 0;
}

static double contrast_of(const struct witness_fit *fit)
{
    return fmax(0, fit->paper - fit->ink);
}

/* Refines the best sight. One of another size must find clearly more print, once both are refined,
 * than the best of the stated size, and print as black: a page seen in perspective or bent explains
 * little at first sight, and rings that are too small find letters. */
static int refine_sights(const struct outline_set *set, const struct work *work,
                         const struct slack *slack, const struct sight *best,
                         const struct sight *stated, struct witness_scratch *scratch,
                         struct attempt *a)
{
    struct attempt other = *a;
    a->marks = best->marks;
    int e = refine(set, work, slack, best, scratch, a);
    if (e < 0 || best->size == 1 || stated->share <= 0)
        return e;
    other.marks = stated->marks;
    e = refine(set, work, slack, stated, scratch, &other);
    bool pale = other.fit.share >= SHARE_MIN &&
                contrast_of(&a->fit) < SIZE_CONTRAST * contrast_of(&other.fit);
    if (e == 0 && (pale || a->fit.share <= other.fit.share + SIZE_GAIN))
        *a = other;
    return e;
}

/* Whether a proposal lies where the fit does. */
static bool is_same_place(const struct homography *h, const struct page_map *map,
                          const struct outline_set *set)
{
    struct rect e = set->extent;
    struct point corners[2] = {{e.x, e.y}, {e.x + e.w, e.y + e.h}};
    for (int i = 0; i < 2; i++) {
        struct point p = homography_apply(h, corners[i]), q = page_map_point(map, corners[i]);
        if (hypot(p.x - q.x, p.y - q.y) > 2.0 * homography_scale(h, corners[i]))
            return false;
    }
    return true;
}

/* Holds the fit against the other places that were proposed, refined as it was, and against shifts
 * by rows and columns. */
static int doubt_place(const struct outline_set *set, const struct work *work,
                       const struct proposal *proposals, int n, double size,
                       struct witness_scratch *scratch, struct attempt *a)
{
    bool alone = true;
    int rivals = 0;
    if (witness_is_alone(set, work->img, &a->fit, &alone) < 0)
        return YJ_ENOMEM;
    a->ambiguous = a->ambiguous || !alone;
    if (a->ambiguous)
        return 0;
    for (int i = 0; i < n && rivals < MAX_RIVALS; i++) {
        struct homography h = pyramid_down(&proposals[i].mm_to_px, work->level);
        struct witness_fit rival;
        if (is_same_place(&h, &a->fit.map, set))
            continue;
        rivals++;
        if (witness_refine(set, work->img, &h, RIVAL_REFINE, size, scratch, &rival) < 0)
            return YJ_ENOMEM;
        int foreign = witness_foreign(set, work->img, &a->fit, &rival);
        if (foreign >= FOREIGN_MIN && foreign >= FOREIGN_SHARE * set->n_outlines)
            a->doubled = true;
        if (!is_same_place(&rival.map.mm_to_px, &a->fit.map, set) &&
            !witness_beats(set, &a->fit, &rival)) {
            a->ambiguous = true;
            return 0;
        }
    }
    return 0;
}

/* Whether nearly no pixel is between black and white, of those looked at. */
static bool is_black_and_white(const struct image *img)
{
    int between = 0, seen = 0;
    for (int y = TONE_ROWS / 2; y < img->height; y += TONE_ROWS) {
        const uint8_t *row = image_row(img, y);
        for (int x = 0; x < img->width; x++)
            between += (uint8_t)(row[x] - 10) < 236;
        seen += img->width;
    }
    return between < TONE_BETWEEN * seen;
}

static int make_soft(struct registration_scratch *s)
{
    if (s->soft != SOFT_UNKNOWN)
        return 0;
    s->soft = SOFT_NONE;
    if (!is_black_and_white(s->pyramid.levels[0]))
        return 0;
    s->soft = SOFT_MADE;
    return image_soften(s->pyramid.levels[1], &s->softened);
}

/* Thin strokes of a black and white scan, halved, fall between the pixels that are looked at: where
 * print is missed, looks again once each pixel is smeared over its neighbours. */
static int look_softly(const struct outline_set *set, const struct proposal *proposals, int n,
                       double radius, struct registration_scratch *scratch, struct work *work,
                       struct sight *best)
{
    struct work soft = {&scratch->softened, 1};
    struct sight other = {.share = 0};
    if (best->share >= SHARE_FINER || work->level != 1)
        return 0;
    int e = make_soft(scratch);
    if (e < 0 || scratch->soft != SOFT_MADE)
        return e;
    e = look_at_proposals(set, &soft, proposals, n, radius, 1, scratch->witness, &other);
    if (e == 0 && other.share > best->share) {
        *work = soft;
        *best = other;
    }
    return e;
}

/* The best of several proposals, refined. `near`: only where it is right at first sight. */
static int judge(const struct attempt_target *t, const struct work *level,
                 const struct proposal *proposals, int n, bool near,
                 struct registration_scratch *scratch, struct attempt *ret)
{
    const struct outline_set *set = t->prepared->outlines;
    const struct slack *slack = &slacks[t->registration->kind];
    struct witness_scratch *witness = scratch->witness;
    struct work work = *level;
    struct sight best = {.share = 0};
    int e = look_at_proposals(set, &work, proposals, n, slack->look, 1, witness, &best);
    if (e == 0)
        e = look_softly(set, proposals, n, slack->look, scratch, &work, &best);
    struct sight stated = best;
    if (e == 0 && best.share < SHARE_GOOD - 0.1 && !t->rescue && !near)
        e = look_at_sizes(set, &work, proposals, n, slack->look, witness, &best);
    ret->sighted = best.share;
    if (e < 0 || best.share < (near ? SHARE_GOOD : LOOK_MIN))
        return e;
    e = refine_sights(set, &work, slack, &best, &stated, witness, ret);
    if (e == 0 && slack->certainty == 0)
        e = doubt_place(set, &work, proposals, n, ret->fit.map.bubble_scale, witness, ret);
    ret->fit.map.mm_to_px = pyramid_up(&ret->fit.map.mm_to_px, work.level);
    return e;
}

/* The same at twice the resolution: of thin strokes on a bent page half may fall between the pixels
 * that are looked at. */
static int judge_finer(const struct attempt_target *t, const struct pyramid *pyramid,
                       const struct work *work, const struct proposal *proposals, int n,
                       struct registration_scratch *scratch, struct attempt *ret)
{
    if (work->level <= 0)
        return 0;
    struct work finer = {pyramid->levels[work->level - 1], work->level - 1};
    struct attempt other = *ret;
    int e = judge(t, &finer, proposals, n, false, scratch, &other);
    if (e == 0 && other.score > ret->score)
        *ret = other;
    return e;
}

/* What else speaks for and against a refined attempt. */
static void look_around(const struct attempt_target *t, const struct pyramid *pyramid,
                        struct attempt *a)
{
    const struct form_page *page = &t->form->pages[t->page];
    bool by_print = slacks[t->registration->kind].certainty == 0;
    bool drifted = a->drift > slacks[t->registration->kind].drift;
    if (by_print || drifted)
        a->ties = marks_at_their_places(page, pyramid->levels[0], &a->fit.map);
    a->held = a->ties >= HELD_TIES && a->ties + 1 >= marks_printed(page);
    a->ambiguous = a->ambiguous && !(by_print && a->ties >= TIES_CERTAIN);
    a->whole =
        a->ties >= WHOLE_TIES && a->ties == marks_printed(page) && a->fit.share >= WHOLE_SHARE;
    a->doubled = a->doubled && !a->whole; /* print like its own, but nothing hides anything */
    a->identity = page_identity_read(&page->identity, pyramid->levels[0], &a->fit.map, a->fit.paper,
                                     a->sheet, a->seen);
}

/* The attempt by the proposals of one search. */
static int settle(const struct attempt_target *t, const struct pyramid *pyramid,
                  const struct proposal *proposals, int n, bool near,
                  struct registration_scratch *scratch, struct attempt *ret)
{
    struct work work;
    int e = 0;
    *ret = (struct attempt){.form = t->form_index,
                            .page = t->page,
                            .registration = t->registration,
                            .rescue = t->rescue,
                            .only = t->only,
                            .marks = n > 0 ? proposals[0].marks : 0};
    if (n == 0)
        return 0;
    if (outline_set_count(t->prepared->outlines) == 0) {
        trust_marks(&proposals[0], ret);
    } else {
        e = choose_work(t->form, pyramid, &proposals[0], scratch, &work);
        if (e == 0)
            e = judge(t, &work, proposals, n, near, scratch, ret);
        if (e == 0 && ret->fit.share < SHARE_FINER && t->registration->kind == REGISTER_MARKS &&
            !(near && !ret->refined))
            e = judge_finer(t, pyramid, &work, proposals, n, scratch, ret);
    }
    if (e == 0 && ret->refined)
        look_around(t, pyramid, ret);
    return e;
}

static struct proposal_source source_of(const struct attempt_target *t)
{
    return (struct proposal_source){t->registration, t->form->width, t->form->height, t->picture,
                                    t->prepared->pattern};
}

int attempt_near(const struct attempt_target *t, const struct pyramid *pyramid,
                 struct registration_scratch *scratch, struct attempt *ret,
                 enum near_verdict *ret_verdict)
{
    struct proposal_source source = source_of(t);
    struct proposal proposals[MAX_PROPOSALS];
    int n = 0, e = propose_near(&source, pyramid, proposals, &n);
    *ret_verdict = NEAR_OPEN;
    if (e < 0 || n == 0 || outline_set_count(t->prepared->outlines) == 0)
        return e;
    e = settle(t, pyramid, proposals, n, true, scratch, ret);
    if (e == 0 && attempt_passes(ret) && ret->fit.share >= SHARE_GOOD)
        *ret_verdict = NEAR_SURE;
    else if (e == 0 && !ret->refined && ret->sighted < SHARE_NOT)
        *ret_verdict = NEAR_NOT;
    return e;
}

int attempt_make(const struct attempt_target *t, const struct pyramid *pyramid,
                 struct registration_scratch *scratch, struct attempt *ret)
{
    struct proposal_source source = source_of(t);
    struct proposal proposals[MAX_PROPOSALS];
    int n = 0, e = propose(&source, pyramid, proposals, &n);
    return e < 0 ? e : settle(t, pyramid, proposals, n, false, scratch, ret);
}
