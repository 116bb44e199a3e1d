#include "pdf_document.h"

#include "diag.h"
#include "glyph_face.h"
#include "i18n.h"
#include "pending_file.h"
#include "report_parts.h"
#include <cairo-pdf.h>
#include <errno.h>

#define POINTS_PER_MM (72 / 25.4)
#define FOOTER_Y 288.5 /* baseline */

struct pdf_stream {
    FILE *out;
    int error; /* errno of the first write that failed */
};

static cairo_status_t write_bytes(void *closure, const unsigned char *bytes, unsigned n)
{
    struct pdf_stream *stream = closure;
    errno = 0;
    if (fwrite(bytes, 1, n, stream->out) == n)
        return CAIRO_STATUS_SUCCESS;
    if (stream->error == 0)
        stream->error = errno ? errno : EIO;
    return CAIRO_STATUS_WRITE_ERROR;
}

/* ---- pages ---- */

static void draw_footer(struct pdf_document *doc)
{
    const struct letters left = {.size = 2.4, .tone = TONE_SOFT, .align = ALIGN_LEFT, .width = 110};
    const struct letters right = {
        .size = 2.4, .tone = TONE_SOFT, .align = ALIGN_RIGHT, .width = 60};
    const double end = PAGE_LEFT + CONTENT_WIDTH;
    const char *date = doc->a->exam->date;
    char text[256];
    drawing_line(&doc->drawing, (struct point){PAGE_LEFT, FOOTER_Y - 4},
                 (struct point){end, FOOTER_Y - 4}, (struct pen){TONE_FAINT, 0.2, DASH_NONE});
    drawing_text(&doc->drawing, (struct point){PAGE_LEFT, FOOTER_Y}, report_title(doc->a), left);
    snprintf(text, sizeof text, *date ? "%s   %d / %d" : "%s%d / %d", date, doc->page,
             doc->n_pages);
    drawing_text(&doc->drawing, (struct point){end, FOOTER_Y}, text, right);
}

static void end_page(struct pdf_document *doc)
{
    if (doc->footers)
        draw_footer(doc);
    if (!doc->drawing.muted)
        cairo_show_page(doc->drawing.canvas->cr);
}

void pdf_page_break(struct pdf_document *doc)
{
    if (doc->y <= PAGE_TOP)
        return;
    end_page(doc);
    doc->page++;
    doc->y = PAGE_TOP;
}

void pdf_room(struct pdf_document *doc, double height)
{
    if (doc->y + height > PAGE_FOOT)
        pdf_page_break(doc);
}

/* ---- words ---- */

void pdf_paragraph(struct pdf_document *doc, const char *text, enum tone tone, double size)
{
    const struct letters letters = {
        .size = size, .tone = tone, .align = ALIGN_LEFT, .width = CONTENT_WIDTH, .wrap = true};
    double height = drawing_text_height(&doc->drawing, text, letters);
    pdf_room(doc, height);
    drawing_text(&doc->drawing, (struct point){PAGE_LEFT, doc->y + size}, text, letters);
    doc->y += height + size * 0.6;
}

static void heading(struct pdf_document *doc, const char *text, double size, double above)
{
    drawing_text(&doc->drawing, (struct point){PAGE_LEFT, doc->y + above + size}, text,
                 (struct letters){.size = size,
                                  .tone = TONE_INK,
                                  .align = ALIGN_LEFT,
                                  .bold = true,
                                  .width = CONTENT_WIDTH});
    doc->y += above + size * 1.55;
}

