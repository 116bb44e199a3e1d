#include "registration.h"

#include "attempt.h"
#include "diag.h"
#include "i18n.h"
#include "page_clock.h"
#include "second_sheet.h"
#include "vision.h"

#include "ingest.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESCUE_RIVAL                                                                               \
    0.93 /* a page found by its print alone explains clearly more than any other                   \
          */

#define HALVED_LEAST 700 /* px, both sides: smaller levels are not halved */

struct prepared_form {
    struct prepared_page *pages;
    int n_pages;
};

struct registrar {
    const struct exam *exam;
    struct prepared_form *forms;
    int n_forms;
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
    if (e == 0)
        e = print_pattern_create(form, page, &out->pattern);
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
            print_pattern_destroy(page->pattern);
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
    image_finish(&s->softened);
    image_finish(&s->enlarged);
    witness_scratch_destroy(s->witness);
    free(s->near);
    free(s);
}

void registration_scratch_set_clock(struct registration_scratch *s, const struct page_clock *clock)
{
    s->clock = clock;
}

const struct image *registration_reduced(const struct registration_scratch *s,
                                         const struct image *img, int side, int *ret_level)
{
    int k = s->pyramid.n_levels - 1;
    while (k > 0 && s->pyramid.levels[k]->width < side && s->pyramid.levels[k]->height < side)
        k--;
    *ret_level = k;
    return k > 0 ? s->pyramid.levels[k] : img;
}

/* ---- one page of a form ---- */

/* The best attempt at the scan so far, and what its strongest rival on another page explains. */
struct finding {
    struct attempt best;
    double rival;
    bool sure; /* a page was found at once */
};

static void weigh(const struct attempt *a, struct finding *f)
{
    bool other = f->best.form >= 0 && (a->form != f->best.form || a->page != f->best.page);
    if (f->best.form < 0 || attempt_better(a, &f->best)) {
        if (other)
            f->rival = fmax(f->rival, f->best.score);
        f->best = *a;
    } else if (other) {
        f->rival = fmax(f->rival, a->score);
    }
}

static bool is_only_page(const struct registrar *registrar)
{
    return registrar->n_forms == 1 && registrar->forms[0].n_pages == 1;
}

static struct attempt_target target_of(const struct registrar *registrar, int form, int page,
                                       int registration)
{
    const struct form *f = registrar->exam->forms[form].form;
    const struct prepared_page *prepared = &registrar->forms[form].pages[page];
    return (struct attempt_target){.form = f,
                                   .form_index = form,
                                   .page = page,
                                   .only = is_only_page(registrar),
                                   .prepared = prepared,
                                   .registration = &f->pages[page].registrations[registration],
                                   .picture = &prepared->pictures[registration]};
}

/* The number of a page among those of all forms. */
static int page_number(const struct registrar *registrar, int form, int page)
{
    for (int f = 0; f < form; f++)
        page += registrar->forms[f].n_pages;
    return page;
}

/* By the registration that comes first, if it is at once clear whether the scan shows the page. */
static int try_near(const struct registrar *registrar, int form, int page,
                    const struct pyramid *pyramid, struct registration_scratch *scratch,
                    struct finding *finding)
{
    enum near_verdict verdict = NEAR_OPEN;
    struct attempt a;
    int e = 0;
    if (registrar->exam->forms[form].form->pages[page].n_registrations > 0) {
        struct attempt_target target = target_of(registrar, form, page, 0);
        e = attempt_near(&target, pyramid, scratch, &a, &verdict);
    }
    if (e == 0 && verdict == NEAR_SURE)
        weigh(&a, finding);
    scratch->near[page_number(registrar, form, page)] = (unsigned char)verdict;
    return e;
}

static int try_page(const struct registrar *registrar, int form, int page,
                    const struct pyramid *pyramid, struct registration_scratch *scratch,
                    struct finding *finding)
{
    const struct form *f = registrar->exam->forms[form].form;
    enum near_verdict near = scratch->near[page_number(registrar, form, page)];
    if (near == NEAR_SURE || (near == NEAR_NOT && finding->sure))
        return 0;
    for (int i = 0; i < f->pages[page].n_registrations; i++) {
        struct attempt_target target = target_of(registrar, form, page, i);
        struct attempt a;
        int e = page_clock_is_up(scratch->clock) ? YJ_ETIME
                                                 : attempt_make(&target, pyramid, scratch, &a);
        if (e < 0)
            return e;
        weigh(&a, finding);
        if (attempt_passes(&a) && a.fit.share >= SHARE_GOOD)
            break;
    }
    return 0;
}

/* By its print, because its own registrations failed: marks torn off, covered, cut off. */
static int rescue_page(const struct registrar *registrar, int form, int page,
                       const struct pyramid *pyramid, struct registration_scratch *scratch,
                       struct finding *finding)
{
    static const struct registration by_print = {.kind = REGISTER_PRINT, .max_residual = 0.8};
    static const struct image no_picture;
    const struct form *f = registrar->exam->forms[form].form;
    struct attempt_target target = {.form = f,
                                    .form_index = form,
                                    .page = page,
                                    .only = is_only_page(registrar),
                                    .prepared = &registrar->forms[form].pages[page],
                                    .registration = &by_print,
                                    .picture = &no_picture,
                                    .rescue = true};
    struct attempt a;
    if (outline_set_count(target.prepared->outlines) == 0)
        return 0;
    for (int i = 0; i < f->pages[page].n_registrations; i++)
        if (f->pages[page].registrations[i].kind == REGISTER_PRINT)
            return 0;
    int e =
        page_clock_is_up(scratch->clock) ? YJ_ETIME : attempt_make(&target, pyramid, scratch, &a);
    if (e == 0 && a.refined)
        weigh(&a, finding);
    return e;
}

