/* JPEG to grey by libjpeg(-turbo), straight from the luma plane into the page's rows.
 *
 * libjpeg mends what is damaged and warns; a mended page is a page with a grey lower half on which
 * nothing is marked. So a warning about the picture's data ends the decoding. */
#include "ingest_internal.h"
#include "jpeg_memory.h"

#include <jerror.h>
#include <jpeglib.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_A_CALL = 16 };
/* Encoders write ten or so. */
enum { SCANS_MAX = 100 };
/* Bytes between the picture's last block and the marker after it: fillers of sloppy writers. More
 * of them are data that lost its place. */
enum { STRAY_BYTES_MAX = 64 };
/* A progressive JPEG is held as coefficients, six bytes a pixel. */
static const int64_t PROGRESSIVE_PIXELS_MAX = 100000000;

struct jpeg_reader {
    struct jpeg_decompress_struct jpeg; /* first: libjpeg hands it back to the callbacks */
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    struct jpeg_memory memory;
    bool created; /* jpeg is, and has `memory` */
    jmp_buf stop;
    int code; /* returned after a stop */
    char *reason;
};

struct jpeg_reader *jpeg_reader_create(void)
{
    return calloc(1, sizeof(struct jpeg_reader));
}

static void forget_decompressor(struct jpeg_reader *reader)
{
    jpeg_destroy_decompress(&reader->jpeg);
    if (reader->created)
        jpeg_memory_finish(&reader->memory);
    reader->created = false;
}

void jpeg_reader_destroy(struct jpeg_reader *reader)
{
    if (!reader)
        return;
    if (reader->created)
        forget_decompressor(reader);
    free(reader);
}

static void stop_reading(j_common_ptr jpeg)
{
    struct jpeg_reader *reader = (struct jpeg_reader *)jpeg;
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    bool early = jpeg->err->msg_code == JERR_INPUT_EOF || jpeg->err->msg_code == JWRN_JPEG_EOF ||
                 jpeg->err->msg_code == JWRN_HIT_MARKER;
    reader->code = jpeg->err->msg_code == JERR_OUT_OF_MEMORY ? YJ_ENOMEM : YJ_EDATA;
    scan_refuse(reader->reason,
                early ? _("the JPEG is incomplete: %s") : _("the JPEG is damaged: %s"), text);
    longjmp(reader->stop, 1);
}

static bool is_harmless(j_common_ptr jpeg)
{
    switch (jpeg->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
        return true;
    case JWRN_EXTRANEOUS_DATA: {
        int marker = jpeg->err->msg_parm.i[1];
        bool resync = marker >= 0xd0 && marker <= 0xd7; /* within the picture's data */
        return !resync && jpeg->err->msg_parm.i[0] <= STRAY_BYTES_MAX;
    }
    default:
        return false;
    }
}

static void heed_message(j_common_ptr jpeg, int level)
{
    if (level < 0 && !is_harmless(jpeg))
        stop_reading(jpeg);
}

static void print_nothing(j_common_ptr jpeg) {}

/* A few kilobytes can hold thousands of progressive scans, each a pass over the whole picture. */
static void watch_progress(j_common_ptr jpeg)
{
    struct jpeg_reader *reader = (struct jpeg_reader *)jpeg;
    if (jpeg->is_decompressor && reader->jpeg.input_scan_number > SCANS_MAX) {
        reader->code =
            scan_refuse(reader->reason, _("the JPEG has more than %d passes"), SCANS_MAX);
        longjmp(reader->stop, 1);
    }
}

static void read_placement(struct jpeg_decompress_struct *jpeg, struct placement *placement)
{
    if (jpeg->saw_JFIF_marker && jpeg->X_density > 0 && jpeg->Y_density > 0) {
        double per_inch = jpeg->density_unit == 2 ? 2.54 : 1;
        placement->relative = jpeg->density_unit == 0;
        /* 0 with 1 x 1 says nothing, and must not hide what EXIF says. */
        if (!placement->relative || jpeg->X_density != jpeg->Y_density) {
            placement->dpi_x = jpeg->X_density * per_inch;
            placement->dpi_y = jpeg->Y_density * per_inch;
        } else {
            placement->relative = false;
        }
    }
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m; m = m->next)
        if (m->marker == JPEG_APP0 + 1 && m->data_length > 6 && memcmp(m->data, "Exif\0", 6) == 0)
            exif_read(m->data + 6, m->data_length - 6, placement);
}

