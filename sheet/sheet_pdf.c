/* Every page of every sheet as one PDF. */
#include "sheet.h"

#include "diag.h"
#include "i18n.h"
#include "page_draw.h"
#include "pending_file.h"
#include <cairo-pdf.h>
#include <errno.h>

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

static int draw_sheet(struct canvas *c, const struct form *form, const struct sheet_owner *owner,
                      bool warn)
{
    for (int i = 0; i < form->n_pages; i++) {
        if (page_draw(c, form, i, owner, warn) < 0)
            return c->rc;
        cairo_show_page(c->cr);
    }
    return canvas_status(c);
}

static int draw_sheets(struct canvas *c, const struct form *form, const struct roster *roster)
{
    if (!roster)
        return draw_sheet(c, form, NULL, true);
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
        if (draw_sheet(c, form, &owner, i == 0) < 0)
            return c->rc;
    }
    return 0;
}

static int write_pdf(const struct form *form, const struct roster *roster, FILE *out,
                     const char *name, struct diag *d)
{
    struct pdf_stream stream = {.out = out};
    struct canvas c;
    cairo_surface_t *surface = create_surface(form, &stream);
    int rc = canvas_init(&c, surface, POINTS_PER_MM, true, form->path, d);
    if (rc == 0)
        rc = draw_sheets(&c, form, roster);
    canvas_finish(&c);
    cairo_surface_finish(surface); /* writes what is left: fonts, the table of places */
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
