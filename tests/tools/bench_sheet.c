#include "bench_sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PAPER 244
#define TONER 30
#define PENCIL 95
#define LINE 0.2        /* mm, stroke of outlines */
#define LARGE_SHEET 250 /* mm: the fields of tests/forms/bench.yaml leave room for text */
#define GLYPH_PIXEL 0.3 /* mm; a glyph is 5 x 7 of them */

/* The sheet as printed, twice as fine as the scan. */
struct print {
    struct image img;
    double px; /* a mm */
    uint64_t random;
};

/* xorshift64*, Vigna 2016. */
static uint32_t draw_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)(*state * 0x2545F4914F6CDD1DULL >> 32);
}

static double draw_uniform(uint64_t *state)
{
    return draw_random(state) / 4294967296.0;
}

/* Sum of four uniform numbers: near enough to normal for a sensor. */
static double draw_normal(uint64_t *state)
{
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += draw_uniform(state) - 0.5;
    return sum * sqrt(3.0);
}

/* ---- ink ---- */

static void ink_rect(struct print *p, double x, double y, double w, double h, int grey)
{
    int x0 = (int)lround(x * p->px), x1 = (int)lround((x + w) * p->px);
    int y0 = (int)lround(y * p->px), y1 = (int)lround((y + h) * p->px);

    for (int row = y0 < 0 ? 0 : y0; row < y1 && row < p->img.height; row++)
        for (int col = x0 < 0 ? 0 : x0; col < x1 && col < p->img.width; col++)
            image_row(&p->img, row)[col] = (uint8_t)grey;
}

static void ink_outline(struct print *p, const struct rect *box)
{
    ink_rect(p, box->x, box->y, box->w, LINE, TONER);
    ink_rect(p, box->x, box->y + box->h - LINE, box->w, LINE, TONER);
    ink_rect(p, box->x, box->y, LINE, box->h, TONER);
    ink_rect(p, box->x + box->w - LINE, box->y, LINE, box->h, TONER);
}

/* Something letter-like: a pattern of its own for each code, never blank. */
static void ink_glyph(struct print *p, double x, double y, double pixel, unsigned code)
{
    uint64_t pattern = (code + 1) * 0x9E3779B97F4A7C15ULL | 0x421;

    for (int i = 0; i < 35; i++)
        if (pattern >> i & 1)
            ink_rect(p, x + i % 5 * pixel, y + i / 5 * pixel, pixel, pixel, TONER);
}

/* Pencil: covers most of the bubble, grainy, lets the print through. */
static void ink_pencil(struct print *p, const struct rect *box)
{
    int x0 = (int)((box->x + 0.2) * p->px), x1 = (int)((box->x + box->w - 0.1) * p->px);
    int y0 = (int)((box->y + 0.1) * p->px), y1 = (int)((box->y + box->h - 0.2) * p->px);

    for (int row = y0; row < y1; row++)
        for (int col = x0; col < x1; col++) {
            uint8_t *pixel = image_row(&p->img, row) + col;
            int grey = PENCIL + (int)(draw_normal(&p->random) * 35);
            if (grey < *pixel)
                *pixel = (uint8_t)(grey < TONER ? TONER : grey);
        }
}

/* ---- what is marked ---- */

static int marked_option(const struct form *form, int index, int column)
{
    return (index + column) % form->fields[index].n_options;
}

void bench_sheet_value(const struct form *form, int index, char *value, size_t size)
{
    const struct field *f = &form->fields[index];
    size_t used = 0;

    value[0] = '\0';
    for (int c = 0; c < f->n_columns && used < size; c++)
        used += (size_t)snprintf(value + used, size - used, "%s",
                                 f->options[marked_option(form, index, c)]);
}

/* ---- the page ---- */

static void print_marks(struct print *p, const struct form_page *page)
{
    for (int r = 0; r < page->n_registrations; r++)
        for (int i = 0; i < page->registrations[r].n_marks; i++) {
            const struct rect *b = &page->registrations[r].marks[i].box;
            ink_rect(p, b->x, b->y, b->w, b->h, TONER);
        }
}

static void print_field(struct print *p, const struct form *form, int index)
{
    const struct field *f = &form->fields[index];

    for (int i = 0; i < f->n_bubbles; i++) {
        const struct bubble *b = &f->bubbles[i];
        ink_outline(p, &b->box);
        ink_glyph(p, b->box.x + (b->box.w - 5 * GLYPH_PIXEL) / 2,
                  b->box.y + (b->box.h - 7 * GLYPH_PIXEL) / 2, GLYPH_PIXEL, (unsigned)b->option);
        if (b->option == marked_option(form, index, b->column))
            ink_pencil(p, &b->box);
    }
}

/* Lines of text where the fields leave room: what a real sheet makes a decoder and a search for
 * marks work through. */
static void print_text(struct print *p, double x, double y, double w, double h)
{
    for (double row = y; row + 2.8 < y + h; row += 4.2)
        for (double col = x; col + 2 < x + w; col += 2.4)
            if (draw_random(&p->random) % 6)
                ink_glyph(p, col, row, 0.35, draw_random(&p->random) % 64);
}

static int print_sheet(const struct form *form, struct print *p)
{
    int rc =
        image_resize(&p->img, (int)lround(form->width * p->px), (int)lround(form->height * p->px));
    if (rc < 0)
        return rc;
    for (int y = 0; y < p->img.height; y++)
        memset(image_row(&p->img, y), PAPER, (size_t)p->img.width);
    print_marks(p, &form->pages[0]);
    if (form->height > LARGE_SHEET) {
        print_text(p, 20, 18, 95, 78);
        print_text(p, 20, 205, 170, 70);
    }
    for (int i = 0; i < form->n_fields; i++)
        print_field(p, form, i);
    return 0;
}

/* ---- the scanner ---- */

/* Mean of a 3 x 3 neighbourhood of the print: the sensor's aperture. */
static double sense_at(const struct image *print, double x, double y)
{
    int col = (int)lround(x), row = (int)lround(y), sum = 0;

    if (col < 1 || row < 1 || col >= print->width - 1 || row >= print->height - 1)
        return PAPER;
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++)
            sum += image_row(print, row + dy)[col + dx];
    return sum / 9.0;
}

static int scan_print(struct print *p, const struct bench_scanner *scanner, struct image *out)
{
    int rc = image_resize(out, p->img.width / 2, p->img.height / 2);
    double a = scanner->skew * M_PI / 180, c = cos(a), s = sin(a);

    if (rc < 0)
        return rc;
    out->dpi_x = out->dpi_y = scanner->dpi;
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            double u = x - out->width / 2.0, v = y - out->height / 2.0;
            double grey = sense_at(&p->img, 2 * (c * u + s * v) + p->img.width / 2.0,
                                   2 * (c * v - s * u) + p->img.height / 2.0);
            grey += draw_normal(&p->random) * scanner->noise;
            image_row(out, y)[x] = (uint8_t)fmin(255, fmax(0, grey + 0.5));
        }
    return 0;
}

int bench_sheet_scan(const struct form *form, const struct bench_scanner *scanner,
                     struct image *out)
{
    struct print p = {.px = 2 * scanner->dpi / 25.4, .random = scanner->seed | 1};

    image_init(&p.img);
    int rc = print_sheet(form, &p);
    if (rc == 0)
        rc = scan_print(&p, scanner, out);
    image_finish(&p.img);
    return rc;
}
