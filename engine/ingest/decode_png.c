/* PNG to grey by libpng: rows are read as they are stored and made grey here, so that colour,
 * palette and transparency give the same greys as in the other formats. */
#include "ingest_internal.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

struct png_reader {
    png_structp png;
    png_infop info;
    const uint8_t *bytes;
    size_t size, at;
    int code; /* returned after a stop */
    char *reason;

    int width, height, bits, passes;
    int color_type;
    size_t row_bytes;
    struct bit_greys bit_greys;
    uint8_t greys[256];         /* of palette entries or of small samples */
    struct colour colours[256]; /* of palette entries */
};

static void stop_reading(png_structp png, png_const_charp text)
{
    struct png_reader *reader = png_get_error_ptr(png);
    reader->code = scan_refuse(reader->reason, _("the PNG is damaged: %s"), text);
    longjmp(png_jmpbuf(png), 1);
}

/* Colour profiles and texts that libpng dislikes change no pixel. */
static void ignore_warning(png_structp png, png_const_charp text) {}

static void read_bytes(png_structp png, png_bytep to, size_t n)
{
    struct png_reader *reader = png_get_io_ptr(png);
    if (n > reader->size - reader->at) {
        reader->code = scan_refuse(reader->reason, _("the PNG is incomplete: it ends too early"));
        longjmp(png_jmpbuf(png), 1);
    }
    memcpy(to, reader->bytes + reader->at, n);
    reader->at += n;
}

static void read_placement(struct png_reader *reader, struct placement *placement)
{
    png_uint_32 x = 0, y = 0, n = 0;
    int unit = 0;
    png_bytep exif = NULL;
    if (png_get_pHYs(reader->png, reader->info, &x, &y, &unit)) {
        placement->dpi_x = x * 0.0254;
        placement->dpi_y = y * 0.0254;
        placement->relative = unit != PNG_RESOLUTION_METER;
    }
    if (png_get_eXIf_1(reader->png, reader->info, &n, &exif))
        exif_read(exif, n, placement);
}

static void read_palette(struct png_reader *reader)
{
    png_colorp colors = NULL;
    png_bytep alpha = NULL;
    int n = 0, n_alpha = 0;
    png_get_PLTE(reader->png, reader->info, &colors, &n);
    png_get_tRNS(reader->png, reader->info, &alpha, &n_alpha, NULL);
    for (int i = 0; i < n && i < 256; i++) {
        uint8_t rgba[4] = {colors[i].red, colors[i].green, colors[i].blue,
                           i < n_alpha ? alpha[i] : 255};
        grey_from_rgba(rgba, 1, &reader->greys[i]);
        colours_from_rgba(rgba, 1, &reader->colours[i]);
    }
}

/* Chooses the fewest changes by libpng that leave one of the layouts of convert_row. */
static void prepare_rows(struct png_reader *reader)
{
    png_structp png = reader->png;
    bool transparent = png_get_valid(png, reader->info, PNG_INFO_tRNS) != 0;
    if (reader->bits == 16)
        png_set_scale_16(png);
    if (reader->color_type == PNG_COLOR_TYPE_PALETTE) {
        read_palette(reader);
    } else if (transparent) {
        png_set_tRNS_to_alpha(png); /* also widens small grey samples */
    } else if (reader->bits < 8) {
        for (int i = 0, max = (1 << reader->bits) - 1; i <= max; i++)
            reader->greys[i] = (uint8_t)(i * 255 / max);
    }
    reader->passes = png_set_interlace_handling(png);
    png_read_update_info(png, reader->info);
    reader->bits = png_get_bit_depth(png, reader->info);
    reader->color_type = png_get_color_type(png, reader->info);
    reader->row_bytes = png_get_rowbytes(png, reader->info);
    if (reader->bits == 1)
        bit_greys_init(&reader->bit_greys, reader->greys[0], reader->greys[1]);
}

static void convert_row(const struct png_reader *reader, const uint8_t *row, uint8_t *out)
{
    bool table = reader->color_type == PNG_COLOR_TYPE_PALETTE || reader->bits < 8;
    if (reader->bits == 1)
        grey_from_bits(&reader->bit_greys, row, reader->width, out);
    else if (table)
        grey_from_samples(row, reader->width, reader->bits, reader->greys, out);
    else if (reader->color_type == PNG_COLOR_TYPE_GRAY)
        memcpy(out, row, (size_t)reader->width);
    else if (reader->color_type == PNG_COLOR_TYPE_GRAY_ALPHA)
        grey_from_grey_alpha(row, reader->width, out);
    else if (reader->color_type == PNG_COLOR_TYPE_RGB)
        grey_from_rgb(row, reader->width, 3, out);
    else
        grey_from_rgba(row, reader->width, out);
}

