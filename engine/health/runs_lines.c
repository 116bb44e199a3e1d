/* runs_lines.c - lines over pages: dirt on the glass, creases in the paper, and print, which is
 * neither. */
#include "health_runs_internal.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STREAK_APART 1.0  /* mm of the scan: the same place on the glass */
#define STREAK_STRAY 0.5  /* mm, standard deviation: what strays more is not on the glass */
#define STREAK_LEAN 1.0   /* mm over the page, in the mean */
#define SAME_SIZE 3.0     /* mm: pages of one size lie the same way on the glass */
#define CREASE_APART 5.0  /* mm of the form: sheets folded by the same hand */
#define PRINT_STRAY 0.3   /* mm of the form: what strays less is printed */
#define TOUCHING_DEPTH 12 /* grey levels: a paler line is no mark to any reader */

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
    const char *fields = touched(runs, t->touches), *pages = runs_span(runs, &t->run);
    if (!fields || !pages)
        return YJ_ENOMEM;
    t->told = true;
    return runs_tell(runs, ALARM_STREAK, &t->run, at,
                     arena_printf(&runs->arena,
                                  t->light
                                      ? _("the glass is dirty at %s = %.0f mm of the scan: a light "
                                          "line %s%s; clean it there, and scan these pages again")
                                      : _("the glass is dirty at %s = %.0f mm of the scan: a dark "
                                          "line %s%s; clean it there, and scan these pages again"),
                                  t->across ? "y" : "x", at, pages, fields));
}

static int tell_crease(struct health_runs *runs, struct track *t)
{
    double at = moments_mean(&t->paper);
    const char *fields = touched(runs, t->touches), *pages = runs_span(runs, &t->run);
    if (!fields || !pages)
        return YJ_ENOMEM;
    t->told = true;
    return runs_tell(
        runs, ALARM_CREASE, &t->run, NAN,
        arena_printf(&runs->arena,
                     _("folded sheets: a crease near %c = %.0f mm of the form %s%s; press "
                       "them flat before scanning"),
                     t->axis, at, pages, fields));
}

int runs_end_track(struct health_runs *runs, struct track *t)
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
            r = r < 0 ? r : runs_end_track(runs, t);
            continue;
        }
        stream->tracks[kept++] = t;
    }
    stream->n_tracks = kept;
    return r;
}

int runs_add_lines(struct health_runs *runs, struct stream *stream, const struct health_page *page,
                   int series, int index)
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

int runs_tell_crossings(struct health_runs *runs)
{
    int r = 0;
    for (int i = 0; i < runs->n_crossings && r == 0; i++) {
        const struct crossing *c = &runs->crossings[i];
        struct run one = {.first = c->page, .last = c->page, .pages = 1};
        if (c->glass->told || track_is_print(c->glass) ||
            (c->paper && (c->paper->told || track_is_print(c->paper))))
            continue;
        r = runs_tell(
            runs, ALARM_CREASE, &one, c->line.at,
            arena_printf(&runs->arena,
                         _("a dark line, a crease or dirt, at %s = %.0f mm of the scan runs "
                           "through fields %s: look at them"),
                         c->line.across ? "y" : "x", c->line.at, c->line.touches));
    }
    return r;
}
