/* The picture of a PDF page from its filtered stream: JPEG and fax data go to their decoders as
 * they are, other samples are inflated row by row (ISO 32000-1, 7.4 and 8.9). */
#include "ingest_internal.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { ROW_PICTURE = 1 };

static int refuse_damage(const char *what, char *reason)
{
    return scan_refuse(reason, _("the picture of the PDF's page is damaged: %s"), what);
}

/* ---- Flate ---- */

struct inflater {
    z_stream z;
    bool ended;
};

static int inflater_init(struct inflater *in, const uint8_t *bytes, size_t n)
{
    *in = (struct inflater){0};
    in->z.next_in = (Bytef *)bytes;
    in->z.avail_in = (uInt)n;
    return inflateInit(&in->z) == Z_OK ? 0 : YJ_ENOMEM;
}

/* As many of n bytes as there are: fewer at the end; -1: damaged. */
static long inflater_read(struct inflater *in, uint8_t *to, size_t n)
{
    in->z.next_out = to;
    in->z.avail_out = (uInt)n;
    while (in->z.avail_out > 0 && !in->ended) {
        int status = inflate(&in->z, Z_NO_FLUSH);
        if (status == Z_STREAM_END)
            in->ended = true;
        else if (status != Z_OK)
            return -1; /* also input that ends before the stream does */
    }
    return (long)(n - in->z.avail_out);
}

/* Whether what was inflated agrees with the check sum at the stream's end. A stream that ends
 * without one is let pass, as every viewer does; rows to spare are not read for long. */
static bool inflater_agrees(struct inflater *in)
{
    uint8_t spare[4096];
    for (int i = 0; i < 16 && !in->ended; i++) {
        in->z.next_out = spare;
        in->z.avail_out = sizeof spare;
        int status = inflate(&in->z, Z_NO_FLUSH);
        if (status == Z_STREAM_END || status == Z_BUF_ERROR)
            return true;
        if (status != Z_OK)
            return false;
    }
    return true;
}

/* Replaces the picture's bytes by what the first filter hides: a JPEG or fax stream. */
static int inflate_all(const uint8_t *bytes, size_t size, uint8_t **ret, size_t *ret_size,
                       char *reason)
{
    struct inflater in;
    size_t room = size + (64 << 10), n = 0;
    uint8_t *out = NULL;
    int r = inflater_init(&in, bytes, size);
    while (r == 0 && !in.ended) {
        uint8_t *larger = n < room && out ? out : realloc(out, room *= 2);
        if (!larger) {
            r = YJ_ENOMEM;
            break;
        }
        out = larger;
        long got = inflater_read(&in, out + n, room - n);
        if (got < 0)
            r = refuse_damage(in.z.msg ? in.z.msg : _("it ends too early"), reason);
        else if ((n += (size_t)got) > SCAN_FILE_MAX)
            r = scan_refuse(reason, _("the picture of the PDF's page is too large"));
    }
    inflateEnd(&in.z);
    if (r < 0) {
        free(out);
        return r;
    }
    *ret = out;
    *ret_size = n;
    return 0;
}

/* PNG's row filters (PNG specification, 9.2), in place; `above` is the row before. */
static bool unfilter(int kind, uint8_t *row, const uint8_t *above, size_t n, size_t step)
{
    if (kind > 4)
        return false;
    for (size_t i = 0; kind != 0 && i < n; i++) {
        int left = i >= step ? row[i - step] : 0, up = above[i];
        int corner = i >= step ? above[i - step] : 0;
        int near_left = abs(up - corner), near_up = abs(left - corner);
        int near_corner = abs(left + up - 2 * corner);
        int paeth = near_left <= near_up && near_left <= near_corner ? left
                    : near_up <= near_corner                         ? up
                                                                     : corner;
        const int guesses[5] = {0, left, up, (left + up) / 2, paeth};
        row[i] = (uint8_t)(row[i] + guesses[kind]);
    }
    return true;
}

/* ---- samples ---- */

struct sample_reader {
    const struct pdf_picture *picture;
    const struct pdf_filter_step *flate; /* NULL: not filtered */
    struct inflater inflater;
    size_t at; /* of unfiltered bytes */
    uint8_t *row, *above;
    size_t row_bytes;
    struct bit_greys bit_greys;
};

/* False: the row is not there whole. */
static bool read_row(struct sample_reader *reader)
{
    if (!reader->flate) {
        if (reader->picture->size - reader->at < reader->row_bytes)
            return false;
        memcpy(reader->row, reader->picture->bytes + reader->at, reader->row_bytes);
        reader->at += reader->row_bytes;
        return true;
    }
    uint8_t kind = 0;
    if (reader->flate->predictor >= 10 && inflater_read(&reader->inflater, &kind, 1) != 1)
        return false;
    if (inflater_read(&reader->inflater, reader->row, reader->row_bytes) != (long)reader->row_bytes)
        return false;
    if (reader->flate->predictor < 10)
        return true;
    size_t step = (size_t)(reader->picture->bits * reader->picture->components + 7) / 8;
    bool good = unfilter(kind, reader->row, reader->above, reader->row_bytes, step);
    memcpy(reader->above, reader->row, reader->row_bytes);
    return good;
}

