#include "fuzz_pages.h"

#include "diag.h"
#include "ingest.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAGES = 4,          /* decoded of a scan */
    SMALL = 1024 * 1024 /* pixels: up to here a page is decoded once more, with its colour */
};

static bool same_greys(const struct image *a, const struct image *b)
{
    if (a->width != b->width || a->height != b->height)
        return false;
    for (int y = 0; y < a->height; y++)
        if (memcmp(image_row(a, y), image_row(b, y), (size_t)a->width) != 0)
            return false;
    return true;
}

static int decode(const struct scan *scan, int number, struct decoder *decoder, struct image *img)
{
    char reason[SCAN_REASON_MAX] = "";
    int rc = scan_decode_page(scan, number, decoder, img, reason);
    if (rc < 0 && (rc != YJ_EDATA || !reason[0] || strchr(reason, '\n')))
        __builtin_trap(); /* a fault would end the whole run */
    if (rc == 0 &&
        (img->width <= 0 || img->height <= 0 || !(img->dpi_x >= 0) || !(img->dpi_y >= 0)))
        __builtin_trap();
    return rc;
}

static void decode_page(const struct scan *scan, int number, struct decoder *decoder,
                        struct image images[3])
{
    if (decode(scan, number, decoder, &images[0]) < 0 ||
        (int64_t)images[0].width * images[0].height > SMALL)
        return;
    decoder_want_chroma(decoder, &images[2]);
    int rc = decode(scan, number, decoder, &images[1]);
    decoder_want_chroma(decoder, NULL);
    if (rc < 0 || !same_greys(&images[0], &images[1]))
        __builtin_trap();
    if (images[2].width > 0 &&
        (images[2].width != images[1].width || images[2].height != images[1].height))
        __builtin_trap();
}

void fuzz_decode_scans(const char *path)
{
    struct scan_source *source = NULL;
    struct decoder *decoder = NULL;
    struct scan *scan = NULL;
    struct image images[3];
    /* What no picture is would be drawn by another program, which is not what is tested. */
    setenv("PATH", "/nonexistent", 1);
    for (int i = 0; i < 3; i++)
        image_init(&images[i]);
    if (scan_source_open(&path, 1, &source, NULL) < 0 || decoder_create(&decoder) < 0)
        __builtin_trap();
    while (scan_source_next(source, &scan) > 0) {
        int n = scan_page_count(scan);
        for (int i = 1; i <= n && i <= PAGES; i++)
            decode_page(scan, i, decoder, images);
        scan_unref(scan);
    }
    decoder_destroy(decoder);
    scan_source_close(source);
    for (int i = 0; i < 3; i++)
        image_finish(&images[i]);
}
