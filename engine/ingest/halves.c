/* A page in half and quarter size, made row by row as it is decoded: the rows are still in the
 * cache then, and nobody has to fetch the whole page from memory once more. */
#include "ingest_internal.h"

void decoder_want_halves(struct decoder *decoder, struct image halves[DECODER_HALVES])
{
    decoder->halves = halves;
}

void decoder_begin_halves(struct decoder *decoder, const struct image *out)
{
    const struct image *above = out;
    decoder_drop_halves(decoder);
    for (int k = 0; decoder->halves && k < DECODER_HALVES; k++) {
        struct image *half = &decoder->halves[k];
        if (image_resize(half, above->width / 2, above->height / 2) < 0)
            return; /* too small, or no memory: whoever needs it makes it */
        half->dpi_x = half->dpi_y = 0;
        above = half;
    }
}

void decoder_halve(struct decoder *decoder, const struct image *out, int rows)
{
    const struct image *above = out;
    for (int k = 0; decoder->halves && k < DECODER_HALVES && decoder->halves[k].width > 0; k++) {
        struct image *half = &decoder->halves[k];
        rows = rows / 2 < half->height ? rows / 2 : half->height;
        image_halve_rows(above, decoder->halved[k], rows, half);
        decoder->halved[k] = rows;
        above = half;
    }
}

void decoder_end_halves(struct decoder *decoder)
{
    for (int k = 0; decoder->halves && k < DECODER_HALVES; k++)
        if (decoder->halved[k] < decoder->halves[k].height)
            decoder->halves[k].width = decoder->halves[k].height = 0;
}

void decoder_drop_halves(struct decoder *decoder)
{
    for (int k = 0; decoder->halves && k < DECODER_HALVES; k++) {
        decoder->halves[k].width = decoder->halves[k].height = 0;
        decoder->halved[k] = 0;
    }
}
