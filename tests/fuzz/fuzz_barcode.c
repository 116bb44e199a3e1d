/* Pixels that may be a barcode: a byte says the width, the rest are rows, each drawn eight times.
 */
#include "barcode.h"
#include "fuzz.h"

#include <string.h>

#define ROWS 8
#define MAX_CODES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int width = size ? data[0] : 0, n = 0;
    size_t lines = width ? (size - 1) / (size_t)width : 0;
    if (lines == 0 || lines > 64)
        return 0;
    struct image img;
    struct arena arena;
    struct barcode codes[MAX_CODES];
    image_init(&img);
    arena_init(&arena);
    if (image_resize(&img, width, (int)lines * ROWS) == 0) {
        for (int y = 0; y < img.height; y++)
            memcpy(image_row(&img, y), data + 1 + (size_t)(y / ROWS) * (size_t)width,
                   (size_t)width);
        if (barcode_read(&img, &arena, codes, MAX_CODES, &n) == 0)
            for (int i = 0; i < n; i++)
                if (!codes[i].text || !(barcode_confidence(&codes[i]) <= 1))
                    __builtin_trap();
    }
    arena_finish(&arena);
    image_finish(&img);
    return 0;
}
