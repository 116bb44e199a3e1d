/* crop.c - out of the page, upright, deflated.
 *
 * A crop is for a person: the map around the middle of the area is near enough for all of it. It is
 * cut at a power of two of the resolution wanted where the scan is finer, and then averaged down,
 * so that thin pencil neither vanishes nor flickers between sampled pixels. */
#include "crop.h"
#include "diag.h"
#include "image_warp.h"
#include <math.h>
#include <zlib.h>

#define MM_PER_INCH 25.4
/* Deflate's fastest level: crops are cut on the hot path, and noise packs no better with more. */
#define CROP_LEVEL 1
/* Grey steps of a stored crop: what the eye tells apart, without the scanner's noise. */
#define CROP_GREY_STEP 8

static int cut(const struct image *img, const struct homography *mm_to_px, struct rect area,
               double dpi, struct image *out)
{
    double width = round(area.w / MM_PER_INCH * dpi), height = round(area.h / MM_PER_INCH * dpi);
    if (!(width >= 1 && height >= 1 && width <= IMAGE_MAX_SIDE && height <= IMAGE_MAX_SIDE))
        return YJ_EDATA;
    int r = image_resize(out, (int)width, (int)height);
    if (r < 0)
        return r;
    double step_x = area.w / width, step_y = area.h / height; /* mm a pixel of out */
    struct homography to_mm = {
        {step_x, 0, area.x + step_x / 2, 0, step_y, area.y + step_y / 2, 0, 0, 1}};
    struct homography to_px;
    homography_compose(mm_to_px, &to_mm, &to_px);
    out->dpi_x = out->dpi_y = dpi;
    image_warp(img, &to_px, out);
    return 0;
}

int crop_extract(const struct image *img, const struct page_map *map, struct rect area, double dpi,
                 struct image *out)
{
    struct point center = rect_center(area);
    struct homography local = page_map_local(map, center);
    double native = homography_scale(&local, center) * MM_PER_INCH;
    int halvings = 0;
    while (halvings < 3 && native > 1.5 * dpi * (1 << halvings))
        halvings++;
    if (halvings == 0)
        return cut(img, &local, area, dpi, out);
    struct image fine;
    image_init(&fine);
    int r = cut(img, &local, area, dpi * (1 << halvings), &fine);
    if (r == 0)
        r = image_shrink(&fine, halvings, out);
    if (r == 0)
        out->dpi_x = out->dpi_y = dpi;
    image_finish(&fine);
    return r;
}

bool crop_is_within(const struct image *img, const struct page_map *map, struct rect area)
{
    struct point a = page_map_point(map, (struct point){area.x, area.y});
    struct point b = page_map_point(map, (struct point){area.x + area.w, area.y + area.h});
    return fmin(a.x, b.x) > -2 && fmin(a.y, b.y) > -2 && fmax(a.x, b.x) < img->width + 1 &&
           fmax(a.y, b.y) < img->height + 1;
}

static void drop_noise(struct image *img)
{
    for (int y = 0; y < img->height; y++) {
        uint8_t *row = image_row(img, y);
        for (int x = 0; x < img->width; x++) {
            int level = row[x] / CROP_GREY_STEP;
            row[x] = (uint8_t)(level * 255 / (255 / CROP_GREY_STEP));
        }
    }
}

/* A z_stream, so that rows with a stride need no copy. */
static int deflate_rows(const struct image *img, uint8_t *to, size_t room, size_t *ret_size)
{
    z_stream z = {.next_out = to, .avail_out = (uInt)room};
    if (deflateInit(&z, CROP_LEVEL) != Z_OK)
        return YJ_ENOMEM;
    int status = Z_OK;
    for (int y = 0; y < img->height && status == Z_OK; y++) {
        z.next_in = image_row(img, y);
        z.avail_in = (uInt)img->width;
        status = deflate(&z, y + 1 < img->height ? Z_NO_FLUSH : Z_FINISH);
    }
    *ret_size = z.total_out;
    deflateEnd(&z);
    return status == Z_STREAM_END ? 0 : YJ_ENOMEM;
}

int crop_deflate(const struct image *img, const struct page_map *map, struct rect area,
                 struct image *scratch, struct arena *arena, struct crop *ret_crop)
{
    struct rect wide = {area.x - CROP_MARGIN, area.y - CROP_MARGIN, area.w + 2 * CROP_MARGIN,
                        area.h + 2 * CROP_MARGIN};
    int r = crop_extract(img, map, wide, CROP_DPI, scratch);
    if (r < 0)
        return r;
    drop_noise(scratch);
    size_t room = compressBound((uLong)scratch->width * (uLong)scratch->height), size;
    uint8_t *deflated = arena_alloc(arena, room);
    if (!deflated)
        return YJ_ENOMEM;
    r = deflate_rows(scratch, deflated, room, &size);
    if (r < 0)
        return r;
    *ret_crop = (struct crop){deflated, size, scratch->width, scratch->height};
    return 0;
}

int crop_inflate(const struct crop *crop, struct image *out)
{
    int r = image_resize(out, crop->width, crop->height);
    if (r < 0)
        return r;
    uLongf size = (uLongf)out->width * (uLongf)out->height;
    uLongf got = size;
    int status = uncompress(out->data, &got, crop->deflated, (uLong)crop->size);
    if (status == Z_MEM_ERROR)
        return YJ_ENOMEM;
    return status == Z_OK && got == size ? 0 : YJ_EDATA;
}
