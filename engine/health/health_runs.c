/* health_runs.c - windows over the pages of each batch, and what they make an alarm of.
 *
 * A defect has a run: it begins with its first page, is an alarm once enough of the last pages show
 * it, and is over after a whole window without. What a line is (dirt stays where it is on the
 * glass, a crease where it is on the paper, and so does print) is decided when its run is over,
 * from how far it strayed in both. */
#include "health_runs.h"

#include "arena.h"
#include "diag.h"
#include "form.h"
#include "i18n.h"
#include "same_sheets.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How many of how many pages; 12, so that one side of a duplex scanner, every second page, is seen
 * too. */
#define LINE_WINDOW 12
#define LINE_NEEDED 5
#define PAGE_WINDOW 8
#define PAGE_NEEDED 5
#define EMPTY_NEEDED 4

#define STREAK_APART 1.0  /* mm of the scan: the same place on the glass */
#define STREAK_STRAY 0.5  /* mm, standard deviation: what strays more is not on the glass */
#define STREAK_LEAN 1.0   /* mm over the page, in the mean */
#define SAME_SIZE 3.0     /* mm: pages of one size lie the same way on the glass */
#define CREASE_APART 5.0  /* mm of the form: sheets folded by the same hand */
#define PRINT_STRAY 0.3   /* mm of the form: what strays less is printed */
#define TOUCHING_DEPTH 12 /* grey levels: a paler line is no mark to any reader */

#define SERIES 8
#define LIGHT_SHARE 0.65  /* of the contrast that the form's print had at its best */
#define LIGHT_ALWAYS 0.12 /* (paper - print) / 255 */
#define LIGHT_NEEDED 6    /* pupils press and copiers vary: one more than of others */
#define BLUR_TIMES 1.4    /* what edges took at their sharpest ... */
#define BLUR_FROM 0.2     /* ... and this, mm */
#define BLUR_ALWAYS 0.35  /* mm, or BLUR_PIXELS of a coarse scan */
#define BLUR_PIXELS 2.2
#define SAME_DPI 0.1        /* share: contrast and edges are compared at one resolution only */
#define PAPER_DARK 140      /* grey */
#define WASHED_CLIPPED 0.9  /* of the paper is pure white ... */
#define WASHED_CONTRAST 0.2 /* ... and print as pale as this */

#define SAME_CANDIDATE 0.2 /* distance of fingerprints where both pages name the same candidate */
#define SAME_NAMELESS 0.1  /* of a page and the one before it where no candidate is named */
#define LEAST_MARKED 3     /* readings with something in them: empty forms are all alike */

/* A page that was told of. */
struct seen {
    int64_t id;
    const char *scan;    /* in the arena */
    int number, ordinal; /* in its batch, from 1 */
    int stream, series;  /* series -1: not read */
    const char *candidate;
    int marked;
    bool has_fingerprint;
    uint8_t fingerprint[HEALTH_CELLS];
};

struct run {
    uint32_t history; /* the last pages, the latest in bit 0 */
    int first, last;  /* seen[] */
    int pages;
    bool alarmed;
};

struct moments {
    int n;
    double sum, squares;
};

struct track {
    struct run run;
    bool on_paper; /* follows a place on the form; else on the glass */
    bool across, light;
    int width, height; /* px: of the first page, on the glass */
    double dpi;
    int series; /* on the paper */
    char axis;
    double leans, depth;
    struct moments glass, paper;
    const char *touches;
    bool told; /* became an alarm */
};

/* What a figure was on the last pages, round and round. */
struct recent {
    double values[SERIES];
    int n;
};

/* A form's page within a stream, at one resolution: what its print is like. */
struct series {
    int stream, form, form_page;
    double dpi;
    bool bitonal;
    struct recent contrast;
    double best, worst; /* of the medians so far, 0: none yet; of the pages in the run */
    struct run light;
    uint8_t base[HEALTH_CELLS]; /* what every page's bubbles hold at least */
};

/* The scans of a stream at one resolution: how sharp they are. */
struct focus {
    int stream;
    double dpi;
    bool bitonal;
    struct recent rise;
    double best, worst;
    struct run blur;
};

