/* Pictures of markers: PNG by cairo, JPEG by libjpeg, both as grey. */
#include "canvas.h"

#include "diag.h"
#include "i18n.h"
#include <jpeglib.h> /* wants FILE */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GREATEST_SIDE 4000 /* px: a marker is a centimetre or two */

/* ---- JPEG ---- */

struct jpeg_reader {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jmp_buf failed;
    cairo_surface_t *surface;
    uint8_t *line;
    bool complete;
};

static void jump_out(j_common_ptr info)
{
    longjmp(((struct jpeg_reader *)info->client_data)->failed, 1);
}

static void stay_silent(j_common_ptr info) {}

static void read_rows(struct jpeg_reader *r)
{
    unsigned char *pixels = cairo_image_surface_get_data(r->surface);
    int stride = cairo_image_surface_get_stride(r->surface);
    cairo_surface_flush(r->surface);
    while (r->jpeg.output_scanline < r->jpeg.output_height) {
        uint32_t *out = (uint32_t *)(void *)(pixels + (size_t)r->jpeg.output_scanline * stride);
        jpeg_read_scanlines(&r->jpeg, &r->line, 1);
        for (unsigned x = 0; x < r->jpeg.output_width; x++)
            out[x] = 0xff000000u | r->line[x] * 0x010101u;
    }
    cairo_surface_mark_dirty(r->surface);
}

/* What is in hand when libjpeg jumps out stays in `r`. */
static void decode(struct jpeg_reader *r, FILE *file)
{
    if (setjmp(r->failed) != 0)
        return;
    jpeg_create_decompress(&r->jpeg);
    jpeg_stdio_src(&r->jpeg, file);
    jpeg_read_header(&r->jpeg, TRUE);
    r->jpeg.out_color_space = JCS_GRAYSCALE;
    if (r->jpeg.image_width > GREATEST_SIDE || r->jpeg.image_height > GREATEST_SIDE)
        return;
    jpeg_start_decompress(&r->jpeg);
    r->line = malloc(r->jpeg.output_width);
    r->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)r->jpeg.output_width,
                                            (int)r->jpeg.output_height);
    if (!r->line || cairo_surface_status(r->surface) != CAIRO_STATUS_SUCCESS)
        return;
    read_rows(r);
    r->complete = true;
}

/* NULL: no JPEG picture. */
static cairo_surface_t *load_jpeg(FILE *file)
{
    struct jpeg_reader r = {.complete = false};
    r.jpeg.err = jpeg_std_error(&r.errors);
    r.errors.error_exit = jump_out;
    r.errors.output_message = stay_silent;
    r.jpeg.client_data = &r;
    decode(&r, file);
    jpeg_destroy_decompress(&r.jpeg);
    free(r.line);
    if (r.complete)
        return r.surface;
    if (r.surface)
        cairo_surface_destroy(r.surface);
    return NULL;
}

/* ---- either ---- */

static cairo_surface_t *load_picture(const char *path)
{
    cairo_surface_t *png = cairo_image_surface_create_from_png(path);
    if (cairo_surface_status(png) == CAIRO_STATUS_SUCCESS)
        return png;
    cairo_surface_destroy(png);
    FILE *file = fopen(path, "rbe");
    cairo_surface_t *jpeg = file ? load_jpeg(file) : NULL;
    if (file)
        fclose(file);
    return jpeg;
}

void canvas_picture(struct canvas *c, struct rect r, const char *path)
{
    if (c->rc < 0)
        return;
    cairo_surface_t *picture = load_picture(path);
    if (!picture) {
        c->rc = diag_error(c->d, YJ_EINPUT, c->name, 0, 0, _("save it as PNG or JPEG"),
                           _("cannot draw the picture '%s'"), path);
        return;
    }
    cairo_save(c->cr);
    cairo_translate(c->cr, r.x, r.y);
    cairo_scale(c->cr, r.w / cairo_image_surface_get_width(picture),
                r.h / cairo_image_surface_get_height(picture));
    cairo_set_source_surface(c->cr, picture, 0, 0);
    cairo_pattern_set_extend(cairo_get_source(c->cr), CAIRO_EXTEND_PAD);
    cairo_rectangle(c->cr, 0, 0, cairo_image_surface_get_width(picture),
                    cairo_image_surface_get_height(picture));
    cairo_fill(c->cr);
    cairo_restore(c->cr);
    cairo_surface_destroy(picture);
}
