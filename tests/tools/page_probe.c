/* page_probe EXAM SCAN...: what registration and reading saw on each page, for those who tune them.
 *
 * One line a page (verdict, form, residual, fit, quality, CPU time), with -v one line a field with
 * its evidence. */
#include "diag.h"
#include "exam.h"
#include "ingest.h"
#include "marks.h"
#include "registration.h"
#include "thread_ms.h"
#include "vision.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct probe {
    struct exam *exam;
    struct registrar *registrar;
    struct registration_scratch *scratch;
    struct decoder *decoder;
    struct image img;
    struct arena arena;
    struct look_reader *looks;
    bool verbose;
};

static void print_fields(struct probe *p, const struct registration_result *r)
{
    const struct form *form = p->exam->forms[r->form].form;
    struct omr_settings settings = {.min_confidence = p->exam->min_confidence,
                                    .culture = p->exam->marks};
    struct reading *readings = calloc((size_t)form->n_fields + 1, sizeof(*readings));
    int n = 0;
    double start = thread_ms();
    if (!readings || omr_read_page(form, r->form_page, &p->img, &r->map, &settings, p->looks,
                                   &p->arena, readings, &n) < 0)
        exit(1);
    printf("  read %.2f ms\n", thread_ms() - start);
    for (int i = 0; i < n; i++)
        if (p->verbose || readings[i].status == READING_UNCERTAIN)
            printf("  %s = '%s' %s %.4f %s\n", form->fields[readings[i].field].name,
                   readings[i].value, reading_status_name(readings[i].status),
                   readings[i].confidence, readings[i].evidence);
    free(readings);
    arena_reset(&p->arena);
}

static void probe_page(struct probe *p, const struct scan *scan, int number)
{
    char reason[SCAN_REASON_MAX];
    struct registration_result r;
    double t0 = thread_ms();
    if (scan_decode_page(scan, number, p->decoder, &p->img, reason) < 0) {
        printf("%s %d: %s\n", scan_path(scan), number, reason);
        return;
    }
    double t1 = thread_ms();
    if (registrar_find(p->registrar, scan_path(scan), &p->img, NULL, p->scratch, &r) < 0)
        exit(1);
    double t2 = thread_ms();
    printf(
        "%s %d: %s form %s page %d residual %.2f fit %.3f size %.2f anchors %d dpi %.0f skew %.1f "
        "contrast %.2f sharp %.2f sheet '%s' decode %.1f register %.1f ms %s\n",
        scan_path(scan), number, page_verdict_name(r.verdict),
        r.form < 0 ? "-" : p->exam->forms[r.form].form->name, r.form_page + 1, r.residual, r.fit,
        r.map.bubble_scale, r.map.n_anchors, r.quality.dpi, r.quality.skew, r.quality.contrast,
        r.quality.sharpness, r.sheet, t1 - t0, t2 - t1, r.reason);
    if (r.verdict == PAGE_READ)
        print_fields(p, &r);
}

int main(int argc, char **argv)
{
    struct probe p = {.verbose = argc > 1 && strcmp(argv[1], "-v") == 0};
    int first = p.verbose ? 2 : 1;
    struct scan_source *source = NULL;
    struct scan *scan;
    struct diag d;
    diag_init(&d);
    vision_init();
    if (argc < first + 2 || exam_load(argv[first], &p.exam, &d) < 0 ||
        registrar_create(p.exam, &p.registrar, &d) < 0 ||
        registration_scratch_create(&p.scratch) < 0 || decoder_create(&p.decoder) < 0 ||
        look_reader_create(&p.looks) < 0 ||
        scan_source_open((const char *const *)argv + first + 1, (size_t)(argc - first - 1), &source,
                         &d) < 0) {
        diag_print(&d, stderr);
        return 2;
    }
    while (scan_source_next(source, &scan) == 1) {
        if (scan_problem(scan))
            printf("%s: %s\n", scan_path(scan), scan_problem(scan));
        for (int i = 1; i <= scan_page_count(scan); i++)
            probe_page(&p, scan, i);
        scan_unref(scan);
    }
    scan_source_close(source);
    decoder_destroy(p.decoder);
    look_reader_destroy(p.looks);
    registration_scratch_destroy(p.scratch);
    registrar_destroy(p.registrar);
    exam_destroy(p.exam);
    image_finish(&p.img);
    arena_finish(&p.arena);
    diag_finish(&d);
    return 0;
}