struct stream {
    const char *batch;
    int pages;
    struct run corner[4], exposure, empty;
    double corner_size[4], paper; /* the worst in the run */
    bool washed;
    struct track **tracks; /* still running */
    int n_tracks, tracks_capacity;
};

/* A line that runs through bubbles of a page: told alone where no run tells it. */
struct crossing {
    int page; /* seen[] */
    struct track *glass, *paper;
    struct page_line line;
};

struct health_runs {
    struct arena arena;
    struct seen *seen;
    struct stream *streams;
    struct series *series;
    struct focus *foci;
    struct crossing *crossings;
    struct health_alarm *alarms;
    int n_seen, n_streams, n_series, n_foci, n_crossings, n_alarms;
    int seen_capacity, streams_capacity, series_capacity, foci_capacity;
    int crossings_capacity, alarms_capacity;
};

int health_runs_create(struct health_runs **ret_runs)
{
    struct health_runs *runs = calloc(1, sizeof *runs);
    if (!runs)
        return YJ_ENOMEM;
    arena_init(&runs->arena);
    *ret_runs = runs;
    return 0;
}

void health_runs_destroy(struct health_runs *runs)
{
    if (!runs)
        return;
    for (int i = 0; i < runs->n_streams; i++)
        free(runs->streams[i].tracks);
    free(runs->seen);
    free(runs->streams);
    free(runs->series);
    free(runs->foci);
    free(runs->crossings);
    free(runs->alarms);
    arena_finish(&runs->arena);
    free(runs);
}

