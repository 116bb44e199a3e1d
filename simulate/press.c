#include "press.h"

#include "diag.h"
#include "sheet.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRANGERS 4

struct drawing {
    const struct form *form;
    int page;
    double dpi;
    struct image img;
    struct drawing *next;
};

struct stranger {
    struct form *form;
    unsigned which;
    struct stranger *next;
};

struct print_shop {
    pthread_mutex_t lock; /* guards the lists, and pango, which is not thread-safe */
    struct drawing *drawings;
    struct stranger *strangers;
};

int print_shop_create(struct print_shop **ret_shop)
{
    struct print_shop *shop = calloc(1, sizeof *shop);
    if (!shop || pthread_mutex_init(&shop->lock, NULL) != 0) {
        free(shop);
        return YJ_ENOMEM;
    }
    *ret_shop = shop;
    return 0;
}

void print_shop_destroy(struct print_shop *shop)
{
    if (!shop)
        return;
    while (shop->drawings) {
        struct drawing *first = shop->drawings;
        shop->drawings = first->next;
        image_finish(&first->img);
        free(first);
    }
    while (shop->strangers) {
        struct stranger *first = shop->strangers;
        shop->strangers = first->next;
        form_destroy(first->form);
        free(first);
    }
    pthread_mutex_destroy(&shop->lock);
    free(shop);
}

/* ---- drawing ---- */

/* What a grey sensor sees of a colour: ITU-R BT.601. */
static int to_grey(const struct sheet_raster *raster, struct image *out)
{
    int r = image_resize(out, raster->width, raster->height);
    if (r < 0)
        return r;
    for (int y = 0; y < out->height; y++) {
        const uint32_t *from =
            (const uint32_t *)((const char *)raster->pixels + (size_t)y * raster->stride);
        uint8_t *to = image_row(out, y);
        for (int x = 0; x < out->width; x++) {
            uint32_t p = from[x];
            to[x] = (uint8_t)(((p >> 16 & 255) * 77 + (p >> 8 & 255) * 150 + (p & 255) * 29) >> 8);
        }
    }
    out->dpi_x = out->dpi_y = raster->dpi;
    return 0;
}

static int draw(const struct form *form, int page, const struct sheet_owner *owner, double dpi,
                struct image *out, struct diag *d)
{
    struct sheet_raster raster;
    int r = sheet_rasterise(form, page, owner, dpi, &raster, d);
    if (r < 0)
        return r;
    r = to_grey(&raster, out);
    sheet_raster_finish(&raster);
    return r;
}

static const struct drawing *find_drawing(const struct print_shop *shop, const struct form *form,
                                          int page, double dpi)
{
    for (const struct drawing *p = shop->drawings; p; p = p->next)
        if (p->form == form && p->page == page && p->dpi == dpi)
            return p;
    return NULL;
}

/* With the lock held. */
static int take_drawing(struct print_shop *shop, const struct form *form, int page, double dpi,
                        const struct drawing **ret, struct diag *d)
{
    *ret = find_drawing(shop, form, page, dpi);
    if (*ret)
        return 0;
    struct drawing *new = calloc(1, sizeof *new);
    if (!new)
        return YJ_ENOMEM;
    *new = (struct drawing){.form = form, .page = page, .dpi = dpi, .next = shop->drawings};
    int r = draw(form, page, NULL, dpi, &new->img, d);
    if (r < 0) {
        image_finish(&new->img);
        free(new);
        return r;
    }
    shop->drawings = new;
    *ret = new;
    return 0;
}

static int copy_image(const struct image *from, struct image *to)
{
    int r = image_resize(to, from->width, from->height);
    if (r < 0)
        return r;
    memcpy(to->data, from->data, from->stride * (size_t)from->height);
    to->dpi_x = from->dpi_x;
    to->dpi_y = from->dpi_y;
    return 0;
}