/* Whether a block of pixels may be written where it belongs: nothing is to be done to them. */
static bool is_plain_grey(const struct jpeg_decompress_struct *jpeg)
{
    return jpeg->num_components == 1 && jpeg->jpeg_color_space == JCS_GRAYSCALE &&
           jpeg->comp_info[0].h_samp_factor == 1 && jpeg->comp_info[0].v_samp_factor == 1;
}

/* Blocks into the page's rows, without libjpeg's rows between: a copy of the page less. */
static void read_blocks(struct jpeg_decompress_struct *jpeg, struct decoder *decoder,
                        struct image *out)
{
    JSAMPROW rows[DCTSIZE];
    JSAMPARRAY plane = rows;
    while (jpeg->output_scanline < jpeg->output_height) {
        for (int i = 0; i < DCTSIZE; i++)
            rows[i] = image_row(out, (int)jpeg->output_scanline + i);
        jpeg_read_raw_data(jpeg, &plane, DCTSIZE);
        int y = (int)jpeg->output_scanline;
        decoder_halve(decoder, out, y < out->height ? y : out->height);
    }
}

/* Straight into the page's rows. */
static void read_grey(struct jpeg_decompress_struct *jpeg, struct decoder *decoder,
                      struct image *out)
{
    JSAMPROW rows[ROWS_A_CALL];
    while (jpeg->output_scanline < jpeg->output_height) {
        int y = (int)jpeg->output_scanline, n = 0;
        for (; n < ROWS_A_CALL && y + n < out->height; n++)
            rows[n] = image_row(out, y + n);
        jpeg_read_scanlines(jpeg, rows, (JDIMENSION)n);
        decoder_halve(decoder, out, (int)jpeg->output_scanline);
    }
}

/* Rows of luma and both colour differences: libjpeg's luma is the same as without the others. */
static void split_row(const uint8_t *row, int width, uint8_t *grey, struct colour *colour)
{
    for (int x = 0; x < width; x++, row += 3) {
        grey[x] = row[0];
        colour[x] = (struct colour){(int8_t)(row[1] - 128), (int8_t)(row[2] - 128)};
    }
}

static void read_colour(struct jpeg_decompress_struct *jpeg, struct decoder *decoder, uint8_t *row,
                        struct image *out)
{
    while (jpeg->output_scanline < jpeg->output_height) {
        int y = (int)jpeg->output_scanline;
        JSAMPROW rows[1] = {row};
        jpeg_read_scanlines(jpeg, rows, 1);
        if (jpeg->out_color_space == JCS_YCbCr) {
            split_row(row, out->width, image_row(out, y), decoder_colour_row(decoder, y));
        } else {
            grey_from_rgb(row, out->width, 3, image_row(out, y));
            colours_from_rgb(row, out->width, 3, decoder_colour_row(decoder, y));
        }
        decoder_halve(decoder, out, y + 1);
    }
}

/* Four inks. Adobe writes them inverted, and says that it was Adobe. */
static void read_cmyk(struct jpeg_decompress_struct *jpeg, struct decoder *decoder, uint8_t *row,
                      struct image *out)
{
    const unsigned flip = jpeg->saw_Adobe_marker ? 0 : 255;
    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *to = image_row(out, (int)jpeg->output_scanline);
        struct colour *colour = decoder_colour_row(decoder, (int)jpeg->output_scanline);
        JSAMPROW rows[1] = {row};
        jpeg_read_scanlines(jpeg, rows, 1);
        for (int x = 0; x < out->width; x++) {
            const uint8_t *p = row + (size_t)x * 4;
            unsigned k = p[3] ^ flip, red = (p[0] ^ flip) * k / 255;
            unsigned green = (p[1] ^ flip) * k / 255, blue = (p[2] ^ flip) * k / 255;
            to[x] = grey_of_rgb(red, green, blue);
            if (colour)
                colour[x] = colour_of_rgb(red, green, blue);
        }
    }
}