/* Room for one more; the new array or NULL, which leaves the old. */
static bool grow(void **array, int n, int *capacity, size_t size)
{
    if (n < *capacity)
        return true;
    int more = *capacity ? 2 * *capacity : 64;
    void *grown = realloc(*array, (size_t)more * size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = more;
    return true;
}

#define GROW(array, n, capacity) grow((void **)&(array), n, &(capacity), sizeof *(array))

/* ---- runs ---- */

static uint32_t window_mask(int window)
{
    return (1u << window) - 1;
}

/* The next page shows it or not. True: the run is over, and `run` still holds it. */
static bool run_step(struct run *run, int page, bool hit, int window, int needed)
{
    run->history = (run->history << 1 | hit) & window_mask(window);
    if (hit) {
        run->first = run->pages == 0 ? page : run->first;
        run->last = page;
        run->pages++;
    }
    if (__builtin_popcount(run->history) >= needed)
        run->alarmed = true;
    return run->pages > 0 && run->history == 0;
}

/* ---- telling ---- */

static int tell(struct health_runs *runs, enum alarm_kind kind, const struct run *run, double place,
                const char *detail)
{
    if (!detail || !GROW(runs->alarms, runs->n_alarms, runs->alarms_capacity))
        return YJ_ENOMEM;
    runs->alarms[runs->n_alarms++] = (struct health_alarm){.kind = kind,
                                                           .run = run->pages > 1,
                                                           .first = runs->seen[run->first].id,
                                                           .last = runs->seen[run->last].id,
                                                           .pages = run->pages,
                                                           .place = place,
                                                           .detail = detail};
    return 0;
}

/* "since page 12 of the batch ('scans/0012.png' page 1), 19 of 19 pages to page 30" */
static const char *span(struct health_runs *runs, const struct run *run)
{
    const struct seen *first = &runs->seen[run->first], *last = &runs->seen[run->last];
    return arena_printf(
        &runs->arena, _("since page %d of the batch ('%s' page %d), on %d of %d pages to page %d"),
        first->ordinal, first->scan, first->number, run->pages, last->ordinal - first->ordinal + 1,
        last->ordinal);
}

/* ---- lines ---- */

static void moments_add(struct moments *m, double value)
{
    m->n++;
    m->sum += value;
    m->squares += value * value;
}

static double moments_mean(const struct moments *m)
{
    return m->n > 0 ? m->sum / m->n : 0;
}

static double moments_deviation(const struct moments *m)
{
    double mean = moments_mean(m);
    return m->n > 1 ? sqrt(fmax(0, m->squares / m->n - mean * mean)) : 0;
}

/* It stays on the form, and the form does not stay on the glass. */
static bool track_is_print(const struct track *t)
{
    double paper = moments_deviation(&t->paper);
    return t->paper.n >= LINE_NEEDED && paper < PRINT_STRAY &&
           moments_deviation(&t->glass) > 2 * paper + 0.1;
}

static bool track_is_dirt(const struct track *t)
{
    return moments_deviation(&t->glass) <= STREAK_STRAY && t->leans / t->run.pages <= STREAK_LEAN &&
           !track_is_print(t);
}

static bool track_is_crease(const struct track *t)
{
    return !track_is_dirt(t) && moments_deviation(&t->paper) >= PRINT_STRAY;
}

static const char *touched(struct health_runs *runs, const char *touches)
{
    if (!touches || !touches[0])
        return "";
    return arena_printf(&runs->arena, _(", through fields %s"), touches);
}

static int tell_dirt(struct health_runs *runs, struct track *t)
{
    double at = moments_mean(&t->glass);
    const char *fields = touched(runs, t->touches), *pages = span(runs, &t->run);
    if (!fields || !pages)
        return YJ_ENOMEM;
    t->told = true;
    return tell(runs, ALARM_STREAK, &t->run, at,
                arena_printf(&runs->arena,
                             t->light ? _("the glass is dirty at %s = %.0f mm of the scan: a light "
                                          "line %s%s; clean it there, and scan these pages again")
                                      : _("the glass is dirty at %s = %.0f mm of the scan: a dark "
                                          "line %s%s; clean it there, and scan these pages again"),
                             t->across ? "y" : "x", at, pages, fields));
}

static int tell_crease(struct health_runs *runs, struct track *t)
{
    double at = moments_mean(&t->paper);
    const char *fields = touched(runs, t->touches), *pages = span(runs, &t->run);
    if (!fields || !pages)
        return YJ_ENOMEM;
    t->told = true;
    return tell(runs, ALARM_CREASE, &t->run, NAN,
                arena_printf(&runs->arena,
                             _("folded sheets: a crease near %c = %.0f mm of the form %s%s; press "
                               "them flat before scanning"),
                             t->axis, at, pages, fields));
}

static int end_track(struct health_runs *runs, struct track *t)
{
    if (!t->run.alarmed)
        return 0;
    if (!t->on_paper)
        return track_is_dirt(t) ? tell_dirt(runs, t) : 0;
    return track_is_crease(t) ? tell_crease(runs, t) : 0;
}

static bool same_size(const struct track *t, const struct health_page *page)
{
    double most = SAME_SIZE / 25.4 * t->dpi;
    return fabs(t->dpi - page->health.dpi) <= 0.03 * t->dpi &&
           fabs((double)t->width - page->width) <= most &&
           fabs((double)t->height - page->height) <= most;
}

/* Whether the page could show it at all. */
static bool track_sees(const struct track *t, const struct health_page *page, int series)
{
    if (!page->health.measured)
        return false;
    return t->on_paper ? t->series == series : same_size(t, page);
}

static bool track_takes(const struct track *t, const struct page_line *line)
{
    if (t->light != line->light)
        return false;
    if (t->on_paper)
        return t->axis == line->form_axis &&
               fabs(line->form_at - moments_mean(&t->paper)) <= CREASE_APART;
    return t->across == line->across && fabs(line->at - moments_mean(&t->glass)) <= STREAK_APART;
}

static void track_add(struct track *t, const struct page_line *line, const char *touches)
{
    moments_add(&t->glass, line->at);
    if (line->form_axis)
        moments_add(&t->paper, line->form_at);
    t->leans += fabs(line->lean);
    t->depth = fmax(t->depth, line->depth);
    if (!t->touches || strlen(touches) > strlen(t->touches))
        t->touches = touches;
}

/* The running track that takes the line and has not taken another of this page; or a new one. */
static struct track *find_track(struct health_runs *runs, struct stream *stream, bool on_paper,
                                const struct health_page *page, int series, int index,
                                const struct page_line *line)
{
    for (int i = 0; i < stream->n_tracks; i++) {
        struct track *t = stream->tracks[i];
        if (t->on_paper == on_paper && track_sees(t, page, series) && track_takes(t, line) &&
            (t->run.pages == 0 || t->run.last != index))
            return t;
    }
    struct track *t = arena_alloc(&runs->arena, sizeof *t);
    if (!t || !GROW(stream->tracks, stream->n_tracks, stream->tracks_capacity))
        return NULL;
    *t = (struct track){.on_paper = on_paper,
                        .across = line->across,
                        .light = line->light,
                        .width = page->width,
                        .height = page->height,
                        .dpi = page->health.dpi,
                        .series = series,
                        .axis = line->form_axis};
    stream->tracks[stream->n_tracks++] = t;
    return t;
}

/* The line goes on in a track of its kind, whose run takes the page as a hit. */
static int follow_line(struct health_runs *runs, struct stream *stream, bool on_paper,
                       const struct health_page *page, int series, int index,
                       const struct page_line *line, struct track **ret_track)
{
    struct track *t = find_track(runs, stream, on_paper, page, series, index, line);
    const char *touches = t ? arena_strdup(&runs->arena, line->touches) : NULL;
    if (!touches)
        return YJ_ENOMEM;
    (void)run_step(&t->run, index, true, LINE_WINDOW, LINE_NEEDED);
    track_add(t, line, touches);
    *ret_track = t;
    return 0;
}

/* Tracks that could have gone on with this page, and did not. */
static int miss_tracks(struct health_runs *runs, struct stream *stream,
                       const struct health_page *page, int series, int index)
{
    int kept = 0, r = 0;
    for (int i = 0; i < stream->n_tracks; i++) {
        struct track *t = stream->tracks[i];
        bool missed = t->run.last != index && track_sees(t, page, series);
        if (missed && run_step(&t->run, index, false, LINE_WINDOW, LINE_NEEDED)) {
            r = r < 0 ? r : end_track(runs, t);
            continue;
        }
        stream->tracks[kept++] = t;
    }
    stream->n_tracks = kept;
    return r;
}

static int add_lines(struct health_runs *runs, struct stream *stream,
                     const struct health_page *page, int series, int index)
{
    int r = 0;
    for (int i = 0; i < page->health.n_lines && r == 0; i++) {
        const struct page_line *line = &page->health.lines[i];
        struct track *glass = NULL, *paper = NULL;
        r = follow_line(runs, stream, false, page, series, index, line, &glass);
        if (r == 0 && line->form_axis && series >= 0)
            r = follow_line(runs, stream, true, page, series, index, line, &paper);
        if (r < 0 || !line->touches[0] || line->light || line->depth < TOUCHING_DEPTH)
            continue;
        if (!GROW(runs->crossings, runs->n_crossings, runs->crossings_capacity))
            return YJ_ENOMEM;
        runs->crossings[runs->n_crossings++] =
            (struct crossing){.page = index, .glass = glass, .paper = paper, .line = *line};
    }
    return r < 0 ? r : miss_tracks(runs, stream, page, series, index);
}

static int tell_crossings(struct health_runs *runs)
{
    int r = 0;
    for (int i = 0; i < runs->n_crossings && r == 0; i++) {
        const struct crossing *c = &runs->crossings[i];
        struct run one = {.first = c->page, .last = c->page, .pages = 1};
        if (c->glass->told || track_is_print(c->glass) ||
            (c->paper && (c->paper->told || track_is_print(c->paper))))
            continue;
        r = tell(runs, ALARM_CREASE, &one, c->line.at,
                 arena_printf(&runs->arena,
                              _("a dark line, a crease or dirt, at %s = %.0f mm of the scan runs "
                                "through fields %s: look at them"),
                              c->line.across ? "y" : "x", c->line.at, c->line.touches));
    }
    return r;
}

/* ---- print and focus ---- */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Adds a page's figure; the median of the last pages, 0 before there are enough. */
static double remember(struct recent *r, double value)
{
    double sorted[SERIES];
    r->values[r->n++ % SERIES] = value;
    if (r->n < SERIES)
        return 0;
    memcpy(sorted, r->values, sizeof sorted);
    qsort(sorted, SERIES, sizeof *sorted, compare_doubles);
    return (sorted[SERIES / 2 - 1] + sorted[SERIES / 2]) / 2;
}

static int end_light(struct health_runs *runs, struct series *s)
{
    const char *pages = s->light.alarmed ? span(runs, &s->light) : NULL;
    if (!s->light.alarmed)
        return 0;
    if (!pages)
        return YJ_ENOMEM;
    return tell(runs, ALARM_LIGHT_PRINT, &s->light, NAN,
                s->worst < LIGHT_SHARE * s->best
                    ? arena_printf(&runs->arena,
                                   _("the print is light %s: %.0f %% darker than the paper, "
                                     "elsewhere %.0f %%; check the printer's toner and the "
                                     "scanner's brightness"),
                                   pages, 100 * s->worst, 100 * s->best)
                    : arena_printf(&runs->arena,
                                   _("the print is light %s: only %.0f %% darker than the paper; "
                                     "check the printer's toner and the scanner's brightness"),
                                   pages, 100 * s->worst));
}

static int add_print(struct health_runs *runs, struct series *s, const struct health_page *page,
                     int index)
{
    double contrast = page->quality.contrast;
    bool light = contrast > 0 && (contrast < LIGHT_ALWAYS || contrast < LIGHT_SHARE * s->best);
    int r = 0;
    if (light)
        s->worst = s->light.pages == 0 ? contrast : fmin(s->worst, contrast);
    if (run_step(&s->light, index, light, PAGE_WINDOW, LIGHT_NEEDED)) {
        r = end_light(runs, s);
        s->light = (struct run){0};
    }
    s->best = fmax(s->best, remember(&s->contrast, contrast));
    return r;
}

static int end_blur(struct health_runs *runs, struct focus *f)
{
    const char *pages = f->blur.alarmed ? span(runs, &f->blur) : NULL;
    if (!f->blur.alarmed)
        return 0;
    if (!pages)
        return YJ_ENOMEM;
    return tell(runs, ALARM_BLUR, &f->blur, NAN,
                arena_printf(&runs->arena,
                             _("the scans are blurred %s: edges take up to %.2f mm; clean the "
                               "glass, check that the paper lies on it, and scan them again"),
                             pages, f->worst));
}

/* Of every page with edges, read or refused: what is blurred may be refused for it. */
static int add_focus(struct health_runs *runs, struct focus *f, const struct health_page *page,
                     int index)
{
    double rise = page->health.rise;
    double always = fmax(BLUR_ALWAYS, BLUR_PIXELS * 25.4 / page->health.dpi);
    double before = f->best > 0 ? fmax(BLUR_TIMES * f->best, BLUR_FROM) : INFINITY;
    bool blurred = rise > fmin(always, before);
    int r = 0;
    if (blurred)
        f->worst = f->blur.pages == 0 ? rise : fmax(f->worst, rise);
    if (run_step(&f->blur, index, blurred, PAGE_WINDOW, PAGE_NEEDED)) {
        r = end_blur(runs, f);
        f->blur = (struct run){0};
    }
    double middle = remember(&f->rise, rise);
    if (middle > 0)
        f->best = f->best > 0 ? fmin(f->best, middle) : middle;
    return r;
}

/* ---- corners, exposure, empty sides ---- */

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

static int end_corner(struct health_runs *runs, struct stream *stream, int corner)
{
    const struct run *run = &stream->corner[corner];
    const char *pages = run->alarmed ? span(runs, run) : NULL;
    if (!run->alarmed)
        return 0;
    if (!pages)
        return YJ_ENOMEM;
    return tell(runs, ALARM_CORNER, run, NAN,
                arena_printf(&runs->arena,
                             _("the %s corner is folded or missing %s, up to %.0f mm; unfold "
                               "corners before scanning, and check the feeder"),
                             corner_text(corner), pages, stream->corner_size[corner]));
}

/* A corner that covers a field is told for its page, whether others have it or not. */
static int add_corners(struct health_runs *runs, struct stream *stream,
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
            r = end_corner(runs, stream, c);
            *run = (struct run){0};
        }
    }
    if (r < 0 || h->corner < 0 || !h->corner_touches[0])
        return r;
    struct run one = {.first = index, .last = index, .pages = 1};
    return tell(runs, ALARM_CORNER, &one, NAN,
                arena_printf(&runs->arena,
                             _("the %s corner is folded or missing, %.0f mm, and fields with it: "
                               "%s; look at them, or unfold it and scan again"),
                             corner_text(h->corner), h->corner_size, h->corner_touches));
}

