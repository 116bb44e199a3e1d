/* How colourful a page is, from its pixels' colour differences.
 *
 * Lenses and sensors that see red, green and blue a little beside each other leave a red edge at
 * one side of black print and a blue one at the other. So the differences are averaged over a small
 * window first, where those cancel, and only then made a number without sign. */
#include "ingest_internal.h"

#include <stdlib.h>

/* The window, px to each side: two at 200 dpi, as the shorter side of an A4 page shows. */
static int window_reach(const struct image *chroma)
{
    int side = chroma->width < chroma->height ? chroma->width : chroma->height;
    int reach = (side + 400) / 800;
    return reach < 1 ? 1 : reach > 6 ? 6 : reach;
}

struct colour colour_of_rgb(unsigned r, unsigned g, unsigned b)
{
    int red = (int)r, green = (int)g, blue = (int)b;
    int cb = (-11059 * red - 21709 * green + 32768 * blue) / 65536;
    int cr = (32768 * red - 27439 * green - 5329 * blue) / 65536;
    return (struct colour){(int8_t)(cb > 127 ? 127 : cb), (int8_t)(cr > 127 ? 127 : cr)};
}

void colours_from_rgb(const uint8_t *row, int width, int step, struct colour *out)
{
    for (int x = 0; x < width; x++, row += step)
        out[x] = colour_of_rgb(row[0], row[1], row[2]);
}

void colours_from_rgba(const uint8_t *row, int width, struct colour *out)
{
    for (int x = 0; x < width; x++, row += 4) {
        struct colour c = colour_of_rgb(row[0], row[1], row[2]);
        out[x] = (struct colour){(int8_t)(c.blue * row[3] / 255), (int8_t)(c.red * row[3] / 255)};
    }
}

void colours_from_samples(const uint8_t *row, int width, int bits, const struct colour *table,
                          struct colour *out)
{
    const int per_byte = 8 / bits;
    const unsigned mask = (1u << bits) - 1;
    for (int x = 0; x < width; x++) {
        int shift = 8 - bits * (x % per_byte + 1);
        out[x] = table[(unsigned)row[x / per_byte] >> shift & mask];
    }
}

/* ---- the plane ---- */

void decoder_want_chroma(struct decoder *decoder, struct image *chroma)
{
    decoder->chroma = chroma;
}

int decoder_begin_chroma(struct decoder *decoder, const struct image *out, char *reason)
{
    if (!decoder->chroma)
        return 0;
    size_t pixels = (size_t)out->width * (size_t)out->height;
    if (pixels > decoder->colours_size) {
        free(decoder->colours);
        decoder->colours = malloc(pixels * sizeof *decoder->colours);
        decoder->colours_size = decoder->colours ? pixels : 0;
        if (!decoder->colours)
            return YJ_ENOMEM;
    }
    return scan_size_image(decoder->chroma, out->width, out->height, reason);
}

struct colour *decoder_colour_row(const struct decoder *decoder, int y)
{
    if (!decoder->chroma || decoder->chroma->width == 0)
        return NULL;
    return decoder->colours + (size_t)y * (size_t)decoder->chroma->width;
}

/* Red, green and blue differ from luma by these (JFIF 1.02: R = Y + 1.402 Cr and so on), so how far
 * apart they are does not depend on it, but for what is clipped. `n` pixels were added up. */
static uint8_t chroma_of_sums(int cb, int cr, int n)
{
    int r = 359 * cr, b = 454 * cb, g = -88 * cb - 183 * cr;
    int most = r > b ? r : b, least = r > b ? b : r;
    most = g > most ? g : most;
    least = g < least ? g : least;
    int chroma = (most - least) / (256 * n);
    return (uint8_t)(chroma > 255 ? 255 : chroma);
}

/* Adds (sign 1) or takes away (-1) a row to the sums of each column. */
static void add_row(const struct decoder *decoder, int y, int sign, int *blue, int *red)
{
    const struct colour *row = decoder_colour_row(decoder, y);
    for (int x = 0; x < decoder->chroma->width; x++) {
        blue[x] += sign * row[x].blue;
        red[x] += sign * row[x].red;
    }
}

/* A row of the plane from sums over `rows` rows. */
static void fill_row(const int *blue, const int *red, int width, int reach, int rows, uint8_t *out)
{
    int sum_blue = 0, sum_red = 0, n = 0;
    for (int x = -reach; x < width; x++) {
        if (x + reach < width) {
            sum_blue += blue[x + reach];
            sum_red += red[x + reach];
            n++;
        }
        if (x - reach - 1 >= 0) {
            sum_blue -= blue[x - reach - 1];
            sum_red -= red[x - reach - 1];
            n--;
        }
        if (x >= 0)
            out[x] = chroma_of_sums(sum_blue, sum_red, n * rows);
    }
}

int decoder_end_chroma(struct decoder *decoder)
{
    struct image *chroma = decoder->chroma;
    if (!chroma || chroma->width == 0)
        return 0;
    int *blue = calloc((size_t)chroma->width * 2, sizeof *blue), *red = blue + chroma->width;
    if (!blue)
        return YJ_ENOMEM;
    const int reach = window_reach(chroma);
    int rows = 0;
    for (int y = -reach; y < chroma->height; y++) {
        if (y + reach < chroma->height) {
            add_row(decoder, y + reach, 1, blue, red);
            rows++;
        }
        if (y - reach - 1 >= 0) {
            add_row(decoder, y - reach - 1, -1, blue, red);
            rows--;
        }
        if (y >= 0)
            fill_row(blue, red, chroma->width, reach, rows, image_row(chroma, y));
    }
    free(blue);
    return 0;
}
