#include "attempt.h"

#include "attempt_slack.h"
#include "i18n.h"
#include "patch_fit.h"

#include <math.h>
#include <stdio.h>

#define IMAGE_SHARE 0.80 /* without marks the print alone decides: more of it must be found ... */
#define IMAGE_RESIDUAL 0.30  /* mm: ... and nearer, ... */
#define CURL_SHARE 0.95      /* ... unless nearly all of it is found: ... */
#define CURL_RESIDUAL 0.60   /* mm: ... then the paper is bent */
#define RESCUE_RESIDUAL 0.25 /* mm: where a form's own registrations failed no bend is followed */
#define BENT_RESIDUAL 0.30   /* mm: paper that marks hold and that is bent so far ... */
#define BENT_SHARE 0.90      /* ... must show so much of its print */
#define TORN_RESIDUAL 0.20   /* mm: the same where ... */
#define TORN_SHARE 0.80      /* ... less of it is found */
#define COVERED_PRINT 1   /* outlines under something, from which a page without marks is refused */
#define CUT_SHARE 0.97    /* outlines found where the page's identity is cut off */
#define BLANK_PRINT 3     /* the same, but for some of them beside it */
#define COVERED_MARKS 8   /* the same of a page with its marks */
#define SMOOTH_DRIFT 1.6  /* mm: drift that grows evenly over the page is paper that bends ... */
#define SMOOTH_NEAR 45    /* mm between parts */
#define SMOOTH_STEP 0.45  /* mm: ... by no more than this from one part to the next */
#define HELD_SHARE 0.95   /* where so much is found and the marks are with it, more may drift ... */
#define EVEN_OFF 0.45     /* mm: ... of which no part is farther off what is around it */
#define RESCUE_SHARE 0.88 /* where a form's own registrations failed */
#define TIED_SHARE 0.75   /* the same, with two of its marks in their places */
#define RIVAL 1.15        /* times the score of the best that passes: then what fails is the form */
#define RIVAL_SHARE 0.70  /* of its print found; without marks: IMAGE_SHARE */

/* Outlines found of those that the scan can show. */
static double share_inside(const struct attempt *a)
{
    return a->fit.inside > 0 ? (double)a->fit.found / a->fit.inside : 0;
}

/* What is found by its print alone must be there, nearly all of it, and no field lost. */
static bool is_print_enough(const struct attempt *a)
{
    double share = share_inside(a), wanted = IMAGE_SHARE;
    if (a->rescue)
        wanted = a->ties >= 2 ? TIED_SHARE : RESCUE_SHARE;
    double residual = share >= CURL_SHARE ? CURL_RESIDUAL : IMAGE_RESIDUAL;
    return share >= wanted && a->fit.lost_field < 0 &&
           a->fit.residual <= (a->rescue && !a->whole ? RESCUE_RESIDUAL : residual);
}

static bool is_loose(const struct attempt *a)
{
    if (a->registration->kind == REGISTER_IMAGE)
        return a->fit.residual > IMAGE_RESIDUAL || a->fit.share < IMAGE_SHARE;
    if (a->registration->kind == REGISTER_MARKS || a->registration->kind == REGISTER_TIMING)
        return (a->fit.residual > BENT_RESIDUAL && a->fit.share < BENT_SHARE) ||
               (a->fit.residual > TORN_RESIDUAL && a->fit.share < TORN_SHARE);
    return a->registration->kind == REGISTER_PRINT && !is_print_enough(a);
}

/* Whether neighbouring parts of the page moved alike: paper bends, it does not tear. */
static bool is_smooth(const struct page_map *map)
{
    for (int i = 0; i < map->n_anchors; i++)
        for (int k = 0; k < i; k++) {
            const struct page_anchor *a = &map->anchors[i], *b = &map->anchors[k];
            if (hypot(a->at.x - b->at.x, a->at.y - b->at.y) < SMOOTH_NEAR &&
                hypot(a->shift.x - b->shift.x, a->shift.y - b->shift.y) > SMOOTH_STEP)
                return false;
        }
    return true;
}

/* Whether each part of the page moved as those around it have it. */
static bool bends_evenly(const struct page_map *map)
{
    for (int i = 0; i < map->n_anchors; i++) {
        const struct page_anchor *a = &map->anchors[i];
        struct point p = anchors_predict(map, a->at);
        if (hypot(a->shift.x - p.x, a->shift.y - p.y) > EVEN_OFF)
            return false;
    }
    return true;
}

/* Paper that slipped in the feeder is torn apart between two rows, or its marks are not where its
 * print has them. Paper that bends, or is seen in perspective where a mark is gone, drifts evenly.
 */
static bool has_slipped(const struct attempt *a)
{
    double drift = attempt_slack(a->registration->kind)->drift;
    if (a->drift <= drift)
        return false;
    if (a->held && a->fit.share >= HELD_SHARE && bends_evenly(&a->fit.map))
        return false;
    return a->drift > SMOOTH_DRIFT || a->fit.share < SHARE_GOOD || !is_smooth(&a->fit.map);
}