/* PDF's samples are big-endian: of 16 bits the first byte. */
static void halve_samples(uint8_t *row, int n)
{
    for (int i = 0; i < n; i++)
        row[i] = row[2 * (size_t)i];
}

static void convert_row(struct sample_reader *reader, uint8_t *out)
{
    const struct pdf_picture *p = reader->picture;
    if (p->bits == 16)
        halve_samples(reader->row, p->width * p->components);
    if (p->components == 3)
        grey_from_rgb(reader->row, p->width, 3, out);
    else if (p->bits == 1)
        grey_from_bits(&reader->bit_greys, reader->row, p->width, out);
    else
        grey_from_samples(reader->row, p->width, p->bits > 8 ? 8 : p->bits, p->greys, out);
}

/* After convert_row: the row's samples are of 8 bits, but a palette's. `out` NULL: not wanted. */
static void convert_colours(const struct sample_reader *reader, struct colour *out)
{
    const struct pdf_picture *p = reader->picture;
    if (out && p->components == 3)
        colours_from_rgb(reader->row, p->width, 3, out);
    else if (out)
        colours_from_samples(reader->row, p->width, p->bits > 8 ? 8 : p->bits, p->colours, out);
}

static int read_rows(struct sample_reader *reader, struct decoder *decoder, struct image *out,
                     char *reason)
{
    const struct pdf_picture *p = reader->picture;
    int r = 0;
    if (p->components == 3 || p->coloured)
        r = decoder_begin_chroma(decoder, out, reason);
    if (r == 0 && reader->flate)
        r = inflater_init(&reader->inflater, p->bytes, p->size);
    if (p->bits == 1)
        bit_greys_init(&reader->bit_greys, p->greys[0], p->greys[1]);
    for (int y = 0; r == 0 && y < p->height; y++) {
        if (!read_row(reader)) {
            r = refuse_damage(_("it ends too early"), reason);
            break;
        }
        convert_row(reader, image_row(out, y));
        convert_colours(reader, decoder_colour_row(decoder, y));
    }
    if (r == 0 && reader->flate && !inflater_agrees(&reader->inflater))
        r = refuse_damage(_("its check sum is wrong"), reason);
    if (reader->flate)
        inflateEnd(&reader->inflater.z);
    return r;
}

/* Samples whose predictor was told other dimensions than the picture's are for poppler to sort
 * out, as are RGB samples of less than a byte. */
static bool is_readable(const struct pdf_picture *p, const struct pdf_filter_step *flate)
{
    if (p->components == 3 && p->bits < 8)
        return false;
    if (!flate || flate->predictor == 1)
        return true;
    return flate->predictor >= 10 && flate->predictor <= 15 && flate->colors == p->components &&
           flate->bits == p->bits && flate->columns == p->width;
}

static int decode_samples(const struct pdf_picture *p, struct decoder *decoder, struct image *out,
                          char *reason)
{
    const struct pdf_filter_step *flate = p->n_steps ? &p->steps[0] : NULL;
    if (p->n_steps > 1 || !is_readable(p, flate))
        return 0;
    int r = scan_size_image(out, p->width, p->height, reason); /* no rows longer than any page's */
    if (r < 0)
        return r;
    size_t row_bytes = ((size_t)p->width * (size_t)(p->bits * p->components) + 7) / 8;
    uint8_t *rows = decoder_scratch(decoder, 2 * row_bytes);
    if (!rows)
        return YJ_ENOMEM;
    memset(rows, 0, 2 * row_bytes);
    struct sample_reader reader = {.picture = p,
                                   .flate = flate,
                                   .row = rows,
                                   .above = rows + row_bytes,
                                   .row_bytes = row_bytes};
    r = read_rows(&reader, decoder, out, reason);
    return r < 0 ? r : ROW_PICTURE;
}

/* ---- JPEG ---- */

static int decode_dct(const struct pdf_picture *p, const uint8_t *bytes, size_t size,
                      struct decoder *decoder, struct image *out, char *reason)
{
    struct placement ignored;
    int r = decode_jpeg(bytes, size, true, decoder, out, &ignored, reason);
    if (r < 0)
        return r;
    bool as_is = p->components == 3 || (p->greys[0] == 0 && p->greys[255] == 255);
    if (!as_is)
        decoder_drop_halves(decoder);
    for (int y = 0; !as_is && y < out->height; y++)
        grey_from_samples(image_row(out, y), out->width, 8, p->greys, image_row(out, y));
    return ROW_PICTURE;
}

/* ---- fax ---- */

/* Fax data of group 3 may begin its lines with end-of-line codes (eleven zeros and a one), or not;
 * libtiff wants to know. */
