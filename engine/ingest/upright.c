/* From pixels as they are stored to the page as it is meant to be seen. */
#include "ingest_internal.h"
#include "vision.h"

#include <math.h>

static void mirror_rows(struct image *img)
{
    for (int y = 0; y < img->height; y++) {
        uint8_t *row = image_row(img, y);
        for (int left = 0, right = img->width - 1; left < right; left++, right--) {
            uint8_t t = row[left];
            row[left] = row[right];
            row[right] = t;
        }
    }
}

/* The decoder keeps the other buffer for the next page. */
static void swap_images(struct image *a, struct image *b)
{
    struct image t = *a;
    *a = *b;
    *b = t;
}

static bool has_chroma(const struct decoder *decoder)
{
    return decoder->chroma && decoder->chroma->width > 0;
}

static int turn(struct image *out, int orientation, struct decoder *decoder)
{
    /* EXIF 2.3, tag Orientation: mirrored first, then turned clockwise. */
    static const struct {
        bool mirrored;
        int degrees;
    } ways[9] = {{false, 0},  {false, 0},  {true, 0},  {false, 180}, {true, 180},
                 {true, 270}, {false, 90}, {true, 90}, {false, 270}};
    if (orientation > 1)
        decoder_drop_halves(decoder);
    if (ways[orientation].mirrored)
        mirror_rows(out);
    if (ways[orientation].degrees == 0)
        return 0;
    int r = image_rotate(out, ways[orientation].degrees, &decoder->turned);
    if (r == 0)
        swap_images(out, &decoder->turned);
    return r;
}

/* Pixels count as square within this share: scanners state 200 x 199. */
static const double SQUARE_WITHIN = 0.05;
/* A statement of 1 : 10 is a mistake, not a fax. */
static const double STRETCH_MAX = 4;

static int stretch(struct image *img, int width, int height, struct decoder *decoder)
{
    decoder_drop_halves(decoder);
    int r = vision_resize(img, width, height, &decoder->turned);
    if (r == 0)
        swap_images(img, &decoder->turned);
    return r;
}

static int square_pixels(struct image *out, struct decoder *decoder)
{
    double ratio = out->dpi_y / out->dpi_x;
    if (fabs(ratio - 1) <= SQUARE_WITHIN || ratio > STRETCH_MAX || ratio < 1 / STRETCH_MAX)
        return 0;
    int width = ratio > 1 ? (int)lround(out->width * ratio) : out->width;
    int height = ratio < 1 ? (int)lround(out->height / ratio) : out->height;
    double dpi = fmax(out->dpi_x, out->dpi_y);
    int r = stretch(out, width, height, decoder);
    if (r == 0 && has_chroma(decoder))
        r = stretch(decoder->chroma, width, height, decoder);
    if (r < 0)
        return r;
    out->dpi_x = out->dpi_y = dpi;
    return 0;
}

/* Phones state 72 dpi for want of anything better: a page of more than A2, or less than a
 * centimetre, says that nothing was stated. */
static bool is_plausible(const struct image *img)
{
    double width = img->width / img->dpi_x * 25.4, height = img->height / img->dpi_y * 25.4;
    return fmax(width, height) <= 650 && fmin(width, height) >= 10;
}

int page_make_upright(struct image *out, const struct placement *p, struct decoder *decoder,
                      char *reason)
{
    int orientation = p->orientation >= 1 && p->orientation <= 8 ? p->orientation : 1;
    bool stated = p->dpi_x > 0 && p->dpi_y > 0 && isfinite(p->dpi_x) && isfinite(p->dpi_y);
    bool quarter = orientation >= 5;
    int r = turn(out, orientation, decoder);
    if (r == 0 && has_chroma(decoder))
        r = turn(decoder->chroma, orientation, decoder);
    out->dpi_x = out->dpi_y = 0;
    if (r == 0 && stated) {
        out->dpi_x = quarter ? p->dpi_y : p->dpi_x;
        out->dpi_y = quarter ? p->dpi_x : p->dpi_y;
        r = square_pixels(out, decoder);
    }
    if (r == YJ_EDATA)
        return scan_refuse(reason, _("the page is too large once its pixels are square"));
    if (r < 0)
        return r;
    if (stated && (p->relative || !is_plausible(out)))
        out->dpi_x = out->dpi_y = 0;
    return 0;
}
