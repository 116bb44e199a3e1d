/* Any file given as a scan: JPEG, PNG, TIFF, PDF, ZIP of these, or none of them. */
#include "fuzz.h"
#include "fuzz_pages.h"
#include "picture.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A changed byte of a PNG would never be seen by what comes after the check sums: they are set
 * right, so far as its pieces go. */
static void mend_png(uint8_t *data, size_t size)
{
    for (size_t at = 8; size - at >= 12;) {
        size_t length = get32(data + at);
        if (length > size - at - 12)
            return;
        uint32_t sum = (uint32_t)crc32(0, data + at + 4, (uInt)length + 4);
        for (int i = 0; i < 4; i++)
            data[at + 8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
        at += 12 + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int width, height;
    const char *path = fuzz_file("scan", data, size);
    fuzz_decode_scans(path);
    if (picture_size(path, &width, &height) == 0 && (width <= 0 || height <= 0))
        __builtin_trap();
    if (size > 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0) {
        uint8_t *copy = malloc(size);
        if (!copy)
            abort();
        memcpy(copy, data, size);
        mend_png(copy, size);
        fuzz_decode_scans(fuzz_file("mended", copy, size));
        free(copy);
    }
    return 0;
}
