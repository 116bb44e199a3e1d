/* A crop as the database holds it: two bytes each for width and height, then what zlib wrote. */
#include "crop.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image img;
    if (size < 4)
        return 0;
    struct crop crop = {.width = data[0] << 8 | data[1],
                        .height = data[2] << 8 | data[3],
                        .deflated = data + 4,
                        .size = size - 4};
    image_init(&img);
    if (crop_inflate(&crop, &img) == 0 && (img.width != crop.width || img.height != crop.height))
        __builtin_trap();
    image_finish(&img);
    return 0;
}
