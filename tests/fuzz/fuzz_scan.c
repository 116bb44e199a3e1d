/* Any file given as a scan: JPEG, PNG, TIFF, PDF, ZIP of these, or none of them. */
#include "diag.h"
#include "fuzz.h"
#include "ingest.h"

#include <stdlib.h>
#include <string.h>

#define PAGES 4 /* decoded of a scan */

static void decode_pages(const struct scan *scan, struct decoder *decoder, struct image *img)
{
    char reason[SCAN_REASON_MAX] = "";
    int n = scan_page_count(scan);
    for (int i = 1; i <= n && i <= PAGES; i++) {
        int rc = scan_decode_page(scan, i, decoder, img, reason);
        if (rc == YJ_EDATA && (!reason[0] || strchr(reason, '\n')))
            __builtin_trap(); /* refused without a reason of one line */
        if (rc == 0 && (img->width <= 0 || img->height <= 0))
            __builtin_trap();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file("scan", data, size);
    struct scan_source *source = NULL;
    struct decoder *decoder = NULL;
    struct scan *scan = NULL;
    struct image img;
    /* What no picture is would be drawn by another program, which is not what is tested. */
    setenv("PATH", "/nonexistent", 1);
    image_init(&img);
    if (scan_source_open(&path, 1, &source, NULL) < 0 || decoder_create(&decoder) < 0)
        __builtin_trap();
    while (scan_source_next(source, &scan) > 0) {
        decode_pages(scan, decoder, &img);
        scan_unref(scan);
    }
    decoder_destroy(decoder);
    scan_source_close(source);
    image_finish(&img);
    return 0;
}
