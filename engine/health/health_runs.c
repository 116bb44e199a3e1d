/* health_runs.c - windows over the pages of each batch, and what they make an alarm of.
 *
 * A defect has a run: it begins with its first page, is an alarm once enough of the last pages show
 * it, and is over after a whole window without. What a line is (dirt stays where it is on the
 * glass, a crease where it is on the paper, and so does print) is decided when its run is over,
 * from how far it strayed in both. */
#include "health_runs_internal.h"

#include "diag.h"
#include "i18n.h"
#include "same_sheets.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAME_DPI 0.1 /* share: contrast and edges are compared at one resolution only */

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

bool runs_grow(void **array, int n, int *capacity, size_t size)
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

/* ---- runs ---- */

static uint32_t window_mask(int window)
{
    return (1u << window) - 1;
}

bool run_step(struct run *run, int page, bool hit, int window, int needed)
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

int runs_tell(struct health_runs *runs, enum alarm_kind kind, const struct run *run, double place,
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

const char *runs_span(struct health_runs *runs, const struct run *run)
{
    const struct seen *first = &runs->seen[run->first], *last = &runs->seen[run->last];
    return arena_printf(
        &runs->arena, _("since page %d of the batch ('%s' page %d), on %d of %d pages to page %d"),
        first->ordinal, first->scan, first->number, run->pages, last->ordinal - first->ordinal + 1,
        last->ordinal);
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
    int r = runs_add_lines(runs, s, page, series, index);
    if (r == 0)
        r = runs_add_corners(runs, s, page, index);
    if (r == 0)
        r = runs_add_exposure(runs, s, page, index);
    if (r == 0)
        r = runs_add_empty(runs, s, page, index);
    if (r == 0 && page->health.rise > 0) {
        struct focus *focus = find_focus(runs, stream, &page->health);
        r = focus ? runs_add_focus(runs, focus, page, index) : YJ_ENOMEM;
    }
    if (r == 0 && read)
        r = runs_add_print(runs, &runs->series[series], page, index);
    if (read && page->health.has_fingerprint)
        same_sheets_learn(page->health.fingerprint, runs->series[series].base);
    return r;
}

/* ---- the end ---- */

static int end_stream(struct health_runs *runs, struct stream *stream)
{
    int r = runs_end_exposure(runs, stream);
    if (r == 0)
        r = runs_end_empty(runs, stream);
    for (int c = 0; c < 4 && r == 0; c++)
        r = runs_end_corner(runs, stream, c);
    for (int i = 0; i < stream->n_tracks && r == 0; i++)
        r = runs_end_track(runs, stream->tracks[i]);
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
        r = runs_end_light(runs, &runs->series[i]);
    for (int i = 0; i < runs->n_foci && r == 0; i++)
        r = runs_end_blur(runs, &runs->foci[i]);
    if (r == 0)
        r = runs_tell_crossings(runs);
    if (r == 0)
        r = runs_tell_duplicates(runs);
    if (r < 0)
        return r;
    if (runs->n_alarms > 0)
        qsort(runs->alarms, (size_t)runs->n_alarms, sizeof *runs->alarms, compare_alarms);
    *ret_alarms = runs->alarms;
    *ret_n = runs->n_alarms;
    return 0;
}
