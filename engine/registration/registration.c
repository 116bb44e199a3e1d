#include "registration.h"

#include "diag.h"
#include "i18n.h"
#include "page_identity.h"
#include "proposals.h"
#include "vision.h"
#include "witness.h"

#include "ingest.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORK_SCALE 3.6   /* px a mm the witness works at, at least (where the scan has as many) */
#define COARSE_SCALE 3.2 /* px a mm: a coarser page is enlarged ... */
#define COARSE_SIDE 3000 /* ... unless its scan is larger than this, px */
#define SHARE_MIN 0.55   /* outlines found: less is not this form */
#define SHARE_GOOD 0.85  /* as good as it gets on used paper: look no further */
#define IMAGE_SHARE 0.80 /* without marks the print alone decides: more of it must be found ... */
#define IMAGE_RESIDUAL 0.30 /* mm: ... and nearer */
#define RIVAL 1.15 /* times the score of the best that passes: then what fails is the form */
#define RIVAL_SHARE 0.70
#define LOOK_MIN 0.30        /* a proposal worth refining */
#define SHARE_ALL 0.97       /* as good as all outlines */
#define MARKS_CERTAINTY -0.1 /* marks do not hold where a neighbour explains more print */
#define MAX_HOPS 3           /* rows or columns that a proposal may be off */
#define SIZE_GAIN 0.08       /* share that another outline size must add to be believed */

/* How far the print may be from a proposal, by what it rests on. */
struct slack {
    double look, refine; /* mm */
    double drift; /* mm: farther from where its marks put it, a part of the print is not trusted:
                     the paper slipped in the feeder, and a row may stand where another should */
    double certainty; /* against a shift by a row. Tied to marks: only asked where print is missing
                         (MARKS_CERTAINTY); to the paper's edge: nothing may fit better elsewhere;
                         to neither: the print decides */
};

static const struct slack slacks[] = {
    [REGISTER_MARKS] = {1.6, 1.4, 1.0, -HUGE_VAL},
    [REGISTER_MARKER] = {3.0, 2.0, 2.5, -HUGE_VAL},
    [REGISTER_OUTLINE] = {5.0, 3.0, HUGE_VAL, -0.1},
    [REGISTER_FRAME] = {3.0, 2.0, 1.0, -HUGE_VAL},
    [REGISTER_REFERENCE] = {3.0, 2.0, HUGE_VAL, -0.1},
    [REGISTER_IMAGE] = {5.0, 3.0, HUGE_VAL, 0.4},
};

struct prepared_page {
    struct outline_set *outlines;
    struct image *pictures; /* one a registration; empty where it names none */
    int n_pictures;
};

struct prepared_form {
    struct prepared_page *pages;
    int n_pages;
};

struct registrar {
    const struct exam *exam;
    struct prepared_form *forms;
    int n_forms;
};

struct registration_scratch {
    struct image levels[3]; /* pyramid levels 1 to 3 */
    int n_levels;           /* of them, of the page looked at last */
    struct image enlarged;  /* a coarse scan, twice its size */
    struct witness_scratch *witness;
};

/* A form page held against the scan. */
struct attempt {
    int form, page;
    const struct registration *registration;
    int marks; /* marks that the best proposal rests on; 0: none proposed */
    bool refined;
    bool ambiguous;
    double drift;           /* mm: farthest that the print is from where the proposal put it */
    struct witness_fit fit; /* px of the scan */
    enum identity_verdict identity;
    char sheet[SHEET_SERIAL_MAX], seen[64];
    double score; /* outlines found times their share */
};

/* ---- preparing ---- */

static int load_picture(const struct form *form, const struct registration *r, struct image *out,
                        struct diag *d)
{
    struct scan_source *source = NULL;
    struct scan *scan = NULL;
    struct decoder *decoder = NULL;
    char reason[SCAN_REASON_MAX] = "";
    const char *path = r->image;
    int e = scan_source_open(&path, 1, &source, d);
    if (e < 0)
        return e;
    e = scan_source_next(source, &scan);
    if (e == 1 && scan_problem(scan))
        snprintf(reason, sizeof(reason), "%s", scan_problem(scan));
    if (e == 1 && !scan_problem(scan) && (e = decoder_create(&decoder)) == 0)
        e = scan_decode_page(scan, 1, decoder, out, reason);
    decoder_destroy(decoder);
    scan_unref(scan);
    scan_source_close(source);
    if (e == YJ_ENOMEM)
        return e;
    if (reason[0] || e < 0)
        return diag_error(d, YJ_EINPUT, form->path, r->line, r->column, NULL,
                          _("cannot read the picture '%s': %s"), path, reason);
    return 0;
}