static bool begins_with_eol(const uint8_t *bytes, size_t n)
{
    size_t i = 0;
    while (i < n && i < 4 && bytes[i] == 0)
        i++;
    if (i == 0 || i == n)
        return false;
    int zeros = (int)i * 8;
    for (int bit = 7; bit >= 0 && !(bytes[i] >> bit & 1); bit--)
        zeros++;
    return zeros >= 11;
}

/* TIFF's number for the coding; 0: none of those. */
static int tiff_compression(const struct pdf_filter_step *step, const uint8_t *bytes, size_t n)
{
    if (step->k < 0)
        return step->byte_align ? 0 : 4;
    if (begins_with_eol(bytes, n))
        return 3;
    return step->k == 0 && step->byte_align ? 2 : 0;
}

struct tiff_writer {
    uint8_t *at;
};

static void put32(struct tiff_writer *w, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        *w->at++ = (uint8_t)(value >> (8 * i));
}

static void put_entry(struct tiff_writer *w, unsigned tag, uint32_t value)
{
    put32(w, tag | 4u << 16); /* LONG, which readers take for any number */
    put32(w, 1);
    put32(w, value);
}

/* A TIFF of one strip around the fax data; malloc'ed. */
static uint8_t *wrap_as_tiff(const struct pdf_filter_step *step, int height, int compression,
                             const uint8_t *bytes, size_t n, size_t *ret_size)
{
    enum { ENTRIES = 9, HEADER = 8 + 2 + ENTRIES * 12 + 4, DIRECTORY = 8 };
    uint8_t *tiff = malloc(HEADER + n);
    struct tiff_writer w = {tiff};
    if (!tiff)
        return NULL;
    put32(&w, 'I' | 'I' << 8 | 42u << 16);
    put32(&w, DIRECTORY);
    *w.at++ = ENTRIES;
    *w.at++ = 0;
    put_entry(&w, 256, (uint32_t)step->columns);
    put_entry(&w, 257, (uint32_t)height);
    put_entry(&w, 258, 1); /* bits per sample */
    put_entry(&w, 259, (uint32_t)compression);
    put_entry(&w, 262, 0); /* 0 is white, as fax has it */
    put_entry(&w, 273, HEADER);
    put_entry(&w, 278, (uint32_t)height); /* rows per strip */
    put_entry(&w, 279, (uint32_t)n);
    put_entry(&w, 292, compression == 3 && step->k > 0); /* group 3: two-dimensional */
    put32(&w, 0);
    memcpy(tiff + HEADER, bytes, n);
    *ret_size = HEADER + n;
    return tiff;
}

static void invert(struct image *img)
{
    for (int y = 0; y < img->height; y++) {
        uint8_t *row = image_row(img, y);
        for (int x = 0; x < img->width; x++)
            row[x] = (uint8_t)(255 - row[x]);
    }
}

static int decode_ccitt(const struct pdf_picture *p, const uint8_t *bytes, size_t size,
                        struct decoder *decoder, struct image *out, char *reason)
{
    const struct pdf_filter_step *step = &p->steps[p->n_steps - 1];
    struct scan_file file;
    struct placement ignored;
    int compression = tiff_compression(step, bytes, size);
    /* The greys of white and of black runs; colours between must be drawn. */
    uint8_t white = p->greys[step->black_is_1 ? 0 : 1], black = p->greys[step->black_is_1 ? 1 : 0];
    bool two_greys = (white == 255 && black == 0) || (white == 0 && black == 255);
    if (compression == 0 || !two_greys || p->bits != 1 || p->components != 1 ||
        step->columns != p->width)
        return 0;
    scan_file_init(&file);
    size_t wrapped;
    file.data = wrap_as_tiff(step, p->height, compression, bytes, size, &wrapped);
    if (!file.data)
        return YJ_ENOMEM;
    file.size = wrapped;
    int r = decode_tiff(&file, 8, true, decoder, out, &ignored, reason);
    scan_file_finish(&file);
    if (r == 0 && white == 0) {
        decoder_drop_halves(decoder);
        invert(out);
    }
    return r < 0 ? r : ROW_PICTURE;
}

int pdf_picture_decode(const struct pdf_picture *p, struct decoder *decoder, struct image *out,
                       char *reason)
{
    const enum pdf_filter last = p->n_steps ? p->steps[p->n_steps - 1].filter : PDF_RAW;
    if (last == PDF_RAW || last == PDF_FLATE)
        return decode_samples(p, decoder, out, reason);
    const uint8_t *bytes = p->bytes;
    uint8_t *inflated = NULL;
    size_t size = p->size;
    if (p->n_steps > 2 || (p->n_steps == 2 && p->steps[0].predictor != 1))
        return 0;
    if (p->n_steps == 2) {
        int r = inflate_all(p->bytes, p->size, &inflated, &size, reason);
        if (r < 0)
            return r;
        bytes = inflated;
    }
    int r = last == PDF_DCT ? decode_dct(p, bytes, size, decoder, out, reason)
                            : decode_ccitt(p, bytes, size, decoder, out, reason);
    free(inflated);
    return r;
}
