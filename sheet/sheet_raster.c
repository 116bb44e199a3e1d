#include "sheet.h"

#include "diag.h"
#include "i18n.h"
#include "page_draw.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MM_PER_INCH 25.4
#define GREATEST_SIDE 20000 /* px */

static int draw_pixels(const struct form *form, int page, const struct sheet_owner *owner,
                       const struct sheet_raster *raster, struct diag *d)
{
    struct canvas c;
    struct page_draw p;
    cairo_surface_t *surface =
        cairo_image_surface_create_for_data((unsigned char *)raster->pixels, CAIRO_FORMAT_ARGB32,
                                            raster->width, raster->height, (int)raster->stride);
    int rc = canvas_init(&c, surface, raster->dpi / MM_PER_INCH, form->path, d);
    if (rc == 0)
        rc = page_draw_init(&p, form, page, false);
    if (rc == 0) {
        if (page_draw_common(&p, &c) == 0)
            page_draw_own(&p, &c, owner);
        rc = c.rc;
        page_draw_finish(&p);
    }
    canvas_finish(&c);
    cairo_surface_finish(surface);
    cairo_surface_destroy(surface);
    return rc;
}

int sheet_rasterise(const struct form *form, int page, const struct sheet_owner *owner, double dpi,
                    struct sheet_raster *ret_raster, struct diag *d)
{
    double per_mm = dpi / MM_PER_INCH;
    struct sheet_raster raster = {.width = (int)lround(form->width * per_mm),
                                  .height = (int)lround(form->height * per_mm),
                                  .dpi = dpi};
    if (raster.width < 1 || raster.height < 1 || raster.width > GREATEST_SIDE ||
        raster.height > GREATEST_SIDE)
        return diag_error(d, YJ_EINPUT, form->path, 0, 0, NULL,
                          _("a page of %g x %g mm cannot be drawn at %g dpi"), form->width,
                          form->height, dpi);
    raster.stride = (size_t)raster.width * sizeof(*raster.pixels);
    raster.pixels = malloc(raster.stride * (size_t)raster.height);
    if (!raster.pixels)
        return YJ_ENOMEM;
    memset(raster.pixels, 0xff, raster.stride * (size_t)raster.height);
    int rc = draw_pixels(form, page, owner, &raster, d);
    if (rc < 0)
        sheet_raster_finish(&raster);
    else
        *ret_raster = raster;
    return rc;
}

void sheet_raster_finish(struct sheet_raster *raster)
{
    free(raster->pixels);
    *raster = (struct sheet_raster){0};
}