static int prepare_page(const struct form *form, int page, struct prepared_page *out,
                        struct diag *d)
{
    const struct form_page *fp = &form->pages[page];
    int e = outline_set_create(form, page, &out->outlines);
    if (e < 0)
        return e;
    out->pictures = calloc((size_t)fp->n_registrations + 1, sizeof(*out->pictures));
    if (!out->pictures)
        return YJ_ENOMEM;
    out->n_pictures = fp->n_registrations;
    for (int i = 0; i < fp->n_registrations; i++)
        if (fp->registrations[i].image &&
            (e = load_picture(form, &fp->registrations[i], &out->pictures[i], d)) < 0)
            return e;
    return 0;
}

static int prepare_form(const struct form *form, struct prepared_form *out, struct diag *d)
{
    out->pages = calloc((size_t)form->n_pages, sizeof(*out->pages));
    if (!out->pages)
        return YJ_ENOMEM;
    out->n_pages = form->n_pages;
    for (int i = 0; i < form->n_pages; i++) {
        int e = prepare_page(form, i, &out->pages[i], d);
        if (e < 0)
            return e;
    }
    return 0;
}

int registrar_create(const struct exam *exam, struct registrar **ret_registrar, struct diag *d)
{
    struct registrar *r = calloc(1, sizeof(*r));
    if (!r)
        return YJ_ENOMEM;
    r->exam = exam;
    r->forms = calloc((size_t)exam->n_forms, sizeof(*r->forms));
    int e = r->forms ? 0 : YJ_ENOMEM;
    r->n_forms = r->forms ? exam->n_forms : 0;
    for (int i = 0; i < r->n_forms && e == 0; i++)
        e = prepare_form(exam->forms[i].form, &r->forms[i], d);
    if (e < 0) {
        registrar_destroy(r);
        return e;
    }
    *ret_registrar = r;
    return 0;
}

void registrar_destroy(struct registrar *r)
{
    if (!r)
        return;
    for (int f = 0; f < r->n_forms; f++) {
        for (int p = 0; p < r->forms[f].n_pages; p++) {
            struct prepared_page *page = &r->forms[f].pages[p];
            outline_set_destroy(page->outlines);
            for (int i = 0; i < page->n_pictures; i++)
                image_finish(&page->pictures[i]);
            free(page->pictures);
        }
        free(r->forms[f].pages);
    }
    free(r->forms);
    free(r);
}

int registration_scratch_create(struct registration_scratch **ret_scratch)
{
    struct registration_scratch *s = calloc(1, sizeof(*s));
    if (!s)
        return YJ_ENOMEM;
    if (witness_scratch_create(&s->witness) < 0) {
        free(s);
        return YJ_ENOMEM;
    }
    *ret_scratch = s;
    return 0;
}

void registration_scratch_destroy(struct registration_scratch *s)
{
    if (!s)
        return;
    for (int i = 0; i < 3; i++)
        image_finish(&s->levels[i]);
    image_finish(&s->enlarged);
    witness_scratch_destroy(s->witness);
    free(s);
}

const struct image *registration_reduced(const struct registration_scratch *s,
                                         const struct image *img, int side, int *ret_level)
{
    int k = s->n_levels;
    while (k > 0 && s->levels[k - 1].width < side && s->levels[k - 1].height < side)
        k--;
    *ret_level = k;
    return k > 0 ? &s->levels[k - 1] : img;
}

/* ---- one page of a form ---- */

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
    struct homography h; /* mm -> px of the work level */
    double share, size;
    int found, marks;
};

