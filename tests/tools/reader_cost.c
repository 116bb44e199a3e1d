/* reader_cost EXAM DIR: what the second reader of marks costs on the scans of DIR.
 *
 * Each page is decoded and registered once, then read TIMES times by the first reader alone and by
 * both, in turn: the least CPU time of each counts, other work on the machine can only add to it.
 * The net is loaded before (once a worker). */
#include "diag.h"
#include "exam.h"
#include "ingest.h"
#include "marks.h"
#include "registration.h"
#include "thread_ms.h"
#include "vision.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMES 5

struct costs {
    long pages, bubbles, asked;
    double one, both, most; /* ms: of all pages; the dearest page's difference */
};

struct bench {
    struct exam *exam;
    struct registrar *registrar;
    struct registration_scratch *scratch;
    struct decoder *decoder;
    struct look_reader *looks;
    struct image img;
    struct arena arena;
    struct reading *readings;
    struct costs costs;
};

static long count_bubbles(const struct form *form, int page)
{
    long n = 0;
    for (int i = 0; i < form->n_fields; i++)
        if (form->fields[i].page == page && field_has_bubbles(&form->fields[i]))
            n += form->fields[i].n_bubbles;
    return n;
}

/* Of "looks":[[1,"tick",987],...] in the evidence. */
static long count_asked(const struct reading *r)
{
    long n = 0;
    const char *at = r->evidence ? strstr(r->evidence, "\"looks\":") : NULL;
    for (; at && *at; at++)
        n += at[0] == ',' && at[1] == '"' && at[2] >= 'a';
    return n;
}

static double time_reading(struct bench *b, const struct registration_result *r,
                           struct look_reader *looks, long *ret_asked)
{
    const struct omr_settings settings = {.min_confidence = b->exam->min_confidence,
                                          .max_silent_error = b->exam->max_silent_error,
                                          .culture = b->exam->marks};
    int n = 0;
    double start = thread_ms();
    if (omr_read_page(b->exam->forms[r->form].form, r->form_page, &b->img, &r->map, &settings,
                      looks, &b->arena, b->readings, &n) < 0)
        exit(1);
    double ms = thread_ms() - start;
    *ret_asked = 0;
    for (int i = 0; i < n; i++)
        *ret_asked += count_asked(&b->readings[i]);
    arena_reset(&b->arena);
    return ms;
}

static void take_page(struct bench *b, const struct scan *scan, int number)
{
    char reason[SCAN_REASON_MAX];
    struct registration_result r;
    if (scan_decode_page(scan, number, b->decoder, &b->img, reason) < 0 ||
        registrar_find(b->registrar, scan_path(scan), &b->img, NULL, b->scratch, &r) < 0)
        exit(1);
    if (r.verdict != PAGE_READ)
        return;
    const struct form *form = b->exam->forms[r.form].form;
    double one = INFINITY, both = INFINITY;
    long asked = 0, none;
    b->readings = realloc(b->readings, (size_t)form->n_fields * sizeof(*b->readings));
    if (!b->readings)
        exit(1);
    for (int i = 0; i < TIMES; i++) {
        one = fmin(one, time_reading(b, &r, NULL, &none));
        both = fmin(both, time_reading(b, &r, b->looks, &asked));
    }
    b->costs.pages++;
    b->costs.bubbles += count_bubbles(form, r.form_page);
    b->costs.asked += asked;
    b->costs.one += one;
    b->costs.both += both;
    b->costs.most = fmax(b->costs.most, both - one);
}

static void tell(const struct costs *c)
{
    double pages = (double)c->pages, more = c->both - c->one;
    printf(
        "%ld pages, %.0f bubbles a page, %.1f of them seen by the second reader\n"
        "ms a page: first reader %.2f, both %.2f, the second one's share %.2f (dearest page %.2f)\n"
        "ms a page of 250 bubbles, the second reader: %.2f\n",
        c->pages, (double)c->bubbles / pages, (double)c->asked / pages, c->one / pages,
        c->both / pages, more / pages, c->most, more * 250 / (double)c->bubbles);
}

int main(int argc, char **argv)
{
    static struct bench b;
    struct scan_source *source = NULL;
    struct scan *scan;
    struct diag d;
    diag_init(&d);
    vision_init();
    if (argc != 3) {
        fputs("usage: reader_cost EXAM DIR\n", stderr);
        return 2;
    }
    const char *paths[] = {argv[2]};
    if (exam_load(argv[1], &b.exam, &d) < 0 || registrar_create(b.exam, &b.registrar, &d) < 0 ||
        registration_scratch_create(&b.scratch) < 0 || look_reader_create(&b.looks) < 0 ||
        decoder_create(&b.decoder) < 0 || scan_source_open(paths, 1, &source, &d) < 0) {
        diag_print(&d, stderr);
        return 2;
    }
    while (scan_source_next(source, &scan) == 1) {
        for (int i = 1; i <= scan_page_count(scan); i++)
            take_page(&b, scan, i);
        scan_unref(scan);
    }
    scan_source_close(source);
    if (b.costs.pages == 0) {
        fputs("no page was read\n", stderr);
        return 1;
    }
    tell(&b.costs);
    return 0;
}