/* Whether the page differs from candidate to candidate. */
static bool is_personal(const struct form *form, int page)
{
    const struct page_identity *id = &form->pages[page].identity;
    const struct field *f = form->candidate >= 0 ? &form->fields[form->candidate] : NULL;
    return id->n_sheet_bits > 0 || (id->barcode_text && strchr(id->barcode_text, '*')) ||
           (f && f->kind == FIELD_BARCODE && f->page == page);
}

int print_shop_copy(struct print_shop *shop, const struct form *form, int page,
                    const struct sheet_owner *owner, double dpi, struct image *out, struct diag *d)
{
    const struct drawing *drawing = NULL;
    int r;
    pthread_mutex_lock(&shop->lock);
    if (owner && is_personal(form, page))
        r = draw(form, page, owner, dpi, out, d);
    else
        r = take_drawing(shop, form, page, dpi, &drawing, d);
    pthread_mutex_unlock(&shop->lock);
    return drawing ? copy_image(&drawing->img, out) : r;
}

/* ---- another form ---- */

/* A form whose bubbles stand elsewhere and count otherwise. */
static int make_stranger(const struct form *form, unsigned which, struct form **ret, struct diag *d)
{
    static const char *const shapes[] = {"circle", "oval", "box", "bracket"};
    double w = form->width, h = form->height;
    int rows = 6 + (int)which * 2, columns = 3 + (int)(which % 3);
    double step_x = (w - 40) / columns, step_y = fmin(14, (h - 60) / rows);
    double option = fmin(7.5, (step_x - 12) / 4);
    char text[1024];
    int n =
        snprintf(text, sizeof text,
                 "form: stranger-%u\npage: {size: [%g, %g]}\n"
                 "registration: {marks: {shape: square, size: 4, at: [[7, 7], [%g, 7], "
                 "[%g, %g], [7, %g]]}}\n"
                 "fields:\n  - fields: z1..%d\n    kind: choice\n    options: ABCD\n"
                 "    at: [26, %g]\n    option_step: %g\n    step: %g\n    per_column: %d\n"
                 "    column_step: [%g, 0]\n    bubble: {shape: %s, size: %s}\n",
                 which, w, h, w - 7, w - 7, h - 7, h - 7, rows * columns, 33 + 3.0 * which, option,
                 step_y, rows, step_x, shapes[which % 4], which % 4 == 0 ? "3.4" : "[4.2, 2.8]");
    return form_parse(text, (size_t)n, "stranger", NULL, ret, d);
}

/* Those of an exam's forms on paper of other sizes are told apart by their size. */
static struct form *find_stranger(const struct print_shop *shop, const struct form *form,
                                  unsigned which)
{
    for (const struct stranger *p = shop->strangers; p; p = p->next)
        if (p->which == which && p->form->width == form->width && p->form->height == form->height)
            return p->form;
    return NULL;
}

/* With the lock held. */
static int add_stranger(struct print_shop *shop, const struct form *form, unsigned which,
                        struct form **ret, struct diag *d)
{
    struct stranger *new = calloc(1, sizeof *new);
    int r = new ? make_stranger(form, which, &new->form, d) : YJ_ENOMEM;
    if (r < 0) {
        free(new);
        return r;
    }
    new->which = which;
    new->next = shop->strangers;
    shop->strangers = new;
    *ret = new->form;
    return 0;
}

int print_shop_stranger(struct print_shop *shop, const struct form *form, unsigned which,
                        const struct form **ret_stranger, struct diag *d)
{
    int r = 0;
    which %= STRANGERS;
    pthread_mutex_lock(&shop->lock);
    struct form *stranger = find_stranger(shop, form, which);
    if (!stranger)
        r = add_stranger(shop, form, which, &stranger, d);
    pthread_mutex_unlock(&shop->lock);
    if (r == 0)
        *ret_stranger = stranger;
    return r;
}

/* ---- bad copies ---- */

