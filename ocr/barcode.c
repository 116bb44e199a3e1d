/* barcode.c - ZBar over one crop.
 *
 * DataBar stays off: no answer sheet uses it, and ZBar's decoder of it writes warnings of its own
 * to stderr on ordinary print. */
#include "barcode.h"
#include "diag.h"
#include "geometry.h"
#include <stdbool.h>
#include <string.h>
#include <zbar.h>

/* Lines that must agree on a code without check digits: a smudge misleads one or two. */
#define LINES_TO_TRUST 4

static const zbar_symbol_type_t wanted[] = {ZBAR_QRCODE, ZBAR_CODE128, ZBAR_CODE39,
                                            ZBAR_CODE93, ZBAR_CODABAR, ZBAR_I25,
                                            ZBAR_EAN13,  ZBAR_EAN8,    ZBAR_UPCA};

static zbar_image_scanner_t *create_scanner(void)
{
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    if (!scanner)
        return NULL;
    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        zbar_image_scanner_set_config(scanner, wanted[i], ZBAR_CFG_ENABLE, 1);
    return scanner;
}

/* ZBar wants rows without gaps. */
static int pack_rows(const struct image *img, struct arena *arena, const uint8_t **ret_pixels)
{
    size_t width = (size_t)img->width;
    if (img->stride == width) {
        *ret_pixels = img->data;
        return 0;
    }
    uint8_t *packed = arena_alloc(arena, width * (size_t)img->height);
    if (!packed)
        return YJ_ENOMEM;
    for (int y = 0; y < img->height; y++)
        memcpy(packed + (size_t)y * width, image_row(img, y), width);
    *ret_pixels = packed;
    return 0;
}

/* Length of the UTF-8 sequence at p, 0 where there is none (RFC 3629). */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    size_t n = p[0] < 0x80                   ? 1
               : p[0] >= 0xC2 && p[0] < 0xE0 ? 2
               : p[0] >= 0xE0 && p[0] < 0xF0 ? 3
               : p[0] >= 0xF0 && p[0] < 0xF5 ? 4
                                             : 0;
    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xED && p[1] >= 0xA0;
    bool beyond = p[0] == 0xF4 && p[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : n;
}

/* What a code carries may be any bytes; what leaves here is UTF-8 without controls. */
static char *clean_text(struct arena *arena, const char *data, size_t length)
{
    char *text = arena_alloc(arena, length + 1), *to = text;
    if (!text)
        return NULL;
    const unsigned char *p = (const unsigned char *)data;
    for (size_t i = 0, n; i < length; i += n ? n : 1) {
        n = utf8_length(p + i, length - i);
        bool plain = n > 1 || (n == 1 && p[i] >= 0x20 && p[i] != 0x7F);
        if (plain)
            to = (char *)memcpy(to, p + i, n) + n;
        else
            *to++ = '?';
    }
    return text;
}

static struct point symbol_center(const zbar_symbol_t *symbol)
{
    unsigned n = zbar_symbol_get_loc_size(symbol);
    struct point sum = {0, 0};
    for (unsigned i = 0; i < n; i++) {
        sum.x += zbar_symbol_get_loc_x(symbol, i);
        sum.y += zbar_symbol_get_loc_y(symbol, i);
    }
    return n ? (struct point){sum.x / n, sum.y / n} : sum;
}

static int collect(const zbar_symbol_t *symbol, struct arena *arena, struct barcode *codes, int max,
                   int *ret_n)
{
    int n = 0;
    for (; symbol && n < max; symbol = zbar_symbol_next(symbol)) {
        char *text =
            clean_text(arena, zbar_symbol_get_data(symbol), zbar_symbol_get_data_length(symbol));
        char *name = arena_strdup(arena, zbar_get_symbol_name(zbar_symbol_get_type(symbol)));
        if (!text || !name)
            return YJ_ENOMEM;
        struct point center = symbol_center(symbol);
        codes[n++] = (struct barcode){.text = text,
                                      .symbology = name,
                                      .x = center.x,
                                      .y = center.y,
                                      .passes = zbar_symbol_get_quality(symbol)};
    }
    *ret_n = n;
    return 0;
}

int barcode_read(const struct image *img, struct arena *arena, struct barcode *codes, int max,
                 int *ret_n)
{
    const uint8_t *pixels = NULL;
    int r = pack_rows(img, arena, &pixels);
    if (r < 0)
        return r;
    r = YJ_ENOMEM;
    zbar_image_scanner_t *scanner = create_scanner();
    zbar_image_t *view = zbar_image_create();
    if (!scanner || !view)
        goto out;
    zbar_image_set_format(view, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(view, (unsigned)img->width, (unsigned)img->height);
    zbar_image_set_data(view, pixels, (unsigned long)img->width * (unsigned long)img->height, NULL);
    r = zbar_scan_image(scanner, view) < 0
            ? YJ_ENOMEM
            : collect(zbar_image_first_symbol(view), arena, codes, max, ret_n);
out:
    if (view)
        zbar_image_destroy(view);
    if (scanner)
        zbar_image_scanner_destroy(scanner);
    return r;
}

double barcode_confidence(const struct barcode *code)
{
    static const char *const without_check[] = {"CODE-39", "Codabar", "I2/5"};
    for (size_t i = 0; i < sizeof without_check / sizeof *without_check; i++)
        if (strcmp(code->symbology, without_check[i]) == 0)
            return code->passes >= LINES_TO_TRUST ? 0.999 : 0.9;
    return 0.9999;
}
