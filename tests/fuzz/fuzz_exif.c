/* EXIF as it stands in a JPEG or PNG, and the page turned as it says. */
#include "fuzz.h"
#include "ingest_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct placement placement = {.orientation = 1};
    char reason[SCAN_REASON_MAX] = "";
    struct decoder *decoder = NULL;
    struct image page;
    exif_read(data, size, &placement);
    if (!(placement.dpi_x >= 0) || !(placement.dpi_y >= 0))
        __builtin_trap();
    image_init(&page);
    if (decoder_create(&decoder) < 0 || image_resize(&page, 40, 30) < 0)
        abort();
    for (int y = 0; y < page.height; y++)
        memset(image_row(&page, y), y, (size_t)page.width);
    if (page_make_upright(&page, &placement, decoder, reason) == 0 &&
        (page.width < 30 || page.height < 30 || !isfinite(page.dpi_x) || !isfinite(page.dpi_y)))
        __builtin_trap();
    decoder_destroy(decoder);
    image_finish(&page);
    return 0;
}
