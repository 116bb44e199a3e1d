#include "barcode_draw.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <string.h>
#include <zint.h>

#define WIDE 2.0 /* as wide as high, from which a code of bars is drawn */
/* mm a module: below it a scan of 200 dpi shows fewer than two pixels. */
#define SMALLEST_BAR 0.25
#define SMALLEST_SQUARE 0.35
#define QUIET_BARS 10   /* modules of white beside a Code 128 (ISO/IEC 15417) */
#define QUIET_SQUARES 4 /* modules of white around a QR code (ISO/IEC 18004) */
#define HIGHEST_BARS 15 /* mm */
#define TEXT_BELOW 9.0  /* mm of height from which the text stands below the bars */
#define TEXT_SIZE 2.8   /* mm */
#define UTF8_ECI 26     /* the QR code says that its bytes are UTF-8 */

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static bool module_is_black(const struct zint_symbol *s, int x, int y)
{
    return s->encoded_data[y][x / 8] >> (x % 8) & 1;
}

/* One path of all black runs: no seam between neighbours. */
static void fill_modules(struct canvas *c, const struct zint_symbol *s, struct rect box)
{
    double w = box.w / s->width, h = box.h / s->rows;
    for (int y = 0; y < s->rows; y++)
        for (int x = 0, run; x < s->width; x += run) {
            bool black = module_is_black(s, x, y);
            for (run = 1; x + run < s->width && module_is_black(s, x + run, y) == black; run++)
                ;
            if (black)
                cairo_rectangle(c->cr, box.x + x * w, box.y + y * h, run * w, h);
        }
    cairo_fill(c->cr);
}

static void tell_too_small(struct canvas *c, struct rect area, const char *text, const char *what,
                           double w, double h)
{
    c->rc = diag_error(c->d, YJ_EINPUT, c->name, 0, 0, _("make its area larger"),
                       _("%s: '%s' needs a barcode of %.1f x %.1f mm, and its area has %g x %g"),
                       what, text, w, h, area.w, area.h);
}

static bool draw_bars(struct canvas *c, const struct zint_symbol *s, struct rect area,
                      const char *text, const char *what, const struct text_style *written)
{
    double module = area.w / (s->width + 2 * QUIET_BARS);
    bool below = written && area.h >= TEXT_BELOW;
    double height = fmin(HIGHEST_BARS, area.h - 2 - (below ? TEXT_SIZE * 1.2 : 0));
    if (module < SMALLEST_BAR || height < 3) {
        tell_too_small(c, area, text, what, SMALLEST_BAR * (s->width + 2 * QUIET_BARS), 5.0);
        return false;
    }
    module = fmin(module, 2 * SMALLEST_BAR);
    double used = height + (below ? TEXT_SIZE * 1.2 : 0);
    struct rect bars = {0, area.y + (area.h - used) / 2, module * s->width, height};
    bars.x = area.x + (area.w - bars.w) / 2;
    fill_modules(c, s, bars);
    if (below) {
        struct text_style style = *written;
        style.size = TEXT_SIZE;
        canvas_label(c, &style, text,
                     (struct point){area.x + area.w / 2, bars.y + bars.h + TEXT_SIZE * 0.75});
    }
    return below;
}

static void draw_squares(struct canvas *c, const struct zint_symbol *s, struct rect area,
                         const char *text, const char *what)
{
    double side = fmin(area.w, area.h), module = side / (s->width + 2 * QUIET_SQUARES);
    if (module < SMALLEST_SQUARE) {
        double least = SMALLEST_SQUARE * (s->width + 2 * QUIET_SQUARES);
        tell_too_small(c, area, text, what, least, least);
        return;
    }
    struct point middle = rect_center(area);
    fill_modules(c, s, rect_around(middle, module * s->width, module * s->rows));
}

void canvas_barcode(struct canvas *c, struct rect area, const char *text, const char *what,
                    const struct text_style *written, bool *ret_written)
{
    bool below = false;
    if (c->rc < 0)
        return;
    struct zint_symbol *s = ZBarcode_Create();
    if (!s) {
        c->rc = YJ_ENOMEM;
        return;
    }
    bool bars = area.w >= WIDE * area.h && is_ascii(text);
    s->symbology = bars ? BARCODE_CODE128 : BARCODE_QRCODE;
    s->input_mode = UNICODE_MODE;
    s->eci = is_ascii(text) ? 0 : UTF8_ECI;
    s->option_1 = bars ? s->option_1 : 2; /* level M: 15 % of it may be lost */
    int error = ZBarcode_Encode(s, (const unsigned char *)text, (int)strlen(text));
    if (error >= ZINT_ERROR)
        c->rc = diag_error(c->d, YJ_EINPUT, c->name, 0, 0, NULL,
                           _("%s: no barcode can hold '%s': %s"), what, text, s->errtxt);
    else if (bars)
        below = draw_bars(c, s, area, text, what, written);
    else
        draw_squares(c, s, area, text, what);
    ZBarcode_Delete(s);
    if (ret_written)
        *ret_written = below;
}