static int end_exposure(struct health_runs *runs, const struct stream *stream)
{
    const struct run *run = &stream->exposure;
    const char *pages = run->alarmed ? span(runs, run) : NULL;
    if (!run->alarmed)
        return 0;
    if (!pages)
        return YJ_ENOMEM;
    return tell(runs, ALARM_EXPOSURE, run, NAN,
                stream->washed
                    ? arena_printf(&runs->arena,
                                   _("the scans are too bright %s: the paper is pure white and "
                                     "print is pale, pencil may be gone; lower the scanner's "
                                     "brightness"),
                                   pages)
                    : arena_printf(&runs->arena,
                                   _("the scans are too dark %s: the paper is at grey %.0f of "
                                     "255; raise the scanner's brightness"),
                                   pages, stream->paper));
}

static int add_exposure(struct health_runs *runs, struct stream *stream,
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
    int r = end_exposure(runs, stream);
    *run = (struct run){0};
    return r;
}

static int end_empty(struct health_runs *runs, const struct stream *stream)
{
    const struct run *run = &stream->empty;
    const char *pages = run->alarmed ? span(runs, run) : NULL;
    if (!run->alarmed)
        return 0;
    if (!pages)
        return YJ_ENOMEM;
    int length = runs->seen[run->last].ordinal - runs->seen[run->first].ordinal + 1;
    return tell(runs, ALARM_WRONG_SIDE, run, NAN,
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

static int add_empty(struct health_runs *runs, struct stream *stream,
                     const struct health_page *page, int index)
{
    bool empty = page->verdict != PAGE_READ && page->verdict != PAGE_UNREADABLE &&
                 page->health.side != SIDE_PRINTED;
    if (!run_step(&stream->empty, index, empty, PAGE_WINDOW, EMPTY_NEEDED))
        return 0;
    int r = end_empty(runs, stream);
    stream->empty = (struct run){0};
    return r;
}

/* ---- the same sheet twice ---- */

/* The page that shows the same sheet, before `index`; -1: none. `by_candidate` is sorted. */
static int find_same(const struct health_runs *runs, const int *by_candidate, int place, int index,
                     int before)
{
    const struct seen *page = &runs->seen[index];
    const uint8_t *base = runs->series[page->series].base;
    if (!page->candidate[0]) {
        if (before < 0 || runs->seen[before].candidate[0])
            return -1;
        double distance =
            same_sheets_distance(runs->seen[before].fingerprint, page->fingerprint, base);
        return distance <= SAME_NAMELESS ? before : -1;
    }
    for (int k = place - 1; k >= 0; k--) {
        const struct seen *other = &runs->seen[by_candidate[k]];
        if (other->series != page->series || strcmp(other->candidate, page->candidate) != 0)
            break;
        if (same_sheets_distance(other->fingerprint, page->fingerprint, base) <= SAME_CANDIDATE)
            return by_candidate[k];
    }
    return -1;
}

static int compare_candidates(const void *a, const void *b, void *context)
{
    const struct seen *seen = context;
    int i = *(const int *)a, j = *(const int *)b;
    const struct seen *p = &seen[i], *q = &seen[j];
    if (p->series != q->series)
        return p->series < q->series ? -1 : 1;
    int order = strcmp(p->candidate, q->candidate);
    return order != 0 ? order : (i > j) - (i < j);
}

static int tell_same(struct health_runs *runs, const struct run *run, int original)
{
    const struct seen *first = &runs->seen[run->first], *other = &runs->seen[original];
    return tell(runs, ALARM_DUPLICATE, run, NAN,
                run->pages == 1
                    ? arena_printf(&runs->arena,
                                   _("this is the same sheet as page %d of the batch ('%s' page "
                                     "%d), scanned again; void one of the two"),
                                   other->ordinal, other->scan, other->number)
                    : arena_printf(&runs->arena,
                                   _("%d sheets are scanned twice: those from page %d of the batch "
                                     "('%s' page %d) on are those from page %d ('%s' page %d) on; "
                                     "void one of the two"),
                                   run->pages, first->ordinal, first->scan, first->number,
                                   other->ordinal, other->scan, other->number));
}

/* Pages in their order, so that a stack scanned twice is one alarm. */
static int tell_duplicates_within(struct health_runs *runs, const int *by_candidate,
                                  const int *place_of, int *before)
{
    struct run run = {0};
    int original = -1, r = 0;
    for (int i = 0; i < runs->n_seen && r == 0; i++) {
        const struct seen *page = &runs->seen[i];
        bool able = page->series >= 0 && page->has_fingerprint && page->marked >= LEAST_MARKED;
        int same = able ? find_same(runs, by_candidate, place_of[i], i, before[page->series]) : -1;
        if (page->series >= 0)
            before[page->series] = able ? i : -1;
        if (same >= 0) {
            original = run.pages == 0 ? same : original;
            (void)run_step(&run, i, true, 2, 1);
        } else if (run.pages > 0 && run_step(&run, i, false, 2, 1)) {
            r = tell_same(runs, &run, original);
            run = (struct run){0};
        }
    }
    return r == 0 && run.pages > 0 ? tell_same(runs, &run, original) : r;
}

static int tell_duplicates(struct health_runs *runs)
{
    size_t n = (size_t)runs->n_seen + 1, m = (size_t)runs->n_series + 1;
    int *by_candidate = malloc(n * sizeof *by_candidate), *place_of = malloc(n * sizeof *place_of);
    int *before = malloc(m * sizeof *before);
    int kept = 0, r = by_candidate && place_of && before ? 0 : YJ_ENOMEM;
    for (int i = 0; i < runs->n_seen && r == 0; i++)
        if (runs->seen[i].series >= 0 && runs->seen[i].has_fingerprint &&
            runs->seen[i].marked >= LEAST_MARKED && runs->seen[i].candidate[0])
            by_candidate[kept++] = i;
    for (int s = 0; s < runs->n_series && r == 0; s++)
        before[s] = -1;
    if (r == 0) {
        qsort_r(by_candidate, (size_t)kept, sizeof *by_candidate, compare_candidates, runs->seen);
        for (int k = 0; k < kept; k++)
            place_of[by_candidate[k]] = k;
        r = tell_duplicates_within(runs, by_candidate, place_of, before);
    }
    free(by_candidate);
    free(place_of);
    free(before);
    return r;
}

/* ---- pages ---- */

static int find_stream(struct health_runs *runs, const char *batch)
{
    for (int i = 0; i < runs->n_streams; i++)
        if (strcmp(runs->streams[i].batch, batch) == 0)
            return i;
    if (!GROW(runs->streams, runs->n_streams, runs->streams_capacity))
        return YJ_ENOMEM;
    const char *name = arena_strdup(&runs->arena, batch);
    if (!name)
        return YJ_ENOMEM;
    runs->streams[runs->n_streams] = (struct stream){.batch = name};
    return runs->n_streams++;
}

static bool same_scanning(double dpi, bool bitonal, const struct page_health *h)
{
    return bitonal == h->bitonal && fabs(dpi - h->dpi) <= SAME_DPI * dpi;
}

static int find_series(struct health_runs *runs, int stream, const struct health_page *page)
{
    for (int i = 0; i < runs->n_series; i++) {
        const struct series *s = &runs->series[i];
        if (s->stream == stream && s->form == page->form && s->form_page == page->form_page &&
            same_scanning(s->dpi, s->bitonal, &page->health))
            return i;
    }
    if (!GROW(runs->series, runs->n_series, runs->series_capacity))
        return YJ_ENOMEM;
    struct series *s = &runs->series[runs->n_series];
    *s = (struct series){.stream = stream,
                         .form = page->form,
                         .form_page = page->form_page,
                         .dpi = page->health.dpi,
                         .bitonal = page->health.bitonal};
    memset(s->base, 255, sizeof s->base);
    return runs->n_series++;
}

static struct focus *find_focus(struct health_runs *runs, int stream, const struct page_health *h)
{
    for (int i = 0; i < runs->n_foci; i++) {
        struct focus *f = &runs->foci[i];
        if (f->stream == stream && same_scanning(f->dpi, f->bitonal, h))
            return f;
    }
    if (!GROW(runs->foci, runs->n_foci, runs->foci_capacity))
        return NULL;
    struct focus *f = &runs->foci[runs->n_foci++];
    *f = (struct focus){.stream = stream, .dpi = h->dpi, .bitonal = h->bitonal};
    return f;
}

static int remember_page(struct health_runs *runs, const struct health_page *page, int stream,
                         int series)
{
    if (!GROW(runs->seen, runs->n_seen, runs->seen_capacity))
        return YJ_ENOMEM;
    const struct seen *before = runs->n_seen > 0 ? &runs->seen[runs->n_seen - 1] : NULL;
    bool same_scan = before && strcmp(before->scan, page->scan) == 0;
    struct seen *seen = &runs->seen[runs->n_seen];
    *seen = (struct seen){.id = page->id,
                          .scan = same_scan ? before->scan : arena_strdup(&runs->arena, page->scan),
                          .number = page->number,
                          .ordinal = ++runs->streams[stream].pages,
                          .stream = stream,
                          .series = series,
                          .candidate = arena_strdup(&runs->arena, page->candidate),
                          .marked = page->marked,
                          .has_fingerprint = page->health.has_fingerprint};
    memcpy(seen->fingerprint, page->health.fingerprint, HEALTH_CELLS);
    return seen->scan && seen->candidate ? runs->n_seen++ : YJ_ENOMEM;
}

int health_runs_add(struct health_runs *runs, const struct health_page *page)
{
    bool read = page->verdict == PAGE_READ && page->form >= 0 && page->health.measured;
    int stream = find_stream(runs, page->batch);
    int series = stream >= 0 && read ? find_series(runs, stream, page) : -1;
    if (stream < 0 || (read && series < 0))
        return YJ_ENOMEM;
    int index = remember_page(runs, page, stream, series);
    if (index < 0 || !page->health.measured)
        return index < 0 ? index : 0;
    struct stream *s = &runs->streams[stream];
    int r = add_lines(runs, s, page, series, index);
    if (r == 0)
        r = add_corners(runs, s, page, index);
    if (r == 0)
        r = add_exposure(runs, s, page, index);
    if (r == 0)
        r = add_empty(runs, s, page, index);
    if (r == 0 && page->health.rise > 0) {
        struct focus *focus = find_focus(runs, stream, &page->health);
        r = focus ? add_focus(runs, focus, page, index) : YJ_ENOMEM;
    }
    if (r == 0 && read)
        r = add_print(runs, &runs->series[series], page, index);
    if (read && page->health.has_fingerprint)
        same_sheets_learn(page->health.fingerprint, runs->series[series].base);
    return r;
}

/* ---- the end ---- */

static int end_stream(struct health_runs *runs, struct stream *stream)
{
    int r = end_exposure(runs, stream);
    if (r == 0)
        r = end_empty(runs, stream);
    for (int c = 0; c < 4 && r == 0; c++)
        r = end_corner(runs, stream, c);
    for (int i = 0; i < stream->n_tracks && r == 0; i++)
        r = end_track(runs, stream->tracks[i]);
    return r;
}

static int compare_alarms(const void *a, const void *b)
{
    const struct health_alarm *p = a, *q = b;
    if (p->first != q->first)
        return p->first < q->first ? -1 : 1;
    if (p->kind != q->kind)
        return p->kind < q->kind ? -1 : 1;
    return strcmp(p->detail, q->detail);
}

int health_runs_end(struct health_runs *runs, const struct health_alarm **ret_alarms, int *ret_n)
{
    int r = 0;
    for (int i = 0; i < runs->n_streams && r == 0; i++)
        r = end_stream(runs, &runs->streams[i]);
    for (int i = 0; i < runs->n_series && r == 0; i++)
        r = end_light(runs, &runs->series[i]);
    for (int i = 0; i < runs->n_foci && r == 0; i++)
        r = end_blur(runs, &runs->foci[i]);
    if (r == 0)
        r = tell_crossings(runs);
    if (r == 0)
        r = tell_duplicates(runs);
    if (r < 0)
        return r;
    if (runs->n_alarms > 0)
        qsort(runs->alarms, (size_t)runs->n_alarms, sizeof *runs->alarms, compare_alarms);
    *ret_alarms = runs->alarms;
    *ret_n = runs->n_alarms;
    return 0;
}