static bool has_colour(const struct png_reader *reader)
{
    return (reader->color_type & PNG_COLOR_MASK_COLOR) != 0;
}

/* `out` NULL: nobody wants it. */
static void convert_colours(const struct png_reader *reader, const uint8_t *row, struct colour *out)
{
    if (!out)
        return;
    if (reader->color_type == PNG_COLOR_TYPE_PALETTE)
        colours_from_samples(row, reader->width, reader->bits, reader->colours, out);
    else if (reader->color_type == PNG_COLOR_TYPE_RGB)
        colours_from_rgb(row, reader->width, 3, out);
    else
        colours_from_rgba(row, reader->width, out);
}

static void read_rows(struct png_reader *reader, struct decoder *decoder, uint8_t *row,
                      struct image *out)
{
    decoder_begin_halves(decoder, out);
    bool stored_as_grey = reader->color_type == PNG_COLOR_TYPE_GRAY && reader->bits == 8;
    for (int y = 0; y < reader->height; y++) {
        uint8_t *to = image_row(out, y);
        png_read_row(reader->png, stored_as_grey ? to : row, NULL);
        if (!stored_as_grey)
            convert_row(reader, row, to);
        convert_colours(reader, row, decoder_colour_row(decoder, y));
        decoder_halve(decoder, out, y + 1);
    }
}

/* An interlaced picture comes in seven passes over all its rows: they are kept until it is whole.
 */
static void read_interlaced(struct png_reader *reader, const struct decoder *decoder, uint8_t *rows,
                            struct image *out)
{
    for (int pass = 0; pass < reader->passes; pass++)
        for (int y = 0; y < reader->height; y++)
            png_read_row(reader->png, rows + (size_t)y * reader->row_bytes, NULL);
    for (int y = 0; y < reader->height; y++) {
        const uint8_t *row = rows + (size_t)y * reader->row_bytes;
        convert_row(reader, row, image_row(out, y));
        convert_colours(reader, row, decoder_colour_row(decoder, y));
    }
}

static int read_picture(struct png_reader *reader, struct decoder *decoder, struct image *out,
                        struct placement *ret_placement)
{
    struct placement placement = {.orientation = 1};
    png_read_info(reader->png, reader->info);
    int64_t width = png_get_image_width(reader->png, reader->info);
    int64_t height = png_get_image_height(reader->png, reader->info);
    int r = scan_size_image(out, width, height, reader->reason);
    if (r < 0)
        return r;
    reader->width = out->width;
    reader->height = out->height;
    reader->bits = png_get_bit_depth(reader->png, reader->info);
    reader->color_type = png_get_color_type(reader->png, reader->info);
    read_placement(reader, &placement);
    prepare_rows(reader);
    size_t rows = reader->passes > 1 ? (size_t)reader->height : 1;
    if (rows * reader->row_bytes > DECODER_SCRATCH_MAX)
        return scan_refuse(reader->reason, _("an interlaced PNG of %d x %d pixels is too large"),
                           reader->width, reader->height);
    uint8_t *scratch = decoder_scratch(decoder, rows * reader->row_bytes);
    if (!scratch)
        return YJ_ENOMEM;
    r = has_colour(reader) ? decoder_begin_chroma(decoder, out, reader->reason) : 0;
    if (r < 0)
        return r;
    if (reader->passes > 1)
        read_interlaced(reader, decoder, scratch, out);
    else
        read_rows(reader, decoder, scratch, out);
    png_read_end(reader->png, NULL); /* the last check sums */
    *ret_placement = placement;
    return 0;
}

/* libpng's own limits are above ours, so that read_picture tells the refusal in our words. Texts
 * and profiles are not worth much memory. */
static void limit_reading(png_structp png)
{
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_cache_max(png, 100);
    png_set_chunk_malloc_max(png, 8 << 20);
}

int decode_png(const uint8_t *bytes, size_t size, struct decoder *decoder, struct image *out,
               struct placement *ret_placement, char *reason)
{
    struct png_reader reader = {.bytes = bytes, .size = size, .reason = reason};
    reader.png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, stop_reading, ignore_warning);
    reader.info = reader.png ? png_create_info_struct(reader.png) : NULL;
    if (!reader.info) {
        png_destroy_read_struct(&reader.png, NULL, NULL);
        return YJ_ENOMEM;
    }
    if (setjmp(png_jmpbuf(reader.png))) {
        png_destroy_read_struct(&reader.png, &reader.info, NULL);
        return reader.code;
    }
    limit_reading(reader.png);
    png_set_read_fn(reader.png, &reader, read_bytes);
    int r = read_picture(&reader, decoder, out, ret_placement);
    png_destroy_read_struct(&reader.png, &reader.info, NULL);
    return r;
}
