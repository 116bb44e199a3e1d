/* registration.h - finds which form page a scan shows and where every millimetre of it is.
 *
 * Candidates for the transform come from the form's registrations (marks, marker picture, outline,
 * frame, reference, the image itself) in all four orientations. Each is judged by the same witness:
 * the printed outlines of the form's bubbles and boxes must be found where the transform says. The
 * best wins if its fit and residual are good enough, and if no other place explains the print as
 * well (a shift by one row must not win). Then the map is refined on the outlines themselves. */
#ifndef YJ_ENGINE_REGISTRATION_H
#define YJ_ENGINE_REGISTRATION_H

#include "exam.h"
#include "image.h"
#include "pagemap.h"
#include "records.h"

struct diag;
struct page_clock;
struct registrar;            /* prepared forms; immutable, shared by all workers */
struct registration_scratch; /* one a worker */

struct registration_result {
    enum page_verdict verdict; /* PAGE_READ, PAGE_NO_REGISTRATION or PAGE_UNKNOWN_FORM */
    char reason[256];          /* "" for PAGE_READ; else what was seen, for a person */
    int form, form_page;       /* -1 where none fits; else the best guess */
    struct page_map map;
    double residual; /* mm, root mean square over the anchors or marks */
    double fit;      /* 0 to 1 */
    struct page_quality quality;
    char sheet[32]; /* serial from the page's identity, "" none */
};

/* Loads marker and reference pictures (YJ_EINPUT with the form's line where one cannot be read). */
int registrar_create(const struct exam *exam, struct registrar **ret_registrar, struct diag *d);
void registrar_destroy(struct registrar *registrar);

int registration_scratch_create(struct registration_scratch **ret_scratch);
void registration_scratch_destroy(struct registration_scratch *scratch);
/* registrar_find gives up (YJ_ETIME) when it runs out. Borrowed; NULL: never. */
void registration_scratch_set_clock(struct registration_scratch *scratch,
                                    const struct page_clock *clock);
/* The page that registrar_find looked at last (`img`), shrunk by 2^*ret_level as far as its longer
 * side keeps `side` px. Valid until the next is looked at. */
const struct image *registration_reduced(const struct registration_scratch *scratch,
                                         const struct image *img, int side, int *ret_level);

/* `scan_path` chooses among forms that name their scans. `halves`: what the decoder made of the
 * page besides (decoder_want_halves), or NULL; borrowed until the next page is looked at. 0, with
 * the verdict in `ret`; YJ_ENOMEM, YJ_ETIME. */
int registrar_find(const struct registrar *registrar, const char *scan_path,
                   const struct image *img, const struct image *halves,
                   struct registration_scratch *scratch, struct registration_result *ret);

#endif