/* What a fold or another sheet hides. With all its marks a page may have some outlines under a
 * label; where a mark is gone too, what hid it hid them. */
static bool is_covered(const struct attempt *a)
{
    const struct registration *r = a->registration;
    if (r->kind == REGISTER_PRINT || (r->kind == REGISTER_MARKS && a->marks < r->n_marks))
        return a->fit.covered >= COVERED_PRINT || a->fit.blank >= BLANK_PRINT;
    return (r->kind == REGISTER_MARKS || r->kind == REGISTER_TIMING) &&
           a->fit.covered >= COVERED_MARKS;
}

/* Another page or form, or it cannot be told. Where there is but one that it can be, and all its
 * print is there, an identity that is cut off is not missed. */
static bool is_another(const struct attempt *a)
{
    if (a->identity == IDENTITY_CUT)
        return !a->only || share_inside(a) < CUT_SHARE || a->fit.lost_field >= 0;
    return a->identity == IDENTITY_OTHER || a->identity == IDENTITY_UNCLEAR;
}

bool attempt_passes(const struct attempt *a)
{
    return a->refined && !is_loose(a) && !a->ambiguous && !a->doubled && !is_covered(a) &&
           a->fit.missing_field < 0 && !a->fit.missing_option && a->fit.share >= SHARE_MIN &&
           !has_slipped(a) && a->fit.residual <= a->registration->max_residual && !is_another(a);
}

/* Passing beats failing, unless what fails explains clearly more print: a curled sheet of the right
 * form is not to be read as a flat one of another. Then the one that explains more; then the one
 * with more marks. */
bool attempt_better(const struct attempt *a, const struct attempt *b)
{
    bool pa = attempt_passes(a), pb = attempt_passes(b);
    const struct attempt *passing = pa ? a : b, *failing = pa ? b : a;
    double rival_share = failing->registration->kind == REGISTER_IMAGE ? IMAGE_SHARE : RIVAL_SHARE;
    if (pa != pb)
        return failing->fit.share > rival_share && failing->score > RIVAL * passing->score ? !pa
                                                                                           : pa;
    return a->score != b->score ? a->score > b->score : a->marks > b->marks;
}

bool attempt_is_final(const struct attempt *a)
{
    return a->form >= 0 && a->refined && !a->rescue && a->fit.share >= SHARE_MIN;
}

static double wanted_residual(const struct attempt *a)
{
    if (a->rescue && !a->whole)
        return RESCUE_RESIDUAL;
    return a->registration->kind == REGISTER_PRINT ? IMAGE_RESIDUAL : a->registration->max_residual;
}

enum page_verdict attempt_tell(const struct attempt *a, const struct form *of, char *out,
                               size_t size)
{
    const char *form = of->name;
    bool few = !a->refined || a->fit.share < SHARE_MIN;
    int field = a->fit.missing_field;
    if (a->refined && a->registration->kind == REGISTER_PRINT && field < 0)
        field = a->fit.lost_field;
    if (a->refined && is_covered(a) && field < 0)
        field = a->fit.covered_field;
    if (a->refined && is_loose(a) && a->fit.residual <= RESCUE_RESIDUAL && field < 0)
        few = true;
    if (a->marks == 0) {
        snprintf(out, size, _("no registration mark of form '%s' was found"), form);
    } else if (few) {
        snprintf(out, size, _("only %.0f %% of the print of form '%s' is where it should be"),
                 100 * (a->refined ? a->fit.share : 0), form);
        return PAGE_UNKNOWN_FORM;
    } else if (a->identity == IDENTITY_OTHER) {
        snprintf(out, size, _("the page says it is '%s', no page of form '%s'"), a->seen, form);
        return PAGE_UNKNOWN_FORM;
    } else if (is_another(a)) {
        snprintf(out, size, _("the page identity of form '%s' cannot be read"), form);
    } else if (a->doubled) {
        snprintf(out, size, _("a part of a second sheet is seen beside form '%s': fed double?"),
                 form);
    } else if (has_slipped(a)) {
        snprintf(
            out, size,
            _("a part of form '%s' is %.1f mm from where its marks put it: did the paper slip?"),
            form, a->drift);
    } else if (field >= 0) {
        snprintf(out, size, _("the print of field '%s' is not there: covered, or a row off?"),
                 of->fields[field].name);
    } else if (a->ambiguous || a->fit.missing_option) {
        snprintf(out, size, _("the print of form '%s' would fit one row or column away as well"),
                 form);
    } else {
        snprintf(out, size, _("the print of form '%s' is off by %.2f mm, more than %.2f mm"), form,
                 a->fit.residual, wanted_residual(a));
    }
    return PAGE_NO_REGISTRATION;
}