/* Toner that runs out does so in bands along the drum. */
static void print_lightly(struct image *img, double strength, double px, struct rng *rng)
{
    double keep = 1 - rng_range(rng, 0.35, 0.75) * strength, phase = rng_range(rng, 0, 6.28);
    double period = rng_range(rng, 30, 120) * px, swing = rng_range(rng, 0, 0.2) * strength;
    bool across = rng_chance(rng, 0.5);
    for (int y = 0; y < img->height; y++) {
        uint8_t *row = image_row(img, y), level[256];
        double k = keep * (1 - (across ? swing * (1 + sin(y / period * 6.28 + phase)) / 2 : 0));
        for (int i = 0; i < 256; i++)
            level[i] = (uint8_t)(255 - (255 - i) * k + 0.5);
        for (int x = 0; x < img->width; x++)
            row[x] = level[row[x]];
    }
}

static void darker_along(uint8_t *row, int n, const uint8_t *spare)
{
    for (int x = 1; x + 1 < n; x++) {
        uint8_t a = spare[x - 1] < spare[x + 1] ? spare[x - 1] : spare[x + 1];
        row[x] = a < spare[x] ? a : spare[x];
    }
}

/* Lines spread by a pixel to both sides, the share `strength` of it. */
static void print_thickly(struct image *img, double strength, uint8_t *lines)
{
    int n = img->width, share = (int)(255 * fmin(1, strength));
    uint8_t *spare = lines, *above = lines + n, *here = lines + 2 * (size_t)n,
            *below = lines + 3 * (size_t)n;
    memcpy(here, image_row(img, 0), (size_t)n);
    memcpy(above, here, (size_t)n);
    for (int y = 0; y < img->height; y++) {
        uint8_t *row = image_row(img, y);
        memcpy(below, image_row(img, y + 1 < img->height ? y + 1 : y), (size_t)n);
        for (int x = 0; x < n; x++) {
            uint8_t v = above[x] < below[x] ? above[x] : below[x];
            spare[x] = v < here[x] ? v : here[x];
        }
        memcpy(row, spare, (size_t)n);
        darker_along(row, n, spare);
        for (int x = 0; x < n; x++)
            row[x] = (uint8_t)(here[x] + (row[x] - here[x]) * share / 255);
        uint8_t *swap = above;
        above = here;
        here = below;
        below = swap;
    }
}

/* A grey ground printed as a screen of dots: the scanner's grid beats with it. */
static void print_screen(struct image *img, double strength, double px, struct rng *rng)
{
    enum { STEPS = 1024 };
    double pitch = 25.4 / rng_range(rng, 65, 110) * px, depth = 30 + 60 * strength;
    double angle = rng_range(rng, 0.1, 1.4), c = cos(angle) / pitch, s = sin(angle) / pitch;
    uint8_t wave[STEPS];
    for (int i = 0; i < STEPS; i++)
        wave[i] = (uint8_t)(127.5 * (1 + cos(2 * M_PI * i / STEPS)));
    int32_t du = (int32_t)(c * STEPS * 256), dv = (int32_t)(-s * STEPS * 256), d = (int32_t)depth;
    for (int y = 0; y < img->height; y++) {
        uint8_t *row = image_row(img, y);
        uint32_t u = (uint32_t)(s * STEPS * 256 * y), v = (uint32_t)(c * STEPS * 256 * y);
        for (int x = 0; x < img->width; x++, u += (uint32_t)du, v += (uint32_t)dv) {
            int dot = wave[u >> 8 & (STEPS - 1)] * wave[v >> 8 & (STEPS - 1)] >> 8;
            row[x] = (uint8_t)(row[x] * (65280 - d * dot) >> 16);
        }
    }
}

void press_spoil(struct image *print, const struct damages *damages, double px, struct rng *rng)
{
    const double *s = damages->strength;
    if (s[DAMAGE_LIGHT_PRINT] > 0)
        print_lightly(print, s[DAMAGE_LIGHT_PRINT], px, rng);
    if (s[DAMAGE_THICK_PRINT] > 0) {
        uint8_t *lines = malloc(4 * (size_t)print->width);
        if (lines) /* else it stays thin: a worse picture, not a wrong one */
            print_thickly(print, s[DAMAGE_THICK_PRINT], lines);
        free(lines);
    }
    if (s[DAMAGE_MOIRE] > 0)
        print_screen(print, s[DAMAGE_MOIRE], px, rng);
}