/* ---- the scan ---- */

/* Level k + 1: as it was given, or made of the one above. */
static int reduce(const struct image *above, const struct image *given, struct image *own,
                  const struct image **ret)
{
    *ret = given && given->width == above->width / 2 && given->height == above->height / 2 ? given
                                                                                           : own;
    return *ret == own ? image_halve(above, own) : 0;
}

static int build_pyramid(const struct image *img, const struct image *halves,
                         struct registration_scratch *scratch)
{
    struct pyramid *p = &scratch->pyramid;
    *p = (struct pyramid){.levels = {img}, .n_levels = 1};
    for (int k = 0; k < 3; k++) {
        const struct image *above = p->levels[k];
        if (above->width < HALVED_LEAST || above->height < HALVED_LEAST)
            break;
        const struct image *given = halves && k < DECODER_HALVES ? &halves[k] : NULL;
        int e = reduce(above, given, &scratch->levels[k], &p->levels[k + 1]);
        if (e < 0)
            return e;
        p->n_levels++;
    }
    scratch->soft = SOFT_UNKNOWN;
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

typedef int page_trier(const struct registrar *registrar, int form, int page,
                       const struct pyramid *pyramid, struct registration_scratch *scratch,
                       struct finding *finding);

static int try_all(const struct registrar *registrar, const char *scan_path, page_trier *try_one,
                   const struct pyramid *pyramid, struct registration_scratch *scratch,
                   struct finding *finding)
{
    int e = 0;
    for (int f = 0; f < registrar->n_forms && e == 0; f++) {
        const struct exam_form *ef = &registrar->exam->forms[f];
        if (ef->scans && fnmatch(ef->scans, scan_path, 0) != 0)
            continue;
        for (int p = 0; p < ef->form->n_pages && e == 0; p++)
            e = try_one(registrar, f, p, pyramid, scratch, finding);
    }
    return e;
}

static int reserve_near(const struct registrar *registrar, struct registration_scratch *scratch)
{
    int n = page_number(registrar, registrar->n_forms, 0);
    if (n > scratch->n_near) {
        unsigned char *grown = realloc(scratch->near, (size_t)n);
        if (!grown)
            return YJ_ENOMEM;
        scratch->near = grown;
        scratch->n_near = n;
    }
    return 0;
}

/* Where marks or print, not the image or a picture of the page, say how large the paper is. */
static int look_for_second_sheet(const struct registrar *registrar, const struct pyramid *pyramid,
                                 struct attempt *a)
{
    enum registration_kind kind = a->registration->kind;
    bool seen = false;
    if (kind != REGISTER_MARKS && kind != REGISTER_TIMING && kind != REGISTER_PRINT)
        return 0;
    int e = second_sheet_look(registrar->exam->forms[a->form].form, a->page, pyramid, &a->fit.map,
                              a->fit.paper, &seen);
    a->doubled = a->doubled || seen;
    return e;
}

int registrar_find(const struct registrar *registrar, const char *scan_path,
                   const struct image *img, const struct image *halves,
                   struct registration_scratch *scratch, struct registration_result *ret)
{
    *ret = (struct registration_result){.form = -1, .form_page = -1};
    const struct pyramid *pyramid = &scratch->pyramid;
    struct finding finding = {.best = {.form = -1}};
    struct attempt *best = &finding.best;
    int e = build_pyramid(img, halves, scratch);
    if (e == 0)
        e = reserve_near(registrar, scratch);
    if (e == 0)
        e = try_all(registrar, scan_path, try_near, pyramid, scratch, &finding);
    finding.sure = best->form >= 0;
    if (e == 0)
        e = try_all(registrar, scan_path, try_page, pyramid, scratch, &finding);
    if (e == 0 && best->form >= 0 && !attempt_passes(best) && !attempt_is_final(best))
        e = try_all(registrar, scan_path, rescue_page, pyramid, scratch, &finding);
    if (e == 0 && best->form >= 0 && attempt_passes(best))
        e = look_for_second_sheet(registrar, pyramid, best);
    if (e < 0)
        return e;
    if (best->form < 0) {
        ret->verdict = PAGE_UNKNOWN_FORM;
        snprintf(ret->reason, sizeof(ret->reason), "%s",
                 _("no form of this exam is for this scan"));
        return 0;
    }
    const struct form *form = registrar->exam->forms[best->form].form;
    ret->form = best->form;
    ret->form_page = best->page;
    ret->map = best->fit.map;
    ret->residual = best->fit.residual;
    ret->fit = best->fit.share;
    if (best->refined)
        set_quality(form, registrar->forms[best->form].pages[best->page].outlines, img, best,
                    &ret->quality);
    if (attempt_passes(best) && !(best->rescue && finding.rival > RESCUE_RIVAL * best->score)) {
        ret->verdict = PAGE_READ;
        memcpy(ret->sheet, best->sheet, sizeof(ret->sheet));
    } else {
        ret->verdict = attempt_tell(best, form, ret->reason, sizeof(ret->reason));
    }
    return 0;
}
