/* runs_sides.c - folded corners, exposure, empty sides. */
#include "health_runs_internal.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>

#define PAPER_DARK 140      /* grey */
#define WASHED_CLIPPED 0.9  /* of the paper is pure white ... */
#define WASHED_CONTRAST 0.2 /* ... and print as pale as this */

static const char *corner_text(int corner)
{
    static const char *const names[] = {
        [CORNER_TOP_LEFT] = N_("top left"),
        [CORNER_TOP_RIGHT] = N_("top right"),
        [CORNER_BOTTOM_RIGHT] = N_("bottom right"),
        [CORNER_BOTTOM_LEFT] = N_("bottom left"),
    };
    return _(names[corner]);
}

int runs_end_corner(struct health_runs *runs, struct stream *stream, int corner)
{
    const struct run *run = &stream->corner[corner];
    const char *pages = run->alarmed ? runs_span(runs, run) : NULL;
    if (!run->alarmed)
        return 0;
    if (!pages)
        return YJ_ENOMEM;
    return runs_tell(runs, ALARM_CORNER, run, NAN,
                     arena_printf(&runs->arena,
                                  _("the %s corner is folded or missing %s, up to %.0f mm; unfold "
                                    "corners before scanning, and check the feeder"),
                                  corner_text(corner), pages, stream->corner_size[corner]));
}

/* A corner that covers a field is told for its page, whether others have it or not. */
int runs_add_corners(struct health_runs *runs, struct stream *stream,
                     const struct health_page *page, int index)
{
    const struct page_health *h = &page->health;
    int r = 0;
    for (int c = 0; c < 4 && r == 0; c++) {
        struct run *run = &stream->corner[c];
        bool hit = h->corner == c;
        if (hit)
            stream->corner_size[c] =
                run->pages == 0 ? h->corner_size : fmax(stream->corner_size[c], h->corner_size);
        if (run_step(run, index, hit, LINE_WINDOW, LINE_NEEDED)) {
            r = runs_end_corner(runs, stream, c);
            *run = (struct run){0};
        }
    }
    if (r < 0 || h->corner < 0 || !h->corner_touches[0])
        return r;
    struct run one = {.first = index, .last = index, .pages = 1};
    return runs_tell(
        runs, ALARM_CORNER, &one, NAN,
        arena_printf(&runs->arena,
                     _("the %s corner is folded or missing, %.0f mm, and fields with it: "
                       "%s; look at them, or unfold it and scan again"),
                     corner_text(h->corner), h->corner_size, h->corner_touches));
}

int runs_end_exposure(struct health_runs *runs, const struct stream *stream)
{
    const struct run *run = &stream->exposure;
    const char *pages = run->alarmed ? runs_span(runs, run) : NULL;
    if (!run->alarmed)
        return 0;
    if (!pages)
        return YJ_ENOMEM;
    return runs_tell(
        runs, ALARM_EXPOSURE, run, NAN,
        stream->washed ? arena_printf(&runs->arena,
                                      _("the scans are too bright %s: the paper is pure white and "
                                        "print is pale, pencil may be gone; lower the scanner's "
                                        "brightness"),
                                      pages)
                       : arena_printf(&runs->arena,
                                      _("the scans are too dark %s: the paper is at grey %.0f of "
                                        "255; raise the scanner's brightness"),
                                      pages, stream->paper));
}

int runs_add_exposure(struct health_runs *runs, struct stream *stream,
                      const struct health_page *page, int index)
{
    const struct page_health *h = &page->health;
    bool dark = !h->bitonal && h->paper < PAPER_DARK;
    bool washed = !h->bitonal && h->clipped > WASHED_CLIPPED && page->verdict == PAGE_READ &&
                  page->quality.contrast < WASHED_CONTRAST;
    struct run *run = &stream->exposure;
    if (dark)
        stream->paper = run->pages == 0 ? h->paper : fmin(stream->paper, h->paper);
    if (dark || washed)
        stream->washed = washed;
    if (!run_step(run, index, dark || washed, PAGE_WINDOW, PAGE_NEEDED))
        return 0;
    int r = runs_end_exposure(runs, stream);
    *run = (struct run){0};
    return r;
}

int runs_end_empty(struct health_runs *runs, const struct stream *stream)
{
    const struct run *run = &stream->empty;
    const char *pages = run->alarmed ? runs_span(runs, run) : NULL;
    if (!run->alarmed)
        return 0;
    if (!pages)
        return YJ_ENOMEM;
    int length = runs->seen[run->last].ordinal - runs->seen[run->first].ordinal + 1;
    return runs_tell(
        runs, ALARM_WRONG_SIDE, run, NAN,
        3 * run->pages <= 2 * length
            ? arena_printf(&runs->arena,
                           _("empty pages between the others %s: both sides are scanned "
                             "and one is empty; scan one side only"),
                           pages)
            : arena_printf(&runs->arena,
                           _("empty pages %s: does the stack lie with its back to the "
                             "glass? turn it over and scan it again"),
                           pages));
}

int runs_add_empty(struct health_runs *runs, struct stream *stream, const struct health_page *page,
                   int index)
{
    bool empty = page->verdict != PAGE_READ && page->verdict != PAGE_UNREADABLE &&
                 page->health.side != SIDE_PRINTED;
    if (!run_step(&stream->empty, index, empty, PAGE_WINDOW, EMPTY_NEEDED))
        return 0;
    int r = runs_end_empty(runs, stream);
    stream->empty = (struct run){0};
    return r;
}
