#include "ingest_internal.h"

#include <string.h>

void bit_greys_init(struct bit_greys *greys, uint8_t of_zero, uint8_t of_one)
{
    for (int byte = 0; byte < 256; byte++)
        for (int i = 0; i < 8; i++)
            greys->of[byte][i] = byte & (0x80 >> i) ? of_one : of_zero;
}

void grey_from_bits(const struct bit_greys *greys, const uint8_t *row, int width, uint8_t *out)
{
    int whole = width / 8;
    for (int i = 0; i < whole; i++)
        memcpy(out + (size_t)i * 8, greys->of[row[i]], 8);
    if (width % 8)
        memcpy(out + (size_t)whole * 8, greys->of[row[whole]], (size_t)(width % 8));
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
