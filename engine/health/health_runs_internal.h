/* health_runs_internal.h - what the files of health_runs share: a run of pages, the pages seen, and
 * what each kind of defect keeps of them. runs_lines.c follows lines, runs_print.c print and focus,
 * runs_sides.c corners, exposure and empty sides, runs_same.c sheets that were scanned twice. All
 * return 0 or YJ_ENOMEM. */
#ifndef YJ_ENGINE_HEALTH_RUNS_INTERNAL_H
#define YJ_ENGINE_HEALTH_RUNS_INTERNAL_H

#include "arena.h"
#include "form.h"
#include "health_runs.h"

/* How many of how many pages; 12, so that one side of a duplex scanner, every second page, is seen
 * too. */
#define LINE_WINDOW 12
#define LINE_NEEDED 5
#define PAGE_WINDOW 8
#define PAGE_NEEDED 5
#define EMPTY_NEEDED 4

#define SERIES 8 /* pages whose median counts */

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

/* Room for one more of `size` bytes; false: no memory, and the array is as before. */
bool runs_grow(void **array, int n, int *capacity, size_t size);
#define GROW(array, n, capacity) runs_grow((void **)&(array), n, &(capacity), sizeof *(array))

/* The next page shows it or not. True: the run is over, and `run` still holds it. */
bool run_step(struct run *run, int page, bool hit, int window, int needed);
/* One more alarm, over the pages of the run. `place` in mm or NAN; `detail` NULL: no memory. */
int runs_tell(struct health_runs *runs, enum alarm_kind kind, const struct run *run, double place,
              const char *detail);
/* "since page 12 of the batch ('scans/0012.png' page 1), on 19 of 19 pages to page 30", in the
 * arena; NULL: no memory. */
const char *runs_span(struct health_runs *runs, const struct run *run);

/* The next page of a stream (`index` of seen[]); runs that are over with it are told. */
int runs_add_lines(struct health_runs *runs, struct stream *stream, const struct health_page *page,
                   int series, int index);
int runs_add_print(struct health_runs *runs, struct series *s, const struct health_page *page,
                   int index);
int runs_add_focus(struct health_runs *runs, struct focus *f, const struct health_page *page,
                   int index);
int runs_add_corners(struct health_runs *runs, struct stream *stream,
                     const struct health_page *page, int index);
int runs_add_exposure(struct health_runs *runs, struct stream *stream,
                      const struct health_page *page, int index);
int runs_add_empty(struct health_runs *runs, struct stream *stream, const struct health_page *page,
                   int index);

/* The run is over, or the batch: told where it is an alarm. */
int runs_end_track(struct health_runs *runs, struct track *t);
int runs_end_light(struct health_runs *runs, struct series *s);
int runs_end_blur(struct health_runs *runs, struct focus *f);
int runs_end_corner(struct health_runs *runs, struct stream *stream, int corner);
int runs_end_exposure(struct health_runs *runs, const struct stream *stream);
int runs_end_empty(struct health_runs *runs, const struct stream *stream);

/* After the last page, over all of them. */
int runs_tell_crossings(struct health_runs *runs);
int runs_tell_duplicates(struct health_runs *runs);

#endif