/* Looks at every proposal with outlines of the given size; keeps the best in `best`. */
static int look_at_proposals(const struct outline_set *set, const struct work *work,
                             const struct proposal *proposals, int n, double radius, double size,
                             struct witness_scratch *scratch, struct sight *best)
{
    for (int i = 0; i < n; i++) {
        struct homography h = pyramid_down(&proposals[i].mm_to_px, work->level);
        struct witness_verdict v;
        if (witness_look(set, work->img, &h, radius, size, scratch, &v) < 0)
            return YJ_ENOMEM;
        if (v.share <= best->share + (size == 1 ? 0 : SIZE_GAIN))
            continue;
        struct homography move = {{1, 0, v.shift.x, 0, 1, v.shift.y, 0, 0, 1}};
        homography_compose(&h, &move, &h);
        *best = (struct sight){h, v.share, size, v.found, proposals[i].marks};
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
    a->drift = farthest_drift(&sight->h, &a->fit.map);
    a->fit.map.mm_to_px = pyramid_up(&a->fit.map.mm_to_px, work->level);
    a->refined = true;
    a->score = a->fit.found * a->fit.share;
    return 0;
}

static int try_registration(const struct registrar *registrar, int form, int page, int index,
                            const struct pyramid *pyramid, struct registration_scratch *scratch,
                            struct attempt *ret)
{
    const struct form *f = registrar->exam->forms[form].form;
    const struct prepared_page *prepared = &registrar->forms[form].pages[page];
    const struct registration *r = &f->pages[page].registrations[index];
    const struct slack *slack = &slacks[r->kind];
    struct proposal_source source = {r, f->width, f->height, &prepared->pictures[index]};
    struct proposal proposals[MAX_PROPOSALS];
    struct work work;
    int n = 0;
    *ret = (struct attempt){.form = form, .page = page, .registration = r};
    int e = propose(&source, pyramid, proposals, &n);
    if (e < 0 || n == 0)
        return e;
    ret->marks = proposals[0].marks;
    if (outline_set_count(prepared->outlines) == 0) {
        trust_marks(&proposals[0], ret);
        return 0;
    }
    e = choose_work(f, pyramid, &proposals[0], scratch, &work);
    if (e < 0)
        return e;
    struct sight best = {.share = 0};
    e = look_at_proposals(prepared->outlines, &work, proposals, n, slack->look, 1, scratch->witness,
                          &best);
    if (e == 0 && best.share < SHARE_GOOD - 0.1)
        e = look_at_sizes(prepared->outlines, &work, proposals, n, slack->look, scratch->witness,
                          &best);
    if (e < 0 || best.share < LOOK_MIN)
        return e;
    return refine(prepared->outlines, &work, slack, &best, scratch->witness, ret);
}

static bool attempt_passes(const struct attempt *a)
{
    bool loose = a->registration->kind == REGISTER_IMAGE &&
                 (a->fit.residual > IMAGE_RESIDUAL || a->fit.share < IMAGE_SHARE);
    return a->refined && !loose && !a->ambiguous && a->fit.missing_field < 0 &&
           !a->fit.missing_option && a->fit.share >= SHARE_MIN &&
           a->drift <= slacks[a->registration->kind].drift &&
           a->fit.residual <= a->registration->max_residual && a->identity != IDENTITY_OTHER &&
           a->identity != IDENTITY_UNCLEAR;
}

/* Passing beats failing, unless what fails explains clearly more print: a curled sheet of the right
 * form is not to be read as a flat one of another. Then the one that explains more; then the one
 * with more marks. */
static bool attempt_better(const struct attempt *a, const struct attempt *b)
{
    bool pa = attempt_passes(a), pb = attempt_passes(b);
    const struct attempt *passing = pa ? a : b, *failing = pa ? b : a;
    if (pa != pb)
        return failing->fit.share > RIVAL_SHARE && failing->score > RIVAL * passing->score ? !pa
                                                                                           : pa;
    return a->score != b->score ? a->score > b->score : a->marks > b->marks;
}

static int try_page(const struct registrar *registrar, int form, int page,
                    const struct pyramid *pyramid, struct registration_scratch *scratch,
                    struct attempt *best)
{
    const struct form_page *fp = &registrar->exam->forms[form].form->pages[page];
    for (int i = 0; i < fp->n_registrations; i++) {
        struct attempt a;
        int e = try_registration(registrar, form, page, i, pyramid, scratch, &a);
        if (e < 0)
            return e;
        if (a.refined)
            a.identity = page_identity_read(&fp->identity, pyramid->levels[0], &a.fit.map,
                                            a.fit.paper, a.sheet, a.seen);
        if (best->form < 0 || attempt_better(&a, best))
            *best = a;
        if (attempt_passes(&a) && a.fit.share >= SHARE_GOOD)
            break;
    }
    return 0;
}

/* ---- the scan ---- */

static int build_pyramid(const struct image *img, struct registration_scratch *scratch,
                         struct pyramid *pyramid)
{
    *pyramid = (struct pyramid){.levels = {img}, .n_levels = 1};
    scratch->n_levels = 0;
    for (int k = 0; k < 3; k++) {
        const struct image *above = pyramid->levels[k];
        if (above->width < 700 || above->height < 700)
            break;
        int e = vision_halve(above, &scratch->levels[k]);
        if (e < 0)
            return e;
        pyramid->levels[pyramid->n_levels++] = &scratch->levels[k];
        scratch->n_levels = k + 1;
    }
    return 0;
}

static void set_quality(const struct form *form, const struct outline_set *outlines,
                        const struct image *img, const struct attempt *a, struct page_quality *ret)
{
    const struct homography *h = &a->fit.map.mm_to_px;
    struct point middle = {form->width / 2, form->height / 2};
    struct point p = homography_apply(h, middle);
    struct point q = homography_apply(h, (struct point){middle.x + 10, middle.y});
    ret->dpi = homography_scale(h, middle) * 25.4;
    ret->skew = atan2(q.y - p.y, q.x - p.x) * 180 / M_PI;
    ret->paper = a->fit.paper;
    ret->contrast = fmax(0, a->fit.paper - a->fit.ink) / 255;
    ret->sharpness = witness_sharpness(outlines, img, &a->fit.map);
}

static void say_why(const struct attempt *a, const struct form *of, struct registration_result *ret)
{
    const char *form = of->name;
    char *out = ret->reason;
    size_t size = sizeof(ret->reason);
    ret->verdict = PAGE_NO_REGISTRATION;
    if (a->marks == 0) {
        snprintf(out, size, _("no registration mark of form '%s' was found"), form);
    } else if (!a->refined || a->fit.share < SHARE_MIN) {
        ret->verdict = PAGE_UNKNOWN_FORM;
        snprintf(out, size, _("only %.0f %% of the print of form '%s' is where it should be"),
                 100 * (a->refined ? a->fit.share : 0), form);
    } else if (a->identity == IDENTITY_OTHER) {
        ret->verdict = PAGE_UNKNOWN_FORM;
        snprintf(out, size, _("the page says it is '%s', no page of form '%s'"), a->seen, form);
    } else if (a->identity == IDENTITY_UNCLEAR) {
        snprintf(out, size, _("the page identity of form '%s' cannot be read"), form);
    } else if (a->registration->kind == REGISTER_IMAGE && a->fit.share < IMAGE_SHARE) {
        ret->verdict = PAGE_UNKNOWN_FORM;
        snprintf(out, size, _("only %.0f %% of the print of form '%s' is where it should be"),
                 100 * a->fit.share, form);
    } else if (a->drift > slacks[a->registration->kind].drift) {
        snprintf(
            out, size,
            _("a part of form '%s' is %.1f mm from where its marks put it: did the paper slip?"),
            form, a->drift);
    } else if (a->fit.missing_field >= 0) {
        snprintf(out, size, _("the print of field '%s' is not there: covered, or a row off?"),
                 of->fields[a->fit.missing_field].name);
    } else if (a->ambiguous || a->fit.missing_option) {
        snprintf(out, size, _("the print of form '%s' would fit one row or column away as well"),
                 form);
    } else {
        snprintf(out, size, _("the print of form '%s' is off by %.2f mm, more than %.2f mm"), form,
                 a->fit.residual, a->registration->max_residual);
    }
}

int registrar_find(const struct registrar *registrar, const char *scan_path,
                   const struct image *img, struct registration_scratch *scratch,
                   struct registration_result *ret)
{
    *ret = (struct registration_result){.form = -1, .form_page = -1};
    struct pyramid pyramid;
    struct attempt best = {.form = -1};
    int e = build_pyramid(img, scratch, &pyramid);
    for (int f = 0; f < registrar->n_forms && e == 0; f++) {
        const struct exam_form *ef = &registrar->exam->forms[f];
        if (ef->scans && fnmatch(ef->scans, scan_path, 0) != 0)
            continue;
        for (int p = 0; p < ef->form->n_pages && e == 0; p++)
            e = try_page(registrar, f, p, &pyramid, scratch, &best);
    }
    if (e < 0)
        return e;
    if (best.form < 0) {
        ret->verdict = PAGE_UNKNOWN_FORM;
        snprintf(ret->reason, sizeof(ret->reason), "%s",
                 _("no form of this exam is for this scan"));
        return 0;
    }
    const struct form *form = registrar->exam->forms[best.form].form;
    ret->form = best.form;
    ret->form_page = best.page;
    ret->map = best.fit.map;
    ret->residual = best.fit.residual;
    ret->fit = best.fit.share;
    if (best.refined)
        set_quality(form, registrar->forms[best.form].pages[best.page].outlines, img, &best,
                    &ret->quality);
    if (attempt_passes(&best)) {
        ret->verdict = PAGE_READ;
        memcpy(ret->sheet, best.sheet, sizeof(ret->sheet));
    } else {
        say_why(&best, form, ret);
    }
    return 0;
}
