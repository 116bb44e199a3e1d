#include "contact_sheet.h"

#include "crop.h"
#include "diag.h"
#include "i18n.h"
#include "image.h"
#include <string.h>

#define GAP 6         /* px around each picture */
#define LINES_GREY 96 /* what stands between them */
#define NONE_GREY 176 /* where there is none */
#define WIDE 1600     /* px: as wide as a screen, unless one picture is wider */

static void fill(struct image *img, int x0, int y0, int width, int height, int grey)
{
    for (int y = y0; y < y0 + height; y++)
        memset(image_row(img, y) + x0, grey, (size_t)width);
}

static void place(struct image *sheet, const struct image *picture, int x0, int y0)
{
    for (int y = 0; y < picture->height; y++)
        memcpy(image_row(sheet, y0 + y) + x0, image_row(picture, y), (size_t)picture->width);
}

static int lay_out(struct image *sheet, const struct crop *crops, int n, int *ret_columns)
{
    struct image picture;
    int width = 1, height = 1, rc;

    for (int i = 0; i < n; i++) {
        width = crops[i].width > width ? crops[i].width : width;
        height = crops[i].height > height ? crops[i].height : height;
    }
    int columns = (WIDE - GAP) / (width + GAP);
    columns = columns < 1 ? 1 : columns > n ? n : columns;
    int rows = (n + columns - 1) / columns;
    rc = image_resize(sheet, columns * (width + GAP) + GAP, rows * (height + GAP) + GAP);
    if (rc < 0)
        return rc;
    fill(sheet, 0, 0, sheet->width, sheet->height, LINES_GREY);
    image_init(&picture);
    for (int i = 0; i < n && rc == 0; i++) {
        int x = GAP + i % columns * (width + GAP), y = GAP + i / columns * (height + GAP);
        rc = crops[i].deflated ? crop_inflate(&crops[i], &picture) : YJ_EDATA;
        if (rc == 0)
            place(sheet, &picture, x, y);
        else if (rc == YJ_EDATA) {
            fill(sheet, x, y, width, height, NONE_GREY);
            rc = 0;
        }
    }
    image_finish(&picture);
    *ret_columns = columns;
    return rc;
}

static int write_image(const char *path, const struct image *img, struct diag *d)
{
    return image_write_png(path, img->data, img->width, img->height, img->stride, 0, d);
}

int contact_sheet_write(const char *path, const struct crop *crops, int n, int *ret_columns,
                        struct diag *d)
{
    struct image sheet;
    int columns = 1;

    image_init(&sheet);
    int rc = lay_out(&sheet, crops, n < CONTACT_SHEET_MAX ? n : CONTACT_SHEET_MAX, &columns);
    if (rc == YJ_ENOMEM)
        diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory"));
    else if (rc < 0)
        diag_error(d, rc, NULL, 0, 0, _("show them one by one"),
                   _("the pictures are too large for one sheet"));
    else
        rc = write_image(path, &sheet, d);
    image_finish(&sheet);
    if (rc == 0)
        *ret_columns = columns;
    return rc;
}

int contact_sheet_write_one(const char *path, const struct crop *crop, struct diag *d)
{
    struct image picture;

    image_init(&picture);
    int rc = crop->deflated ? crop_inflate(crop, &picture) : YJ_EDATA;
    if (rc == YJ_ENOMEM)
        diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory"));
    else if (rc < 0 && crop->deflated)
        diag_error(d, rc, NULL, 0, 0, _("run verify"), _("the stored picture is broken"));
    else if (rc < 0)
        diag_error(d, rc, NULL, 0, 0, _("'keep_all_crops: true' in exam.yaml keeps all of them"),
                   _("no picture of this reading was kept"));
    else
        rc = write_image(path, &picture, d);
    image_finish(&picture);
    return rc;
}
