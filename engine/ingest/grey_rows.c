#include "ingest_internal.h"
#include "wide.h"

#include <string.h>

void bit_greys_init(struct bit_greys *greys, uint8_t of_zero, uint8_t of_one)
{
    *greys = (struct bit_greys){of_zero, of_one};
}

typedef uint8_t pixels32 __attribute__((vector_size(32)));
typedef uint32_t words8 __attribute__((vector_size(32)));

/* Four bytes are 32 pixels: each byte beside itself eight times, of which each looks at one bit. */
WIDE void grey_from_bits(const struct bit_greys *greys, const uint8_t *row, int width, uint8_t *out)
{
    const words8 eight_bits = (words8)((pixels32){0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1});
    const words8 all_bits = __builtin_shufflevector(eight_bits, eight_bits, 0, 1, 0, 1, 0, 1, 0, 1);
    const pixels32 bits = (pixels32)all_bits;
    const uint8_t of_zero = greys->of_zero, of_one = greys->of_one;
    const pixels32 zeros = (pixels32){0} + of_zero;
    const pixels32 differ = (pixels32){0} + (uint8_t)(of_zero ^ of_one);
    int x = 0;
    for (; x + 32 <= width; x += 32) {
        uint32_t four;
        memcpy(&four, row + x / 8, 4);
        pixels32 bytes = (pixels32)((words8){0} + four); /* the four, eight times */
        bytes =
            __builtin_shufflevector(bytes, bytes, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1,
                                    18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19);
        pixels32 set = (pixels32)((bytes & bits) != 0);
        pixels32 pixels = zeros ^ (differ & set);
        memcpy(out + x, &pixels, 32);
    }
    for (; x < width; x++)
        out[x] = row[x / 8] & 0x80 >> x % 8 ? of_one : of_zero;
}

void grey_from_samples(const uint8_t *row, int width, int bits, const uint8_t *greys, uint8_t *out)
{
    if (bits == 8) {
        for (int x = 0; x < width; x++)
            out[x] = greys[row[x]];
        return;
    }
    const int per_byte = 8 / bits;
    const unsigned mask = (1u << bits) - 1;
    for (int x = 0; x < width; x++) {
        int shift = 8 - bits * (x % per_byte + 1);
        out[x] = greys[(unsigned)row[x / per_byte] >> shift & mask];
    }
}

uint8_t grey_of_rgb(unsigned r, unsigned g, unsigned b)
{
    return (uint8_t)((19595 * r + 38470 * g + 7471 * b + 32768) >> 16);
}

void grey_from_rgb(const uint8_t *row, int width, int step, uint8_t *out)
{
    for (int x = 0; x < width; x++, row += step)
        out[x] = grey_of_rgb(row[0], row[1], row[2]);
}

static uint8_t on_white(unsigned grey, unsigned alpha)
{
    return (uint8_t)((grey * alpha + 255 * (255 - alpha) + 127) / 255);
}

void grey_from_grey_alpha(const uint8_t *row, int width, uint8_t *out)
{
    for (int x = 0; x < width; x++, row += 2)
        out[x] = on_white(row[0], row[1]);
}

void grey_from_rgba(const uint8_t *row, int width, uint8_t *out)
{
    for (int x = 0; x < width; x++, row += 4)
        out[x] = on_white(grey_of_rgb(row[0], row[1], row[2]), row[3]);
}
