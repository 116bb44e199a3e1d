/* register_cost EXAM SCAN...: what decoding, registering and looking at a page's health cost.
 *
 * Each page is taken TIMES times through all three, as in a batch; the least CPU time of each
 * counts, other work on the machine can only add to it. One line for all pages. */
#include "diag.h"
#include "exam.h"
#include "ingest.h"
#include "page_health.h"
#include "registration.h"
#include "thread_ms.h"
#include "vision.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TIMES 7

enum step { DECODE, FIND, HEALTH, STEPS };

struct bench {
    struct exam *exam;
    struct registrar *registrar;
    struct registration_scratch *scratch;
    struct page_health_scratch *health;
    struct decoder *decoder;
    struct image img, halves[DECODER_HALVES];
    struct registration_result result;
    long pages, read;
    double ms[STEPS]; /* of all pages */
};

static void measure_health(struct bench *b)
{
    const struct registration_result *r = &b->result;
    struct page_health health;
    struct page_health_input in = {.img = &b->img,
                                   .form = r->form >= 0 ? b->exam->forms[r->form].form : NULL,
                                   .page = r->form_page,
                                   .map = r->verdict == PAGE_READ ? &r->map : NULL,
                                   .quality = &r->quality};
    in.reduced = registration_reduced(b->scratch, &b->img, HEALTH_SIDE, &in.level);
    if (page_health_measure(&in, b->health, &health) < 0)
        exit(1);
}

static void take_page(struct bench *b, const struct scan *scan, int number)
{
    double least[STEPS] = {INFINITY, INFINITY, INFINITY};
    char reason[SCAN_REASON_MAX];
    for (int i = 0; i < TIMES; i++) {
        double at[STEPS + 1];
        at[DECODE] = thread_ms();
        if (scan_decode_page(scan, number, b->decoder, &b->img, reason) < 0)
            return;
        at[FIND] = thread_ms();
        if (registrar_find(b->registrar, scan_path(scan), &b->img, b->halves, b->scratch,
                           &b->result) < 0)
            exit(1);
        at[HEALTH] = thread_ms();
        measure_health(b);
        at[STEPS] = thread_ms();
        for (int s = 0; s < STEPS; s++)
            least[s] = fmin(least[s], at[s + 1] - at[s]);
    }
    b->pages++;
    b->read += b->result.verdict == PAGE_READ;
    for (int s = 0; s < STEPS; s++)
        b->ms[s] += least[s];
}

static int take_scans(struct bench *b, const char *const *paths, size_t n, struct diag *d)
{
    struct scan_source *source = NULL;
    struct scan *scan;
    int rc = scan_source_open(paths, n, &source, d);
    while (rc >= 0 && (rc = scan_source_next(source, &scan)) == 1) {
        for (int i = 1; i <= scan_page_count(scan); i++)
            take_page(b, scan, i);
        scan_unref(scan);
    }
    scan_source_close(source);
    return rc;
}

int main(int argc, char **argv)
{
    static struct bench b;
    struct diag d;
    if (argc < 3) {
        fprintf(stderr, "usage: register_cost EXAM SCAN...\n");
        return 2;
    }
    diag_init(&d);
    vision_init();
    image_init(&b.img);
    int rc = exam_load(argv[1], &b.exam, &d);
    if (rc == 0)
        rc = registrar_create(b.exam, &b.registrar, &d);
    if (rc == 0 && (registration_scratch_create(&b.scratch) < 0 ||
                    page_health_scratch_create(&b.health) < 0 || decoder_create(&b.decoder) < 0))
        rc = YJ_ENOMEM;
    if (rc == 0) {
        decoder_want_halves(b.decoder, b.halves);
        rc = take_scans(&b, (const char *const *)argv + 2, (size_t)argc - 2, &d);
    }
    diag_print(&d, stderr);
    if (rc == 0 && b.pages > 0) {
        double n = (double)b.pages;
        printf("%ld pages, %ld of them read; ms a page: decode %.2f, find %.2f, health %.2f\n",
               b.pages, b.read, b.ms[DECODE] / n, b.ms[FIND] / n, b.ms[HEALTH] / n);
    }
    image_finish(&b.img);
    for (int k = 0; k < DECODER_HALVES; k++)
        image_finish(&b.halves[k]);
    decoder_destroy(b.decoder);
    page_health_scratch_destroy(b.health);
    registration_scratch_destroy(b.scratch);
    registrar_destroy(b.registrar);
    exam_destroy(b.exam);
    diag_finish(&d);
    return rc < 0;
}
