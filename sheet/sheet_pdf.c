/* Every page of every sheet as one PDF. */
#include "sheet.h"

#include "diag.h"
#include "i18n.h"
#include "page_draw.h"
#include "pending_file.h"
#include <cairo-pdf.h>
#include <errno.h>
#include <stdlib.h>

#define POINTS_PER_MM (72 / 25.4)

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

/* No date: the same form gives the same bytes. */
static cairo_surface_t *create_surface(const struct form *form, struct pdf_stream *stream)
{
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(
        write_bytes, stream, form->width * POINTS_PER_MM, form->height * POINTS_PER_MM);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, form->name);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "yuejuan " YJ_VERSION);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "");
    return surface;
}

/* ---- pages ---- */

/* A page as every sheet has it: drawn once, kept once in the PDF however often it is shown. */
struct pdf_page {
    struct page_draw draw;
    cairo_surface_t *common;
};

static int create_page(struct pdf_page *page, const struct form *form, int number, struct diag *d)
{
    const cairo_rectangle_t extents = {0, 0, form->width * POINTS_PER_MM,
                                       form->height * POINTS_PER_MM};
    struct canvas c;
    int rc = page_draw_init(&page->draw, form, number, true);
    if (rc < 0)
        return rc;
    page->common = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &extents);
    rc = canvas_init(&c, page->common, POINTS_PER_MM, form->path, d);
    if (rc == 0)
        rc = page_draw_common(&page->draw, &c);
    canvas_finish(&c);
    return rc;
}

static void destroy_pages(struct pdf_page *pages, int n)
{
    for (int i = 0; pages && i < n; i++) {
        page_draw_finish(&pages[i].draw);
        if (pages[i].common)
            cairo_surface_destroy(pages[i].common);
    }
    free(pages);
}

static int create_pages(const struct form *form, struct pdf_page **ret_pages, struct diag *d)
{
    struct pdf_page *pages = calloc((size_t)form->n_pages, sizeof(*pages));
    int rc = pages ? 0 : YJ_ENOMEM;
    for (int i = 0; i < form->n_pages && rc == 0; i++)
        rc = create_page(&pages[i], form, i, d);
    if (rc == 0)
        *ret_pages = pages;
    else
        destroy_pages(pages, form->n_pages);
    return rc;
}

static void show_common(struct canvas *c, cairo_surface_t *common)
{
    cairo_save(c->cr);
    cairo_scale(c->cr, 1 / POINTS_PER_MM, 1 / POINTS_PER_MM);
    cairo_set_source_surface(c->cr, common, 0, 0);
    cairo_paint(c->cr);
    cairo_restore(c->cr);
}

static int draw_sheet(struct canvas *c, struct pdf_page *pages, int n,
                      const struct sheet_owner *owner)
{
    for (int i = 0; i < n; i++) {
        show_common(c, pages[i].common);
        if (page_draw_own(&pages[i].draw, c, owner) < 0)
            return c->rc;
        pages[i].draw.warn = false; /* of every sheet it would be the same */
        cairo_show_page(c->cr);
    }
    return canvas_status(c);
}

static int draw_sheets(struct canvas *c, struct pdf_page *pages, int n, const struct roster *roster)
{
    if (!roster)
        return draw_sheet(c, pages, n, NULL);
    for (int i = 0; i < roster->n_entries; i++) {
        const struct roster_entry *e = &roster->entries[i];
        const struct sheet_owner owner = {.candidate = e->candidate,
                                          .name = e->name,
                                          .class_name = e->class_name,
                                          .school = e->school,
                                          .room = e->room,
                                          .seat = e->seat,
                                          .serial = (uint64_t)i + 1,
                                          .fill_number = true};
        if (draw_sheet(c, pages, n, &owner) < 0)
            return c->rc;
    }
    return 0;
}

/* ---- the file ---- */

static int draw_document(const struct form *form, const struct roster *roster,
                         cairo_surface_t *surface, struct diag *d)
{
    struct pdf_page *pages = NULL;
    struct canvas c;
    int rc = canvas_init(&c, surface, POINTS_PER_MM, form->path, d);
    if (rc == 0)
        rc = create_pages(form, &pages, d);
    if (rc == 0)
        rc = draw_sheets(&c, pages, form->n_pages, roster);
    canvas_finish(&c);
    cairo_surface_finish(
        surface); /* writes what is left: the pages' drawings, the table of places */
    destroy_pages(pages, form->n_pages);
    return rc;
}

static int write_pdf(const struct form *form, const struct roster *roster, FILE *out,
                     const char *name, struct diag *d)
{
    struct pdf_stream stream = {.out = out};
    cairo_surface_t *surface = create_surface(form, &stream);
    int rc = draw_document(form, roster, surface, d);
    cairo_surface_destroy(surface);
    if (stream.error == 0 && (rc < 0 || (fflush(out) == 0 && !ferror(out))))
        return rc;
    return file_write_error(name, stream.error ? stream.error : errno, d);
}

int sheet_write_pdf(const struct form *form, const struct roster *roster, const char *path,
                    struct diag *d)
{
    struct pending_file file;
    if (roster && roster->n_entries == 0)
        return diag_error(d, YJ_EINPUT, roster->path, 0, 0, NULL, _("nobody is in the roster"));
    if (!path)
        return write_pdf(form, roster, stdout, _("standard output"), d);
    int rc = pending_file_open(path, &file, d);
    if (rc < 0)
        return rc;
    rc = write_pdf(form, roster, file.out, path, d);
    return pending_file_close(&file, rc, path, d);
}