/* What libjpeg shall give: luma alone unless somebody wants the colour, too. */
static J_COLOR_SPACE choose_space(const struct jpeg_decompress_struct *jpeg, bool colour)
{
    if (jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK)
        return JCS_CMYK;
    bool has_colour = jpeg->jpeg_color_space == JCS_YCbCr || jpeg->jpeg_color_space == JCS_RGB;
    return colour && has_colour ? jpeg->jpeg_color_space : JCS_GRAYSCALE;
}

/* Between setjmp and the end; every stop leaves by longjmp. */
static int read_picture(struct jpeg_reader *reader, bool embedded, struct decoder *decoder,
                        struct image *out, struct placement *ret_placement)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    struct placement placement = {.orientation = 1};
    jpeg_read_header(jpeg, TRUE);
    if (!embedded)
        read_placement(jpeg, &placement);
    if (jpeg->progressive_mode &&
        (int64_t)jpeg->image_width * jpeg->image_height > PROGRESSIVE_PIXELS_MAX)
        return scan_refuse(reader->reason, _("a progressive JPEG of %u x %u pixels is too large"),
                           jpeg->image_width, jpeg->image_height);
    int r = scan_size_blocks(out, jpeg->image_width, jpeg->image_height,
                             is_plain_grey(jpeg) ? DCTSIZE : 1, reader->reason);
    if (r < 0)
        return r;
    jpeg->out_color_space = choose_space(jpeg, decoder->chroma != NULL);
    bool grey = jpeg->out_color_space == JCS_GRAYSCALE;
    uint8_t *row = grey ? NULL : decoder_scratch(decoder, (size_t)out->width * 4);
    if (!grey && !row)
        return YJ_ENOMEM;
    r = grey ? 0 : decoder_begin_chroma(decoder, out, reader->reason);
    if (r < 0)
        return r;
    jpeg->raw_data_out = is_plain_grey(jpeg);
    jpeg_start_decompress(jpeg);
    decoder_begin_halves(decoder, out);
    if (jpeg->raw_data_out)
        read_blocks(jpeg, decoder, out);
    else if (grey)
        read_grey(jpeg, decoder, out);
    else if (jpeg->out_color_space == JCS_CMYK)
        read_cmyk(jpeg, decoder, row, out);
    else
        read_colour(jpeg, decoder, row, out);
    jpeg_finish_decompress(jpeg);
    *ret_placement = placement;
    return 0;
}

/* Stops by longjmp where there is no memory. */
static void create_decompressor(struct jpeg_reader *reader)
{
    jpeg_create_decompress(&reader->jpeg);
    jpeg_memory_install(&reader->memory, &reader->jpeg);
    reader->created = true;
    reader->jpeg.progress = &reader->progress;
}

int decode_jpeg(const uint8_t *bytes, size_t size, bool embedded, struct decoder *decoder,
                struct image *out, struct placement *ret_placement, char *reason)
{
    struct jpeg_reader *reader = decoder->jpeg;
    reader->reason = reason;
    reader->jpeg.err = jpeg_std_error(&reader->errors);
    reader->errors.error_exit = stop_reading;
    reader->errors.emit_message = heed_message;
    reader->errors.output_message = print_nothing;
    reader->progress.progress_monitor = watch_progress;
    if (setjmp(reader->stop)) { /* nothing of a picture that went wrong is kept */
        forget_decompressor(reader);
        return reader->code;
    }
    if (!reader->created)
        create_decompressor(reader);
    jpeg_memory_renew(&reader->memory, &reader->jpeg);
    jpeg_mem_src(&reader->jpeg, bytes, size);
    jpeg_save_markers(&reader->jpeg, JPEG_APP0 + 1, 0xffff);
    int r = read_picture(reader, embedded, decoder, out, ret_placement);
    if (r < 0)
        jpeg_abort_decompress(&reader->jpeg);
    return r;
}