void pdf_title(struct pdf_document *doc, const char *title, const char *subtitle)
{
    const struct letters letters = {.size = 7,
                                    .tone = TONE_INK,
                                    .align = ALIGN_LEFT,
                                    .bold = true,
                                    .width = CONTENT_WIDTH,
                                    .wrap = true,
                                    .lines = 3};
    double height = drawing_text_height(&doc->drawing, title, letters);
    drawing_text(&doc->drawing, (struct point){PAGE_LEFT, doc->y + 7}, title, letters);
    doc->y += height;
    if (*subtitle)
        drawing_text(
            &doc->drawing, (struct point){PAGE_LEFT, doc->y + 4}, subtitle,
            (struct letters){
                .size = 3.6, .tone = TONE_SOFT, .align = ALIGN_LEFT, .width = CONTENT_WIDTH});
    doc->y += *subtitle ? 9 : 3;
}

void pdf_heading(struct pdf_document *doc, const char *text, double with)
{
    pdf_room(doc, with + 16);
    if (doc->y > PAGE_TOP) {
        doc->y += 5;
        drawing_line(&doc->drawing, (struct point){PAGE_LEFT, doc->y},
                     (struct point){PAGE_LEFT + CONTENT_WIDTH, doc->y},
                     (struct pen){TONE_INK, 0.4, DASH_NONE});
    }
    heading(doc, text, 4.8, 2.4);
}

void pdf_subheading(struct pdf_document *doc, const char *text, double with)
{
    pdf_room(doc, with + 9);
    heading(doc, text, 3.6, 2);
}

/* ---- the file ---- */

/* No date: the same analysis gives the same bytes. */
static cairo_surface_t *create_surface(const struct analysis *a, struct pdf_stream *stream)
{
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(
        write_bytes, stream, PAGE_WIDTH * POINTS_PER_MM, PAGE_HEIGHT * POINTS_PER_MM);
    char *title = g_utf8_make_valid(report_title(a), -1);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "yuejuan " YJ_VERSION);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "");
    g_free(title);
    return surface;
}

static int draw_pass(struct pdf_document *doc, bool muted,
                     int (*draw)(struct pdf_document *doc, void *context), void *context)
{
    doc->drawing.muted = muted;
    doc->page = 1;
    doc->y = PAGE_TOP;
    int rc = draw(doc, context);
    doc->n_pages = doc->page;
    if (rc == 0)
        end_page(doc);
    return rc < 0 ? rc : canvas_status(doc->drawing.canvas);
}

static int draw_document(struct pdf_document *doc, cairo_surface_t *surface,
                         int (*draw)(struct pdf_document *doc, void *context), void *context,
                         struct diag *d)
{
    struct canvas canvas;
    struct glyph_faces *faces = glyph_faces_create();
    int rc = canvas_init(&canvas, surface, POINTS_PER_MM, report_title(doc->a), d);
    doc->drawing = (struct drawing){.canvas = &canvas, .faces = faces, .font = report_font()};
    if (rc == 0 && !faces)
        rc = YJ_ENOMEM;
    if (rc == 0 && doc->footers)
        rc = draw_pass(doc, true, draw, context);
    if (rc == 0)
        rc = draw_pass(doc, false, draw, context);
    if (rc == 0 && glyph_faces_lack_font(faces))
        rc = canvas_no_font(report_title(doc->a), d);
    if (rc == YJ_ENOMEM && canvas.rc == 0)
        diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory"));
    canvas_finish(&canvas);
    cairo_surface_finish(surface); /* writes the fonts and the table of places */
    glyph_faces_destroy(faces);
    return rc;
}

int pdf_document_write(const struct analysis *a, const char *path,
                       int (*draw)(struct pdf_document *doc, void *context), void *context,
                       bool footers, struct diag *d)
{
    struct pdf_document doc = {.a = a, .footers = footers};
    struct pending_file file;
    int rc = pending_file_open(path, &file, d);
    if (rc < 0)
        return rc;
    struct pdf_stream stream = {.out = file.out};
    cairo_surface_t *surface = create_surface(a, &stream);
    rc = draw_document(&doc, surface, draw, context, d);
    if (stream.error != 0)
        rc = file_write_error(path, stream.error, d);
    cairo_surface_destroy(surface);
    return pending_file_close(&file, rc, path, d);
}
