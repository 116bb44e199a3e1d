/* sheet.h - draws a form: the answer sheet to print, or its pixels.
 *
 * The form that is drawn is the form that is read: marks, timing marks, page bits, bubbles, boxes,
 * strips and frames stand where registration and omr look for them. What only a printer needs
 * (headings, captions, colour) is the form's `print`. Millimetres as in form.h. Knows nothing of
 * scans. Not thread-safe (pango's font cache): draw once, share the pixels. */
#ifndef YJ_SHEET_SHEET_H
#define YJ_SHEET_SHEET_H

#include "form.h"
#include "roster.h"
#include <stdbool.h>
#include <stdint.h>

struct diag;

/* What differs from sheet to sheet. */
struct sheet_owner {
    const char *candidate; /* NULL: nobody's; else drawn as a barcode into the candidate's barcode
                              field, and as text */
    const char *name;      /* NULL or "": none */
    const char *class_name, *school, *room, *seat; /* for the form's texts; NULL or "": none */
    uint64_t serial;  /* the sheet's number, in its bits or barcode; 0: none */
    bool fill_number; /* a candidate's grid is filled in too, as if by a pencil, but black */
};

/* Every page of the form as PDF, to `path` (NULL: stdout): once blank, or (roster) once for each
 * candidate in the roster's order, with serial numbers from 1 where the form has them. Written to a
 * temporary name beside `path` and renamed, so that no half PDF is printed. YJ_EIO, YJ_ENOMEM;
 * YJ_EINPUT: a barcode that cannot hold the candidate, no such font. */
int sheet_write_pdf(const struct form *form, const struct roster *roster, const char *path,
                    struct diag *d);

/* Pixels of a page: 0xffRRGGBB as cairo has them, `stride` bytes a row. */
struct sheet_raster {
    uint32_t *pixels;
    int width, height;
    size_t stride;
    double dpi;
};

/* The same drawing as pixels, antialiased, on white. `owner` may be NULL. YJ_ENOMEM, YJ_EINPUT. */
int sheet_rasterise(const struct form *form, int page, const struct sheet_owner *owner, double dpi,
                    struct sheet_raster *ret_raster, struct diag *d);
void sheet_raster_finish(struct sheet_raster *raster);

#endif
