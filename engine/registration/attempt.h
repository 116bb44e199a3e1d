/* attempt.h - one form page held against one scan by one of its registrations.
 *
 * An attempt proposes places, lets the witness choose and refine, and gathers all that speaks for
 * and against the result: attempt_passes is the one place where that is weighed. */
#ifndef YJ_ENGINE_ATTEMPT_H
#define YJ_ENGINE_ATTEMPT_H

#include "page_identity.h"
#include "print_pattern.h"
#include "proposals.h"
#include "records.h"
#include "witness.h"

struct prepared_page {
    struct outline_set *outlines;
    struct print_pattern *pattern;
    struct image *pictures; /* one a registration; empty where it names none */
    int n_pictures;
};

struct registration_scratch {
    struct pyramid pyramid; /* of the page looked at last */
    struct image levels[3]; /* pyramid levels 1 to 3, where they were not given */
    struct image softened;  /* level 1 of a black and white scan, once somebody wants it */
    enum { SOFT_UNKNOWN, SOFT_MADE, SOFT_NONE } soft;
    unsigned char *near; /* enum near_verdict of each page of all forms, in their order */
    int n_near;
    struct image enlarged; /* a coarse scan, twice its size */
    struct witness_scratch *witness;
    const struct page_clock *clock; /* NULL: it never runs out */
};

/* What is held against the scan. */
struct attempt_target {
    const struct form *form;
    int form_index, page;
    bool only; /* page of the only form that the scan may show */
    const struct prepared_page *prepared;
    const struct registration *registration;
    const struct image *picture; /* MARKER, REFERENCE; else empty */
    bool rescue; /* by its print, because its own registrations failed: much more is demanded */
};

struct attempt {
    int form, page; /* -1: none yet */
    const struct registration *registration;
    bool rescue, only;
    int marks;  /* marks that the proposal chosen rests on; 0: none proposed */
    int ties;   /* printed marks seen where the refined map has them */
    bool whole; /* all of them and nearly all print */
    bool held;  /* nearly all of them; looked at where the print alone decides, or drifted */
    bool refined;
    bool ambiguous;
    bool doubled;           /* a part of a second sheet is seen */
    double drift;           /* mm: farthest that the print is from where the proposal put it */
    struct witness_fit fit; /* px of the scan */
    enum identity_verdict identity;
    char sheet[SHEET_SERIAL_MAX], seen[64];
    double score;   /* outlines found times their share */
    double sighted; /* share of the outlines looked at that the best proposal showed */
};

/* At little cost, from marks that are just where they should be on a scan that shows the page and
 * nothing else. */
enum near_verdict {
    NEAR_SURE, /* `ret` passes: no other way of finding the page can say more */
    NEAR_NOT,  /* all its marks are there and its print is not: a page of another form */
    NEAR_OPEN, /* neither: attempt_make has to look */
};
int attempt_near(const struct attempt_target *target, const struct pyramid *pyramid,
                 struct registration_scratch *scratch, struct attempt *ret,
                 enum near_verdict *ret_verdict);
/* `ret` is `refined` where a place was worth it. 0 or YJ_ENOMEM. */
int attempt_make(const struct attempt_target *target, const struct pyramid *pyramid,
                 struct registration_scratch *scratch, struct attempt *ret);

#define SHARE_MIN 0.55  /* outlines found: less is not this form */
#define SHARE_GOOD 0.85 /* as good as it gets on used paper: look no further */

bool attempt_passes(const struct attempt *a);
/* Whether a is to be believed rather than b. */
bool attempt_better(const struct attempt *a, const struct attempt *b);
/* Whether the failed attempt says something of the sheet that no other way of finding it may
 * overrule: it is there, but slipped, covered, or another page. */
bool attempt_is_final(const struct attempt *a);
/* What speaks against it, for a person; whether it is another form. */
enum page_verdict attempt_tell(const struct attempt *a, const struct form *form, char *out,
                               size_t size);

#endif
